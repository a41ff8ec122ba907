/* SPDX-License-Identifier: MIT
 *
 * Statuses that are not the content: which are tried again and which never, redirects, and URLs
 * that expire.
 */
#include "tests/support/http_source.h"
#include "tests/support/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CONTENT_BYTES = 700001, HOPS = 8 };

static http_content content;

static int setup(void **state)
{
    (void)state;
    http_start();
    content = http_content_random("content", CONTENT_BYTES, test_seed("http status"));
    return 0;
}

static int teardown(void **state)
{
    http_content_free(&content);
    http_stop();
    return test_nothing_alive(state);
}

static size_t count_requests(const char *id)
{
    fault_log log = fault_log_of(id);
    const size_t count = log.count;
    fault_check_requests(&log);
    fault_log_free(&log);
    return count;
}

/* ------------------------------------------------------------------------------- in tables -- */

static void play_statuses(const char *const *statuses, size_t count, as_result once,
                          size_t requests)
{
    for (size_t i = 0; i < count; i++) {
        char rule[32], part[32];
        snprintf(rule, sizeof(rule), "status=%s", statuses[i]);
        snprintf(part, sizeof(part), "status %s", statuses[i]);
        const http_fault fault = {statuses[i],        NULL, rule,    once,
                                  AS_ERROR_TRANSPORT, part, requests};
        http_fault_play(&fault, &content);
    }
}

static void test_never_again(void **state)
{
    static const char *const statuses[] = {"400", "404", "405", "451", "204", "304"};
    (void)state;
    play_statuses(statuses, COUNT(statuses), AS_ERROR_TRANSPORT, 1);
}

static void test_denied(void **state)
{
    static const char *const statuses[] = {"401", "403", "410"};
    (void)state;
    play_statuses(statuses, COUNT(statuses), AS_ERROR_TRANSPORT, 1);
}

static void test_again(void **state)
{
    static const char *const statuses[] = {"408", "425", "429", "500", "502", "503", "504", "599"};
    (void)state;
    play_statuses(statuses, COUNT(statuses), AS_OK, 3);
}

static void test_retry_after(void **state)
{
    (void)state;
    static const http_fault faults[] = {
        {"0", NULL, "status=503 header=Retry-After:0", AS_OK, AS_ERROR_TRANSPORT, "503", 3},
        {"2", NULL, "status=429 header=Retry-After:2", AS_OK, AS_ERROR_TRANSPORT, "429", 3},
        {"3600", NULL, "status=503 header=Retry-After:3600", AS_OK, AS_ERROR_TRANSPORT, "503", 3},
        {"a date gone by", NULL,
         "status=503 header=Retry-After:Fri,%2031%20Dec%201999%2023:59:59%20GMT", AS_OK,
         AS_ERROR_TRANSPORT, "503", 3},
        {"a date to come", NULL,
         "status=429 header=Retry-After:Fri,%2031%20Dec%202099%2023:59:59%20GMT", AS_OK,
         AS_ERROR_TRANSPORT, "429", 3},
        {"garbage", NULL, "status=503 header=Retry-After:soon", AS_OK, AS_ERROR_TRANSPORT, "503",
         3},
        {"negative", NULL, "status=503 header=Retry-After:-1", AS_OK, AS_ERROR_TRANSPORT, "503", 3},
        {"too large", NULL, "status=503 header=Retry-After:99999999999999999999", AS_OK,
         AS_ERROR_TRANSPORT, "503", 3},
    };
    http_faults_play(faults, COUNT(faults), &content);
}

/* Retry-After is kept to, up to the cap. */
static void test_retry_after_is_waited_for(void **state)
{
    (void)state;
    as_http_params params = http_quick();
    params.retry_after_most_ms = 150;
    http_probe *probe = http_probe_open("after", &content, "", &params);
    fault_rule("after", "status=503 header=Retry-After:3600");
    http_probe_expect(probe, 0, 100);
    fault_log log = fault_log_of("after");
    assert_int_equal(log.count, 2);
    assert_true(log.requests[1].begun_us - log.requests[0].begun_us >= 150 * 1000);
    fault_log_free(&log);
    http_probe_close(probe, 2);
}

