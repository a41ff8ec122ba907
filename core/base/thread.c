/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* names and affinity of threads */
#endif

/* Optimized builds under AddressSanitizer are not for use either: they check as debug builds do. */
#if defined(__SANITIZE_ADDRESS__)
#undef NDEBUG
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#undef NDEBUG
#endif
#endif

#include "core/base/thread.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define NAME_SIZE 16 /* what Linux allows, with the NUL */

static atomic_uint_fast64_t test_count, test_fail_at = UINT64_MAX;
static atomic_bool test_failed;
static atomic_uint_fast64_t misuses;

void as_thread_test_fail_at(uint64_t n)
{
    atomic_store(&test_count, 0);
    atomic_store(&test_failed, false);
    atomic_store(&test_fail_at, n);
}

bool as_thread_test_failed(void)
{
    return atomic_load(&test_failed);
}

uint64_t as_thread_test_misuses(void)
{
    return atomic_load(&misuses);
}

static bool test_wants_failure(void)
{
    const uint64_t n = atomic_load_explicit(&test_fail_at, memory_order_relaxed);
    if (n == UINT64_MAX || atomic_fetch_add(&test_count, 1) != n)
        return false;
    atomic_store(&test_failed, true);
    return true;
}

/* These cannot fail when used rightly; in release builds nobody would look. */
static void expect_success(int result)
{
#ifndef NDEBUG
    if (result != 0)
        atomic_fetch_add(&misuses, 1);
#else
    (void)result;
#endif
}

bool as_thread_test_checked(void)
{
#ifndef NDEBUG
    return true;
#else
    return false;
#endif
}

/* ---------------------------------------------------------------------------- lock order ---- */

#ifndef NDEBUG

#define MOST_HELD 16

/* The locks of the calling thread, by rank. Not in the order they were taken: unlocking has none.
 */
static _Thread_local struct {
    const as_mutex *locks[MOST_HELD];
    size_t count;
} held;

/* What the calling thread holds comes before it. */
static bool may_lock(const as_mutex *mutex)
{
    return held.count < MOST_HELD &&
           (held.count == 0 || held.locks[held.count - 1]->rank < mutex->rank);
}

/* Whatever else the calling thread holds comes before it, and will when it is taken again. */
static bool may_wait_with(const as_mutex *mutex)
{
    return held.count != 0 && held.locks[held.count - 1] == mutex;
}

static void note_locked(const as_mutex *mutex)
{
    assert(may_lock(mutex));
    held.locks[held.count++] = mutex;
}

static void note_unlocked(const as_mutex *mutex)
{
    size_t at = 0;
    while (at < held.count && held.locks[at] != mutex)
        at++;
    for (; at + 1 < held.count; at++)
        held.locks[at] = held.locks[at + 1];
    held.count -= at < held.count;
}

#endif

bool as_mutex_init(as_mutex *mutex, as_lock_rank rank)
{
    if (test_wants_failure())
        return false;
    mutex->rank = rank;
#ifndef NDEBUG
    pthread_mutexattr_t attributes;
    if (pthread_mutexattr_init(&attributes) != 0)
        return false;
    (void)pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    const bool made = pthread_mutex_init(&mutex->handle, &attributes) == 0;
    (void)pthread_mutexattr_destroy(&attributes);
    return made;
#else
    return pthread_mutex_init(&mutex->handle, NULL) == 0;
#endif
}

void as_mutex_destroy(as_mutex *mutex)
{
    expect_success(pthread_mutex_destroy(&mutex->handle));
}

void as_mutex_lock(as_mutex *mutex)
{
#ifndef NDEBUG
    note_locked(mutex); /* before it waits: what is out of order may never return */
#endif
    expect_success(pthread_mutex_lock(&mutex->handle));
}

void as_mutex_unlock(as_mutex *mutex)
{
#ifndef NDEBUG
    note_unlocked(mutex);
#endif
    expect_success(pthread_mutex_unlock(&mutex->handle));
}

