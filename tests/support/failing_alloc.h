/* SPDX-License-Identifier: MIT
 *
 * An allocator that fails on demand, for "every allocation fails once" tests:
 *
 *     for (uint64_t n = 0; test_alloc_fail_at(n), scenario(), test_alloc_failed(); n++) {}
 *     test_alloc_restore();
 */
#ifndef TEST_FAILING_ALLOC_H
#define TEST_FAILING_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

/* Counts allocations from 0 again; the n-th fails (UINT64_MAX: none). Installs the allocator. */
void test_alloc_fail_at(uint64_t n);
/* Did the chosen allocation come and fail since? */
bool test_alloc_failed(void);
/* Allocations since. */
uint64_t test_alloc_count(void);
/* Bytes held now through this allocator, and the most since test_alloc_fail_at. */
uint64_t test_alloc_bytes(void);
uint64_t test_alloc_peak(void);
void test_alloc_restore(void);

#endif
