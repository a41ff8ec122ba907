/* SPDX-License-Identifier: MIT
 *
 * The CV_* functions when something is wrong: every function on every unusable handle, every error
 * code with its sentence, whose last error it is, and memory that runs out.
 */
#include "tests/unit/cv_fixture.h"

#include <limits.h>

/* ---------------------------------------------------------------- handles without stream ---- */

static void check_no_strip(AlphaStreamHandle *h, uint64_t index)
{
    float number, *vertices = &number;
    size_t count = 5;
    assert_false(CV_get_triangle_strip_vertices(h, index, &vertices, &count));
    assert_null(vertices);
    assert_int_equal(count, 0);
}

/* What all functions give that need a stream; `code` is what they leave behind. */
static void check_all_refuse(AlphaStreamHandle *h, int code, const char *part)
{
    unsigned num = 5, den = 5;
    as_stream_stats stats = {.struct_size = sizeof(stats)};
#define REFUSES(condition)                                                                         \
    do {                                                                                           \
        CV_clear_error(h);                                                                         \
        assert_true(condition);                                                                    \
        assert_error(h, code, part);                                                               \
    } while (0)
    REFUSES(CV_get_total_frames(h) == 0);
    REFUSES(CV_get_frame_size(h) == 0);
    REFUSES(CV_get_frame(h, 0) == NULL);
    REFUSES((check_no_strip(h, 0), true));
    REFUSES(!CV_set_rate(h, 30, 1));
    REFUSES(!CV_get_rate(h, &num, &den));
    REFUSES(!CV_sync(h, 0));
    REFUSES(CV_frame_at(h, 0) == AS_NO_FRAME);
    REFUSES(CV_Frame_Acquire(h, 0) == NULL);
    REFUSES(!CV_get_stats(h, &stats));
#undef REFUSES
    assert_string_equal(CV_get_name(h), "libalphastream");
    assert_string_equal(CV_get_version(h), AS_VERSION_STRING);
}

static void check_null_handle(AlphaStreamHandle *h)
{
    assert_null(h);
    check_all_refuse(h, -1, "NULL");
    assert_false(init(h, WALKERS));
    assert_false(CV_init_memory(h, "x", 1, NULL, 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0));
    assert_false(CV_set_passphrase(h, "x", 1));
    assert_false(CV_set_file_name(h, "x"));
    assert_false(CV_set_canvas_size(h, 1, 1));
    assert_false(CV_set_option(h, "timebox_ms", "12"));
    assert_false(CV_get_triangle_strip_vertices(h, 0, NULL, NULL));
    assert_false(CV_get_rate(h, NULL, NULL));
    assert_false(CV_get_stats(h, NULL));
    CV_clear_error(h);
    CV_destroy(h);
    CV_Frame_Release(NULL);
}

static void test_null_and_destroyed_handles(void **state)
{
    (void)state;
    AlphaStreamHandle *h = NULL;
    check_null_handle(h);
    h = opened(WALKERS);
    CV_destroy(h);
    h = NULL; /* what every caller does */
    check_null_handle(h);
}

static void test_before_init(void **state)
{
    (void)state;
    AlphaStreamHandle *h = CV_create();
    assert_non_null(h);
    assert_error(h, 0, "");
    check_all_refuse(h, -2, "CV_init");
    assert_done(h, init(h, WALKERS));
    assert_int_equal(CV_get_total_frames(h), 720);
    CV_destroy(h);
}

static void check_init_fails(AlphaStreamHandle *h, bool done, int code, const char *part)
{
    assert_false(done);
    assert_error(h, code, part);
    check_all_refuse(h, -2, "CV_init");
    assert_done(h, init(h, WALKERS));
}

/* Existing callers may pass lengths and times that make no sense here. */
static void test_lengths_are_brought_into_range(void **state)
{
    (void)state;
    AlphaStreamHandle *h = create();
    assert_done(h, CV_init(h, WALKERS, 0, 40, 20, NULL, 0, 1000, 1, 9, UINT_MAX, UINT_MAX));
    assert_non_null(CV_get_frame(h, 0));
    assert_done(h, CV_init(h, WALKERS, 0, 40, 20, NULL, 0, 1, UINT_MAX, UINT_MAX, 0, 1));
    CV_destroy(h);
}

