/* SPDX-License-Identifier: MIT */
#include "core/stream/times.h"

#include <stdlib.h>
#include <string.h>

void as_times_add(as_times *times, uint64_t ns)
{
    times->last_ns[times->count % AS_TIMES_KEPT] = ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
    times->count++;
    times->total_ns += ns;
    if (ns > times->max_ns)
        times->max_ns = ns;
}

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void as_times_sum_up(const as_times *times, as_stage_times *out)
{
    uint32_t sorted[AS_TIMES_KEPT];
    const size_t n = times->count < AS_TIMES_KEPT ? (size_t)times->count : AS_TIMES_KEPT;
    *out = (as_stage_times){
        .count = times->count, .total_ns = times->total_ns, .max_ns = times->max_ns};
    if (n == 0)
        return;
    memcpy(sorted, times->last_ns, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), compare);
    out->p50_ns = sorted[n / 2];
    out->p99_ns = sorted[n - 1 - n / 100];
}