/* No retries at all, where the caller wants none. */
static void test_no_retries(void **state)
{
    (void)state;
    as_http_params params = http_quick();
    params.retries = AS_HTTP_NO_RETRIES;
    http_probe *probe = http_probe_open("none", &content, "", &params);
    fault_rule("none", "status=503");
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "503");
    http_probe_close(probe, 1);
}

/* ------------------------------------------------------------------------------- redirects -- */

/* A rule that redirects always. */
static void redirect(const char *id, unsigned status, const char *location)
{
    fault_tell("rule %s times=always status=%u header=Location:%s", id, status, location);
}

static void test_redirects(void **state)
{
    static const unsigned statuses[] = {301, 302, 303, 307, 308};
    (void)state;
    char url[HTTP_URL];
    for (size_t i = 0; i < COUNT(statuses); i++) {
        fault_scenario("to", content.path, "etag=\"v1\"");
        http_probe *probe = http_probe_open("from", &content, "", NULL);
        redirect("from", statuses[i], fault_url(url, "to", "elsewhere.asvp?sig=" HTTP_SECRET));
        http_probe_expect_all(probe);
        assert_string_equal(as_source_name(probe->source), "people.asvp");
        /* Targets are not remembered: every request begins where the caller said. */
        assert_int_equal(count_requests("to"), count_requests("from"));
        http_probe_close(probe, 12);
    }
}

static void test_relative_redirects(void **state)
{
    (void)state;
    char locations[3][HTTP_URL];
    snprintf(locations[0], HTTP_URL, "/s/to/x");
    snprintf(locations[1], HTTP_URL, "../to/x?y");
    snprintf(locations[2], HTTP_URL, "//127.0.0.1:%u/s/to/x#z", (unsigned)fault_port());
    for (size_t i = 0; i < COUNT(locations); i++) {
        fault_scenario("to", content.path, "");
        http_probe *probe = http_probe_open("from", &content, "", NULL);
        redirect("from", 302, locations[i]);
        http_probe_expect(probe, 0, 1000);
        assert_int_equal(count_requests("to"), 1);
        http_probe_close(probe, 1);
    }
}

/* hop0 -> hop1 -> ... -> the content at hopN. */
static void make_chain(unsigned hops)
{
    char id[16], next[16], url[HTTP_URL];
    for (unsigned i = 0; i <= hops; i++) {
        snprintf(id, sizeof(id), "hop%u", i);
        snprintf(next, sizeof(next), "hop%u", i + 1);
        fault_scenario(id, content.path, "");
        if (i < hops)
            redirect(id, 302, fault_url(url, next, "x"));
    }
}

static void test_chains(void **state)
{
    (void)state;
    char url[HTTP_URL];
    make_chain(HOPS);
    http_probe *probe = http_probe_open_url(http_probe_url(url, "hop0"), "hop0", &content, NULL);
    http_probe_expect(probe, 0, 1000);
    http_probe_close(probe, 1);

    make_chain(HOPS + 1);
    probe = http_probe_open_url(http_probe_url(url, "hop0"), "hop0", &content, NULL);
    http_probe_refuse(probe, 0, 1000, AS_ERROR_TRANSPORT, "redirect");
    assert_int_equal(count_requests("hop9"), 0);
    http_probe_close(probe, 1);
}

static void test_loop(void **state)
{
    (void)state;
    char url[HTTP_URL];
    http_probe *probe = http_probe_open("loop", &content, "", NULL);
    redirect("loop", 302, http_probe_url(url, "loop"));
    http_probe_refuse(probe, 0, 1000, AS_ERROR_TRANSPORT, "redirect");
    http_probe_close(probe, 1 + HOPS);
}