/* Every way an init can fail leaves nothing open, also of what was open before. */
static void test_after_failed_init(void **state)
{
    (void)state;
    AlphaStreamHandle *h = create();
#define INIT(...) CV_init(h, __VA_ARGS__)
    check_init_fails(h, INIT("no/such.asvp", 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0), -6, "no/such.asvp");
    check_init_fails(h, INIT(NULL, 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0), -1, "CV_init");
    check_init_fails(h, INIT("", 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0), -1, "empty");
    check_init_fails(h, INIT(WALKERS, 0, 100, 0, NULL, 0, 0, 0, 0, 0, 0), -1, "both or neither");
    check_init_fails(h, INIT(WALKERS, 0, 16385, 5, NULL, 0, 0, 0, 0, 0, 0), -1, "16384");
    check_init_fails(h, INIT("README.md", 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0), -5, "right file");
    check_init_fails(h, INIT("tests", 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0), -6, "directory");
#undef INIT
    check_init_fails(h, CV_init_memory(h, NULL, 9, NULL, 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0), -1,
                     "NULL");
    check_init_fails(h, CV_init_memory(h, "ASVP", 4, NULL, 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0), -5,
                     "bytes");
    check_init_fails(h, CV_init_memory(h, "", 0, NULL, 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0), -5,
                     "empty");
    CV_destroy(h);
}

static void test_null_arguments(void **state)
{
    (void)state;
    AlphaStreamHandle *h = opened(WALKERS);
    float *vertices = NULL;
    size_t count = 7;
    unsigned number;
#define REFUSED(call, part)                                                                        \
    do {                                                                                           \
        CV_clear_error(h);                                                                         \
        assert_false(call);                                                                        \
        assert_error(h, -1, part);                                                                 \
    } while (0)
    REFUSED(CV_get_triangle_strip_vertices(h, 0, NULL, &count), "out_vertices");
    assert_int_equal(count, 0);
    REFUSED(CV_get_triangle_strip_vertices(h, 0, &vertices, NULL), "out_count");
    REFUSED(CV_get_rate(h, NULL, &number), "NULL");
    REFUSED(CV_get_rate(h, &number, NULL), "NULL");
    REFUSED(CV_get_stats(h, NULL), "out_stats");
    REFUSED(CV_set_option(h, NULL, "1"), "NULL");
    REFUSED(CV_set_option(h, "timebox_ms", NULL), "NULL");
    REFUSED(CV_set_passphrase(h, NULL, 1), "bytes is NULL");
    REFUSED(CV_set_canvas_size(h, 0, 5), "16384");
    REFUSED(CV_set_canvas_size(h, 5, 0), "16384");
    REFUSED(CV_set_canvas_size(h, 16385, 5), "16384");
    REFUSED(CV_set_canvas_size(h, 5, 16385), "16384");
#undef REFUSED
    check_frame(h, WALKERS, 3, WIDTH, HEIGHT); /* what is open does not mind */
    CV_destroy(h);
}

/* ------------------------------------------------------------------------------- codes ---- */

static void test_out_of_range(void **state)
{
    (void)state;
    AlphaStreamHandle *h = opened(WALKERS);
    const uint64_t past[] = {720, 721, 1u << 31, UINT32_MAX, UINT64_MAX - 1, UINT64_MAX};
    char number[32];
    for (size_t i = 0; i < COUNT(past); i++) {
        snprintf(number, sizeof(number), "frame %" PRIu64, past[i]);
        assert_null(CV_get_frame(h, past[i]));
        assert_error(h, 3, number);
        assert_error(h, 3, "720 frames");
        check_no_strip(h, past[i]);
        assert_error(h, 3, number);
        CV_clear_error(h);
        assert_null(CV_Frame_Acquire(h, past[i]));
        assert_error(h, 3, number);
    }
    check_frame(h, WALKERS, 719, WIDTH, HEIGHT);
    CV_destroy(h);
}

