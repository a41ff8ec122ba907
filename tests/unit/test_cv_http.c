/* SPDX-License-Identifier: MIT
 *
 * CV_* and sources that are far away: the options of HTTP by name, and what a source that is silent
 * or whose content changes looks like there.
 */
#include "core/api/cv_handle.h"
#include "core/api/cv_http.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/stream_fixture.h"

enum { WIDTH = 320, HEIGHT = 200, OLD = 60, NEW = 40 };
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static truth old, new;

static int setup(void **state)
{
    (void)state;
    truth_of_bytes(&old, test_padded_triangles(OLD, 100, 0), WIDTH, HEIGHT);
    truth_of_bytes(&new, test_padded_triangles(NEW, 100, 1000), WIDTH, HEIGHT);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&old);
    truth_free(&new);
    return test_nothing_alive(state);
}

static AlphaStreamHandle *create(void)
{
    AlphaStreamHandle *h = CV_create();
    assert_non_null(h);
    return h;
}

static void assert_set(AlphaStreamHandle *h, const char *name, const char *value)
{
    if (!CV_set_option(h, name, value))
        fail_msg("%s \"%s\": %s", name, value, CV_get_last_error_text(h));
    assert_int_equal(CV_get_last_error_code(h), 0);
}

static void assert_refused(AlphaStreamHandle *h, const char *name, const char *value,
                           const char *part)
{
    if (CV_set_option(h, name, value))
        fail_msg("option %s took \"%s\"", name, value);
    assert_int_equal(CV_get_last_error_code(h), -1);
    test_assert_text(CV_get_last_error_text(h), name, "CV_set_option", __FILE__, __LINE__);
    test_assert_text(CV_get_last_error_text(h), part, "CV_set_option", __FILE__, __LINE__);
}

/* ----------------------------------------------------------------------------- options ---- */

#define FIELD(field)                                                                               \
    "http_" #field, offsetof(as_http_params, field), sizeof(((as_http_params *)0)->field)

static const struct {
    const char *name;
    size_t offset, size;
    uint64_t low, high;
    const char *above; /* NULL: there is nothing above */
    uint64_t zero;
} numbers[] = {
    {FIELD(insecure), 1, 1, "2", 0},
    {FIELD(http2), 1, 1, "2", 0},
    {FIELD(connect_timeout_ms), 1, 3600000, "3600001", 0},
    {FIELD(stall_timeout_ms), 1, 3600000, "3600001", 0},
    {FIELD(low_speed_bytes), 1, 1 << 30, "1073741825", 0},
    {FIELD(retries), 1, 100, "101", AS_HTTP_NO_RETRIES},
    {FIELD(retry_delay_ms), 1, 60000, "60001", 0},
    {FIELD(retry_after_most_ms), 1, 3600000, "3600001", 0},
    {FIELD(chunk_bytes), 65536, 4 << 20, "4259840", 0},
    {FIELD(requests), 1, 16, "17", 0},
    {FIELD(cache_bytes), 1 << 20, UINT64_C(64) << 30, "68719476737", 0},
    {FIELD(spill_bytes), 1, UINT64_C(1) << 60, "1152921504606846977", AS_HTTP_NO_SPILL},
    {FIELD(bandwidth), 1, UINT64_MAX, NULL, 0},
    {FIELD(cache_dir_bytes), 1 << 20, UINT64_C(1) << 60, "1152921504606846977", 0},
};

static uint64_t number_of(const AlphaStreamHandle *h, size_t i)
{
    const char *at = (const char *)&h->http + numbers[i].offset;
    uint32_t small;
    uint64_t large;
    memcpy(&small, at, sizeof(small));
    if (numbers[i].size == sizeof(small))
        return small;
    memcpy(&large, at, sizeof(large));
    return large;
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const none[] = {"",   " ",  "x",    "1x",  "1 ",
                                       "-1", "+1", "0x10", "1.0", "18446744073709551616"};
    AlphaStreamHandle *h = create();
    char text[32];
    for (size_t i = 0; i < COUNT(numbers); i++) {
        const uint64_t ends[] = {numbers[i].low, numbers[i].high};
        for (size_t k = 0; k < 2; k++) {
            snprintf(text, sizeof(text), "%llu", (unsigned long long)ends[k]);
            assert_set(h, numbers[i].name, text);
            assert_int_equal(number_of(h, i), ends[k]);
        }
        for (size_t k = 0; k < COUNT(none); k++)
            assert_refused(h, numbers[i].name, none[k], "not a number");
        if (numbers[i].above) {
            snprintf(text, sizeof(text), "range of %llu to %llu",
                     (unsigned long long)numbers[i].low, (unsigned long long)numbers[i].high);
            assert_refused(h, numbers[i].name, numbers[i].above, text);
        }
        assert_int_equal(number_of(h, i), numbers[i].high); /* as it was */
        assert_set(h, numbers[i].name, "0");
        assert_int_equal(number_of(h, i), numbers[i].zero);
    }
    assert_refused(h, "http_requests", "4294967297", "not a number");
    assert_refused(h, "http_chunk_bytes", "65537", "multiple of 65536");
    CV_destroy(h);
}

