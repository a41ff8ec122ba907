/* SPDX-License-Identifier: MIT
 *
 * Waiting for frames of a source that answers when the test says so: the timebox, who comes first,
 * the data timeout, closing, and that nobody turns round on the spot meanwhile.
 */
#include "tests/support/stream_fixture.h"

#include <poll.h>

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 120 };

static truth small;

typedef struct fixture {
    test_source control;
    as_source *source;
    as_stream *stream;
} fixture;

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

static as_stream_params on_source(fixture *f, bool cancellable)
{
    test_source_init(&f->control, small.bytes, small.size, cancellable);
    f->source = test_source_open(&f->control);
    f->stream = NULL;
    as_stream_params params = truth_params(&small);
    params.bytes = NULL;
    params.bytes_size = 0;
    params.source = f->source;
    params.prefetch_frames = 2; /* what a test asks for is not there already */
    return params;
}

static void end(fixture *f)
{
    as_stream_close(&f->stream);
    as_source_close(&f->source);
    assert_true(f->control.closed);
    test_source_destroy(&f->control);
}

static void gate_frames(fixture *f, uint64_t from)
{
    test_source_gate(&f->control, truth_range(&small, from).offset, UINT64_MAX);
}

static as_result get_text(as_stream *stream, uint64_t index, uint64_t timeout_ns, as_error *error)
{
    as_frame *frame = (as_frame *)(uintptr_t)1;
    const as_result result = as_stream_get_frame(stream, index, 0, 0, timeout_ns, &frame);
    assert_int_equal(as_stream_last_error(stream, error), result);
    assert_true((result == AS_OK) == (frame != NULL));
    as_frame_unref(&frame);
    return result;
}

/* ------------------------------------------------------------------------------ timebox ---- */

static void test_timebox(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f, true);
    params.timebox_us = 15000;
    f.stream = open_stream(&params);
    truth_expect(&small, f.stream, 0, WIDTH, HEIGHT);
    gate_frames(&f, 40);
    assert_int_equal(get_text(f.stream, 50, 0, &error), AS_NOT_READY);
    test_assert_text(error.text, "frame 50 is not ready", "get", __FILE__, __LINE__);
    test_assert_text(error.text, "ask again", "get", __FILE__, __LINE__);
    assert_int_equal(error.frame, 50);
    for (int i = 0; i < 3; i++) {
        const uint64_t start = test_now_ns();
        assert_int_equal(get_text(f.stream, 50, i == 0 ? AS_TIMEBOX : 20 * MILLISECOND, &error),
                         AS_TIMEOUT);
        assert_true(test_now_ns() - start >= (i == 0 ? 15 : 20) * MILLISECOND);
        assert_int_equal(error.frame, 50);
        test_assert_text(error.text, "frame 50", "get", __FILE__, __LINE__);
        test_assert_text(error.text, "read", "get", __FILE__, __LINE__);
        test_assert_text(error.text, "ask again", "get", __FILE__, __LINE__);
    }
    assert_int_equal(stats_of(f.stream).late, 3);
    test_source_open_gate(&f.control);
    truth_expect(&small, f.stream, 50, WIDTH, HEIGHT);
    assert_int_equal(as_stream_last_error(f.stream, &error), AS_OK);
    assert_string_equal(error.text, "");
    end(&f);
}

/* What is in memory is drawn however long the source takes. */
static void test_blocked_reads_do_not_keep_drawing_waiting(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f, true);
    params.init_frames = 30;
    params.l0_frames = 2;
    f.stream = open_stream(&params);
    gate_frames(&f, 0);
    assert_int_equal(get_text(f.stream, 100, 0, &error), AS_NOT_READY);
    test_source_wait_blocked(&f.control, 1);
    for (uint64_t i = 30; i-- > 0;)
        truth_expect(&small, f.stream, i, WIDTH, HEIGHT);
    assert_true(test_source_blocked(&f.control) != 0);
    end(&f);
}

/* Streams whose sources do not answer take nothing from a stream whose source does. */
static void test_blocked_streams_do_not_keep_others_waiting(void **state)
{
    (void)state;
    enum { BLOCKED = 3 };
    fixture blocked[BLOCKED];
    as_error error;
    for (int i = 0; i < BLOCKED; i++) {
        as_stream_params params = on_source(&blocked[i], true);
        params.init_frames = 2;
        blocked[i].stream = open_stream(&params);
        gate_frames(&blocked[i], 0);
        for (uint64_t n = 0; n < 8; n++) /* more than there are threads to read */
            assert_int_equal(get_text(blocked[i].stream, 90 - 11 * n, 0, &error), AS_NOT_READY);
        test_source_wait_blocked(&blocked[i].control, params.io_requests ? params.io_requests : 4);
    }
    as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 60; i++)
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    as_stream_close(&stream);
    for (int i = 0; i < BLOCKED; i++)
        end(&blocked[i]);
}