/* A worker that is kept busy elsewhere: no frame can be there in time. */
static void test_timeout_and_not_ready(void **state)
{
    (void)state;
    gate g;
    gate_build(&g);
    AlphaStreamHandle *h = opened(WALKERS), *other = CV_create();
    assert_non_null(other);
    gate_close(&g);
    assert_done(h, CV_set_option(h, "timebox_ms", "20"));
    const uint64_t start = as_clock_ns();
    assert_null(CV_get_frame(h, 500));
    assert_true(as_clock_ns() - start >= UINT64_C(20000000));
    assert_error(h, -4, "frame 500");
    assert_error(h, -4, "ask again");
    check_no_strip(h, 500);
    assert_error(h, -4, "frame 500");
    assert_null(CV_Frame_Acquire(h, 501));
    assert_error(h, -4, "frame 501");
    assert_false(CV_init(other, WALKERS, 0, 0, 0, NULL, 0, 0, 0, 0, 20, 0));
    assert_error(other, -4, "20 ms");
    assert_error(other, -4, "init_timeout_ms");
    /* No option is a timebox of 0, the only way to AS_NOT_READY once the index is read. */
    as_mutex_lock(&h->session->stream->lock);
    h->session->stream->params.timebox_us = 0;
    as_mutex_unlock(&h->session->stream->lock);
    assert_null(CV_get_frame(h, 502));
    assert_error(h, -3, "frame 502");
    gate_open(&g);
    assert_done(h, CV_set_option(h, "timebox_ms", "60000"));
    check_frame(h, WALKERS, 500, WIDTH, HEIGHT);
    CV_destroy(other);
    CV_destroy(h);
    gate_remove(&g);
}

static void test_bad_frames(void **state)
{
    (void)state;
    test_bytes blocks[3];
    for (uint32_t i = 0; i < 3; i++)
        blocks[i] = test_small_block(100 + i);
    blocks[1].data[blocks[1].size / 2] ^= 0x55;
    test_bytes file = test_container(blocks, 3);
    AlphaStreamHandle *h = create();
    assert_done(
        h, CV_init_memory(h, file.data, file.size, NULL, 0, WIDTH, HEIGHT, NULL, 0, 0, 0, 3, 0, 0));
    for (int i = 0; i < 5; i++) {
        assert_null(CV_get_frame(h, 1));
        assert_error(h, -5, "frame 1: ");
        assert_error(h, -5, "damaged");
        check_no_strip(h, 1);
        assert_error(h, -5, "frame 1: ");
        assert_null(CV_Frame_Acquire(h, 1));
        assert_error(h, -5, "frame 1: ");
        assert_done(h, CV_get_frame(h, 0) != NULL);
        assert_done(h, CV_get_frame(h, 2) != NULL);
    }
    CV_destroy(h);
    test_free_blocks(blocks, 3);
    test_bytes_free(&file);
}

static void test_transport(void **state)
{
    (void)state;
    char folder[256], path[300];
    size_t size;
    uint8_t *bytes = test_read_file(WALKERS, &size);
    test_make_folder(folder, sizeof(folder));
    snprintf(path, sizeof(path), "%s/cut.asvp", folder);
    test_write_file(path, bytes, size);
    AlphaStreamHandle *h = create();
    assert_done(h, CV_set_option(h, "prefetch_frames", "1"));
    assert_done(h, init(h, path));
    check_frame(h, WALKERS, 0, WIDTH, HEIGHT);
    assert_int_equal(truncate(path, (off_t)(size / 2)), 0);
    assert_null(CV_get_frame(h, 700));
    assert_error(h, -6, "frame 700");
    assert_error(h, -6, "shorter");
    test_write_file(path, bytes, size); /* not final: whole again, it can be had */
    check_frame(h, WALKERS, 700, WIDTH, HEIGHT);
    CV_destroy(h);
    test_remove_folder(folder);
    free(bytes);
}

static void test_unsupported(void **state)
{
    (void)state;
    AlphaStreamHandle *h = create();
    if (!(as_features() & AS_FEATURE_HTTP)) {
        assert_false(init(h, "http://example.com/a.asvp"));
        assert_error(h, -7, "no HTTP");
        assert_false(init(h, "https://example.com/a.asvp"));
        assert_error(h, -7, "a.asvp");
    }
    assert_false(init(h, "ftp://example.com/a.asvp"));
    assert_error(h, -7, "ftp");
    CV_destroy(h);
}

