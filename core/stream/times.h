/* SPDX-License-Identifier: MIT
 *
 * Times of one stage: totals, and the last 1024 for percentiles. Not thread-safe.
 */
#ifndef AS_STREAM_TIMES_H
#define AS_STREAM_TIMES_H

#include "alphastream/stream.h"

enum { AS_TIMES_KEPT = 1024 };

typedef struct as_times {
    uint64_t count, total_ns, max_ns;
    uint32_t last_ns[AS_TIMES_KEPT]; /* a ring; over 4.2 s counts as 4.2 s */
} as_times;

void as_times_add(as_times *times, uint64_t ns);
void as_times_sum_up(const as_times *times, as_stage_times *out);

#endif
