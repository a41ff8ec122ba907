/* SPDX-License-Identifier: MIT
 *
 * Moments that hardly ever meet, made to meet: functions between the stream and its parts are
 * wrapped by the linker (tests/unit.cmake), so that one thread waits where another is to overtake
 * it.
 */
#include "core/cache/outputs.h"
#include "core/stream/stream.h"
#include "tests/support/stream_fixture.h"

#include <semaphore.h>

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 60 };

as_result __real_as_outputs_get(as_outputs *outputs, as_output_key key, as_frame **out_frame);
as_result __wrap_as_outputs_get(as_outputs *outputs, as_output_key key, as_frame **out_frame);
as_result __real_as_outputs_take(as_outputs *outputs, as_output_key key,
                                 bool (*keep)(void *user, as_output_key key), void *keep_user,
                                 as_output **out_output);
as_result __wrap_as_outputs_take(as_outputs *outputs, as_output_key key,
                                 bool (*keep)(void *user, as_output_key key), void *keep_user,
                                 as_output **out_output);
bool __real_as_cond_wait_until(as_cond *cond, as_mutex *mutex, uint64_t deadline_ns);
bool __wrap_as_cond_wait_until(as_cond *cond, as_mutex *mutex, uint64_t deadline_ns);
bool __real_as_work_push(as_work_queue *queue, uint64_t key, uint64_t kind, as_priority priority);
bool __wrap_as_work_push(as_work_queue *queue, uint64_t key, uint64_t kind, as_priority priority);
void __real_as_mutex_unlock(as_mutex *mutex);
void __wrap_as_mutex_unlock(as_mutex *mutex);

static truth old, new;
static as_error error;

static int setup(void **state)
{
    (void)state;
    truth_of_bytes(&old, test_padded_triangles(FRAMES, 100, 0), WIDTH, HEIGHT);
    truth_of_bytes(&new, test_padded_triangles(FRAMES, 100, 1000), WIDTH, HEIGHT);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&old);
    truth_free(&new);
    return test_nothing_alive(state);
}

/* The stream will have the only handle of the source. */
static as_stream_params on_source(test_source *control)
{
    test_source_init(control, old.bytes, old.size, true);
    control->versioned = true;
    as_stream_params params = truth_params(&old);
    params.bytes = NULL;
    params.bytes_size = 0;
    params.source = test_source_open(control);
    params.prefetch_frames = 1;
    return params;
}

static as_stream *open_on(as_stream_params params)
{
    as_stream *stream = open_stream(&params);
    as_source_close(&params.source);
    return stream;
}

static void sem_take(sem_t *sem)
{
    while (sem_wait(sem) != 0) {
    }
}

/* ------------------------------------------------------- a frame comes while a get looks ---- */

/* This thread's second look at `index` (the first is before it has made its demand) finds nothing,
 * but returns only when the frame is there and whoever drew it has told everybody; from then on the
 * thread must not wait. */
static _Thread_local struct {
    as_stream *stream;
    test_source *control;
    uint64_t index;
    uint32_t looks;
    bool overtaken, waited;
} looker;

as_result __wrap_as_outputs_get(as_outputs *outputs, as_output_key key, as_frame **out_frame)
{
    const as_result result = __real_as_outputs_get(outputs, key, out_frame);
    as_stream *stream = looker.stream;
    if (result != AS_NOT_READY || !stream || key.index != looker.index || ++looker.looks != 2)
        return result;
    test_source_open_gate(looker.control);
    as_mutex_lock(&stream->lock);
    while (!as_outputs_has(outputs, key) || as_st_find_task(stream, AS_ST_DRAW, key))
        (void)__real_as_cond_wait_until(&stream->changed, &stream->lock, AS_NO_DEADLINE);
    looker.overtaken = true;
    as_mutex_unlock(&stream->lock);
    return result;
}

bool __wrap_as_cond_wait_until(as_cond *cond, as_mutex *mutex, uint64_t deadline_ns)
{
    looker.waited = looker.waited || looker.overtaken;
    return __real_as_cond_wait_until(cond, mutex, deadline_ns);
}