static void test_texts(void **state)
{
    (void)state;
    AlphaStreamHandle *h = create();
    assert_set(h, "http_user_agent", "player/1");
    assert_set(h, "http_proxy", "http://127.0.0.1:3128");
    assert_set(h, "http_ca_file", "/etc/ca.pem");
    assert_set(h, "http_cache_dir", "/tmp/chunks");
    assert_string_equal(h->http.user_agent, "player/1");
    assert_string_equal(h->http.proxy, "http://127.0.0.1:3128");
    assert_string_equal(h->http.ca_file, "/etc/ca.pem");
    assert_string_equal(h->http.cache_dir, "/tmp/chunks");
    assert_set(h, "http_user_agent", "player/2");
    assert_string_equal(h->http.user_agent, "player/2");
    assert_refused(h, "http_user_agent", "a\r\nCookie: b", "control character");
    assert_string_equal(h->http.user_agent, "player/2");
    assert_set(h, "http_user_agent", "");
    assert_set(h, "http_proxy", ""); /* none, which is not the default */
    assert_set(h, "http_ca_file", "");
    assert_set(h, "http_cache_dir", "");
    assert_null(h->http.user_agent);
    assert_string_equal(h->http.proxy, "");
    assert_null(h->http.ca_file);
    assert_null(h->http.cache_dir);
    CV_destroy(h);
}

static void test_headers(void **state)
{
    (void)state;
    AlphaStreamHandle *h = create();
    char line[64];
    for (int i = 0; i < 64; i++) {
        snprintf(line, sizeof(line), "X-Number: %d", i);
        assert_set(h, "http_header", line);
        assert_int_equal(h->http.header_count, i + 1);
    }
    assert_string_equal(h->http.headers[0], "X-Number: 0");
    assert_string_equal(h->http.headers[63], "X-Number: 63");
    assert_refused(h, "http_header", "X-Number: 64", "64 times");
    assert_set(h, "http_header", "");
    assert_int_equal(h->http.header_count, 0);
    assert_set(h, "http_header", "Authorization: secret");
    static const char *const bad[] = {"secret", ": secret", "A b: secret", "A: secret\n",
                                      "Range: secret"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_refused(h, "http_header", bad[i], "");
        assert_null(strstr(CV_get_last_error_text(h), "secret"));
    }
    assert_int_equal(h->http.header_count, 1);
    assert_refused(h, "http_", "1", "no option");
    assert_refused(h, "http_headers", "1", "no option");
    CV_destroy(h);
}

static bool is_tested(const char *name)
{
    static const char *const texts[] = {"http_header", "http_user_agent", "http_proxy",
                                        "http_ca_file", "http_cache_dir"};
    for (size_t i = 0; i < COUNT(texts); i++)
        if (strcmp(texts[i], name) == 0)
            return true;
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (strcmp(numbers[i].name, name) == 0)
            return true;
    return false;
}

/* docs/streams.md has a row for each. */
static void test_every_option(void **state)
{
    (void)state;
    size_t size, count = 0;
    char *page = (char *)test_read_file("docs/streams.md", &size);
    for (const char *name; (name = as_cv_http_name(count)); count++) {
        char row[80];
        snprintf(row, sizeof(row), "| `%s`", name);
        if (!strstr(page, row))
            fail_msg("docs/streams.md does not list %s", name);
        if (!is_tested(name))
            fail_msg("option %s is not tested here", name);
    }
    assert_int_equal(count, COUNT(numbers) + 5);
    assert_null(as_cv_http_name(SIZE_MAX));
    free(page);
}

