/* SPDX-License-Identifier: MIT
 *
 * core/io/http_plan: each rule by itself, and random states. tests/unit/test_http_play.c puts them
 * together.
 */
#include "core/io/http_plan.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <inttypes.h>
#include <stdbool.h>

#define UNIT ((uint64_t)AS_UNIT_BYTES)
#define MS UINT64_C(1000000)

enum { UNITS = 2000, MOST_RANGES = 16 };

static bool there[UNITS];

static bool has_unit(void *user, uint64_t unit)
{
    (void)user;
    return unit < UNITS && there[unit];
}

static void set_there(uint64_t first, uint64_t end)
{
    for (uint64_t unit = first; unit < end; unit++)
        there[unit] = true;
}

static as_byte_range units(uint64_t first, uint64_t count)
{
    return (as_byte_range){first * UNIT, count * UNIT};
}

/* A plan over nothing that is there: 100 MiB, 1 MiB a request, 1 MB/s, 100 ms, long ramped up. */
static as_plan usual_plan(void)
{
    memset(there, 0, sizeof(there));
    return (as_plan){.has = has_unit,
                     .size = 1600 * UNIT,
                     .most_flights = 4,
                     .chunk_bytes = 1 << 20,
                     .budget = 64 << 20,
                     .rate = 1 << 20,
                     .first_byte_ns = 100 * MS,
                     .ramp = 100};
}

static as_plan_request next(const as_plan *plan)
{
    as_plan_request request;
    memset(&request, 0xEE, sizeof(request));
    as_plan_next(plan, &request);
    return request;
}

#define assert_request(plan, wanted_first, wanted_count, wanted_urgent)                            \
    do {                                                                                           \
        const as_plan_request got_ = next(plan);                                                   \
        assert_int_equal(got_.count, (wanted_count));                                              \
        assert_int_equal(got_.first, (wanted_first));                                              \
        assert_int_equal(got_.urgent, (wanted_urgent));                                            \
    } while (0)
#define assert_nothing(plan) assert_int_equal(next(plan).count, 0)

static void test_first_request(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    assert_nothing(&plan);
    const as_byte_range header = {0, 16};
    plan.urgent = &header;
    plan.urgent_count = 1;
    plan.size = AS_SIZE_UNKNOWN;
    plan.rate = plan.first_byte_ns = plan.ramp = 0;
    assert_request(&plan, 0, 4, true);
    plan.rate = 100000; /* below 1 Mbit/s */
    assert_request(&plan, 0, 1, true);
    plan.rate = 125000;
    assert_request(&plan, 0, 4, true);
    plan.chunk_bytes = 3 * AS_UNIT_BYTES;
    assert_request(&plan, 0, 3, true);
    plan.chunk_bytes = 1;
    assert_request(&plan, 0, 1, true);
    plan.chunk_bytes = 1 << 20;
    plan.size = 70000;
    assert_request(&plan, 0, 2, true);
    plan.size = 0;
    assert_nothing(&plan);
}

static void test_ramp(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    const as_byte_range all = units(0, 1600);
    plan.wanted = &all;
    plan.wanted_count = 1;
    static const struct {
        uint64_t rate;
        uint32_t chunk, ramp;
        uint64_t count;
    } steps[] = {
        {0, 1 << 20, 0, 4},           {0, 1 << 20, 1, 8},          {0, 1 << 20, 2, 16},
        {0, 1 << 20, 3, 16},          {0, 4 << 20, 9, 64},         {0, 16 << 20, UINT32_MAX, 64},
        {375000, 1 << 20, 0, 4},      {375000, 1 << 20, 1, 5},     {375000, 1 << 20, 50, 5},
        {100000, 1 << 20, 0, 1},      {100000, 1 << 20, 1, 2},     {100000, 1 << 20, 2, 4},
        {100000, 1 << 20, 3, 4},      {1, 1 << 20, 50, 4},         {1 << 21, 4 << 20, 50, 32},
        {UINT64_MAX, 4 << 20, 7, 64}, {UINT64_MAX, 4 << 20, 0, 4},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        plan.rate = steps[i].rate;
        plan.chunk_bytes = steps[i].chunk;
        plan.ramp = steps[i].ramp;
        assert_request(&plan, 0, steps[i].count, false);
    }
}

