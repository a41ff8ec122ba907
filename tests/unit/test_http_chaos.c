/* SPDX-License-Identifier: MIT
 *
 * Everything that can go wrong, at random and at once: whatever servers and callers do, bytes are
 * right or there is an error that says why, nothing hangs, and all gets well once the server is.
 */
#include "tests/support/http_chaos.h"
#include "tests/support/http_source.h"
#include "tests/support/random.h"

#include <pthread.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CONTENT_BYTES = 1200003, SOURCES = 6, READERS = 3, ROUNDS = 6, STEPS = 30, STORM = 64 };

static http_content content;

static int setup(void **state)
{
    (void)state;
    http_start();
    content = http_content_random("content", CONTENT_BYTES, test_seed("http chaos content"));
    return 0;
}

static int teardown(void **state)
{
    http_content_free(&content);
    http_stop();
    return test_nothing_alive(state);
}

typedef struct worker {
    pthread_t thread;
    as_source *source;
    uint64_t seed;
    const char *wrong; /* what must not be */
    as_error error;
} worker;

static const char *check_read(as_source *source, uint64_t offset, size_t length, as_error *error)
{
    uint8_t *buffer = malloc(length);
    size_t got = 0;
    if (!buffer)
        return "no memory";
    const as_result result = as_source_read(source, offset, buffer, length, &got, error);
    const size_t left = offset < CONTENT_BYTES ? CONTENT_BYTES - (size_t)offset : 0;
    const char *wrong = NULL;
    if (result == AS_OK && got != (length < left ? length : left))
        wrong = "another number of bytes";
    else if (result == AS_OK && memcmp(buffer, content.bytes + offset, got) != 0)
        wrong = "other bytes";
    else if (result != AS_OK && (error->code != result || strlen(error->text) < 20))
        wrong = "an error without words";
    else if (result != AS_OK && strstr(error->text, HTTP_SECRET))
        wrong = "a secret";
    else if (result != AS_OK && result != AS_ERROR_TRANSPORT && result != AS_ERROR_CHANGED &&
             result != AS_ERROR_CANCELLED)
        wrong = "an error of another kind";
    free(buffer);
    return wrong;
}

/* Reads and seeks, each thread as a stream of its own. */
static void *work(void *user)
{
    worker *w = user;
    test_random random = test_random_from(w->seed);
    for (int i = 0; i < STEPS && !w->wrong; i++) {
        const uint64_t at = test_random_u64(&random) % (CONTENT_BYTES + 1000);
        const size_t length = 1 + (size_t)(test_random_u64(&random) % 90000);
        if (test_random_u64(&random) % 3 == 0) {
            const as_byte_range ahead = {at, 300000};
            as_source_prefetch(w->source, &ahead, 1, 0, test_random_u64(&random) % 200);
        }
        w->wrong = check_read(w->source, at, length, &w->error);
    }
    return NULL;
}

static as_result give_same_url(void *user, const char *url, uint32_t status, char *out_url,
                               size_t capacity)
{
    (void)user;
    (void)status;
    return snprintf(out_url, capacity, "%s", url) < (int)capacity ? AS_OK : AS_ERROR_TRANSPORT;
}

/* Sources of all kinds: with little memory, on disk together, through a proxy, over TLS. */
static http_probe *open_one(size_t i, const uint16_t ports[SOURCES])
{
    char id[32], origin[HTTP_URL], proxy[HTTP_URL], url[HTTP_URL], ca_file[HTTP_PATH];
    char folder[HTTP_PATH];
    as_http_params params = http_quick();
    params.stall_timeout_ms = 200;
    params.connect_timeout_ms = 5000;
    params.cache_bytes = i % 2 ? 1024 * 1024 : 0;
    params.requests = 1 + (uint32_t)i;
    params.refresh = i % 3 == 0 ? give_same_url : NULL;
    params.cache_dir = i == 1 || i == 4 ? http_path(folder, "kept") : NULL;
    params.cache_dir_bytes = 2 * 1024 * 1024;
    params.proxy = i == 5 ? fault_origin(proxy, "http", ports[i]) : "";
    params.ca_file = fault_ca_file(ca_file);
    params.http2 = i == 2;
    snprintf(id, sizeof(id), "chaos-%zu", i);
    fault_scenario(id, content.path, "etag=\"v1\"");
    if (i == 5)
        snprintf(origin, sizeof(origin), "http://far.invalid");
    else
        fault_origin(origin, i == 2 ? "https" : "http", ports[i]);
    return http_probe_open_url(fault_url_at(url, origin, id, "x?sig=" HTTP_SECRET), id, &content,
                               &params);
}

