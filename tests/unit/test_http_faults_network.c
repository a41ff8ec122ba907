/* SPDX-License-Identifier: MIT
 *
 * Connections that stall, break, are refused or are too many; servers that go away and come back.
 */
#define _DEFAULT_SOURCE /* SOCK_NONBLOCK */

#include "tests/support/http_reader.h"
#include "tests/support/random.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CONTENT_BYTES = 700001, STALL_MS = 150, PART = 70000 };

static http_content content;

static int setup(void **state)
{
    (void)state;
    http_start();
    content = http_content_random("content", CONTENT_BYTES, test_seed("http network"));
    return 0;
}

static int teardown(void **state)
{
    http_content_free(&content);
    http_stop();
    return test_nothing_alive(state);
}

static fault_log log_of_probe(const http_probe *probe)
{
    return fault_log_of(probe->id);
}

/* ---------------------------------------------------------------------------------- stalls -- */

static as_http_params impatient(uint32_t retries)
{
    as_http_params params = http_quick();
    params.stall_timeout_ms = STALL_MS;
    params.low_speed_bytes = 2000;
    params.retries = retries;
    return params;
}

/* The stalled request is given up, and the next one goes over another connection. */
static void stall_once(const char *rule)
{
    const as_http_params params = impatient(5);
    print_message("    %s, once\n", rule);
    http_probe *probe = http_probe_open("stall", &content, "etag=\"v1\"", &params);
    http_probe_expect(probe, 0, 100);
    fault_rule("stall", rule);
    http_probe_expect(probe, 600000, 1000);
    fault_log log = log_of_probe(probe);
    assert_true(log.count >= 3);
    assert_true(log.requests[2].connection != log.requests[1].connection);
    fault_log_free(&log);
    http_probe_expect_all(probe);
    http_probe_close(probe, 20);
}

/* It ends with an error, after as many tries as allowed, and nobody spins meanwhile. */
static void stall_always(const char *rule)
{
    const as_http_params params = impatient(1);
    char always[128];
    print_message("    %s, always\n", rule);
    http_probe *probe = http_probe_open("stall", &content, "etag=\"v1\"", &params);
    snprintf(always, sizeof(always), "times=always %s", rule);
    fault_rule("stall", always);
    const uint64_t cpu = test_cpu_ns(), begun = test_now_ns();
    http_probe_refuse(probe, 600000, 1000, AS_ERROR_TRANSPORT, "150 ms");
    const uint64_t took = test_now_ns() - begun;
    assert_true(took >= 2 * STALL_MS * MILLISECOND);
    assert_true(test_cpu_ns() - cpu < took / 4 + 100 * MILLISECOND);
    fault_tell("clear stall");
    http_probe_recover(probe, 600000, 1000);
    http_probe_close(probe, 5);
}

static void test_stalls(void **state)
{
    static const char *const rules[] = {"stall=before", "stall=0", "stall=1000"};
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++)
        stall_once(rules[i]);
}

static void test_endless_stalls(void **state)
{
    static const char *const rules[] = {"stall=before", "stall=0", "stall=1000"};
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++)
        stall_always(rules[i]);
}

/* Never silent for long, but too slow to be of use. */
static void test_byte_by_byte(void **state)
{
    (void)state;
    stall_once("drip=1:20");
    stall_always("drip=1:20");
}

