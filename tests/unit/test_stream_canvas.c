/* SPDX-License-Identifier: MIT
 *
 * Bit canvases from streams: the bits, what is prepared and for whom, and that they are frames like
 * any other.
 */
#include "core/base/clock.h"
#include "core/stream/stream.h"
#include "tests/support/frame_memory.h"
#include "tests/support/random.h"
#include "tests/support/stream_fixture.h"

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 200 };

static truth small;

static int setup(void **state)
{
    (void)state;
    truth_of_bytes(&small, test_triangles(FRAMES), WIDTH, HEIGHT);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&small);
    return test_nothing_alive(state);
}

static as_frame *get(as_stream *stream, uint64_t index)
{
    as_frame *frame = NULL;
    assert_int_equal(as_stream_get_canvas(stream, index, 0, 0, AS_WAIT_FOREVER, &frame), AS_OK);
    return frame;
}

static as_canvas_view view_of(const as_frame *frame)
{
    as_canvas_view view;
    assert_int_equal(as_frame_get_canvas(frame, &view), AS_OK);
    return view;
}

/* Until nothing is queued or runs. Who ends without a result wakes nobody, so it looks again. */
static void wait_idle(as_stream *stream)
{
    as_mutex_lock(&stream->lock);
    while (stream->task_count != 0)
        (void)as_cond_wait_until(&stream->changed, &stream->lock, as_clock_ns() + MILLISECOND);
    as_mutex_unlock(&stream->lock);
}

/* ---------------------------------------------------------------------------------- bits -- */

static void test_modes(void **state)
{
    (void)state;
    for (int mode = 0; mode < 4; mode++) {
        truth t;
        truth_of_file(&t, "tests/data/torture.asvp", WIDTH, HEIGHT);
        t.scale = mode & 1 ? AS_SCALE_VECTOR : AS_SCALE_NEAREST;
        t.combine = mode & 2 ? AS_COMBINE_PARITY : AS_COMBINE_UNION;
        as_stream_params params = truth_params(&t);
        params.l1_frames = 8;
        params.processing = AS_PROCESS_CANVASES;
        as_stream *stream = open_stream(&params);
        for (uint64_t i = 0; i < t.frames && i < 60; i++) {
            truth_expect_canvas(&t, stream, i, WIDTH, HEIGHT);
            truth_expect_canvas(&t, stream, i, 640, 401);
            truth_expect_canvas(&t, stream, i, 111, 66);
        }
        as_stream_close(&stream);
        truth_free(&t);
    }
}

static void test_recorded_files(void **state)
{
    (void)state;
    static const char *const files[] = {"samples/data/walkers.asvp", "tests/data/closeup.asvp"};
    for (size_t f = 0; f < 2; f++) {
        truth t;
        truth_of_file(&t, files[f], 2048, 1024);
        as_stream_params params = truth_params(&t);
        params.processing = AS_PROCESS_CANVASES;
        as_stream *stream = open_stream(&params);
        for (uint64_t i = 0; i < t.frames && i < (TEST_SANITIZED ? 10 : 40); i++)
            truth_expect_canvas(&t, stream, i, 64, 64);
        as_stream_close(&stream);
        truth_free(&t);
    }
}

/* Rows of one bit, of whole words and of all but one, as long and as high as can be. */
static void test_extreme_sizes(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1},   {2, 3},     {63, 20},   {64, 20},   {65, 20},
                                        {128, 9}, {129, 200}, {16383, 5}, {16384, 7}, {3, 16384}};
    for (int vector = 0; vector < 2; vector++)
        for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
            const uint32_t *size = sizes[s];
            truth t;
            truth_of_file(&t, "tests/data/torture.asvp", vector ? WIDTH : size[0],
                          vector ? HEIGHT : size[1]);
            t.scale = vector ? AS_SCALE_VECTOR : AS_SCALE_NEAREST;
            as_stream_params params = truth_params(&t);
            params.width = vector ? size[0] : 0;
            params.height = vector ? size[1] : 0;
            as_stream *stream = open_stream(&params);
            for (uint64_t i = 0; i < t.frames; i += TEST_SANITIZED ? 29 : 7)
                truth_expect_canvas(&t, stream, i, size[0], size[1]);
            as_stream_close(&stream);
            truth_free(&t);
        }
}

