/* SPDX-License-Identifier: MIT
 *
 * What a source may take: memory, disk, bandwidth, however much the server sends; and what it must
 * not tell.
 */
#include "tests/support/failing_alloc.h"
#include "tests/support/http_source.h"
#include "tests/support/random.h"

#include <dirent.h>
#include <pthread.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB ((size_t)1024 * 1024)

enum { CONTENT_BYTES = 5000000, UNIT = 64 * 1024, PIECE = 20000 };

/* Beside the cache: buffers of four requests, tables. */
static const uint64_t overhead = MIB;

static http_content content;

static int setup(void **state)
{
    (void)state;
    http_start();
    content = http_content_random("content", CONTENT_BYTES, test_seed("http limits"));
    return 0;
}

static int teardown(void **state)
{
    http_content_free(&content);
    http_stop();
    return test_nothing_alive(state);
}

static as_http_params small_cache(void)
{
    as_http_params params = http_quick();
    params.cache_bytes = MIB;
    return params;
}

/* ---------------------------------------------------------------------------------- memory -- */

/* To and fro, with hints far ahead: never more than the cache and what requests need. */
static void test_memory(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("memory"));
    const as_http_params params = small_cache();
    const as_byte_range all = {0, CONTENT_BYTES};
    test_alloc_fail_at(UINT64_MAX);
    http_probe *probe = http_probe_open("memory", &content, "etag=\"v1\"", &params);
    as_source_prefetch(probe->source, &all, 1, 0, 1);
    for (uint64_t at = 0; at < CONTENT_BYTES; at += PIECE) {
        http_probe_expect(probe, at, PIECE);
        assert_true(http_probe_stats(probe).memory_bytes <= MIB);
    }
    for (unsigned i = 0; i < 100; i++) {
        http_probe_expect(probe, test_random_u64(&random) % CONTENT_BYTES, PIECE);
        assert_true(http_probe_stats(probe).memory_bytes <= MIB);
    }
    http_probe_close(probe, SIZE_MAX);
    assert_true(test_alloc_peak() <= MIB + overhead);
    test_alloc_restore();
}

static int entries_of(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2;
}

/* Without ranges: what does not fit goes to a file that nobody sees, and nothing is asked for
 * twice. */
static void test_spill(void **state)
{
    static const char *const rules[] = {"times=always whole=1", "times=always whole=1 length=none"};
    (void)state;
    char folder[HTTP_PATH];
    test_make_folder(folder, sizeof(folder));
    assert_int_equal(setenv("TMPDIR", folder, 1), 0);
    test_alloc_fail_at(UINT64_MAX);
    for (size_t i = 0; i < COUNT(rules); i++) {
        const as_http_params params = small_cache();
        http_probe *probe = http_probe_open("spill", &content, "", &params);
        fault_rule("spill", rules[i]);
        http_probe_expect(probe, CONTENT_BYTES - 100, 100);
        assert_int_equal(entries_of(folder), 0);
        for (uint64_t at = 0; at < CONTENT_BYTES; at += PIECE)
            http_probe_expect(probe, at, PIECE);
        const as_http_stats stats = http_probe_stats(probe);
        assert_true(stats.memory_bytes <= MIB);
        assert_true(stats.spilled_bytes >= CONTENT_BYTES - MIB);
        assert_int_equal(stats.received, CONTENT_BYTES);
        http_probe_close(probe, 1);
        assert_true(test_alloc_peak() <= MIB + overhead);
    }
    test_alloc_restore();
    assert_int_equal(unsetenv("TMPDIR"), 0);
    test_remove_folder(folder);
}

/* More than may be kept: what was there stays readable, the rest is refused, and the server is not
 * asked for all of it again. */
static void test_spill_is_limited(void **state)
{
    static const uint64_t most[] = {MIB, AS_HTTP_NO_SPILL};
    (void)state;
    for (size_t i = 0; i < COUNT(most); i++) {
        as_http_params params = small_cache();
        params.spill_bytes = most[i];
        http_probe *probe = http_probe_open("limit", &content, "", &params);
        fault_rule("limit", "times=always whole=1 length=none");
        http_probe_refuse(probe, CONTENT_BYTES - 100, 100, AS_ERROR_LIMIT, "spill_bytes");
        http_probe_expect(probe, 0, PIECE);
        for (int k = 0; k < 20; k++)
            http_probe_refuse(probe, CONTENT_BYTES - 100, 100, AS_ERROR_LIMIT, "spill_bytes");
        assert_true(http_probe_stats(probe).memory_bytes <= MIB);
        assert_true(http_probe_stats(probe).spilled_bytes <= MIB);
        http_probe_close(probe, 1);
    }
}