static void test_frame_comes_while_a_get_looks(void **state)
{
    (void)state;
    static const uint64_t timeouts[] = {0, AS_TIMEBOX, AS_WAIT_FOREVER};
    for (size_t i = 0; i < 3; i++) {
        test_source control;
        as_frame *frame = NULL;
        as_stream *stream = open_on(on_source(&control));
        truth_expect(&old, stream, 0, WIDTH, HEIGHT);
        test_source_gate(&control, truth_range(&old, 30).offset, UINT64_MAX);
        looker.stream = stream;
        looker.control = &control;
        looker.index = 50;
        looker.looks = 0;
        looker.overtaken = looker.waited = false;
        const as_result result = as_stream_get_frame(stream, 50, 0, 0, timeouts[i], &frame);
        looker.stream = NULL;
        assert_int_equal(result, AS_OK);
        assert_true(looker.overtaken);
        assert_false(looker.waited);
        assert_true(truth_shows(&old, frame, 50, WIDTH, HEIGHT));
        as_frame_unref(&frame);
        as_stream_close(&stream);
        test_source_destroy(&control);
    }
}

/* ------------------------------------------------ the first event comes before the return ---- */

/* The thread that opens: it goes on from the unlock after the push only when the event has come. */
static _Thread_local struct {
    bool opening, pushed;
} opener;

static struct {
    sem_t came;
    as_stream *stream;
    bool knew; /* the event found the handle */
} first;

bool __wrap_as_work_push(as_work_queue *queue, uint64_t key, uint64_t kind, as_priority priority)
{
    const bool pushed = __real_as_work_push(queue, key, kind, priority);
    opener.pushed = opener.opening;
    return pushed;
}

void __wrap_as_mutex_unlock(as_mutex *mutex)
{
    __real_as_mutex_unlock(mutex);
    if (opener.pushed) {
        opener.opening = opener.pushed = false;
        sem_take(&first.came);
    }
}

static void take_first_event(void *user, uint64_t index, as_result result)
{
    as_stream_metadata m = {.struct_size = sizeof(m)};
    (void)user;
    if (index != AS_NO_FRAME)
        return;
    first.knew = result == AS_OK && first.stream &&
                 as_stream_get_metadata(first.stream, &m) == AS_OK && m.frame_count == FRAMES;
    sem_post(&first.came);
}

static void test_event_of_an_open_knows_the_stream(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&old);
    params.event = take_first_event;
    assert_int_equal(sem_init(&first.came, 0, 0), 0);
    opener.opening = true;
    assert_ok(as_stream_open_async(&params, &first.stream, &error), &error);
    assert_false(opener.opening); /* it did wait for the event */
    assert_true(first.knew);
    as_stream_close(&first.stream);
    sem_destroy(&first.came);
}

/* ------------------------------------------------------ the content changes under a draw ---- */

static struct {
    atomic_bool armed;
    uint64_t index;
    sem_t arrived, go;
} drawer;

as_result __wrap_as_outputs_take(as_outputs *outputs, as_output_key key,
                                 bool (*keep)(void *user, as_output_key key), void *keep_user,
                                 as_output **out_output)
{
    bool armed = true;
    if (key.index == drawer.index && atomic_compare_exchange_strong(&drawer.armed, &armed, false)) {
        sem_post(&drawer.arrived);
        sem_take(&drawer.go);
    }
    return __real_as_outputs_take(outputs, key, keep, keep_user, out_output);
}

/* The draw has its polystream from the old content, and takes a buffer when the new one is read. */
static void test_content_changes_under_a_draw(void **state)
{
    (void)state;
    test_source control;
    as_frame *frame = NULL;
    assert_int_equal(sem_init(&drawer.arrived, 0, 0), 0);
    assert_int_equal(sem_init(&drawer.go, 0, 0), 0);
    as_stream *stream = open_on(on_source(&control));
    truth_expect(&old, stream, 0, WIDTH, HEIGHT);
    drawer.index = 50;
    atomic_store(&drawer.armed, true);
    assert_int_equal(as_stream_get_frame(stream, 50, 0, 0, 0, &frame), AS_NOT_READY);
    sem_take(&drawer.arrived);
    test_source_replace(&control, new.bytes, new.size);
    assert_int_equal(as_stream_get_frame(stream, 50, 0, 0, 0, &frame), AS_ERROR_CHANGED);
    truth_expect(&new, stream, 20, WIDTH, HEIGHT);
    const uint64_t failed = stats_of(stream).failed;
    sem_post(&drawer.go);
    truth_expect(&new, stream, 50, WIDTH, HEIGHT);
    assert_int_equal(stats_of(stream).failed, failed);
    as_stream_close(&stream);
    test_source_destroy(&control);
    sem_destroy(&drawer.arrived);
    sem_destroy(&drawer.go);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_comes_while_a_get_looks),
        cmocka_unit_test(test_event_of_an_open_knows_the_stream),
        cmocka_unit_test(test_content_changes_under_a_draw),
    };
    return cmocka_run_group_tests_name("stream races", tests, setup, teardown);
}
