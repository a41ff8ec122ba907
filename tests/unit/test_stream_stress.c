/* SPDX-License-Identifier: MIT
 *
 * Many opens, many seeks, closing while busy; nothing is left behind. And how much memory a stream
 * takes.
 */
#include "core/base/mem.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/random.h"
#include "tests/support/stream_fixture.h"

#include <inttypes.h>
#include <stdatomic.h>

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 200 };

static truth small;

static int setup(void **state)
{
    (void)state;
    truth_of_bytes(&small, test_triangles(FRAMES), WIDTH, HEIGHT);
    truth_draw_all(&small, WIDTH, HEIGHT);
    truth_draw_all(&small, 100, 60);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&small);
    return test_nothing_alive(state);
}

static void test_open_and_close_many_times(void **state)
{
    (void)state;
    const int rounds = TEST_SANITIZED ? 400 : 10000;
    as_stream_params params = truth_params(&small);
    params.width = 8;
    params.height = 8;
    as_stream *stream = open_stream(&params);
    as_stream_close(&stream);
    const int descriptors = test_descriptors(), threads = test_threads();
    const uint64_t alive = as_mem_live();
    for (int i = 0; i < rounds; i++) {
        as_frame *frame = NULL;
        as_error error;
        if (i % 4 == 3)
            assert_ok(as_stream_open_async(&params, &stream, &error), &error);
        else
            stream = open_stream(&params);
        if (i % 4 == 1)
            assert_int_equal(
                as_stream_get_frame(stream, (uint64_t)i % FRAMES, 0, 0, AS_WAIT_FOREVER, &frame),
                AS_OK);
        if (i % 4 == 2)
            assert_true(as_stream_event_fd(stream) >= 0);
        as_stream_close(&stream);
        as_frame_unref(&frame);
    }
    assert_int_equal(test_descriptors(), descriptors);
    assert_int_equal(test_threads(), threads);
    assert_int_equal(as_mem_live(), alive);
}

/* Several streams at once share the workers, and the last one takes them along. */
static void test_many_streams(void **state)
{
    (void)state;
    enum { STREAMS = 12 };
    as_stream *streams[STREAMS];
    as_stream_params params = truth_params(&small);
    const int threads = test_threads();
    for (size_t i = 0; i < STREAMS; i++)
        streams[i] = open_stream(&params);
    if (threads >= 0)
        assert_true(test_threads() <= threads + 2);
    for (uint64_t n = 0; n < 40; n++)
        for (size_t i = 0; i < STREAMS; i++)
            truth_expect(&small, streams[i], (n * (i + 1)) % FRAMES, WIDTH, HEIGHT);
    for (size_t i = 0; i < STREAMS; i++)
        as_stream_close(&streams[(i * 5) % STREAMS]);
    assert_int_equal(test_threads(), threads);
}

typedef struct stormer {
    as_stream *stream;
    uint64_t seed;
    int rounds;
    uint32_t wrong;
    atomic_bool *stop;
} stormer;

static bool is_right(as_stream *stream, uint64_t index, uint64_t timeout_ns, bool other_size)
{
    const uint32_t width = other_size ? 100 : WIDTH, height = other_size ? 60 : HEIGHT;
    as_frame *frame = NULL;
    const as_result result = as_stream_get_frame(stream, index, width, height, timeout_ns, &frame);
    const bool right = result == AS_OK ? truth_shows(&small, frame, index, width, height)
                                       : result == AS_TIMEOUT || result == AS_NOT_READY;
    as_frame_unref(&frame);
    return right;
}

static void *storm(void *user)
{
    stormer *s = user;
    test_random random = test_random_from(s->seed);
    for (int i = 0; i < s->rounds && !atomic_load(s->stop); i++) {
        const uint64_t index = test_random_u64(&random) % FRAMES;
        int64_t media;
        as_error error;
        bool right = true;
        switch (test_random_in(&random, 0, 9)) {
        case 0: right = as_stream_request(s->stream, index, 20) == AS_OK; break;
        case 1: right = as_stream_sync(s->stream, (int64_t)(index * MILLISECOND)) == AS_OK; break;
        case 2: right = as_stream_position(s->stream, &media) == AS_OK; break;
        case 3: right = stats_of(s->stream).l1_frames <= 16; break;
        case 4:
            right = as_stream_get_frame(s->stream, FRAMES, 0, 0, 0, &(as_frame *){NULL}) ==
                        AS_ERROR_OUT_OF_RANGE &&
                    as_stream_last_error(s->stream, &error) == AS_ERROR_OUT_OF_RANGE;
            break;
        case 5: right = is_right(s->stream, index, 0, i % 2); break;
        case 6: right = is_right(s->stream, index, MILLISECOND, i % 2); break;
        case 7: (void)as_stream_drain_events(s->stream); break;
        default:
            right = as_stream_seek(s->stream, index) == AS_OK &&
                    is_right(s->stream, index, AS_WAIT_FOREVER, i % 2);
        }
        s->wrong += !right;
    }
    return NULL;
}

static void test_seek_storm(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    stormer stormers[THREADS];
    atomic_bool stop = false;
    const uint64_t seed = test_seed("storm");
    as_stream_params params = truth_params(&small);
    params.l1_frames = 16;
    params.l0_frames = 2;
    as_stream *stream = open_stream(&params);
    assert_true(as_stream_event_fd(stream) >= 0);
    for (size_t i = 0; i < THREADS; i++)
        stormers[i] = (stormer){.stream = stream,
                                .seed = seed + i,
                                .rounds = TEST_SANITIZED ? 300 : 3000,
                                .stop = &stop};
    test_run_threads(storm, stormers, sizeof(*stormers), THREADS);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(stormers[i].wrong, 0);
    for (uint64_t i = 0; i < 50; i++)
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    as_stream_close(&stream);
}