/* Sampling is the caller's: masks of all sizes have one canvas, but where points are scaled. */
static void test_sizes(void **state)
{
    (void)state;
    for (int vector = 0; vector < 2; vector++) {
        as_stream_params params = truth_params(&small);
        as_frame *frames[3] = {NULL};
        params.scale = vector ? AS_SCALE_VECTOR : AS_SCALE_NEAREST;
        params.processing = AS_PROCESS_ON_DEMAND;
        as_stream *stream = open_stream(&params);
        for (uint32_t i = 0; i < 3; i++)
            assert_int_equal(
                as_stream_get_canvas(stream, 7, i * 100, i * 50, AS_WAIT_FOREVER, &frames[i]),
                AS_OK);
        assert_int_equal(view_of(frames[2]).width, vector ? 200 : WIDTH);
        assert_int_equal(view_of(frames[2]).height, vector ? 100 : HEIGHT);
        assert_int_equal(view_of(frames[0]).words == view_of(frames[2]).words, !vector);
        wait_idle(stream);
        assert_int_equal(stats_of(stream).drawn, vector ? 3 : 1);
        assert_int_equal(stats_of(stream).l0_hits, vector ? 0 : 2);
        assert_int_equal(stats_of(stream).held_frames, 3);
        for (uint32_t i = 0; i < 3; i++)
            as_frame_unref(&frames[i]);
        as_stream_close(&stream);
    }
}

/* A window that is being resized leaves no canvases behind. */
static void test_resizing(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&small);
    params.scale = AS_SCALE_VECTOR;
    params.processing = AS_PROCESS_CANVASES;
    params.l0_frames = 2;
    as_stream *stream = open_stream(&params);
    for (uint32_t i = 0; i < 60; i++) {
        as_frame *frame = NULL;
        assert_int_equal(as_stream_get_canvas(stream, i, 40 + i, 200 - i, AS_WAIT_FOREVER, &frame),
                         AS_OK);
        assert_int_equal(view_of(frame).width, 40 + i);
        as_frame_unref(&frame);
    }
    assert_true(stats_of(stream).l0_buffers <= AS_OUTPUTS_SIZES * (2 + 2 + 1));
    as_stream_close(&stream);
}

/* ------------------------------------------------------------------------------ arguments -- */

static void test_arguments(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_frame *frame = (as_frame *)&params;
    as_canvas_view view;
    as_error error;
    assert_int_equal(as_stream_get_canvas(NULL, 0, 0, 0, 0, &frame), AS_ERROR_ARGUMENT);
    assert_null(frame);
    assert_int_equal(as_stream_get_canvas(stream, 0, 0, 0, 0, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_ARGUMENT);
    test_assert_text(error.text, "as_stream_get_canvas: out_frame", "get", __FILE__, __LINE__);
    static const uint32_t bad[][2] = {{0, 5}, {5, 0}, {16385, 1}, {1, UINT32_MAX}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(as_stream_get_canvas(stream, 0, bad[i][0], bad[i][1], 0, &frame),
                         AS_ERROR_ARGUMENT);
        assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_ARGUMENT);
        test_assert_text(error.text, "16384", "get", __FILE__, __LINE__);
    }
    assert_int_equal(as_stream_get_canvas(stream, FRAMES, 0, 0, AS_WAIT_FOREVER, &frame),
                     AS_ERROR_OUT_OF_RANGE);
    assert_null(frame);
    frame = get(stream, FRAMES - 1);
    assert_int_equal(as_stream_last_error(stream, &error), AS_OK);
    assert_int_equal(as_frame_get_canvas(frame, NULL), AS_ERROR_ARGUMENT);
    as_frame_unref(&frame);
    assert_int_equal(as_frame_get_canvas(NULL, &view), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_get_frame(stream, 0, 0, 0, AS_WAIT_FOREVER, &frame), AS_OK);
    assert_int_equal(as_frame_get_canvas(frame, &view), AS_ERROR_ARGUMENT);
    as_frame_unref(&frame);
    assert_int_equal(as_stream_get_strip(stream, 0, AS_WAIT_FOREVER, &frame), AS_OK);
    assert_int_equal(as_frame_get_canvas(frame, &view), AS_ERROR_ARGUMENT);
    as_frame_unref(&frame);
    as_stream_close(&stream);
}

