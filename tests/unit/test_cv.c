/* SPDX-License-Identifier: MIT
 *
 * The CV_* functions when all is well: exact frames, how long pointers live, replacing a stream,
 * strips, counted frames, time, and many threads and handles. Opening is in test_cv_open.c, what
 * can go wrong in test_cv_errors.c.
 */
#include "tests/unit/cv_fixture.h"

/* ------------------------------------------------------------------------------ frames ---- */

static void test_frames_of_a_plain_container(void **state)
{
    (void)state;
    static const uint64_t some[] = {0, 1, 2, 3, 719, 718, 717, 350, 10, 20, 30, 40, 350, 0, 719};
    AlphaStreamHandle *h = opened(WALKERS);
    test_random random = test_random_from(test_seed("cv"));
    for (size_t i = 0; i < COUNT(some); i++)
        check_frame(h, WALKERS, some[i], WIDTH, HEIGHT);
    for (int i = 0; i < (TEST_SANITIZED ? 10 : 60); i++)
        check_frame(h, WALKERS, (uint64_t)test_random_in(&random, 0, 719), WIDTH, HEIGHT);
    assert_done(h, CV_init(h, WALKERS, 0, 777, 333, NULL, 0, 1, 2, 0, 0, 0));
    for (uint64_t i = 100; i-- > 90;)
        check_frame(h, WALKERS, i, 777, 333);
    CV_destroy(h);
}

static void test_canvas_scale_and_combine(void **state)
{
    (void)state;
    const as_raster_params parity = {.struct_size = sizeof(parity), .combine = AS_COMBINE_PARITY};
    const as_raster_params vector = {
        .struct_size = sizeof(vector), .source_width = 320, .source_height = 200};
    AlphaStreamHandle *h = create();
    assert_done(h, CV_set_canvas_size(h, 320, 200));
    assert_done(h, CV_init(h, TORTURE, 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0));
    assert_int_equal(CV_get_frame_size(h), 320 * 200); /* that of the canvas */
    assert_done(h, CV_set_option(h, "combine", "parity"));
    assert_done(h, CV_init(h, TORTURE, 0, 533, 77, NULL, 0, 0, 0, 0, 0, 0));
    for (unsigned i = 0; i < 60; i += 7) {
        uint8_t *mask = exact_mask_of(TORTURE, i, 320, 200, 533, 77, &parity);
        const void *frame = CV_get_frame(h, i);
        assert_done(h, frame != NULL);
        assert_same_bytes(frame, mask, 533 * 77);
        free(mask);
    }
    assert_done(h, CV_set_option(h, "combine", "union"));
    assert_done(h, CV_set_option(h, "scale", "vector"));
    assert_done(h, CV_init(h, TORTURE, 0, 400, 320, NULL, 0, 0, 0, 0, 0, 0));
    for (unsigned i = 0; i < 60; i += 7) {
        uint8_t *mask = exact_mask_of(TORTURE, i, 400, 320, 400, 320, &vector);
        const void *frame = CV_get_frame(h, i);
        assert_done(h, frame != NULL);
        assert_same_bytes(frame, mask, 400 * 320);
        free(mask);
    }
    CV_destroy(h);
}

/* --------------------------------------------------------------------------- pointers ---- */

typedef struct visitor {
    AlphaStreamHandle *handle;
    uint64_t index;
    uint8_t *mask; /* frame `index` as it must be */
    int wrong;
    sem_t *go, *done;
} visitor;

static void *get_and_leave(void *arg)
{
    const visitor *v = arg;
    for (uint64_t i = 0; i < 100; i++)
        (void)!CV_get_frame(v->handle, v->index + i);
    return NULL;
}

static void *get_and_stay(void *arg)
{
    visitor *v = arg;
    const void *frame = CV_get_frame(v->handle, v->index);
    v->wrong += !frame || memcmp(frame, v->mask, (size_t)WIDTH * HEIGHT) != 0;
    sem_post(v->done);
    while (sem_wait(v->go) != 0) {
    }
    v->wrong += !frame || memcmp(frame, v->mask, (size_t)WIDTH * HEIGHT) != 0;
    return NULL;
}

