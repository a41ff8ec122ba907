/* SPDX-License-Identifier: MIT */
#include "core/base/clock.h"

#include <time.h>

uint64_t as_clock_ns(void)
{
    struct timespec now;
    /* Cannot fail: CLOCK_MONOTONIC always exists and &now is valid. */
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
