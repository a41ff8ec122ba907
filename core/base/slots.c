/* SPDX-License-Identifier: MIT
 *
 * A thread is known by a number that is never given twice; that number, not a pointer, is its
 * thread-specific value, so nothing there can dangle, whoever frees what. What must be shared about
 * a thread, whether it has ended, is an entry of the registry that lives exactly as long as some
 * slot refers to it. So a thread that never ends (the main one) keeps no memory alive either.
 *
 * The key exists while there is a list: a host that has closed everything can unload the library
 * while threads that used it live on.
 *
 * Locks: a list's, or the registry's; never both.
 */
#include "core/base/slots.h"

#include "core/base/mem.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

typedef struct as_slot_thread {
    struct as_slot_thread *next;
    uintptr_t number;
    size_t slots; /* that refer to it */
    atomic_bool ended;
} as_slot_thread;

typedef struct as_slot {
    struct as_slot *next;
    as_slot_thread *thread;
    uintptr_t number; /* the thread's */
    alignas(max_align_t) unsigned char bytes[];
} as_slot;

struct as_slots {
    as_mutex lock; /* of first and count */
    as_slot *first;
    size_t count;
    uint64_t serial; /* no other list has or had it */
    as_thread_key key;
    size_t size;
    void (*release)(void *slot);
};

static struct {
    as_mutex lock;
    as_thread_key key; /* exists while lists != 0 */
    size_t lists;
    uint64_t last_serial;
    uintptr_t last_number;
    as_slot_thread *threads;
} registry = {.lock = AS_MUTEX_INITIALIZER(AS_LOCK_SLOT_THREADS)};

/* The slots a thread used last, one for each remainder of the list's serial number. An entry stays
 * behind when its list is destroyed, but is never looked up again. */
#define RECENT 8
static _Thread_local struct {
    uint64_t serial;
    as_slot *slot;
} recent[RECENT];

/* With the registry locked: the pointer to the thread's entry, or to the NULL at the end. */
static as_slot_thread **find_thread(uintptr_t number)
{
    as_slot_thread **at = &registry.threads;
    while (*at && (*at)->number != number)
        at = &(*at)->next;
    return at;
}

/* The key's destructor, on the thread that ends. What it does with the library after this (in other
 * destructors) it does under a new number. */
static void thread_ends(void *value)
{
    memset(recent, 0, sizeof(recent));
    as_mutex_lock(&registry.lock);
    as_slot_thread *thread = *find_thread((uintptr_t)value);
    if (thread)
        atomic_store_explicit(&thread->ended, true, memory_order_release);
    as_mutex_unlock(&registry.lock);
}

/* The thread's entry, referred to once more; NULL: out of memory. */
static as_slot_thread *thread_enter(uintptr_t number)
{
    as_mutex_lock(&registry.lock);
    as_slot_thread **at = find_thread(number);
    if (!*at) {
        *at = as_mem_calloc(1, sizeof(**at));
        if (*at) {
            (*at)->number = number;
            atomic_init(&(*at)->ended, false);
        }
    }
    as_slot_thread *thread = *at;
    if (thread)
        thread->slots++;
    as_mutex_unlock(&registry.lock);
    return thread;
}

static void thread_leave(as_slot_thread *thread)
{
    as_mutex_lock(&registry.lock);
    const bool last = --thread->slots == 0;
    if (last)
        *find_thread(thread->number) = thread->next;
    as_mutex_unlock(&registry.lock);
    if (last)
        as_mem_free(thread);
}

/* The calling thread's number, 0 if it has none. */
static uintptr_t my_number(const as_slots *slots)
{
    return (uintptr_t)as_thread_key_get(&slots->key);
}

/* Gives the calling thread a number; 0: out of memory. */
static uintptr_t new_number(const as_slots *slots)
{
    as_mutex_lock(&registry.lock);
    const uintptr_t number = ++registry.last_number;
    as_mutex_unlock(&registry.lock);
    return as_thread_key_set(&slots->key, (void *)number) ? number : 0;
}

