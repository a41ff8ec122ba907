/* SPDX-License-Identifier: MIT */
#include "core/io/http_retry.h"

static const uint64_t MOST_MS = 60 * 1000; /* between two tries, whatever they were before */
static const uint64_t NS_OF_MS = 1000000;

/* value << n, at most `most` */
static uint64_t doubled(uint64_t value, uint32_t n, uint64_t most)
{
    if (value == 0)
        return 0;
    for (; n != 0 && value < most; n--)
        value *= 2; /* both below 2^32 here */
    return value < most ? value : most;
}

bool as_retry_next(const as_retry_policy *policy, uint32_t n, uint64_t after_ms, uint64_t random,
                   uint64_t *out_delay_ns)
{
    *out_delay_ns = 0;
    if (n >= policy->retries)
        return false;
    const uint64_t most_ns = doubled(policy->delay_ms, n, MOST_MS) * NS_OF_MS;
    uint64_t delay_ns = random % (most_ns + 1);
    if (after_ms != UINT64_MAX) {
        const uint64_t after =
            (after_ms < policy->after_most_ms ? after_ms : policy->after_most_ms) * NS_OF_MS;
        if (delay_ns < after)
            delay_ns = after;
    }
    *out_delay_ns = delay_ns;
    return true;
}

uint64_t as_retry_rest_ns(uint32_t failures_in_a_row)
{
    if (failures_in_a_row == 0)
        return 0;
    return doubled(250, failures_in_a_row - 1, 5000) * NS_OF_MS;
}