/* Codes beyond -9 do not exist for callers of the closed library. */
static void test_codes_of_later_results(void **state)
{
    (void)state;
    AlphaStreamHandle *h = create();
    assert_done(h, CV_set_option(h, "held_frames", "1"));
    assert_done(h, init(h, WALKERS));
    const CV_Frame *held = CV_Frame_Acquire(h, 0);
    assert_done(h, held != NULL);
    assert_null(CV_get_frame(h, 1));
    assert_error(h, -5, "release");
    check_no_strip(h, 1);
    assert_error(h, -7, "release");
    CV_Frame_Release(held);
    check_frame(h, WALKERS, 1, WIDTH, HEIGHT);
    CV_destroy(h);
    assert_int_equal(as_cv_code(AS_ERROR_LIMIT), -5);
    assert_int_equal(as_cv_code(AS_ERROR_CANCELLED), -4);
    assert_int_equal(as_cv_code(AS_ERROR_CHANGED), -6);
    for (int code = -9; code <= 3; code++)
        assert_int_equal(as_cv_code(code), code);
}

/* -------------------------------------------------------------------------- last error ---- */

static void test_cleared_by_success(void **state)
{
    (void)state;
    AlphaStreamHandle *h = opened(WALKERS);
    for (int i = 0; i < 2; i++) {
        assert_null(CV_get_frame(h, 720));
        for (int k = 0; k < 3; k++) { /* asking changes nothing */
            assert_error(h, 3, "frame 720");
            assert_non_null(CV_get_name(h));
            assert_non_null(CV_get_version(h));
        }
        if (i == 0)
            CV_clear_error(h);
        else
            assert_non_null(CV_get_frame(h, 0));
        assert_error(h, 0, "");
    }
    CV_clear_error(h);
    assert_error(h, 0, "");
    assert_null(CV_get_frame(h, 720));
    assert_int_equal(CV_get_total_frames(h), 720);
    assert_error(h, 0, "");
    CV_destroy(h);
}

typedef struct witness {
    AlphaStreamHandle *handle;
    int before, after_failure, main_success, cleared;
    char text[488];
    sem_t go, done;
} witness;

static void *watch(void *arg)
{
    witness *w = arg;
    w->before = CV_get_last_error_code(w->handle); /* no call yet: the latest of all */
    snprintf(w->text, sizeof(w->text), "%s", CV_get_last_error_text(w->handle));
    (void)!CV_get_frame(w->handle, 9999);
    w->after_failure = CV_get_last_error_code(w->handle);
    sem_post(&w->done);
    while (sem_wait(&w->go) != 0) {
    }
    w->main_success = CV_get_last_error_code(w->handle);
    CV_clear_error(w->handle);
    w->cleared = CV_get_last_error_code(w->handle);
    return NULL;
}

static void test_each_thread_has_its_own(void **state)
{
    (void)state;
    pthread_t thread;
    AlphaStreamHandle *h = opened(WALKERS);
    witness w = {.handle = h};
    assert_int_equal(sem_init(&w.go, 0, 0), 0);
    assert_int_equal(sem_init(&w.done, 0, 0), 0);
    assert_false(CV_set_option(h, "nonsense", "1"));
    assert_int_equal(pthread_create(&thread, NULL, watch, &w), 0);
    while (sem_wait(&w.done) != 0) {
    }
    assert_error(h, -1, "nonsense"); /* the other thread's failure is its own */
    check_frame(h, WALKERS, 1, WIDTH, HEIGHT);
    sem_post(&w.go);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(w.before, -1);
    assert_non_null(strstr(w.text, "nonsense"));
    assert_int_equal(w.after_failure, 3);
    assert_int_equal(w.main_success, 3);
    assert_int_equal(w.cleared, 0);
    assert_null(CV_get_frame(h, 720));
    assert_error(h, 3, "frame 720");
    sem_destroy(&w.go);
    sem_destroy(&w.done);
    CV_destroy(h);
}