/* Frame memory that only the test's own thread gets before the gate opens. */
typedef struct gated_memory {
    pthread_mutex_t lock;
    pthread_cond_t opened, held;
    pthread_t own;
    bool open, holds; /* somebody waits at the gate */
} gated_memory;

static void *allocate_behind_gate(void *user, size_t size)
{
    gated_memory *m = user;
    pthread_mutex_lock(&m->lock);
    while (!m->open && !pthread_equal(pthread_self(), m->own)) {
        m->holds = true;
        pthread_cond_signal(&m->held);
        pthread_cond_wait(&m->opened, &m->lock);
    }
    pthread_mutex_unlock(&m->lock);
    return aligned_alloc(64, (size + 63) / 64 * 64);
}

static void release_memory(void *user, void *memory, size_t size)
{
    (void)user;
    (void)size;
    free(memory);
}

static bool is_decoded(as_stream *stream, uint64_t index)
{
    as_frame_range ranges[64];
    size_t count = 0;
    assert_int_equal(as_stream_get_cached(stream, AS_TIER_L1, ranges, 64, &count), AS_OK);
    for (size_t i = 0; i < count; i++)
        if (ranges[i].first <= index && index < ranges[i].end)
            return true;
    return false;
}

/* The one worker is kept busy: who waits for a frame draws it, but where an event function would be
 * called in that thread. */
static void expect_help(bool with_events)
{
    fixture f;
    as_error error;
    test_events events;
    gated_memory memory = {.lock = PTHREAD_MUTEX_INITIALIZER,
                           .opened = PTHREAD_COND_INITIALIZER,
                           .held = PTHREAD_COND_INITIALIZER,
                           .own = pthread_self()};
    const as_frame_allocator allocator = {.struct_size = sizeof(allocator),
                                          .allocate = allocate_behind_gate,
                                          .release = release_memory,
                                          .user = &memory};
    as_stream_params params = on_source(&f, true);
    params.threads = 1;
    params.io_requests = 1; /* in order: frame 0 is drawn first */
    params.init_frames = 2;
    params.frame_allocator = &allocator;
    test_events_init(&events);
    params.event = with_events ? test_events_take : NULL;
    params.event_user = &events;
    f.stream = open_stream(&params);
    pthread_mutex_lock(&memory.lock); /* the worker has begun frame 0, not the one asked for */
    while (!memory.holds)
        pthread_cond_wait(&memory.held, &memory.lock);
    pthread_mutex_unlock(&memory.lock);
    while (!is_decoded(f.stream, 1)) /* reading is for other threads, and wakes nobody */
        (void)poll(NULL, 0, 1);
    if (with_events)
        assert_int_equal(get_text(f.stream, 1, 30 * MILLISECOND, &error), AS_TIMEOUT);
    else
        truth_expect(&small, f.stream, 1, WIDTH, HEIGHT);
    pthread_mutex_lock(&memory.lock);
    memory.open = true;
    pthread_cond_broadcast(&memory.opened);
    pthread_mutex_unlock(&memory.lock);
    for (uint64_t i = 0; i < 20; i++)
        truth_expect(&small, f.stream, i, WIDTH, HEIGHT);
    end(&f);
    test_events_destroy(&events);
    pthread_cond_destroy(&memory.opened);
    pthread_cond_destroy(&memory.held);
    pthread_mutex_destroy(&memory.lock);
}

static void test_who_waits_draws(void **state)
{
    (void)state;
    expect_help(false);
    expect_help(true);
}

static void test_foreground_overtakes_prefetch(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f, true);
    params.io_requests = 1;
    params.l0_frames = 1;
    gate_frames(&f, 0);
    f.stream = open_stream(&params);
    test_source_wait_blocked(&f.control, 1); /* frame 0; 1 and prefetch are queued */
    assert_int_equal(get_text(f.stream, 4, MILLISECOND, &error), AS_TIMEOUT);
    const uint64_t reads = test_source_reads(&f.control);
    test_source_pass(&f.control);
    test_source_wait_reads(&f.control, reads + 1);
    assert_int_equal(test_source_count(&f.control, reads, truth_range(&small, 4).offset), 1);
    /* A far one too, which is a jump, and the queue is not in its way. */
    assert_int_equal(get_text(f.stream, 90, MILLISECOND, &error), AS_TIMEOUT);
    test_source_pass(&f.control);
    test_source_wait_reads(&f.control, reads + 2);
    assert_int_equal(test_source_count(&f.control, reads + 1, truth_range(&small, 90).offset), 1);
    test_source_open_gate(&f.control);
    truth_expect(&small, f.stream, 90, WIDTH, HEIGHT);
    truth_expect(&small, f.stream, 4, WIDTH, HEIGHT);
    assert_true(stats_of(f.stream).seeks >= 1);
    assert_true(stats_of(f.stream).dropped >= 1);
    end(&f);
}

