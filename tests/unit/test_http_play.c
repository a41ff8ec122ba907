/* SPDX-License-Identifier: MIT
 *
 * core/io/http_plan against a model of a network and of a player, with a clock of its own: what
 * play, seeks and backward play cost in requests and bytes, and whether anything comes late.
 */
#include "core/io/http_plan.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <inttypes.h>
#include <stdbool.h>

enum {
    MOST_UNITS = 1024,
    MOST_FRAMES = 40000,
    MOST_FLIGHTS = 4,
    MOST_HINTS = 2000,
    FPS = 30,
    HEADER = 20000, /* bytes of header and sizes table */
};

static const uint64_t MS = 1000000, SECOND = 1000000000;
static const uint64_t STEP = 4000000; /* of the clock; twice that is late */
static const uint64_t NEVER = UINT64_MAX;

typedef struct link_model {
    uint64_t bandwidth;     /* bytes per second */
    uint64_t round_trip_ns; /* request to first byte; as much again to connect */
    bool each;              /* bandwidth is each connection's, not the link's */
    uint64_t reader_ahead;  /* frames that threads of the player read ahead, blocking */
    uint64_t hint_ahead;    /* frames that hints name */
    bool one_hint;          /* one range rather than a piece for each frame */
    uint64_t budget;        /* of chunks in memory */
    bool size_told;         /* by the first response */
} link_model;

static const link_model USUAL = {.bandwidth = 375000,
                                 .round_trip_ns = 150000000,
                                 .hint_ahead = 120,
                                 .budget = 64 << 20,
                                 .size_told = true};

typedef struct transfer {
    uint64_t begun_ns, first_byte_ns;
    double credit; /* bytes that arrived but for rounding */
} transfer;

typedef struct world {
    link_model link;
    uint64_t now;

    uint64_t file_size;
    uint64_t frame_count;
    uint64_t offsets[MOST_FRAMES + 1];

    /* What an HTTP source would keep. */
    uint32_t filled[MOST_UNITS]; /* bytes of each unit, from its start */
    uint64_t known_size;
    as_plan_flight flights[MOST_FLIGHTS];
    transfer transfers[MOST_FLIGHTS];
    size_t flight_count;
    uint32_t connections, idle_connections, ramp;
    bool filling;
    uint64_t rate, first_byte_ns;
    double busy_s, busy_bytes;

    /* The player. */
    as_byte_range urgent[MOST_FLIGHTS];
    size_t urgent_count;
    as_byte_range wanted[MOST_HINTS];
    size_t wanted_count;

    uint64_t requests, asked_units, most_units, received, beyond_end;
    uint64_t late_frames, late_ns;
    uint64_t latest_late;    /* the how-manieth frame of the latest play it was */
    uint64_t first_frame_ns; /* from the open or seek */
} world;

static uint64_t unit_length(const world *w, uint64_t unit)
{
    const uint64_t start = unit * AS_UNIT_BYTES;
    if (start >= w->file_size)
        return 0;
    return w->file_size - start < AS_UNIT_BYTES ? w->file_size - start : AS_UNIT_BYTES;
}

static bool has_unit(void *user, uint64_t unit)
{
    const world *w = user;
    return unit < MOST_UNITS && w->filled[unit] != 0 && w->filled[unit] == unit_length(w, unit);
}

static bool has_bytes(const world *w, uint64_t from, uint64_t to)
{
    for (uint64_t unit = from / AS_UNIT_BYTES; unit * AS_UNIT_BYTES < to; unit++) {
        const uint64_t start = unit * AS_UNIT_BYTES;
        const uint64_t last = to - start < AS_UNIT_BYTES ? to - start : AS_UNIT_BYTES;
        if (w->filled[unit] < last)
            return false;
    }
    return true;
}

static bool is_kept(const world *w, uint64_t unit)
{
    for (size_t i = 0; i < w->wanted_count; i++)
        if (unit * AS_UNIT_BYTES < w->wanted[i].offset + w->wanted[i].length &&
            w->wanted[i].offset < (unit + 1) * AS_UNIT_BYTES)
            return true;
    for (size_t i = 0; i < w->flight_count; i++)
        if (unit - w->flights[i].first < w->flights[i].count)
            return true;
    return false;
}

/* Over the budget what lies farthest from the head goes, but nothing that is wanted or on its way.
 */