/* Failures in the background are not anybody's last error. */
static void test_background_is_silent(void **state)
{
    (void)state;
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    test_bytes blocks[40];
    for (uint32_t i = 0; i < COUNT(blocks); i++) {
        blocks[i] = test_small_block(i);
        if (i > 0)
            blocks[i].data[blocks[i].size / 2] ^= 0x55;
    }
    test_bytes file = test_container(blocks, COUNT(blocks));
    AlphaStreamHandle *h = create();
    /* Waits until all were read, or found to be bad. */
    assert_done(h, CV_init_memory(h, file.data, file.size, NULL, 0, WIDTH, HEIGHT, NULL, 0, 0, 0,
                                  COUNT(blocks), 0, 0));
    assert_done(h, CV_get_frame(h, 0) != NULL);
    assert_done(h, CV_get_stats(h, &stats));
    assert_true(stats.failed >= COUNT(blocks) - 1);
    CV_destroy(h);
    test_free_blocks(blocks, COUNT(blocks));
    test_bytes_free(&file);
}

/* ------------------------------------------------------------------------------ memory ---- */

static int sessions_refused, frames_refused;

/* Whatever fails, it says -8, and the next try works. */
static void scenario(const test_bytes *file, const char *part)
{
    const uint8_t *masks[3] = {NULL};
    AlphaStreamHandle *h = CV_create();
    if (!h)
        return;
    while (!CV_set_option(h, "timebox_ms", "60000"))
        fail_msg("setting an option takes no memory");
    while (!CV_set_passphrase(h, "secret", 6) || !CV_set_file_name(h, "a.asvp"))
        assert_error(h, -8, part);
    while (!CV_init_memory(h, file->data, file->size, NULL, 0, WIDTH, HEIGHT, NULL, 0, 0, 0, 3,
                           60000, 0)) {
        assert_error(h, -8, part);
        sessions_refused++;
    }
    for (int i = 0; i < 3; i++)
        while (!(masks[i] = CV_get_frame(h, (unsigned)i))) {
            assert_error(h, -8, part);
            frames_refused++;
        }
    const CV_Frame *frame;
    while (!(frame = CV_Frame_Acquire(h, 1)))
        assert_error(h, -8, part);
    float *vertices;
    size_t count;
    while (!CV_get_triangle_strip_vertices(h, 1, &vertices, &count))
        assert_error(h, -8, part);
    assert_true(count >= 6);
    CV_destroy(h);
    assert_int_equal(frame->index, 1);
    CV_Frame_Release(frame);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    test_bytes file = test_three_frames(NULL);
    uint64_t n = 0;
    for (; test_alloc_fail_at(n), scenario(&file, "memory"), test_alloc_failed(); n++)
        assert_int_equal(as_mem_live(), 0);
    test_alloc_restore();
    assert_true(n > 20);
    assert_true(sessions_refused > 0);
    test_bytes_free(&file);
}

/* The system refuses locks and threads. */
static void test_every_resource_fails_once(void **state)
{
    (void)state;
    test_bytes file = test_three_frames(NULL);
    uint64_t n = 0;
    for (; as_thread_test_fail_at(n), scenario(&file, ""), as_thread_test_failed(); n++)
        assert_int_equal(as_mem_live(), 0);
    as_thread_test_fail_at(UINT64_MAX);
    assert_true(n > 4);
    test_bytes_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_and_destroyed_handles),
        cmocka_unit_test(test_before_init),
        cmocka_unit_test(test_lengths_are_brought_into_range),
        cmocka_unit_test(test_after_failed_init),
        cmocka_unit_test(test_null_arguments),
        cmocka_unit_test(test_out_of_range),
        cmocka_unit_test(test_timeout_and_not_ready),
        cmocka_unit_test(test_bad_frames),
        cmocka_unit_test(test_transport),
        cmocka_unit_test(test_unsupported),
        cmocka_unit_test(test_codes_of_later_results),
        cmocka_unit_test(test_cleared_by_success),
        cmocka_unit_test(test_each_thread_has_its_own),
        cmocka_unit_test(test_background_is_silent),
        cmocka_unit_test(test_every_allocation_fails_once),
        cmocka_unit_test(test_every_resource_fails_once),
    };
    return cmocka_run_group_tests_name("cv_errors", tests, NULL, test_nothing_alive);
}
