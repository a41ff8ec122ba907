/* SPDX-License-Identifier: MIT
 *
 * core/stream/playhead.c on a simulated clock. A "world" has a host whose media clock is a straight
 * line (rate, and where it was when), which is reported with jitter at sync times; the head is read
 * in between. Every reading must not go back and, once settled, be within 1 ms of the host's line.
 * All random numbers come from fixed seeds, so that every run is the same; a failure names its
 * seed.
 */
#include "core/stream/timebase.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <inttypes.h>
#include <math.h>

#define MS 1000000
#define SECOND 1000000000
#define SEEDS 20

typedef struct world {
    as_playhead head;
    test_random random;
    uint64_t seed, now_ns;
    double rate;       /* of the host's clock */
    uint64_t since_ns; /* the host's line: since_media at since_ns */
    int64_t since_media;
    int64_t jitter;       /* of a sync, each way */
    int64_t from, to;     /* distance of syncs */
    uint64_t step_ns;     /* of the readings in between; 0: only before and after each sync */
    uint64_t settled_ns;  /* from here on readings are measured */
    double worst;         /* of the measured, ms */
    int64_t last;         /* the last reading */
    int direction, seeks; /* of the head; 0: not checked. Syncs that returned true */
} world;

static world world_new(uint64_t seed, double rate, int64_t jitter)
{
    world w = {.seed = seed, .random = test_random_from(seed), .rate = rate, .jitter = jitter};
    w.now_ns = (uint64_t)test_random_in(&w.random, 1, 1000) * 1234567891u;
    w.since_ns = w.now_ns;
    w.from = w.to = SECOND / 60;
    w.step_ns = MS;
    w.direction = rate < 0 ? -1 : 1;
    as_playhead_init(&w.head);
    return w;
}

/* Media time of the host now, less since_media. */
static double host_gain(const world *w)
{
    return w->rate * (double)(w->now_ns - w->since_ns);
}

static int64_t host_now(const world *w)
{
    return w->since_media + llround(host_gain(w));
}

/* From now on the host's clock runs at `rate`, after a jump by `jump` ns. */
static void host_change(world *w, double rate, int64_t jump)
{
    w->since_media = host_now(w) + jump;
    w->since_ns = w->now_ns;
    w->rate = rate;
}

static void settle_in(world *w, double seconds)
{
    w->settled_ns = w->now_ns + (uint64_t)(seconds * SECOND);
    w->worst = 0;
}

static void start_at(world *w, double speed)
{
    w->last = as_playhead_position(&w->head, w->now_ns);
    as_playhead_play(&w->head, w->now_ns, speed);
    settle_in(w, 3);
}

static void read_head(world *w)
{
    const int64_t at = as_playhead_position(&w->head, w->now_ns);
    if ((at - w->last) * w->direction < 0) {
        print_error("seed %" PRIu64 ": from %" PRId64 " to %" PRId64 "\n", w->seed, w->last, at);
        fail_msg("the head went the wrong way");
    }
    w->last = at;
    if (w->now_ns < w->settled_ns)
        return;
    const double off = fabs((double)(at - w->since_media) - host_gain(w)) / MS;
    w->worst = off > w->worst ? off : w->worst;
}

static bool sync_world(world *w)
{
    const int64_t error = test_random_in(&w->random, -w->jitter, w->jitter);
    const bool seek = as_playhead_sync(&w->head, w->now_ns, host_now(w) + error);
    if (seek) {
        w->seeks++;
        w->last = as_playhead_position(&w->head, w->now_ns);
    }
    return seek;
}

static void run(world *w, double seconds)
{
    const uint64_t end = w->now_ns + (uint64_t)(seconds * SECOND);
    while (w->now_ns < end) {
        read_head(w);
        sync_world(w);
        read_head(w);
        const uint64_t next = w->now_ns + (uint64_t)test_random_in(&w->random, w->from, w->to);
        while (w->step_ns && w->now_ns + w->step_ns < next) {
            w->now_ns += w->step_ns;
            read_head(w);
        }
        w->now_ns = next;
    }
    read_head(w);
}

