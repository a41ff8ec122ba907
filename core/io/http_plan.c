/* SPDX-License-Identifier: MIT */
#include "core/io/http_plan.h"

static const uint64_t UNIT = AS_UNIT_BYTES;
static const uint64_t FIRST_UNITS = AS_PLAN_FIRST_BYTES / AS_UNIT_BYTES;
static const uint64_t SLOW = 1000000 / 8; /* bytes per second */
static const uint64_t LOW_SECONDS = 4; /* of the connection's rate are there when more is asked */

static uint64_t least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t most_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* One past the content's last unit. */
static uint64_t end_of_content(const as_plan *plan)
{
    const uint64_t most = UINT64_MAX / UNIT; /* so that its last byte has a number */
    if (plan->size == AS_SIZE_UNKNOWN)
        return most;
    return least_of(most, plan->size / UNIT + (plan->size % UNIT != 0));
}

/* The units that `range` touches; false: none. */
static bool units_of(const as_plan *plan, as_byte_range range, uint64_t *first, uint64_t *end)
{
    if (range.length == 0 || range.offset >= plan->size)
        return false;
    const uint64_t last = range.length - 1 > UINT64_MAX - range.offset
                              ? UINT64_MAX
                              : range.offset + (range.length - 1);
    *first = range.offset / UNIT;
    *end = least_of(last / UNIT + 1, end_of_content(plan));
    return *first < *end;
}

static bool is_missing(const as_plan *plan, uint64_t unit)
{
    for (size_t i = 0; i < plan->flight_count; i++)
        if (unit >= plan->flights[i].first &&
            unit - plan->flights[i].first < plan->flights[i].count)
            return false;
    return !plan->has(plan->user, unit);
}

static bool touches(const as_plan *plan, const as_byte_range *ranges, size_t count, uint64_t unit)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t first, end;
        if (units_of(plan, ranges[i], &first, &end) && unit >= first && unit < end)
            return true;
    }
    return false;
}

static bool is_of_use(const as_plan *plan, uint64_t unit)
{
    return touches(plan, plan->urgent, plan->urgent_count, unit) ||
           touches(plan, plan->wanted, plan->wanted_count, unit);
}

static uint64_t chunk_units(const as_plan *plan)
{
    return most_of(1, least_of(plan->chunk_bytes / UNIT, AS_PLAN_MOST_UNITS));
}

static uint64_t ahead_units(const as_plan *plan)
{
    return most_of(1, plan->budget / 2 / UNIT);
}

/* What a request has where nothing else limits it. */
static uint64_t target_units(const as_plan *plan)
{
    const bool slow = plan->rate != 0 && plan->rate < SLOW;
    const uint64_t ramp = (slow ? 1 : FIRST_UNITS) << least_of(plan->ramp, 6);
    const uint64_t second =
        plan->rate == 0 ? AS_PLAN_MOST_UNITS : most_of(FIRST_UNITS, plan->rate / UNIT);
    const uint64_t most = least_of(chunk_units(plan), ahead_units(plan));
    return least_of(most, least_of(ramp, second));
}

static uint64_t hinted_units(const as_plan *plan)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < plan->wanted_count; i++)
        bytes += least_of(plan->wanted[i].length, UINT64_MAX - bytes);
    return bytes / UNIT;
}

/* Seconds of the connection or half of what is hinted, whichever is less, but always enough for a
 * request in time; and no more than half of what the budget allows. */
static uint64_t low_units(const as_plan *plan)
{
    const uint64_t rate = least_of(plan->rate, UINT32_MAX);
    const uint64_t trip = rate * least_of(plan->first_byte_ns, UINT32_MAX) / 1000000000 / UNIT;
    const uint64_t least = FIRST_UNITS + 2 * trip;
    const uint64_t usual = least_of(rate * LOW_SECONDS / UNIT, hinted_units(plan) / 2);
    return least_of(ahead_units(plan) / 2, most_of(least, usual));
}