static void test_urgent_covers_its_range(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    as_byte_range urgent[2] = {{100 * UNIT + 5, 6 * UNIT}, {7 * UNIT, 1}};
    plan.urgent = urgent;
    plan.urgent_count = 2;
    plan.ramp = 0;
    assert_request(&plan, 100, 7, true); /* from its first byte's unit to its last one's */
    set_there(100, 103);
    assert_request(&plan, 103, 4, true);
    set_there(105, 106); /* there: a gap is not joined */
    assert_request(&plan, 103, 2, true);
    as_plan_flight flights[4] = {{103, 2, 0}};
    plan.flights = flights;
    plan.flight_count = 1;
    assert_request(&plan, 106, 4, true); /* its rest, and on to a first request's size */
    set_there(106, 107);
    assert_request(&plan, 7, 4, true); /* then who began to wait later */
    flights[1] = (as_plan_flight){8, 1, 0};
    plan.flight_count = 2;
    assert_request(&plan, 7, 1, true);
    flights[1] = (as_plan_flight){6, 4, 0};
    assert_nothing(&plan);
}

static void test_urgent_beyond_a_chunk(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    const as_byte_range huge = units(10, 40);
    as_plan_flight flights[4];
    plan.urgent = &huge;
    plan.urgent_count = 1;
    plan.flights = flights;
    uint64_t first = 10;
    for (; plan.flight_count < 3; plan.flight_count++) {
        const as_plan_request request = next(&plan);
        assert_int_equal(request.first, first);
        assert_int_equal(request.count, first < 42 ? 16 : 8);
        assert_true(request.urgent);
        flights[plan.flight_count] = (as_plan_flight){request.first, request.count, 0};
        first += request.count;
    }
    assert_int_equal(first, 50);
    assert_nothing(&plan);
    const as_byte_range huger = units(10, 100);
    plan.urgent = &huger;
    plan.flight_count = 0;
    plan.chunk_bytes = 16 << 20;
    assert_request(&plan, 10, 64, true);
}

static void test_urgent_goes_on_into_what_is_wanted(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    const as_byte_range urgent[] = {{50 * UNIT, 100}, {51 * UNIT, 100}};
    const as_byte_range wanted[] = {units(52, 10), units(70, 10)};
    plan.urgent = urgent;
    plan.urgent_count = 2;
    assert_request(&plan, 50, 4, true); /* no hint: a first request's size */
    plan.wanted = wanted;
    plan.wanted_count = 2;
    assert_request(&plan, 50, 12, true);
    plan.rate = 8 * UNIT; /* a second of the connection */
    assert_request(&plan, 50, 8, true);
    set_there(57, 58);
    assert_request(&plan, 50, 7, true);
}

static void test_flights(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    const as_byte_range urgent = units(500, 1), wanted = units(0, 300);
    as_plan_flight flights[4] = {{0, 16, 0}, {16, 16, 0}, {32, 16, 0}, {48, 16, 0}};
    plan.flights = flights;
    plan.wanted = &wanted;
    plan.wanted_count = 1;
    assert_request(&plan, 0, 16, false);
    plan.flight_count = 1;
    assert_nothing(&plan); /* the first has just begun */
    /* A round trip brings 104857 bytes. */
    flights[0].received = 16 * UNIT - 104858;
    assert_nothing(&plan);
    flights[0].received = 16 * UNIT - 104857;
    assert_request(&plan, 16, 16, false);
    plan.first_byte_ns = 0;
    assert_nothing(&plan); /* not measured */
    plan.first_byte_ns = 100 * MS;
    plan.rate = 0;
    assert_nothing(&plan);
    plan.rate = 1 << 20;

    /* One of four is for readers, one of two is not. */
    for (size_t i = 0; i < 4; i++)
        flights[i].received = 16 * UNIT - 1;
    plan.flight_count = 3;
    assert_nothing(&plan);
    plan.most_flights = 5;
    assert_request(&plan, 48, 16, false);
    plan.flight_count = 1;
    plan.most_flights = 2;
    assert_request(&plan, 16, 16, false);
    plan.most_flights = 1;
    assert_nothing(&plan);
    plan.most_flights = 4;
    plan.flight_count = 3;
    plan.urgent = &urgent;
    plan.urgent_count = 1;
    assert_request(&plan, 500, 4, true);
    plan.flight_count = 4;
    assert_nothing(&plan);
    plan.flight_count = 0;
    plan.most_flights = 0; /* counts as one */
    assert_request(&plan, 500, 4, true);
}