/* A connection that is never made: the queue of a port that nobody serves is full. */
static void test_connect_stalls(void **state)
{
    enum { FILL = 3 };
    (void)state;
    char url[HTTP_URL];
    int clients[FILL];
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    for (size_t i = 0; i < FILL; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(clients[i] >= 0);
        (void)!connect(clients[i], (struct sockaddr *)&address, sizeof(address));
    }
    as_http_params params = http_quick();
    params.connect_timeout_ms = 150;
    params.retries = 1;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/x?" HTTP_SECRET,
             (unsigned)ntohs(address.sin_port));
    http_probe *probe = http_probe_open_url(url, "", &content, &params);
    const uint64_t cpu = test_cpu_ns(), begun = test_now_ns();
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "reading \"http://127.0.0.1:");
    const uint64_t took = test_now_ns() - begun;
    assert_true(took >= 2 * 150 * MILLISECOND);
    assert_true(test_cpu_ns() - cpu < took / 4 + 100 * MILLISECOND);
    assert_int_equal(http_probe_stats(probe).requests, 2);
    http_probe_close(probe, 0);
    for (size_t i = 0; i < FILL; i++)
        close(clients[i]);
    close(fd);
}

/* ---------------------------------------------------------------------------------- breaks -- */

static void test_breaks(void **state)
{
    (void)state;
    static const http_fault faults[] = {
        {"reset at once", NULL, "reset=before", AS_OK, AS_ERROR_TRANSPORT, "reading \"http://", 3},
        {"reset after the head", NULL, "reset=0", AS_OK, AS_ERROR_TRANSPORT, "reading \"http://",
         3},
        {"reset within the body", NULL, "reset=1000", AS_OK, AS_ERROR_TRANSPORT,
         "reading \"http://", 3},
    };
    http_faults_play(faults, COUNT(faults), &content);
}

static void test_closing(void **state)
{
    (void)state;
    static const http_fault faults[] = {
        {.name = "closes, having said so", .rule = "close=1"},
        {.name = "closes, not having said so", .rule = "hangup=1"},
        {.name = "says that it closes, and does not", .rule = "linger=1"},
    };
    http_faults_play(faults, COUNT(faults), &content);
}

/* All goes over one connection where the server allows it; where it does not, each request makes
 * one. */
static void test_connections_are_kept(void **state)
{
    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        http_probe *probe = http_probe_open("kept", &content, "etag=\"v1\"", NULL);
        if (!keep)
            fault_rule("kept", "times=always close=1");
        for (uint64_t at = 0; at < CONTENT_BYTES; at += 1000)
            http_probe_expect(probe, at, 1000);
        fault_log log = log_of_probe(probe);
        for (size_t i = 1; i < log.count; i++)
            assert_true((log.requests[i].connection == log.requests[i - 1].connection) == keep);
        fault_log_free(&log);
        http_probe_close(probe, 12);
    }
}

/* ----------------------------------------------------------------------- too many at once -- */

/* A server that takes one connection at a time, and does not say so. */
static void test_one_connection(void **state)
{
    static const char *const over[] = {"reset", "503", "wait"};
    (void)state;
    for (size_t i = 0; i < COUNT(over); i++) {
        char options[64], origin[HTTP_URL], url[HTTP_URL];
        as_http_params params = http_quick();
        params.retries = 10; /* what is turned away comes again until the one connection is free */
        print_message("    one too many: %s\n", over[i]);
        snprintf(options, sizeof(options), "limit=1 over=%s", over[i]);
        fault_origin(origin, "http", fault_listen(options));
        fault_scenario("one", content.path, "etag=\"v1\" latency=5");
        http_probe *probe =
            http_probe_open_url(fault_url_at(url, origin, "one", "x"), "one", &content, &params);
        http_probe_expect(probe, 650000, 100);
        http_read_at_once(probe, 8, 75000, PART);
        http_probe_close(probe, 30);
    }
}

/* A server that is slow for once, as a cache is that has to fetch the bytes: the request is wanted,
 * and is not given up for the second one that asks whether the server serves one connection. */