/* Bytes of the flight that have not arrived. */
static uint64_t bytes_left(const as_plan *plan, const as_plan_flight *flight)
{
    const uint64_t end = least_of(flight->first + flight->count, end_of_content(plan));
    if (end <= flight->first)
        return 0;
    const uint64_t bytes = least_of(end * UNIT, plan->size) - flight->first * UNIT;
    return bytes - least_of(bytes, flight->received);
}

/* Do so many bytes arrive within so many round trips? None do if nothing is known of these. */
static bool arrive_within(const as_plan *plan, uint64_t bytes, double trips)
{
    return (double)bytes <= (double)plan->rate * (double)plan->first_byte_ns * 1e-9 * trips;
}

/* Are hints for backward play: does one piece after the other lie right below the last one? A jump,
 * as from the end of a loop to its start, is one among many pairs. */
static bool goes_down(const as_plan *plan)
{
    size_t down = 0, up = 0;
    for (size_t i = 1; i < plan->wanted_count; i++) {
        const as_byte_range before = plan->wanted[i - 1], after = plan->wanted[i];
        if (after.offset > before.offset)
            up++;
        else if (after.offset < before.offset && after.length <= before.offset - after.offset &&
                 before.offset - after.offset - after.length <= UNIT)
            down++;
    }
    return down > up;
}

/* The units of the wanted ranges in order of need, as far ahead as the budget goes. */
typedef struct walk {
    const as_plan *plan;
    bool down;
    size_t range;        /* the next one */
    uint64_t first, end; /* what is left of the current one */
    uint64_t latest;     /* the unit given last */
    uint64_t given;
    bool cut; /* by the budget */
} walk;

static bool walk_on(walk *w, uint64_t *out_unit)
{
    for (;;) {
        while (w->first >= w->end) {
            if (w->range == w->plan->wanted_count)
                return false;
            if (!units_of(w->plan, w->plan->wanted[w->range++], &w->first, &w->end))
                w->first = w->end = 0;
        }
        const uint64_t unit = w->down ? --w->end : w->first++;
        if (w->given != 0 && unit == w->latest) /* two pieces share it */
            continue;
        if (w->given == ahead_units(w->plan)) {
            w->cut = true;
            return false;
        }
        w->given++;
        w->latest = *out_unit = unit;
        return true;
    }
}

/* How many units fit into the budget beside those on their way, lest they drive each other out. */
static uint64_t room_units(const as_plan *plan)
{
    uint64_t taken = 0;
    for (size_t i = 0; i < plan->flight_count; i++)
        taken += plan->flights[i].count;
    const uint64_t all = most_of(2, plan->budget / UNIT);
    return all - least_of(all, taken);
}

/* The request for the first urgent unit that is neither there nor on its way: at most a chunk, to
 * the end of the urgent range, beyond it as far as more is wanted and the target goes, and beyond
 * that as far as a first request goes, unless play goes the other way. false: there is none; out
 * with count 0: it must wait for room. */
static bool plan_urgent(const as_plan *plan, as_plan_request *out)
{
    const uint64_t target = target_units(plan), content_end = end_of_content(plan);
    const uint64_t most =
        least_of(least_of(chunk_units(plan), ahead_units(plan)), room_units(plan));
    const uint64_t guessed = goes_down(plan) ? 0 : least_of(target, FIRST_UNITS);
    for (size_t i = 0; i < plan->urgent_count; i++) {
        uint64_t unit, end;
        if (!units_of(plan, plan->urgent[i], &unit, &end))
            continue;
        while (unit < end && !is_missing(plan, unit))
            unit++;
        if (unit == end)
            continue;
        uint64_t n = 0;
        while (n < most && unit + n < content_end && is_missing(plan, unit + n) &&
               (unit + n < end || n < guessed || (n < target && is_of_use(plan, unit + n))))
            n++;
        out->first = unit;
        out->count = n;
        out->urgent = n != 0;
        return true;
    }
    return false;
}

/* May a request that nobody waits for be begun? One slot stays free for one that somebody does. */
static bool may_read_ahead(const as_plan *plan)
{
    if (plan->flight_count == 0)
        return true;
    const uint32_t kept_free = plan->most_flights > 2 ? 1 : 0;
    if (plan->flight_count + kept_free >= plan->most_flights)
        return false;
    uint64_t left = 0;
    for (size_t i = 0; i < plan->flight_count; i++)
        left += bytes_left(plan, &plan->flights[i]);
    return plan->rate != 0 && plan->first_byte_ns != 0 && arrive_within(plan, left, 1);
}

