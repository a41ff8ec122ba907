/* SPDX-License-Identifier: MIT
 *
 * Frames in callers' hands, the memory they live in, what a stream counts, and each thread's last
 * error.
 */
#include "tests/support/frame_memory.h"
#include "tests/support/stream_fixture.h"

#include <inttypes.h>
#include <stdatomic.h>

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 400 };

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
    assert_int_equal(as_stream_get_frame(stream, index, 0, 0, AS_WAIT_FOREVER, &frame), AS_OK);
    return frame;
}

/* -------------------------------------------------------------------------------- frames -- */

static void *check_and_release(void *user)
{
    as_frame *frame = user;
    as_frame_info info;
    assert_int_equal(as_frame_get_info(frame, &info), AS_OK);
    const bool right = truth_shows(&small, frame, info.index, WIDTH, HEIGHT);
    as_frame_unref(&frame);
    return right ? user : NULL;
}

static void test_frames_outlive_their_stream(void **state)
{
    (void)state;
    pthread_t threads[10];
    as_frame *frames[10];
    as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    truth_draw_all(&small, WIDTH, HEIGHT);
    for (uint64_t i = 0; i < 10; i++)
        frames[i] = get(stream, i * 3);
    as_stream_close(&stream);
    for (size_t i = 0; i < 10; i++) {
        as_frame *more = as_frame_ref(frames[i]);
        assert_ptr_equal(more, frames[i]);
        as_frame_unref(&more);
        assert_int_equal(pthread_create(&threads[i], NULL, check_and_release, frames[i]), 0);
    }
    for (size_t i = 0; i < 10; i++) {
        void *right;
        pthread_join(threads[i], &right);
        assert_non_null(right);
    }
    as_frame_info info;
    assert_int_equal(as_frame_get_info(NULL, &info), AS_ERROR_ARGUMENT);
    assert_null(as_frame_ref(NULL));
    as_frame_unref(NULL);
}

/* Held frames stay what they are while hundreds of others are drawn. */
static void test_held_frames_do_not_change(void **state)
{
    (void)state;
    as_frame *frames[16];
    as_stream_params params = truth_params(&small);
    params.l0_frames = 1;
    params.l1_frames = 2;
    params.held_frames = 17;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 16; i++)
        frames[i] = get(stream, i);
    for (uint64_t i = 0; i < 200; i++)
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    for (uint64_t i = 0; i < 16; i++) {
        assert_true(truth_shows(&small, frames[i], i, WIDTH, HEIGHT));
        as_frame_unref(&frames[i]);
    }
    as_stream_close(&stream);
}

static void test_held_limit(void **state)
{
    (void)state;
    as_frame *frames[5] = {NULL};
    as_error error;
    as_stream_params params = truth_params(&small);
    params.held_frames = 4;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 4; i++)
        frames[i] = get(stream, i);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(as_stream_get_frame(stream, 9, 0, 0, AS_WAIT_FOREVER, &frames[4]),
                         AS_ERROR_LIMIT);
        assert_null(frames[4]);
        assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_LIMIT);
        test_assert_text(error.text, "held_frames", "get", __FILE__, __LINE__);
        test_assert_text(error.text, "frame 9", "get", __FILE__, __LINE__);
        assert_int_equal(error.frame, 9);
    }
    assert_int_equal(stats_of(stream).held_frames, 4);
    as_frame_unref(&frames[2]);
    truth_expect(&small, stream, 9, WIDTH, HEIGHT);
    for (size_t i = 0; i < 4; i++)
        as_frame_unref(&frames[i]);
    assert_int_equal(stats_of(stream).held_frames, 0);
    /* One at a time is enough for a caller who waits for each. */
    as_stream_close(&stream);
    params.held_frames = 1;
    stream = open_stream(&params);
    for (uint64_t i = 0; i < 100; i += 7)
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    as_stream_close(&stream);
}

/* -------------------------------------------------------------------------------- memory -- */

static void test_frame_allocator(void **state)
{
    (void)state;
    test_frame_memory a = {.fail_at = -1};
    const as_frame_allocator allocator = test_frame_allocator_of(&a);
    as_stream_params params = truth_params(&small);
    params.frame_allocator = &allocator;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 50; i++)
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    a.stream = stream;
    as_frame *kept = get(stream, 3);
    for (uint32_t i = 0; i < 40; i++) /* many sizes: buffers come and go */
        for (uint64_t n = 0; n < 3; n++) {
            as_frame *frame = NULL;
            assert_int_equal(as_stream_get_frame(stream, n, 50 + i, 60, AS_WAIT_FOREVER, &frame),
                             AS_OK);
            as_frame_unref(&frame);
        }
    for (uint64_t i = 0; i < FRAMES; i++)
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    assert_true(atomic_load(&a.calls) > 6);
    /* The library's own: what buffers of the canvas's size remember. */
    const uint64_t own = stats_of(stream).l0_bytes - atomic_load(&a.bytes);
    const uint64_t of_one = test_mask_bytes(WIDTH, HEIGHT) - (uint64_t)WIDTH * HEIGHT;
    assert_true(own >= of_one && own % of_one == 0);
    assert_true(own / of_one <= (uint64_t)atomic_load(&a.blocks));
    a.stream = NULL;
    as_stream_close(&stream);
    assert_int_equal(atomic_load(&a.done), 0);
    assert_true(truth_shows(&small, kept, 3, WIDTH, HEIGHT));
    as_frame_unref(&kept);
    test_frame_memory_check_done(&a);
}

