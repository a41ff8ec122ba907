/* SPDX-License-Identifier: MIT
 *
 * as_stream_get_cached: which frames are finished, decoded, or here without the network.
 */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/stream/stream.h"
#include "tests/support/random.h"
#include "tests/support/stream_fixture.h"

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 150, DAMAGED = 70, ROOM = 200 };

/* Wrapped by the linker (tests/unit.cmake). */
void *__real_as_mem_calloc(size_t count, size_t size);
void *__wrap_as_mem_calloc(size_t count, size_t size);
void __real_as_outputs_each(as_outputs *outputs, void (*each)(void *user, as_output_key key),
                            void *user);
void __wrap_as_outputs_each(as_outputs *outputs, void (*each)(void *user, as_output_key key),
                            void *user);

static truth old, new;
static as_error error;

static int setup(void **state)
{
    (void)state;
    truth_of_bytes(&old, test_triangles(FRAMES), WIDTH, HEIGHT);
    truth_damage(&old, DAMAGED);
    truth_of_bytes(&new, test_padded_triangles(FRAMES / 2, 100, 1000), WIDTH, HEIGHT);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&old);
    truth_free(&new);
    return test_nothing_alive(state);
}

/* Prepares nothing that was not asked for, but the frame after it. */
static as_stream_params quiet(void)
{
    as_stream_params params = truth_params(&old);
    params.processing = AS_PROCESS_ON_DEMAND;
    params.prefetch_frames = 1;
    return params;
}

static as_stream_params on_source(test_source *control, bool versioned)
{
    test_source_init(control, old.bytes, old.size, true);
    control->versioned = versioned;
    as_stream_params params = quiet();
    params.bytes = NULL;
    params.bytes_size = 0;
    params.source = test_source_open(control);
    return params;
}

static void wait_idle(as_stream *stream)
{
    as_mutex_lock(&stream->lock);
    while (stream->task_count != 0)
        (void)as_cond_wait_until(&stream->changed, &stream->lock, as_clock_ns() + MILLISECOND);
    as_mutex_unlock(&stream->lock);
}

/* The call, and its error. */
static as_result list(as_stream *stream, as_tier tier, as_frame_range *ranges, size_t room,
                      size_t *out_count)
{
    const as_result result = as_stream_get_cached(stream, tier, ranges, room, out_count);
    assert_int_equal(as_stream_last_error(stream, &error), result);
    return result;
}

/* The tier must be just these ranges, whatever room there is for them. */
static void expect(as_stream *stream, as_tier tier, const as_frame_range *wanted, size_t count)
{
    for (size_t room = 0; room <= count + 1; room++) {
        as_frame_range ranges[ROOM];
        size_t got = 77;
        memset(ranges, 0xA5, sizeof(ranges));
        assert_true(count < ROOM);
        if (room < count)
            assert_fails(list(stream, tier, room ? ranges : NULL, room, &got), AS_ERROR_LIMIT,
                         &error, "larger array");
        else
            assert_ok(list(stream, tier, room ? ranges : NULL, room, &got), &error);
        assert_int_equal(got, count);
        const size_t written = room < count ? room : count;
        if (written)
            assert_memory_equal(ranges, wanted, written * sizeof(*ranges));
        assert_int_equal(ranges[written].first, UINT64_C(0xA5A5A5A5A5A5A5A5));
    }
}

static void get(as_stream *stream, uint64_t index)
{
    truth_expect(&old, stream, index, WIDTH, HEIGHT);
}

/* -------------------------------------------------------------------------------- tiers ---- */

static void test_l1(void **state)
{
    (void)state;
    const as_frame_range all[] = {{0, DAMAGED}, {DAMAGED + 1, FRAMES}};
    test_events events;
    test_events_init(&events);
    as_stream_params params = quiet();
    params.prefetch_frames = FRAMES;
    params.l1_frames = FRAMES + 1;
    params.event = test_events_take;
    params.event_user = &events;
    as_stream *stream = open_stream(&params);
    assert_int_equal(as_stream_request(stream, 0, FRAMES), AS_OK);
    test_events_wait(&events, FRAMES);
    wait_idle(stream);
    expect(stream, AS_TIER_L1, all, 2);
    expect(stream, AS_TIER_L0, NULL, 0);
    assert_int_equal(stats_of(stream).l1_hits + stats_of(stream).l1_misses, 0); /* it is no use */
    as_stream_close(&stream);
    test_events_destroy(&events);
}

