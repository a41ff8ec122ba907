/* SPDX-License-Identifier: MIT
 *
 * A source whose content is replaced under the stream: one AS_ERROR_CHANGED, then the frames of the
 * new content, and nothing of the old one again.
 */
#include "tests/support/failing_alloc.h"
#include "tests/support/stream_fixture.h"

enum { WIDTH = 320, HEIGHT = 200, OLD = 120, NEW = 80 };

static truth old, new;
static as_error error;

typedef struct fixture {
    test_source control;
    as_source *source;
    as_stream *stream;
} fixture;

static int setup(void **state)
{
    (void)state;
    truth_of_bytes(&old, test_padded_triangles(OLD, 2000, 0), WIDTH, HEIGHT);
    truth_of_bytes(&new, test_padded_triangles(NEW, 1000, 1000), WIDTH, HEIGHT);
    truth_draw_all(&old, WIDTH, HEIGHT);
    truth_draw_all(&new, WIDTH, HEIGHT);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&old);
    truth_free(&new);
    return test_nothing_alive(state);
}

static as_stream_params on_source(fixture *f, bool versioned)
{
    *f = (fixture){.stream = NULL};
    test_source_init(&f->control, old.bytes, old.size, true);
    f->control.versioned = versioned;
    f->source = test_source_open(&f->control);
    as_stream_params params = truth_params(&old);
    params.bytes = NULL;
    params.bytes_size = 0;
    params.source = f->source;
    params.prefetch_frames = 4;
    return params;
}

static void end(fixture *f)
{
    as_stream_close(&f->stream);
    as_source_close(&f->source);
    assert_true(f->control.closed);
    test_source_destroy(&f->control);
}

static void replace(fixture *f, const truth *by)
{
    test_source_replace(&f->control, by->bytes, by->size);
}

static as_result get_frame(fixture *f, uint64_t index, uint64_t timeout_ns, as_frame **out)
{
    const as_result result = as_stream_get_frame(f->stream, index, 0, 0, timeout_ns, out);
    assert_int_equal(as_stream_last_error(f->stream, &error), result);
    assert_true((result == AS_OK) == (*out != NULL));
    return result;
}

static as_result get(fixture *f, uint64_t index, uint64_t timeout_ns)
{
    as_frame *frame = NULL;
    const as_result result = get_frame(f, index, timeout_ns, &frame);
    as_frame_unref(&frame);
    return result;
}

static void expect(fixture *f, truth *t, uint64_t index)
{
    truth_expect(t, f->stream, index, WIDTH, HEIGHT);
}

static void expect_changed(fixture *f, uint64_t index)
{
    assert_int_equal(get(f, index, AS_WAIT_FOREVER), AS_ERROR_CHANGED);
    test_assert_text(error.text, "replaced by another", "get", __FILE__, __LINE__);
    test_assert_text(error.text, "ask again", "get", __FILE__, __LINE__);
}

static uint64_t frame_count(fixture *f)
{
    as_stream_metadata m = {.struct_size = sizeof(m)};
    assert_int_equal(as_stream_get_metadata(f->stream, &m), AS_OK);
    return m.frame_count;
}

/* --------------------------------------------------------------------------- one change ---- */