static void test_frame_allocator_that_refuses(void **state)
{
    (void)state;
    test_frame_memory a = {.fail_at = -1};
    const as_frame_allocator allocator = test_frame_allocator_of(&a);
    as_stream_params params = truth_params(&small);
    as_error error;
    as_frame *frame = NULL;
    params.frame_allocator = &allocator;
    atomic_store(&a.refuse, true);
    as_stream *stream = open_stream(&params);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(as_stream_get_frame(stream, 5, 0, 0, AS_WAIT_FOREVER, &frame),
                         AS_ERROR_OUT_OF_MEMORY);
        assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_OUT_OF_MEMORY);
        test_assert_text(error.text, "frame 5", "get", __FILE__, __LINE__);
    }
    atomic_store(&a.refuse, false);
    truth_expect(&small, stream, 5, WIDTH, HEIGHT);
    as_stream_close(&stream);
    test_frame_memory_check_done(&a);
}

static void test_l0_budget(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&small);
    as_frame *frame = NULL, *held = NULL;
    as_error error;
    params.l0_bytes = 2 * test_mask_bytes(WIDTH, HEIGHT);
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 100; i++)
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    assert_true(stats_of(stream).l0_bytes <= params.l0_bytes);
    held = get(stream, 100);
    truth_expect(&small, stream, 101, WIDTH, HEIGHT);
    assert_int_equal(as_stream_get_frame(stream, 7, 1000, 1000, AS_WAIT_FOREVER, &frame),
                     AS_ERROR_LIMIT);
    assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_LIMIT);
    test_assert_text(error.text, "l0_bytes", "get", __FILE__, __LINE__);
    test_assert_text(error.text, "frame 7", "get", __FILE__, __LINE__);
    assert_true(truth_shows(&small, held, 100, WIDTH, HEIGHT));
    as_frame_unref(&held);
    truth_expect(&small, stream, 7, 100, 100);
    truth_expect(&small, stream, 8, WIDTH, HEIGHT);
    assert_true(stats_of(stream).l0_bytes <= params.l0_bytes);
    as_stream_close(&stream);
}

/* ---------------------------------------------------------------------------- statistics -- */

static void test_stats(void **state)
{
    (void)state;
    static const int64_t strides[] = {1, -1, 2, -3, 7};
    as_stream_params params = truth_params(&small);
    params.l1_frames = 64;
    params.timebox_us = 60000000;
    as_stream *stream = open_stream(&params);
    for (size_t s = 0; s < 5; s++) {
        const uint64_t before = stats_of(stream).seeks;
        for (int64_t i = 0; i < 40; i++)
            truth_expect(&small, stream, (uint64_t)((strides[s] > 2 ? 100 : 150) + strides[s] * i),
                         WIDTH, HEIGHT);
        const as_stream_stats stats = stats_of(stream);
        assert_int_equal(stats.stride, strides[s]);
        assert_true(stats.seeks > before);
        assert_true(stats.seeks <= before + 3);
    }
    const as_stream_stats stats = stats_of(stream);
    assert_int_equal(stats.l0_hits + stats.l0_misses, 200);
    assert_int_equal(stats.get.count, 200);
    assert_true(stats.l1_hits + stats.l1_misses >= 200 - 100);
    assert_true(stats.evictions > 0);
    assert_true(stats.l1_frames <= 64);
    assert_true(stats.decoded >= 64);
    assert_true(stats.drawn >= 100);
    assert_true(stats.bytes_read >= stats.decoded * 4);
    assert_true(stats.l0_buffers <= 4 + 2 + 1);
    assert_int_equal(stats.l0_bytes, stats.l0_buffers * test_mask_bytes(WIDTH, HEIGHT));
    assert_int_equal(stats.late, 0);
    assert_int_equal(stats.failed, 0);
    assert_true(stats.read.count == stats.decoded && stats.decode.count == stats.decoded);
    assert_int_equal(stats.draw.count, stats.drawn);
    assert_true(stats.get.p50_ns <= stats.get.p99_ns && stats.get.p99_ns <= stats.get.max_ns);
    assert_true(stats.threads >= 1);
    as_stream_close(&stream);
}

/* Playing at leisure: each frame was prepared, and drawn just once. */
static void test_playing_hits(void **state)
{
    (void)state;
    test_events events;
    test_events_init(&events);
    as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < FRAMES; i++)
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    const as_stream_stats stats = stats_of(stream);
    assert_int_equal(stats.decoded, FRAMES);
    assert_true(stats.drawn <= FRAMES + 8);
    assert_int_equal(stats.seeks, 0);
    as_stream_close(&stream);
    test_events_destroy(&events);
}

