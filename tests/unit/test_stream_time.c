/* SPDX-License-Identifier: MIT
 *
 * The play head through stream.h; its arithmetic has tests of its own (test_timebase,
 * test_playhead). The clock is real here, so only what holds for every clock is checked.
 */
#include "tests/support/stream_fixture.h"

#include <math.h>

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 300 };

static truth small;
static as_stream *stream;

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

static int open_one(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&small);
    stream = open_stream(&params);
    return 0;
}

static int close_one(void **state)
{
    (void)state;
    as_stream_close(&stream);
    return 0;
}

static int64_t position(void)
{
    int64_t media = -1;
    assert_int_equal(as_stream_position(stream, &media), AS_OK);
    return media;
}

static uint64_t frame_at(int64_t media)
{
    uint64_t index = 0;
    assert_int_equal(as_stream_frame_at(stream, media, &index), AS_OK);
    return index;
}

static int64_t time_of(uint64_t index)
{
    int64_t media = 0;
    assert_int_equal(as_stream_time_of(stream, index, &media), AS_OK);
    return media;
}

/* Lets the monotonic clock move on. */
static void let_pass(uint64_t ns)
{
    const uint64_t end = test_now_ns() + ns;
    while (test_now_ns() < end) {
    }
}

static void test_frames_and_times(void **state)
{
    (void)state;
    assert_int_equal(time_of(0), 0);
    assert_int_equal(time_of(1), 16666667);
    assert_int_equal(time_of(60), SECOND);
    assert_int_equal(frame_at(0), 0);
    assert_int_equal(frame_at(-5), 0);
    assert_int_equal(frame_at(8333333), 0);
    assert_int_equal(frame_at(8333334), 1);
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(frame_at(time_of(i)), i);
    int64_t media;
    as_error error;
    assert_int_equal(as_stream_time_of(stream, UINT64_MAX, &media), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_ARGUMENT);
    test_assert_text(error.text, "does not fit", "time_of", __FILE__, __LINE__);
}

static void test_stereo_and_offset(void **state)
{
    (void)state;
    as_stream_close(&stream);
    as_stream_params params = truth_params(&small);
    params.frames_per_picture = 2;
    params.offset_ns = -500;
    params.fps_num = 24000;
    params.fps_den = 1001;
    stream = open_stream(&params);
    assert_int_equal(time_of(0), -500);
    assert_int_equal(time_of(1), -500);
    assert_int_equal(time_of(48000), INT64_C(1001) * 1000000000 - 500);
    assert_int_equal(frame_at(time_of(17)), 16);
}

static void test_rate(void **state)
{
    (void)state;
    uint32_t num = 0, den = 0;
    assert_int_equal(as_stream_get_rate(stream, &num, &den), AS_OK);
    assert_int_equal(num, 60);
    assert_int_equal(den, 1);
    assert_int_equal(as_stream_seek(stream, 120), AS_OK);
    assert_int_equal(position(), 2 * SECOND);
    assert_int_equal(as_stream_set_rate(stream, 30, 1), AS_OK);
    assert_int_equal(position(), 4 * SECOND); /* the same frame */
    assert_int_equal(frame_at(position()), 120);
    static const uint32_t bad[][2] = {{0, 1}, {1, 0}, {1000001, 1}, {1, 1000001}};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(as_stream_set_rate(stream, bad[i][0], bad[i][1]), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_get_rate(stream, &num, &den), AS_OK);
    assert_int_equal(num, 30);
    assert_int_equal(as_stream_get_rate(stream, NULL, &den), AS_ERROR_ARGUMENT);
}

static void test_play_and_pause(void **state)
{
    (void)state;
    assert_int_equal(position(), 0);
    let_pass(MILLISECOND);
    assert_int_equal(position(), 0);
    const uint64_t before = test_now_ns();
    assert_int_equal(as_stream_play(stream, 2), AS_OK);
    const uint64_t begun = test_now_ns();
    int64_t last = position();
    for (int i = 0; i < 1000; i++) {
        const int64_t now = position();
        assert_true(now >= last);
        last = now;
    }
    let_pass(5 * MILLISECOND);
    const uint64_t least = test_now_ns() - begun;
    const int64_t media = position();
    const uint64_t most = test_now_ns() - before;
    assert_true(media >= (int64_t)(2 * least) - 1000 && media <= (int64_t)(2 * most) + 1000);
    assert_int_equal(as_stream_pause(stream), AS_OK);
    const int64_t paused = position();
    let_pass(MILLISECOND);
    assert_int_equal(position(), paused);
    assert_int_equal(as_stream_play(stream, -1), AS_OK);
    let_pass(MILLISECOND);
    assert_true(position() < paused);
    assert_int_equal(as_stream_play(stream, 0), AS_OK);
    static const double bad[] = {16.5, -17, HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(as_stream_play(stream, bad[i]), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_play(stream, nan("")), AS_ERROR_ARGUMENT);
}

static void test_seek(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < FRAMES; i += 37) {
        assert_int_equal(as_stream_seek(stream, i), AS_OK);
        assert_int_equal(position(), time_of(i));
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    }
    assert_true(stats_of(stream).seeks >= 7);
    assert_int_equal(as_stream_seek(stream, FRAMES), AS_ERROR_OUT_OF_RANGE);
}