/* Seen by the next get, though nothing has to be read for it. */
static void test_changed_once(void **state)
{
    (void)state;
    fixture f;
    as_stream_params params = on_source(&f, true);
    as_frame *held = NULL, *strip = NULL;
    f.stream = open_stream(&params);
    for (uint64_t i = 0; i < 10; i++)
        expect(&f, &old, i);
    assert_int_equal(get_frame(&f, 9, AS_WAIT_FOREVER, &held), AS_OK);
    assert_int_equal(frame_count(&f), OLD);
    replace(&f, &new);
    expect_changed(&f, 9);
    for (uint64_t i = 0; i < NEW; i++)
        expect(&f, &new, i);
    assert_int_equal(frame_count(&f), NEW);
    assert_int_equal(stats_of(f.stream).changes, 1);
    assert_int_equal(stats_of(f.stream).failed, 0);
    assert_int_equal(get(&f, NEW, 0), AS_ERROR_OUT_OF_RANGE);
    test_assert_text(error.text, "80 frames", "get", __FILE__, __LINE__);
    assert_true(truth_shows(&old, held, 9, WIDTH, HEIGHT)); /* it is the caller's */
    as_frame_unref(&held);
    /* And back; strips are told like masks. */
    replace(&f, &old);
    assert_int_equal(as_stream_get_strip(f.stream, 5, AS_WAIT_FOREVER, &strip), AS_ERROR_CHANGED);
    assert_null(strip);
    truth_expect_strip(&old, f.stream, 5);
    expect(&f, &old, OLD - 1);
    assert_int_equal(stats_of(f.stream).changes, 2);
    end(&f);
}

/* Seen by a read ahead; the next get tells it all the same, once. */
static void seen_by_a_read(bool versioned)
{
    fixture f;
    test_events events;
    as_result result;
    test_events_init(&events);
    as_stream_params params = on_source(&f, versioned);
    params.event = test_events_take;
    params.event_user = &events;
    f.stream = open_stream(&params);
    expect(&f, &old, 0);
    test_source_gate(&f.control, truth_range(&old, 20).offset, UINT64_MAX);
    assert_int_equal(as_stream_request(f.stream, 20, 3), AS_OK);
    test_source_wait_blocked(&f.control, 3);
    replace(&f, &new);
    test_source_open_gate(&f.control);
    test_events_wait(&events, 2);
    assert_int_equal(test_events_of(&events, AS_NO_FRAME, &result), 2);
    assert_int_equal(events.results[0], AS_ERROR_CHANGED);
    assert_int_equal(events.results[1], AS_OK);
    expect_changed(&f, 0);
    expect(&f, &new, 0);
    expect(&f, &new, NEW - 1);
    assert_int_equal(stats_of(f.stream).changes, 1);
    end(&f);
    test_events_destroy(&events);
}

static void test_seen_by_a_read(void **state)
{
    (void)state;
    seen_by_a_read(true);
    seen_by_a_read(false);
}

/* ---------------------------------------------------------------------- while it is opened -- */

static void test_calls_while_it_is_opened(void **state)
{
    (void)state;
    fixture f;
    as_stream_params params = on_source(&f, true);
    as_stream_metadata m = {.struct_size = sizeof(m)};
    params.init_timeout_ms = 3600000;
    f.stream = open_stream(&params);
    expect(&f, &old, 0);
    test_source_gate(&f.control, 0, 1);
    replace(&f, &new);
    expect_changed(&f, 0);
    test_source_wait_blocked(&f.control, 1);
    assert_int_equal(get(&f, 0, 0), AS_NOT_READY);
    test_assert_text(error.text, "new content", "get", __FILE__, __LINE__);
    assert_int_equal(get(&f, 0, 3 * MILLISECOND), AS_TIMEOUT);
    test_assert_text(error.text, "new content", "get", __FILE__, __LINE__);
    assert_int_equal(as_stream_get_metadata(f.stream, &m), AS_NOT_READY);
    assert_int_equal(as_stream_seek(f.stream, 0), AS_NOT_READY);
    assert_int_equal(as_stream_request(f.stream, 0, 1), AS_NOT_READY);
    assert_int_equal(get(&f, 5000, 0), AS_NOT_READY); /* nobody knows yet */
    test_source_open_gate(&f.control);
    expect(&f, &new, 0);
    end(&f);
}

static void *replace_when_blocked(void *user)
{
    fixture *f = user;
    test_source_wait_blocked(&f->control, 1);
    replace(f, &new);
    test_source_open_gate(&f->control);
    return NULL;
}

