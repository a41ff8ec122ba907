/* SPDX-License-Identifier: MIT
 *
 * The HTTP source where nothing goes wrong, or one thing: what it asks for, hands out and keeps,
 * how it follows, refreshes, notices a new version, cancels and closes.
 */
#include "tests/unit/http_source_fixture.h"

#include "core/base/thread.h"

#include <stdatomic.h>

static void check_first_request(const char *id, uint64_t first, uint64_t last)
{
    fault_log log = fault_log_of(id);
    assert_true(log.count > 0);
    assert_int_equal(log.requests[0].first, first);
    assert_int_equal(log.requests[0].last, last);
    fault_log_free(&log);
}

static void test_reads(void **state)
{
    (void)state;
    fault_scenario("reads", content_path, "etag=\"v1\"");
    as_source *source = open_scenario("reads", NULL);
    assert_int_equal(count_requests("reads"), 0);
    check_read(source, 0, 64); /* the first request brings the size and much more */
    assert_int_equal(size_of(source), CONTENT_BYTES);
    check_read(source, 64, 200 * KIB);
    assert_int_equal(count_requests("reads"), 1);
    check_first_request("reads", 0, 256 * KIB - 1);
    check_read(source, CONTENT_BYTES - 5, 5);
    check_read(source, CONTENT_BYTES - 5, 50);
    check_read(source, CONTENT_BYTES, 10);
    check_read(source, UINT64_MAX - 10, 10);
    check_read(source, 0, CONTENT_BYTES);
    for (uint64_t offset = 0; offset < CONTENT_BYTES; offset += 33333)
        check_read(source, offset, 40000);
    const as_http_stats stats = stats_of(source);
    assert_int_equal(stats.received, CONTENT_BYTES);
    assert_int_equal(stats.useful, CONTENT_BYTES);
    assert_int_equal(stats.requests, count_requests("reads"));
    assert_int_equal(stats.retries, 0);
    assert_int_equal(stats.ranges, 1);
    assert_int_equal(stats.version, 0);
    assert_true(stats.cache_hits > stats.cache_misses);
    as_byte_range range;
    size_t count;
    as_error error;
    assert_ok(as_source_get_cached(source, &range, 1, &count, &error), &error);
    assert_int_equal(count, 1);
    assert_int_equal(range.offset, 0);
    assert_int_equal(range.length, CONTENT_BYTES);
    as_source_close(&source);
}

static void test_hints(void **state)
{
    (void)state;
    fault_scenario("hints", content_path, "etag=\"v1\"");
    as_source *source = open_scenario("hints", NULL);
    const as_byte_range ranges[] = {{0, 1}, {1200 * KIB, 100 * KIB}};
    as_source_prefetch(source, ranges, 2, 0, 1);
    fault_wait("hints", "ended=2"); /* nobody reads */
    check_read(source, 1210 * KIB, 1000);
    check_read(source, 0, 1000);
    assert_int_equal(count_requests("hints"), 2);
    as_source_close(&source);
}

/* A small cache, read to and fro: never more than its budget, and the bytes are right. */
static void test_small_cache(void **state)
{
    (void)state;
    fault_scenario("small", content_path, "etag=\"v1\"");
    as_http_params params = quick();
    params.cache_bytes = 1024 * KIB;
    as_source *source = open_scenario("small", &params);
    check_read(source, 0, CONTENT_BYTES); /* one read larger than the cache */
    check_read(source, 0, CONTENT_BYTES);
    for (int i = 0; i < 40; i++) {
        check_read(source, (uint64_t)i * 7919 * 97 % CONTENT_BYTES, 90 * KIB);
        assert_true(stats_of(source).memory_bytes <= 1024 * KIB);
    }
    as_source_close(&source);
}

static void test_no_ranges(void **state)
{
    (void)state;
    fault_scenario("whole", content_path, "");
    fault_rule("whole", "times=always whole=1");
    as_http_params params = quick();
    params.cache_bytes = 1024 * KIB;
    as_source *source = open_scenario("whole", &params);
    check_read(source, CONTENT_BYTES - 10, 10);
    check_read(source, 0, CONTENT_BYTES);
    check_read(source, 100, 100);
    assert_int_equal(count_requests("whole"), 1);
    const as_http_stats stats = stats_of(source);
    assert_int_equal(stats.ranges, 0);
    assert_int_equal(stats.received, CONTENT_BYTES);
    assert_true(stats.memory_bytes <= 1024 * KIB);
    assert_true(stats.spilled_bytes > 0);
    as_source_close(&source);

    params.spill_bytes = AS_HTTP_NO_SPILL; /* no room for all of it: for good */
    as_error error;
    source = open_scenario("whole", &params);
    assert_int_equal(read_at(source, CONTENT_BYTES - 10, 10, &error), AS_ERROR_LIMIT);
    assert_int_equal(read_at(source, CONTENT_BYTES - 10, 10, &error), AS_ERROR_LIMIT);
    check_read(source, 0, 900 * KIB);
    assert_int_equal(count_requests("whole"), 2);
    as_source_close(&source);
}

