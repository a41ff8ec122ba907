/* SPDX-License-Identifier: MIT
 *
 * A frame is the frame that was asked for, pixel by pixel, whatever the order, the size, the number
 * of callers and the smallness of the caches.
 */
#include "tests/support/random.h"
#include "tests/support/stream_fixture.h"

enum { WIDTH = 256, HEIGHT = 128 };

static truth walkers, torture, closeup;

static int setup(void **state)
{
    (void)state;
    truth_of_file(&walkers, "samples/data/walkers.asvp", 2048, 1024);
    truth_of_file(&closeup, "tests/data/closeup.asvp", 2048, 1024);
    truth_of_file(&torture, "tests/data/torture.asvp", 320, 200);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&walkers);
    truth_free(&closeup);
    truth_free(&torture);
    return test_nothing_alive(state);
}

/* Frames in every file that the tests walk through; files may be long. */
static uint64_t some(const truth *t)
{
    const uint64_t most = TEST_SANITIZED ? 60 : 200;
    return t->frames < most ? t->frames : most;
}

static as_stream *open_small(const truth *t, uint32_t l0, uint32_t l1)
{
    as_stream_params params = truth_params(t);
    params.width = WIDTH;
    params.height = HEIGHT;
    params.l0_frames = l0;
    params.l1_frames = l1;
    return open_stream(&params);
}

/* Small caches, so that frames are evicted and displaced all the time. */
static const struct {
    uint32_t l0, l1;
} caches[] = {{1, 2}, {2, 3}, {4, 8}, {4, 512}};
enum { CACHES = sizeof(caches) / sizeof(*caches) };

/* ------------------------------------------------------------------------------- orders ---- */

static void walk(truth *t, as_stream *stream, uint64_t start, int64_t step)
{
    const uint64_t count = some(t);
    for (uint64_t i = start; i < count; i += (uint64_t)step)
        truth_expect(t, stream, i, WIDTH, HEIGHT);
}

static void in_order(truth *t)
{
    for (size_t c = 0; c < CACHES; c++) {
        as_stream *stream = open_small(t, caches[c].l0, caches[c].l1);
        walk(t, stream, 0, 1);
        walk(t, stream, some(t) - 1, -1);
        walk(t, stream, 0, 2);
        walk(t, stream, 1, 7);
        walk(t, stream, some(t) - 1, -3);
        as_stream_close(&stream);
    }
}

static void test_walkers_in_order(void **state)
{
    (void)state;
    in_order(&walkers);
}

static void test_torture_in_order(void **state)
{
    (void)state;
    in_order(&torture);
}

static void test_closeup_in_order(void **state)
{
    (void)state;
    in_order(&closeup);
}

static void test_random_order(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("random order"));
    for (size_t c = 0; c < CACHES; c++) {
        as_stream *stream = open_small(&walkers, caches[c].l0, caches[c].l1);
        for (int i = 0; i < (TEST_SANITIZED ? 60 : 300); i++) {
            const uint64_t index = test_random_u64(&random) % some(&walkers);
            if (test_random_in(&random, 0, 7) == 0)
                assert_int_equal(as_stream_seek(stream, index), AS_OK);
            truth_expect(&walkers, stream, index, WIDTH, HEIGHT);
        }
        as_stream_close(&stream);
    }
}

static void test_ping_pong(void **state)
{
    (void)state;
    as_stream *stream = open_small(&walkers, 2, 4);
    for (int round = 0; round < 3; round++) {
        for (uint64_t i = 10; i < 40; i++)
            truth_expect(&walkers, stream, i, WIDTH, HEIGHT);
        for (uint64_t i = 40; i-- > 10;)
            truth_expect(&walkers, stream, i, WIDTH, HEIGHT);
    }
    for (int i = 0; i < 50; i++) /* between two places far apart */
        truth_expect(&walkers, stream, i % 2 ? 3 : some(&walkers) - 2, WIDTH, HEIGHT);
    for (int i = 0; i < 20; i++) /* the same one again and again */
        truth_expect(&walkers, stream, 17, WIDTH, HEIGHT);
    as_stream_close(&stream);
}

