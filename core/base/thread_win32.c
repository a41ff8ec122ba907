/* SPDX-License-Identifier: MIT */
#include "core/base/thread.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/thread_fault.h"
#include "core/base/thread_order.h"

#include <windows.h>

#include <assert.h>
#include <process.h>

static_assert(sizeof(SRWLOCK) == sizeof(void *), "what as_mutex has room for");
static_assert(sizeof(CONDITION_VARIABLE) == sizeof(void *), "what as_cond has room for");

static SRWLOCK *lock_of(as_mutex *mutex)
{
    return (SRWLOCK *)&mutex->handle;
}

static CONDITION_VARIABLE *condition_of(as_cond *cond)
{
    return (CONDITION_VARIABLE *)&cond->handle;
}

/* ------------------------------------------------------------------- locks, conditions ---- */

bool as_mutex_init(as_mutex *mutex, as_lock_rank rank)
{
    if (as_thread_fault_wanted())
        return false;
    *mutex = (as_mutex)AS_MUTEX_INITIALIZER(rank);
    return true;
}

#ifndef NDEBUG

/* The owner is written under the lock alone; whoever reads it finds itself there only if it is. */
void as_mutex_destroy(as_mutex *mutex)
{
    if (atomic_load(&mutex->owner) != 0)
        as_thread_misused();
}

void as_mutex_lock(as_mutex *mutex)
{
    as_thread_order_lock(mutex); /* before it waits: what is out of order may never return */
    if (atomic_load(&mutex->owner) == GetCurrentThreadId()) {
        as_thread_misused();
        return;
    }
    AcquireSRWLockExclusive(lock_of(mutex));
    atomic_store(&mutex->owner, GetCurrentThreadId());
}

void as_mutex_unlock(as_mutex *mutex)
{
    as_thread_order_unlock(mutex);
    if (atomic_load(&mutex->owner) != GetCurrentThreadId()) {
        as_thread_misused();
        return;
    }
    atomic_store(&mutex->owner, 0);
    ReleaseSRWLockExclusive(lock_of(mutex));
}

#else

void as_mutex_destroy(as_mutex *mutex)
{
    (void)mutex; /* holds nothing of the system's */
}

void as_mutex_lock(as_mutex *mutex)
{
    AcquireSRWLockExclusive(lock_of(mutex));
}

void as_mutex_unlock(as_mutex *mutex)
{
    ReleaseSRWLockExclusive(lock_of(mutex));
}

#endif

bool as_cond_init(as_cond *cond)
{
    if (as_thread_fault_wanted())
        return false;
    InitializeConditionVariable(condition_of(cond));
    return true;
}

void as_cond_destroy(as_cond *cond)
{
    (void)cond; /* holds nothing of the system's */
}

void as_cond_signal(as_cond *cond)
{
    WakeConditionVariable(condition_of(cond));
}

void as_cond_broadcast(as_cond *cond)
{
    WakeAllConditionVariable(condition_of(cond));
}

/* Milliseconds to wait, rounded up: never too early. Waking up early from a wait of days is
 * allowed. */
static DWORD time_left(uint64_t deadline_ns)
{
    enum { MOST = 1 << 30 };
    if (deadline_ns == AS_NO_DEADLINE)
        return INFINITE;
    const uint64_t now = as_clock_ns();
    const uint64_t left = deadline_ns > now ? (deadline_ns - now + 999999u) / 1000000u : 0;
    return left < MOST ? (DWORD)left : MOST;
}

bool as_cond_wait_until(as_cond *cond, as_mutex *mutex, uint64_t deadline_ns)
{
    const DWORD left = time_left(deadline_ns);
#ifndef NDEBUG
    as_thread_order_wait(mutex);
    if (atomic_load(&mutex->owner) != GetCurrentThreadId()) {
        as_thread_misused();
        return true;
    }
    atomic_store(&mutex->owner, 0);
#endif
    const BOOL woken = SleepConditionVariableSRW(condition_of(cond), lock_of(mutex), left, 0);
#ifndef NDEBUG
    atomic_store(&mutex->owner, GetCurrentThreadId());
#endif
    return woken || deadline_ns == AS_NO_DEADLINE || as_clock_ns() < deadline_ns;
}

