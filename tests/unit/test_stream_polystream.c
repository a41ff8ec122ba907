/* SPDX-License-Identifier: MIT
 *
 * Polystreams asked for by themselves: when they are ready, for whom they are kept, and what a
 * stream prepares that is told to prefer them.
 */
#include "core/base/clock.h"
#include "core/stream/stream.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/stream_fixture.h"

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 100 };

static truth small;
static as_byte_range block; /* of frame 60 */

static int setup(void **state)
{
    (void)state;
    truth_of_bytes(&small, test_triangles(FRAMES), WIDTH, HEIGHT);
    truth_draw_all(&small, WIDTH, HEIGHT);
    block = truth_range(&small, 60);
    truth_rest(&small);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&small);
    return test_nothing_alive(state);
}

static int nothing_alive(void **state)
{
    return test_nothing_alive(state);
}

/* What the container says the frame is. */
static as_buffer payload_of(const truth *t, uint64_t index)
{
    as_source *source;
    as_container *container;
    as_buffer payload = {0};
    as_error error;
    assert_ok(as_source_open_memory(t->bytes, t->size, NULL, &source, &error), &error);
    assert_ok(as_container_open(source, NULL, &container, &error), &error);
    assert_ok(as_container_read_payload(container, index, &payload, &error), &error);
    as_container_close(&container);
    as_source_close(&source);
    return payload;
}

static void expect(const truth *t, as_blob *blob, uint64_t index)
{
    as_buffer payload = payload_of(t, index);
    assert_non_null(blob);
    assert_int_equal(as_blob_size(blob), payload.size);
    assert_same_bytes(as_blob_data(blob), payload.data, payload.size);
    as_buffer_free(&payload);
    as_blob_unref(blob);
}

static void check(const truth *t, as_stream *stream, uint64_t index)
{
    as_blob *blob = NULL;
    as_error error;
    assert_ok(as_st_get_polystream(stream, index, AS_WAIT_FOREVER, &blob, &error), &error);
    expect(t, blob, index);
}

/* Until nothing is queued or runs. Who ends without a result wakes nobody, so it looks again. */
static void wait_idle(as_stream *stream)
{
    as_mutex_lock(&stream->lock);
    while (stream->task_count != 0)
        (void)as_cond_wait_until(&stream->changed, &stream->lock, as_clock_ns() + MILLISECOND);
    as_mutex_unlock(&stream->lock);
}

/* ------------------------------------------------------------------------------ getting ------ */

static void test_frames(void **state)
{
    as_stream_params params = truth_params(&small);
    as_blob *blob = NULL;
    as_error error;
    (void)state;
    params.processing = AS_PROCESS_ON_DEMAND;
    as_stream *stream = open_stream(&params);
    for (uint64_t n = 0; n < FRAMES; n += 7)
        check(&small, stream, n);
    check(&small, stream, 3);
    wait_idle(stream);
    assert_int_equal(stats_of(stream).drawn, 0);
    assert_int_equal(stats_of(stream).held_frames, 0);
    assert_fails(as_st_get_polystream(stream, FRAMES, AS_WAIT_FOREVER, &blob, &error),
                 AS_ERROR_OUT_OF_RANGE, &error, "past the end");
    assert_null(blob);
    as_stream_close(&stream);
}

/* It outlives its stream. */
static void test_outlives(void **state)
{
    const as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_blob *blob = NULL;
    as_error error;
    (void)state;
    assert_ok(as_st_get_polystream(stream, 40, AS_WAIT_FOREVER, &blob, &error), &error);
    as_stream_close(&stream);
    expect(&small, blob, 40);
}

static void test_damage(void **state)
{
    truth t;
    as_blob *blob = NULL;
    as_error error;
    (void)state;
    truth_of_bytes(&t, test_triangles(FRAMES), WIDTH, HEIGHT);
    truth_damage(&t, 12);
    const as_stream_params params = truth_params(&t);
    as_stream *stream = open_stream(&params);
    assert_fails(as_st_get_polystream(stream, 12, AS_WAIT_FOREVER, &blob, &error), AS_ERROR_DECODE,
                 &error, "");
    assert_int_equal(error.frame, 12);
    assert_null(blob);
    check(&small, stream, 13);
    as_stream_close(&stream);
    truth_free(&t);
}

