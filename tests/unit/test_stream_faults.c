/* SPDX-License-Identifier: MIT
 *
 * Whatever fails once gives an error, and the stream works on: bad frames, reads, allocations,
 * threads and locks, each in turn.
 */
#include "core/base/thread.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/stream_fixture.h"

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 40 };

static truth small;

static int setup(void **state)
{
    (void)state;
    truth_of_bytes(&small, test_triangles(FRAMES), WIDTH, HEIGHT);
    truth_draw_all(&small, WIDTH, HEIGHT);
    truth_draw_all(&small, 64, 48);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&small);
    return test_nothing_alive(state);
}

static as_result get(as_stream *stream, uint64_t index, as_error *error)
{
    as_frame *frame = NULL;
    const as_result result = as_stream_get_frame(stream, index, 0, 0, AS_WAIT_FOREVER, &frame);
    as_stream_last_error(stream, error);
    as_frame_unref(&frame);
    return result;
}

/* ----------------------------------------------------------------------------- bad frames -- */

static void test_out_of_range(void **state)
{
    (void)state;
    static const uint64_t past[] = {FRAMES, FRAMES + 1, UINT32_MAX, UINT64_MAX};
    as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_error error;
    for (size_t i = 0; i < 4; i++) {
        as_frame *frame = NULL;
        assert_int_equal(get(stream, past[i], &error), AS_ERROR_OUT_OF_RANGE);
        test_assert_text(error.text, "40 frames", "get", __FILE__, __LINE__);
        assert_int_equal(error.frame, past[i]);
        assert_int_equal(as_stream_get_strip(stream, past[i], 0, &frame), AS_ERROR_OUT_OF_RANGE);
        assert_null(frame);
        assert_int_equal(as_stream_seek(stream, past[i]), AS_ERROR_OUT_OF_RANGE);
        assert_int_equal(as_stream_request(stream, past[i], 1), AS_ERROR_OUT_OF_RANGE);
        truth_expect(&small, stream, FRAMES - 1, WIDTH, HEIGHT);
    }
    as_stream_close(&stream);
}

static void test_bad_frame_among_good_ones(void **state)
{
    (void)state;
    truth bad;
    truth_of_bytes(&bad, test_triangles(FRAMES), WIDTH, HEIGHT);
    truth_damage(&bad, 7);
    truth_damage(&bad, 8);
    for (uint32_t l1 = 2; l1 <= 32; l1 *= 4) {
        as_stream_params params = truth_params(&bad);
        params.l1_frames = l1;
        as_stream *stream = open_stream(&params);
        as_error error;
        for (int round = 0; round < 3; round++)
            for (uint64_t i = 0; i < FRAMES; i++) {
                if (i != 7 && i != 8) {
                    truth_expect(&small, stream, i, WIDTH, HEIGHT);
                    continue;
                }
                as_frame *frame = NULL;
                assert_int_equal(get(stream, i, &error), AS_ERROR_DECODE);
                test_assert_text(error.text, i == 7 ? "frame 7" : "frame 8", "get", __FILE__,
                                 __LINE__);
                assert_int_equal(error.frame, i);
                assert_int_equal(as_stream_get_strip(stream, i, AS_WAIT_FOREVER, &frame),
                                 AS_ERROR_DECODE);
            }
        assert_true(stats_of(stream).failed >= 2);
        as_stream_close(&stream);
    }
    truth_free(&bad);
}

/* A file still being written: what was past its end comes when it is there. */
static void test_frames_past_the_end_of_a_growing_file(void **state)
{
    (void)state;
    test_source control;
    as_error error;
    test_source_init(&control, small.bytes, small.size, true);
    const as_byte_range cut = truth_range(&small, 30);
    control.size = (size_t)cut.offset + 3;
    as_source *source = test_source_open(&control);
    as_stream_params params = truth_params(&small);
    params.bytes = NULL;
    params.source = source;
    as_stream *stream = open_stream(&params);
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    assert_int_equal(as_stream_get_metadata(stream, &metadata), AS_OK);
    assert_int_equal(metadata.frame_count, FRAMES);
    assert_int_equal(metadata.missing_frames, 10);
    assert_int_equal(metadata.source_bytes, control.size);
    for (uint64_t i = 25; i < 30; i++)
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    for (uint64_t i = 30; i < FRAMES; i++)
        assert_int_equal(get(stream, i, &error), AS_ERROR_DECODE);
    test_assert_text(error.text, "cut short", "get", __FILE__, __LINE__);
    pthread_mutex_lock(&control.lock);
    control.size = small.size;
    pthread_mutex_unlock(&control.lock);
    for (uint64_t i = 30; i < FRAMES; i++)
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    as_stream_close(&stream);
    as_source_close(&source);
    test_source_destroy(&control);
}

