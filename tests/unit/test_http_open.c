/* SPDX-License-Identifier: MIT
 *
 * Opening HTTP sources: what is refused, by which words, and what memory or threads that cannot be
 * had lead to.
 */
#include "tests/unit/http_source_fixture.h"

#include "core/base/mem.h"
#include "core/base/thread.h"
#include "tests/support/failing_alloc.h"

#include <curl/curl.h>

#define URL "http://127.0.0.1:9/f.asvp"

static void check_refused(const char *url, const as_http_params *params, const char *part)
{
    as_error error;
    as_source *source = (as_source *)&error;
    assert_fails(as_source_open_http(url, params, &source, &error), AS_ERROR_ARGUMENT, &error,
                 part);
    assert_null(source);
    assert_null(strstr(error.text, "secret"));
}

static void test_urls(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "secret",           "/secret",
        "file:///a",  "ftp://host/a",     "http://",
        "http:///a",  "http://host:x/a",  "http://me:secret@host:99999/a",
        "http://a b", "http://host/a\nb",
    };
    as_error error;
    as_source *source = NULL;
    for (size_t i = 0; i < COUNT(bad); i++)
        check_refused(bad[i], NULL, "URL");
    char *longest = malloc(AS_HTTP_URL_MAX + 1);
    assert_non_null(longest);
    memset(longest, 'a', AS_HTTP_URL_MAX);
    memcpy(longest, "http://host/", 12);
    longest[AS_HTTP_URL_MAX] = '\0';
    check_refused(longest, NULL, "8192");
    longest[AS_HTTP_URL_MAX - 1] = '\0';
    assert_ok(as_source_open_http(longest, NULL, &source, &error), &error);
    as_source_close(&source);
    free(longest);

    /* Through the general call too, and nothing is asked for yet. */
    const as_http_params http = {.struct_size = sizeof(http), .requests = 17};
    const as_source_params params = {.struct_size = sizeof(params), .http = &http};
    assert_fails(as_source_open(URL, &params, &source, &error), AS_ERROR_ARGUMENT, &error,
                 "as_http_params.requests");
    assert_ok(
        as_source_open("HTTPS://me:secret@nowhere.invalid/v/m%20.asvr?k#f", NULL, &source, &error),
        &error);
    assert_string_equal(as_source_name(source), "m%20.asvr");
    assert_int_equal(size_of(source), AS_SIZE_UNKNOWN);
    assert_int_equal(as_source_version(source), 0);
    as_source_close(&source);
    assert_true(as_features() & AS_FEATURE_HTTP);
}

/* What a package's dependencies may let in: a libcurl without some of the options. */
static unsigned pretended_version;
const curl_version_info_data *__real_curl_version_info(CURLversion age);
const curl_version_info_data *__wrap_curl_version_info(CURLversion age);
const curl_version_info_data *__wrap_curl_version_info(CURLversion age)
{
    static curl_version_info_data older;
    if (!pretended_version)
        return __real_curl_version_info(age);
    older = *__real_curl_version_info(age);
    older.version = "7.86.0";
    older.version_num = pretended_version;
    return &older;
}

static void test_old_libcurl(void **state)
{
    (void)state;
    as_error error;
    as_source *source = (as_source *)&error;
    pretended_version = 0x075600;
    assert_fails(as_source_open_http(URL, NULL, &source, &error), AS_ERROR_UNSUPPORTED, &error,
                 "libcurl 7.86.0 is loaded");
    assert_non_null(strstr(error.text, "install libcurl 7.87 or newer"));
    assert_null(source);
    pretended_version = 0x075700;
    assert_ok(as_source_open_http(URL, NULL, &source, &error), &error);
    pretended_version = 0;
    as_source_close(&source);
}