/* ------------------------------------------------------------------------------ waiting ------ */

static void test_timeouts(void **state)
{
    test_source s;
    as_blob *blob = NULL;
    as_error error;
    (void)state;
    test_source_init(&s, small.bytes, small.size, true);
    as_stream_params params = truth_params(&small);
    params.location = NULL;
    params.bytes = NULL;
    params.bytes_size = 0;
    params.l1_frames = 4; /* so that nobody else asks for it */
    params.source = test_source_open(&s);
    test_source_gate(&s, block.offset, block.offset + 1);
    as_source *source = params.source;
    as_stream *stream = open_stream(&params);
    assert_fails(as_st_get_polystream(stream, 60, 0, &blob, &error), AS_NOT_READY, &error,
                 "is not ready");
    assert_null(blob);
    assert_fails(as_st_get_polystream(stream, 60, 2 * MILLISECOND, &blob, &error), AS_TIMEOUT,
                 &error, "was not there within 2000 us");
    assert_fails(as_st_get_polystream(stream, 60, AS_TIMEBOX, &blob, &error), AS_TIMEOUT, &error,
                 "ask again");
    assert_null(blob);
    test_source_open_gate(&s);
    check(&small, stream, 60);
    assert_ok(as_st_get_polystream(stream, 60, 0, &blob, &error), &error); /* there by now */
    expect(&small, blob, 60);
    as_stream_close(&stream);
    as_source_close(&source);
    test_source_destroy(&s);
}

/* Many threads, each waits for another frame, and L1 holds two: nobody is passed over. */
typedef struct asker {
    as_stream *stream;
    uint64_t index;
    as_result result;
    as_blob *blob;
    as_error error;
} asker;

static void *ask(void *user)
{
    asker *a = user;
    a->result = as_st_get_polystream(a->stream, a->index, AS_WAIT_FOREVER, &a->blob, &a->error);
    return NULL;
}

static void test_small_cache(void **state)
{
    enum { ASKERS = 24, ROUNDS = TEST_SANITIZED ? 2 : 6 };
    as_stream_params params = truth_params(&small);
    asker askers[ASKERS];
    pthread_t threads[ASKERS];
    (void)state;
    params.l1_frames = 2;
    params.threads = 2;
    params.processing = AS_PROCESS_ON_DEMAND;
    as_stream *stream = open_stream(&params);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        for (uint64_t i = 0; i < ASKERS; i++) {
            askers[i] = (asker){.stream = stream, .index = (i * 37 + round * 11) % FRAMES};
            assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
        }
        for (size_t i = 0; i < ASKERS; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(askers[i].result, AS_OK);
            expect(&small, askers[i].blob, askers[i].index);
        }
    }
    as_stream_close(&stream);
}

static void test_closed_meanwhile(void **state)
{
    test_source s;
    asker a = {.index = 60};
    pthread_t thread;
    (void)state;
    test_source_init(&s, small.bytes, small.size, true);
    as_stream_params params = truth_params(&small);
    params.location = NULL;
    params.bytes = NULL;
    params.bytes_size = 0;
    params.l1_frames = 4; /* so that nobody else asks for it */
    params.source = test_source_open(&s);
    test_source_gate(&s, block.offset, block.offset + 1);
    as_source *source = params.source;
    a.stream = open_stream(&params);
    assert_int_equal(pthread_create(&thread, NULL, ask, &a), 0);
    test_source_wait_blocked(&s, 1);
    /* It is inside by now, or will be refused. */
    as_stream *stream = a.stream;
    as_mutex_lock(&stream->lock);
    while (stream->calls == 0)
        (void)as_cond_wait_until(&stream->changed, &stream->lock, as_clock_ns() + MILLISECOND);
    as_mutex_unlock(&stream->lock);
    as_stream_close(&stream);
    pthread_join(thread, NULL);
    assert_int_equal(a.result, AS_ERROR_CANCELLED);
    assert_null(a.blob);
    as_source_close(&source);
    test_source_destroy(&s);
}

/* ------------------------------------------------------------------------------ changes ------ */

