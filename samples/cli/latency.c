/* SPDX-License-Identifier: MIT */
#include "latency.h"

#include <stddef.h>

/* Up to 2 * LATENCY_STEPS each nanosecond has a bucket of its own; each further power of two is
 * divided into LATENCY_STEPS. */
static size_t bucket_of(uint64_t ns)
{
    unsigned shift = 0;
    while (ns >> shift >= 2 * LATENCY_STEPS)
        shift++;
    return (size_t)shift * LATENCY_STEPS + (size_t)(ns >> shift);
}

static double middle_of(size_t bucket)
{
    if (bucket < 2 * LATENCY_STEPS)
        return (double)bucket;
    const size_t shift = bucket / LATENCY_STEPS - 1;
    const uint64_t low = (uint64_t)(bucket % LATENCY_STEPS + LATENCY_STEPS) << shift;
    return (double)low + (double)(UINT64_C(1) << shift) / 2;
}

void latency_add(latency *l, uint64_t ns)
{
    l->count++;
    l->buckets[bucket_of(ns)]++;
    if (ns > l->max_ns)
        l->max_ns = ns;
}

double latency_at(const latency *l, double part)
{
    const double most = (double)l->max_ns, wanted = part * (double)l->count;
    uint64_t seen = 0;
    for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
        seen += l->buckets[i];
        if (seen > 0 && (double)seen >= wanted)
            return middle_of(i) < most ? middle_of(i) : most;
    }
    return most;
}