/* A thread's pointer stays while other threads, and this one's other functions, get frames. */
static void test_pointers_are_per_thread(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    sem_t go, done;
    pthread_t threads[THREADS];
    visitor visitors[THREADS];
    float *vertices;
    size_t count;
    AlphaStreamHandle *h = create();
    assert_done(h, CV_init(h, WALKERS, 0, WIDTH, HEIGHT, NULL, 0, 1, 2, 0, 0, 0));
    const uint8_t *frame = CV_get_frame(h, 40);
    assert_done(h, frame != NULL);
    uint8_t *mask = exact_mask(WALKERS, 40, WIDTH, HEIGHT);
    assert_int_equal(sem_init(&go, 0, 0), 0);
    assert_int_equal(sem_init(&done, 0, 0), 0);
    for (int i = 0; i < THREADS; i++) {
        const uint64_t index = 10 + (uint64_t)i / 2 * 5; /* two want the same frame */
        visitors[i] = (visitor){h, index, exact_mask(WALKERS, index, WIDTH, HEIGHT), 0, &go, &done};
        assert_int_equal(pthread_create(&threads[i], NULL, get_and_stay, &visitors[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        while (sem_wait(&done) != 0) {
        }
    assert_done(h, CV_get_triangle_strip_vertices(h, 300, &vertices, &count));
    visitor passing = {.handle = h, .index = 200};
    test_run_thread(get_and_leave, &passing);
    const CV_Frame *counted = CV_Frame_Acquire(h, 400);
    assert_done(h, counted != NULL);
    CV_Frame_Release(counted);
    assert_same_bytes(frame, mask, (size_t)WIDTH * HEIGHT);
    for (int i = 0; i < THREADS; i++)
        sem_post(&go);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(visitors[i].wrong, 0);
        free(visitors[i].mask);
    }
    assert_same_bytes(frame, mask, (size_t)WIDTH * HEIGHT);
    free(mask);
    sem_destroy(&go);
    sem_destroy(&done);
    CV_destroy(h);
}

/* What threads were given that have ended does not add up. */
static void test_many_threads_one_after_another(void **state)
{
    (void)state;
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    AlphaStreamHandle *h = opened(WALKERS);
    for (unsigned i = 0; i < (TEST_SANITIZED ? 300 : 600); i++) {
        visitor passing = {.handle = h, .index = 700};
        test_run_thread(get_and_leave, &passing);
    }
    assert_done(h, CV_get_frame(h, 1) != NULL);
    assert_done(h, CV_get_stats(h, &stats));
    assert_true(stats.held_frames <= 2);
    CV_destroy(h);
}

/* ------------------------------------------------------------------------ second init ---- */

static void test_second_init_replaces(void **state)
{
    (void)state;
    AlphaStreamHandle *h = opened(WALKERS);
    check_frame(h, WALKERS, 650, WIDTH, HEIGHT);
    assert_done(h, CV_set_passphrase(h, test_closeup_key().passphrase, 32));
    assert_done(h, CV_init(h, CLOSEUP, CLOSEUP_SCENE, 320, 160, NULL, 0, 0, 0, 0, 0, 0));
    assert_int_equal(CV_get_total_frames(h), 600);
    assert_int_equal(CV_get_frame_size(h), 320 * 160);
    assert_null(CV_get_frame(h, 650));
    assert_error(h, 3, "600 frames");
    check_frame(h, CLOSEUP, 444, 320, 160);
    assert_done(h, init(h, WALKERS));
    check_frame(h, WALKERS, 650, WIDTH, HEIGHT);
    CV_destroy(h);
}

typedef struct caller {
    AlphaStreamHandle *handle;
    atomic_bool *stop;
    sem_t *calls; /* posted after each call; NULL: nobody counts */
    uint64_t index;
    int odd_code, code;
    bool done;
} caller;

/* Pointers must not be looked at: they are valid until the other thread's CV_init. */
static void *call_everything(void *arg)
{
    caller *c = arg;
    float *vertices;
    size_t count;
    unsigned num, den;
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    for (uint64_t i = c->index; !atomic_load(c->stop); i += 7) {
        switch (i % 8) {
        case 0: (void)!CV_get_triangle_strip_vertices(c->handle, i % 700, &vertices, &count); break;
        case 1: (void)!CV_get_stats(c->handle, &stats); break;
        case 2: (void)!CV_sync(c->handle, (long long)(i % 700) * 16666667); break;
        case 3: (void)!CV_get_rate(c->handle, &num, &den); break;
        case 4: CV_Frame_Release(CV_Frame_Acquire(c->handle, i % 700)); break;
        default: (void)!CV_get_frame(c->handle, i % 700);
        }
        const int code = CV_get_last_error_code(c->handle);
        if (code != 0 && code != 3 && code != -2 && code != -4)
            c->odd_code = code;
        if (c->calls)
            sem_post(c->calls);
    }
    return NULL;
}

/* Returns after that many calls from now on. */
static void let_calls_pass(sem_t *calls, int count)
{
    while (sem_trywait(calls) == 0) {
    }
    while (count > 0)
        count -= sem_wait(calls) == 0;
}

static void test_init_while_others_call(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    atomic_bool stop = false;
    pthread_t threads[THREADS];
    caller callers[THREADS];
    sem_t calls;
    AlphaStreamHandle *h = opened(WALKERS);
    assert_int_equal(sem_init(&calls, 0, 0), 0);
    assert_done(h, CV_set_passphrase(h, test_closeup_key().passphrase, 32));
    for (unsigned i = 0; i < THREADS; i++) {
        callers[i] = (caller){.handle = h, .stop = &stop, .calls = &calls, .index = i * 150};
        assert_int_equal(pthread_create(&threads[i], NULL, call_everything, &callers[i]), 0);
    }
    for (int i = 0; i < (TEST_SANITIZED ? 6 : 30); i++) {
        let_calls_pass(&calls, 5 * THREADS);
        assert_done(h, CV_set_option(h, "l0_frames", i % 2 ? "4" : "8"));
        assert_done(h, init(h, i % 2 ? WALKERS : CLOSEUP));
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(callers[i].odd_code, 0);
    }
    check_frame(h, WALKERS, 99, WIDTH, HEIGHT);
    CV_destroy(h);
    sem_destroy(&calls);
}

static void *init_again(void *arg)
{
    caller *c = arg;
    c->done = true;
    for (int i = 0; i < 10; i++)
        c->done = init(c->handle, WALKERS) && c->done;
    return NULL;
}

/* Each replaces the one before; none is refused. */
static void test_inits_at_the_same_time(void **state)
{
    (void)state;
    caller callers[4];
    AlphaStreamHandle *h = create();
    for (size_t i = 0; i < COUNT(callers); i++)
        callers[i] = (caller){.handle = h};
    test_run_threads(init_again, callers, sizeof(*callers), COUNT(callers));
    for (size_t i = 0; i < COUNT(callers); i++)
        assert_true(callers[i].done);
    check_frame(h, WALKERS, 99, WIDTH, HEIGHT);
    CV_destroy(h);
}

static gate wait_gate;

static void *wait_for_a_frame(void *arg)
{
    caller *c = arg;
    c->done = CV_get_frame(c->handle, c->index);
    c->code = CV_get_last_error_code(c->handle);
    gate_open(&wait_gate);
    return NULL;
}

/* CV_init does not wait until a caller's timebox of a minute is over. */
static void test_init_wakes_who_waits(void **state)
{
    (void)state;
    pthread_t thread;
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    gate_build(&wait_gate);
    AlphaStreamHandle *h = opened(WALKERS);
    caller c = {.handle = h, .index = 500};
    gate_close(&wait_gate);
    assert_done(h, CV_get_stats(h, &stats));
    const uint64_t misses = stats.l0_misses, start = as_clock_ns();
    assert_int_equal(pthread_create(&thread, NULL, wait_for_a_frame, &c), 0);
    do
        assert_done(h, CV_get_stats(h, &stats));
    while (stats.l0_misses == misses); /* until it waits */
    assert_done(h, init(h, WALKERS));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(as_clock_ns() - start < UINT64_C(30000000000));
    assert_false(c.done);
    assert_int_equal(c.code, -4);
    check_frame(h, WALKERS, 500, WIDTH, HEIGHT);
    CV_destroy(h);
    gate_remove(&wait_gate);
}

/* ------------------------------------------------------------------------------ strips ---- */

static void check_strip(AlphaStreamHandle *h, const char *path, uint64_t index, as_combine combine)
{
    const as_raster_params params = {.struct_size = sizeof(params), .combine = combine};
    as_buffer payload = exact_payload(path, index), wanted = {0};
    as_error error;
    float number, *vertices = &number;
    size_t count = 5;
    assert_done(h, CV_get_triangle_strip_vertices(h, index, &vertices, &count));
    assert_ok(as_triangle_strip(payload.data, payload.size, 2048, 1024, &params, &wanted, &error),
              &error);
    assert_int_equal(count * sizeof(float), wanted.size);
    if (wanted.size)
        assert_same_bytes(vertices, wanted.data, wanted.size);
    else
        assert_null(vertices);
    as_buffer_free(&wanted);
    as_buffer_free(&payload);
}

static void test_strips(void **state)
{
    (void)state;
    static const char *const types[] = {"bitmask", "triangles", "both", "on_demand", "canvases"};
    AlphaStreamHandle *h = create();
    for (size_t i = 0; i < COUNT(types); i++) { /* made on demand whatever is prepared ahead */
        assert_done(h, CV_set_option(h, "processing", types[i]));
        assert_done(h, init(h, WALKERS));
        for (uint64_t k = 0; k < 6; k++)
            check_strip(h, WALKERS, 100 + k * k, AS_COMBINE_UNION);
        check_frame(h, WALKERS, 3, WIDTH, HEIGHT);
    }
    assert_done(h, init(h, TORTURE));
    for (uint64_t i = 0; i < 120; i += TEST_SANITIZED ? 10 : 1)
        check_strip(h, TORTURE, i, AS_COMBINE_UNION);
    assert_done(h, CV_set_option(h, "combine", "parity"));
    assert_done(h, init(h, TORTURE));
    for (uint64_t i = 0; i < 120; i += TEST_SANITIZED ? 10 : 1)
        check_strip(h, TORTURE, i, AS_COMBINE_PARITY);
    CV_destroy(h);
}

/* ---------------------------------------------------------------------- counted frames ---- */

static void *release(void *arg)
{
    CV_Frame_Release(*(const CV_Frame **)arg);
    return NULL;
}

static void test_counted_frames_outlive_the_handle(void **state)
{
    (void)state;
    const CV_Frame *frames[8];
    AlphaStreamHandle *h = opened(WALKERS);
    for (unsigned i = 0; i < COUNT(frames); i++) {
        frames[i] = CV_Frame_Acquire(h, 50 + i / 2); /* each twice */
        assert_done(h, frames[i] != NULL);
        if (i == 5)
            assert_done(h, init(h, WALKERS));
    }
    CV_destroy(h);
    for (unsigned i = 0; i < COUNT(frames); i++) {
        assert_int_equal(frames[i]->index, 50 + i / 2);
        assert_int_equal(frames[i]->width, WIDTH);
        assert_int_equal(frames[i]->height, HEIGHT);
        assert_int_equal(frames[i]->stride, WIDTH);
        uint8_t *mask = exact_mask(WALKERS, frames[i]->index, WIDTH, HEIGHT);
        assert_same_bytes(frames[i]->data, mask, (size_t)WIDTH * HEIGHT);
        free(mask);
        test_run_thread(release, &frames[i]);
    }
    assert_int_equal(as_mem_live(), 0);
}

/* ------------------------------------------------------------------------- time, stats ---- */

static void test_rate_and_time(void **state)
{
    (void)state;
    unsigned num = 0, den = 0;
    AlphaStreamHandle *h = opened(WALKERS);
    assert_done(h, CV_get_rate(h, &num, &den));
    assert_int_equal(num, 60);
    assert_int_equal(den, 1);
    assert_int_equal(CV_frame_at(h, 0), 0);
    assert_int_equal(CV_frame_at(h, -1), 0);
    assert_int_equal(CV_frame_at(h, INT64_MIN), 0);
    assert_int_equal(CV_frame_at(h, 1000000000), 60);
    assert_int_equal(CV_frame_at(h, 8333333), 0); /* half a picture, but for 1/3 ns */
    assert_int_equal(CV_frame_at(h, 8333334), 1);
    assert_int_equal(CV_frame_at(h, 100000000000), 6000); /* past the end */
    assert_error(h, 0, "");
    assert_done(h, CV_set_rate(h, 30000, 1001));
    assert_done(h, CV_get_rate(h, &num, &den));
    assert_int_equal(num, 30000);
    assert_int_equal(den, 1001);
    assert_int_equal(CV_frame_at(h, 1001000000), 30);
    static const unsigned bad[][2] = {{0, 1}, {1, 0}, {1000001, 1}, {1, 1000001}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(CV_set_rate(h, bad[i][0], bad[i][1]));
        assert_error(h, -1, "1000000");
    }
    assert_int_equal(CV_frame_at(h, 1001000000), 30);
    assert_done(h, CV_set_option(h, "fps_num", "25"));
    assert_done(h, CV_set_option(h, "frames_per_picture", "2"));
    assert_done(h, init(h, WALKERS));
    assert_int_equal(CV_frame_at(h, 1000000000), 50);
    CV_destroy(h);
}

static void test_sync(void **state)
{
    (void)state;
    AlphaStreamHandle *h = opened(WALKERS);
    assert_done(h, CV_sync(h, 0));
    assert_done(h, CV_sync(h, 5000000000)); /* a seek to frame 300 */
    assert_int_equal(h->session->stream->predictor.head, 300);
    assert_done(h, CV_sync(h, -5000000000));
    assert_done(h, CV_sync(h, INT64_MAX));
    assert_done(h, CV_sync(h, INT64_MIN));
    check_frame(h, WALKERS, 300, WIDTH, HEIGHT);
    CV_destroy(h);
}

static void test_stats(void **state)
{
    (void)state;
    as_stream_stats stats = {.struct_size = 4};
    AlphaStreamHandle *h = opened(WALKERS);
    assert_false(CV_get_stats(h, &stats));
    assert_error(h, -1, "struct_size");
    for (unsigned i = 0; i < 20; i++)
        assert_done(h, CV_get_frame(h, i) != NULL);
    const CV_Frame *frame = CV_Frame_Acquire(h, 19);
    assert_done(h, frame != NULL);
    assert_null(CV_get_frame(h, 720));
    stats.struct_size = sizeof(stats);
    do /* workers count what they handed over a moment later */
        assert_done(h, CV_get_stats(h, &stats));
    while (stats.drawn < 20 || stats.held_frames != 1); /* the failing call gave one back */
    assert_int_equal(stats.l0_hits + stats.l0_misses, 21);
    assert_int_equal(stats.get.count, 22);
    assert_true(stats.decoded >= 20 && stats.bytes_read > 0);
    assert_true(stats.threads >= 1);
    CV_Frame_Release(frame);
    CV_destroy(h);
}

/* ---------------------------------------------------------------- many threads, handles ---- */

enum { KNOWN = 60 };
static uint8_t *known[KNOWN];

static bool is_known(const void *frame, uint64_t index)
{
    return frame && memcmp(frame, known[index], (size_t)WIDTH * HEIGHT) == 0;
}

static void *get_many(void *arg)
{
    visitor *v = arg;
    test_random random = test_random_from(v->index);
    for (int i = 0; i < (TEST_SANITIZED ? 60 : 400); i++) {
        const uint64_t index = (uint64_t)test_random_in(&random, 0, KNOWN - 1);
        v->wrong += !is_known(CV_get_frame(v->handle, index), index);
        if (i % 8 == 0) {
            const CV_Frame *frame = CV_Frame_Acquire(v->handle, index);
            v->wrong += !frame || frame->index != index || !is_known(frame->data, index);
            CV_Frame_Release(frame);
        }
    }
    return NULL;
}

static void *open_and_get_many(void *arg)
{
    visitor *v = arg;
    for (int i = 0; i < 3; i++) {
        v->handle = CV_create();
        const bool open = CV_set_option(v->handle, "timebox_ms", "60000") &&
                          CV_set_option(v->handle, "init_timeout_ms", "60000") &&
                          init(v->handle, WALKERS);
        v->wrong += !open;
        if (open)
            get_many(v);
        CV_destroy(v->handle);
    }
    return NULL;
}

static void check_threads(void *(*body)(void *), AlphaStreamHandle *h)
{
    visitor visitors[8];
    const uint64_t seed = test_seed("cv threads");
    for (unsigned i = 0; i < COUNT(visitors); i++)
        visitors[i] = (visitor){.handle = h, .index = seed + i};
    test_run_threads(body, visitors, sizeof(*visitors), COUNT(visitors));
    for (unsigned i = 0; i < COUNT(visitors); i++)
        assert_int_equal(visitors[i].wrong, 0);
}

static void test_threads_and_handles(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KNOWN; i++)
        known[i] = exact_mask(WALKERS, i, WIDTH, HEIGHT);
    AlphaStreamHandle *h = opened(WALKERS);
    check_threads(get_many, h);
    CV_destroy(h);
    check_threads(open_and_get_many, NULL);
    for (unsigned i = 0; i < KNOWN; i++)
        free(known[i]);
}

static void test_create_and_destroy(void **state)
{
    (void)state;
    test_bytes file = test_three_frames(NULL);
    int descriptors = 0, threads = 0;
    for (int i = 0; i < (TEST_SANITIZED ? 100 : 2000); i++) {
        AlphaStreamHandle *h = CV_create();
        assert_non_null(h);
        if (i % 4 != 0)
            assert_done(h, init_memory(h, file.data, file.size, NULL));
        if (i % 4 == 1)
            (void)!CV_get_frame(h, 2);
        if (i % 8 == 3)
            assert_done(h, init(h, WALKERS));
        CV_destroy(h);
        assert_int_equal(as_mem_live(), 0);
        if (i == 8) {
            descriptors = test_descriptors();
            threads = test_threads();
        }
    }
    assert_int_equal(test_descriptors(), descriptors);
    assert_int_equal(test_threads(), threads);
    test_bytes_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_of_a_plain_container),
        cmocka_unit_test(test_canvas_scale_and_combine),
        cmocka_unit_test(test_pointers_are_per_thread),
        cmocka_unit_test(test_many_threads_one_after_another),
        cmocka_unit_test(test_second_init_replaces),
        cmocka_unit_test(test_init_while_others_call),
        cmocka_unit_test(test_inits_at_the_same_time),
        cmocka_unit_test(test_init_wakes_who_waits),
        cmocka_unit_test(test_strips),
        cmocka_unit_test(test_counted_frames_outlive_the_handle),
        cmocka_unit_test(test_rate_and_time),
        cmocka_unit_test(test_sync),
        cmocka_unit_test(test_stats),
        cmocka_unit_test(test_threads_and_handles),
        cmocka_unit_test(test_create_and_destroy),
    };
    return cmocka_run_group_tests_name("cv", tests, NULL, test_nothing_alive);
}
