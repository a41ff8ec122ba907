/* SPDX-License-Identifier: MIT
 *
 * Streams whose server does all kinds of wrong: right masks or the right error, and once it does
 * right again, right masks. (test_stream_http.c has the honest one that changes and goes away.)
 */
#include "tests/support/http_source.h"
#include "tests/support/random.h"

#include <pthread.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Padded to 2 MB: a dozen requests. */
enum { WIDTH = 320, HEIGHT = 200, FRAMES = 120, PADDING = 20000, CLOSE_MS = 200 };

#define PASSPHRASE "open-sesame-93"

static truth frames;
static char plain_path[HTTP_PATH], encrypted_path[HTTP_PATH];
static char leak[512]; /* the first message with a secret; of the log, under its lock */
static pthread_mutex_t leak_lock = PTHREAD_MUTEX_INITIALIZER;
static as_error error;
static as_stream *stream; /* of the test that runs; closed when it fails */

static void encrypt(const char *path)
{
    as_writer *writer = NULL;
    as_buffer block = {0};
    const as_key_params key = {.struct_size = sizeof(key),
                               .scene_id = 7,
                               .passphrase = PASSPHRASE,
                               .passphrase_size = sizeof(PASSPHRASE) - 1,
                               .file_name = "people.asvr"};
    const as_writer_params params = {
        .struct_size = sizeof(params), .format = AS_FORMAT_ASVR, .key = &key};
    assert_ok(as_writer_create(path, &params, &writer, &error), &error);
    for (uint64_t i = 0; i < frames.frames; i++) {
        assert_ok(as_container_read_block(frames.container, i, &block, &error), &error);
        assert_ok(as_writer_add_block(writer, block.data, block.size, &error), &error);
    }
    assert_ok(as_writer_finish(&writer, &error), &error);
    as_buffer_free(&block);
}

static int setup(void **state)
{
    (void)state;
    http_start();
    truth_of_bytes(&frames, test_padded_triangles(FRAMES, PADDING, 0), WIDTH, HEIGHT);
    truth_draw_all(&frames, WIDTH, HEIGHT);
    test_write_file(http_path(plain_path, "people.asvp"), frames.bytes, frames.size);
    encrypt(http_path(encrypted_path, "people.asvr"));
    truth_rest(&frames);
    return 0;
}

static int teardown(void **state)
{
    http_stop();
    truth_free(&frames);
    return test_nothing_alive(state);
}

static int close_left(void **state)
{
    (void)state;
    as_stream_close(&stream);
    return 0;
}

/* -------------------------------------------------------------------------------- streams -- */

static void note_message(void *user, as_log_level level, const char *message)
{
    (void)user;
    (void)level;
    pthread_mutex_lock(&leak_lock);
    if ((strstr(message, HTTP_SECRET) || strstr(message, PASSPHRASE)) && !leak[0])
        snprintf(leak, sizeof(leak), "%s", message);
    pthread_mutex_unlock(&leak_lock);
}

static as_stream_params on_url(const char *url, const as_http_params *http)
{
    as_stream_params params = truth_params(&frames);
    params.bytes = NULL;
    params.bytes_size = 0;
    params.location = url;
    params.http = http;
    params.init_timeout_ms = params.data_timeout_ms = 60000;
    params.log = (as_log){.fn = note_message, .level = AS_LOG_DEBUG};
    return params;
}

static as_result get(uint64_t index, uint64_t timeout_ns)
{
    as_frame *frame = NULL;
    const as_result result = as_stream_get_frame(stream, index, 0, 0, timeout_ns, &frame);
    as_stream_last_error(stream, &error);
    if (result == AS_OK)
        assert_true(truth_shows(&frames, frame, index, WIDTH, HEIGHT));
    else
        assert_null(strstr(error.text, HTTP_SECRET));
    as_frame_unref(&frame);
    return result;
}