/* ------------------------------------------------------------------------------- prepared -- */

typedef struct readiness {
    bool masks, canvases, strips;
} readiness;

/* Are frames first .. first + 3 ready, all of them or (of each kind) none? */
static void expect_ready(as_stream *stream, uint64_t first, readiness wanted)
{
    wait_idle(stream);
    for (uint64_t i = first; i < first + 4; i++) {
        const as_output_key mask = as_st_mask_key(i, WIDTH, HEIGHT);
        const as_output_key canvas = as_st_canvas_key(stream, i, WIDTH, HEIGHT);
        assert_int_equal(as_outputs_has(stream->outputs, mask), wanted.masks);
        assert_int_equal(as_outputs_has(stream->outputs, canvas), wanted.canvases);
        assert_int_equal(as_outputs_has(stream->outputs, as_st_strip_key(i)), wanted.strips);
    }
}

static void test_processing(void **state)
{
    (void)state;
    static const as_processing kinds[] = {1, 2, 3, 4, 8, 9, 10, 11};
    for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
        as_stream_params params = truth_params(&small);
        params.processing = kinds[k];
        const readiness wanted = {.masks = kinds[k] & AS_PROCESS_BITMASK,
                                  .canvases = kinds[k] & AS_PROCESS_CANVASES,
                                  .strips = kinds[k] & AS_PROCESS_TRIANGLES};
        as_stream *stream = open_stream(&params);
        expect_ready(stream, 0, wanted);
        for (uint64_t i = 0; i < 20; i++) { /* the rest is made when asked for */
            truth_expect_canvas(&small, stream, i, WIDTH, HEIGHT);
            truth_expect(&small, stream, i, WIDTH, HEIGHT);
            truth_expect_strip(&small, stream, i);
        }
        expect_ready(stream, 20, wanted);
        as_stream_close(&stream);
    }
}

/* Canvases of two sizes, ahead, where points are scaled. */
static void test_processing_of_sizes(void **state)
{
    (void)state;
    as_frame *frame = NULL;
    as_stream_params params = truth_params(&small);
    params.scale = AS_SCALE_VECTOR;
    params.processing = AS_PROCESS_CANVASES;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 10; i++) {
        assert_int_equal(as_stream_get_canvas(stream, i, 100, 50, AS_WAIT_FOREVER, &frame), AS_OK);
        as_frame_unref(&frame);
    }
    expect_ready(stream, 10, (readiness){.canvases = true});
    assert_int_equal(as_stream_get_canvas(stream, 10, 100, 50, 0, &frame), AS_OK);
    assert_int_equal(view_of(frame).width, 100);
    as_frame_unref(&frame);
    assert_int_equal(as_stream_get_canvas(stream, 10, 0, 0, 0, &frame), AS_OK);
    assert_int_equal(view_of(frame).width, WIDTH);
    as_frame_unref(&frame);
    as_stream_close(&stream);
}

/* ------------------------------------------------------------------------------ preferred -- */