/* Returns the worst, so that a test can show the worst of several. */
static double within(const world *w, double ms)
{
    if (w->worst >= ms || w->seeks != 0) {
        print_error("seed %" PRIu64 ", rate %g, jitter %" PRId64 " ns, syncs every %" PRId64
                    " .. %" PRId64 " ns: %.3f ms off, %d seeks\n",
                    w->seed, w->rate, w->jitter, w->from, w->to, w->worst, w->seeks);
        fail_msg("not within %g ms", ms);
    }
    return w->worst;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* ------------------------------------------------------------------------------- drift ---- */

static const double drifts[] = {0.999, 1, 1.001};

/* Read every millisecond for the first 8 s, then around every sync. */
static double drift_case(uint64_t seed, double rate, int64_t jitter, double seconds)
{
    world w = world_new(seed, rate, jitter);
    start_at(&w, 1);
    run(&w, 8);
    w.step_ns = 0;
    run(&w, seconds - 8);
    return within(&w, 1);
}

static void test_drift_and_jitter_stay_under_1_ms(void **state)
{
    (void)state;
    for (size_t r = 0; r < 3; r++)
        for (int64_t jitter = 0; jitter <= 4 * MS; jitter += 4 * MS) {
            double worst = 0;
            for (uint64_t seed = 1; seed <= SEEDS; seed++)
                worst = larger(worst, drift_case(seed, drifts[r], jitter, jitter ? 600 : 20));
            printf("rate %.3f, jitter %" PRId64 " ms, seeds 1 .. %d: at most %.4f ms off\n",
                   drifts[r], jitter / MS, SEEDS, worst);
        }
}

static void test_every_millisecond_of_ten_minutes(void **state)
{
    (void)state;
    for (size_t r = 0; r < 3; r++) {
        world w = world_new(99 + r, drifts[r], 4 * MS);
        start_at(&w, 1);
        run(&w, 600);
        within(&w, 1);
    }
}

static void test_other_sync_rates(void **state)
{
    (void)state;
    static const struct {
        int64_t from, to;
        double seconds; /* until 4 ms of jitter are averaged out; 0: too few syncs */
    } every[] = {{SECOND / 144, SECOND / 144, 3},
                 {SECOND / 90, SECOND / 90, 3},
                 {SECOND / 30, SECOND / 30, 8},
                 {SECOND / 24, SECOND / 24, 8},
                 {MS, 50 * MS, 8},
                 {0, 30 * MS, 3},
                 {200 * MS, 200 * MS, 0}};
    for (size_t e = 0; e < sizeof(every) / sizeof(*every); e++)
        for (int64_t jitter = 0; jitter <= 4 * MS; jitter += 4 * MS) {
            double worst = 0;
            if (jitter && every[e].seconds == 0)
                continue;
            for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                world w = world_new(seed, drifts[seed % 3], jitter);
                w.from = every[e].from;
                w.to = every[e].to;
                start_at(&w, 1);
                if (jitter)
                    settle_in(&w, every[e].seconds);
                run(&w, 20);
                worst = larger(worst, within(&w, 1));
            }
            printf("syncs every %" PRId64 " .. %" PRId64 " us, jitter %" PRId64
                   " ms: at most %.4f ms off\n",
                   every[e].from / 1000, every[e].to / 1000, jitter / MS, worst);
        }
}

static void test_rare_syncs(void **state)
{
    (void)state;
    double worst = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        world w = world_new(seed, drifts[seed % 3], 0);
        w.from = w.to = SECOND;
        start_at(&w, 1);
        run(&w, 60);
        worst = larger(worst, within(&w, 1));
        w.jitter = 4 * MS;
        settle_in(&w, 0);
        run(&w, 200);
        within(&w, 8);
    }
    printf("a sync a second: at most %.4f ms off\n", worst);
}

static void test_a_first_difference_settles(void **state)
{
    (void)state;
    for (int64_t ms = -99; ms <= 99; ms += 11) {
        world w = world_new(5, 1.001, 0);
        w.since_media = ms * MS;
        start_at(&w, 1);
        run(&w, 6);
        within(&w, 1);
        assert_int_equal(w.seeks, 0);
    }
}

/* ------------------------------------------------------------------------------- seeks ---- */

static void test_far_syncs_are_seeks(void **state)
{
    (void)state;
    static const int64_t jumps[] = {101 * MS, -101 * MS, 3600LL * SECOND, -5LL * SECOND};
    for (size_t j = 0; j < 4; j++)
        for (uint64_t seed = 1; seed <= 5; seed++) {
            world w = world_new(seed, 1.001, j == 0 || j == 1 ? 0 : 4 * MS);
            start_at(&w, 1);
            run(&w, 5);
            within(&w, 1);
            host_change(&w, w.rate, jumps[j]);
            const int64_t jitter = w.jitter;
            w.jitter = 0;
            assert_true(sync_world(&w));
            assert_true(as_playhead_position(&w.head, w.now_ns) == host_now(&w));
            w.jitter = jitter;
            w.now_ns += SECOND / 60;
            w.seeks = 0;
            settle_in(&w, 3);
            run(&w, 30);
            within(&w, 1);
        }
}

