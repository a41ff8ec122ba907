/* SPDX-License-Identifier: MIT
 *
 * Streams over HTTP, from a server that is far away, changes its content and goes away for a while.
 */
#include "tests/support/http_fixture.h"
#include "tests/support/random.h"
#include "tests/support/stream_fixture.h"

#include <poll.h>

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 240, PADDING = 20000 };

static truth old, new;
static char old_path[HTTP_PATH], new_path[HTTP_PATH];
static as_error error;

static int setup(void **state)
{
    (void)state;
    http_start();
    truth_of_bytes(&old, test_padded_triangles(FRAMES, PADDING, 0), WIDTH, HEIGHT);
    truth_of_bytes(&new, test_padded_triangles(FRAMES / 2, PADDING / 2, 1000), WIDTH, HEIGHT);
    test_write_file(http_path(old_path, "old.asvp"), old.bytes, old.size);
    test_write_file(http_path(new_path, "new.asvp"), new.bytes, new.size);
    return 0;
}

static int teardown(void **state)
{
    http_stop();
    truth_free(&old);
    truth_free(&new);
    return test_nothing_alive(state);
}

static as_stream_params on_url(const char *url)
{
    as_stream_params params = truth_params(&old);
    params.bytes = NULL;
    params.bytes_size = 0;
    params.location = url;
    params.init_timeout_ms = params.data_timeout_ms = 60000;
    return params;
}

static as_result get(as_stream *stream, uint64_t index, uint64_t timeout_ns)
{
    as_frame *frame = NULL;
    const as_result result = as_stream_get_frame(stream, index, 0, 0, timeout_ns, &frame);
    as_stream_last_error(stream, &error);
    as_frame_unref(&frame);
    return result;
}

static void expect(as_stream *stream, truth *t, uint64_t index)
{
    truth_expect(t, stream, index, WIDTH, HEIGHT);
}

static as_http_stats http_stats_of(as_stream *stream)
{
    as_http_stats stats = {.struct_size = sizeof(stats)};
    assert_int_equal(as_stream_get_http_stats(stream, &stats), AS_OK);
    return stats;
}

static void rest(as_stream *stream, int ms)
{
    struct pollfd fd = {.fd = as_stream_event_fd(stream), .events = POLLIN};
    (void)as_stream_drain_events(stream);
    (void)poll(&fd, 1, ms);
}

/* Read ahead of need, in few requests, each byte once. */
static void test_play(void **state)
{
    (void)state;
    char url[HTTP_URL];
    fault_scenario("play", old_path, "etag=\"1\" latency=10");
    const as_stream_params params = on_url(fault_url(url, "play", "x.asvp"));
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < FRAMES; i++)
        expect(stream, &old, i);
    const as_http_stats stats = http_stats_of(stream);
    assert_int_equal(stats.received, old.size);
    assert_int_equal(stats.useful, old.size);
    assert_int_equal(stats.ranges, 1);
    assert_true(stats.requests <= 4 + old.size / (256 * 1024));
    as_stream_close(&stream);
    fault_log log = fault_log_of("play");
    fault_check_requests(&log);
    fault_log_free(&log);
}

static void test_stats_of_other_sources(void **state)
{
    (void)state;
    as_http_stats stats = {.struct_size = sizeof(stats)};
    const as_stream_params params = truth_params(&old);
    as_stream *stream = open_stream(&params);
    assert_int_equal(as_stream_get_http_stats(NULL, &stats), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_get_http_stats(stream, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_stream_get_http_stats(stream, &stats), AS_ERROR_UNSUPPORTED);
    assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_UNSUPPORTED);
    as_stream_close(&stream);
}

static bool is_within(as_byte_range range, const as_byte_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ranges[i].offset <= range.offset &&
            range.offset + range.length <= ranges[i].offset + ranges[i].length)
            return true;
    return false;
}

/* Frames whose bytes are all in the chunk cache, and no others. */
static void compare_cached(as_stream *stream, as_source *source)
{
    as_byte_range bytes[FRAMES];
    as_frame_range ranges[FRAMES];
    size_t byte_count, count, at = 0, here = 0;
    for (uint64_t before = UINT64_MAX;;) { /* until nothing came while it was looked at */
        assert_ok(as_source_get_cached(source, bytes, FRAMES, &byte_count, &error), &error);
        assert_int_equal(as_stream_get_cached(stream, AS_TIER_SOURCE, ranges, FRAMES, &count),
                         AS_OK);
        const uint64_t received = http_stats_of(stream).received;
        if (received == before)
            break;
        before = received;
        rest(stream, 20);
    }
    for (uint64_t i = 0; i < FRAMES; i++) {
        const bool wanted = is_within(truth_range(&old, i), bytes, byte_count);
        at += at < count && ranges[at].end <= i;
        assert_int_equal(at < count && ranges[at].first <= i, wanted);
        here += wanted;
    }
    assert_in_range(here, 3, FRAMES - 1);
    assert_true(count > 1);
}

