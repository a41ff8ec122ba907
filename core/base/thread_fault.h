/* SPDX-License-Identifier: MIT
 *
 * What the threads of every system share for tests: failures at will, and misuses counted.
 */
#ifndef AS_BASE_THREAD_FAULT_H
#define AS_BASE_THREAD_FAULT_H

#include <stdbool.h>

/* Asked by every initialization and start: must this one fail (as_thread_test_fail_at)? */
bool as_thread_fault_wanted(void);
/* Counts for as_thread_test_misuses. */
void as_thread_misused(void);

#endif