static void evict(world *w, uint64_t head)
{
    const uint64_t at = w->offsets[head] / AS_UNIT_BYTES;
    uint64_t held = 0;
    for (uint64_t unit = 0; unit < MOST_UNITS; unit++)
        held += w->filled[unit] != 0;
    for (; held * AS_UNIT_BYTES > w->link.budget; held--) {
        uint64_t victim = MOST_UNITS, far = 0;
        for (uint64_t unit = 0; unit < MOST_UNITS; unit++) {
            const uint64_t distance = unit > at ? unit - at : at - unit;
            if (w->filled[unit] != 0 && distance > far && !is_kept(w, unit)) {
                far = distance;
                victim = unit;
            }
        }
        if (victim == MOST_UNITS)
            return;
        w->filled[victim] = 0;
    }
}

static as_plan plan_of(world *w)
{
    return (as_plan){.urgent = w->urgent,
                     .urgent_count = w->urgent_count,
                     .wanted = w->wanted,
                     .wanted_count = w->wanted_count,
                     .has = has_unit,
                     .user = w,
                     .flights = w->flights,
                     .flight_count = w->flight_count,
                     .size = w->known_size,
                     .most_flights = MOST_FLIGHTS,
                     .chunk_bytes = 1 << 20,
                     .budget = w->link.budget,
                     .rate = w->rate,
                     .first_byte_ns = w->first_byte_ns,
                     .ramp = w->ramp,
                     .filling = w->filling};
}

static void begin_requests(world *w)
{
    for (;;) {
        as_plan plan = plan_of(w);
        as_plan_request request;
        as_plan_next(&plan, &request);
        w->filling = request.filling;
        if (request.count == 0)
            return;
        assert_true(w->flight_count < MOST_FLIGHTS);
        for (uint64_t i = 0; i < request.count; i++)
            assert_false(has_unit(w, request.first + i));
        uint64_t wait = w->link.round_trip_ns;
        if (w->idle_connections != 0) {
            w->idle_connections--;
        } else {
            w->connections++;
            wait *= 2;
        }
        w->flights[w->flight_count] = (as_plan_flight){request.first, request.count, 0};
        w->transfers[w->flight_count++] = (transfer){w->now, w->now + wait, 0};
        w->requests++;
        w->ramp++;
        w->asked_units += request.count;
        if (request.count > w->most_units)
            w->most_units = request.count;
    }
}

static void end_flight(world *w, size_t i, bool cancelled)
{
    w->idle_connections += !cancelled;
    w->flight_count--;
    w->flights[i] = w->flights[w->flight_count];
    w->transfers[i] = w->transfers[w->flight_count];
}

/* A unit's bytes count again from its start when an earlier request left it half filled. */
static void receive(world *w, size_t i, uint64_t bytes)
{
    as_plan_flight *flight = &w->flights[i];
    w->received += bytes;
    while (bytes != 0) {
        const uint64_t at = flight->first * AS_UNIT_BYTES + flight->received;
        const uint64_t unit = at / AS_UNIT_BYTES, within = at % AS_UNIT_BYTES;
        const uint64_t n = bytes < AS_UNIT_BYTES - within ? bytes : AS_UNIT_BYTES - within;
        if (w->filled[unit] < within + n)
            w->filled[unit] = (uint32_t)(within + n);
        flight->received += n;
        bytes -= n;
    }
}

static void step_network(world *w, uint64_t ns)
{
    w->now += ns;
    size_t active = 0;
    for (size_t i = 0; i < w->flight_count; i++)
        active += w->transfers[i].first_byte_ns <= w->now;
    double share = (double)w->link.bandwidth * (double)ns / (double)SECOND;
    if (!w->link.each && active != 0)
        share /= (double)active;
    if (active != 0)
        w->busy_s += (double)ns / (double)SECOND;
    for (size_t i = w->flight_count; i-- > 0;) {
        as_plan_flight *flight = &w->flights[i];
        transfer *t = &w->transfers[i];
        if (t->first_byte_ns > w->now)
            continue;
        if (flight->received == 0 && w->link.size_told)
            w->known_size = w->file_size;
        const uint64_t start = flight->first * AS_UNIT_BYTES;
        const uint64_t most = flight->count * AS_UNIT_BYTES;
        const uint64_t left = start >= w->file_size ? 0 : w->file_size - start;
        const uint64_t total = left < most ? left : most;
        t->credit += share;
        uint64_t bytes = (uint64_t)t->credit;
        if (bytes > total - flight->received)
            bytes = total - flight->received;
        t->credit -= (double)bytes;
        w->busy_bytes += (double)bytes;
        receive(w, i, bytes);
        if (flight->received != total)
            continue;
        if (total < most) { /* what was not known: here it ends */
            w->beyond_end += w->known_size == AS_SIZE_UNKNOWN;
            w->known_size = w->file_size;
        }
        w->first_byte_ns = w->link.round_trip_ns;
        end_flight(w, i, false);
    }
    if (w->busy_s > 0.2)
        w->rate = (uint64_t)(w->busy_bytes / w->busy_s);
}

