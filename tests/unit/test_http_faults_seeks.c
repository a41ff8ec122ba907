/* SPDX-License-Identifier: MIT
 *
 * How much is asked for: playing through, seeking, seeking madly. In requests, connections and
 * bytes; time decides nothing here.
 */
#define _DEFAULT_SOURCE /* usleep */

#include "tests/support/http_source.h"
#include "tests/support/random.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CONTENT_BYTES = 8000000, FRAME = 20000, AHEAD = 40 };

static http_content content;

static int setup(void **state)
{
    (void)state;
    http_start();
    content = http_content_random("content", CONTENT_BYTES, test_seed("http seeks"));
    return 0;
}

static int teardown(void **state)
{
    http_content_free(&content);
    http_stop();
    return test_nothing_alive(state);
}

/* What a player says at a place: the next frames are wanted. */
static void hint(http_probe *probe, uint64_t at, uint64_t generation)
{
    as_byte_range ranges[AHEAD];
    for (unsigned i = 0; i < AHEAD; i++)
        ranges[i] = (as_byte_range){at + (uint64_t)i * FRAME, FRAME};
    as_source_prefetch(probe->source, ranges, AHEAD, 0, generation);
}

static size_t requests_of(const char *id)
{
    fault_log log = fault_log_of(id);
    const size_t count = log.count;
    fault_log_free(&log);
    return count;
}

/* ------------------------------------------------------------------------------ playing -- */

/* From the first byte to the last: at most 5 % of bytes too many, and a request for each 256 KiB
 * once the first few are done. */
static void play(const char *settings)
{
    http_probe *probe = http_probe_open("play", &content, settings, NULL);
    for (uint64_t at = 0; at < CONTENT_BYTES; at += FRAME) {
        hint(probe, at, 1);
        http_probe_expect(probe, at, FRAME);
    }
    const as_http_stats stats = http_probe_stats(probe);
    print_message("    %s: %u requests, %u connections, %.2f %% more bytes\n", settings,
                  (unsigned)stats.requests, (unsigned)stats.connections,
                  100.0 * (double)stats.received / CONTENT_BYTES - 100);
    assert_true(stats.received <= CONTENT_BYTES + CONTENT_BYTES / 20);
    assert_true(stats.connections <= 4);
    http_probe_close(probe, 5 + CONTENT_BYTES / (256 * 1024));
}

static void test_playing_through(void **state)
{
    (void)state;
    play("etag=\"v1\"");
    play("etag=\"v1\" latency=10");
    play("");
}

/* Without a word of what comes next. */
static void test_reading_through(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("read", &content, "etag=\"v1\"", NULL);
    for (uint64_t at = 0; at < CONTENT_BYTES; at += FRAME)
        http_probe_expect(probe, at, FRAME);
    assert_true(http_probe_stats(probe).received <= CONTENT_BYTES + CONTENT_BYTES / 20);
    http_probe_close(probe, 5 + CONTENT_BYTES / (256 * 1024));
}

/* Backward, frame by frame. */
static void test_playing_backward(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("back", &content, "etag=\"v1\"", NULL);
    for (uint64_t at = CONTENT_BYTES - FRAME;; at -= FRAME) {
        as_byte_range ranges[AHEAD];
        unsigned count = 0;
        for (; count < AHEAD && (uint64_t)count * FRAME <= at; count++)
            ranges[count] = (as_byte_range){at - (uint64_t)count * FRAME, FRAME};
        as_source_prefetch(probe->source, ranges, count, 0, 1);
        http_probe_expect(probe, at, FRAME);
        if (at == 0)
            break;
    }
    assert_true(http_probe_stats(probe).received <= CONTENT_BYTES + CONTENT_BYTES / 20);
    http_probe_close(probe, 5 + CONTENT_BYTES / (64 * 1024));
}

/* One request brings the start. */
static void test_first_read(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("first", &content, "etag=\"v1\"", NULL);
    http_probe_expect(probe, 0, 16);
    http_probe_expect(probe, 16, 4000);
    http_probe_expect(probe, 4016, FRAME);
    assert_int_equal(requests_of("first"), 1);
    http_probe_close(probe, 1);
}

/* -------------------------------------------------------------------------------- seeks -- */

/* Ten seeks, each to where nothing is yet: two requests each, and no more. */
static void test_ten_seeks(void **state)
{
    enum { SEEKS = 10 };
    (void)state;
    http_probe *probe = http_probe_open("seeks", &content, "etag=\"v1\"", NULL);
    http_probe_expect(probe, 0, FRAME);
    const size_t before = requests_of("seeks");
    for (unsigned i = 0; i < SEEKS; i++) {
        /* Up and down by turns; what is wanted there is 200 KB. */
        const uint64_t at = 500000 + 700000 * (uint64_t)(i % 2 ? i : SEEKS - i);
        const as_byte_range range = {at, 200000};
        as_source_prefetch(probe->source, &range, 1, 0, 2 + i);
        for (uint64_t k = 0; k < 200000; k += FRAME)
            http_probe_expect(probe, at + k, FRAME);
    }
    const size_t requests = requests_of("seeks") - before;
    print_message("    %zu requests\n", requests);
    assert_true(requests <= 2 * SEEKS);
    http_probe_close(probe, before + 2 * SEEKS);
}