static void check_cached(const as_http_params *http, const char *url, const uint64_t frames[3])
{
    as_source *source = NULL;
    as_stream_params params = on_url(url);
    assert_ok(as_source_open_http(url, http, &source, &error), &error);
    params.location = NULL;
    params.source = source;
    params.prefetch_frames = 1;
    params.network_ahead_ms = 1;
    as_stream *stream = open_stream(&params);
    for (size_t i = 0; i < 3; i++)
        expect(stream, &old, frames[i]);
    compare_cached(stream, source);
    as_stream_close(&stream);
    as_source_close(&source);
}

static void test_cached_frames(void **state)
{
    (void)state;
    char url[HTTP_URL], folder[HTTP_PATH];
    as_http_params http = {.struct_size = sizeof(http), .chunk_bytes = 65536};
    fault_scenario("cached", old_path, "etag=\"1\"");
    fault_url(url, "cached", "x.asvp");
    const uint64_t first[] = {3, 100, 200}, second[] = {3, 60, 150};
    check_cached(&http, url, first);
    http.cache_dir = http_path(folder, "frames");
    check_cached(&http, url, first);
    check_cached(&http, url, second); /* and what is on disk */
}

/* From place to place, sooner than anything can come. */
static void test_scrub(void **state)
{
    (void)state;
    char url[HTTP_URL];
    test_random random = test_random_from(test_seed("stream http"));
    fault_scenario("scrub", old_path, "etag=\"1\" latency=20 bandwidth=4000000");
    const as_stream_params params = on_url(fault_url(url, "scrub", "x.asvp"));
    as_stream *stream = open_stream(&params);
    for (int i = 0; i < 60; i++) {
        const uint64_t index = (uint64_t)test_random_in(&random, 0, FRAMES - 1);
        if (i % 10 == 9) {
            expect(stream, &old, index);
            continue;
        }
        const as_result result = get(stream, index, i % 2 ? 0 : 5 * MILLISECOND);
        assert_true(result == AS_OK || result == AS_TIMEOUT || result == AS_NOT_READY);
    }
    assert_int_equal(stats_of(stream).failed, 0);
    as_stream_close(&stream);
}

static void test_changed_content(void **state)
{
    (void)state;
    char url[HTTP_URL];
    fault_scenario("change", old_path, "etag=\"1\"");
    as_stream_params params = on_url(fault_url(url, "change", "x.asvp"));
    params.prefetch_frames = 4;
    params.network_ahead_ms = 100;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 10; i++)
        expect(stream, &old, i);
    fault_content("change", new_path, "etag=\"2\"");
    as_result result;
    uint64_t index = 10, changes = 0;
    /* Until a request meets the new content, what is cached of the old one is shown. */
    while (index < FRAMES && (result = get(stream, index, AS_WAIT_FOREVER)) == AS_OK)
        index++;
    assert_int_equal(result, AS_ERROR_CHANGED);
    while ((result = get(stream, 5, AS_WAIT_FOREVER)) == AS_ERROR_CHANGED)
        changes++;
    assert_ok(result, &error);
    assert_int_equal(changes, 0);
    for (uint64_t i = 0; i < new.frames; i++)
        expect(stream, &new, i);
    assert_int_equal(get(stream, new.frames, 0), AS_ERROR_OUT_OF_RANGE);
    as_stream_close(&stream);
}