static void set_wanted(world *w, uint64_t frame, bool backward)
{
    w->wanted_count = 0;
    const uint64_t after = w->frame_count - frame;
    const uint64_t n = backward ? frame + 1 : after;
    const uint64_t count = n < w->link.hint_ahead ? n : w->link.hint_ahead;
    if (w->link.one_hint && count != 0) {
        const uint64_t from = backward ? frame + 1 - count : frame;
        w->wanted[w->wanted_count++] =
            (as_byte_range){w->offsets[from], w->offsets[from + count] - w->offsets[from]};
        return;
    }
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t f = backward ? frame - i : frame + i;
        assert_true(w->wanted_count < MOST_HINTS);
        w->wanted[w->wanted_count++] =
            (as_byte_range){w->offsets[f], w->offsets[f + 1] - w->offsets[f]};
    }
}

/* Threads of the player: each blocks in a read of a frame that is not there. */
static void set_urgent(world *w, uint64_t frame, bool backward, bool waits)
{
    w->urgent_count = 0;
    for (uint64_t i = 0; i <= w->link.reader_ahead && w->urgent_count < 2; i++) {
        const uint64_t f = backward ? frame - i : frame + i;
        if (f >= w->frame_count || (i == 0 && !waits))
            continue;
        if (!has_bytes(w, w->offsets[f], w->offsets[f + 1]))
            w->urgent[w->urgent_count++] =
                (as_byte_range){w->offsets[f], w->offsets[f + 1] - w->offsets[f]};
    }
}

static void cancel_what_is_not_kept(world *w)
{
    const as_plan plan = plan_of(w);
    for (size_t i = w->flight_count; i-- > 0;)
        if (!as_plan_keeps(&plan, &w->flights[i]))
            end_flight(w, i, true);
}

/* Reads [from, to) as a caller without hints does, blocking. */
static void read_blocking(world *w, uint64_t from, uint64_t to)
{
    w->urgent[0] = (as_byte_range){from, to - from};
    w->urgent_count = 1;
    for (int i = 0; !has_bytes(w, from, to); i++) {
        assert_true(i < 1000000);
        begin_requests(w);
        step_network(w, STEP);
    }
    w->urgent_count = 0;
}

static void open_world(world *w, const link_model *link, uint64_t frame_bytes, uint64_t frames)
{
    memset(w, 0, sizeof(*w));
    w->link = *link;
    w->known_size = AS_SIZE_UNKNOWN;
    w->frame_count = frames;
    assert_true(frames <= MOST_FRAMES);
    uint64_t at = HEADER;
    for (uint64_t i = 0; i <= frames; i++) {
        w->offsets[i] = at;
        at += frame_bytes / 2 + (i * 7919) % frame_bytes; /* around frame_bytes */
    }
    w->file_size = w->offsets[frames];
    assert_true(w->file_size < (uint64_t)MOST_UNITS * AS_UNIT_BYTES);
    read_blocking(w, 0, 16);
    read_blocking(w, 16, HEADER);
}

/* Shows `count` frames from `frame` on, 30 a second once the first is there. A frame that is not
 * there in time is late, and play goes on from when it came. */
static void play(world *w, uint64_t frame, uint64_t count, bool backward)
{
    const uint64_t begun = w->now;
    uint64_t due = NEVER;
    w->latest_late = 0;
    for (uint64_t shown = 0; shown < count;) {
        const bool waits = due == NEVER || w->now >= due;
        if (waits && has_bytes(w, w->offsets[frame], w->offsets[frame + 1])) {
            if (due == NEVER) {
                w->first_frame_ns = w->now - begun;
                due = w->now;
            }
            if (w->now - due >= 2 * STEP) {
                w->late_frames++;
                w->latest_late = shown;
                w->late_ns += w->now - due;
                due = w->now;
            }
            due += SECOND / FPS;
            shown++;
            if (backward ? frame == 0 : frame + 1 == w->frame_count)
                return;
            frame = backward ? frame - 1 : frame + 1;
            set_wanted(w, frame, backward);
            evict(w, frame);
            continue;
        }
        set_urgent(w, frame, backward, waits);
        begin_requests(w);
        step_network(w, w->flight_count != 0 || waits ? STEP : due - w->now);
        assert_true(w->now - begun < 3600 * SECOND);
    }
}