/* 1 MiB/s: 64 units are 4 s. */
static void test_hysteresis(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    const as_byte_range wanted = {10 * UNIT, 300 * UNIT};
    plan.wanted = &wanted;
    plan.wanted_count = 1;
    set_there(0, 10 + 65);
    as_plan_request request = next(&plan);
    assert_int_equal(request.count, 0);
    assert_false(request.filling);
    there[74] = false; /* sunk to 4 s */
    request = next(&plan);
    assert_int_equal(request.first, 74);
    assert_int_equal(request.count, 16);
    assert_true(request.filling);
    set_there(0, 200);
    plan.filling = true;
    request = next(&plan); /* goes on up to the end of the hint */
    assert_int_equal(request.first, 200);
    assert_int_equal(request.count, 16);
    assert_true(request.filling);
    set_there(0, 310);
    request = next(&plan);
    assert_int_equal(request.count, 0);
    assert_false(request.filling);
    /* Two round trips and a first request are always ahead: 4 + 2 * 19 units. */
    const as_byte_range brief = units(10, 60);
    plan.wanted = &brief;
    plan.rate = 12500000;
    plan.filling = false;
    memset(there, 0, sizeof(there));
    set_there(10, 52);
    assert_request(&plan, 52, 16, false);
    there[52] = true;
    assert_nothing(&plan);
    plan.wanted = &wanted;
    /* What is on its way counts as there. */
    memset(there, 0, sizeof(there));
    const as_plan_flight flight = {0, 310, 310 * UNIT - 1};
    plan.flights = &flight;
    plan.flight_count = 1;
    assert_false(next(&plan).filling);
    assert_nothing(&plan);
    /* While it may not ask yet, it still wants to. */
    const as_plan_flight half = {0, 20, 0};
    plan.flights = &half;
    plan.filling = false;
    request = next(&plan);
    assert_int_equal(request.count, 0);
    assert_true(request.filling);
}

static void test_high_mark(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    const as_byte_range wanted = units(0, 1600);
    plan.wanted = &wanted;
    plan.wanted_count = 1;
    plan.budget = 200 * UNIT; /* 100 ahead */
    plan.filling = true;
    set_there(0, 90);
    assert_request(&plan, 90, 10, false);
    set_there(0, 97); /* what little is left waits until a whole request fits */
    assert_nothing(&plan);
    assert_false(next(&plan).filling);
    set_there(0, 1600);
    for (uint64_t unit = 50; unit < 1600; unit++)
        there[unit] = false; /* low: half of that */
    plan.filling = false;
    assert_request(&plan, 50, 16, false);
    there[50] = true;
    assert_nothing(&plan);
    plan.budget = 8 * UNIT; /* when low, a small request is better than none */
    memset(there, 0, sizeof(there));
    set_there(0, 2);
    assert_request(&plan, 2, 2, false);

    plan.budget = 3 * UNIT; /* tiny: still something */
    memset(there, 0, sizeof(there));
    assert_request(&plan, 0, 1, false);
    plan.budget = 0;
    assert_request(&plan, 0, 1, false);
    const as_byte_range urgent = units(7, 9);
    plan.urgent = &urgent;
    plan.urgent_count = 1;
    assert_request(&plan, 7, 1, true);
}

/* Readers together do not ask for more than the budget holds. */
static void test_budget_of_readers(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    const as_byte_range urgent[] = {units(0, 16), units(100, 16), units(200, 16)};
    as_plan_flight flights[2] = {{0, 16, 0}, {100, 3, 0}};
    plan.urgent = urgent;
    plan.urgent_count = 3;
    plan.budget = 20 * UNIT;
    assert_request(&plan, 0, 10, true);
    plan.flights = flights;
    plan.flight_count = 1;
    assert_request(&plan, 100, 4, true);
    plan.flight_count = 2;
    assert_request(&plan, 103, 1, true);
    flights[1].count = 4;
    assert_nothing(&plan);
}

/* A hint that grows by a frame at a time makes no request for each unit. */
static void test_end_of_hint(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    as_byte_range wanted = {10 * UNIT + 1, 2 * UNIT};
    plan.wanted = &wanted;
    plan.wanted_count = 1;
    set_there(0, 12);
    assert_request(&plan, 12, 4, false);
    there[14] = true;
    assert_request(&plan, 12, 2, false);
    there[14] = false;
    plan.size = 13 * UNIT;
    assert_request(&plan, 12, 1, false);
    plan.size = 1600 * UNIT;
    plan.budget = 8 * UNIT; /* what is guessed keeps to the budget too */
    assert_request(&plan, 12, 2, false);
    plan.budget = 64 << 20;
    plan.size = 11 * UNIT; /* a hint past the end */
    assert_nothing(&plan);
    /* Between two pieces nothing is guessed. */
    plan.size = 1600 * UNIT;
    const as_byte_range pieces[] = {units(20, 2), units(40, 2)};
    plan.wanted = pieces;
    plan.wanted_count = 2;
    assert_request(&plan, 20, 2, false);
    set_there(20, 22);
    assert_request(&plan, 40, 4, false);
}