static void test_params(void **state)
{
    (void)state;
    static const char *const broken[] = {"X: a\r\nY: b"};
    static const char *const nameless[] = {"X: a", ": secret"};
    static const char *const empty[] = {"X:  "};
    static const char *const reserved[] = {"rAnge: bytes=0-1"};
    static const char *const nothing[] = {NULL};
    const struct {
        as_http_params params;
        const char *part;
    } rows[] = {
        {{.insecure = 2}, "insecure"},
        {{.http2 = 2}, "http2"},
        {{.connect_timeout_ms = 3600001}, "connect_timeout_ms"},
        {{.stall_timeout_ms = 3600001}, "stall_timeout_ms"},
        {{.low_speed_bytes = (1 << 30) + 1}, "low_speed_bytes"},
        {{.retries = 101}, "retries"},
        {{.retry_delay_ms = 60001}, "retry_delay_ms"},
        {{.retry_after_most_ms = 3600001}, "retry_after_most_ms"},
        {{.chunk_bytes = 65535}, "chunk_bytes"},
        {{.chunk_bytes = 65537}, "multiple of 65536"},
        {{.chunk_bytes = (4 << 20) + 65536}, "chunk_bytes"},
        {{.requests = 17}, "requests"},
        {{.cache_bytes = 1048575}, "cache_bytes"},
        {{.spill_bytes = ((uint64_t)1 << 60) + 1}, "spill_bytes"},
        {{.cache_dir_bytes = 1}, "cache_dir_bytes"},
        {{.user_agent = "a\nb"}, "user_agent"},
        {{.proxy = "a\x7f"}, "proxy"},
        {{.ca_file = "\t"}, "ca_file"},
        {{.cache_dir = ""}, "cache_dir"},
        {{.header_count = 1}, "headers is NULL"},
        {{.header_count = 65, .headers = broken}, "header_count is 65"},
        {{.header_count = 1, .headers = broken}, "headers[0] has a control character"},
        {{.header_count = 2, .headers = nameless}, "headers[1] is not of the form"},
        {{.header_count = 1, .headers = empty}, "headers[0] is not of the form"},
        {{.header_count = 1, .headers = nothing}, "headers[0] is not of the form"},
        {{.header_count = 1, .headers = reserved}, "rAnge"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        as_http_params params = rows[i].params;
        params.struct_size = sizeof(params);
        check_refused(URL, &params, rows[i].part);
    }
    as_error error;
    as_source *source = NULL;
    const as_http_params most = {.struct_size = sizeof(most),
                                 .retries = AS_HTTP_NO_RETRIES,
                                 .spill_bytes = AS_HTTP_NO_SPILL,
                                 .chunk_bytes = 4 << 20,
                                 .requests = 16};
    assert_ok(as_source_open_http(URL, &most, &source, &error), &error);
    as_source_close(&source);
    assert_fails(as_source_open_http(NULL, NULL, &source, &error), AS_ERROR_ARGUMENT, &error,
                 "url");
    assert_int_equal(as_source_open_http(URL, NULL, NULL, NULL), AS_ERROR_ARGUMENT);
}

static void test_other_sources(void **state)
{
    (void)state;
    as_error error;
    as_source *source = NULL;
    as_http_stats stats = {.struct_size = sizeof(stats)};
    as_byte_range range;
    size_t count = 77;
    assert_ok(as_source_open_memory("abc", 3, NULL, &source, &error), &error);
    assert_fails(as_source_get_http_stats(source, &stats, &error), AS_ERROR_UNSUPPORTED, &error,
                 "HTTP");
    assert_ok(as_source_get_cached(source, &range, 1, &count, &error), &error);
    assert_int_equal(count, 1);
    assert_int_equal(range.offset, 0);
    assert_int_equal(range.length, 3);
    assert_fails(as_source_get_cached(source, NULL, 0, &count, &error), AS_ERROR_LIMIT, &error,
                 "1 ranges");
    assert_int_equal(count, 1);
    assert_int_equal(as_source_get_cached(source, NULL, 1, &count, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_source_get_cached(source, &range, 1, NULL, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_source_get_cached(NULL, &range, 1, &count, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_source_get_http_stats(NULL, &stats, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_source_get_http_stats(source, NULL, NULL), AS_ERROR_ARGUMENT);
    as_source_close(&source);
    stats.struct_size = 4;
    source = open_scenario("none", NULL);
    assert_fails(as_source_get_http_stats(source, &stats, &error), AS_ERROR_ARGUMENT, &error,
                 "struct_size");
    as_source_close(&source);
}

/* ------------------------------------------------------------------- nothing to be had ---- */

/* Results are those of the call or "out of memory"; bytes that come are right. */
static void use_source(const as_http_params *params)
{
    char url[HTTP_URL];
    uint8_t *buffer = malloc(CONTENT_BYTES);
    as_error error = {0};
    as_source *source = NULL;
    assert_non_null(buffer);
    as_result result = as_source_open_http(fault_url(url, "memory", "f"), params, &source, &error);
    const as_byte_range wanted = {0, CONTENT_BYTES};
    for (uint64_t offset = 0; result == AS_OK && offset < CONTENT_BYTES; offset += 500 * KIB) {
        size_t got;
        as_source_prefetch(source, &wanted, 1, 0, 1);
        result = as_source_read(source, offset, buffer, 100 * KIB, &got, &error);
        if (result == AS_OK) {
            assert_int_equal(got, offset + 100 * KIB > CONTENT_BYTES ? CONTENT_BYTES - offset
                                                                     : 100 * KIB);
            assert_same_bytes(buffer, content + offset, got);
        }
    }
    if (result != AS_OK) {
        assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
        assert_non_null(strstr(error.text, "out of memory"));
    }
    as_source_close(&source);
    free(buffer);
}

static void check_memory(const char *settings, const as_http_params *params)
{
    fault_scenario("memory", content_path, "etag=\"v1\"");
    if (settings[0])
        fault_rule("memory", settings);
    uint64_t n = 0;
    for (; test_alloc_fail_at(n), use_source(params), test_alloc_failed(); n++)
        assert_int_equal(as_mem_live(), 0);
    assert_true(n > 20);
    assert_int_equal(as_mem_live(), 0);
    test_alloc_restore();
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char directory[HTTP_PATH];
    static const char *const headers[] = {"X-One: 1", "X-Two: 2"};
    as_http_params params = quick();
    params.headers = headers;
    params.header_count = 2;
    params.cache_dir = http_path(directory, "cache");
    check_memory("", &params);
    params.cache_dir = NULL;
    params.cache_bytes = 1024 * KIB; /* the rest spills */
    check_memory("times=always whole=1", &params);
    check_memory("times=always query= status=302 header=Location:f?there", &params);
}

static void test_no_threads(void **state)
{
    (void)state;
    char directory[HTTP_PATH];
    as_error error;
    as_source *source = NULL;
    as_http_params params = quick();
    params.cache_dir = http_path(directory, "cache");
    uint64_t n = 0;
    for (;; n++) {
        as_thread_test_fail_at(n);
        const as_result result = as_source_open_http(URL, &params, &source, &error);
        const bool failed = as_thread_test_failed();
        as_thread_test_fail_at(UINT64_MAX);
        as_source_close(&source);
        if (!failed) {
            assert_ok(result, &error);
            break;
        }
        assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
        assert_int_equal(as_mem_live(), 0);
    }
    assert_true(n >= 6);
    assert_int_equal(as_thread_test_misuses(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),          cmocka_unit_test(test_params),
        cmocka_unit_test(test_other_sources), cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_no_threads),    cmocka_unit_test(test_old_libcurl),
    };
    return cmocka_run_group_tests_name("http_open", tests, setup, teardown);
}
