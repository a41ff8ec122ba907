/* SPDX-License-Identifier: MIT
 *
 * Memory between two pages that nobody may touch, so that a read or write past either end of what
 * lies against one of them ends the program.
 */
#ifndef TEST_GUARD_H
#define TEST_GUARD_H

#include <stddef.h>
#include <stdint.h>

typedef struct test_guard {
    uint8_t *start; /* NULL: there was no memory */
    size_t size;    /* whole pages */
} test_guard;

/* At least `size` bytes, zeroed. */
test_guard test_guard_new(size_t size);
void test_guard_free(test_guard *guard);

#endif