static void test_backward(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    as_byte_range wanted[64];
    for (uint64_t i = 0; i < 64; i++) /* half a unit each, down from the middle of unit 132 */
        wanted[i] = (as_byte_range){132 * UNIT - i * UNIT / 2, UNIT / 2};
    plan.wanted = wanted;
    plan.wanted_count = 64;
    assert_request(&plan, 132, 1, false); /* nothing there: the smallest is soonest */
    set_there(132, 133);
    assert_request(&plan, 129, 3, false);
    set_there(131, 133);
    assert_request(&plan, 126, 5, false);
    set_there(125, 133);
    assert_request(&plan, 109, 16, false);
    plan.filling = true;
    set_there(102, 133);
    assert_request(&plan, 98, 4, false); /* at the hint's end, and on down */
    set_there(3, 133);
    for (size_t i = 0; i < 64; i++)
        wanted[i] = (as_byte_range){(64 - i) * UNIT / 2, UNIT / 2};
    assert_request(&plan, 0, 3, false);

    /* A reader at the head gets its frame alone; readers ahead of it take along what is below. */
    memset(there, 0, sizeof(there));
    as_byte_range urgent = {32 * UNIT + 10, 10};
    plan.urgent = &urgent;
    plan.urgent_count = 1;
    assert_request(&plan, 32, 1, true);
    set_there(28, 33);
    urgent.offset = 27 * UNIT + 10;
    assert_request(&plan, 17, 11, true);
    set_there(10, 33); /* more than is low */
    plan.filling = false;
    urgent.offset = 9 * UNIT;
    assert_request(&plan, 0, 10, true);
    urgent.offset = 700 * UNIT; /* who waits elsewhere does not */
    assert_request(&plan, 700, 1, true);
    as_plan_flight flight = {600, 1020, 0};
    plan.flights = &flight;
    plan.flight_count = 1;
    urgent.offset = 9 * UNIT;
    assert_request(&plan, 9, 1, true); /* the budget has no room for more */
    flight.count = 1024;
    assert_nothing(&plan);
}

/* From the end to the start is not backward. */
static void test_loop(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    const as_byte_range wanted[] = {units(1590, 10), units(0, 20)};
    plan.wanted = wanted;
    plan.wanted_count = 2;
    plan.filling = true;
    assert_request(&plan, 1590, 10, false);
    set_there(1590, 1600);
    assert_request(&plan, 0, 16, false);
    set_there(0, 16);
    assert_request(&plan, 16, 4, false);
    const as_byte_range mixed[] = {units(55, 1), units(54, 1), units(56, 1), units(57, 1)};
    plan.wanted = mixed;
    plan.wanted_count = 4;
    assert_request(&plan, 54, 4, false);
}

static void test_extreme_numbers(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    as_byte_range range = {UINT64_MAX - 5, UINT64_MAX};
    plan.size = AS_SIZE_UNKNOWN;
    plan.urgent = &range;
    plan.urgent_count = 1;
    assert_nothing(&plan); /* its bytes have no numbers */
    range.offset = UINT64_MAX - 3 * UNIT;
    as_plan_request request = next(&plan);
    assert_int_equal(request.first + request.count, UINT64_MAX / UNIT);
    plan.urgent_count = 0;
    plan.wanted = &range;
    plan.wanted_count = 1;
    range = (as_byte_range){0, UINT64_MAX};
    plan.budget = plan.rate = plan.first_byte_ns = UINT64_MAX;
    set_there(0, 100);
    assert_request(&plan, 100, 16, false);
    const as_byte_range none[] = {{5, 0}, {UINT64_MAX, 0}, {UINT64_MAX, UINT64_MAX}};
    plan.wanted = plan.urgent = none;
    plan.wanted_count = plan.urgent_count = 3;
    assert_nothing(&plan);
    plan.wanted_count = plan.urgent_count = 0;
    assert_nothing(&plan);
}

static bool keeps(const as_plan *plan, uint64_t first, uint64_t count, uint64_t received)
{
    const as_plan_flight flight = {first, count, received};
    return as_plan_keeps(plan, &flight);
}