static void test_slow_once(void **state)
{
    (void)state;
    http_probe *probe = NULL;
    do { /* on a busy machine the first one, too, may get no answer for a second */
        if (probe)
            http_probe_close(probe, 4);
        probe = http_probe_open("slow", &content, "etag=\"v1\"", NULL);
        http_probe_expect(probe, 0,
                          256 * 1024); /* all of the first request: the connection idles */
    } while (http_probe_stats(probe).requests != 1);
    fault_tell("offline %u", (unsigned)fault_port()); /* the kept connection is gone */
    fault_tell("online %u", (unsigned)fault_port());
    fault_rule("slow", "stall=before");
    fault_rule("slow", "delay=60000"); /* the second one, wherever it goes */
    http_reader one;
    http_reader_start(&one, probe, 630000, PART);
    fault_wait("slow", "requests=3 stalled=1");
    fault_tell("release slow");
    http_reader_join(&one);
    fault_wait("slow", "ended=3"); /* the other one is given up */
    fault_log log = fault_log_of("slow");
    assert_int_equal(log.count, 3);
    assert_string_equal(log.requests[1].end, "done");
    assert_int_equal(log.requests[2].first, log.requests[1].first);
    fault_log_free(&log);
    /* Two at once are still allowed. */
    fault_rule("slow", "times=2 stall=before");
    http_reader readers[2];
    for (size_t i = 0; i < COUNT(readers); i++) {
        http_reader_start(&readers[i], probe, i == 0 ? 525000 : 300000, PART);
        fault_wait("slow", i == 0 ? "requests=4 stalled=1" : "requests=5 stalled=2");
    }
    fault_tell("release slow");
    for (size_t i = 0; i < COUNT(readers); i++)
        http_reader_join(&readers[i]);
    http_probe_close(probe, 5);
}

/* --------------------------------------------------------------------------------- offline -- */

/* What was read stays readable, the rest fails without a storm of requests, and once the server is
 * back it all goes on by itself. */
static void test_offline_and_back(void **state)
{
    (void)state;
    char origin[HTTP_URL], url[HTTP_URL];
    const uint16_t port = fault_listen("");
    fault_origin(origin, "http", port);
    fault_scenario("away", content.path, "etag=\"v1\"");
    http_probe *probe =
        http_probe_open_url(fault_url_at(url, origin, "away", "x"), "away", &content, NULL);
    http_probe_expect(probe, 0, 60000);
    fault_tell("offline %u", (unsigned)port);
    const uint64_t cpu = test_cpu_ns(), begun = test_now_ns();
    while (test_now_ns() - begun < 400 * MILLISECOND) {
        http_probe_expect(probe, 0, 60000);
        http_probe_refuse(probe, 600000, 1000, AS_ERROR_TRANSPORT, "onnect");
        usleep(5000); /* a player that asks often */
    }
    assert_true(http_probe_stats(probe).requests <= 1 + 3 * 4);
    assert_true(test_cpu_ns() - cpu < (test_now_ns() - begun) / 2 + 100 * MILLISECOND);
    fault_tell("online %u", (unsigned)port);
    http_probe_recover(probe, 600000, 1000);
    http_probe_expect_all(probe);
    assert_int_equal(http_probe_version(probe), 0);
    http_probe_close(probe, 13);
}

/* A connection that died while nothing was asked for is no failure. */
static void test_idle_connection_dies(void **state)
{
    (void)state;
    char origin[HTTP_URL], url[HTTP_URL];
    const uint16_t port = fault_listen("");
    fault_origin(origin, "http", port);
    fault_scenario("idle", content.path, "etag=\"v1\"");
    as_http_params params = http_quick();
    params.retries = AS_HTTP_NO_RETRIES; /* not even one is needed */
    http_probe *probe =
        http_probe_open_url(fault_url_at(url, origin, "idle", "x"), "idle", &content, &params);
    http_probe_expect(probe, 0, 256 * 1024); /* all of the first request: the connection idles */
    fault_tell("offline %u", (unsigned)port);
    fault_wait("idle", "open=0");
    fault_tell("online %u", (unsigned)port);
    http_probe_expect(probe, 600000, 1000);
    http_probe_close(probe, 2);
}