bool as_cond_init(as_cond *cond)
{
    pthread_condattr_t attributes;
    if (test_wants_failure() || pthread_condattr_init(&attributes) != 0)
        return false;
    const bool made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                      pthread_cond_init(&cond->handle, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    return made;
}

void as_cond_destroy(as_cond *cond)
{
    (void)pthread_cond_destroy(&cond->handle);
}

void as_cond_signal(as_cond *cond)
{
    (void)pthread_cond_signal(&cond->handle);
}

void as_cond_broadcast(as_cond *cond)
{
    (void)pthread_cond_broadcast(&cond->handle);
}

bool as_cond_wait_until(as_cond *cond, as_mutex *mutex, uint64_t deadline_ns)
{
#ifndef NDEBUG
    assert(may_wait_with(mutex));
#endif
    if (deadline_ns == AS_NO_DEADLINE) {
        expect_success(pthread_cond_wait(&cond->handle, &mutex->handle));
        return true;
    }
    /* A time_t may have 32 bits; waking up early from a wait of decades is allowed. */
    uint64_t seconds = deadline_ns / 1000000000u;
    if (seconds > INT32_MAX)
        seconds = INT32_MAX;
    const struct timespec until = {.tv_sec = (time_t)seconds,
                                   .tv_nsec = (long)(deadline_ns % 1000000000u)};
    const int result = pthread_cond_timedwait(&cond->handle, &mutex->handle, &until);
    if (result != ETIMEDOUT) {
        expect_success(result);
        return true;
    }
    return as_clock_ns() < deadline_ns;
}

/* What a new thread is told. On the heap, since its starter may be gone when it looks. */
typedef struct start {
    void (*entry)(void *user);
    void *user;
    char name[NAME_SIZE];
} start;

static void *run_thread(void *user)
{
    start *told = user;
    const start own = *told;
    as_mem_free(told);
#if defined(__linux__)
    /* For debuggers and profilers only: a failure changes nothing. */
    (void)pthread_setname_np(pthread_self(), own.name);
#endif
    own.entry(own.user);
    return NULL;
}

static void block_signals(sigset_t *out_before)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    sigset_t blocked;
    (void)sigfillset(&blocked);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
        (void)sigdelset(&blocked, faults[i]);
    (void)pthread_sigmask(SIG_BLOCK, &blocked, out_before);
}

bool as_thread_start(as_thread *thread, const char *name, void (*entry)(void *user), void *user)
{
    if (test_wants_failure())
        return false;
    start *told = as_mem_calloc(1, sizeof(*told));
    if (!told)
        return false;
    told->entry = entry;
    told->user = user;
    for (size_t i = 0; i + 1 < NAME_SIZE && name[i] != '\0'; i++)
        told->name[i] = name[i];
    /* A thread begins with the mask of its starter: set here, not a single signal slips through. */
    sigset_t before;
    block_signals(&before);
    const bool started = pthread_create(&thread->handle, NULL, run_thread, told) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!started)
        as_mem_free(told);
    return started;
}

void as_thread_join(as_thread *thread)
{
    expect_success(pthread_join(thread->handle, NULL));
}

#if defined(__linux__)

bool as_thread_pin(unsigned core)
{
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
        return false;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || core-- != 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        return pthread_setaffinity_np(pthread_self(), sizeof(one), &one) == 0;
    }
    return false;
}

bool as_thread_give_way(void)
{
    const struct sched_param none = {.sched_priority = 0};
    return pthread_setschedparam(pthread_self(), SCHED_BATCH, &none) == 0;
}

unsigned as_thread_cores(void)
{
    cpu_set_t allowed;
    /* Fails on machines of more cores than the set has room for. */
    if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && CPU_COUNT(&allowed) > 0)
        return (unsigned)CPU_COUNT(&allowed);
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

#else

bool as_thread_pin(unsigned core)
{
    (void)core;
    return false;
}

bool as_thread_give_way(void)
{
    return false;
}

unsigned as_thread_cores(void)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

#endif