/* The content is replaced while somebody waits for a frame of the old one. */
static void test_replaced(void **state)
{
    test_source s;
    truth newer;
    asker a = {.index = 60};
    pthread_t thread;
    (void)state;
    truth_of_bytes(&newer, test_padded_triangles(FRAMES, 0, 1000), WIDTH, HEIGHT);
    truth_rest(&newer);
    test_source_init(&s, small.bytes, small.size, true);
    s.versioned = true;
    as_stream_params params = truth_params(&small);
    params.location = NULL;
    params.bytes = NULL;
    params.bytes_size = 0;
    params.l1_frames = 4; /* so that nobody else asks for it */
    params.source = test_source_open(&s);
    test_source_gate(&s, block.offset, block.offset + 1);
    as_source *source = params.source;
    a.stream = open_stream(&params);
    check(&small, a.stream, 5);
    assert_int_equal(pthread_create(&thread, NULL, ask, &a), 0);
    test_source_wait_blocked(&s, 1);
    test_source_replace(&s, newer.bytes, newer.size);
    test_source_open_gate(&s);
    pthread_join(thread, NULL);
    if (a.result == AS_OK) /* never one of the old content */
        expect(&newer, a.blob, 60);
    else
        assert_int_equal(a.result, AS_ERROR_CHANGED);
    check(&newer, a.stream, 5);
    as_stream_close(&a.stream);
    as_source_close(&source);
    test_source_destroy(&s);
    truth_free(&newer);
}

/* ------------------------------------------------------------------------------- prefer ------ */

static void test_prefer(void **state)
{
    const as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    (void)state;
    truth_expect(&small, stream, 0, WIDTH, HEIGHT);
    as_st_prefer(stream, AS_OUTPUT_NONE);
    wait_idle(stream);
    const as_stream_stats before = stats_of(stream);
    for (uint64_t n = 30; n < 60; n++)
        check(&small, stream, n);
    wait_idle(stream);
    assert_int_equal(stats_of(stream).drawn, before.drawn);
    truth_expect(&small, stream, 80, WIDTH, HEIGHT); /* when asked for */
    as_st_prefer_no_more(stream, AS_OUTPUT_CANVAS);
    assert_int_equal(stream->preferred, AS_OUTPUT_NONE); /* that was not it */
    as_st_prefer_no_more(stream, AS_OUTPUT_NONE);
    assert_int_equal(stream->preferred, AS_OUTPUT_R8);
    truth_expect(&small, stream, 81, WIDTH, HEIGHT);
    as_st_prefer(stream, AS_OUTPUT_CANVAS);
    as_st_prefer(stream, AS_OUTPUT_NONE); /* from one to the other */
    assert_int_equal(stream->preferred, AS_OUTPUT_NONE);
    assert_int_equal(stream->processing & AS_PROCESS_CANVASES,
                     params.processing & AS_PROCESS_CANVASES);
    as_stream_close(&stream);
}

static void test_every_allocation(void **state)
{
    const as_stream_params params = truth_params(&small);
    uint64_t n = 0, failures = 0;
    (void)state;
    do {
        as_stream *stream = NULL;
        as_blob *blob = NULL;
        as_error error;
        test_alloc_fail_at(n++);
        as_result result = as_stream_open(&params, &stream, &error);
        if (result == AS_OK) {
            as_st_prefer(stream, AS_OUTPUT_NONE);
            result = as_st_get_polystream(stream, 9, AS_WAIT_FOREVER, &blob, &error);
        }
        failures += result != AS_OK;
        assert_int_equal(blob != NULL, result == AS_OK);
        if (result != AS_OK)
            assert_true(strlen(error.text) > 10);
        as_blob_unref(blob);
        as_stream_close(&stream);
    } while (test_alloc_failed());
    test_alloc_restore();
    assert_true(failures > 0 && failures < n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_frames, nothing_alive),
        cmocka_unit_test_teardown(test_outlives, nothing_alive),
        cmocka_unit_test_teardown(test_damage, nothing_alive),
        cmocka_unit_test_teardown(test_timeouts, nothing_alive),
        cmocka_unit_test_teardown(test_small_cache, nothing_alive),
        cmocka_unit_test_teardown(test_closed_meanwhile, nothing_alive),
        cmocka_unit_test_teardown(test_replaced, nothing_alive),
        cmocka_unit_test_teardown(test_prefer, nothing_alive),
        cmocka_unit_test_teardown(test_every_allocation, nothing_alive),
    };
    return cmocka_run_group_tests_name("stream_polystream", tests, setup, teardown);
}
