/* SPDX-License-Identifier: MIT
 *
 * Answers that are not the range that was asked for, or not all of it.
 */
#include "tests/support/http_source.h"
#include "tests/support/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CONTENT_BYTES = 700001, UNIT = 64 * 1024 };

static http_content content;

static int setup(void **state)
{
    (void)state;
    http_start();
    content = http_content_random("content", CONTENT_BYTES, test_seed("http ranges"));
    return 0;
}

static int teardown(void **state)
{
    http_content_free(&content);
    http_stop();
    return test_nothing_alive(state);
}

/* ------------------------------------------------------------------------------- in tables -- */

/* Bytes that are right, however they come. */
static void test_unusual_but_right(void **state)
{
    (void)state;
    static const http_fault faults[] = {
        {.name = "chunked", .rule = "chunked=1000"},
        {.name = "no length, ends with the connection", .rule = "length=none"},
        {.name = "size not told", .rule = "total=*"},
        {.name = "early hints first", .rule = "interim=103"},
        {.name = "continue first", .rule = "interim=100"},
        {.name = "60 KB of headers", .rule = "pad=60000"},
        {.name = "60 KB of trailers", .rule = "chunked=50000 trailer=60000"},
        {.name = "weak tag", .settings = "etag=W/\"1\"", .rule = "add=X:1"},
        {.name = "no tag any more", .rule = "drop=ETag"},
        {.name = "no validators", .settings = "", .rule = "add=X:1"},
        {.name = "says it accepts none", .rule = "header=Accept-Ranges:none"},
        {.name = "the connection closes each time", .rule = "close=1"},
    };
    http_faults_play(faults, COUNT(faults), &content);
}

/* Cut short: what is missing is asked for again. Nothing, or next to nothing, each time is given
 * up. */
static void test_short(void **state)
{
    (void)state;
    static const http_fault faults[] = {
        {"no head", NULL, "cut=before", AS_OK, AS_ERROR_TRANSPORT, "reading \"http://", 3},
        {"half a head", NULL, "cut=head", AS_OK, AS_ERROR_TRANSPORT, "reading \"http://", 3},
        {"no body", NULL, "cut=0", AS_OK, AS_ERROR_TRANSPORT, "ended early", 3},
        {"one byte", NULL, "cut=1", AS_OK, AS_ERROR_TRANSPORT, "ended early", 3},
        {"a unit and a bit", NULL, "cut=65700", AS_OK, AS_OK, NULL, 0},
        {"no length and cut", NULL, "length=none cut=1", AS_OK, AS_ERROR_TRANSPORT, "ended early",
         3},
        {"chunked and cut", NULL, "chunked=1000 cut=500", AS_OK, AS_ERROR_TRANSPORT, "ended early",
         3},
        {"chunked with a broken chunk", NULL, "drop=Content-Length add=Transfer-Encoding:chunked",
         AS_OK, AS_ERROR_TRANSPORT, "ended early", 3},
        {"longer than its length", NULL, "length=-40", AS_OK, AS_ERROR_TRANSPORT, "Content-Length",
         3},
        {"shorter than its length", NULL, "length=40 close=1", AS_OK, AS_ERROR_TRANSPORT,
         "Content-Length", 3},
    };
    http_faults_play(faults, COUNT(faults), &content);
}

/* Less of the range than was asked for, and it says so: what came is right, and the rest is asked
 * for. Crumbs are given up. */
static void test_parts_of_ranges(void **state)
{
    (void)state;
    static const http_fault faults[] = {
        {.name = "a unit of it", .rule = "clamp=65536"},
        {.name = "more than a unit", .rule = "clamp=100000"},
        {.name = "a unit of it, size not told", .rule = "clamp=65536 total=*"},
        {"a byte of it", NULL, "clamp=1", AS_OK, AS_ERROR_TRANSPORT, "far less than", 3},
        {"a byte of it, size not told", NULL, "clamp=1 total=*", AS_OK, AS_ERROR_TRANSPORT,
         "far less than", 0 /* see test_little_at_an_unknown_end */},
        {"a little less than a part", NULL, "clamp=4095", AS_OK, AS_ERROR_TRANSPORT,
         "far less than", 3},
    };
    http_faults_play(faults, COUNT(faults), &content);
}