/* The index was read, the first frames are awaited: the open succeeds, the rest is for the gets. */
static void test_change_while_init_frames_come(void **state)
{
    (void)state;
    fixture f;
    pthread_t thread;
    as_stream_params params = on_source(&f, true);
    params.init_frames = 8;
    params.init_timeout_ms = 3600000;
    test_source_gate(&f.control, truth_range(&old, 4).offset, UINT64_MAX);
    assert_int_equal(pthread_create(&thread, NULL, replace_when_blocked, &f), 0);
    f.stream = open_stream(&params);
    assert_int_equal(pthread_join(thread, NULL), 0);
    expect_changed(&f, 0);
    expect(&f, &new, 0);
    end(&f);
}

static void test_close_while_it_is_opened(void **state)
{
    (void)state;
    fixture f;
    as_stream_params params = on_source(&f, true);
    f.stream = open_stream(&params);
    expect(&f, &old, 0);
    test_source_gate(&f.control, 0, 1);
    replace(&f, &new);
    expect_changed(&f, 0);
    test_source_wait_blocked(&f.control, 1);
    end(&f);
}

static void test_silent_source(void **state)
{
    (void)state;
    fixture f;
    test_events events;
    test_events_init(&events);
    as_stream_params params = on_source(&f, true);
    params.init_timeout_ms = 20; /* which the first, asynchronous open does not mind */
    params.event = test_events_take;
    params.event_user = &events;
    assert_ok(as_stream_open_async(&params, &f.stream, &error), &error);
    test_events_wait(&events, 1);
    expect(&f, &old, 0);
    test_source_gate(&f.control, 0, 1);
    replace(&f, &new);
    expect_changed(&f, 0);
    assert_int_equal(get(&f, 0, AS_WAIT_FOREVER), AS_ERROR_TRANSPORT);
    test_assert_text(error.text, "init_timeout_ms", "get", __FILE__, __LINE__);
    test_source_open_gate(&f.control);
    test_events_wait(&events, 3);
    expect(&f, &new, 0);
    end(&f);
    test_events_destroy(&events);
}

typedef struct waiter {
    fixture *f;
    uint64_t index;
    as_result result;
    bool right;
} waiter;

static void *wait_forever(void *user)
{
    waiter *w = user;
    as_frame *frame = NULL;
    w->result = as_stream_get_frame(w->f->stream, w->index, 0, 0, AS_WAIT_FOREVER, &frame);
    w->right = w->result != AS_OK || truth_shows(&new, frame, w->index, WIDTH, HEIGHT);
    as_frame_unref(&frame);
    return NULL;
}

/* Of those who wait when it comes, one is told; the others get what they asked for, of the new. */
static void test_waiting_callers(void **state)
{
    (void)state;
    enum { WAITERS = 6 };
    static const uint64_t indices[WAITERS] = {60, 61, 70, 70, 100, 101};
    fixture f;
    pthread_t threads[WAITERS];
    waiter waiters[WAITERS];
    as_stream_params params = on_source(&f, true);
    params.io_requests = 8;
    f.stream = open_stream(&params);
    expect(&f, &old, 0);
    test_source_gate(&f.control, truth_range(&old, 50).offset, UINT64_MAX);
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = (waiter){.f = &f, .index = indices[i]};
        assert_int_equal(pthread_create(&threads[i], NULL, wait_forever, &waiters[i]), 0);
    }
    test_source_wait_blocked(&f.control, 5); /* 70 is read once */
    replace(&f, &new);
    test_source_open_gate(&f.control);
    int told = 0;
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(threads[i], NULL);
        const waiter *w = &waiters[i];
        told += w->result == AS_ERROR_CHANGED;
        assert_true(w->right);
        if (w->result != AS_ERROR_CHANGED)
            assert_int_equal(w->result, w->index < NEW ? AS_OK : AS_ERROR_OUT_OF_RANGE);
    }
    assert_int_equal(told, 1);
    expect(&f, &new, 61);
    end(&f);
}

/* ------------------------------------------------------------------------- what goes wrong -- */

