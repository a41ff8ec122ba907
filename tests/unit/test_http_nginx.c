/* SPDX-License-Identifier: MIT
 *
 * nginx as it is found in the world: with and without ranges, over TLS, limiting, caching; and 64
 * streams from it at once.
 */
#include "tests/support/http_reader.h"
#include "tests/support/random.h"

#include <dirent.h>
#include <inttypes.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CONTENT_BYTES = 1500001, MOST = CONTENT_BYTES / 65536 + 2 };

static http_content content;
static char ca_file[HTTP_PATH];

static int setup(void **state)
{
    (void)state;
    http_start();
    content = http_content_random("content", CONTENT_BYTES, test_seed("http nginx"));
    fault_ca_file(ca_file);
    return 0;
}

static int teardown(void **state)
{
    http_content_free(&content);
    http_stop();
    return test_nothing_alive(state);
}

static http_probe *open_on(const nginx *n, const char *scheme, const char *path,
                           const as_http_params *params)
{
    char url[HTTP_URL], origin[HTTP_URL];
    snprintf(url, sizeof(url), "%s%s?sig=" HTTP_SECRET, fault_origin(origin, scheme, nginx_port(n)),
             path);
    return http_probe_open_url(url, "", &content, params);
}

/* How many requests got this status; all were GETs. */
static size_t count_status(const fault_log *log, uint32_t status)
{
    size_t count = 0;
    for (size_t i = 0; i < log->count; i++) {
        assert_string_equal(log->requests[i].method, "GET");
        count += log->requests[i].status == status;
    }
    return count;
}

/* Reads everything from one such server. */
static fault_log read_all(const char *http, const char *server, const char *path,
                          const as_http_params *params, as_http_stats *out_stats)
{
    nginx *n = nginx_start(http, server, "");
    http_probe *probe = open_on(n, "http", path, params);
    http_probe_expect_all(probe);
    *out_stats = http_probe_stats(probe);
    http_probe_close(probe, 0);
    return nginx_stop(&n);
}

/* -------------------------------------------------------------------------------- serving -- */

static void test_ranges(void **state)
{
    (void)state;
    as_http_stats stats;
    fault_log log = read_all("", "", "/content", NULL, &stats);
    assert_int_equal(stats.ranges, 1);
    assert_int_equal(count_status(&log, 206), log.count);
    assert_true(log.count <= MOST);
    assert_int_equal(fault_log_sent(&log), CONTENT_BYTES);
    fault_log_free(&log);
}

static void test_no_ranges(void **state)
{
    (void)state;
    as_http_stats stats;
    fault_log log = read_all("max_ranges 0;", "", "/content", NULL, &stats);
    assert_int_equal(stats.ranges, 0);
    assert_int_equal(log.count, 1);
    assert_int_equal(log.requests[0].status, 200);
    fault_log_free(&log);
}

/* A server set to compress everything does not, as it is asked not to. */
static void test_compression(void **state)
{
    (void)state;
    as_http_stats stats;
    fault_log log =
        read_all("gzip on; gzip_types *; gzip_min_length 1;", "", "/content", NULL, &stats);
    assert_int_equal(stats.ranges, 1);
    fault_log_free(&log);
}

static void test_redirect(void **state)
{
    (void)state;
    as_http_stats stats;
    fault_log log = read_all("", "location /old/ { rewrite ^/old/(.*)$ /$1 permanent; }",
                             "/old/content", NULL, &stats);
    assert_int_equal(count_status(&log, 301), count_status(&log, 206));
    fault_log_free(&log);
}

static void test_tls(void **state)
{
    (void)state;
    for (uint32_t http2 = 0; http2 < 2; http2++) {
        char server[4 * HTTP_PATH], folder[HTTP_PATH];
        as_http_params params = http_quick();
        params.ca_file = ca_file;
        params.http2 = http2;
        http_path(folder, "");
        snprintf(server, sizeof(server),
                 "ssl_certificate %sgood.pem; ssl_certificate_key %sgood.key; "
                 "if ($server_protocol != \"%s\") { return 505; }",
                 folder, folder, http2 ? "HTTP/2.0" : "HTTP/1.1");
        nginx *n = nginx_start("", server, "ssl http2");
        http_probe *probe = open_on(n, "https", "/content", &params);
        http_probe_expect_all(probe);
        http_probe_close(probe, 0);
        fault_log log = nginx_stop(&n);
        assert_int_equal(count_status(&log, 206), log.count);
        assert_true(log.count <= MOST);
        fault_log_free(&log);
    }
}