/* The smallest parts that are taken: nothing twice, none missing, none waits for a retry. */
static void test_smallest_parts(void **state)
{
    (void)state;
    const uint64_t parts = CONTENT_BYTES / 4096 + 1;
    http_probe *probe = http_probe_open("parts", &content, "etag=\"v1\"", NULL);
    fault_rule("parts", "times=always clamp=4096");
    http_probe_expect_all(probe);
    const as_http_stats stats = http_probe_stats(probe);
    assert_int_equal(stats.requests, parts);
    assert_int_equal(stats.retries, 0);
    assert_int_equal(stats.received, CONTENT_BYTES);
    http_probe_close(probe, (size_t)parts);
}

static void test_other_ranges(void **state)
{
    (void)state;
    static const http_fault faults[] = {
        {"later", NULL, "shift=-100", AS_OK, AS_ERROR_TRANSPORT, "another range", 3},
        {"earlier", NULL, "shift=-65536", AS_OK, AS_ERROR_TRANSPORT, "another range", 3},
        {"not told which", NULL, "drop=Content-Range", AS_OK, AS_ERROR_TRANSPORT,
         "without a Content-Range", 3},
        {"chunked and not told which", NULL, "chunked=1000 drop=Content-Range", AS_OK,
         AS_ERROR_TRANSPORT, "without a Content-Range", 3},
        {"no numbers", NULL, "header=Content-Range:bytes%20all", AS_OK, AS_ERROR_TRANSPORT,
         "Content-Range", 3},
        {"backwards", NULL, "header=Content-Range:bytes%2099-0/700001", AS_OK, AS_ERROR_TRANSPORT,
         "Content-Range", 3},
        {"beyond the end", NULL, "header=Content-Range:bytes%200-99/50", AS_OK, AS_ERROR_TRANSPORT,
         "Content-Range", 3},
        {"too large numbers", NULL,
         "header=Content-Range:bytes%200-99999999999999999999/99999999999999999999", AS_OK,
         AS_ERROR_TRANSPORT, "Content-Range", 3},
        {"another unit", NULL, "header=Content-Range:lines%200-99/700001", AS_OK,
         AS_ERROR_TRANSPORT, "Content-Range", 3},
        {"two that differ", NULL, "add=Content-Range:bytes%200-9/700001", AS_OK, AS_ERROR_TRANSPORT,
         "Content-Range", 3},
        {"several parts", NULL,
         "drop=Content-Range header=Content-Type:multipart/byteranges;boundary=x", AS_OK,
         AS_ERROR_TRANSPORT, "several parts", 3},
    };
    http_faults_play(faults, COUNT(faults), &content);
}

static void test_no_answers(void **state)
{
    (void)state;
    static const http_fault faults[] = {
        {"compressed", NULL, "gzip=1", AS_ERROR_TRANSPORT, AS_ERROR_TRANSPORT, "compressed", 1},
        {"compressed and whole", NULL, "gzip=1 whole=1", AS_ERROR_TRANSPORT, AS_ERROR_TRANSPORT,
         "compressed", 1},
        {"1 MB of headers", NULL, "pad=1000000", AS_ERROR_TRANSPORT, AS_ERROR_TRANSPORT, "64 KiB",
         1},
        {"no HTTP", NULL, "raw=220%20ftp.invalid%20ready%0d%0a", AS_OK, AS_ERROR_TRANSPORT, "", 3},
        {"a head of nonsense", NULL, "raw=HTTP/1.1%20abc%0d%0a%0d%0a", AS_OK, AS_ERROR_TRANSPORT,
         "", 3},
    };
    http_faults_play(faults, COUNT(faults), &content);
}