/* Nothing is read twice while it is on its way or cached. */
static void test_reads_once(void **state)
{
    (void)state;
    fixture f;
    as_stream_params params = on_source(&f, true);
    params.prefetch_frames = 0;
    f.stream = open_stream(&params);
    for (uint64_t i = 0; i < FRAMES; i++)
        truth_expect(&small, f.stream, i, WIDTH, HEIGHT);
    for (uint64_t i = FRAMES; i-- > 0;)
        truth_expect(&small, f.stream, i, WIDTH, HEIGHT);
    for (uint64_t i = 0; i < FRAMES; i++)
        assert_int_equal(test_source_count(&f.control, 0, truth_range(&small, i).offset), 1);
    const as_stream_stats stats = stats_of(f.stream);
    assert_int_equal(stats.decoded, FRAMES);
    assert_true(stats.drawn <= 2 * FRAMES + 40);
    end(&f);
}

typedef struct waiter {
    as_stream *stream;
    uint64_t index;
    bool right;
} waiter;

static void *wait_forever(void *user)
{
    waiter *w = user;
    as_frame *frame = NULL;
    w->right = as_stream_get_frame(w->stream, w->index, 0, 0, AS_WAIT_FOREVER, &frame) == AS_OK &&
               truth_shows(&small, frame, w->index, WIDTH, HEIGHT);
    as_frame_unref(&frame);
    return NULL;
}

static void test_wait_forever(void **state)
{
    (void)state;
    fixture f;
    pthread_t threads[6];
    waiter waiters[6];
    as_stream_params params = on_source(&f, true);
    gate_frames(&f, 0);
    f.stream = open_stream(&params);
    truth_draw_all(&small, WIDTH, HEIGHT);
    for (size_t i = 0; i < 6; i++) {
        waiters[i] = (waiter){f.stream, i < 3 ? 70 : 10 * i, false}; /* three for the same */
        assert_int_equal(pthread_create(&threads[i], NULL, wait_forever, &waiters[i]), 0);
    }
    test_source_wait_blocked(&f.control, 1);
    test_source_open_gate(&f.control);
    for (size_t i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
        assert_true(waiters[i].right);
    }
    end(&f);
}

static void test_data_timeout(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f, true);
    params.data_timeout_ms = 30;
    params.io_requests = 1;
    f.stream = open_stream(&params);
    truth_expect(&small, f.stream, 0, WIDTH, HEIGHT);
    gate_frames(&f, 0);
    /* One read is silent, and so the others that wait for it. */
    const uint64_t start = test_now_ns();
    assert_int_equal(get_text(f.stream, 110, AS_WAIT_FOREVER, &error), AS_ERROR_TRANSPORT);
    assert_true(test_now_ns() - start >= 15 * MILLISECOND);
    test_assert_text(error.text, "frame 110", "get", __FILE__, __LINE__);
    test_assert_text(error.text, "data_timeout_ms", "get", __FILE__, __LINE__);
    assert_int_equal(error.frame, 110);
    assert_int_equal(get_text(f.stream, 60, AS_WAIT_FOREVER, &error), AS_ERROR_TRANSPORT);
    test_source_open_gate(&f.control);
    while (get_text(f.stream, 60, AS_WAIT_FOREVER, &error) != AS_OK) /* until the read is back */
        assert_int_equal(error.code, AS_ERROR_TRANSPORT);
    truth_expect(&small, f.stream, 60, WIDTH, HEIGHT);
    truth_expect(&small, f.stream, 110, WIDTH, HEIGHT);
    end(&f);
}

/* ------------------------------------------------------------------------------ closing ---- */

static void test_close_cancels_blocked_reads(void **state)
{
    (void)state;
    for (int waited = 0; waited < 2; waited++) {
        fixture f;
        as_error error;
        as_stream_params params = on_source(&f, true);
        gate_frames(&f, 0);
        f.stream = open_stream(&params);
        if (waited)
            assert_int_equal(get_text(f.stream, 5, MILLISECOND, &error), AS_TIMEOUT);
        test_source_wait_blocked(&f.control, 1);
        end(&f);
    }
}

typedef struct closer {
    as_stream **stream;
    pthread_mutex_t lock;
    bool done;
} closer;