/* Two round trips bring 209715 bytes: three units and a bit. */
static void test_keeps(void **state)
{
    (void)state;
    as_plan plan = usual_plan();
    const as_byte_range urgent = units(100, 1), wanted = units(200, 10);
    assert_false(keeps(&plan, 0, 16, 0));
    assert_true(keeps(&plan, 0, 16, 16 * UNIT));
    assert_true(keeps(&plan, 0, 16, 16 * UNIT - 209715));
    assert_false(keeps(&plan, 0, 16, 16 * UNIT - 209716));
    plan.size = 14 * UNIT + 1;
    assert_true(keeps(&plan, 0, 16, 13 * UNIT));
    assert_true(keeps(&plan, 20, 4, 0)); /* past the end: nothing will come */
    plan.size = AS_SIZE_UNKNOWN;
    assert_false(keeps(&plan, 0, 16, 12 * UNIT));
    plan.urgent = &urgent;
    plan.wanted = &wanted;
    plan.urgent_count = plan.wanted_count = 1;
    assert_true(keeps(&plan, 100, 16, 0));
    assert_true(keeps(&plan, 97, 16, 5));
    assert_false(keeps(&plan, 96, 16, 5));
    assert_true(keeps(&plan, 96, 16, UNIT));
    assert_true(keeps(&plan, 85, 16, 12 * UNIT));
    assert_true(keeps(&plan, 85, 20, 15 * UNIT + 9));
    assert_false(keeps(&plan, 85, 20, 16 * UNIT)); /* its useful part is there already */
    assert_true(keeps(&plan, 198, 16, 0));
    assert_false(keeps(&plan, 210, 16, 0));
    plan.rate = 0;
    assert_true(keeps(&plan, 85, 16, 0)); /* not measured: whatever is of use */
    assert_false(keeps(&plan, 101, 16, 0));
    assert_true(keeps(&plan, 101, 16, 16 * UNIT));
}

typedef struct random_state {
    as_plan plan;
    as_byte_range urgent[MOST_RANGES], wanted[MOST_RANGES];
    as_plan_flight flights[32];
} random_state;

static void random_ranges(test_random *random, as_byte_range *out, size_t *count, uint64_t reach)
{
    *count = (size_t)test_random_in(random, 0, MOST_RANGES);
    if (test_random_in(random, 0, 2) == 0)
        *count = 0;
    const int64_t pattern = test_random_in(random, 0, 2);
    uint64_t at = (uint64_t)test_random_in(random, 0, (int64_t)reach);
    for (size_t i = 0; i < *count; i++) {
        const uint64_t length = (uint64_t)test_random_in(random, 0, 5 * AS_UNIT_BYTES);
        if (pattern == 0)
            at = (uint64_t)test_random_in(random, 0, (int64_t)reach);
        if (pattern == 2)
            at -= length < at ? length : at;
        out[i] = (as_byte_range){at, length};
        if (pattern == 1)
            at += length;
    }
}

static void random_world(test_random *random, random_state *s)
{
    static const uint64_t rates[] = {0, 1, 5000, 124999, 375000, 12500000, UINT64_MAX};
    const uint64_t extent = (uint64_t)test_random_in(random, 1, UNITS);
    const int64_t share = test_random_in(random, 0, 3);
    for (uint64_t unit = 0; unit < UNITS; unit++)
        there[unit] = test_random_in(random, 0, 3) < share;
    as_plan *plan = &s->plan;
    memset(s, 0, sizeof(*s));
    plan->has = has_unit;
    plan->urgent = s->urgent;
    plan->wanted = s->wanted;
    plan->flights = s->flights;
    random_ranges(random, s->urgent, &plan->urgent_count, extent * UNIT);
    random_ranges(random, s->wanted, &plan->wanted_count, extent * UNIT);
    plan->size = test_random_in(random, 0, 3) == 0
                     ? AS_SIZE_UNKNOWN
                     : (uint64_t)test_random_in(random, 0, (int64_t)(extent * UNIT));
    plan->most_flights = (uint32_t)test_random_in(random, 1, 16);
    plan->chunk_bytes = (uint32_t)test_random_in(random, 0, 5 << 20);
    plan->budget = (uint64_t)test_random_in(random, 0, (int64_t)(400 * UNIT));
    plan->rate = rates[test_random_in(random, 0, 6)];
    plan->first_byte_ns = (uint64_t)test_random_in(random, 0, 2000) * MS;
    plan->ramp = (uint32_t)test_random_in(random, 0, 5);
    plan->filling = test_random_in(random, 0, 1) != 0;
}