/* The server is gone for a while. */
static void test_outage(void **state)
{
    (void)state;
    char url[HTTP_URL], origin[HTTP_URL];
    const uint16_t port = fault_listen("");
    const as_http_params http = {
        .struct_size = sizeof(http), .retries = 2, .retry_delay_ms = 1, .connect_timeout_ms = 2000};
    fault_scenario("outage", old_path, "etag=\"1\"");
    fault_origin(origin, "http", port);
    as_stream_params params = on_url(fault_url_at(url, origin, "outage", "x.asvp"));
    params.http = &http;
    params.prefetch_frames = 4;
    params.network_ahead_ms = 100;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < 5; i++)
        expect(stream, &old, i);
    fault_tell("offline %u", port);
    assert_int_equal(get(stream, 200, AS_WAIT_FOREVER), AS_ERROR_TRANSPORT);
    for (uint64_t i = 0; i < 5; i++)
        expect(stream, &old, i);
    assert_int_equal(get(stream, 200, AS_WAIT_FOREVER), AS_ERROR_TRANSPORT);
    fault_tell("online %u", port);
    /* The source rests a little before it tries again. */
    while (get(stream, 200, AS_WAIT_FOREVER) == AS_ERROR_TRANSPORT)
        rest(stream, 10);
    expect(stream, &old, 200);
    expect(stream, &old, 201);
    as_stream_close(&stream);
}

/* Nobody asks for what failed; it comes when the server gives it. */
static void test_reading_ahead_goes_on(void **state)
{
    (void)state;
    char url[HTTP_URL], rule[128];
    const as_http_params http = {
        .struct_size = sizeof(http), .retries = AS_HTTP_NO_RETRIES, .chunk_bytes = 65536};
    fault_scenario("ahead", old_path, "etag=\"1\"");
    snprintf(rule, sizeof(rule), "times=always start=%u status=503",
             (unsigned)truth_range(&old, 110).offset);
    fault_rule("ahead", rule);
    as_stream_params params = on_url(fault_url(url, "ahead", "x.asvp"));
    params.http = &http;
    params.prefetch_frames = 50;
    params.start_frame = 100;
    as_stream *stream = open_stream(&params);
    expect(stream, &old, 100);
    while (stats_of(stream).failed == 0)
        rest(stream, 5);
    fault_tell("clear ahead");
    while (stats_of(stream).l1_frames < 51) {
        expect(stream, &old, 100);
        rest(stream, 20);
    }
    expect(stream, &old, 150);
    as_stream_close(&stream);
}

static void test_open_fails(void **state)
{
    (void)state;
    char url[HTTP_URL];
    as_stream *stream = NULL;
    fault_scenario("missing", old_path, "");
    fault_rule("missing", "times=always status=404");
    const as_stream_params params = on_url(fault_url(url, "missing", "x.asvp"));
    assert_fails(as_stream_open(&params, &stream, &error), AS_ERROR_TRANSPORT, &error, "404");
    assert_null(stream);
}

/* What CV_set_option says of HTTP arrives. */
static void test_options_of_cv(void **state)
{
    (void)state;
    char url[HTTP_URL], value[128];
    fault_scenario("cv", old_path, "etag=\"1\"");
    AlphaStreamHandle *h = CV_create();
    assert_non_null(h);
    assert_true(CV_set_option(h, "timebox_ms", "60000"));
    assert_true(CV_set_option(h, "canvas_width", "320"));
    assert_true(CV_set_option(h, "canvas_height", "200"));
    assert_true(CV_set_option(h, "http_header", "X-Token: one two"));
    assert_true(CV_set_option(h, "http_user_agent", "player/7"));
    if (!CV_init(h, fault_url(url, "cv", "x.asvp"), 0, 0, 0, NULL, 3, 0, 0, 0, 60000, 60000))
        fail_msg("CV_init: %s", CV_get_last_error_text(h));
    const void *frame = CV_get_frame(h, 3);
    assert_non_null(frame);
    assert_same_bytes(frame, truth_mask(&old, 3, WIDTH, HEIGHT), (size_t)WIDTH * HEIGHT);
    CV_destroy(h);
    fault_log log = fault_log_of("cv");
    assert_true(log.count > 0);
    for (size_t i = 0; i < log.count; i++) {
        assert_true(fault_header(&log.requests[i], "X-Token", value, sizeof(value)));
        assert_string_equal(value, "one two");
        assert_true(fault_header(&log.requests[i], "User-Agent", value, sizeof(value)));
        assert_string_equal(value, "player/7");
    }
    fault_log_free(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_play),
        cmocka_unit_test(test_stats_of_other_sources),
        cmocka_unit_test(test_cached_frames),
        cmocka_unit_test(test_scrub),
        cmocka_unit_test(test_changed_content),
        cmocka_unit_test(test_outage),
        cmocka_unit_test(test_reading_ahead_goes_on),
        cmocka_unit_test(test_open_fails),
        cmocka_unit_test(test_options_of_cv),
    };
    return cmocka_run_group_tests_name("stream http", tests, setup, teardown);
}