/* A trailer comes when its bytes have been handed out already: it is a later read that fails. */
static void test_long_trailers(void **state)
{
    static const char *const rules[] = {"times=always chunked=50000 trailer=1000000",
                                        "times=always pad=35000 chunked=50000 trailer=35000"};
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++) {
        as_error error = {.code = AS_OK};
        http_probe *probe = http_probe_open("trailer", &content, "etag=\"v1\"", NULL);
        fault_rule("trailer", rules[i]);
        for (uint64_t at = 0; error.code == AS_OK && at < CONTENT_BYTES; at += UNIT)
            (void)!http_probe_read(probe, at, 100, &error);
        assert_int_equal(error.code, AS_ERROR_TRANSPORT);
        assert_non_null(strstr(error.text, "headers are longer than 64 KiB"));
        assert_int_equal(http_probe_stats(probe).retries, 0);
        http_probe_close(probe, 4);
    }
}

/* ------------------------------------------------------------------------- without ranges -- */

/* A server that always sends everything is asked once. */
static void test_whole(void **state)
{
    static const char *const rules[] = {"times=always whole=1", "times=always whole=1 length=none",
                                        "times=always whole=1 chunked=70000",
                                        "times=always whole=1 drop=Accept-Ranges"};
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++) {
        http_probe *probe = http_probe_open("whole", &content, "etag=\"v1\"", NULL);
        fault_rule("whole", rules[i]);
        http_probe_expect(probe, CONTENT_BYTES - 10, 100);
        http_probe_expect_all(probe);
        const as_http_stats stats = http_probe_stats(probe);
        assert_int_equal(stats.ranges, 0);
        assert_int_equal(stats.requests, 1);
        assert_int_equal(stats.received, CONTENT_BYTES);
        http_probe_close(probe, 1);
    }
}

/* What has arrived can be read while the rest is still to come. */
static void test_whole_as_it_arrives(void **state)
{
    (void)state;
    as_http_params params = http_quick();
    params.stall_timeout_ms = 60000;
    http_probe *probe = http_probe_open("arrives", &content, "", &params);
    fault_rule("arrives", "whole=1 stall=300000");
    http_probe_expect(probe, 0, 100);
    fault_wait("arrives", "stalled=1");
    http_probe_expect(probe, 100000, 199000);
    fault_tell("release arrives");
    http_probe_expect(probe, 600000, 101000);
    http_probe_close(probe, 1);
}

/* Once known to have ranges, a server may still send everything for one request. */
static void test_whole_in_the_middle(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("middle", &content, "etag=\"v1\"", NULL);
    fault_rule("middle", "skip=2 whole=1");
    http_probe_expect_all(probe);
    http_probe_close(probe, 12);
}

/* A download of everything that breaks off begins anew (there is nothing else to ask for), and what
 * was there stays. */
static void test_whole_cut(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("cut", &content, "", NULL);
    fault_rule("cut", "whole=1 cut=200000");
    fault_rule("cut", "times=always whole=1");
    http_probe_expect_all(probe);
    http_probe_close(probe, 2);

    probe = http_probe_open("cut", &content, "", NULL);
    fault_rule("cut", "times=always whole=1 cut=1000");
    http_probe_refuse(probe, CONTENT_BYTES - 10, 10, AS_ERROR_TRANSPORT, "ended early");
    http_probe_expect(probe, 0, 1000);
    fault_tell("clear cut");
    fault_rule("cut", "times=always whole=1");
    http_probe_recover(probe, CONTENT_BYTES - 10, 10);
    http_probe_expect_all(probe);
    http_probe_close(probe, 8);
}

/* ----------------------------------------------------------------------------------- ends -- */