static void test_shorter_and_longer_structs(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    struct {
        as_stream_stats stats;
        uint64_t more;
    } longer = {.stats.struct_size = sizeof(longer), .more = 7};
    assert_int_equal(as_stream_get_stats(stream, &longer.stats), AS_OK);
    assert_int_equal(longer.more, 0);
    as_stream_metadata shorter = {.struct_size = 16, .width = 77};
    assert_int_equal(as_stream_get_metadata(stream, &shorter), AS_OK);
    assert_int_equal(shorter.frame_count, FRAMES);
    assert_int_equal(shorter.width, 77);
    shorter.struct_size = 0;
    assert_int_equal(as_stream_get_metadata(stream, &shorter), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_get_metadata(stream, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_get_stats(stream, NULL), AS_ERROR_ARGUMENT);
    as_stream_close(&stream);
}

static void test_metadata(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&small);
    params.width = 99;
    params.height = 55;
    params.fps_num = 30000;
    params.fps_den = 1001;
    params.frames_per_picture = 2;
    as_stream *stream = open_stream(&params);
    as_stream_metadata m = {.struct_size = sizeof(m)};
    assert_int_equal(as_stream_get_metadata(stream, &m), AS_OK);
    assert_int_equal(m.frame_count, FRAMES);
    assert_int_equal(m.encrypted, 0);
    assert_int_equal(m.width, 99);
    assert_int_equal(m.height, 55);
    assert_int_equal(m.canvas_width, WIDTH);
    assert_int_equal(m.canvas_height, HEIGHT);
    assert_int_equal(m.fps_num, 30000);
    assert_int_equal(m.frames_per_picture, 2);
    assert_int_equal(m.stated_count, FRAMES);
    assert_int_equal(m.source_bytes, small.size);
    assert_int_equal(m.missing_frames, 0);
    assert_int_equal(m.duration_ns, INT64_C(6673333333)); /* 200 * 1001 / 30000 s */
    truth_expect(&small, stream, 5, 99, 55);
    as_stream_close(&stream);
}

/* -------------------------------------------------------------------------------- errors -- */

typedef struct other {
    as_stream *stream;
    as_result before, after;
    bool call;
} other;

static void *in_other_thread(void *user)
{
    other *o = user;
    as_error error;
    as_frame *frame = NULL;
    o->before = as_stream_last_error(o->stream, &error);
    if (o->call) {
        (void)!as_stream_get_frame(o->stream, 0, 20000, 1, 0, &frame);
        o->after = as_stream_last_error(o->stream, &error);
    }
    return NULL;
}

static void run_other(other *o)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, in_other_thread, o), 0);
    pthread_join(thread, NULL);
}

static void test_last_error(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_frame *frame = NULL;
    as_error error = {.code = 5};
    assert_int_equal(as_stream_last_error(stream, &error), AS_OK);
    assert_int_equal(error.code, AS_OK);
    assert_int_equal(as_stream_get_frame(stream, FRAMES, 0, 0, 0, &frame), AS_ERROR_OUT_OF_RANGE);
    assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_OUT_OF_RANGE);
    assert_int_equal(error.frame, FRAMES);
    other quiet = {.stream = stream}, loud = {.stream = stream, .call = true};
    run_other(&quiet); /* made no call: the most recent one */
    assert_int_equal(quiet.before, AS_ERROR_OUT_OF_RANGE);
    run_other(&loud);
    assert_int_equal(loud.after, AS_ERROR_ARGUMENT);
    run_other(&quiet);
    assert_int_equal(quiet.before, AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_OUT_OF_RANGE); /* mine */
    truth_expect(&small, stream, 1, WIDTH, HEIGHT);
    assert_int_equal(as_stream_last_error(stream, &error), AS_OK);
    assert_string_equal(error.text, "");
    assert_int_equal(error.frame, AS_NO_FRAME);
    assert_int_equal(as_stream_get_frame(stream, 0, 5, 0, 0, &frame), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_get_frame(stream, 0, 0, 0, 0, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_get_strip(stream, 0, 0, NULL), AS_ERROR_ARGUMENT);
    as_stream_clear_error(stream);
    assert_int_equal(as_stream_last_error(stream, NULL), AS_OK);
    as_stream_close(&stream);
    assert_int_equal(as_stream_last_error(NULL, &error), AS_ERROR_ARGUMENT);
    as_stream_clear_error(NULL);
    assert_int_equal(as_stream_get_frame(NULL, 0, 0, 0, 0, &frame), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_get_strip(NULL, 0, 0, &frame), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_request(NULL, 0, 1), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_event_fd(NULL), -1);
    assert_int_equal(as_stream_drain_events(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_outlive_their_stream),
        cmocka_unit_test(test_held_frames_do_not_change),
        cmocka_unit_test(test_held_limit),
        cmocka_unit_test(test_frame_allocator),
        cmocka_unit_test(test_frame_allocator_that_refuses),
        cmocka_unit_test(test_l0_budget),
        cmocka_unit_test(test_stats),
        cmocka_unit_test(test_playing_hits),
        cmocka_unit_test(test_shorter_and_longer_structs),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_last_error),
    };
    return cmocka_run_group_tests_name("stream held", tests, setup, teardown);
}