static void test_port_closed(void **state)
{
    (void)state;
    char origin[HTTP_URL], url[HTTP_URL];
    const uint16_t port = fault_listen("");
    fault_tell("offline %u", (unsigned)port);
    fault_origin(origin, "http", port);
    fault_scenario("closed", content.path, "");
    http_probe *probe =
        http_probe_open_url(fault_url_at(url, origin, "closed", "x"), "closed", &content, NULL);
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "onnect");
    assert_int_equal(http_probe_stats(probe).requests, 3);
    fault_tell("online %u", (unsigned)port);
    http_probe_recover(probe, 0, 100);
    http_probe_close(probe, 1);
}

/* Names that no resolver has to be asked for, and one that it is. */
static void test_name_not_found(void **state)
{
    static const char *const hosts[] = {
        "a234567890123456789012345678901234567890123456789012345678901234.invalid", "x..invalid",
        "no-such-host.invalid"};
    (void)state;
    for (size_t i = 0; i < COUNT(hosts); i++) {
        char url[HTTP_URL];
        as_http_params params = http_quick();
        params.connect_timeout_ms = 300; /* of the lookup too */
        params.retries = AS_HTTP_NO_RETRIES;
        snprintf(url, sizeof(url), "http://%s/x.asvp?sig=" HTTP_SECRET, hosts[i]);
        http_probe *probe = http_probe_open_url(url, "", &content, &params);
        http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "reading \"http://");
        http_probe_close(probe, 0);
    }
}

/* ----------------------------------------------------------------------------------- proxy -- */

/* The fault server takes what proxies are asked. */
static void test_proxy(void **state)
{
    (void)state;
    static const char *const url = "http://there.invalid/s/proxied/x?sig=" HTTP_SECRET;
    char origin[HTTP_URL];
    fault_origin(origin, "http", fault_port());
    as_http_params params = http_quick();
    params.proxy = origin;
    fault_scenario("proxied", content.path, "etag=\"v1\"");
    http_probe *probe = http_probe_open_url(url, "proxied", &content, &params);
    http_probe_expect_all(probe);
    fault_log log = log_of_probe(probe);
    assert_string_equal(log.requests[0].target, url);
    fault_log_free(&log);
    http_probe_close(probe, 12);

    const uint16_t port = fault_listen("");
    fault_tell("offline %u", (unsigned)port);
    fault_origin(origin, "http", port);
    probe = http_probe_open_url(url, "", &content, &params);
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "onnect");
    http_probe_close(probe, 0);
}

/* The environment's proxy is taken, and "" says that none is to be. */
static void test_proxy_of_the_environment(void **state)
{
    (void)state;
    static const char *const url = "http://there.invalid/s/proxied/x?sig=" HTTP_SECRET;
    char origin[HTTP_URL];
    as_http_params params = http_quick();
    params.connect_timeout_ms = 300;
    params.retries = AS_HTTP_NO_RETRIES;
    fault_scenario("proxied", content.path, "");
    assert_int_equal(setenv("http_proxy", fault_origin(origin, "http", fault_port()), 1), 0);
    http_probe *probe = http_probe_open_url(url, "proxied", &content, &params);
    http_probe_expect(probe, 0, 100);
    http_probe_close(probe, 1);
    params.proxy = "";
    probe = http_probe_open_url(url, "", &content, &params);
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "there.invalid");
    http_probe_close(probe, 0);
    assert_int_equal(unsetenv("http_proxy"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_stalls),
        http_test(test_endless_stalls),
        http_test(test_byte_by_byte),
        http_test(test_connect_stalls),
        http_test(test_breaks),
        http_test(test_closing),
        http_test(test_connections_are_kept),
        http_test(test_one_connection),
        http_test(test_slow_once),
        http_test(test_offline_and_back),
        http_test(test_idle_connection_dies),
        http_test(test_port_closed),
        http_test(test_name_not_found),
        http_test(test_proxy),
        http_test(test_proxy_of_the_environment),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
