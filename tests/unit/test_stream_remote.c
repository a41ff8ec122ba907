/* SPDX-License-Identifier: MIT
 *
 * A source that is slow, takes hints and has outages: what it is asked to read ahead, that reads it
 * gives up are no failures, and that work goes on by itself when it is back.
 */
#include "tests/support/random.h"
#include "tests/support/stream_fixture.h"

#include <poll.h>

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 400, PADDING = 20000, PIECE = 256 * 1024 };

static truth small;

typedef struct fixture {
    test_source control;
    as_source *source;
    as_stream *stream;
} fixture;

static int setup(void **state)
{
    (void)state;
    truth_of_bytes(&small, test_padded_triangles(FRAMES, PADDING, 0), WIDTH, HEIGHT);
    truth_draw_all(&small, WIDTH, HEIGHT);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&small);
    return test_nothing_alive(state);
}

/* Reads 6 frames ahead into L1, and asks the source for 60. */
static as_stream_params on_source(fixture *f)
{
    test_source_init(&f->control, small.bytes, small.size, true);
    f->control.hinted = f->control.gives_up = true;
    f->source = test_source_open(&f->control);
    as_stream_params params = truth_params(&small);
    params.bytes = NULL;
    params.bytes_size = 0;
    params.source = f->source;
    params.prefetch_frames = 6;
    params.network_ahead_ms = 1000;
    return params;
}

static void end(fixture *f)
{
    as_stream_close(&f->stream);
    as_source_close(&f->source);
    assert_true(f->control.closed);
    test_source_destroy(&f->control);
}

static uint64_t offset_of(uint64_t index)
{
    return truth_range(&small, index).offset;
}

static void gate_frames(fixture *f, uint64_t from, uint64_t to)
{
    test_source_gate(&f->control, offset_of(from), offset_of(to));
}

static as_result get(as_stream *stream, uint64_t index, uint64_t timeout_ns, as_error *error)
{
    as_frame *frame = NULL;
    const as_result result = as_stream_get_frame(stream, index, 0, 0, timeout_ns, &frame);
    as_stream_last_error(stream, error);
    as_frame_unref(&frame);
    return result;
}

static void expect(fixture *f, uint64_t index)
{
    truth_expect(&small, f->stream, index, WIDTH, HEIGHT);
}

/* Lets time pass. */
static void rest(as_stream *stream, int ms)
{
    struct pollfd fd = {.fd = as_stream_event_fd(stream), .events = POLLIN};
    (void)as_stream_drain_events(stream);
    (void)poll(&fd, 1, ms);
}

/* -------------------------------------------------------------------------------- hints ---- */

static void test_forward_is_one_range(void **state)
{
    (void)state;
    fixture f;
    as_stream_params params = on_source(&f);
    gate_frames(&f, 0, FRAMES - 1);
    f.stream = open_stream(&params);
    test_hint hint = test_source_hint(&f.control, 0);
    assert_int_equal(hint.count, 1);
    assert_int_equal(hint.ranges[0].offset, offset_of(0));
    assert_int_equal(hint.ranges[0].offset + hint.ranges[0].length, offset_of(61));
    assert_int_equal(hint.priority, 0);
    const uint64_t generation = hint.generation;
    test_source_open_gate(&f.control);
    for (uint64_t i = 0; i < 100; i++)
        expect(&f, i);
    /* Not with every frame. */
    hint = test_source_hint_of(&f.control, truth_range(&small, 155));
    const uint64_t hints = test_source_hints(&f.control);
    assert_in_range(hints, 2, 100 / 3);
    assert_int_equal(hint.generation, generation);
    assert_in_range(hint.ranges[0].offset, offset_of(95), offset_of(110));
    assert_in_range(hint.ranges[0].offset + hint.ranges[0].length, offset_of(156), offset_of(161));
    /* Nothing is new: no hint, but for one that was due. */
    for (int i = 0; i < 40; i++)
        expect(&f, 99);
    assert_in_range(test_source_hints(&f.control), hints, hints + 1);
    end(&f);
}

