/* SPDX-License-Identifier: MIT */
#if !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif

#include "tests/support/guard.h"

#include <sys/mman.h>
#include <unistd.h>

test_guard test_guard_new(size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t inner = (size + page - 1) / page * page;
    uint8_t *all =
        mmap(NULL, inner + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return (test_guard){NULL, 0};
    if (mprotect(all, page, PROT_NONE) != 0 || mprotect(all + page + inner, page, PROT_NONE) != 0) {
        (void)munmap(all, inner + 2 * page);
        return (test_guard){NULL, 0};
    }
    return (test_guard){all + page, inner};
}

void test_guard_free(test_guard *guard)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (guard->start)
        (void)munmap(guard->start - page, guard->size + 2 * page);
    *guard = (test_guard){NULL, 0};
}