/* Against the cache itself, asked frame by frame, after random gets; with evictions. */
static void test_l1_at_random(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("stream cached"));
    as_stream_params params = quiet();
    params.l1_frames = 40;
    as_stream *stream = open_stream(&params);
    for (int round = 0; round < 20; round++) {
        as_frame_range wanted[ROOM];
        size_t count = 0;
        for (int i = 0; i < 8; i++) {
            const uint64_t index = (uint64_t)test_random_in(&random, 0, FRAMES - 1);
            if (index != DAMAGED)
                get(stream, index);
        }
        wait_idle(stream);
        for (uint64_t i = 0; i < FRAMES; i++) {
            if (!as_lru_has(stream->l1, i))
                continue;
            if (count == 0 || wanted[count - 1].end != i)
                wanted[count++].first = i;
            wanted[count - 1].end = i + 1;
        }
        assert_true(count > 1);
        expect(stream, AS_TIER_L1, wanted, count);
    }
    as_stream_close(&stream);
}

/* A cache of more frames than are looked through at a time. */
static void test_l1_in_slices(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    const as_frame_range wanted[] = {{1, MANY}};
    truth many;
    truth_of_bytes(&many, test_triangles(MANY), WIDTH, HEIGHT);
    as_stream_params params = truth_params(&many);
    params.processing = AS_PROCESS_ON_DEMAND;
    params.prefetch_frames = params.l1_frames = MANY + 1;
    params.start_frame = 1;
    params.init_frames = MANY - 1;
    as_stream *stream = open_stream(&params);
    wait_idle(stream);
    expect(stream, AS_TIER_L1, wanted, 1);
    as_stream_close(&stream);
    truth_free(&many);
}

static void test_l0(void **state)
{
    (void)state;
    static const uint64_t indices[] = {0, 5, 6, 63, 64, FRAMES - 1};
    const as_frame_range wanted[] = {{0, 1}, {5, 7}, {40, 41}, {63, 65}, {FRAMES - 1, FRAMES}};
    const as_stream_params params = quiet();
    as_frame *held[6] = {NULL}, *strip = NULL;
    as_stream *stream = open_stream(&params);
    expect(stream, AS_TIER_L0, NULL, 0);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(as_stream_get_frame(stream, indices[i], 0, 0, AS_WAIT_FOREVER, &held[i]),
                         AS_OK);
    assert_int_equal(as_stream_get_strip(stream, 40, AS_WAIT_FOREVER, &strip), AS_OK);
    truth_expect_canvas(&old, stream, 5, WIDTH, HEIGHT); /* a second one that shows it */
    truth_expect(&old, stream, 5, WIDTH / 2, HEIGHT / 2);
    expect(stream, AS_TIER_L0, wanted, 5);
    for (size_t i = 0; i < 6; i++)
        as_frame_unref(&held[i]);
    as_frame_unref(&strip);
    as_stream_close(&stream);
}

/* Bytes in memory are all here, as far as there are any; of a caller's source nothing is known. */
static void test_bytes_here(void **state)
{
    (void)state;
    const as_frame_range all[] = {{0, FRAMES}}, but_two[] = {{0, FRAMES - 2}};
    as_stream_params params = quiet();
    as_stream *stream = open_stream(&params);
    expect(stream, AS_TIER_SOURCE, all, 1);
    as_stream_close(&stream);

    params.bytes_size = (size_t)(truth_range(&old, FRAMES - 2).offset + 1); /* cut short */
    stream = open_stream(&params);
    expect(stream, AS_TIER_SOURCE, but_two, 1);
    as_stream_close(&stream);

    test_source control;
    params = on_source(&control, false);
    stream = open_stream(&params);
    get(stream, 3);
    expect(stream, AS_TIER_SOURCE, NULL, 0);
    as_stream_close(&stream);
    as_source_close(&params.source);
    test_source_destroy(&control);
}