static void test_ends_with_the_container(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f);
    params.network_ahead_ms = 0; /* 10 s */
    test_source_gate(&f.control, offset_of(0), UINT64_MAX);
    f.stream = open_stream(&params);
    test_hint hint = test_source_hint(&f.control, 0);
    assert_int_equal(hint.count, 1);
    assert_int_equal(hint.ranges[0].offset + hint.ranges[0].length, small.size);
    assert_int_equal(as_stream_seek(f.stream, FRAMES - 1), AS_OK);
    hint = test_source_hint(&f.control, 1);
    assert_int_equal(hint.count, 1);
    assert_int_equal(hint.ranges[0].offset, offset_of(FRAMES - 1));
    assert_int_equal(get(f.stream, FRAMES, 0, &error), AS_ERROR_OUT_OF_RANGE);
    end(&f);
}

typedef struct waiter {
    as_stream *stream;
    uint64_t index;
    as_result result;
    pthread_t thread;
} waiter;

static void *wait_for_frame(void *user)
{
    waiter *w = user;
    as_error error;
    w->result = get(w->stream, w->index, AS_WAIT_FOREVER, &error);
    return NULL;
}

static void begin_waiting(waiter *w, as_stream *stream, uint64_t index)
{
    *w = (waiter){.stream = stream, .index = index};
    assert_int_equal(pthread_create(&w->thread, NULL, wait_for_frame, w), 0);
}

static void end_waiting(fixture *f, waiter *w)
{
    test_source_open_gate(&f->control);
    assert_int_equal(pthread_join(w->thread, NULL), 0);
    assert_int_equal(w->result, AS_OK);
}

static void test_waited_frame_comes_first(void **state)
{
    (void)state;
    fixture f;
    waiter w;
    as_stream_params params = on_source(&f);
    gate_frames(&f, 0, FRAMES - 1);
    f.stream = open_stream(&params);
    const test_hint before = test_source_hint(&f.control, 0);
    begin_waiting(&w, f.stream, 300);
    const test_hint hint = test_source_hint(&f.control, 1);
    assert_true(hint.generation > before.generation);
    assert_int_equal(hint.priority, 1);
    assert_int_equal(hint.count, 1);
    assert_int_equal(hint.ranges[0].offset, offset_of(300));
    /* Trust in a path begins small, but not with a single frame. */
    assert_in_range(hint.ranges[0].offset + hint.ranges[0].length, offset_of(310), offset_of(340));
    end_waiting(&f, &w);
    end(&f);
}

/* A step aside is no other path, but what is waited for is named. */
static void test_step_aside(void **state)
{
    (void)state;
    fixture f;
    waiter w;
    as_stream_params params = on_source(&f);
    params.start_frame = 100;
    f.stream = open_stream(&params);
    for (uint64_t i = 100; i < 108; i++)
        expect(&f, i);
    gate_frames(&f, 0, FRAMES - 1);
    const test_hint before = test_source_hint(&f.control, 0);
    begin_waiting(&w, f.stream, 96);
    const test_hint hint = test_source_hint_of(&f.control, truth_range(&small, 96));
    assert_int_equal(hint.generation, before.generation);
    assert_int_equal(hint.ranges[0].offset, offset_of(96));
    assert_int_equal(hint.priority, 1);
    end_waiting(&f, &w);
    end(&f);
}

static void test_backward_is_descending_pieces(void **state)
{
    (void)state;
    fixture f;
    as_stream_params params = on_source(&f);
    params.start_frame = 300;
    gate_frames(&f, 0, FRAMES - 1);
    f.stream = open_stream(&params);
    (void)test_source_hint(&f.control, 0);
    assert_int_equal(as_stream_play(f.stream, -1), AS_OK);
    const test_hint hint = test_source_hint(&f.control, 1);
    assert_true(hint.count >= 4);
    uint64_t at = offset_of(301);
    for (size_t i = 0; i < hint.count; i++) {
        const as_byte_range r = hint.ranges[i];
        assert_int_equal(r.offset + r.length, at);
        assert_true(r.length <= PIECE);
        assert_true(r.length >= PIECE - PADDING - 100 || i + 1 == hint.count);
        at = r.offset;
    }
    assert_int_equal(at, offset_of(240));
    end(&f);
}