/* The body goes on and on after the end that was announced: nobody takes it. */
static void test_more_than_announced(void **state)
{
    (void)state;
    static const char *const rules[] = {"times=always header=Content-Range:bytes%200-99/100 "
                                        "drop=Content-Length length=none",
                                        "times=always whole=1 length=-4999900"};
    http_content start = content;
    start.size = 100;
    for (size_t i = 0; i < COUNT(rules); i++) {
        http_probe *probe = http_probe_open("more", &content, "", NULL);
        probe->content = &start;
        fault_rule("more", rules[i]);
        http_probe_expect(probe, 0, 1000);
        assert_true(http_probe_stats(probe).received <= UNIT);
        http_probe_close(probe, 3);
    }
}

/* ------------------------------------------------------------------------------- bandwidth -- */

typedef struct reader {
    http_probe *probe;
    pthread_t thread;
    uint64_t offset;
    size_t length;
} reader;

static void *read_part(void *user)
{
    reader *r = user;
    uint8_t *buffer = malloc(r->length);
    as_error error;
    size_t got = 0;
    if (buffer)
        (void)!as_source_read(r->probe->source, r->offset, buffer, r->length, &got, &error);
    free(buffer);
    return NULL;
}

/* However many requests there are at once: never more than the cap, and a burst of a second's,
 * allow since the beginning. A slow machine makes that no less true; without a cap it is not. */
static void test_bandwidth(void **state)
{
    static const struct {
        uint64_t cap;
        size_t length; /* of each of four reads: more than a second's in all */
    } cases[] = {{1000000, CONTENT_BYTES / 16}, {4000000, CONTENT_BYTES / 4}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        reader readers[4];
        as_http_params params = http_quick();
        params.bandwidth = cases[i].cap;
        const uint64_t begun = test_now_ns(); /* the open receives, too */
        http_probe *probe = http_probe_open("cap", &content, "etag=\"v1\"", &params);
        for (size_t k = 0; k < COUNT(readers); k++) {
            readers[k] = (reader){probe, 0, CONTENT_BYTES / 4 * k, cases[i].length};
            assert_int_equal(pthread_create(&readers[k].thread, NULL, read_part, &readers[k]), 0);
        }
        bool within = true;
        for (size_t k = 0; k < COUNT(readers); k++) {
            pthread_join(readers[k].thread, NULL);
            const uint64_t received = http_probe_stats(probe).received;
            const double seconds = (double)(test_now_ns() - begun) * 1e-9;
            within = within && (double)received <= (double)cases[i].cap * (seconds + 1);
        }
        const double seconds = (double)(test_now_ns() - begun) * 1e-9;
        print_message("    %.0f of %.0f bytes a second\n",
                      (double)http_probe_stats(probe).received / seconds, (double)cases[i].cap);
        assert_true(within);
        for (size_t k = 0; k < COUNT(readers); k++)
            http_probe_expect(probe, readers[k].offset, readers[k].length);
        http_probe_close(probe, 80);
    }
}

/* ---------------------------------------------------------------------------------- cached -- */

static void test_cached(void **state)
{
    (void)state;
    as_byte_range ranges[4];
    as_error error;
    size_t count = 99;
    http_probe *probe = http_probe_open("cached", &content, "etag=\"v1\"", NULL);
    assert_ok(as_source_get_cached(probe->source, ranges, 4, &count, &error), &error);
    assert_int_equal(count, 0);
    http_probe_expect(probe, 0, 10);
    http_probe_expect(probe, 3000000, 10);
    fault_rule("cached", "times=always status=500");
    assert_ok(as_source_get_cached(probe->source, ranges, 4, &count, &error), &error);
    assert_true(count >= 2 && count <= 4);
    for (size_t i = 0; i < count; i++)
        http_probe_expect(probe, ranges[i].offset, (size_t)ranges[i].length);
    assert_int_equal(as_source_get_cached(probe->source, ranges, 1, &count, &error),
                     AS_ERROR_LIMIT);
    http_probe_close(probe, 8);
}