/* -------------------------------------------------------------------- everything fails once -- */

/* Two tries: what failed once must work now. */
static as_result expect_mask(as_stream *stream, uint64_t index, uint32_t width, uint32_t height,
                             as_result failure)
{
    as_frame *frame = NULL;
    as_result first = as_stream_get_frame(stream, index, width, height, AS_WAIT_FOREVER, &frame);
    if (first != AS_OK) {
        as_error error;
        assert_int_equal(first, failure);
        assert_int_equal(as_stream_last_error(stream, &error), failure);
        assert_true(error.text[0] != '\0');
        assert_null(frame);
        assert_int_equal(as_stream_get_frame(stream, index, width, height, AS_WAIT_FOREVER, &frame),
                         AS_OK);
    }
    assert_true(truth_shows(&small, frame, index, width, height));
    as_frame_unref(&frame);
    return first;
}

static as_result expect_strip(as_stream *stream, uint64_t index, as_result failure)
{
    as_frame *frame = NULL;
    as_result first = as_stream_get_strip(stream, index, AS_WAIT_FOREVER, &frame);
    if (first != AS_OK) {
        assert_int_equal(first, failure);
        assert_int_equal(as_stream_get_strip(stream, index, AS_WAIT_FOREVER, &frame), AS_OK);
    }
    as_frame_info info;
    assert_int_equal(as_frame_get_info(frame, &info), AS_OK);
    assert_true(info.floats >= 6);
    as_frame_unref(&frame);
    return first;
}

static as_result expect_canvas(as_stream *stream, uint64_t index, as_result failure)
{
    as_frame *frame = NULL;
    as_result first = as_stream_get_canvas(stream, index, 0, 0, AS_WAIT_FOREVER, &frame);
    if (first != AS_OK) {
        assert_int_equal(first, failure);
        assert_null(frame);
        assert_int_equal(as_stream_get_canvas(stream, index, 0, 0, AS_WAIT_FOREVER, &frame), AS_OK);
    }
    assert_true(truth_shows_canvas(&small, frame, index, WIDTH, HEIGHT));
    as_frame_unref(&frame);
    return first;
}

/* Returns whether a call failed, always with `failure`. The stream works after each. */
static bool scenario(as_source *source, as_result failure)
{
    as_stream_params params = truth_params(&small);
    as_stream *stream = NULL;
    as_error error;
    bool failed = false;
    params.bytes = NULL;
    params.source = source;
    params.l1_frames = 8;
    params.init_frames = 2;
    const as_result opened = as_stream_open(&params, &stream, &error);
    if (opened != AS_OK) {
        test_assert_result(opened, failure, &error, "open", __FILE__, __LINE__);
        assert_null(stream);
        return true;
    }
#if defined(_WIN32)
    assert_int_equal(as_stream_event_fd(stream), -1);
#else
    failed |= as_stream_event_fd(stream) < 0;
#endif
    for (uint64_t i = 0; i < 6; i++)
        failed |= expect_mask(stream, i, WIDTH, HEIGHT, failure) != AS_OK;
    failed |= expect_mask(stream, 5, 64, 48, failure) != AS_OK;
    assert_int_equal(as_stream_seek(stream, 30), AS_OK);
    failed |= expect_mask(stream, 31, WIDTH, HEIGHT, failure) != AS_OK;
    failed |= expect_strip(stream, 12, failure) != AS_OK;
    failed |= expect_canvas(stream, 13, failure) != AS_OK;
    assert_int_equal(as_stream_request(stream, 20, 3), AS_OK);
    failed |= expect_mask(stream, 20, WIDTH, HEIGHT, failure) != AS_OK;
    as_stream_close(&stream);
    return failed;
}

static bool run(uint64_t fail_read, as_result failure, uint64_t *out_reads)
{
    test_source control;
    as_source *source = NULL;
    test_source_init(&control, small.bytes, small.size, true);
    test_source_fail_at(&control, fail_read);
    source = test_source_open(&control);
    const bool failed = scenario(source, failure);
    as_source_close(&source);
    assert_true(control.closed);
    if (out_reads)
        *out_reads = control.reads;
    test_source_destroy(&control);
    return failed;
}