static bool in_flight(const as_plan *plan, uint64_t unit)
{
    for (size_t i = 0; i < plan->flight_count; i++)
        if (unit - plan->flights[i].first < plan->flights[i].count)
            return true;
    return false;
}

/* The first unit of `ranges` that is neither there nor on its way; UINT64_MAX: none. */
static uint64_t first_missing(const as_plan *plan, const as_byte_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t end = ranges[i].offset + ranges[i].length;
        for (uint64_t at = ranges[i].offset; at < end && at < plan->size;
             at = (at / UNIT + 1) * UNIT)
            if (!has_unit(NULL, at / UNIT) && !in_flight(plan, at / UNIT))
                return at / UNIT;
    }
    return UINT64_MAX;
}

/* Is something wanted, and nothing of it there? Then its head is not. */
static bool all_is_missing(const as_plan *plan)
{
    bool any = false;
    for (size_t i = 0; i < plan->wanted_count; i++) {
        const uint64_t end = plan->wanted[i].offset + plan->wanted[i].length;
        for (uint64_t at = plan->wanted[i].offset; at < end && at < plan->size;
             at = (at / UNIT + 1) * UNIT) {
            if (has_unit(NULL, at / UNIT))
                return false;
            any = true;
        }
    }
    return any;
}

static void check_request(const as_plan *plan, const as_plan_request *request)
{
    const uint64_t urgent = first_missing(plan, plan->urgent, plan->urgent_count);
    if (request->count == 0) {
        assert_true(urgent == UINT64_MAX || plan->flight_count != 0);
        assert_true(plan->flight_count != 0 || !all_is_missing(plan));
        return;
    }
    uint64_t on_their_way = request->count;
    for (size_t i = 0; i < plan->flight_count; i++)
        on_their_way += plan->flights[i].count;
    assert_true(on_their_way <= (plan->budget / UNIT < 2 ? 2 : plan->budget / UNIT));
    assert_true(request->count <= AS_PLAN_MOST_UNITS);
    assert_true(request->count <= 1 || request->count * UNIT <= plan->chunk_bytes);
    assert_int_equal(request->urgent, urgent != UINT64_MAX);
    bool has_first = false;
    for (uint64_t unit = request->first; unit < request->first + request->count; unit++) {
        assert_true(unit * UNIT < plan->size);
        assert_false(has_unit(NULL, unit));
        assert_false(in_flight(plan, unit));
        has_first |= unit == urgent;
    }
    assert_true(has_first || !request->urgent);
}

static void test_random_states(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("http_plan"));
    static random_state s;
    for (int i = 0; i < 20000; i++) {
        random_world(&random, &s);
        /* Begins all it may; each is on its way then. Ends, since flights are limited. */
        for (;;) {
            const as_plan_request request = next(&s.plan);
            check_request(&s.plan, &request);
            s.plan.filling = request.filling;
            if (request.count == 0)
                break;
            assert_true(s.plan.flight_count < s.plan.most_flights);
            const uint64_t bytes = request.count * UNIT;
            s.flights[s.plan.flight_count++] =
                (as_plan_flight){request.first, request.count,
                                 (uint64_t)test_random_in(&random, 0, 3) == 0 ? bytes - 1 : 0};
        }
        /* What covers an urgent byte next is kept. */
        for (size_t k = 0; k < s.plan.flight_count; k++)
            if (s.plan.urgent_count != 0 && s.urgent[0].length != 0 &&
                s.urgent[0].offset < s.plan.size &&
                s.urgent[0].offset / UNIT == s.flights[k].first && s.flights[k].received == 0)
                assert_true(as_plan_keeps(&s.plan, &s.flights[k]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_request),
        cmocka_unit_test(test_ramp),
        cmocka_unit_test(test_urgent_covers_its_range),
        cmocka_unit_test(test_urgent_beyond_a_chunk),
        cmocka_unit_test(test_urgent_goes_on_into_what_is_wanted),
        cmocka_unit_test(test_flights),
        cmocka_unit_test(test_hysteresis),
        cmocka_unit_test(test_high_mark),
        cmocka_unit_test(test_budget_of_readers),
        cmocka_unit_test(test_end_of_hint),
        cmocka_unit_test(test_backward),
        cmocka_unit_test(test_loop),
        cmocka_unit_test(test_extreme_numbers),
        cmocka_unit_test(test_keeps),
        cmocka_unit_test(test_random_states),
    };
    return cmocka_run_group_tests_name("http_plan", tests, NULL, test_nothing_alive);
}