static void test_empty(void **state)
{
    (void)state;
    truth none;
    const as_stream_params params = quiet();
    as_stream_params of_none = params;
    truth_of_bytes(&none, test_container(NULL, 0), WIDTH, HEIGHT);
    of_none.bytes = none.bytes;
    of_none.bytes_size = none.size;
    as_stream *stream = open_stream(&of_none);
    for (as_tier tier = AS_TIER_L0; tier <= AS_TIER_SOURCE; tier++)
        expect(stream, tier, NULL, 0);
    as_stream_close(&stream);
    truth_free(&none);
}

/* ----------------------------------------------------------------------------- failures ---- */

static void test_wrong_use(void **state)
{
    (void)state;
    as_frame_range range;
    size_t count = 5;
    const as_stream_params params = quiet();
    as_stream *stream = open_stream(&params);
    assert_int_equal(as_stream_get_cached(NULL, AS_TIER_L1, &range, 1, &count), AS_ERROR_ARGUMENT);
    assert_int_equal(count, 0);
    assert_fails(list(stream, AS_TIER_L1, &range, 1, NULL), AS_ERROR_ARGUMENT, &error,
                 "out_count is NULL");
    assert_fails(list(stream, AS_TIER_L1, NULL, 1, &count), AS_ERROR_ARGUMENT, &error,
                 "ranges is NULL");
    static const as_tier wrong[] = {-1, AS_TIER_SOURCE + 1, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < 4; i++) {
        count = 5;
        assert_fails(list(stream, wrong[i], &range, 1, &count), AS_ERROR_ARGUMENT, &error,
                     "AS_TIER_L0");
        assert_int_equal(count, 0);
    }
    as_stream_close(&stream);
}

static void test_not_ready(void **state)
{
    (void)state;
    test_source control;
    size_t count = 5;
    as_stream *stream = NULL;
    as_stream_params params = on_source(&control, false);
    test_source_gate(&control, 0, UINT64_MAX);
    assert_ok(as_stream_open_async(&params, &stream, &error), &error);
    assert_int_equal(as_stream_get_cached(stream, AS_TIER_L1, NULL, 0, &count), AS_NOT_READY);
    assert_int_equal(count, 0);
    test_source_fail_range(&control, 0, 1);
    test_source_open_gate(&control);
    wait_idle(stream);
    assert_fails(list(stream, AS_TIER_L0, NULL, 0, &count), AS_ERROR_TRANSPORT, &error,
                 "as it was told to");
    as_stream_close(&stream);
    as_source_close(&params.source);
    test_source_destroy(&control);
}

/* This thread's allocation number `at` fails; the workers' do not. */
static _Thread_local struct {
    bool armed, failed;
    uint32_t at;
} failing;

void *__wrap_as_mem_calloc(size_t count, size_t size)
{
    if (failing.armed && failing.at-- == 0) {
        failing.armed = false;
        failing.failed = true;
        return NULL;
    }
    return __real_as_mem_calloc(count, size);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    const as_stream_params params = quiet();
    as_stream *stream = open_stream(&params);
    get(stream, 9);
    for (as_tier tier = AS_TIER_L0; tier <= AS_TIER_SOURCE; tier++)
        for (uint32_t n = 0;; n++) {
            as_frame_range ranges[ROOM];
            size_t count = 5;
            failing.armed = true;
            failing.failed = false;
            failing.at = n;
            const as_result result = list(stream, tier, ranges, ROOM, &count);
            failing.armed = false;
            if (!failing.failed) {
                assert_int_equal(result, AS_OK);
                assert_int_equal(n, tier == AS_TIER_SOURCE ? 2 : 1); /* so many allocations */
                break;
            }
            assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
            assert_non_null(strstr(error.text, "out of memory"));
            assert_int_equal(count, 0);
        }
    as_stream_close(&stream);
}