/* Nowhere, or where a web page must not send anybody. */
static void test_bad_redirects(void **state)
{
    static const char *const locations[] = {"file:///etc/hostname",      "ftp://127.0.0.1/x",
                                            "gopher://127.0.0.1/x",      "http://",
                                            ("javascript:" HTTP_SECRET), ""};
    (void)state;
    for (size_t i = 0; i < COUNT(locations); i++) {
        http_probe *probe = http_probe_open("bad", &content, "", NULL);
        redirect("bad", 302, locations[i]);
        http_probe_refuse(probe, 0, 1000, AS_ERROR_TRANSPORT, "redirect");
        http_probe_close(probe, locations[i][0] ? 1 : 1 + HOPS); /* "": to itself */
    }
    http_probe *probe = http_probe_open("bad", &content, "", NULL);
    fault_rule("bad", "times=always status=302");
    http_probe_refuse(probe, 0, 1000, AS_ERROR_TRANSPORT, "redirect");
    http_probe_close(probe, 1);
}

/* It fits a header, but not behind its host. */
static void test_long_redirect(void **state)
{
    (void)state;
    static char location[AS_HTTP_URL_MAX - 8];
    memset(location, 'a', sizeof(location) - 1);
    location[0] = '/';
    http_probe *probe = http_probe_open("long", &content, "", NULL);
    redirect("long", 302, location);
    http_probe_refuse(probe, 0, 1000, AS_ERROR_TRANSPORT, "redirects to a URL that is too long");
    http_probe_close(probe, 1);
}

/* A target that is good for one request: the next one gets another target. */
static void test_target_that_expires(void **state)
{
    (void)state;
    char url[HTTP_URL];
    fault_scenario("to", content.path, "etag=\"v1\"");
    fault_rule("to", "query=t=1 skip=1 times=always status=403");
    http_probe *probe = http_probe_open("from", &content, "", NULL);
    fault_tell("rule from status=302 header=Location:%s", fault_url(url, "to", "x?t=1"));
    redirect("from", 302, fault_url(url, "to", "x?t=2"));
    http_probe_expect_all(probe);
    http_probe_close(probe, 12);
}

/* What the caller's headers say is for its own host. */
static void test_headers_stay_at_home(void **state)
{
    (void)state;
    static const char *const headers[] = {"Authorization: Bearer " HTTP_SECRET, "X-Token: y"};
    char url[HTTP_URL], origin[HTTP_URL], value[64];
    as_http_params params = http_quick();
    params.headers = headers;
    params.header_count = COUNT(headers);
    params.user_agent = "tests/1";
    const uint16_t port = fault_listen("");
    fault_scenario("near", content.path, "");
    fault_scenario("far", content.path, "");
    redirect("near", 302, fault_url_at(url, fault_origin(origin, "http", port), "far", "x"));
    http_probe *probe = http_probe_open("home", &content, "", &params);
    redirect("home", 302, fault_url(url, "near", "x"));
    http_probe_expect(probe, 0, 100);

    static const char *const ids[] = {"home", "near", "far"};
    for (size_t i = 0; i < COUNT(ids); i++) {
        fault_log log = fault_log_of(ids[i]);
        const bool home = i < 2;
        assert_int_equal(log.count, 1);
        assert_int_equal(fault_header(&log.requests[0], "Authorization", value, sizeof(value)),
                         home);
        assert_int_equal(fault_header(&log.requests[0], "X-Token", value, sizeof(value)), home);
        assert_true(fault_header(&log.requests[0], "User-Agent", value, sizeof(value)));
        assert_string_equal(value, "tests/1");
        fault_log_free(&log);
    }
    http_probe_close(probe, 1);
}

/* ---------------------------------------------------------------------------- expiring URLs -- */

/* The first URL is good for one request. */
static http_probe *open_expiring(const char *id, const char *status, const char *refresh_file)
{
    as_http_params params = http_quick();
    params.refresh = http_give_url;
    http_probe *probe = http_probe_open(id, &content, "etag=\"v1\"", &params);
    fault_tell("rule %s query=sig=" HTTP_SECRET " skip=1 times=always status=%s", id, status);
    if (refresh_file)
        fault_url(probe->refresh_url, id, refresh_file);
    return probe;
}

