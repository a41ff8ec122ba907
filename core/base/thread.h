/* SPDX-License-Identifier: MIT
 *
 * Threads, locks, conditions, values of threads. Thin over pthreads or, on Windows, its own calls.
 * Waits are on the monotonic clock (clock.h).
 *
 * Checked builds (those without NDEBUG: the presets debug, asan, tsan, fuzz) use error-checking
 * mutexes, count what these find (as_thread_test_misuses), and assert that locks are taken in
 * order.
 */
#ifndef AS_BASE_THREAD_H
#define AS_BASE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#define AS_NO_DEADLINE UINT64_MAX

enum { AS_THREAD_NAME = 16 }; /* what Linux allows, with the NUL */

/* All locks of the library, the outermost first: who holds some may only take one of a later rank,
 * and wait on a condition only with the last of them. docs/architecture.md, "Threads", says what
 * each guards. */
typedef enum as_lock_rank {
    AS_LOCK_CV_OPENING,    /* a handle's CV_init */
    AS_LOCK_CV_TEXTURES,   /* a handle's CV_gl_*; another one, CV_vk_* */
    AS_LOCK_CV_HANDLE,     /* all else of a handle */
    AS_LOCK_STREAM,        /* a stream */
    AS_LOCK_OUTPUTS,       /* its output buffers and frames */
    AS_LOCK_WORK_DOOR,     /* the way into the worker pool and out of it */
    AS_LOCK_WORK_POOL,     /* a worker pool and its queues */
    AS_LOCK_CONTAINER,     /* what a container lends to threads that read */
    AS_LOCK_HTTP_SOURCE,   /* an HTTP source */
    AS_LOCK_HTTP_LIFE,     /* the network thread's beginning and end */
    AS_LOCK_HTTP_NEWS,     /* what other threads tell it */
    AS_LOCK_DISK_CACHE,    /* a cache on disk */
    AS_LOCK_FILE,          /* a file source's blocks */
    AS_LOCK_VULKAN_QUEUE,  /* the queue of a device of the library's own */
    AS_LOCK_VULKAN_DEVICE, /* points in time on the queue */
    AS_LOCK_SLOTS,         /* one list of slots */
    AS_LOCK_SLOT_THREADS,  /* the threads that have some */
    AS_LOCK_TABLES,        /* what is computed once per process */
    AS_LOCK_LAST           /* for tests */
} as_lock_rank;

/* AS_MUTEX_INITIALIZER: for mutexes of static storage; these are never destroyed. */
#if defined(_WIN32)

#include <stdatomic.h>

typedef struct as_mutex {
    void *handle;
    atomic_ulong owner; /* checked builds: a thread's number, 0: none */
    as_lock_rank rank;
} as_mutex;

typedef struct as_cond {
    void *handle;
} as_cond;

typedef struct as_thread {
    void *handle;
} as_thread;

typedef struct as_thread_key {
    unsigned long handle;
} as_thread_key;

#define AS_MUTEX_INITIALIZER(lock_rank)                                                            \
    {                                                                                              \
        .handle = NULL, .owner = 0, .rank = (lock_rank)                                            \
    }

#else

#include <pthread.h>

typedef struct as_mutex {
    pthread_mutex_t handle;
    as_lock_rank rank;
} as_mutex;

typedef struct as_cond {
    pthread_cond_t handle;
} as_cond;

typedef struct as_thread {
    pthread_t handle;
} as_thread;

typedef struct as_thread_key {
    pthread_key_t handle;
} as_thread_key;

#define AS_MUTEX_INITIALIZER(lock_rank)                                                            \
    {                                                                                              \
        .handle = PTHREAD_MUTEX_INITIALIZER, .rank = (lock_rank)                                   \
    }

#endif

/* false: the system has no resources for it. */
bool as_mutex_init(as_mutex *mutex, as_lock_rank rank);
void as_mutex_destroy(as_mutex *mutex);
void as_mutex_lock(as_mutex *mutex);
void as_mutex_unlock(as_mutex *mutex);

bool as_cond_init(as_cond *cond);
void as_cond_destroy(as_cond *cond);
void as_cond_signal(as_cond *cond);
void as_cond_broadcast(as_cond *cond);
/* Waits at most until as_clock_ns() reaches deadline_ns (AS_NO_DEADLINE: for ever); false: it did,
 * never before. Wakes up without reason at times: ask again what was waited for. */
bool as_cond_wait_until(as_cond *cond, as_mutex *mutex, uint64_t deadline_ns);

/* Runs entry(user) on a new thread, with all signals blocked (but those that a faulting instruction
 * raises, so that a host's crash handler sees them) and `name` (cut to AS_THREAD_NAME; copied)
 * where the system shows such. false: the system has no resources for it. */
bool as_thread_start(as_thread *thread, const char *name, void (*entry)(void *user), void *user);
void as_thread_join(as_thread *thread);
/* Keeps the calling thread on one core, counted from 0 among those it may use now; false where that
 * is not possible. */
bool as_thread_pin(unsigned core);
/* The calling thread never takes the core from the thread that wakes it, only its turn: so that a
 * caller who wakes a worker goes on undisturbed. false where that is not possible. */
bool as_thread_give_way(void);
/* Logical cores that the calling thread, and so threads it starts, may use; at least 1. */
unsigned as_thread_cores(void);

/* A pointer that each thread has for itself, NULL at first. `ended` is called on a thread that ends
 * while it has another one (on POSIX again, if it has one again after that); all keys that exist at
 * once have the same. false: the system has no resources for it. */
bool as_thread_key_create(as_thread_key *key, void (*ended)(void *value));
/* Calls nothing; what threads have stays whose it is. */
void as_thread_key_delete(as_thread_key *key);
void *as_thread_key_get(const as_thread_key *key);
/* Once for each thread. false: the system has no resources for it. */
bool as_thread_key_set(const as_thread_key *key, void *own);

/* For tests: the n-th initialization or start from now (counted from 0, all kinds together) fails;
 * UINT64_MAX: none. as_thread_test_failed tells whether that has happened. */
void as_thread_test_fail_at(uint64_t n);
bool as_thread_test_failed(void);
/* For tests: mutexes locked twice by one thread, unlocked by another one or destroyed while locked,
 * since the process began. Always 0 where nothing is checked. */
uint64_t as_thread_test_misuses(void);
/* For tests: is this a checked build? */
bool as_thread_test_checked(void);

#endif