static void test_100_ms_is_no_seek(void **state)
{
    (void)state;
    for (int side = -1; side <= 1; side += 2) {
        as_playhead head;
        as_playhead_init(&head);
        as_playhead_play(&head, 1000, 1);
        assert_false(as_playhead_sync(&head, 1000, side * 100 * MS));
        assert_true(as_playhead_position(&head, 1000) == 0);
        as_playhead_init(&head);
        as_playhead_play(&head, 1000, 1);
        assert_true(as_playhead_sync(&head, 1000, side * (100 * MS + 1)));
        assert_true(as_playhead_position(&head, 1000) == side * (100 * MS + 1));
    }
}

static void test_seek_by_call(void **state)
{
    (void)state;
    world w = world_new(3, 1.001, 4 * MS);
    start_at(&w, 1);
    run(&w, 5);
    for (int i = 0; i < 2; i++) {
        host_change(&w, w.rate, i ? -3LL * SECOND : 50LL * SECOND);
        as_playhead_seek(&w.head, w.now_ns, host_now(&w));
        w.last = as_playhead_position(&w.head, w.now_ns);
        assert_true(w.last == host_now(&w));
        settle_in(&w, 3);
        run(&w, 5);
        within(&w, 1);
    }
    as_playhead_pause(&w.head, w.now_ns);
    as_playhead_seek(&w.head, w.now_ns, -7);
    assert_true(as_playhead_position(&w.head, w.now_ns + SECOND) == -7);
}

static void test_small_steps_and_strays(void **state)
{
    (void)state;
    for (int64_t jitter = 0; jitter <= 4 * MS; jitter += 4 * MS)
        for (int side = -1; side <= 1; side += 2) {
            world w = world_new(8, 1.001, jitter);
            start_at(&w, 1);
            run(&w, 10);
            host_change(&w, w.rate, side * 60LL * MS); /* the host's clock was set a little */
            settle_in(&w, 4);
            run(&w, 20);
            within(&w, 1);
            for (int i = 0; i < 20; i++) { /* single syncs that are wrong */
                assert_false(as_playhead_sync(&w.head, w.now_ns, host_now(&w) + side * 70LL * MS));
                w.now_ns += SECOND / 60;
                run(&w, 1);
            }
            within(&w, 1);
        }
}

/* ------------------------------------------------------------------------------- speed ---- */

static const double speeds[] = {0.25, 0.5, 1.5, 2, 4, -0.5, -1, -4, 16, -16};
#define SPEEDS (sizeof(speeds) / sizeof(*speeds))

static void test_speeds(void **state)
{
    (void)state;
    double worst = 0;
    for (size_t s = 0; s < SPEEDS; s++)
        for (uint64_t seed = 1; seed <= 9; seed++) {
            world w = world_new(seed, speeds[s] * drifts[seed % 3], seed > 3 ? 4 * MS : 0);
            start_at(&w, speeds[s]);
            run(&w, 20);
            worst = larger(worst, within(&w, 1));
        }
    printf("speeds: at most %.4f ms off\n", worst);
}

static void test_speed_changes(void **state)
{
    (void)state;
    double worst = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        world w = world_new(seed, 0.999, seed > 3 ? 4 * MS : 0);
        start_at(&w, 1);
        run(&w, 7);
        for (size_t s = 0; s < SPEEDS; s++) {
            host_change(&w, speeds[s] * drifts[seed % 3], 0);
            w.direction = speeds[s] < 0 ? -1 : 1;
            start_at(&w, speeds[s]);
            run(&w, 7);
            worst = larger(worst, within(&w, 1));
            start_at(&w, speeds[s]); /* told again and again: no harm */
            w.settled_ns = 0;
            run(&w, 1);
            worst = larger(worst, within(&w, 1));
        }
    }
    printf("speed changes: at most %.4f ms off\n", worst);
}

