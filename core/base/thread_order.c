/* SPDX-License-Identifier: MIT */
#include "core/base/thread_order.h"

#include <assert.h>

bool as_thread_test_checked(void)
{
#ifndef NDEBUG
    return true;
#else
    return false;
#endif
}

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

void as_thread_order_lock(const as_mutex *mutex)
{
    assert(may_lock(mutex));
    held.locks[held.count++] = mutex;
}

void as_thread_order_unlock(const as_mutex *mutex)
{
    size_t at = 0;
    while (at < held.count && held.locks[at] != mutex)
        at++;
    for (; at + 1 < held.count; at++)
        held.locks[at] = held.locks[at + 1];
    held.count -= at < held.count;
}

void as_thread_order_wait(const as_mutex *mutex)
{
    assert(may_wait_with(mutex));
}

#endif