/* Every tenth frame: ranges with gaps that are worth it. */
static void test_strides(void **state)
{
    (void)state;
    fixture f;
    as_stream_params params = on_source(&f);
    f.stream = open_stream(&params);
    for (uint64_t i = 0; i < 100; i += 10)
        expect(&f, i);
    gate_frames(&f, 0, FRAMES - 1);
    assert_int_equal(stats_of(f.stream).stride, 10);
    const test_hint hint = test_source_hint_of(&f.control, truth_range(&small, 390));
    assert_true(hint.count > 20);
    const uint64_t length = truth_range(&small, 0).length;
    for (size_t i = 10; i < hint.count; i++) { /* past what L1 may have */
        assert_int_equal(hint.ranges[i].length, length);
        assert_int_equal(hint.ranges[i].offset, hint.ranges[i - 1].offset + 10 * length);
    }
    end(&f);
}

static void test_requests_are_named(void **state)
{
    (void)state;
    fixture f;
    as_stream_params params = on_source(&f);
    params.prefetch_frames = 30;
    gate_frames(&f, 0, FRAMES - 1);
    f.stream = open_stream(&params);
    (void)test_source_hint(&f.control, 0);
    assert_int_equal(as_stream_request(f.stream, 200, 20), AS_OK);
    const test_hint hint = test_source_hint(&f.control, 1);
    assert_int_equal(hint.count, 3); /* what comes next, the request, what comes later */
    assert_int_equal(hint.ranges[0].offset, offset_of(0));
    assert_int_equal(hint.ranges[0].offset + hint.ranges[0].length, offset_of(5));
    assert_int_equal(hint.ranges[1].offset, offset_of(200));
    assert_int_equal(hint.ranges[1].offset + hint.ranges[1].length, offset_of(220));
    assert_int_equal(hint.ranges[2].offset, offset_of(5));
    test_source_open_gate(&f.control);
    expect(&f, 0);
    end(&f);
}

/* A source may call back: no lock is held. */
static void ask_stream(void *user)
{
    fixture *f = user;
    as_error error;
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    assert_int_equal(as_stream_get_stats(f->stream, &stats), AS_OK);
    (void)get(f->stream, 5, 0, &error);
}

static void test_hints_under_no_lock(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f);
    f.stream = open_stream(&params);
    expect(&f, 0);
    test_source_on_hint(&f.control, ask_stream, &f);
    const uint64_t hints = test_source_hints(&f.control);
    assert_int_equal(as_stream_seek(f.stream, 200), AS_OK);
    (void)test_source_hint(&f.control, hints);
    (void)get(f.stream, 300, 0, &error);
    expect(&f, 100);
    end(&f);
}

/* -------------------------------------------------------------------------- reads given up -- */

static void block_all_reads(fixture *f, const as_stream_params *params)
{
    as_error error;
    f->stream = open_stream(params);
    expect(f, 0);
    gate_frames(f, 0, 150);
    assert_int_equal(get(f->stream, 100, MILLISECOND, &error), AS_TIMEOUT);
    assert_int_equal(as_stream_request(f->stream, 120, 6), AS_OK);
    test_source_wait_blocked(&f->control, 4);
}

/* All reading threads are stuck where the head was; the source lets go of them. */
static void test_seek_past_blocked_reads(void **state)
{
    (void)state;
    for (int seek = 0; seek < 2; seek++) {
        fixture f;
        as_stream_params params = on_source(&f);
        params.io_requests = 4;
        block_all_reads(&f, &params);
        if (seek)
            assert_int_equal(as_stream_seek(f.stream, 300), AS_OK);
        expect(&f, 300);
        expect(&f, 301);
        assert_true(f.control.given_up >= 1);
        assert_int_equal(stats_of(f.stream).failed, 0);
        test_source_open_gate(&f.control);
        expect(&f, 100);
        end(&f);
    }
}

/* What was promised an event is asked for again. */
static void test_requests_survive_seeks(void **state)
{
    (void)state;
    fixture f;
    test_events events;
    as_result result;
    test_events_init(&events);
    as_stream_params params = on_source(&f);
    params.event = test_events_take;
    params.event_user = &events;
    block_all_reads(&f, &params);
    assert_int_equal(as_stream_seek(f.stream, 300), AS_OK);
    const test_hint hint = test_source_hint_of(&f.control, truth_range(&small, 301));
    assert_true(test_hint_names(&hint, truth_range(&small, 120)));
    assert_false(test_hint_names(&hint, truth_range(&small, 100)));
    test_source_open_gate(&f.control);
    test_events_wait(&events, 6);
    for (uint64_t i = 120; i < 126; i++) {
        assert_int_equal(test_events_of(&events, i, &result), 1);
        assert_int_equal(result, AS_OK);
    }
    assert_int_equal(stats_of(f.stream).failed, 0);
    end(&f);
    test_events_destroy(&events);
}

