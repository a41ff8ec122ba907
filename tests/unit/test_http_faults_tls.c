/* SPDX-License-Identifier: MIT
 *
 * TLS: servers that are not who they should be, and what goes wrong under encryption.
 */
#include "tests/support/http_source.h"
#include "tests/support/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CONTENT_BYTES = 700001 };

static http_content content;
static char ca_file[HTTP_PATH], origin[HTTP_URL]; /* of the sound server */

static int setup(void **state)
{
    (void)state;
    http_start();
    content = http_content_random("content", CONTENT_BYTES, test_seed("http tls"));
    fault_ca_file(ca_file);
    fault_origin(origin, "https", fault_listen("tls=good"));
    return 0;
}

static int teardown(void **state)
{
    http_content_free(&content);
    http_stop();
    return test_nothing_alive(state);
}

static as_http_params trusting(void)
{
    as_http_params params = http_quick();
    params.ca_file = ca_file;
    return params;
}

static http_probe *open_at(const char *at, const char *id, const as_http_params *params)
{
    char url[HTTP_URL];
    fault_scenario(id, content.path, "etag=\"v1\"");
    return http_probe_open_url(fault_url_at(url, at, id, "x.asvp?sig=" HTTP_SECRET), id, &content,
                               params);
}

/* ---------------------------------------------------------------------------- certificates -- */

/* With HTTP/2 switched on too: this server does not have it. */
static void test_good(void **state)
{
    (void)state;
    for (uint32_t http2 = 0; http2 < 2; http2++) {
        as_http_params params = trusting();
        params.http2 = http2;
        http_probe *probe = open_at(origin, "good", &params);
        http_probe_expect_all(probe);
        http_probe_close(probe, 12);
    }
}

/* Not one request is sent, and there is not a second try. */
static void test_not_trusted(void **state)
{
    static const char *const kinds[] = {"unknown", "expired", "wrong-host", "self-signed"};
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char at[HTTP_URL], options[64];
        const as_http_params params = trusting();
        snprintf(options, sizeof(options), "tls=%s", kinds[i]);
        const uint16_t port = fault_listen(options);
        http_probe *probe = open_at(fault_origin(at, "https", port), "bad", &params);
        http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "certificate");
        assert_int_equal(http_probe_stats(probe).requests, 1);
        http_probe_close(probe, 0);

        as_http_params careless = http_quick();
        careless.insecure = 1;
        probe = open_at(at, "bad", &careless);
        http_probe_expect(probe, 0, 100);
        http_probe_close(probe, 1);
    }
}

/* What a careless source let in does not come to another one: neither its connection, which is
 * kept, nor its TLS session; and what one `ca_file` trusts is not what another does. */
static void test_trust_is_not_shared(void **state)
{
    (void)state;
    char at[HTTP_URL], other[HTTP_PATH];
    fault_origin(at, "https", fault_listen("tls=unknown"));
    as_http_params careless = http_quick();
    careless.insecure = 1;
    const as_http_params strict = trusting(), system = http_quick();
    http_probe *open = open_at(at, "careless", &careless);
    http_probe_expect(open, 0, 100);
    for (int i = 0; i < 2; i++) {
        const as_http_params *params = i ? &system : &strict;
        http_probe *probe = http_probe_open_url(at, "", &content, params);
        http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "certificate");
        http_probe_close(probe, 0);
    }
    http_probe_close(open, 1);

    open = open_at(origin, "trusting", &strict);
    http_probe_expect(open, 0, 100);
    as_http_params elsewhere = http_quick();
    snprintf(other, sizeof(other), "%.*s/other.pem", (int)(strrchr(ca_file, '/') - ca_file),
             ca_file);
    elsewhere.ca_file = other; /* of `unknown` */
    http_probe *probe = http_probe_open_url(origin, "", &content, &elsewhere);
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "certificate");
    http_probe_close(probe, 0);
    http_probe_close(open, 1);
}