/* Grows the request around its first unit over what is wanted next to it. Where it reaches the end
 * of the hint it goes on to a first request's size: hints grow with the play head, a unit at a
 * time. */
static void grow(const as_plan *plan, walk *w, uint64_t target, as_plan_request *out)
{
    uint64_t unit, begin = out->first, end = out->first + 1;
    bool to_the_end = true;
    while (to_the_end && end - begin < target && walk_on(w, &unit)) {
        if (unit >= begin && unit < end)
            continue;
        to_the_end = (unit == end || unit + 1 == begin) && is_missing(plan, unit);
        if (to_the_end && unit == end)
            end++;
        else if (to_the_end)
            begin--;
    }
    const uint64_t guessed = least_of(target, FIRST_UNITS), content_end = end_of_content(plan);
    while (to_the_end && !w->cut && end - begin < guessed && w->given < ahead_units(plan)) {
        if (w->down ? begin == 0 || !is_missing(plan, begin - 1)
                    : end == content_end || !is_missing(plan, end))
            break;
        if (w->down)
            begin--;
        else
            end++;
        w->given++;
    }
    out->first = begin;
    out->count = end - begin;
}

/* The request for the first wanted unit that is neither there nor on its way. */
static void plan_ahead(const as_plan *plan, as_plan_request *out)
{
    walk w = {.plan = plan, .down = goes_down(plan)};
    uint64_t unit = 0, ahead = 0;
    bool found = false;
    while (!found && walk_on(&w, &unit)) {
        found = is_missing(plan, unit);
        ahead += !found;
    }
    const bool is_low = ahead <= low_units(plan);
    out->filling = found && (plan->filling || is_low);
    if (!out->filling)
        return;
    uint64_t target = target_units(plan);
    if (w.down) /* what is needed first arrives last */
        target = least_of(target, 2 * ahead + 1);
    out->first = unit;
    grow(plan, &w, target, out);
    /* The last few units below the high mark wait until a whole request fits. */
    if (w.cut && !is_low && out->count < least_of(target, FIRST_UNITS)) {
        out->count = 0;
        out->filling = false;
    }
}

/* Whoever reads ahead while play goes backward waits for units below those that are there: what
 * lies farther below comes along, as it would if nobody waited. */
static void reach_down(const as_plan *plan, as_plan_request *out)
{
    as_plan copy = *plan;
    as_plan_request ahead = {0};
    copy.filling = true;
    plan_ahead(&copy, &ahead);
    if (ahead.first <= out->first && out->first + out->count <= ahead.first + ahead.count &&
        ahead.count <= room_units(plan)) {
        out->first = ahead.first;
        out->count = ahead.count;
    }
}

void as_plan_next(const as_plan *plan, as_plan_request *out)
{
    *out = (as_plan_request){.filling = plan->filling};
    if (plan->flight_count >= most_of(1, plan->most_flights))
        return;
    if (plan_urgent(plan, out)) {
        if (goes_down(plan))
            reach_down(plan, out);
        return;
    }
    plan_ahead(plan, out);
    if (!may_read_ahead(plan) || out->count > room_units(plan))
        out->count = 0;
}

bool as_plan_keeps(const as_plan *plan, const as_plan_flight *flight)
{
    const uint64_t left = bytes_left(plan, flight);
    const bool measured = plan->rate != 0 && plan->first_byte_ns != 0;
    const uint64_t end = least_of(flight->first + flight->count, end_of_content(plan));
    uint64_t unit = flight->first + least_of(flight->count, flight->received / UNIT);
    while (unit < end && !is_of_use(plan, unit))
        unit++;
    if (unit >= end)
        return arrive_within(plan, left, 2);
    const uint64_t way = (unit - flight->first) * UNIT;
    return !measured || way <= flight->received || arrive_within(plan, way - flight->received, 2);
}