/* The host plays at another speed than it told: the syncs win. */
static void test_wrong_speed_told(void **state)
{
    (void)state;
    static const double hosts[] = {2, 4, 1.05, 1.2, 0.9, 0.5, 0.25, -1, -2};
    for (size_t s = 0; s < sizeof(hosts) / sizeof(*hosts); s++)
        for (int64_t jitter = 0; jitter <= 4 * MS; jitter += 4 * MS) {
            world w = world_new(s + 1, 1, jitter);
            start_at(&w, 1);
            run(&w, 5);
            host_change(&w, hosts[s], 0);
            w.direction = 0;
            settle_in(&w, 6);
            run(&w, 6);
            w.direction = hosts[s] < 0 ? -1 : 1;
            assert_in_range(w.seeks, 0, 5);
            w.seeks = 0;
            run(&w, 20);
            within(&w, 1);
        }
}

static void test_syncs_alone_are_enough(void **state)
{
    (void)state;
    static const int64_t every[] = {SECOND / 60, SECOND / 144, SECOND / 90};
    double worst = 0;
    for (size_t s = 0; s < SPEEDS; s++)
        for (uint64_t seed = 1; seed <= 9; seed++) {
            world w = world_new(seed, speeds[s] * drifts[seed % 3], seed > 3 ? 4 * MS : 0);
            w.from = w.to = every[seed % 3];
            w.since_media = 100LL * SECOND;
            w.last = w.direction > 0 ? 0 : INT64_MAX / 2;
            settle_in(&w, 3);
            assert_true(sync_world(&w)); /* from 0 */
            w.seeks = 0;
            w.now_ns += (uint64_t)w.from;
            run(&w, 20);
            assert_true(w.head.playing);
            assert_in_range(w.seeks, 0, 2); /* at 16 times, syncs are over 100 ms apart */
            w.seeks = 0;
            worst = larger(worst, within(&w, 1));
        }
    printf("syncs alone: at most %.4f ms off\n", worst);
    for (uint64_t seed = 1; seed <= 3; seed++) { /* once a second */
        world w = world_new(seed, drifts[seed % 3], 0);
        w.from = w.to = SECOND;
        settle_in(&w, 3);
        run(&w, 30);
        w.seeks = 0;
        within(&w, 1);
    }
}

/* ------------------------------------------------------------------------------- pause ---- */

static void test_pause_and_resume(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        world w = world_new(seed, drifts[seed % 3], seed > 3 ? 4 * MS : 0);
        start_at(&w, 1);
        run(&w, 5);
        within(&w, 1);
        as_playhead_pause(&w.head, w.now_ns);
        const int64_t stood = as_playhead_position(&w.head, w.now_ns);
        const double rate = w.rate;
        host_change(&w, 0, 0);
        run(&w, 3);
        assert_true(w.last == stood);
        w.now_ns += 1000ull * SECOND; /* long, and without syncs */
        read_head(&w);
        assert_true(w.last == stood);
        host_change(&w, rate, 0);
        start_at(&w, 1);
        run(&w, 10);
        within(&w, 1);
    }
}

static void test_syncs_move_a_paused_head(void **state)
{
    (void)state;
    world w = world_new(1, 1, 0);
    start_at(&w, 1);
    run(&w, 4);
    as_playhead_pause(&w.head, w.now_ns);
    const int64_t stood = as_playhead_position(&w.head, w.now_ns);
    assert_false(as_playhead_sync(&w.head, w.now_ns, stood - 17 * MS));
    assert_true(as_playhead_position(&w.head, w.now_ns) == stood - 17 * MS);
    assert_true(as_playhead_sync(&w.head, w.now_ns, stood + 170 * MS));
    for (int i = 0; i < 10; i++) { /* even if they advance: only play ends a pause */
        w.now_ns += SECOND / 60;
        as_playhead_sync(&w.head, w.now_ns, stood + (i + 20) * 17LL * MS);
        assert_false(w.head.playing);
    }
    assert_true(as_playhead_position(&w.head, w.now_ns + SECOND) == stood + 29LL * 17 * MS);
}