/* What other programs take for permission is none here. */
static void test_nothing_else_switches_it_off(void **state)
{
    (void)state;
    static const char *const names[] = {"CURL_INSECURE",     "GIT_SSL_NO_VERIFY",
                                        "SSL_NO_VERIFY",     "NODE_TLS_REJECT_UNAUTHORIZED",
                                        "PYTHONHTTPSVERIFY", "WGET_NO_CHECK_CERTIFICATE"};
    static const char *const values[] = {"1", "0"};
    static const char *const homes[] = {"HOME", "CURL_HOME", "XDG_CONFIG_HOME"};
    char at[HTTP_URL], folder[HTTP_PATH - 8], rc[HTTP_PATH], before[3][600];
    fault_origin(at, "https", fault_listen("tls=self-signed"));
    test_make_folder(folder, sizeof(folder));
    snprintf(rc, sizeof(rc), "%s/.curlrc", folder);
    test_write_file(rc, "insecure\n", 9);
    for (size_t i = 0; i < COUNT(homes); i++) {
        const char *value = getenv(homes[i]);
        snprintf(before[i], sizeof(before[i]), "%s", value ? value : "");
        assert_int_equal(setenv(homes[i], folder, 1), 0);
    }
    for (size_t k = 0; k < COUNT(values); k++) {
        const as_http_params params = trusting();
        for (size_t i = 0; i < COUNT(names); i++)
            assert_int_equal(setenv(names[i], values[k], 1), 0);
        http_probe *probe = http_probe_open_url(at, "", &content, k ? NULL : &params);
        http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "certificate");
        http_probe_close(probe, 0);
    }
    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(unsetenv(names[i]), 0);
    for (size_t i = 0; i < COUNT(homes); i++)
        assert_int_equal(before[i][0] ? setenv(homes[i], before[i], 1) : unsetenv(homes[i]), 0);
    test_remove_folder(folder);

    /* Nor does an option that was not given as 0 or 1. */
    static const char *const wrong[] = {"", "2", "true", "yes", "-1", "01x", " 1", "1 ", "on"};
    AlphaStreamHandle *handle = CV_create();
    assert_non_null(handle);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(CV_set_option(handle, "http_insecure", wrong[i]));
        assert_int_equal(CV_get_last_error_code(handle), AS_ERROR_ARGUMENT);
    }
    assert_false(CV_init(handle, at, 0, 0, 0, NULL, 0, 0, 0, 0, 3600000, 3600000));
    assert_non_null(strstr(CV_get_last_error_text(handle), "certificate"));
    CV_destroy(handle);
}

/* A server that is trusted cannot send a reader to one that is not, and neither can `refresh`. */
static void test_not_trusted_later(void **state)
{
    (void)state;
    char at[HTTP_URL], url[HTTP_URL];
    const as_http_params params = trusting();
    fault_origin(at, "https", fault_listen("tls=self-signed"));
    fault_scenario("to", content.path, "etag=\"v1\"");
    http_probe *probe = open_at(origin, "from", &params);
    fault_tell("rule from times=always status=302 header=Location:%s",
               fault_url_at(url, at, "to", "x"));
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "certificate");
    http_probe_close(probe, 1);

    as_http_params refreshing = trusting();
    refreshing.refresh = http_give_url;
    probe = open_at(origin, "from", &refreshing);
    snprintf(probe->refresh_url, sizeof(probe->refresh_url), "%s", url);
    fault_tell("rule from times=always status=403");
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "certificate");
    http_probe_close(probe, 1);
    fault_log log = fault_log_of("to");
    assert_int_equal(log.count, 0);
    fault_log_free(&log);
}

/* The system does not know the tests' authority. */
static void test_authority_not_known(void **state)
{
    (void)state;
    http_probe *probe = open_at(origin, "system", NULL);
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "ca_file");
    http_probe_close(probe, 0);
}