/* Over HTTP/2, requests that seeks make useless are given up, and the connection is kept. */
static void test_http2_seeks(void **state)
{
    (void)state;
    char server[4 * HTTP_PATH], folder[HTTP_PATH];
    test_random random = test_random_from(test_seed("http2 seeks"));
    as_http_params params = http_quick();
    params.ca_file = ca_file;
    params.http2 = 1;
    params.cache_bytes = 1024 * 1024;
    http_path(folder, "");
    snprintf(server, sizeof(server),
             "ssl_certificate %sgood.pem; ssl_certificate_key %sgood.key; limit_rate 4m; "
             "if ($server_protocol != \"HTTP/2.0\") { return 505; }",
             folder, folder);
    nginx *n = nginx_start("", server, "ssl http2");
    http_probe *probe = open_on(n, "https", "/content", &params);
    for (uint64_t i = 1; i <= 50; i++) {
        const uint64_t at = test_random_u64(&random) % CONTENT_BYTES;
        const as_byte_range ahead = {at, 400000};
        as_source_prefetch(probe->source, &ahead, 1, 0, i);
        http_probe_expect(probe, at, 1000);
    }
    assert_int_equal(http_probe_stats(probe).connections, 1);
    assert_int_equal(http_probe_stats(probe).retries, 0);
    http_probe_close(probe, 0);
    fault_log log = nginx_stop(&n);
    assert_int_equal(count_status(&log, 206), log.count);
    fault_log_free(&log);
}

/* The file is replaced, as a deployment does it: nginx says 412. */
static void test_replaced(void **state)
{
    (void)state;
    char path[HTTP_PATH], next_path[HTTP_PATH];
    http_content next = http_content_random("next", CONTENT_BYTES + 10, 7);
    test_write_file(http_path(path, "live"), content.bytes, content.size);
    nginx *n = nginx_start("", "", "");
    http_probe *probe = open_on(n, "http", "/live", NULL);
    http_probe_expect(probe, 0, 100);
    assert_int_equal(rename(http_path(next_path, "next"), path), 0);
    http_probe_refuse(probe, 1000000, 100, AS_ERROR_CHANGED, "content");
    probe->content = &next;
    http_probe_expect_all(probe);
    http_probe_close(probe, 0);
    fault_log log = nginx_stop(&n);
    assert_int_equal(count_status(&log, 412), 1);
    fault_log_free(&log);
    http_content_free(&next);
}

/* ------------------------------------------------------------------------------- limiting -- */

static void test_limited(void **state)
{
    static const struct {
        const char *http, *server;
    } cases[] = {
        {"", "limit_rate 4m;"},
        {"limit_conn_zone $server_addr zone=c:1m;",
         "limit_conn c 1; limit_conn_status 503; limit_rate 8m;"},
        {"limit_conn_zone $server_addr zone=c:1m;",
         "limit_conn c 2; limit_conn_status 429; limit_rate 8m;"},
        {"limit_req_zone $server_addr zone=r:1m rate=20r/s;",
         "limit_req zone=r; limit_req_status 429;"},
        {"", "keepalive_requests 1;"},
        {"", "keepalive_timeout 0;"},
        {"", "sendfile off; output_buffers 1 512; tcp_nopush off;"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        as_http_params params = http_quick();
        params.retries = 10;
        params.retry_delay_ms = 5;
        print_message("    %s %s\n", cases[i].http, cases[i].server);
        nginx *n = nginx_start(cases[i].http, cases[i].server, "");
        http_probe *probe = open_on(n, "http", "/content", &params);
        http_probe_expect(probe, CONTENT_BYTES - 100, 100);
        http_read_at_once(probe, 10, 140000, 100000);
        http_probe_expect_all(probe);
        http_probe_close(probe, 0);
        fault_log log = nginx_stop(&n);
        print_message("    %zu requests, %zu of them refused\n", log.count,
                      count_status(&log, 503) + count_status(&log, 429));
        assert_true(count_status(&log, 206) <= MOST);
        assert_true(log.count <= 4 * MOST);
        fault_log_free(&log);
    }
}

/* -------------------------------------------------------------------------------- caching -- */

/* An edge that keeps slices: a second viewer costs the origin nothing. */
static void test_edge(void **state)
{
    (void)state;
    char server[1024];
    nginx *home = nginx_start("", "", "");
    snprintf(server, sizeof(server),
             "location /edge/ { slice 128k; proxy_cache c; proxy_cache_valid 200 206 1h; "
             "proxy_cache_key $uri$slice_range; proxy_set_header Range $slice_range; "
             "proxy_http_version 1.1; proxy_pass http://127.0.0.1:%u/; }",
             (unsigned)nginx_port(home));
    nginx *edge =
        nginx_start("proxy_cache_path cache keys_zone=c:1m use_temp_path=off;", server, "");
    for (unsigned viewer = 0; viewer < 2; viewer++) {
        http_probe *probe = open_on(edge, "http", "/edge/content", NULL);
        http_probe_expect_all(probe);
        http_probe_close(probe, 0);
    }
    fault_log log = nginx_stop(&edge);
    assert_int_equal(count_status(&log, 206), log.count);
    fault_log_free(&log);
    log = nginx_stop(&home);
    assert_int_equal(count_status(&log, 206), CONTENT_BYTES / (128 * 1024) + 1);
    assert_int_equal(log.count, count_status(&log, 206));
    fault_log_free(&log);
}

/* --------------------------------------------------------------------------- many streams -- */

enum { STREAMS = 64, WIDTH = 128, HEIGHT = 64, FRAMES = 720 };

typedef struct viewer {
    as_stream *stream;
    uint64_t first, step;
} viewer;

/* Processor time of this process's threads of that name, in clock ticks. */
static uint64_t ticks_of(const char *name)
{
    uint64_t ticks = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (struct dirent *task; (task = readdir(tasks));) {
        char path[300], line[1024] = "";
        uint64_t user = 0, system = 0;
        snprintf(path, sizeof(path), "/proc/self/task/%s/stat", task->d_name);
        FILE *file = fopen(path, "r");
        const bool read = file && fgets(line, sizeof(line), file);
        if (file)
            fclose(file);
        const char *begin = strchr(line, '('), *end = strrchr(line, ')');
        if (read && begin && end && strncmp(begin + 1, name, strlen(name)) == 0 &&
            sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
                   &user, &system) == 2)
            ticks += user + system;
    }
    closedir(tasks);
    return ticks;
}