static void seek(world *w, uint64_t frame, bool backward)
{
    w->ramp = 0;
    set_wanted(w, frame, backward);
    set_urgent(w, frame, backward, true);
    cancel_what_is_not_kept(w);
}

static world w; /* too large for a stack */

static void report(const char *what)
{
    printf("%s: %" PRIu64 " KB in %" PRIu64 " requests of %" PRIu64 " KiB, on %" PRIu32
           " connections; %" PRIu64 " KB received; first frame %" PRIu64 " ms, %" PRIu64
           " late (%" PRIu64 " ms)\n",
           what, w.file_size / 1000, w.requests, w.asked_units * AS_UNIT_BYTES / 1024 / w.requests,
           w.connections, w.received / 1000, w.first_frame_ns / MS, w.late_frames, w.late_ns / MS);
}

/* All of it once, at most 5 % more, and at most a request for every 256 KiB; but each seek may
 * begin with two smaller ones. */
static void assert_frugal(uint64_t seeks)
{
    assert_true(w.received * 100 <= w.file_size * 105);
    assert_true(w.requests <= w.file_size / AS_PLAN_FIRST_BYTES + 1 + 2 * seeks);
}

static void play_forward(const char *what, const link_model *link, uint64_t frame_bytes,
                         uint64_t frames)
{
    open_world(&w, link, frame_bytes, frames);
    const uint64_t opened = w.now;
    set_wanted(&w, 0, false);
    play(&w, 0, frames, false);
    w.first_frame_ns += opened;
    report(what);
}

static uint64_t first_bytes_ns(void)
{
    return AS_PLAN_FIRST_BYTES * SECOND / w.link.bandwidth;
}

/* 35 KB/s over 375 KB/s, whatever hints name and whoever reads ahead. */
static void test_forward(void **state)
{
    (void)state;
    static const uint64_t hints[] = {30, 120, 2000};
    for (size_t i = 0; i < 3; i++)
        for (int mode = 0; mode < 4; mode++) {
            link_model link = USUAL;
            link.hint_ahead = hints[i];
            link.one_hint = mode & 1;
            link.reader_ahead = mode & 2 ? 100 : 0;
            play_forward("forward", &link, 1170, 9000);
            assert_int_equal(w.late_frames, 0);
            assert_true(w.first_frame_ns <= 2 * link.round_trip_ns + first_bytes_ns());
            assert_frugal(0);
        }
}

static void test_long_hints_make_longer_requests(void **state)
{
    (void)state;
    link_model link = USUAL;
    link.hint_ahead = 20000;
    link.one_hint = true;
    play_forward("all hinted", &link, 1170, 9000);
    assert_int_equal(w.late_frames, 0);
    assert_int_equal(w.most_units, 375000 / AS_UNIT_BYTES); /* a second of the link */
    assert_true(w.requests <= w.file_size / (5 * AS_UNIT_BYTES) + 3);
}

static void test_link_little_faster_than_the_stream(void **state)
{
    (void)state;
    link_model link = USUAL;
    link.bandwidth = 45000;
    play_forward("slow link", &link, 1170, 3000);
    assert_int_equal(w.late_frames, 0);
    assert_frugal(0);
}

/* 1.8 MB/s over 12.5 MB/s. */
static void test_fast_link(void **state)
{
    (void)state;
    link_model link = USUAL;
    link.bandwidth = 12500000;
    link.round_trip_ns = 20000000;
    play_forward("fast link", &link, 60000, 900);
    assert_int_equal(w.late_frames, 0);
    assert_int_equal(w.most_units, 16); /* chunk_bytes */
    assert_true(w.requests <= w.file_size / (12 * AS_UNIT_BYTES));
    assert_frugal(0);
}

/* 1 MB/s over 1.4 MB/s with 0.6 s to the first byte: requests overlap, else the waits for them
 * would be more than there is to spare. */
static void test_long_round_trips(void **state)
{
    (void)state;
    for (int each = 0; each < 2; each++) {
        link_model link = USUAL;
        link.bandwidth = 1400000;
        link.round_trip_ns = 600000000;
        link.each = each;
        link.hint_ahead = 240;
        play_forward("long round trips", &link, 33000, 900);
        assert_true(w.latest_late < 30); /* as soon as it has begun */
        assert_true(w.now < 33 * SECOND);
        assert_frugal(0);
    }
}