static void test_prefer(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    expect_ready(stream, 0, (readiness){.masks = true});
    as_st_prefer(stream, AS_OUTPUT_CANVAS);
    expect_ready(stream, 0, (readiness){.canvases = true}); /* masks that nobody held are freed */
    assert_int_equal(as_stream_seek(stream, 50), AS_OK);
    expect_ready(stream, 50, (readiness){.canvases = true});
    truth_expect_strip(&small, stream, 50);
    truth_expect_canvas(&small, stream, 51, 0, 0);
    expect_ready(stream, 52, (readiness){.canvases = true});
    truth_expect(&small, stream, 52, WIDTH, HEIGHT); /* so masks are wanted as well */
    expect_ready(stream, 53, (readiness){.masks = true, .canvases = true});
    as_st_prefer(stream, AS_OUTPUT_CANVAS); /* it is already */
    assert_int_equal(as_stream_seek(stream, 70), AS_OK);
    expect_ready(stream, 70, (readiness){.masks = true, .canvases = true});
    as_st_prefer_no_more(stream, AS_OUTPUT_CANVAS);
    assert_int_equal(as_stream_seek(stream, 90), AS_OK);
    expect_ready(stream, 90, (readiness){.masks = true});
    truth_expect_canvas(&small, stream, 90, 0, 0);
    expect_ready(stream, 91, (readiness){.masks = true});
    as_st_prefer_no_more(stream, AS_OUTPUT_CANVAS);
    as_st_prefer(stream, AS_OUTPUT_CANVAS);
    assert_int_equal(as_stream_seek(stream, 120), AS_OK);
    expect_ready(stream, 120, (readiness){.canvases = true});
    as_stream_close(&stream);
}

static void test_prefer_with_each_processing(void **state)
{
    (void)state;
    static const struct {
        as_processing processing;
        readiness on, off;
    } cases[] = {
        {AS_PROCESS_TRIANGLES, {.canvases = true, .strips = true}, {.strips = true}},
        {AS_PROCESS_BOTH, {.canvases = true, .strips = true}, {.masks = true, .strips = true}},
        {AS_PROCESS_CANVASES, {.canvases = true}, {.canvases = true}},
        {AS_PROCESS_CANVASES | AS_PROCESS_BITMASK,
         {.canvases = true},
         {.masks = true, .canvases = true}},
        {AS_PROCESS_ON_DEMAND, {.masks = false}, {.masks = false}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        as_stream_params params = truth_params(&small);
        as_stream *stream = NULL;
        as_error error;
        params.processing = cases[i].processing;
        params.scale = i % 2 ? AS_SCALE_VECTOR : AS_SCALE_NEAREST;
        assert_ok(as_stream_open_async(&params, &stream, &error), &error);
        as_st_prefer(stream, AS_OUTPUT_CANVAS); /* before the index is read, or soon after */
        wait_idle(stream);
        assert_int_equal(as_stream_seek(stream, 50), AS_OK);
        expect_ready(stream, 50, cases[i].on);
        as_st_prefer_no_more(stream, AS_OUTPUT_CANVAS);
        assert_int_equal(as_stream_seek(stream, 90), AS_OK);
        expect_ready(stream, 90, cases[i].off);
        as_stream_close(&stream);
    }
}

/* Masks fill all there is; they are of no use to anybody any more, and make room. */
static void test_prefer_in_little_room(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&small);
    params.l0_bytes =
        5 * test_mask_bytes(WIDTH, HEIGHT); /* one for each frame that is wanted now */
    as_stream *stream = open_stream(&params);
    expect_ready(stream, 0, (readiness){.masks = true});
    assert_int_equal(stats_of(stream).l0_bytes, params.l0_bytes);
    as_st_prefer(stream, AS_OUTPUT_CANVAS);
    wait_idle(stream);
    for (uint64_t i = 0; i < 4; i++) {
        as_frame *frame = NULL;
        assert_int_equal(as_stream_get_canvas(stream, i, 0, 0, 0, &frame), AS_OK);
        assert_true(truth_shows_canvas(&small, frame, i, 0, 0));
        as_frame_unref(&frame);
        wait_idle(stream);
    }
    as_stream_close(&stream);
}

/* -------------------------------------------------------------------- frames like others -- */