/* A host that stops, waits and goes on without telling. */
static void test_host_clock_that_stands_still(void **state)
{
    (void)state;
    for (int told = 0; told < 2; told++)
        for (uint64_t seed = 1; seed <= 6; seed++) {
            world w = world_new(seed, drifts[seed % 3], 0);
            const double rate = w.rate;
            start_at(&w, 1);
            if (!told)
                as_playhead_init(&w.head);
            run(&w, 5);
            host_change(&w, 0, 0);
            w.direction = 0;
            run(&w, 0.2);
            w.seeks = 0;
            settle_in(&w, 0);
            run(&w, 5);
            within(&w, 10);
            assert_false(w.head.playing);
            host_change(&w, rate, 0);
            run(&w, 0.1);
            w.direction = 1;
            w.jitter = seed > 3 ? 4 * MS : 0;
            settle_in(&w, 3);
            run(&w, 10);
            assert_true(w.head.playing);
            within(&w, 1);
        }
}

static void test_single_steps_do_not_start_it(void **state)
{
    (void)state;
    as_playhead head;
    uint64_t now = 5;
    as_playhead_init(&head);
    for (int64_t step = 0; step < 20; step++)
        for (int i = 0; i < 15; i++) {
            now += SECOND / 60;
            as_playhead_sync(&head, now, step * SECOND / 30);
            assert_false(head.playing);
            assert_true(as_playhead_position(&head, now) == step * SECOND / 30);
        }
}

/* ----------------------------------------------------------------------------- odd times ---- */

static void test_syncs_at_one_instant(void **state)
{
    (void)state;
    world w = world_new(11, 1.001, 4 * MS);
    start_at(&w, 1);
    for (int i = 0; i < 600; i++) {
        sync_world(&w);
        sync_world(&w);
        read_head(&w);
        run(&w, 0.02);
    }
    within(&w, 1);
}

static void test_time_that_goes_back(void **state)
{
    (void)state;
    world w = world_new(12, 1.001, 4 * MS);
    start_at(&w, 1);
    for (int i = 0; i < 600; i++) {
        const uint64_t before = w.now_ns - (uint64_t)test_random_in(&w.random, 0, 2 * MS);
        const int64_t media = host_now(&w);
        run(&w, 0.02);
        as_playhead_position(&w.head, before);
        read_head(&w);
        if (i % 50 == 0)
            assert_false(as_playhead_sync(&w.head, before, media));
        read_head(&w);
    }
    within(&w, 1);
    as_playhead_sync(&w.head, 0, host_now(&w)); /* very far back */
    as_playhead_play(&w.head, 0, 1);
    read_head(&w);
    run(&w, 10);
    within(&w, 1);
}

static void test_readings_do_not_matter(void **state)
{
    (void)state;
    world w = world_new(13, 1.001, 4 * MS);
    start_at(&w, 1);
    for (int i = 0; i < 600; i++) {
        as_playhead other = w.head;
        const uint64_t next = w.now_ns + SECOND / 60;
        while (w.now_ns < next) {
            w.now_ns += (uint64_t)test_random_in(&w.random, 1, MS);
            read_head(&w);
        }
        const int64_t apart = as_playhead_position(&other, w.now_ns) - w.last;
        assert_true(apart >= -1 && apart <= 1);
        sync_world(&w);
    }
}

static void test_days(void **state)
{
    (void)state;
    for (int side = -1; side <= 1; side += 2) {
        world w = world_new(14, side * 1.001, 4 * MS);
        w.now_ns = w.since_ns = (uint64_t)1 << 63;
        w.since_media = side * 100LL * 86400 * SECOND;
        as_playhead_seek(&w.head, w.now_ns, w.since_media);
        start_at(&w, side);
        run(&w, 20);
        within(&w, 1);
    }
    as_playhead head;
    as_playhead_init(&head); /* no syncs for ten days: the speed, to the nanosecond */
    as_playhead_seek(&head, 7, 1);
    as_playhead_play(&head, 7, 0.25);
    for (uint64_t t = 0; t <= 10ull * 86400 * SECOND; t += 3600ull * SECOND)
        assert_true(as_playhead_position(&head, 7 + t) == 1 + (int64_t)(t / 4));
}

static void test_odd_speeds(void **state)
{
    (void)state;
    as_playhead head;
    as_playhead_init(&head);
    as_playhead_play(&head, 0, (double)NAN);
    assert_false(head.playing);
    as_playhead_play(&head, 0, 0);
    assert_false(head.playing);
    as_playhead_play(&head, 0, (double)INFINITY);
    assert_true(as_playhead_position(&head, SECOND) == 16LL * SECOND);
    as_playhead_play(&head, SECOND, (double)NAN);
    assert_true(as_playhead_position(&head, 2ull * SECOND) == 32LL * SECOND);
    as_playhead_play(&head, 2ull * SECOND, -(double)INFINITY);
    assert_true(as_playhead_position(&head, 3ull * SECOND) == 16LL * SECOND);
    as_playhead_play(&head, 3ull * SECOND, 0);
    assert_true(as_playhead_position(&head, 9ull * SECOND) == 16LL * SECOND);
}