static void test_after_seeks(void **state)
{
    (void)state;
    as_stream *stream = open_small(&walkers, 4, 8);
    for (uint64_t i = 0; i < some(&walkers); i += 13) {
        assert_int_equal(as_stream_seek(stream, i), AS_OK);
        truth_expect(&walkers, stream, i, WIDTH, HEIGHT);
        assert_int_equal(as_stream_seek(stream, some(&walkers) - 1 - i), AS_OK);
        truth_expect(&walkers, stream, i + 1 < some(&walkers) ? i + 1 : 0, WIDTH, HEIGHT);
    }
    as_stream_close(&stream);
}

/* ------------------------------------------------------------------------------ threads ---- */

typedef struct caller {
    as_stream *stream;
    truth *t;
    uint64_t seed;
    int rounds;
    bool seeks;
    uint32_t wrong;
} caller;

static const uint32_t sizes[][2] = {{WIDTH, HEIGHT}, {100, 77}, {320, 200}};

static void *ask_many(void *user)
{
    caller *c = user;
    test_random random = test_random_from(c->seed);
    uint64_t index = test_random_u64(&random) % some(c->t);
    for (int i = 0; i < c->rounds; i++) {
        const uint32_t *size = sizes[test_random_u64(&random) % 3];
        as_frame *frame = NULL;
        if (test_random_in(&random, 0, 3) == 0)
            index = test_random_u64(&random) % some(c->t);
        else
            index = (index + 1) % some(c->t);
        if (c->seeks && as_stream_seek(c->stream, index) != AS_OK)
            c->wrong++;
        if (as_stream_get_frame(c->stream, index, size[0], size[1], AS_WAIT_FOREVER, &frame) !=
                AS_OK ||
            !truth_shows(c->t, frame, index, size[0], size[1]))
            c->wrong++;
        as_frame_unref(&frame);
    }
    return NULL;
}

