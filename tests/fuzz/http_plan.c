/* SPDX-License-Identifier: MIT
 *
 * Which range is requested next, in states that an input describes: what http_plan.h promises of
 * every request, and that requests come to an end; likewise of retries.
 */
#include "tests/fuzz/fuzz.h"

#include "core/io/http_plan.h"
#include "core/io/http_retry.h"

#include <string.h>

enum { UNITS = 512, MOST_RANGES = 16, MOST_FLIGHTS = 16 };

typedef struct state {
    as_plan plan;
    as_byte_range urgent[MOST_RANGES], wanted[MOST_RANGES];
    as_plan_flight flights[MOST_FLIGHTS];
    uint8_t there[UNITS / 8];
} state;

static bool has_unit(void *user, uint64_t unit)
{
    const state *s = user;
    return unit < UNITS && (s->there[unit / 8] >> (unit % 8) & 1);
}

/* Places near each other, or anywhere. */
static uint64_t take_offset(fuzz_bytes *in)
{
    const uint8_t kind = fuzz_u8(in);
    return kind < 250 ? (uint64_t)kind * 2 * AS_UNIT_BYTES + fuzz_u16(in) : fuzz_u64(in);
}

static size_t take_ranges(fuzz_bytes *in, as_byte_range *out)
{
    const size_t count = fuzz_u8(in) % (MOST_RANGES + 1);
    for (size_t i = 0; i < count; i++) {
        const uint64_t offset = take_offset(in), length = fuzz_size(in) * 1000;
        out[i] = (as_byte_range){offset, length > UINT64_MAX - offset ? 0 : length};
    }
    return count;
}

static void take_state(fuzz_bytes *in, state *s)
{
    const fuzz_bytes there = fuzz_take(in, fuzz_u8(in) % (sizeof(s->there) + 1));
    memset(s, 0, sizeof(*s));
    if (there.left)
        memcpy(s->there, there.at, there.left);
    as_plan *plan = &s->plan;
    plan->has = has_unit;
    plan->user = s;
    plan->urgent = s->urgent;
    plan->wanted = s->wanted;
    plan->flights = s->flights;
    plan->most_flights = fuzz_in(in, 1, MOST_FLIGHTS);
    plan->chunk_bytes = fuzz_u16(in) * 128U;
    plan->budget = fuzz_size(in) * 32768;
    plan->rate = fuzz_size(in);
    plan->first_byte_ns = fuzz_size(in);
    plan->ramp = fuzz_u8(in);
    plan->filling = fuzz_u8(in) & 1;
    plan->size = fuzz_u8(in) & 1 ? AS_SIZE_UNKNOWN : take_offset(in);
    plan->urgent_count = take_ranges(in, s->urgent);
    plan->wanted_count = take_ranges(in, s->wanted);
}

static bool in_flight(const as_plan *plan, uint64_t unit)
{
    for (size_t i = 0; i < plan->flight_count; i++)
        if (unit - plan->flights[i].first < plan->flights[i].count)
            return true;
    return false;
}

static void check_request(const as_plan *plan, const as_plan_request *request)
{
    uint64_t on_their_way = request->count;
    for (size_t i = 0; i < plan->flight_count; i++)
        on_their_way += plan->flights[i].count;
    FUZZ_CHECK(on_their_way <=
               (plan->budget / AS_UNIT_BYTES < 2 ? 2 : plan->budget / AS_UNIT_BYTES));
    FUZZ_CHECK(request->count <= AS_PLAN_MOST_UNITS);
    FUZZ_CHECK(request->count == 1 || request->count * AS_UNIT_BYTES <= plan->chunk_bytes);
    for (uint64_t unit = request->first; unit < request->first + request->count; unit++) {
        FUZZ_CHECK(unit < plan->size / AS_UNIT_BYTES + 1);
        FUZZ_CHECK(!has_unit(plan->user, unit) && !in_flight(plan, unit));
    }
}

static void check_plan(fuzz_bytes *in)
{
    static state s;
    take_state(in, &s);
    for (;;) {
        as_plan_request request = {.count = 0};
        as_plan_next(&s.plan, &request);
        if (request.count == 0)
            break;
        check_request(&s.plan, &request);
        FUZZ_CHECK(s.plan.flight_count < s.plan.most_flights);
        s.flights[s.plan.flight_count++] =
            (as_plan_flight){request.first, request.count, fuzz_size(in)};
        s.plan.filling = request.filling;
        s.plan.ramp++;
    }
    for (size_t i = 0; i < s.plan.flight_count; i++)
        (void)as_plan_keeps(&s.plan, &s.flights[i]);
}

static void check_retry(fuzz_bytes *in)
{
    enum { MINUTE_MS = 60000, MS = 1000000 };
    const as_retry_policy policy = {fuzz_u8(in) % 101, fuzz_in(in, 1, MINUTE_MS),
                                    fuzz_in(in, 1, 3600000)};
    const uint32_t n = fuzz_u8(in);
    const uint64_t after = fuzz_size(in);
    uint64_t delay = 0;
    const bool again = as_retry_next(&policy, n, after, fuzz_u64(in), &delay);
    FUZZ_CHECK(again == (n < policy.retries));
    const uint64_t most = policy.after_most_ms > MINUTE_MS ? policy.after_most_ms : MINUTE_MS;
    FUZZ_CHECK(!again || delay <= most * MS);
    const uint64_t least = after < policy.after_most_ms ? after : policy.after_most_ms;
    FUZZ_CHECK(!again || after == UINT64_MAX || delay >= least * MS);
    FUZZ_CHECK(as_retry_rest_ns(n) <= UINT64_C(5000) * MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    check_retry(&in);
    check_plan(&in);
    return 0;
}