static void test_each_read_fails_once(void **state)
{
    (void)state;
    uint64_t reads, failures = 0;
    assert_false(run(UINT64_MAX, AS_OK, &reads));
    assert_true(reads > 10);
    for (uint64_t n = 0; n < reads + 5; n++)
        failures += run(n, AS_ERROR_TRANSPORT, NULL);
    assert_true(failures >= 2); /* of header and table at least; others may be of prefetch */
}

static bool scenario_on_memory(as_result failure)
{
    const as_memory_params memory = {.struct_size = sizeof(memory)};
    as_source *source = NULL;
    as_error error;
    const as_result result =
        as_source_open_memory(small.bytes, small.size, &memory, &source, &error);
    if (result != AS_OK) {
        test_assert_result(result, failure, &error, "open", __FILE__, __LINE__);
        return true;
    }
    const bool failed = scenario(source, failure);
    as_source_close(&source);
    return failed;
}

static void test_each_allocation_fails_once(void **state)
{
    (void)state;
    uint64_t n = 0, failures = 0;
    truth_rest(&small);
    do {
        test_alloc_fail_at(n++);
        failures += scenario_on_memory(AS_ERROR_OUT_OF_MEMORY);
        assert_int_equal(test_alloc_bytes(), 0);
    } while (test_alloc_failed());
    test_alloc_restore();
    print_message("%u allocations, %u of them were noticed\n", (unsigned)n, (unsigned)failures);
    assert_true(n > 30);
    assert_true(failures > 10);
}

static void test_each_thread_and_lock_fails_once(void **state)
{
    (void)state;
    uint64_t n = 0, failures = 0;
    do {
        as_thread_test_fail_at(n++);
        failures += scenario_on_memory(AS_ERROR_OUT_OF_MEMORY);
    } while (as_thread_test_failed());
    as_thread_test_fail_at(UINT64_MAX);
    print_message("%u locks, conditions and threads, %u failures were noticed\n", (unsigned)n,
                  (unsigned)failures);
    assert_true(failures >= 5);
    assert_int_equal(as_thread_test_misuses(), 0);
}

/* After a failed open nothing belongs to the stream: neither source nor frame memory. */
static void count_done(void *user)
{
    ++*(int *)user;
}

static void *never_allocate(void *user, size_t size)
{
    (void)user;
    (void)size;
    return NULL;
}

static void never_release(void *user, void *memory, size_t size)
{
    (void)user;
    (void)memory;
    (void)size;
}

static void test_failed_open_leaves_the_source_usable(void **state)
{
    (void)state;
    int done = 0;
    const as_frame_allocator allocator = {.struct_size = sizeof(allocator),
                                          .allocate = never_allocate,
                                          .release = never_release,
                                          .done = count_done,
                                          .user = &done};
    test_source control;
    test_source_init(&control, small.bytes, small.size, true);
    as_source *source = test_source_open(&control);
    for (uint64_t n = 0;; n++) {
        as_stream_params params = truth_params(&small);
        as_stream *stream = NULL;
        as_error error;
        params.bytes = NULL;
        params.source = source;
        params.frame_allocator = &allocator;
        as_thread_test_fail_at(n);
        const as_result result = as_stream_open(&params, &stream, &error);
        as_thread_test_fail_at(UINT64_MAX);
        if (result == AS_OK) {
            as_stream_close(&stream);
            assert_int_equal(done, 1);
            break;
        }
        assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
        assert_int_equal(done, 0);
        assert_false(control.cancelled);
    }
    assert_true(control.cancelled);
    as_source_close(&source);
    test_source_destroy(&control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_out_of_range),
        cmocka_unit_test(test_bad_frame_among_good_ones),
        cmocka_unit_test(test_frames_past_the_end_of_a_growing_file),
        cmocka_unit_test(test_each_read_fails_once),
        cmocka_unit_test(test_each_thread_and_lock_fails_once),
        cmocka_unit_test(test_failed_open_leaves_the_source_usable),
        cmocka_unit_test(test_each_allocation_fails_once), /* last: the container is closed */
    };
    return cmocka_run_group_tests_name("stream faults", tests, setup, teardown);
}