/* ------------------------------------------------------------------------------ changes ---- */

static struct {
    as_stream *stream;
    test_source *control;
} replacer;

/* Whoever looks into L0 has taken the content; it is another before the look. */
void __wrap_as_outputs_each(as_outputs *outputs, void (*each)(void *user, as_output_key key),
                            void *user)
{
    as_stream *stream = replacer.stream;
    if (stream) {
        replacer.stream = NULL;
        test_source_replace(replacer.control, new.bytes, new.size);
        as_frame *frame = NULL;
        assert_int_equal(as_stream_get_frame(stream, 5, 0, 0, AS_WAIT_FOREVER, &frame),
                         AS_ERROR_CHANGED);
        truth_expect(&new, stream, 5, WIDTH, HEIGHT);
    }
    __real_as_outputs_each(outputs, each, user);
}

static void test_replaced_meanwhile(void **state)
{
    (void)state;
    test_source control;
    size_t count = 5;
    const as_frame_range wanted[] = {{5, 6}};
    as_stream_params params = on_source(&control, true);
    as_stream *stream = open_stream(&params);
    get(stream, 140);
    replacer.stream = stream;
    replacer.control = &control;
    assert_fails(list(stream, AS_TIER_L0, NULL, 0, &count), AS_NOT_READY, &error,
                 "replaced meanwhile");
    assert_int_equal(count, 0);
    wait_idle(stream);
    expect(stream, AS_TIER_L0, wanted, 1);
    as_stream_close(&stream);
    as_source_close(&params.source);
    test_source_destroy(&control);
}

/* ------------------------------------------------------------------------------ threads ---- */

typedef struct watcher {
    as_stream *stream;
    atomic_bool stop;
    atomic_uint looks;
    bool good;
} watcher;

static void *watch(void *user)
{
    watcher *w = user;
    as_frame_range ranges[FRAMES];
    w->good = true;
    do {
        for (as_tier tier = AS_TIER_L0; tier <= AS_TIER_SOURCE; tier++) {
            size_t count = 0;
            w->good = as_stream_get_cached(w->stream, tier, ranges, FRAMES, &count) == AS_OK &&
                      count <= FRAMES && w->good;
            for (size_t i = 0; w->good && i < count; i++)
                w->good = ranges[i].first < ranges[i].end && ranges[i].end <= FRAMES &&
                          (i == 0 || ranges[i].first > ranges[i - 1].end);
        }
        atomic_fetch_add(&w->looks, 1);
    } while (!atomic_load(&w->stop));
    return NULL;
}

static void test_during_play(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&old);
    params.l1_frames = 50;
    params.prefetch_frames = 20;
    watcher watchers[2];
    pthread_t threads[2];
    as_stream *stream = open_stream(&params);
    for (size_t i = 0; i < 2; i++) {
        watchers[i].stream = stream;
        atomic_init(&watchers[i].stop, false);
        atomic_init(&watchers[i].looks, 0);
        assert_int_equal(pthread_create(&threads[i], NULL, watch, &watchers[i]), 0);
    }
    for (uint64_t n = 0; n < 300; n++) {
        const uint64_t index = n < 150 ? n : n * 37 % FRAMES;
        if (index != DAMAGED)
            get(stream, index);
    }
    for (size_t i = 0; i < 2; i++) {
        atomic_store(&watchers[i].stop, true);
        pthread_join(threads[i], NULL);
        assert_true(watchers[i].good);
        assert_true(atomic_load(&watchers[i].looks) > 0);
    }
    as_stream_close(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_l1),
        cmocka_unit_test(test_l1_at_random),
        cmocka_unit_test(test_l1_in_slices),
        cmocka_unit_test(test_l0),
        cmocka_unit_test(test_bytes_here),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_wrong_use),
        cmocka_unit_test(test_not_ready),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_replaced_meanwhile),
        cmocka_unit_test(test_during_play),
    };
    return cmocka_run_group_tests_name("stream cached", tests, setup, teardown);
}
