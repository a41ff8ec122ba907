/* SPDX-License-Identifier: MIT
 *
 * When a failed request is tried again. Pure: time and randomness are arguments.
 */
#ifndef AS_IO_HTTP_RETRY_H
#define AS_IO_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

typedef struct as_retry_policy {
    uint32_t retries;       /* 0: never */
    uint32_t delay_ms;      /* before the first; doubles */
    uint32_t after_most_ms; /* cap on Retry-After */
} as_retry_policy;

/* The n-th retry (0: the first) of one request: false: give up; else *out_delay_ns: uniformly
 * random in [0, delay_ms << n] (full jitter; `random` is 64 random bits), at most a minute, but no
 * less than Retry-After (after_ms; UINT64_MAX: none), itself capped. */
bool as_retry_next(const as_retry_policy *policy, uint32_t n, uint64_t after_ms, uint64_t random,
                   uint64_t *out_delay_ns);

/* How long after a failure for good no further request is made for new reads, which get the same
 * error at once: 0 without a failure, then 250 ms, doubling with each failure in a row to 5 s.
 * Keeps a player that asks 60 times a second from asking the server as often. */
uint64_t as_retry_rest_ns(uint32_t failures_in_a_row);

#endif
