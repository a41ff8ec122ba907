/* SPDX-License-Identifier: MIT
 *
 * What the tests of HTTP sources share: a content on the fault server, and reads that are compared
 * with it.
 */
#ifndef TEST_HTTP_SOURCE_FIXTURE_H
#define TEST_HTTP_SOURCE_FIXTURE_H

#include "tests/support/http_fixture.h"
#include "tests/support/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KIB ((size_t)1024)
#define CONTENT_BYTES (1500 * KIB + 123)

static uint8_t *content, *other; /* CONTENT_BYTES random ones each */
static char content_path[HTTP_PATH], other_path[HTTP_PATH];

static inline int setup(void **state)
{
    (void)state;
    http_start();
    test_random random = test_random_from(test_seed("http"));
    content = malloc(CONTENT_BYTES);
    other = malloc(CONTENT_BYTES);
    assert_true(content && other);
    for (size_t i = 0; i < CONTENT_BYTES; i++) {
        content[i] = (uint8_t)test_random_u64(&random);
        other[i] = (uint8_t)test_random_u64(&random);
    }
    test_write_file(http_path(content_path, "content"), content, CONTENT_BYTES);
    test_write_file(http_path(other_path, "other"), other, CONTENT_BYTES);
    return 0;
}

static inline int teardown(void **state)
{
    http_stop();
    free(content);
    free(other);
    return test_nothing_alive(state);
}

/* Quick to retry, quick to give up. */
static inline as_http_params quick(void)
{
    return (as_http_params){
        .struct_size = sizeof(as_http_params), .retry_delay_ms = 1, .stall_timeout_ms = 30000};
}

/* Opens the scenario; params NULL: quick(). */
static inline as_source *open_scenario(const char *id, const as_http_params *params)
{
    char url[HTTP_URL];
    as_error error;
    as_source *source = NULL;
    const as_http_params standard = quick();
    assert_ok(as_source_open_http(fault_url(url, id, "f.asvp?key=secret"),
                                  params ? params : &standard, &source, &error),
              &error);
    return source;
}

static inline as_result read_at(as_source *source, uint64_t offset, size_t length, as_error *error)
{
    size_t got;
    uint8_t *buffer = malloc(length + 1);
    assert_non_null(buffer);
    const as_result result = as_source_read(source, offset, buffer, length, &got, error);
    free(buffer);
    return result;
}

/* Reads and compares with `wanted`, of CONTENT_BYTES. */
static inline void check_read_of(as_source *source, const uint8_t *wanted, uint64_t offset,
                                 size_t length)
{
    as_error error;
    size_t got = 77;
    uint8_t *buffer = malloc(length + 1);
    assert_non_null(buffer);
    const size_t rest = offset < CONTENT_BYTES ? CONTENT_BYTES - (size_t)offset : 0;
    const size_t there = length < rest ? length : rest;
    buffer[there] = 0xA5;
    assert_ok(as_source_read(source, offset, buffer, length, &got, &error), &error);
    assert_int_equal(got, there);
    if (there)
        assert_same_bytes(buffer, wanted + offset, there);
    assert_int_equal(buffer[there], 0xA5);
    free(buffer);
}

static inline void check_read(as_source *source, uint64_t offset, size_t length)
{
    check_read_of(source, content, offset, length);
}

static inline as_http_stats stats_of(as_source *source)
{
    as_error error;
    as_http_stats stats = {.struct_size = sizeof(stats)};
    assert_ok(as_source_get_http_stats(source, &stats, &error), &error);
    return stats;
}

static inline uint64_t size_of(as_source *source)
{
    as_error error;
    uint64_t size = 0;
    assert_ok(as_source_size(source, &size, &error), &error);
    return size;
}

/* Requests the scenario had; every one is well-formed. */
static inline size_t count_requests(const char *id)
{
    fault_log log = fault_log_of(id);
    const size_t count = log.count;
    fault_check_requests(&log);
    fault_log_free(&log);
    return count;
}

#endif