/* --------------------------------------------------------------------------------- secrets -- */

/* Credentials of the URL are sent, and shown nowhere; neither are those of headers and proxies.
 * What goes wrong is what makes a source talk. */
static void test_secrets(void **state)
{
    static const char *const rules[] = {"status=404",
                                        "status=403",
                                        "status=500",
                                        "cut=10",
                                        "reset=before",
                                        "gzip=1",
                                        "raw=" HTTP_SECRET,
                                        "pad=100000",
                                        "whole=1",
                                        "drop=Content-Range",
                                        "interim=103",
                                        "status=302 header=Location:http://u:" HTTP_SECRET
                                        "@127.0.0.1:1/?" HTTP_SECRET,
                                        "status=302 header=Location:ftp://" HTTP_SECRET};
    static const char *const headers[] = {"Cookie: " HTTP_SECRET};
    (void)state;
    char url[HTTP_URL], value[128];
    for (size_t i = 0; i < COUNT(rules); i++) {
        as_error error;
        as_http_params params = http_quick();
        params.headers = headers;
        params.header_count = 1;
        fault_scenario("secret", content.path, "etag=\"v1\"");
        fault_rule("secret", rules[i]);
        snprintf(url, sizeof(url),
                 "http://user:" HTTP_SECRET "@127.0.0.1:%u/s/secret/x?sig=" HTTP_SECRET
                 "#" HTTP_SECRET,
                 (unsigned)fault_port());
        http_probe *probe = http_probe_open_url(url, "secret", &content, &params);
        (void)!http_probe_read(probe, 0, 100, &error); /* looks at the text */
        assert_null(strstr(as_source_name(probe->source), HTTP_SECRET));
        fault_log log = fault_log_of("secret");
        assert_true(log.count > 0);
        assert_true(fault_header(&log.requests[0], "Authorization", value, sizeof(value)));
        assert_string_equal(value, "Basic dXNlcjpodW50ZXIy");
        assert_null(strchr(log.requests[0].target, '#'));
        fault_log_free(&log);
        http_probe_close(probe, 8);
    }
}

static void test_secrets_of_proxies(void **state)
{
    (void)state;
    char proxy[HTTP_URL];
    as_http_params params = http_quick();
    const uint16_t port = fault_listen("");
    fault_tell("offline %u", (unsigned)port);
    snprintf(proxy, sizeof(proxy), "http://user:" HTTP_SECRET "@127.0.0.1:%u", (unsigned)port);
    params.proxy = proxy;
    http_probe *probe =
        http_probe_open_url("http://there.invalid/x?" HTTP_SECRET, "", &content, &params);
    http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "onnect");
    http_probe_close(probe, 0);
}

/* libcurl quotes a proxy that it cannot make sense of. */
static void test_secrets_of_senseless_proxies(void **state)
{
    (void)state;
    static const char *const proxies[] = {
        "ftp://me:" HTTP_SECRET "@127.0.0.1:1", "http://me:" HTTP_SECRET "@127.0.0.1:99999",
        "http://me:" HTTP_SECRET "@[::1",       "me:" HTTP_SECRET "@ho st:1",
        "http://" HTTP_SECRET " @:x",
    };
    as_http_params params = http_quick();
    for (size_t i = 0; i < sizeof(proxies) / sizeof(*proxies); i++) {
        params.proxy = proxies[i];
        http_probe *probe =
            http_probe_open_url("http://there.invalid/x?" HTTP_SECRET, "", &content, &params);
        http_probe_refuse(probe, 0, 100, AS_ERROR_TRANSPORT, "; check the ");
        http_probe_close(probe, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_memory),
        http_test(test_spill),
        http_test(test_spill_is_limited),
        http_test(test_more_than_announced),
        http_test(test_bandwidth),
        http_test(test_cached),
        http_test(test_secrets),
        http_test(test_secrets_of_proxies),
        http_test(test_secrets_of_senseless_proxies),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