/* Frames that are larger than a chunk. */
static void test_huge_frames(void **state)
{
    (void)state;
    link_model link = USUAL;
    link.bandwidth = 200000000;
    link.round_trip_ns = 10000000;
    link.hint_ahead = 6;
    play_forward("huge frames", &link, 3000000, 20);
    assert_true(w.latest_late < 5);
    assert_frugal(0);
}

static void test_backward(void **state)
{
    (void)state;
    static const uint64_t hints[] = {120, 120, 2000};
    static const uint64_t readers[] = {0, 119, 100};
    for (size_t i = 0; i < 3; i++) {
        link_model link = USUAL;
        link.hint_ahead = hints[i];
        link.reader_ahead = readers[i];
        open_world(&w, &link, 1170, 9000);
        seek(&w, 8999, true);
        play(&w, 8999, 9000, true);
        report("backward");
        assert_int_equal(w.late_frames, 0);
        assert_true(w.first_frame_ns <= 2 * link.round_trip_ns + first_bytes_ns());
        assert_frugal(1);
    }
}

/* Half of 1 MiB is read ahead, and nothing is thrown away that is still to come. */
static void test_tiny_budget(void **state)
{
    (void)state;
    for (int readers = 0; readers < 2; readers++) {
        link_model link = USUAL;
        link.budget = 1 << 20;
        link.hint_ahead = 2000;
        link.one_hint = true;
        link.reader_ahead = readers ? 100 : 0;
        play_forward("1 MiB of memory", &link, 1170, 9000);
        assert_int_equal(w.late_frames, 0);
        assert_frugal(0);
        uint64_t held = 0;
        for (uint64_t unit = 0; unit < MOST_UNITS; unit++)
            held += w.filled[unit] != 0;
        assert_true(held <= 16);
    }
}

/* No response tells the size; where it ends shows from one that is short. */
static void test_unknown_size(void **state)
{
    (void)state;
    link_model link = USUAL;
    link.size_told = false;
    play_forward("unknown size", &link, 1170, 3000);
    assert_int_equal(w.late_frames, 0);
    assert_int_equal(w.beyond_end, 1);
    assert_frugal(0);
}

static void test_reads_without_hints(void **state)
{
    (void)state;
    open_world(&w, &USUAL, 1170, 5000);
    for (uint64_t at = 0; at < w.file_size; at += 128 * 1024) {
        const uint64_t end = at + 128 * 1024;
        read_blocking(&w, at, end < w.file_size ? end : w.file_size);
    }
    report("no hints");
    assert_frugal(0);
    assert_int_equal(w.received, w.file_size);
}

static void test_seeks(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("http_play"));
    for (int round = 0; round < 8; round++) {
        const bool backward = round & 1;
        link_model link = USUAL;
        link.hint_ahead = round & 2 ? 120 : 600;
        link.reader_ahead = round & 4 ? 100 : 0;
        open_world(&w, &link, 1170, 30000);
        for (int i = 0; i < 10; i++) {
            const uint64_t frame = (uint64_t)test_random_in(&random, 0, 29999);
            const uint64_t requests = w.requests, asked = w.asked_units;
            seek(&w, frame, backward);
            play(&w, frame, (uint64_t)test_random_in(&random, 1, 300), backward);
            /* To connect, the round trip, and the first request's bytes beside those of a flight
             * that was kept. */
            assert_true(w.first_frame_ns <= 2 * link.round_trip_ns + 2 * first_bytes_ns());
            /* At most two requests beyond one for every 256 KiB; backward, where the first one is
             * of a unit, three. */
            const uint64_t regular = (w.asked_units - asked) * AS_UNIT_BYTES / AS_PLAN_FIRST_BYTES;
            assert_true(w.requests - requests <= regular + (backward ? 3 : 2));
            /* Forward only a seek to the end of what is there can be followed by a late frame. */
            assert_true(backward || w.latest_late < 10);
        }
        report("seeks");
        assert_true(w.late_frames <= 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_long_hints_make_longer_requests),
        cmocka_unit_test(test_link_little_faster_than_the_stream),
        cmocka_unit_test(test_fast_link),
        cmocka_unit_test(test_long_round_trips),
        cmocka_unit_test(test_huge_frames),
        cmocka_unit_test(test_backward),
        cmocka_unit_test(test_tiny_budget),
        cmocka_unit_test(test_unknown_size),
        cmocka_unit_test(test_reads_without_hints),
        cmocka_unit_test(test_seeks),
    };
    return cmocka_run_group_tests_name("http_play", tests, NULL, test_nothing_alive);
}