static void test_events_and_hits(void **state)
{
    (void)state;
    test_events events;
    as_result result;
    as_frame *frame = NULL;
    test_source s;
    const as_byte_range range = truth_range(&small, 150);
    test_events_init(&events);
    test_source_init(&s, small.bytes, small.size, true);
    as_source *source = test_source_open(&s);
    as_stream_params params = truth_params(&small);
    params.bytes = NULL;
    params.bytes_size = 0;
    params.source = source;
    params.event = test_events_take;
    params.event_user = &events;
    as_stream *stream = open_stream(&params);
    test_source_gate(&s, range.offset, range.offset + range.length);
    assert_int_equal(as_stream_get_canvas(stream, 150, 0, 0, 0, &frame), AS_NOT_READY);
    test_source_open_gate(&s);
    test_events_wait(&events, 1);
    assert_int_equal(test_events_of(&events, 150, &result), 1);
    assert_int_equal(result, AS_OK);
    assert_int_equal(as_stream_get_canvas(stream, 150, 0, 0, 0, &frame), AS_OK);
    assert_true(truth_shows_canvas(&small, frame, 150, 0, 0));
    as_frame_unref(&frame);
    assert_int_equal(stats_of(stream).l0_hits, 1);
    assert_int_equal(stats_of(stream).l0_misses, 1);
    as_stream_close(&stream);
    as_source_close(&source);
    test_source_destroy(&s);
    test_events_destroy(&events);
}

static void test_held(void **state)
{
    (void)state;
    as_frame *frames[4], *one_more = NULL;
    as_stream_params params = truth_params(&small);
    params.held_frames = 4;
    params.l0_frames = 1;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 4; i++)
        frames[i] = get(stream, i * 5);
    assert_int_equal(as_stream_get_canvas(stream, 1, 0, 0, AS_WAIT_FOREVER, &one_more),
                     AS_ERROR_LIMIT);
    as_frame_unref(&frames[3]);
    for (uint64_t i = 0; i < 60; i++)
        truth_expect_canvas(&small, stream, i, 0, 0);
    as_stream_close(&stream);
    for (uint64_t i = 0; i < 3; i++) {
        as_frame *more = as_frame_ref(frames[i]);
        as_frame_unref(&frames[i]);
        assert_true(truth_shows_canvas(&small, more, i * 5, 0, 0));
        as_frame_unref(&more);
    }
}

static void test_bad_frame(void **state)
{
    (void)state;
    truth t;
    as_frame *frame = NULL;
    truth_of_bytes(&t, test_triangles(20), WIDTH, HEIGHT);
    truth_damage(&t, 7);
    as_stream_params params = truth_params(&t);
    params.processing = AS_PROCESS_CANVASES;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 20; i++)
        if (i == 7)
            assert_int_equal(as_stream_get_canvas(stream, i, 0, 0, AS_WAIT_FOREVER, &frame),
                             AS_ERROR_DECODE);
        else
            truth_expect_canvas(&t, stream, i, 0, 0);
    assert_null(frame);
    as_stream_close(&stream);
    truth_free(&t);
}

/* --------------------------------------------------------------------------------- memory -- */

static void test_frame_allocator(void **state)
{
    (void)state;
    test_frame_memory memory = {.fail_at = -1}, other = {.fail_at = 0};
    as_frame_allocator allocator = test_frame_allocator_of(&memory);
    as_stream_params params = truth_params(&small);
    as_frame *kept, *frame = NULL;
    as_error error;
    params.frame_allocator = &allocator;
    params.processing = AS_PROCESS_CANVASES;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 50; i++)
        truth_expect_canvas(&small, stream, i, 0, 0);
    kept = get(stream, 3);
    wait_idle(stream);
    assert_true(atomic_load(&memory.blocks) >= 4);
    assert_int_equal(stats_of(stream).l0_bytes, atomic_load(&memory.bytes));
    assert_int_equal(atomic_load(&memory.bytes), atomic_load(&memory.blocks) * 5 * 8 * HEIGHT);
    as_stream_close(&stream);
    assert_int_equal(atomic_load(&memory.blocks), 1);
    assert_true(truth_shows_canvas(&small, kept, 3, 0, 0));
    as_frame_unref(&kept);
    test_frame_memory_check_done(&memory);

    allocator = test_frame_allocator_of(&other);
    params.processing = AS_PROCESS_ON_DEMAND;
    stream = open_stream(&params);
    assert_int_equal(as_stream_get_canvas(stream, 5, 0, 0, AS_WAIT_FOREVER, &frame),
                     AS_ERROR_OUT_OF_MEMORY);
    assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_OUT_OF_MEMORY);
    test_assert_text(error.text, "frame 5", "get", __FILE__, __LINE__);
    truth_expect_canvas(&small, stream, 5, 0, 0);
    as_stream_close(&stream);
    test_frame_memory_check_done(&other);
}