/* All frames, each asked for until it comes: a server that does right in the end. */
static void play_all(void)
{
    const struct timespec moment = {.tv_nsec = 5 * 1000 * 1000};
    const uint64_t deadline = test_now_ns() + 60 * SECOND;
    for (uint64_t i = 0; i < FRAMES; i++)
        while (get(i, AS_WAIT_FOREVER) != AS_OK) {
            if (test_now_ns() > deadline)
                fail_msg("frame %u does not come: %s", (unsigned)i, error.text);
            nanosleep(&moment, NULL);
        }
}

static void close_and_check(const char *id, size_t most)
{
    as_stream_close(&stream);
    fault_wait(id, "open=0");
    fault_log log = fault_log_of(id);
    fault_check_requests(&log);
    if (log.count > most)
        fail_msg("%zu requests, at most %zu are needed", log.count, most);
    fault_log_free(&log);
    assert_string_equal(leak, "");
}

static as_http_params stalling(void)
{
    as_http_params http = http_quick();
    http.stall_timeout_ms = 250;
    http.low_speed_bytes = 2000;
    http.retries = 5;
    return http;
}

/* ---------------------------------------------------------------------------------- faults -- */

/* Nobody who watches notices: every frame comes at the first call. */
static void test_not_noticed(void **state)
{
    static const char *const rules[] = {"status=500",  "status=503 header=Retry-After:0",
                                        "status=429",  "cut=before",
                                        "cut=head",    "cut=0",
                                        "cut=5000",    "reset=before",
                                        "reset=5000",  "shift=-100",
                                        "clamp=1000",  "drop=Content-Range",
                                        "length=-5",   "chunked=5000",
                                        "length=none", "total=*",
                                        "interim=103", "close=1",
                                        "hangup=1",    "linger=1",
                                        "pad=30000",   "raw=oops%0d%0a",
                                        "whole=1",     "whole=1 length=none",
                                        "drop=ETag",   "header=Content-Range:bytes%200-9/*"};
    (void)state;
    char url[HTTP_URL];
    for (size_t i = 0; i < COUNT(rules); i++)
        for (unsigned skip = 0; skip < 3; skip += 2) {
            const as_http_params http = http_quick();
            print_message("    %s, after %u\n", rules[i], skip);
            fault_scenario("once", plain_path, "etag=\"v1\"");
            fault_tell("rule once skip=%u %s", skip, rules[i]);
            const as_stream_params params = on_url(http_probe_url(url, "once"), &http);
            stream = open_stream(&params);
            for (uint64_t k = 0; k < FRAMES; k++)
                assert_ok(get(k, AS_WAIT_FOREVER), &error);
            close_and_check("once", 24);
        }
}

static void test_stalls(void **state)
{
    static const char *const rules[] = {"stall=before", "stall=0", "stall=5000", "drip=1:20"};
    (void)state;
    char url[HTTP_URL];
    for (size_t i = 0; i < COUNT(rules); i++) {
        const as_http_params http = stalling();
        fault_scenario("stall", plain_path, "etag=\"v1\"");
        fault_tell("rule stall skip=1 %s", rules[i]);
        const as_stream_params params = on_url(http_probe_url(url, "stall"), &http);
        stream = open_stream(&params);
        for (uint64_t k = 0; k < FRAMES; k++)
            assert_ok(get(k, AS_WAIT_FOREVER), &error);
        close_and_check("stall", 24);
    }
}

/* What is wrong with every answer but the first: the frames that came stay, those that did not say
 * why, nobody storms the server, and when it mends its ways all is there. */
static void play_for_good(const char *const *rules, size_t count)
{
    char url[HTTP_URL];
    for (size_t i = 0; i < count; i++) {
        const as_http_params http = http_quick();
        print_message("    %s\n", rules[i]);
        fault_scenario("always", plain_path, "etag=\"v1\"");
        fault_tell("rule always skip=1 times=always %s", rules[i]);
        const as_stream_params params = on_url(http_probe_url(url, "always"), &http);
        stream = open_stream(&params);
        assert_ok(get(0, AS_WAIT_FOREVER), &error);
        assert_int_equal(get(FRAMES - 1, AS_WAIT_FOREVER), AS_ERROR_TRANSPORT);
        test_assert_text(error.text, "reading \"http://127.0.0.1:", "get", __FILE__, __LINE__);
        for (unsigned k = 0; k < 60; k++)
            (void)!get(FRAMES - 1 - k % 2, 0);
        assert_ok(get(0, AS_WAIT_FOREVER), &error);
        fault_tell("clear always");
        play_all();
        close_and_check("always", 60);
    }
}