static void free_slots(const as_slots *slots, as_slot *list)
{
    while (list) {
        as_slot *slot = list;
        list = slot->next;
        if (slots->release)
            slots->release(slot->bytes);
        thread_leave(slot->thread);
        as_mem_free(slot);
    }
}

as_slots *as_slots_create(size_t size, void (*release)(void *slot))
{
    if (size > SIZE_MAX - sizeof(as_slot))
        return NULL;
    as_slots *slots = as_mem_calloc(1, sizeof(*slots));
    if (!slots)
        return NULL;
    slots->size = size;
    slots->release = release;
    if (!as_mutex_init(&slots->lock, AS_LOCK_SLOTS)) {
        as_mem_free(slots);
        return NULL;
    }
    as_mutex_lock(&registry.lock);
    const bool ready = registry.lists != 0 || as_thread_key_create(&registry.key, thread_ends);
    if (ready) {
        registry.lists++;
        slots->serial = ++registry.last_serial;
        slots->key = registry.key;
    }
    as_mutex_unlock(&registry.lock);
    if (ready)
        return slots;
    as_mutex_destroy(&slots->lock);
    as_mem_free(slots);
    return NULL;
}

void as_slots_destroy(as_slots *slots)
{
    if (!slots)
        return;
    free_slots(slots, slots->first);
    as_mutex_lock(&registry.lock);
    if (--registry.lists == 0)
        as_thread_key_delete(&registry.key);
    as_mutex_unlock(&registry.lock);
    as_mutex_destroy(&slots->lock);
    as_mem_free(slots);
}

static void remember(const as_slots *slots, as_slot *slot)
{
    recent[slots->serial % RECENT].serial = slots->serial;
    recent[slots->serial % RECENT].slot = slot;
}

/* The calling thread's slot or NULL. */
static as_slot *find_slot(as_slots *slots)
{
    if (recent[slots->serial % RECENT].serial == slots->serial)
        return recent[slots->serial % RECENT].slot;
    const uintptr_t number = my_number(slots);
    if (number == 0)
        return NULL;
    as_mutex_lock(&slots->lock);
    as_slot *slot = slots->first;
    while (slot && slot->number != number)
        slot = slot->next;
    as_mutex_unlock(&slots->lock);
    if (slot)
        remember(slots, slot);
    return slot;
}

/* Takes the slots of threads that have ended out of the list. */
static as_slot *take_ended(as_slots *slots)
{
    as_slot *ended = NULL;
    as_mutex_lock(&slots->lock);
    for (as_slot **at = &slots->first; *at;) {
        as_slot *slot = *at;
        if (!atomic_load_explicit(&slot->thread->ended, memory_order_acquire)) {
            at = &slot->next;
            continue;
        }
        *at = slot->next;
        slot->next = ended;
        ended = slot;
        slots->count--;
    }
    as_mutex_unlock(&slots->lock);
    return ended;
}

/* Only the calling thread makes its own slot, so that the list may be unlocked in between. */
static as_slot *make_slot(as_slots *slots)
{
    free_slots(slots, take_ended(slots));
    uintptr_t number = my_number(slots);
    if (number == 0)
        number = new_number(slots);
    if (number == 0)
        return NULL;
    as_slot *slot = as_mem_calloc(1, sizeof(*slot) + slots->size);
    if (!slot)
        return NULL;
    slot->number = number;
    slot->thread = thread_enter(number);
    if (!slot->thread) {
        as_mem_free(slot);
        return NULL;
    }
    as_mutex_lock(&slots->lock);
    slot->next = slots->first;
    slots->first = slot;
    slots->count++;
    as_mutex_unlock(&slots->lock);
    remember(slots, slot);
    return slot;
}

void *as_slots_mine(as_slots *slots)
{
    as_slot *slot = find_slot(slots);
    if (!slot)
        slot = make_slot(slots);
    return slot ? slot->bytes : NULL;
}

void *as_slots_find(as_slots *slots)
{
    as_slot *slot = find_slot(slots);
    return slot ? slot->bytes : NULL;
}

size_t as_slots_count(as_slots *slots)
{
    as_mutex_lock(&slots->lock);
    const size_t count = slots->count;
    as_mutex_unlock(&slots->lock);
    return count;
}