static void test_refresh(void **state)
{
    static const char *const statuses[] = {"401", "403", "410"};
    (void)state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        http_probe *probe =
            open_expiring("expires", statuses[i], "other.asvp?sig=" HTTP_SECRET "2");
        http_probe_expect_all(probe);
        assert_int_equal(probe->refreshed, 1);
        assert_int_equal(probe->refresh_status, atoi(statuses[i]));
        assert_int_equal(http_probe_stats(probe).refreshes, 1);
        assert_int_equal(http_probe_version(probe), 0);
        assert_string_equal(as_source_name(probe->source), "people.asvp");
        http_probe_close(probe, 13);
    }
}

/* Each new URL that has worked may expire in turn. */
static void test_refresh_again(void **state)
{
    (void)state;
    http_probe *probe = open_expiring("again", "403", "x?t=1");
    fault_rule("again", "query=t=1 skip=1 times=always status=403");
    fault_rule("again", "query=t=2 skip=1 times=always status=403");
    http_probe_expect(probe, 0, 100);
    http_probe_expect(probe, 300000, 100);
    fault_url(probe->refresh_url, "again", "x?t=2");
    http_probe_expect(probe, 600000, 100);
    assert_int_equal(probe->refreshed, 2);
    http_probe_close(probe, 5);
}

/* A URL that does not help: asked for once, then the server's refusal is the answer, for good. */
static void test_refresh_in_vain(void **state)
{
    static const char *const files[] = {"x?sig=" HTTP_SECRET, NULL};
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        http_probe *probe = open_expiring("vain", "403", files[i]);
        http_probe_expect(probe, 0, 100);
        for (int k = 0; k < 50; k++)
            http_probe_refuse(probe, 600000, 100, AS_ERROR_TRANSPORT, "status 403");
        assert_int_equal(probe->refreshed, 1);
        http_probe_expect(probe, 0, 100);
        http_probe_close(probe, 5);
    }
}

/* What the callback says is no URL to read from. */
static void test_refresh_with_nonsense(void **state)
{
    static const char *const urls[] = {"ftp://127.0.0.1/" HTTP_SECRET, "/" HTTP_SECRET, "http://"};
    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        http_probe *probe = open_expiring("nonsense", "403", NULL);
        snprintf(probe->refresh_url, sizeof(probe->refresh_url), "%s", urls[i]);
        http_probe_expect(probe, 0, 100);
        as_error error;
        assert_int_equal(http_probe_read(probe, 600000, 100, &error), AS_ERROR_TRANSPORT);
        assert_non_null(strstr(error.text, "refresh"));
        assert_null(strstr(error.text, HTTP_SECRET));
        assert_int_equal(probe->refreshed, 1);
        http_probe_close(probe, 3);
    }
}

/* The new URL is of another server. */
static void test_refresh_elsewhere(void **state)
{
    (void)state;
    char origin[HTTP_URL];
    const uint16_t port = fault_listen("");
    http_probe *probe = open_expiring("elsewhere", "403", NULL);
    fault_url_at(probe->refresh_url, fault_origin(origin, "http", port), "elsewhere", "x");
    http_probe_expect_all(probe);
    fault_log log = fault_log_of("elsewhere");
    assert_int_equal(log.requests[log.count - 1].port, port);
    fault_log_free(&log);
    http_probe_close(probe, 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_never_again),
        http_test(test_denied),
        http_test(test_again),
        http_test(test_retry_after),
        http_test(test_retry_after_is_waited_for),
        http_test(test_no_retries),
        http_test(test_redirects),
        http_test(test_relative_redirects),
        http_test(test_chains),
        http_test(test_loop),
        http_test(test_bad_redirects),
        http_test(test_long_redirect),
        http_test(test_target_that_expires),
        http_test(test_headers_stay_at_home),
        http_test(test_refresh),
        http_test(test_refresh_again),
        http_test(test_refresh_in_vain),
        http_test(test_refresh_with_nonsense),
        http_test(test_refresh_elsewhere),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