static void test_refused_for_good(void **state)
{
    static const char *const rules[] = {"status=404", "status=403", "status=500",
                                        "status=302 header=Location:x:/"};
    (void)state;
    play_for_good(rules, COUNT(rules));
}

static void test_broken_for_good(void **state)
{
    static const char *const rules[] = {"cut=0", "reset=before", "raw=oops%0d%0a", "pad=1000000"};
    (void)state;
    play_for_good(rules, COUNT(rules));
}

static void test_wrong_for_good(void **state)
{
    static const char *const rules[] = {"shift=-100", "gzip=1", "drop=Content-Range"};
    (void)state;
    play_for_good(rules, COUNT(rules));
}

/* Nothing right from the start: the open says why. */
static void test_open_fails(void **state)
{
    static const struct {
        const char *rule, *part;
    } cases[] = {{"status=404", "404"},        {"status=500", "500"},
                 {"cut=0", "ended early"},     {"gzip=1", "compressed"},
                 {"reset=before", "reading"},  {"pad=1000000", "64 KiB"},
                 {"status=416", "416"},        {"raw=oops%0d%0a", "reading"},
                 {"status=403", "status 403"}, {"drop=Content-Range", "Content-Range"}};
    (void)state;
    char url[HTTP_URL];
    for (size_t i = 0; i < COUNT(cases); i++) {
        const as_http_params http = http_quick();
        fault_scenario("open", plain_path, "etag=\"v1\"");
        fault_tell("rule open times=always %s", cases[i].rule);
        const as_stream_params params = on_url(http_probe_url(url, "open"), &http);
        assert_fails(as_stream_open(&params, &stream, &error), AS_ERROR_TRANSPORT, &error,
                     cases[i].part);
        assert_null(stream);
        assert_null(strstr(error.text, HTTP_SECRET));
        close_and_check("open", 4);
    }
}

/* It never answers: the open's own timeout is the end of it. */
static void test_open_times_out(void **state)
{
    (void)state;
    char url[HTTP_URL];
    const as_http_params http = http_quick();
    fault_scenario("silent", plain_path, "");
    fault_rule("silent", "times=always stall=before");
    as_stream_params params = on_url(http_probe_url(url, "silent"), &http);
    params.init_timeout_ms = 200;
    assert_fails(as_stream_open(&params, &stream, &error), AS_TIMEOUT, &error, "");
    assert_null(stream);
    close_and_check("silent", 1);
}

/* ------------------------------------------------------------------------------- encrypted -- */

/* By a redirect and two URLs: the key's file name is that of the first URL, and neither passphrase
 * nor query is told to anybody. */
static void test_encrypted(void **state)
{
    (void)state;
    char url[HTTP_URL];
    const as_key_params key = {.struct_size = sizeof(key),
                               .scene_id = 7,
                               .passphrase = PASSPHRASE,
                               .passphrase_size = sizeof(PASSPHRASE) - 1};
    const as_http_params http = http_quick();
    leak[0] = '\0';
    fault_scenario("target", encrypted_path, "etag=\"v1\"");
    fault_rule("target", "skip=3 status=503");
    fault_scenario("key", encrypted_path, "etag=\"v1\"");
    fault_tell("rule key times=always status=302 header=Location:%s",
               fault_url(url, "target", "other.name?sig=" HTTP_SECRET));
    fault_url(url, "key", "people.asvr?sig=" HTTP_SECRET);
    as_stream_params params = on_url(url, &http);
    params.key = &key;
    stream = open_stream(&params);
    play_all();
    close_and_check("key", 30);

    /* The wrong passphrase is told apart from a bad server, and not repeated either. */
    const as_key_params wrong = {.struct_size = sizeof(wrong),
                                 .scene_id = 7,
                                 .passphrase = "x" PASSPHRASE,
                                 .passphrase_size = sizeof(PASSPHRASE)};
    params.key = &wrong;
    assert_fails(as_stream_open(&params, &stream, &error), AS_ERROR_DECODE, &error, "passphrase");
    assert_null(strstr(error.text, PASSPHRASE));
    assert_null(strstr(error.text, HTTP_SECRET));
    assert_string_equal(leak, "");
}