static void test_no_such_ca_file(void **state)
{
    (void)state;
    char path[HTTP_PATH];
    as_http_params params = http_quick();
    params.ca_file = http_path(path, "none.pem");
    http_probe *probe = open_at(origin, "file", &params);
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "ca_file");
    http_probe_close(probe, 0);
}

static void test_wrong_protocol(void **state)
{
    (void)state;
    char at[HTTP_URL];
    const as_http_params params = trusting();
    http_probe *probe = open_at(fault_origin(at, "https", fault_port()), "plain", &params);
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "reading \"https://");
    http_probe_close(probe, 0);
    probe = open_at(fault_origin(at, "http", fault_listen("tls=good")), "tls", &params);
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "reading \"http://");
    http_probe_close(probe, 0);
}

/* ------------------------------------------------------------------------------- breaks -- */

/* Reset connections raise SIGPIPE in careless programs; this one would end. */
static void test_breaks(void **state)
{
    static const char *const rules[] = {"cut=before",  "cut=1000", "reset=before", "reset=1000",
                                        "length=none", "close=1",  "hangup=1",     "linger=1"};
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++) {
        const as_http_params params = trusting();
        print_message("    %s\n", rules[i]);
        http_probe *probe = open_at(origin, "breaks", &params);
        http_probe_expect(probe, 0, 100);
        fault_rule("breaks", rules[i]);
        http_probe_expect_all(probe);
        http_probe_close(probe, 14);
    }
}

static void test_endless_breaks(void **state)
{
    static const char *const rules[] = {"cut=before", "cut=1000", "reset=before", "reset=1000"};
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++) {
        const as_http_params params = trusting();
        print_message("    %s\n", rules[i]);
        http_probe *probe = open_at(origin, "breaks", &params);
        fault_tell("rule breaks times=always %s", rules[i]);
        http_probe_refuse(probe, 600000, 100, AS_ERROR_TRANSPORT, "reading \"https://");
        http_probe_close(probe, 3);
    }
}

static void test_stall(void **state)
{
    (void)state;
    as_http_params params = trusting();
    params.stall_timeout_ms = 200;
    params.retries = 5;
    http_probe *probe = open_at(origin, "stall", &params);
    http_probe_expect(probe, 0, 100);
    fault_rule("stall", "stall=1000");
    http_probe_expect(probe, 600000, 1000);
    http_probe_close(probe, 8);
}

/* ---------------------------------------------------------------------------- redirects -- */

/* To more safety always, to less never. */
static void test_redirects(void **state)
{
    (void)state;
    char plain[HTTP_URL], url[HTTP_URL];
    const as_http_params params = trusting();
    fault_origin(plain, "http", fault_port());

    fault_scenario("to", content.path, "etag=\"v1\"");
    http_probe *probe = open_at(plain, "from", &params);
    fault_tell("rule from times=always status=302 header=Location:%s",
               fault_url_at(url, origin, "to", "x"));
    http_probe_expect_all(probe);
    http_probe_close(probe, 12);

    probe = open_at(origin, "from", &params);
    fault_tell("rule from times=always status=302 header=Location:%s",
               fault_url_at(url, origin, "to", "x"));
    http_probe_expect(probe, 0, 100);
    http_probe_close(probe, 1);

    fault_scenario("to", content.path, "");
    probe = open_at(origin, "from", &params);
    fault_tell("rule from times=always status=302 header=Location:%s",
               fault_url_at(url, plain, "to", "x"));
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "redirect");
    fault_log log = fault_log_of("to");
    assert_int_equal(log.count, 0);
    fault_log_free(&log);
    http_probe_close(probe, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_good),
        http_test(test_not_trusted),
        http_test(test_trust_is_not_shared),
        http_test(test_nothing_else_switches_it_off),
        http_test(test_not_trusted_later),
        http_test(test_authority_not_known),
        http_test(test_no_such_ca_file),
        http_test(test_wrong_protocol),
        http_test(test_breaks),
        http_test(test_endless_breaks),
        http_test(test_stall),
        http_test(test_redirects),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