static void test_new_version(void **state)
{
    (void)state;
    as_error error;
    fault_scenario("version", content_path, "etag=\"v1\"");
    as_source *source = open_scenario("version", NULL);
    check_read(source, 0, 100);
    fault_content("version", other_path, "etag=\"v2\"");
    check_read(source, 0, 100); /* cached */
    assert_int_equal(as_source_version(source), 0);
    assert_fails(as_source_read(source, 600 * KIB, &error, 1, &(size_t){0}, &error),
                 AS_ERROR_CHANGED, &error, "f.asvp");
    assert_null(strstr(error.text, "secret"));
    assert_int_equal(as_source_version(source), 1);
    check_read_of(source, other, 0, CONTENT_BYTES);
    assert_int_equal(as_source_version(source), 1);
    as_source_close(&source);
}

/* A server that answers 412 to a condition that holds. */
/* Without validators, and a size that only the end of the content has told. */
static void test_new_size(void **state)
{
    (void)state;
    as_error error;
    char path[HTTP_PATH];
    test_write_file(http_path(path, "shorter"), other, CONTENT_BYTES - 100);
    fault_scenario("size", content_path, "");
    fault_rule("size", "times=1 total=*");
    as_source *source = open_scenario("size", NULL);
    check_read(source, 0, 100);
    assert_true(size_of(source) == AS_SIZE_UNKNOWN);
    check_read(source, 2 * CONTENT_BYTES, 100);
    assert_true(size_of(source) == CONTENT_BYTES);
    fault_content("size", path, "");
    assert_int_equal(read_at(source, 512 * KIB, 100, &error), AS_ERROR_CHANGED);
    assert_int_equal(as_source_version(source), 1);
    as_source_close(&source);
}

static void test_broken_condition(void **state)
{
    (void)state;
    fault_scenario("condition", content_path, "etag=\"v1\"");
    fault_rule("condition", "skip=1 status=412");
    as_source *source = open_scenario("condition", NULL);
    check_read(source, 0, 100);
    check_read(source, 300 * KIB, 100);
    check_read(source, CONTENT_BYTES - 100, 100);
    assert_int_equal(as_source_version(source), 0);
    fault_log log = fault_log_of("condition");
    char value[64];
    assert_false(fault_header(&log.requests[0], "If-Match", value, sizeof(value)));
    assert_true(fault_header(&log.requests[1], "If-Match", value, sizeof(value)));
    assert_string_equal(value, "\"v1\"");
    const fault_request *last = &log.requests[log.count - 1];
    assert_false(fault_header(last, "If-Match", value, sizeof(value)));
    fault_log_free(&log);
    as_source_close(&source);
}

/* ------------------------------------------------------------------------- failures ---- */

static void test_retries(void **state)
{
    (void)state;
    as_error error;
    fault_scenario("retries", content_path, "etag=\"v1\"");
    fault_rule("retries", "times=3 status=503");
    as_source *source = open_scenario("retries", NULL);
    check_read(source, 0, 100);
    assert_int_equal(stats_of(source).retries, 3);
    as_source_close(&source);

    fault_scenario("retries", content_path, "etag=\"v1\"");
    fault_rule("retries", "times=4 status=503");
    source = open_scenario("retries", NULL);
    assert_fails(as_source_read(source, 0, &error, 1, &(size_t){0}, &error), AS_ERROR_TRANSPORT,
                 &error, "status 503");
    assert_null(strstr(error.text, "secret"));
    as_source_close(&source);

    /* The rest of a short body alone is asked for again. */
    fault_scenario("retries", content_path, "etag=\"v1\"");
    fault_rule("retries", "cut=100000");
    source = open_scenario("retries", NULL);
    check_read(source, 0, 256 * KIB);
    fault_log log = fault_log_of("retries");
    assert_int_equal(log.count, 2);
    assert_int_equal(log.requests[1].first, 100000);
    assert_int_equal(log.requests[1].last, 256 * KIB - 1);
    fault_log_free(&log);
    as_source_close(&source);
}

typedef struct refresher {
    const char *url;
    atomic_uint calls;
    uint32_t status;
} refresher;

static as_result refresh(void *user, const char *url, uint32_t status, char *out_url,
                         size_t capacity)
{
    refresher *r = user;
    atomic_fetch_add(&r->calls, 1);
    r->status = status;
    assert_non_null(strstr(url, "?key="));
    assert_int_equal(capacity, AS_HTTP_URL_MAX);
    if (!r->url)
        return AS_ERROR_TRANSPORT;
    snprintf(out_url, capacity, "%s", r->url);
    return AS_OK;
}