/* Two places asked for in turn: neither drives the other out. */
static void test_two_places_in_turn(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f);
    f.stream = open_stream(&params);
    expect(&f, 0);
    gate_frames(&f, 100, FRAMES - 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(get(f.stream, 100, MILLISECOND, &error), AS_TIMEOUT);
        (void)test_source_hint_of(&f.control, truth_range(&small, 101));
        assert_int_equal(get(f.stream, 300, MILLISECOND, &error), AS_TIMEOUT);
        const test_hint hint = test_source_hint_of(&f.control, truth_range(&small, 301));
        assert_true(test_hint_names(&hint, truth_range(&small, 100)));
    }
    test_source_wait_blocked(&f.control, 2);
    assert_in_range(test_source_count(&f.control, 0, offset_of(100)), 0, 1);
    assert_in_range(test_source_count(&f.control, 0, offset_of(300)), 0, 1);
    end(&f);
}

typedef struct seeker {
    fixture *f;
    uint64_t seed;
    uint32_t frames, wrong;
    pthread_t thread;
} seeker;

static void *seek_and_get(void *user)
{
    seeker *s = user;
    test_random random = test_random_from(s->seed);
    for (int i = 0; i < (TEST_SANITIZED ? 60 : 200); i++) {
        as_frame *frame = NULL;
        const uint64_t index = (uint64_t)test_random_in(&random, 0, FRAMES - 1);
        const uint64_t patience = (uint64_t)test_random_in(&random, 0, 2);
        if (patience == 0 && as_stream_seek(s->f->stream, index) != AS_OK)
            s->wrong++;
        const as_result result = as_stream_get_frame(
            s->f->stream, index, 0, 0, patience == 2 ? AS_WAIT_FOREVER : patience * 100000, &frame);
        if (result == AS_OK) {
            s->frames++;
            s->wrong += !truth_shows(&small, frame, index, WIDTH, HEIGHT);
        } else if (result != AS_TIMEOUT && result != AS_NOT_READY) {
            s->wrong++;
        }
        as_frame_unref(&frame);
    }
    return NULL;
}

static void *serve(void *user)
{
    test_source_serve(user);
    return NULL;
}

/* Each seek makes the source let go of what others may have asked for; they get it all the same. */
static void test_many_seeks(void **state)
{
    (void)state;
    enum { SEEKERS = 3 };
    fixture f;
    pthread_t server;
    seeker seekers[SEEKERS];
    const uint64_t seed = test_seed("stream remote");
    as_stream_params params = on_source(&f);
    params.l1_frames = 16;
    f.stream = open_stream(&params);
    gate_frames(&f, 0, FRAMES - 1);
    assert_int_equal(pthread_create(&server, NULL, serve, &f.control), 0);
    for (uint64_t i = 0; i < SEEKERS; i++) {
        seekers[i] = (seeker){.f = &f, .seed = seed + i};
        assert_int_equal(pthread_create(&seekers[i].thread, NULL, seek_and_get, &seekers[i]), 0);
    }
    for (int i = 0; i < SEEKERS; i++) {
        assert_int_equal(pthread_join(seekers[i].thread, NULL), 0);
        assert_int_equal(seekers[i].wrong, 0);
        assert_true(seekers[i].frames > 0);
    }
    test_source_open_gate(&f.control);
    assert_int_equal(pthread_join(server, NULL), 0);
    assert_int_equal(stats_of(f.stream).failed, 0);
    assert_true(f.control.given_up > 0);
    end(&f);
}

/* Gives up whatever it is asked for: an error, and no hurry. */
static void test_source_that_always_gives_up(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f);
    params.prefetch_frames = 1;
    f.stream = open_stream(&params);
    expect(&f, 0);
    expect(&f, 200);
    test_source_give_up_range(&f.control, offset_of(300), offset_of(301));
    const uint64_t before = test_source_reads(&f.control);
    assert_int_equal(get(f.stream, 300, AS_WAIT_FOREVER, &error), AS_ERROR_TRANSPORT);
    assert_int_equal(error.frame, 300);
    test_assert_text(error.text, "frame 300: the source gave up", "get", __FILE__, __LINE__);
    test_assert_text(error.text, "ask again", "get", __FILE__, __LINE__);
    assert_int_equal(test_source_count(&f.control, before, offset_of(300)), 2);
    assert_int_equal(get(f.stream, 300, AS_WAIT_FOREVER, &error), AS_ERROR_TRANSPORT);
    assert_int_equal(test_source_count(&f.control, before, offset_of(300)), 4);
    rest(f.stream, 50);
    assert_int_equal(test_source_count(&f.control, before, offset_of(300)), 4);
    test_source_give_up_range(&f.control, 0, 0);
    expect(&f, 300);
    end(&f);
}