/* All of them through one network thread, four connections to the host: every mask is right. */
static void test_64_streams(void **state)
{
    enum { ROUNDS = 12 };
    (void)state;
    truth walkers;
    viewer viewers[STREAMS];
    char url[HTTP_URL], origin[HTTP_URL], path[HTTP_PATH];
    test_random random = test_random_from(test_seed("64 streams"));
    truth_of_file(&walkers, "samples/data/walkers.asvp", 2048, 1024);
    test_write_file(http_path(path, "walkers.asvp"), walkers.bytes, walkers.size);
    nginx *n = nginx_start("", "", "");
    snprintf(url, sizeof(url), "%s/walkers.asvp", fault_origin(origin, "http", nginx_port(n)));
    as_stream_params params = truth_params(&walkers);
    params.bytes = NULL;
    params.bytes_size = 0;
    params.location = url;
    params.prefetch_frames = 4;
    params.l0_frames = 1;
    params.width = WIDTH;
    params.height = HEIGHT;
    params.init_timeout_ms = params.data_timeout_ms = 60000;
    const uint64_t cpu = test_cpu_ns(), begun = test_now_ns();
    for (unsigned i = 0; i < STREAMS; i++)
        viewers[i] = (viewer){.stream = open_stream(&params),
                              .first = test_random_u64(&random) % (FRAMES - 40),
                              .step = 1 + i % 3};
    for (uint64_t round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < STREAMS; i++)
            truth_expect(&walkers, viewers[i].stream, viewers[i].first + round * viewers[i].step,
                         WIDTH, HEIGHT);
    const double seconds = (double)(test_now_ns() - begun) / 1e9;
    const double share = 100 * (double)ticks_of("as-http") / (double)sysconf(_SC_CLK_TCK) / seconds;
    print_message(
        "    %u streams: %.2f s; processor: %.1f ms a stream; network thread %.1f %% of a "
        "core\n",
        STREAMS, seconds, (double)(test_cpu_ns() - cpu) / 1e6 / STREAMS, share);
    assert_true(share < 25);
    for (unsigned i = 0; i < STREAMS; i++)
        as_stream_close(&viewers[i].stream);
    truth_free(&walkers);
    fault_log log = nginx_stop(&n);
    assert_int_equal(count_status(&log, 206), log.count);
    assert_true(log.count <= STREAMS * (5 + walkers.size / (256 * 1024)));
    fault_log_free(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_ranges),     http_test(test_no_ranges), http_test(test_compression),
        http_test(test_redirect),   http_test(test_tls),       http_test(test_http2_seeks),
        http_test(test_replaced),   http_test(test_limited),   http_test(test_edge),
        http_test(test_64_streams),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