/* Closed with everything under way: prefetch, drawing, hints, demands that nobody waits for. */
static void test_close_while_busy(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("busy"));
    const int threads = test_threads();
    for (int i = 0; i < (TEST_SANITIZED ? 100 : 1000); i++) {
        as_frame *frame = NULL;
        as_stream_params params = truth_params(&small);
        params.l1_frames = (uint32_t)test_random_in(&random, 2, 300);
        params.threads = (uint32_t)test_random_in(&random, 1, 4);
        as_stream *stream = open_stream(&params);
        assert_int_equal(as_stream_request(stream, 100, 50), AS_OK);
        for (int k = 0; k < 5; k++) {
            const uint64_t index = test_random_u64(&random) % FRAMES;
            (void)!as_stream_get_frame(stream, index, 0, 0, 0, &frame);
            as_frame_unref(&frame);
            (void)!as_stream_get_strip(stream, index, 0, &frame);
            as_frame_unref(&frame);
        }
        as_stream_close(&stream);
    }
    assert_int_equal(test_threads(), threads);
}

/* ---------------------------------------------------------------------------- how small ---- */

static void test_memory_of_a_large_picture(void **state)
{
    (void)state;
    as_stream_params params = {.struct_size = sizeof(params),
                               .location = "samples/data/walkers.asvp",
                               .width = 6720,
                               .height = 3360,
                               .prefetch_frames = 511,
                               .init_frames = 512,
                               .init_timeout_ms = 3600000,
                               .threads = 2};
    truth_rest(&small);
    test_alloc_fail_at(UINT64_MAX);
    as_stream *stream = open_stream(&params);
    assert_int_equal(stats_of(stream).l1_frames, 512);
    for (uint64_t i = 0; i < (TEST_SANITIZED ? 6 : 60); i++) {
        as_frame *frame = NULL;
        assert_int_equal(as_stream_get_frame(stream, i, 0, 0, AS_WAIT_FOREVER, &frame), AS_OK);
        as_frame_unref(&frame);
    }
    const as_stream_stats stats = stats_of(stream);
    as_stream_close(&stream);
    print_message("most memory: %" PRIu64 " KiB; L1 %" PRIu64 " KiB, outputs %" PRIu64 " KiB\n",
                  test_alloc_peak() / 1024, stats.l1_bytes / 1024, stats.l0_bytes / 1024);
    assert_true(test_alloc_peak() < (UINT64_C(200) << 20));
    assert_int_equal(test_alloc_bytes(), 0);
    test_alloc_restore();
}

static test_bytes long_container(size_t frames)
{
    test_bytes blocks[100] = {0}, sizes = {0}, table = {0};
    for (size_t i = 0; i < 100; i++) {
        blocks[i] = test_small_block((uint32_t)i);
        for (size_t more = i % 7; more > 0; more--)
            test_bytes_add(&blocks[i], "", 1);
    }
    for (size_t i = 0; i < frames; i++)
        test_bytes_add_u64(&sizes, blocks[i % 100].size);
    test_bytes_add_zlib(&table, sizes.data, sizes.size);
    test_bytes out =
        test_container_head("ASVP", (uint32_t)frames, (uint32_t)table.size, table.data, table.size);
    for (size_t i = 0; i < frames; i++)
        test_bytes_add(&out, blocks[i % 100].data, blocks[i % 100].size);
    test_free_blocks(blocks, 100);
    test_bytes_free(&sizes);
    test_bytes_free(&table);
    return out;
}

static void test_memory_of_a_long_file(void **state)
{
    (void)state;
    test_bytes file = long_container(216000);
    as_stream_params params = {.struct_size = sizeof(params),
                               .canvas_width = WIDTH,
                               .canvas_height = HEIGHT,
                               .bytes = file.data,
                               .bytes_size = file.size,
                               .threads = 2};
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    as_frame *frame = NULL;
    truth_rest(&small);
    test_alloc_fail_at(UINT64_MAX);
    const uint64_t start = test_now_ns();
    as_stream *stream = open_stream(&params);
    const uint64_t took = test_now_ns() - start;
    assert_int_equal(as_stream_get_metadata(stream, &metadata), AS_OK);
    assert_int_equal(metadata.frame_count, 216000);
    assert_int_equal(as_stream_get_frame(stream, 215999, 0, 0, AS_WAIT_FOREVER, &frame), AS_OK);
    as_frame_unref(&frame);
    as_stream_close(&stream);
    print_message("216000 frames: opened in %" PRIu64 " us, most memory %" PRIu64 " KiB\n",
                  took / 1000, test_alloc_peak() / 1024);
    assert_true(test_alloc_peak() < (UINT64_C(20) << 20));
    assert_int_equal(test_alloc_bytes(), 0);
    test_alloc_restore();
    test_bytes_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_and_close_many_times),
        cmocka_unit_test(test_many_streams),
        cmocka_unit_test(test_seek_storm),
        cmocka_unit_test(test_close_while_busy),
        cmocka_unit_test(test_memory_of_a_large_picture), /* these two close the container */
        cmocka_unit_test(test_memory_of_a_long_file),
    };
    return cmocka_run_group_tests_name("stream stress", tests, setup, teardown);
}