/* --------------------------------------------------------------------------------- figures -- */

/* One request brings header, index and the first frames. */
static void test_first_frame(void **state)
{
    (void)state;
    char url[HTTP_URL];
    fault_scenario("first", "samples/data/walkers.asvp", "etag=\"v1\" latency=20");
    as_stream_params params = on_url(http_probe_url(url, "first"), NULL);
    params.canvas_width = params.canvas_height = 0;
    params.network_ahead_ms = 1000;
    params.prefetch_frames = 4;
    stream = open_stream(&params);
    as_frame *frame = NULL;
    assert_int_equal(as_stream_get_frame(stream, 0, 64, 32, AS_WAIT_FOREVER, &frame), AS_OK);
    as_frame_unref(&frame);
    fault_log log = fault_log_of("first");
    assert_int_equal(log.count, 1);
    fault_log_free(&log);
    /* What is there needs nobody. */
    for (uint64_t i = 1; i < 60; i++) {
        assert_int_equal(as_stream_get_frame(stream, i, 64, 32, AS_WAIT_FOREVER, &frame), AS_OK);
        as_frame_unref(&frame);
    }
    close_and_check("first", 2);
}

/* A recording, played through: no byte twice, and few requests. */
static void test_overhead(void **state)
{
    (void)state;
    char url[HTTP_URL];
    as_http_stats stats = {.struct_size = sizeof(stats)};
    fault_scenario("all", plain_path, "etag=\"v1\"");
    const as_stream_params params = on_url(http_probe_url(url, "all"), NULL);
    stream = open_stream(&params);
    play_all();
    assert_int_equal(as_stream_get_http_stats(stream, &stats), AS_OK);
    assert_true(stats.received <= frames.size + frames.size / 20);
    close_and_check("all", 5 + frames.size / (256 * 1024));
}

/* ---------------------------------------------------------------------------------- close -- */

/* With requests in flight and workers waiting for them. */
static void test_close(void **state)
{
    static const char *const rules[] = {"stall=before", "stall=0", "stall=5000", "drip=1:50",
                                        "status=503 header=Retry-After:3600"};
    (void)state;
    char url[HTTP_URL];
    for (size_t i = 0; i < COUNT(rules); i++) {
        uint64_t best = UINT64_MAX;
        for (int k = 0; k < 10 && (k < 2 || best > CLOSE_MS * MILLISECOND); k++) {
            as_http_params http = http_quick();
            http.retry_after_most_ms = 3600000;
            fault_scenario("close", plain_path, "etag=\"v1\"");
            fault_tell("rule close skip=1 times=always %s", rules[i]);
            const as_stream_params params = on_url(http_probe_url(url, "close"), &http);
            stream = open_stream(&params);
            const as_result result = get(FRAMES - 1, 0);
            assert_true(result == AS_NOT_READY || result == AS_TIMEOUT);
            fault_wait("close", "requests=2");
            const uint64_t begun = test_now_ns();
            as_stream_close(&stream);
            const uint64_t took = test_now_ns() - begun;
            assert_true(took < 20 * SECOND);
            best = took < best ? took : best;
            fault_wait("close", "open=0");
        }
        print_message("    %s: %.1f ms\n", rules[i], (double)best / 1e6);
        assert_true(best <= CLOSE_MS * MILLISECOND);
    }
}

#define stream_test(function) cmocka_unit_test_teardown(function, close_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        stream_test(test_not_noticed),
        stream_test(test_stalls),
        stream_test(test_refused_for_good),
        stream_test(test_broken_for_good),
        stream_test(test_wrong_for_good),
        stream_test(test_open_fails),
        stream_test(test_open_times_out),
        stream_test(test_encrypted),
        stream_test(test_first_frame),
        stream_test(test_overhead),
        stream_test(test_close),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