static void test_refresh(void **state)
{
    (void)state;
    char url[HTTP_URL];
    as_error error;
    refresher r = {.url = fault_url(url, "refresh", "f.asvp?key=new")};
    as_http_params params = quick();
    params.refresh = refresh;
    params.user = &r;
    fault_scenario("refresh", content_path, "etag=\"v1\"");
    fault_rule("refresh", "query=key%3Dsecret skip=1 times=always status=403");
    as_source *source = open_scenario("refresh", &params);
    check_read(source, 0, CONTENT_BYTES);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.status, 403);
    assert_int_equal(stats_of(source).refreshes, 1);
    as_source_close(&source);

    fault_rule("refresh", "times=always status=410"); /* the new one is no better: asked once */
    r.calls = 0;
    source = open_scenario("refresh", &params);
    assert_fails(as_source_read(source, 0, &error, 1, &(size_t){0}, &error), AS_ERROR_TRANSPORT,
                 &error, "status 410");
    assert_int_equal(read_at(source, 0, 1, &error), AS_ERROR_TRANSPORT);
    assert_int_equal(r.calls, 1);
    as_source_close(&source);

    r.url = NULL; /* there is none */
    r.calls = 0;
    source = open_scenario("refresh", &params);
    assert_int_equal(read_at(source, 0, 1, &error), AS_ERROR_TRANSPORT);
    assert_int_equal(r.calls, 1);
    as_source_close(&source);
    source = open_scenario("refresh", NULL);
    assert_int_equal(read_at(source, 0, 1, &error), AS_ERROR_TRANSPORT);
    as_source_close(&source);
}

/* The caller's headers stay with the caller's host; each request starts at the URL given. */
static void test_redirects(void **state)
{
    (void)state;
    static const char *const headers[] = {"X-Key: secret"};
    char rule[HTTP_URL + 64], origin[HTTP_URL], target[HTTP_URL], value[64];
    as_http_params params = quick();
    params.headers = headers;
    params.header_count = 1;
    fault_origin(origin, "http", fault_listen(""));
    fault_scenario("target", content_path, "etag=\"v1\"");
    fault_scenario("redirect", content_path, "");
    snprintf(rule, sizeof(rule), "times=always status=302 header=Location:%s",
             fault_url_at(target, origin, "target", "t"));
    fault_rule("redirect", rule);
    as_source *source = open_scenario("redirect", &params);
    check_read(source, 0, 100);
    check_read(source, 900 * KIB, 100);
    as_source_close(&source);
    fault_log from = fault_log_of("redirect"), to = fault_log_of("target");
    assert_int_equal(from.count, to.count);
    assert_true(from.count > 1);
    for (size_t i = 0; i < from.count; i++) {
        assert_true(fault_header(&from.requests[i], "X-Key", value, sizeof(value)));
        assert_false(fault_header(&to.requests[i], "X-Key", value, sizeof(value)));
        assert_true(fault_header(&to.requests[i], "Accept-Encoding", value, sizeof(value)));
        assert_string_equal(value, "identity");
    }
    fault_log_free(&from);
    fault_log_free(&to);
}

/* --------------------------------------------------------------------- cancelling ---- */

typedef struct blocked {
    as_source *source;
    as_result result;
    as_error error;
} blocked;

static void read_blocked(void *user)
{
    blocked *b = user;
    b->result = read_at(b->source, 0, 100, &b->error);
}

/* Starts a read that the server does not answer. */
static void start_blocked(blocked *b, as_thread *thread, const char *id)
{
    fault_scenario(id, content_path, "etag=\"v1\"");
    fault_rule(id, "times=always stall=before");
    b->source = open_scenario(id, NULL);
    assert_true(as_thread_start(thread, "reader", read_blocked, b));
    fault_wait(id, "stalled=1");
}

static void test_cancel(void **state)
{
    (void)state;
    blocked b;
    as_thread thread;
    start_blocked(&b, &thread, "cancel");
    as_source_cancel(b.source);
    as_thread_join(&thread);
    assert_int_equal(b.result, AS_ERROR_CANCELLED);
    fault_wait("cancel", "open=0"); /* its request is given up */
    assert_int_equal(read_at(b.source, 0, 1, &b.error), AS_ERROR_CANCELLED);
    as_source_close(&b.source);
}