static void test_ends(void **state)
{
    static const size_t sizes[] = {0, 1, UNIT - 1, UNIT, UNIT + 1, 2 * UNIT};
    static const char *const settings[] = {"etag=\"v1\"", ""};
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        http_content small = http_content_random("small", sizes[i], 1 + sizes[i]);
        for (size_t k = 0; k < COUNT(settings); k++) {
            uint64_t told = 0;
            as_error error;
            http_probe *probe = http_probe_open("end", &small, settings[k], NULL);
            http_probe_expect(probe, sizes[i], 10);
            http_probe_expect(probe, sizes[i] + 1000000, 10);
            http_probe_expect(probe, 0, 3 * (size_t)UNIT);
            assert_ok(as_source_size(probe->source, &told, &error), &error);
            assert_int_equal(told, sizes[i]);
            http_probe_close(probe, 6);
        }
        http_content_free(&small);
    }
}

/* 416 for bytes that are there is believed where nothing speaks against it, and never asked again.
 */
static void test_no_such_range(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("416", &content, "etag=\"v1\"", NULL);
    fault_rule("416", "status=416");
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "416");
    http_probe_refuse(probe, 100, 100, AS_ERROR_TRANSPORT, "416");
    http_probe_recover(probe, 0, 100);
    fault_rule("416", "status=416");
    http_probe_refuse(probe, CONTENT_BYTES - 100, 100, AS_ERROR_TRANSPORT, "416");
    http_probe_recover(probe, CONTENT_BYTES - 100, 100);
    http_probe_expect_all(probe);
    http_probe_close(probe, 16);
}

/* A size that is never told has to be found. */
static void test_end_without_a_size(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("unknown", &content, "etag=\"v1\"", NULL);
    fault_rule("unknown", "times=always total=*");
    http_probe_expect(probe, CONTENT_BYTES - 100, 100);
    http_probe_expect(probe, CONTENT_BYTES - 100, 1000);
    http_probe_expect_all(probe);
    http_probe_close(probe, 20);
}

/* What is little because it is the end is no failed try: it needs no retry. Twice it is. */
static void test_little_at_an_unknown_end(void **state)
{
    (void)state;
    as_http_params params = http_quick();
    params.retries = AS_HTTP_NO_RETRIES;
    static const size_t sizes[] = {1, 3000, UNIT + 1, 2 * UNIT + 4095};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        http_content little = http_content_random("little", sizes[i], test_seed("little"));
        http_probe *probe = http_probe_open("little", &little, "etag=\"v1\"", &params);
        fault_rule("little", "times=always total=*");
        http_probe_expect(probe, sizes[i] - 1, 100);
        http_probe_expect_all(probe);
        assert_int_equal(http_probe_stats(probe).retries, 0);
        http_probe_close(probe, 8);
        http_content_free(&little);
    }
    http_probe *probe = http_probe_open("crumbs", &content, "etag=\"v1\"", &params);
    fault_rule("crumbs", "times=always clamp=1 total=*");
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "far less than");
    http_probe_close(probe, 2);
}

/* A retry asks for what is missing, not for what came already. */
static void test_retry_asks_for_the_rest(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("rest", &content, "etag=\"v1\"", NULL);
    fault_rule("rest", "cut=40000");
    http_probe_expect(probe, 0, UNIT);
    fault_log log = fault_log_of("rest");
    assert_int_equal(log.count, 2);
    assert_int_equal(log.requests[0].first, 0);
    assert_int_equal(log.requests[1].first, 40000);
    assert_int_equal(log.requests[1].last, log.requests[0].last);
    fault_log_free(&log);
    const as_http_stats stats = http_probe_stats(probe);
    assert_int_equal(stats.requests, 2);
    assert_int_equal(stats.retries, 1);
    assert_int_equal(stats.received, stats.useful);
    http_probe_close(probe, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_unusual_but_right),
        http_test(test_short),
        http_test(test_parts_of_ranges),
        http_test(test_smallest_parts),
        http_test(test_other_ranges),
        http_test(test_no_answers),
        http_test(test_long_trailers),
        http_test(test_whole),
        http_test(test_whole_as_it_arrives),
        http_test(test_whole_in_the_middle),
        http_test(test_whole_cut),
        http_test(test_ends),
        http_test(test_no_such_range),
        http_test(test_end_without_a_size),
        http_test(test_little_at_an_unknown_end),
        http_test(test_retry_asks_for_the_rest),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