static void test_open_fails_for_a_while(void **state)
{
    (void)state;
    fixture f;
    as_stream_params params = on_source(&f, true);
    as_stream_metadata m = {.struct_size = sizeof(m)};
    f.stream = open_stream(&params);
    expect(&f, &old, 0);
    test_source_fail_range(&f.control, 0, 1);
    replace(&f, &new);
    expect_changed(&f, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(get(&f, 0, AS_WAIT_FOREVER), AS_ERROR_TRANSPORT);
        test_assert_text(error.text, "failed as it was told", "get", __FILE__, __LINE__);
    }
    assert_int_equal(as_stream_get_metadata(f.stream, &m), AS_ERROR_TRANSPORT);
    test_source_fail_range(&f.control, 0, 0);
    expect(&f, &new, 0);
    assert_int_equal(frame_count(&f), NEW);
    end(&f);
}

/* Something else is there now; later there is a container again. */
static void test_replaced_by_junk(void **state)
{
    (void)state;
    static const uint8_t junk[100] = "<html>404</html>";
    fixture f;
    as_stream_params params = on_source(&f, true);
    f.stream = open_stream(&params);
    expect(&f, &old, 0);
    test_source_replace(&f.control, junk, sizeof(junk));
    expect_changed(&f, 0);
    assert_int_equal(get(&f, 0, AS_WAIT_FOREVER), AS_ERROR_DECODE);
    test_assert_text(error.text, "not an AlphaStream container", "get", __FILE__, __LINE__);
    const uint64_t reads = test_source_reads(&f.control);
    for (int i = 0; i < 5; i++)
        assert_int_equal(get(&f, 0, AS_WAIT_FOREVER), AS_ERROR_DECODE);
    assert_int_equal(test_source_reads(&f.control), reads); /* the same bytes are no better */
    replace(&f, &new);
    expect(&f, &new, 3);
    end(&f);
}

/* Another version with every read. */
static void test_never_the_same(void **state)
{
    (void)state;
    for (int versioned = 0; versioned < 2; versioned++) {
        fixture f;
        as_stream_params params = on_source(&f, versioned);
        f.stream = open_stream(&params);
        for (uint64_t i = 0; i < 8; i++)
            expect(&f, &old, i);
        test_source_keep_changing(&f.control, UINT64_MAX);
        const uint64_t before = test_source_reads(&f.control);
        int changed = 0;
        for (int i = 0; i < 50; i++) {
            const as_result result = get(&f, 60, AS_WAIT_FOREVER);
            changed += result == AS_ERROR_CHANGED;
            if (result != AS_ERROR_CHANGED)
                assert_int_equal(result, AS_ERROR_TRANSPORT);
        }
        assert_in_range(changed, 1, 2);
        test_assert_text(error.text, "faster than its index can be read", "get", __FILE__,
                         __LINE__);
        assert_true(test_source_reads(&f.control) - before <= 50 * 2 + 20);
        test_source_keep_changing(&f.control, 0);
        expect(&f, &old, 60);
        end(&f);
    }
}

/* The index can be read, no frame can: each get is an attempt, and no more. */
static void test_frames_always_change(void **state)
{
    (void)state;
    fixture f;
    as_stream_params params = on_source(&f, true);
    f.stream = open_stream(&params);
    expect(&f, &old, 0);
    test_source_change_range(&f.control, truth_range(&old, 0).offset, UINT64_MAX);
    const uint64_t before = test_source_reads(&f.control);
    for (int i = 0; i < 20; i++) {
        const as_result result = get(&f, 60, AS_WAIT_FOREVER);
        assert_true(result == AS_ERROR_CHANGED || result == AS_ERROR_TRANSPORT);
    }
    assert_true(test_source_reads(&f.control) - before <= 20 * 30);
    const uint64_t changes = stats_of(f.stream).changes;
    assert_true(changes <= 60);
    test_source_change_range(&f.control, 0, 0);
    while (get(&f, 60, AS_WAIT_FOREVER) != AS_OK)
        assert_true(error.code == AS_ERROR_CHANGED || error.code == AS_ERROR_TRANSPORT);
    expect(&f, &old, 60);
    end(&f);
}

