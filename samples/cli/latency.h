/* SPDX-License-Identifier: MIT
 *
 * How long calls took: any number of samples in a fixed space. Percentiles are exact to 1 %, the
 * longest is exact.
 */
#ifndef CLI_LATENCY_H
#define CLI_LATENCY_H

#include <stdint.h>

/* 64 steps for each power of two. */
enum { LATENCY_STEP_BITS = 6, LATENCY_STEPS = 1 << LATENCY_STEP_BITS };
enum { LATENCY_BUCKETS = (64 - LATENCY_STEP_BITS + 1) * LATENCY_STEPS };

/* Start with {0}. */
typedef struct latency {
    uint64_t count;
    uint64_t max_ns;
    uint64_t buckets[LATENCY_BUCKETS];
} latency;

void latency_add(latency *l, uint64_t ns);

/* The time that `part` (0 .. 1) of the samples did not exceed, in nanoseconds; 0 without any. */
double latency_at(const latency *l, double part);

#endif