/* Reads that a seek or a jump of the host's clock causes, seen at the source. */
static void test_sync_steers_what_is_prepared(void **state)
{
    (void)state;
    as_stream_close(&stream);
    test_source control;
    test_source_init(&control, small.bytes, small.size, true);
    as_source *source = test_source_open(&control);
    as_stream_params params = truth_params(&small);
    params.bytes = NULL;
    params.source = source;
    params.prefetch_frames = 1;
    params.l0_frames = 1;
    params.init_frames = 2;
    stream = open_stream(&params);
    uint64_t reads = test_source_reads(&control);
    assert_int_equal(as_stream_sync(stream, 1000), AS_OK); /* hardly off */
    assert_int_equal(as_stream_sync(stream, 3 * SECOND), AS_OK);
    test_source_wait_reads(&control, reads + 2);
    assert_int_equal(test_source_count(&control, reads, truth_range(&small, 180).offset), 1);
    assert_int_equal(test_source_count(&control, reads, truth_range(&small, 181).offset), 1);
    reads = test_source_reads(&control);
    assert_int_equal(as_stream_sync(stream, SECOND), AS_OK); /* back */
    test_source_wait_reads(&control, reads + 2);
    assert_int_equal(test_source_count(&control, reads, truth_range(&small, 60).offset), 1);
    assert_int_equal(as_stream_sync(stream, INT64_MAX), AS_OK); /* past the end: as it was */
    assert_int_equal(as_stream_sync(stream, INT64_MIN), AS_OK);
    truth_expect(&small, stream, 61, WIDTH, HEIGHT);
    as_stream_close(&stream);
    as_source_close(&source);
    test_source_destroy(&control);
}

/* A host that plays backward and jumps finds the frames before the one it jumped to. */
static void test_play_turns_what_is_prepared(void **state)
{
    (void)state;
    as_stream_close(&stream);
    test_source control;
    test_source_init(&control, small.bytes, small.size, true);
    as_source *source = test_source_open(&control);
    as_stream_params params = truth_params(&small);
    params.bytes = NULL;
    params.source = source;
    params.prefetch_frames = 2;
    params.l0_frames = 1;
    params.init_frames = 2;
    stream = open_stream(&params);
    assert_int_equal(as_stream_play(stream, -1), AS_OK);
    const uint64_t reads = test_source_reads(&control);
    assert_int_equal(as_stream_seek(stream, 100), AS_OK);
    test_source_wait_reads(&control, reads + 3);
    for (uint64_t i = 98; i <= 100; i++)
        assert_int_equal(test_source_count(&control, reads, truth_range(&small, i).offset), 1);
    assert_true(stats_of(stream).stride == -1);
    as_stream_close(&stream);
    as_source_close(&source);
    test_source_destroy(&control);
}

static void test_arguments(void **state)
{
    (void)state;
    int64_t media;
    uint64_t index;
    uint32_t num, den;
    assert_int_equal(as_stream_position(stream, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_frame_at(stream, 0, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_time_of(stream, 0, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_set_rate(NULL, 1, 1), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_get_rate(NULL, &num, &den), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_play(NULL, 1), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_pause(NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_seek(NULL, 0), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_sync(NULL, 0), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_position(NULL, &media), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_frame_at(NULL, 0, &index), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_time_of(NULL, 0, &media), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_get_stats(NULL, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_get_metadata(NULL, NULL), AS_ERROR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_frames_and_times, open_one, close_one),
        cmocka_unit_test_setup_teardown(test_stereo_and_offset, open_one, close_one),
        cmocka_unit_test_setup_teardown(test_rate, open_one, close_one),
        cmocka_unit_test_setup_teardown(test_play_and_pause, open_one, close_one),
        cmocka_unit_test_setup_teardown(test_seek, open_one, close_one),
        cmocka_unit_test_setup_teardown(test_sync_steers_what_is_prepared, open_one, close_one),
        cmocka_unit_test_setup_teardown(test_play_turns_what_is_prepared, open_one, close_one),
        cmocka_unit_test_setup_teardown(test_arguments, open_one, close_one),
    };
    return cmocka_run_group_tests_name("stream time", tests, setup, teardown);
}