static void test_index_given_up(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f);
    test_source_give_up_range(&f.control, 0, 1);
    assert_fails(as_stream_open(&params, &f.stream, &error), AS_ERROR_TRANSPORT, &error,
                 "gave up reading the frame index");
    assert_int_equal(test_source_reads(&f.control), 2);
    assert_false(f.control.cancelled);
    end(&f);
}

/* The host cancels the source under the stream: that is for good. */
static void test_cancelled_source(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f);
    f.stream = open_stream(&params);
    expect(&f, 0);
    as_source_cancel(f.source);
    assert_int_equal(get(f.stream, 300, AS_WAIT_FOREVER, &error), AS_ERROR_CANCELLED);
    const uint64_t reads = test_source_reads(&f.control);
    assert_int_equal(get(f.stream, 300, AS_WAIT_FOREVER, &error), AS_ERROR_CANCELLED);
    assert_int_equal(test_source_reads(&f.control), reads);
    expect(&f, 0);
    end(&f);
}

/* ------------------------------------------------------------------------------ outages ---- */

/* Nobody asks for the frames that failed; they come all the same. */
static void test_prefetch_resumes(void **state)
{
    (void)state;
    fixture f;
    as_error error;
    as_stream_params params = on_source(&f);
    params.prefetch_frames = 50;
    test_source_fail_range(&f.control, offset_of(4), small.size);
    f.stream = open_stream(&params);
    for (uint64_t i = 0; i < 4; i++)
        expect(&f, i);
    assert_int_equal(get(f.stream, 4, AS_WAIT_FOREVER, &error), AS_ERROR_TRANSPORT);
    for (uint64_t i = 0; i < 4; i++) /* what is there stays */
        expect(&f, i);
    while (stats_of(f.stream).failed < 40) /* all that is wanted was tried */
        rest(f.stream, 5);
    const uint64_t start = test_now_ns();
    test_source_fail_range(&f.control, 0, 0);
    while (stats_of(f.stream).l1_frames < 50) {
        expect(&f, 3);
        rest(f.stream, 20);
        assert_true(test_now_ns() - start < 60 * SECOND);
    }
    end(&f);
}

/* A dead source is not asked again and again in between. */
static void test_outage_is_quiet(void **state)
{
    (void)state;
    fixture f;
    as_stream_params params = on_source(&f);
    params.prefetch_frames = 50;
    test_source_fail_range(&f.control, offset_of(4), small.size);
    f.stream = open_stream(&params);
    const uint64_t start = test_now_ns();
    for (int i = 0; i < 100; i++)
        expect(&f, (uint64_t)i % 4);
    /* 49 frames, tried at once and again after each second. */
    const uint64_t rounds = 1 + (test_now_ns() - start) / SECOND;
    assert_true(stats_of(f.stream).failed <= 60 * rounds);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward_is_one_range),
        cmocka_unit_test(test_ends_with_the_container),
        cmocka_unit_test(test_waited_frame_comes_first),
        cmocka_unit_test(test_step_aside),
        cmocka_unit_test(test_backward_is_descending_pieces),
        cmocka_unit_test(test_strides),
        cmocka_unit_test(test_requests_are_named),
        cmocka_unit_test(test_hints_under_no_lock),
        cmocka_unit_test(test_seek_past_blocked_reads),
        cmocka_unit_test(test_requests_survive_seeks),
        cmocka_unit_test(test_two_places_in_turn),
        cmocka_unit_test(test_many_seeks),
        cmocka_unit_test(test_source_that_always_gives_up),
        cmocka_unit_test(test_index_given_up),
        cmocka_unit_test(test_cancelled_source),
        cmocka_unit_test(test_prefetch_resumes),
        cmocka_unit_test(test_outage_is_quiet),
    };
    return cmocka_run_group_tests_name("stream remote", tests, setup, teardown);
}
