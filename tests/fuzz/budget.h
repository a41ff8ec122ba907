/* SPDX-License-Identifier: MIT
 *
 * An allocator with a budget, so that what an input asks for is refused rather than tried, and
 * whose allocations fail when told to.
 */
#ifndef FUZZ_BUDGET_H
#define FUZZ_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* For an input: nothing is refused yet. Installs the allocator at its first call. */
void fuzz_budget_begin(uint64_t bytes);
/* The `nth` allocation from now on fails, and `count` - 1 after it. */
void fuzz_budget_fail(uint32_t nth, uint32_t count);
/* Was anything refused since the input began? */
bool fuzz_budget_refused(void);

#endif