/* A seek back to what is there asks for nothing. */
static void test_seek_within_the_cache(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("within", &content, "etag=\"v1\"", NULL);
    for (uint64_t at = 0; at < 1000000; at += FRAME)
        http_probe_expect(probe, at, FRAME);
    const size_t before = requests_of("within");
    for (unsigned i = 0; i < 20; i++) {
        const uint64_t at = 37 * (uint64_t)i * FRAME % 900000;
        const as_byte_range range = {at, FRAME};
        as_source_prefetch(probe->source, &range, 1, 0, 1 + i);
        http_probe_expect(probe, at, FRAME);
    }
    assert_int_equal(requests_of("within"), before);
    http_probe_close(probe, before);
}

typedef struct seeker {
    http_probe *probe;
    pthread_t thread;
    atomic_uint_fast64_t at; /* where to read next; UINT64_MAX: no more */
    atomic_uint answered, wrong;
} seeker;

/* Reads wherever the play head is; a seek may cancel that. */
static void *follow(void *user)
{
    seeker *s = user;
    uint8_t *buffer = malloc(FRAME);
    for (uint64_t at; buffer && (at = atomic_load(&s->at)) != UINT64_MAX;) {
        size_t got = 0;
        as_error error;
        const as_result result = as_source_read(s->probe->source, at, buffer, FRAME, &got, &error);
        if (result == AS_OK)
            atomic_fetch_add(&s->wrong,
                             got != FRAME || memcmp(buffer, content.bytes + at, FRAME) != 0);
        else
            atomic_fetch_add(&s->wrong, result != AS_ERROR_CANCELLED);
        atomic_fetch_add(&s->answered, 1);
    }
    free(buffer);
    return NULL;
}

/* Hundred seeks, faster than the link's latency: the last one is served, and the others cost
 * neither requests nor connections in such numbers. */
static void test_mad_seeking(void **state)
{
    enum { SEEKS = 100 };
    (void)state;
    test_random random = test_random_from(test_seed("mad seeking"));
    http_probe *probe = http_probe_open("mad", &content, "etag=\"v1\" latency=20", NULL);
    seeker s = {.probe = probe, .at = 0};
    assert_int_equal(pthread_create(&s.thread, NULL, follow, &s), 0);
    uint64_t at = 0;
    for (unsigned i = 0; i < SEEKS; i++) {
        at = test_random_u64(&random) % (CONTENT_BYTES - AHEAD * FRAME);
        atomic_store(&s.at, at);
        hint(probe, at, 1 + i);
        usleep(3000); /* the viewer's hand */
    }
    http_probe_expect(probe, at, FRAME);
    atomic_store(&s.at, UINT64_MAX);
    as_source_cancel(probe->source);
    pthread_join(s.thread, NULL);
    assert_int_equal(atomic_load(&s.wrong), 0);
    const as_http_stats stats = http_probe_stats(probe);
    print_message("    %u requests, %u connections\n", (unsigned)stats.requests,
                  (unsigned)stats.connections);
    assert_true(stats.requests <= 2 * SEEKS);
    http_probe_close(probe, 2 * SEEKS);
}

/* Hints alone, from several threads, of generations new and old: nothing but a hint is at stake. */
static void *hint_on(void *user)
{
    http_probe *probe = user;
    test_random random = test_random_from((uint64_t)(uintptr_t)&probe);
    for (unsigned i = 0; i < 200; i++)
        hint(probe, test_random_u64(&random) % CONTENT_BYTES, test_random_u64(&random) % 50);
    as_source_prefetch(probe->source, NULL, 0, 0, 60);
    return NULL;
}

static void test_many_hints(void **state)
{
    (void)state;
    pthread_t threads[3];
    http_probe *probe = http_probe_open("hints", &content, "etag=\"v1\" latency=5", NULL);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hint_on, probe), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    http_probe_expect(probe, CONTENT_BYTES / 2, FRAME);
    http_probe_close(probe, 100);
}

/* A hint reaches beyond the end, lies beyond it, is as long as can be, or is none. */
static void test_odd_hints(void **state)
{
    (void)state;
    static const as_byte_range ranges[] = {
        {CONTENT_BYTES - 100, 1000}, {CONTENT_BYTES + 1000000, 1000},
        {UINT64_MAX - 10, 100},      {0, UINT64_MAX},
        {UINT64_MAX, UINT64_MAX},    {5, 0}};
    for (size_t i = 0; i < COUNT(ranges); i++) {
        http_probe *probe = http_probe_open("odd", &content, "etag=\"v1\"", NULL);
        as_source_prefetch(probe->source, &ranges[i], 1, 0, 1);
        http_probe_expect(probe, 4000000, FRAME);
        as_source_prefetch(probe->source, &ranges[i], 1, INT32_MAX, UINT64_MAX);
        http_probe_expect(probe, 0, FRAME);
        http_probe_close(probe, 40);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_playing_through),  http_test(test_reading_through),
        http_test(test_playing_backward), http_test(test_first_read),
        http_test(test_ten_seeks),        http_test(test_seek_within_the_cache),
        http_test(test_mad_seeking),      http_test(test_many_hints),
        http_test(test_odd_hints),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