/* While it is opened for the first time: tried once more. */
static void test_change_within_the_first_open(void **state)
{
    (void)state;
    for (uint64_t changes = 1; changes < 6; changes++) {
        fixture f;
        as_stream_params params = on_source(&f, true);
        test_source_keep_changing(&f.control, changes);
        if (changes == 1) {
            f.stream = open_stream(&params);
            expect(&f, &old, 0);
        } else {
            assert_fails(as_stream_open(&params, &f.stream, &error), AS_ERROR_CHANGED, &error,
                         "replaced");
        }
        end(&f);
    }
}

static void test_twice_before_anybody_asks(void **state)
{
    (void)state;
    fixture f;
    test_events events;
    test_events_init(&events);
    as_stream_params params = on_source(&f, true);
    params.event = test_events_take;
    params.event_user = &events;
    f.stream = open_stream(&params);
    expect(&f, &old, 0);
    for (int i = 0; i < 2; i++) {
        const truth *from = i ? &new : &old, *to = i ? &old : &new;
        test_source_gate(&f.control, truth_range(from, 20).offset, UINT64_MAX);
        assert_int_equal(as_stream_request(f.stream, 20, 1), AS_OK);
        test_source_wait_blocked(&f.control, 1);
        replace(&f, to);
        test_source_open_gate(&f.control);
        if (i == 0)
            test_events_wait(&events, 2);
    }
    expect_changed(&f, 0);
    expect(&f, &old, 0);
    expect(&f, &old, 100);
    end(&f);
    test_events_destroy(&events);
}

/* true: everything went well. */
static bool try_change(void)
{
    fixture f;
    as_frame *frame = NULL;
    as_stream_params params = on_source(&f, true);
    as_result result = as_stream_open(&params, &f.stream, &error);
    bool well = result == AS_OK;
    for (int i = 0; result != AS_OK && i < 3; i++)
        result = as_stream_open(&params, &f.stream, &error);
    assert_ok(result, &error);
    replace(&f, &new);
    for (int i = 0; i < 10 && !frame; i++) {
        result = get_frame(&f, 3, AS_WAIT_FOREVER, &frame);
        if (result != AS_OK && result != AS_ERROR_CHANGED)
            assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
        well = well && result != AS_ERROR_OUT_OF_MEMORY;
    }
    assert_non_null(frame);
    assert_true(truth_shows(&new, frame, 3, WIDTH, HEIGHT));
    as_frame_unref(&frame);
    end(&f);
    return well;
}

/* Whoever asks again gets the new frames. */
static void test_each_allocation_fails_once(void **state)
{
    (void)state;
    uint64_t n = 0, noticed = 0;
    truth_rest(&old);
    truth_rest(&new);
    do {
        test_alloc_fail_at(1 + n++); /* 0: the source, which is not meant */
        noticed += !try_change();
        assert_int_equal(test_alloc_bytes(), 0);
    } while (test_alloc_failed());
    test_alloc_restore();
    print_message("%u allocations, %u of them were noticed\n", (unsigned)n, (unsigned)noticed);
    assert_true(n > 50);
    assert_true(noticed > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_once),
        cmocka_unit_test(test_seen_by_a_read),
        cmocka_unit_test(test_calls_while_it_is_opened),
        cmocka_unit_test(test_change_while_init_frames_come),
        cmocka_unit_test(test_close_while_it_is_opened),
        cmocka_unit_test(test_silent_source),
        cmocka_unit_test(test_waiting_callers),
        cmocka_unit_test(test_open_fails_for_a_while),
        cmocka_unit_test(test_replaced_by_junk),
        cmocka_unit_test(test_never_the_same),
        cmocka_unit_test(test_frames_always_change),
        cmocka_unit_test(test_change_within_the_first_open),
        cmocka_unit_test(test_twice_before_anybody_asks),
        cmocka_unit_test(test_each_allocation_fails_once),
    };
    return cmocka_run_group_tests_name("stream changed", tests, setup, teardown);
}