static bool set_and_copy(void)
{
    static const char *const set[][2] = {
        {"http_header", "A: 1"}, {"http_header", "B: 2"},    {"http_user_agent", "player"},
        {"http_proxy", ""},      {"http_ca_file", "ca.pem"}, {"http_cache_dir", "chunks"},
        {"http_retries", "0"}};
    as_error error;
    AlphaStreamHandle *h = CV_create();
    if (!h)
        return false;
    bool well = true;
    for (size_t i = 0; i < COUNT(set); i++)
        if (!CV_set_option(h, set[i][0], set[i][1])) {
            assert_int_equal(CV_get_last_error_code(h), -8);
            assert_true(CV_set_option(h, set[i][0], set[i][1]));
            well = false;
        }
    as_http_params copy;
    const as_result result = as_cv_http_copy(&copy, &h->http, &error);
    if (result == AS_OK) {
        assert_int_equal(copy.header_count, 2);
        assert_ptr_not_equal(copy.headers, h->http.headers);
        assert_string_equal(copy.headers[1], "B: 2");
        assert_string_equal(copy.user_agent, "player");
        assert_ptr_not_equal(copy.user_agent, h->http.user_agent);
        assert_string_equal(copy.proxy, "");
        assert_int_equal(copy.retries, AS_HTTP_NO_RETRIES);
        as_cv_http_free(&copy);
    } else {
        assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
        assert_null(copy.user_agent);
        assert_int_equal(copy.header_count, 0);
    }
    CV_destroy(h);
    return well && result == AS_OK;
}

static void test_each_allocation_fails_once(void **state)
{
    (void)state;
    uint64_t n = 0, failures = 0;
    truth_rest(&old);
    truth_rest(&new);
    do {
        test_alloc_fail_at(n++);
        failures += !set_and_copy();
        assert_int_equal(test_alloc_bytes(), 0);
    } while (test_alloc_failed());
    test_alloc_restore();
    assert_true(failures > 12);
}

/* ------------------------------------------------------------------- a source far away ---- */

static AlphaStreamHandle *on_source(test_source *control)
{
    as_error error;
    test_source_init(control, old.bytes, old.size, true);
    control->versioned = true;
    as_source *source = test_source_open(control);
    AlphaStreamHandle *h = create();
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .source = source,
                                     .canvas_width = WIDTH,
                                     .canvas_height = HEIGHT,
                                     .prefetch_frames = 2,
                                     .io_requests = 1,
                                     .timebox_us = 60000000,
                                     .data_timeout_ms = 30};
    assert_ok(as_cv_begin_session(h, &params, &error), &error);
    as_source_close(&source);
    return h;
}

static void expect_frame(AlphaStreamHandle *h, truth *t, unsigned index)
{
    const void *frame = CV_get_frame(h, index);
    if (!frame)
        fail_msg("frame %u: %s", index, CV_get_last_error_text(h));
    assert_same_bytes(frame, truth_mask(t, index, WIDTH, HEIGHT), (size_t)WIDTH * HEIGHT);
}

/* The call ends; the read goes on, and its frame is there when it comes. */
static void test_silent_source(void **state)
{
    (void)state;
    test_source control;
    AlphaStreamHandle *h = on_source(&control);
    expect_frame(h, &old, 0);
    test_source_gate(&control, truth_range(&old, 40).offset, UINT64_MAX);
    assert_null(CV_get_frame(h, 50));
    assert_int_equal(CV_get_last_error_code(h), -6);
    test_assert_text(CV_get_last_error_text(h), "data_timeout_ms", "CV_get_frame", __FILE__,
                     __LINE__);
    test_source_wait_blocked(&control, 1);
    test_source_open_gate(&control);
    while (!CV_get_frame(h, 50))
        assert_int_equal(CV_get_last_error_code(h), -6);
    expect_frame(h, &old, 50);
    assert_int_equal(test_source_count(&control, 0, truth_range(&old, 50).offset), 1);
    CV_destroy(h);
    test_source_destroy(&control);
}

static void test_changed_content(void **state)
{
    (void)state;
    test_source control;
    AlphaStreamHandle *h = on_source(&control);
    expect_frame(h, &old, 0);
    assert_int_equal(CV_get_total_frames(h), OLD);
    test_source_replace(&control, new.bytes, new.size);
    assert_null(CV_get_frame(h, 0));
    assert_int_equal(CV_get_last_error_code(h), -6);
    test_assert_text(CV_get_last_error_text(h), "replaced", "CV_get_frame", __FILE__, __LINE__);
    expect_frame(h, &new, 0);
    assert_int_equal(CV_get_total_frames(h), NEW);
    assert_null(CV_get_frame(h, NEW));
    assert_int_equal(CV_get_last_error_code(h), 3);
    CV_destroy(h);
    test_source_destroy(&control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_every_option),
        cmocka_unit_test(test_silent_source),
        cmocka_unit_test(test_changed_content),
        cmocka_unit_test(test_each_allocation_fails_once), /* last: the containers are closed */
    };
    return cmocka_run_group_tests_name("cv http", tests, setup, teardown);
}
