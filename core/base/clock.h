/* SPDX-License-Identifier: MIT
 *
 * Monotonic time.
 */
#ifndef AS_BASE_CLOCK_H
#define AS_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some fixed moment; never goes back. */
uint64_t as_clock_ns(void);

#endif