static bool sound(const as_playhead *h)
{
    return isfinite(h->rate) && isfinite(h->p00) && isfinite(h->p01) && isfinite(h->p11) &&
           isfinite(h->noise) && isfinite(h->noise4) && isfinite(h->slew) && h->p00 >= 0 &&
           h->p11 >= 0 && h->head.fraction >= 0 && h->head.fraction < 1 && h->line.fraction >= 0 &&
           h->line.fraction < 1 && fabs(h->rate) <= 20;
}

static void fuzz_step(as_playhead *head, test_random *random, uint64_t *now, int64_t *media)
{
    const int reach = (int)test_random_in(random, 0, 63);
    if (test_random_in(random, 0, 20) == 0)
        *now = test_random_u64(random);
    else
        *now += test_random_u64(random) >> (reach | 1);
    const int64_t wild = (int64_t)test_random_u64(random) >> test_random_in(random, 0, 63);
    const double ratio = (double)(int64_t)test_random_u64(random) / 1e18;
    switch (test_random_in(random, 0, 15)) {
    case 0: as_playhead_seek(head, *now, *media = wild); break;
    case 1: as_playhead_play(head, *now, ratio); break;
    case 2: as_playhead_pause(head, *now); break;
    case 3: as_playhead_position(head, *now); break;
    case 4: as_playhead_sync(head, *now, INT64_MAX); break;
    case 5: as_playhead_sync(head, *now, INT64_MIN); break;
    case 6: as_playhead_sync(head, *now, wild); break;
    default:
        *media = as_playhead_position(head, *now) / 2 * 2 | (wild & 1);
        as_playhead_sync(head, *now, *media);
        break;
    }
}

static void test_nothing_breaks_the_numbers(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("playhead fuzz"));
    for (int i = 0; i < 300; i++) {
        as_playhead head;
        uint64_t now = test_random_u64(&random);
        int64_t media = 0;
        as_playhead_init(&head);
        for (int k = 0; k < 300; k++) {
            fuzz_step(&head, &random, &now, &media);
            assert_true(sound(&head));
        }
        /* Whatever happened: a seek and a play, and it runs as it should. */
        as_playhead_seek(&head, 1000, 55);
        as_playhead_play(&head, 1000, 1);
        assert_true(as_playhead_position(&head, 1000) == 55);
    }
    as_playhead head;
    as_playhead_init(&head);
    as_playhead_play(&head, 0, 16);
    assert_true(as_playhead_position(&head, UINT64_MAX) == INT64_MAX);
    assert_true(as_playhead_sync(&head, UINT64_MAX, INT64_MIN));
    assert_true(as_playhead_position(&head, UINT64_MAX) == INT64_MIN);
    assert_true(sound(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drift_and_jitter_stay_under_1_ms),
        cmocka_unit_test(test_every_millisecond_of_ten_minutes),
        cmocka_unit_test(test_other_sync_rates),
        cmocka_unit_test(test_rare_syncs),
        cmocka_unit_test(test_a_first_difference_settles),
        cmocka_unit_test(test_far_syncs_are_seeks),
        cmocka_unit_test(test_100_ms_is_no_seek),
        cmocka_unit_test(test_seek_by_call),
        cmocka_unit_test(test_small_steps_and_strays),
        cmocka_unit_test(test_speeds),
        cmocka_unit_test(test_speed_changes),
        cmocka_unit_test(test_wrong_speed_told),
        cmocka_unit_test(test_syncs_alone_are_enough),
        cmocka_unit_test(test_pause_and_resume),
        cmocka_unit_test(test_syncs_move_a_paused_head),
        cmocka_unit_test(test_host_clock_that_stands_still),
        cmocka_unit_test(test_single_steps_do_not_start_it),
        cmocka_unit_test(test_syncs_at_one_instant),
        cmocka_unit_test(test_time_that_goes_back),
        cmocka_unit_test(test_readings_do_not_matter),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_odd_speeds),
        cmocka_unit_test(test_nothing_breaks_the_numbers),
    };
    return cmocka_run_group_tests_name("playhead", tests, NULL, test_nothing_alive);
}