/* ----------------------------------------------------------------------------- threads ---- */

/* Not in every header of Windows 10, but in its libraries. */
__declspec(dllimport) HRESULT WINAPI SetThreadDescription(HANDLE thread, PCWSTR name);

/* What a new thread is told. On the heap, since its starter may be gone when it looks. */
typedef struct start {
    void (*entry)(void *user);
    void *user;
    wchar_t name[AS_THREAD_NAME];
} start;

static unsigned __stdcall run_thread(void *user)
{
    start *told = user;
    const start own = *told;
    as_mem_free(told);
    /* For debuggers and profilers only: a failure changes nothing. */
    (void)SetThreadDescription(GetCurrentThread(), own.name);
    own.entry(own.user);
    return 0;
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
        told->name[i] = (wchar_t)(unsigned char)name[i];
    thread->handle = (void *)_beginthreadex(NULL, 0, run_thread, told, 0, NULL);
    if (!thread->handle)
        as_mem_free(told);
    return thread->handle != NULL;
}

void as_thread_join(as_thread *thread)
{
    (void)WaitForSingleObject(thread->handle, INFINITE);
    (void)CloseHandle(thread->handle);
}

/* The processors that this thread may use, of its group; 0: unknown. They are told when they are
 * set.
 */
static DWORD_PTR allowed_cores(void)
{
    DWORD_PTR own, all;
    if (!GetProcessAffinityMask(GetCurrentProcess(), &own, &all))
        return 0;
    const DWORD_PTR before = SetThreadAffinityMask(GetCurrentThread(), own);
    if (before != 0)
        (void)SetThreadAffinityMask(GetCurrentThread(), before);
    return before & own;
}

bool as_thread_pin(unsigned core)
{
    const DWORD_PTR allowed = allowed_cores();
    for (unsigned cpu = 0; cpu < 8 * sizeof(allowed); cpu++) {
        const DWORD_PTR one = (DWORD_PTR)1 << cpu;
        if ((allowed & one) && core-- == 0)
            return SetThreadAffinityMask(GetCurrentThread(), one) != 0;
    }
    return false;
}

bool as_thread_give_way(void)
{
    /* Woken threads get a higher priority for a moment; this one does not. */
    return SetThreadPriorityBoost(GetCurrentThread(), TRUE);
}

unsigned as_thread_cores(void)
{
    unsigned count = 0;
    for (DWORD_PTR left = allowed_cores(); left != 0; left &= left - 1)
        count++;
    return count ? count : 1;
}

/* -------------------------------------------------------------------------------- keys ---- */

/* Windows tells of the value alone, not of its key. */
static void (*_Atomic ended_of_all)(void *value);
/* Deleting a key calls back for all threads that have a value, on the thread that deletes it. */
static _Thread_local bool deleting;

static void __stdcall give_up_value(void *own)
{
    if (!deleting)
        atomic_load (&ended_of_all)(own);
}

bool as_thread_key_create(as_thread_key *key, void (*ended)(void *value))
{
    atomic_store(&ended_of_all, ended);
    key->handle = FlsAlloc(give_up_value);
    return key->handle != FLS_OUT_OF_INDEXES;
}

void as_thread_key_delete(as_thread_key *key)
{
    deleting = true;
    (void)FlsFree(key->handle);
    deleting = false;
}

void *as_thread_key_get(const as_thread_key *key)
{
    return FlsGetValue(key->handle);
}

bool as_thread_key_set(const as_thread_key *key, void *own)
{
    return FlsSetValue(key->handle, own);
}