static void *close_it(void *user)
{
    closer *c = user;
    as_stream_close(c->stream);
    pthread_mutex_lock(&c->lock);
    c->done = true;
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static void test_close_waits_for_a_source_without_cancel(void **state)
{
    (void)state;
    fixture f;
    pthread_t thread;
    as_stream_params params = on_source(&f, false);
    gate_frames(&f, 0);
    f.stream = open_stream(&params);
    test_source_wait_blocked(&f.control, 1);
    closer c = {.stream = &f.stream, .lock = PTHREAD_MUTEX_INITIALIZER};
    assert_int_equal(pthread_create(&thread, NULL, close_it, &c), 0);
    pthread_mutex_lock(&c.lock);
    assert_false(c.done);
    pthread_mutex_unlock(&c.lock);
    test_source_open_gate(&f.control);
    pthread_join(thread, NULL);
    assert_true(c.done);
    assert_null(f.stream);
    end(&f);
}

/* -------------------------------------------------------------------------- at rest -------- */

/* Lets time pass, in which no event comes. */
static void rest(as_stream *stream, int ms)
{
    struct pollfd fd = {.fd = as_stream_event_fd(stream), .events = POLLIN};
    (void)as_stream_drain_events(stream);
    assert_int_equal(poll(&fd, 1, ms), 0);
}

/* It may take a while until all is prepared, but then there is nothing to do. */
static void assert_comes_to_rest(as_stream *stream)
{
    for (int i = 0; i < 200; i++) {
        const uint64_t cpu = test_cpu_ns();
        const as_stream_stats before = stats_of(stream);
        rest(stream, 50);
        const as_stream_stats after = stats_of(stream);
        if (after.drawn == before.drawn && after.decoded == before.decoded &&
            after.failed == before.failed && test_cpu_ns() - cpu < 15 * MILLISECOND)
            return;
    }
    fail_msg("the stream turns round on the spot");
}

static void test_idle_streams_rest(void **state)
{
    (void)state;
    for (uint32_t l1 = 2; l1 <= 512; l1 *= 4) {
        as_stream_params params = truth_params(&small);
        params.l1_frames = l1;
        params.l0_frames = l1 == 8 ? 64 : 6;
        params.processing = AS_PROCESS_BOTH | AS_PROCESS_CANVASES;
        as_stream *stream = open_stream(&params);
        for (uint64_t i = 0; i < 30; i++) {
            truth_expect(&small, stream, i, WIDTH, HEIGHT);
            truth_expect(&small, stream, i, 100, 50);
        }
        assert_comes_to_rest(stream);
        as_stream_close(&stream);
    }
}

/* Room for three buffers where L0 would like six. */
static void test_tight_budget_rests(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&small);
    params.l0_bytes = 3 * test_mask_bytes(WIDTH, HEIGHT);
    params.l1_frames = 2;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 60; i++)
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    assert_comes_to_rest(stream);
    assert_true(stats_of(stream).l0_bytes <= params.l0_bytes);
    as_stream_close(&stream);
}

static void test_dead_source_rests(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f, true);
    params.l0_frames = 64;
    params.prefetch_frames = 100;
    test_source_fail_range(&f.control, truth_range(&small, 0).offset, UINT64_MAX);
    f.stream = open_stream(&params);
    for (uint64_t i = 0; i < 5; i++)
        assert_int_equal(get_text(f.stream, i, AS_WAIT_FOREVER, &error), AS_ERROR_TRANSPORT);
    assert_comes_to_rest(f.stream);
    const uint64_t reads = test_source_reads(&f.control);
    assert_comes_to_rest(f.stream);
    assert_int_equal(test_source_reads(&f.control), reads);
    test_source_fail_range(&f.control, 0, 0);
    for (uint64_t i = 0; i < 20; i++)
        truth_expect(&small, f.stream, i, WIDTH, HEIGHT);
    end(&f);
}

static void test_waiting_costs_nothing(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f, true);
    gate_frames(&f, 0);
    f.stream = open_stream(&params);
    const uint64_t cpu = test_cpu_ns();
    assert_int_equal(get_text(f.stream, 80, 200 * MILLISECOND, &error), AS_TIMEOUT);
    assert_true(test_cpu_ns() - cpu < 60 * MILLISECOND);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timebox),
        cmocka_unit_test(test_blocked_reads_do_not_keep_drawing_waiting),
        cmocka_unit_test(test_blocked_streams_do_not_keep_others_waiting),
        cmocka_unit_test(test_who_waits_draws),
        cmocka_unit_test(test_foreground_overtakes_prefetch),
        cmocka_unit_test(test_reads_once),
        cmocka_unit_test(test_wait_forever),
        cmocka_unit_test(test_data_timeout),
        cmocka_unit_test(test_close_cancels_blocked_reads),
        cmocka_unit_test(test_close_waits_for_a_source_without_cancel),
        cmocka_unit_test(test_idle_streams_rest),
        cmocka_unit_test(test_tight_budget_rests),
        cmocka_unit_test(test_dead_source_rests),
        cmocka_unit_test(test_waiting_costs_nothing),
    };
    return cmocka_run_group_tests_name("stream wait", tests, setup, teardown);
}