static void test_seek(void **state)
{
    (void)state;
    blocked b;
    as_thread thread;
    start_blocked(&b, &thread, "seek");
    const as_byte_range here = {0, 100}, there = {1200 * KIB, 100};
    as_source_prefetch(b.source, &here, 1, 0, 1);
    as_source_prefetch(b.source, &there, 1, 0, 2);
    as_thread_join(&thread);
    assert_int_equal(b.result, AS_ERROR_CANCELLED);
    fault_wait("seek", "ended=1 stalled=1");
    as_source_prefetch(b.source, &here, 1, 0, 1); /* older: ignored */
    fault_tell("clear seek");
    fault_tell("release seek");
    check_read(b.source, 1200 * KIB, 100);
    fault_log log = fault_log_of("seek");
    assert_string_equal(log.requests[0].end, "gone");
    assert_int_equal(log.count, 2);
    fault_log_free(&log);
    as_source_close(&b.source);
}

/* Somebody else's seeks let nobody go whom no hint named. */
static void test_seek_elsewhere(void **state)
{
    (void)state;
    blocked b;
    as_thread thread;
    start_blocked(&b, &thread, "elsewhere");
    for (uint64_t i = 1; i <= 3; i++) {
        const as_byte_range range = {400 * i * KIB, 100};
        as_source_prefetch(b.source, &range, 1, 0, i);
    }
    fault_tell("clear elsewhere");
    fault_tell("release elsewhere");
    as_thread_join(&thread);
    assert_int_equal(b.result, AS_OK);
    as_source_close(&b.source);
}

/* Closing takes the requests along and leaves the thread of the process in order. */
static void test_close(void **state)
{
    (void)state;
    const as_byte_range all = {0, CONTENT_BYTES};
    fault_scenario("close", content_path, "");
    fault_rule("close", "times=always stall=1000");
    as_source *one = open_scenario("close", NULL), *two = open_scenario("close", NULL);
    as_source_prefetch(one, &all, 1, 0, 1);
    as_source_prefetch(two, &all, 1, 0, 1);
    fault_wait("close", "stalled=2");
    as_source_close(&one);
    fault_wait("close", "open=1");
    as_source_close(&two);
    fault_wait("close", "open=0");
}

/* ---------------------------------------------------------------- exchanges and log ---- */

typedef struct watcher {
    as_http_exchange exchanges[16];
    atomic_uint count;
    char text[16384];
} watcher;

static void note_exchange(void *user, const as_http_exchange *exchange)
{
    watcher *w = user;
    if (w->count < COUNT(w->exchanges))
        w->exchanges[w->count++] = *exchange;
}

static void note_message(void *user, as_log_level level, const char *message)
{
    watcher *w = user;
    (void)level;
    const size_t length = strlen(w->text);
    snprintf(w->text + length, sizeof(w->text) - length, "%s\n", message);
}

static void test_exchanges(void **state)
{
    (void)state;
    static watcher w;
    static const char *const headers[] = {"Authorization: secret"};
    as_http_params params = quick();
    params.exchange = note_exchange;
    params.user = &w;
    params.log = (as_log){.fn = note_message, .user = &w, .level = AS_LOG_DEBUG};
    params.headers = headers;
    params.header_count = 1;
    fault_scenario("exchange", content_path, "etag=\"v1\"");
    fault_rule("exchange", "status=500");
    as_source *source = open_scenario("exchange", &params);
    check_read(source, 0, 100);
    as_source_close(&source);
    assert_int_equal(w.count, 2);
    const as_http_exchange *a = &w.exchanges[0], *b = &w.exchanges[1];
    assert_int_equal(a->struct_size, sizeof(*a));
    assert_int_equal(a->status, 500);
    assert_int_equal(a->attempt, 0);
    assert_int_equal(a->connected, 1);
    assert_int_equal(a->result, AS_ERROR_TRANSPORT);
    assert_int_equal(b->status, 206);
    assert_int_equal(b->attempt, 1);
    assert_int_equal(b->first, 0);
    assert_int_equal(b->length, 256 * KIB);
    assert_true(b->first_byte_ns <= b->total_ns);
    assert_true(b->started_ns >= a->started_ns + a->total_ns);
    assert_non_null(strstr(w.text, "status 206"));
    assert_null(strstr(w.text, "secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),       cmocka_unit_test(test_hints),
        cmocka_unit_test(test_small_cache), cmocka_unit_test(test_no_ranges),
        cmocka_unit_test(test_new_version), cmocka_unit_test(test_broken_condition),
        cmocka_unit_test(test_retries),     cmocka_unit_test(test_refresh),
        cmocka_unit_test(test_redirects),   cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_seek),        cmocka_unit_test(test_close),
        cmocka_unit_test(test_exchanges),   cmocka_unit_test(test_seek_elsewhere),
        cmocka_unit_test(test_new_size),
    };
    return cmocka_run_group_tests_name("http_source", tests, setup, teardown);
}