static void make_trouble(test_random *random, uint16_t port)
{
    for (size_t i = 0; i < SOURCES; i++)
        for (int k = 0; k < 8; k++) {
            char text[HTTP_CHAOS_FAULT];
            const char *fault = http_chaos_fault(random, CONTENT_BYTES, text);
            fault_tell("rule chaos-%zu skip=%u times=%u %s", i,
                       (unsigned)(test_random_u64(random) % 4),
                       (unsigned)(1 + test_random_u64(random) % 3), fault);
        }
    if (test_random_u64(random) % 2) {
        fault_tell("offline %u", (unsigned)port);
        fault_tell("online %u", (unsigned)port);
    }
}

static void test_chaos(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("http chaos"));
    const uint16_t limited = fault_listen("limit=2 over=reset"), weak = fault_listen("");
    const uint16_t ports[SOURCES] = {weak, limited,      fault_listen("tls=good"),
                                     weak, fault_port(), fault_port()};
    http_probe *probes[SOURCES];
    for (size_t i = 0; i < SOURCES; i++)
        probes[i] = open_one(i, ports);
    for (int round = 0; round < ROUNDS; round++) {
        static worker workers[SOURCES * READERS];
        make_trouble(&random, weak);
        for (size_t i = 0; i < COUNT(workers); i++) {
            workers[i] =
                (worker){.source = probes[i % SOURCES]->source, .seed = test_random_u64(&random)};
            assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
        }
        const size_t lost = (size_t)(test_random_u64(&random) % SOURCES);
        as_source_cancel(probes[lost]->source);
        make_trouble(&random, weak);
        for (size_t i = 0; i < COUNT(workers); i++)
            pthread_join(workers[i].thread, NULL);
        for (size_t i = 0; i < COUNT(workers); i++)
            if (workers[i].wrong)
                fail_msg("source %zu: %s (%s)", i % SOURCES, workers[i].wrong,
                         workers[i].error.text);
        as_source_close(&probes[lost]->source);
        probes[lost] = open_one(lost, ports);
    }
    for (size_t i = 0; i < SOURCES; i++) {
        fault_tell("clear chaos-%zu", i);
        fault_tell("set chaos-%zu etag=%%22v1%%22", i);
        fault_tell("release chaos-%zu", i);
    }
    for (size_t i = 0; i < SOURCES; i++) {
        for (uint64_t at = 0; at < CONTENT_BYTES; at += 60000)
            http_probe_recover(probes[i], at, 60000);
        assert_null(probes[i]->secret[0] ? probes[i]->secret : NULL);
    }
}

/* Opened, hinted, read and closed by many threads at once; the network thread starts and ends with
 * them. */
static void *open_and_close(void *user)
{
    worker *w = user;
    test_random random = test_random_from(w->seed);
    char url[HTTP_URL];
    const as_http_params params = http_quick();
    fault_url(url, "storm", "x?sig=" HTTP_SECRET);
    for (int i = 0; i < 3 && !w->wrong; i++) {
        const as_byte_range ahead = {test_random_u64(&random) % CONTENT_BYTES, 200000};
        as_source *source = NULL;
        if (as_source_open_http(url, &params, &source, &w->error) != AS_OK) {
            w->wrong = "it does not open";
            break;
        }
        as_source_prefetch(source, &ahead, 1, 0, 1);
        if (test_random_u64(&random) % 2)
            w->wrong = check_read(source, ahead.offset, 1000, &w->error);
        as_source_close(&source);
    }
    return NULL;
}

static void test_storm(void **state)
{
    (void)state;
    static worker workers[STORM];
    test_random random = test_random_from(test_seed("http storm"));
    fault_scenario("storm", content.path, "etag=\"v1\"");
    for (size_t i = 0; i < STORM; i++) {
        workers[i] = (worker){.seed = test_random_u64(&random)};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, open_and_close, &workers[i]), 0);
    }
    for (size_t i = 0; i < STORM; i++)
        pthread_join(workers[i].thread, NULL);
    for (size_t i = 0; i < STORM; i++)
        if (workers[i].wrong)
            fail_msg("%s (%s)", workers[i].wrong, workers[i].error.text);
    fault_wait("storm", "open=0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_chaos),
        http_test(test_storm),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
