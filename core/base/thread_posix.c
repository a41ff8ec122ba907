/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* names and affinity of threads */
#endif

#include "core/base/thread.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/thread_fault.h"
#include "core/base/thread_order.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* These cannot fail when used rightly; in release builds nobody would look. */
static void expect_success(int result)
{
#ifndef NDEBUG
    if (result != 0)
        as_thread_misused();
#else
    (void)result;
#endif
}

/* Locks are held for about a microsecond, and a sleep costs a hand-over: who finds one taken tries
 * again for so long before he sleeps. */
#define TRY_NS 3000

bool as_mutex_init(as_mutex *mutex, as_lock_rank rank)
{
    if (as_thread_fault_wanted())
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

static bool lock_soon(as_mutex *mutex)
{
    const uint64_t end = as_clock_ns() + TRY_NS;
    int result;
    do
        result = pthread_mutex_trylock(&mutex->handle);
    while (result == EBUSY && as_clock_ns() < end);
    return result == 0;
}

void as_mutex_lock(as_mutex *mutex)
{
#ifndef NDEBUG
    as_thread_order_lock(mutex); /* before it waits: what is out of order may never return */
#endif
    if (pthread_mutex_trylock(&mutex->handle) != 0 && !lock_soon(mutex))
        expect_success(pthread_mutex_lock(&mutex->handle));
}

void as_mutex_unlock(as_mutex *mutex)
{
#ifndef NDEBUG
    as_thread_order_unlock(mutex);
#endif
    expect_success(pthread_mutex_unlock(&mutex->handle));
}

bool as_cond_init(as_cond *cond)
{
    pthread_condattr_t attributes;
    if (as_thread_fault_wanted() || pthread_condattr_init(&attributes) != 0)
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
    as_thread_order_wait(mutex);
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
    char name[AS_THREAD_NAME];
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
    if (as_thread_fault_wanted())
        return false;
    start *told = as_mem_calloc(1, sizeof(*told));
    if (!told)
        return false;
    told->entry = entry;
    told->user = user;
    for (size_t i = 0; i + 1 < AS_THREAD_NAME && name[i] != '\0'; i++)
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

bool as_thread_key_create(as_thread_key *key, void (*ended)(void *value))
{
    return pthread_key_create(&key->handle, ended) == 0;
}

void as_thread_key_delete(as_thread_key *key)
{
    (void)pthread_key_delete(key->handle);
}

void *as_thread_key_get(const as_thread_key *key)
{
    return pthread_getspecific(key->handle);
}

bool as_thread_key_set(const as_thread_key *key, void *own)
{
    return pthread_setspecific(key->handle, own) == 0;
}
