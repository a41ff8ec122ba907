/* SPDX-License-Identifier: MIT */
#include "core/base/thread_fault.h"

#include "core/base/thread.h"

#include <stdatomic.h>

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

bool as_thread_fault_wanted(void)
{
    const uint64_t n = atomic_load_explicit(&test_fail_at, memory_order_relaxed);
    if (n == UINT64_MAX || atomic_fetch_add(&test_count, 1) != n)
        return false;
    atomic_store(&test_failed, true);
    return true;
}

void as_thread_misused(void)
{
    atomic_fetch_add(&misuses, 1);
}