static void test_budget(void **state)
{
    (void)state;
    as_frame *frame = NULL;
    as_error error;
    as_stream_params params = truth_params(&small);
    params.scale = AS_SCALE_VECTOR;
    params.l0_bytes = 3 * 5 * 8 * HEIGHT;
    params.processing = AS_PROCESS_CANVASES;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 60; i++) {
        frame = get(stream, i);
        as_frame_unref(&frame);
    }
    wait_idle(stream);
    assert_true(stats_of(stream).l0_bytes <= params.l0_bytes);
    assert_int_equal(as_stream_get_canvas(stream, 7, 1000, 1000, AS_WAIT_FOREVER, &frame),
                     AS_ERROR_LIMIT);
    assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_LIMIT);
    test_assert_text(error.text, "l0_bytes", "get", __FILE__, __LINE__);
    test_assert_text(error.text, "frame 7", "get", __FILE__, __LINE__);
    assert_int_equal(as_stream_get_canvas(stream, 7, 100, 100, AS_WAIT_FOREVER, &frame), AS_OK);
    as_frame_unref(&frame);
    as_stream_close(&stream);
}

/* -------------------------------------------------------------------------------- threads -- */

typedef struct caller {
    as_stream *stream;
    uint64_t seed;
    uint32_t wrong;
} caller;

static void *ask_many(void *user)
{
    caller *c = user;
    test_random random = test_random_from(c->seed);
    uint64_t index = 0;
    for (int i = 0; i < (TEST_SANITIZED ? 150 : 600); i++) {
        const bool jump = test_random_in(&random, 0, 3) == 0;
        const bool canvas = test_random_in(&random, 0, 2) != 0;
        as_frame *frame = NULL;
        index = jump ? test_random_u64(&random) % FRAMES : (index + 1) % FRAMES;
        if (test_random_in(&random, 0, 9) == 0)
            as_st_prefer(c->stream, i % 2 ? AS_OUTPUT_CANVAS : AS_OUTPUT_R8);
        const as_result result =
            canvas ? as_stream_get_canvas(c->stream, index, 0, 0, AS_WAIT_FOREVER, &frame)
                   : as_stream_get_frame(c->stream, index, 0, 0, AS_WAIT_FOREVER, &frame);
        if (result != AS_OK || !(canvas ? truth_shows_canvas(&small, frame, index, 0, 0)
                                        : truth_shows(&small, frame, index, WIDTH, HEIGHT)))
            c->wrong++;
        as_frame_unref(&frame);
    }
    return NULL;
}

static void test_eight_threads(void **state)
{
    (void)state;
    const uint64_t seed = test_seed("canvases");
    caller callers[8];
    as_stream_params params = truth_params(&small);
    params.l0_bytes = 10 * test_mask_bytes(WIDTH, HEIGHT);
    params.l1_frames = 8;
    truth_draw_all(&small, WIDTH, HEIGHT);
    as_stream *stream = open_stream(&params);
    for (size_t i = 0; i < 8; i++)
        callers[i] = (caller){.stream = stream, .seed = seed + i};
    test_run_threads(ask_many, callers, sizeof(*callers), 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(callers[i].wrong, 0);
    wait_idle(stream);
    as_stream_close(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_recorded_files),
        cmocka_unit_test(test_extreme_sizes),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_resizing),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_processing),
        cmocka_unit_test(test_processing_of_sizes),
        cmocka_unit_test(test_prefer),
        cmocka_unit_test(test_prefer_with_each_processing),
        cmocka_unit_test(test_prefer_in_little_room),
        cmocka_unit_test(test_events_and_hits),
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_bad_frame),
        cmocka_unit_test(test_frame_allocator),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_eight_threads),
    };
    return cmocka_run_group_tests_name("stream canvas", tests, setup, teardown);
}