static void run_callers(caller callers[8])
{
    test_run_threads(ask_many, callers, sizeof(*callers), 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(callers[i].wrong, 0);
}

static void from_threads(truth *t, uint32_t l0, uint32_t l1, bool seeks, int rounds)
{
    caller callers[8];
    const uint64_t seed = test_seed("threads");
    as_stream *stream = open_small(t, l0, l1);
    for (size_t i = 0; i < 8; i++)
        callers[i] =
            (caller){.stream = stream, .t = t, .seed = seed + i, .rounds = rounds, .seeks = seeks};
    run_callers(callers);
    as_stream_close(&stream);
}

static void draw_all_sizes(truth *t)
{
    for (size_t i = 0; i < 3; i++)
        truth_draw_all(t, sizes[i][0], sizes[i][1]);
}

static void test_eight_threads(void **state)
{
    (void)state;
    draw_all_sizes(&torture);
    for (size_t c = 0; c < CACHES; c++)
        from_threads(&torture, caches[c].l0, caches[c].l1, false, TEST_SANITIZED ? 40 : 200);
}

static void test_eight_threads_that_seek(void **state)
{
    (void)state;
    draw_all_sizes(&torture);
    for (size_t c = 0; c < CACHES; c++)
        from_threads(&torture, caches[c].l0, caches[c].l1, true, TEST_SANITIZED ? 40 : 200);
}

/* Eight callers wait for eight different frames again and again, with room for three: each must
 * get its own in the end. */
static void test_nobody_starves(void **state)
{
    (void)state;
    truth small;
    truth_of_bytes(&small, test_triangles(100), 320, 200);
    draw_all_sizes(&small);
    as_stream_params params = truth_params(&small);
    params.l0_frames = 1;
    params.l1_frames = 2;
    params.raster_tasks = 8;
    params.threads = 8;
    as_stream *stream = open_stream(&params);
    caller callers[8];
    for (size_t i = 0; i < 8; i++)
        callers[i] = (caller){
            .stream = stream, .t = &small, .seed = i, .rounds = TEST_SANITIZED ? 200 : 1500};
    run_callers(callers);
    as_stream_close(&stream);
    truth_free(&small);
}

/* -------------------------------------------------------------------------- sizes, modes ---- */

static void test_several_sizes_at_once(void **state)
{
    (void)state;
    static const uint32_t many[][2] = {{64, 33}, {WIDTH, HEIGHT}, {2048, 1024}, {300, 1}};
    for (size_t c = 0; c < CACHES; c++) {
        as_stream *stream = open_small(&walkers, caches[c].l0, caches[c].l1);
        for (uint64_t i = 0; i < 12; i++)
            for (size_t s = 0; s < 4; s++)
                truth_expect(&walkers, stream, i, many[s][0], many[s][1]);
        as_stream_close(&stream);
    }
}

/* More sizes than are prepared ahead or kept: a window that is being resized. */
static void test_resizing(void **state)
{
    (void)state;
    as_stream *stream = open_small(&torture, 2, 8);
    for (uint32_t i = 0; i < 60; i++) {
        const uint64_t index = i % torture.frames;
        const uint32_t width = 40 + i, height = 200 - i;
        as_frame *frame = NULL;
        truth once = {.container = torture.container,
                      .frames = torture.frames,
                      .canvas_width = torture.canvas_width,
                      .canvas_height = torture.canvas_height};
        assert_int_equal(as_stream_get_frame(stream, index, width, height, AS_WAIT_FOREVER, &frame),
                         AS_OK);
        assert_true(truth_shows(&once, frame, index, width, height));
        as_frame_unref(&frame);
        free(once.sizes[0].masks[index]);
        free(once.sizes[0].masks);
    }
    const as_stream_stats stats = stats_of(stream);
    assert_true(stats.l0_buffers <= 8 * (2 + 2 + 1));
    as_stream_close(&stream);
}

static void test_modes(void **state)
{
    (void)state;
    for (int mode = 0; mode < 4; mode++) {
        truth t;
        truth_of_file(&t, "tests/data/torture.asvp", 320, 200);
        t.scale = mode & 1 ? AS_SCALE_VECTOR : AS_SCALE_NEAREST;
        t.combine = mode & 2 ? AS_COMBINE_PARITY : AS_COMBINE_UNION;
        as_stream_params params = truth_params(&t);
        params.l1_frames = 8;
        as_stream *stream = open_stream(&params);
        for (uint64_t i = 0; i < t.frames && i < 60; i++) {
            truth_expect(&t, stream, i, 320, 200);
            truth_expect(&t, stream, i, 640, 401);
            truth_expect(&t, stream, i, 111, 66);
        }
        as_stream_close(&stream);
        truth_free(&t);
    }
}

static void test_strips(void **state)
{
    (void)state;
    static const as_processing kinds[] = {AS_PROCESS_BITMASK, AS_PROCESS_TRIANGLES, AS_PROCESS_BOTH,
                                          AS_PROCESS_ON_DEMAND};
    for (size_t k = 0; k < 4; k++) {
        as_stream_params params = truth_params(&walkers);
        params.width = WIDTH;
        params.height = HEIGHT;
        params.processing = kinds[k];
        params.l1_frames = 6;
        as_stream *stream = open_stream(&params);
        for (uint64_t i = 0; i < (TEST_SANITIZED ? 10 : 40); i++) {
            truth_expect_strip(&walkers, stream, i);
            if (i % 3 == 0)
                truth_expect(&walkers, stream, i, WIDTH, HEIGHT);
        }
        as_stream_close(&stream);
    }
    as_stream_params params = truth_params(&torture);
    params.processing = AS_PROCESS_TRIANGLES;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < torture.frames && i < 40; i++)
        truth_expect_strip(&torture, stream, i);
    as_stream_close(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walkers_in_order), cmocka_unit_test(test_torture_in_order),
        cmocka_unit_test(test_closeup_in_order), cmocka_unit_test(test_random_order),
        cmocka_unit_test(test_ping_pong),        cmocka_unit_test(test_after_seeks),
        cmocka_unit_test(test_eight_threads),    cmocka_unit_test(test_eight_threads_that_seek),
        cmocka_unit_test(test_nobody_starves),   cmocka_unit_test(test_several_sizes_at_once),
        cmocka_unit_test(test_resizing),         cmocka_unit_test(test_modes),
        cmocka_unit_test(test_strips),
    };
    return cmocka_run_group_tests_name("stream frames", tests, setup, teardown);
}
