/* SPDX-License-Identifier: MIT
 *
 * Content that is replaced by another while it is being read: noticed, told once, never mixed. And
 * what only looks like that.
 */
#include "tests/support/http_source.h"
#include "tests/support/random.h"

#include <pthread.h>
#include <stdatomic.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CONTENT_BYTES = 600003, VERSIONS = 4 };

/* Of the same size; what else there is. */
static http_content versions[VERSIONS], longer, shorter, tiny;

static int setup(void **state)
{
    const uint64_t seed = test_seed("http changes");
    (void)state;
    http_start();
    for (unsigned i = 0; i < VERSIONS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "v%u", i);
        versions[i] = http_content_random(name, CONTENT_BYTES, seed + i);
    }
    longer = http_content_random("longer", CONTENT_BYTES + 200000, seed);
    shorter = http_content_random("shorter", CONTENT_BYTES - 100000, seed + 1);
    tiny = http_content_random("tiny", 10, seed + 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VERSIONS; i++)
        http_content_free(&versions[i]);
    http_content_free(&longer);
    http_content_free(&shorter);
    http_content_free(&tiny);
    http_stop();
    return test_nothing_alive(state);
}

/* Reads the start of the first version, replaces it, and reads on: told once, then all is new. */
static void check_change(const char *before, const http_content *next, const char *after)
{
    as_byte_range range = {.offset = 0};
    as_error error;
    size_t ranges = 99;
    uint64_t size;
    print_message("    %s, then %s with %zu bytes\n", before, after, next->size);
    http_probe *probe = http_probe_open("change", &versions[0], before, NULL);
    http_probe_expect(probe, 0, 100);
    const uint64_t version = http_probe_version(probe);
    fault_content("change", next->path, after);
    http_probe_expect(probe, 0, 100); /* nobody has noticed */
    http_probe_refuse(probe, CONTENT_BYTES - 150000, 1000, AS_ERROR_CHANGED, "content");
    assert_true(http_probe_version(probe) > version);
    assert_int_equal(http_probe_stats(probe).version, http_probe_version(probe));
    assert_ok(as_source_get_cached(probe->source, &range, 1, &ranges, &error), &error);
    assert_true(ranges == 0 || range.offset != 0); /* what was there is gone */
    const uint64_t now = http_probe_version(probe);
    probe->content = next;
    http_probe_expect_all(probe);
    assert_ok(as_source_size(probe->source, &size, &error), &error);
    assert_int_equal(size, next->size);
    assert_int_equal(http_probe_version(probe), now);
    http_probe_close(probe, 1 + 2 + next->size / 65536 + 2);
}

static void test_changes(void **state)
{
    static const struct {
        const char *before, *after;
    } signs[] = {
        {"etag=\"v1\"", "etag=\"v2\""},
        {"etag=\"v1\" conditions=off", "etag=\"v2\""},
        {"etag=\"v1\" modified=1000", "etag=\"v2\" modified=1000"},
        {"modified=1000", "modified=1001"},
        {"modified=1000 conditions=off", "modified=1001"},
        {"modified=1000 conditions=off", "modified=999"},
        {"etag=W/\"a\" modified=1000", "etag=W/\"a\" modified=2000"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(signs); i++)
        check_change(signs[i].before, &versions[1], signs[i].after);
}

/* Another size says it all, whatever else the server says. */
static void test_changes_of_size(void **state)
{
    static const char *const settings[] = {"", "etag=\"same\"", "etag=rotate", "modified=1000"};
    (void)state;
    for (size_t i = 0; i < COUNT(settings); i++) {
        check_change(settings[i], &longer, settings[i]);
        check_change(settings[i], &shorter, settings[i]);
        check_change(settings[i], &tiny, settings[i]);
    }
    check_change("etag=\"v1\"", &tiny, "etag=\"v2\"");
}

static void test_change_again_and_again(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("again", &versions[0], "etag=\"0\"", NULL);
    http_probe_expect(probe, 0, 100); /* far from what is read next */
    for (unsigned i = 1; i < VERSIONS; i++) {
        char tag[32];
        snprintf(tag, sizeof(tag), "etag=\"%u\"", i);
        fault_content("again", versions[i].path, tag);
        http_probe_refuse(probe, i % 2 * 500000, 1000, AS_ERROR_CHANGED, "content");
        assert_int_equal(http_probe_version(probe), i);
        probe->content = &versions[i];
        http_probe_expect(probe, i % 2 * 500000, 1000);
    }
    http_probe_expect_all(probe);
    http_probe_close(probe, 20);
}

/* The response breaks off, and the rest is another version's. */
static void test_change_within_a_response(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("within", &versions[0], "etag=\"v1\"", NULL);
    char rule[HTTP_PATH + 64];
    fault_rule("within", "cut=30000");
    snprintf(rule, sizeof(rule), "file=%s etag=\"v2\"", versions[1].path);
    fault_rule("within", rule);
    http_probe_refuse(probe, 0, 65536, AS_ERROR_CHANGED, "content");
    probe->content = &versions[1];
    http_probe_expect_all(probe);
    http_probe_close(probe, 12);
}

/* A download of everything is one version or none. */
static void test_change_of_a_whole(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("whole", &versions[0], "etag=\"v1\"", NULL);
    char rule[HTTP_PATH + 64];
    fault_rule("whole", "whole=1 cut=100000");
    snprintf(rule, sizeof(rule), "whole=1 file=%s etag=\"v2\"", versions[1].path);
    fault_rule("whole", rule);
    fault_rule("whole", "times=always whole=1");
    http_probe_refuse(probe, 500000, 1000, AS_ERROR_CHANGED, "content");
    probe->content = &versions[1];
    http_probe_expect_all(probe);
    http_probe_close(probe, 4);
}

/* ------------------------------------------------------------------------------ no change -- */

static void test_no_change(void **state)
{
    static const char *const settings[] = {"etag=rotate", "etag=rotate modified=1000",
                                           "etag=W/\"a\""};
    (void)state;
    for (size_t i = 0; i < COUNT(settings); i++) {
        http_probe *probe = http_probe_open("same", &versions[0], settings[i], NULL);
        http_probe_expect_all(probe);
        assert_int_equal(http_probe_version(probe), 0);
        http_probe_close(probe, 11);
    }
}

/* 412 for a condition that holds: the condition is given up, not the content. */
static void test_412_without_a_change(void **state)
{
    (void)state;
    http_probe *probe = http_probe_open("412", &versions[0], "etag=\"v1\"", NULL);
    fault_rule("412", "has=If-Match times=always status=412");
    http_probe_expect_all(probe);
    assert_int_equal(http_probe_version(probe), 0);
    http_probe_close(probe, 13);

    /* And where it says so to everything. */
    probe = http_probe_open("412", &versions[0], "etag=\"v1\"", NULL);
    fault_rule("412", "skip=1 times=always status=412");
    http_probe_expect(probe, 0, 100);
    http_probe_refuse(probe, 500000, 1000, AS_ERROR_TRANSPORT, "412");
    http_probe_expect(probe, 0, 100);
    http_probe_close(probe, 4);
}

/* A file that is gone was not replaced: what is here stays. */
static void test_gone(void **state)
{
    static const char *const rules[] = {"times=always status=404", "times=always status=410"};
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++) {
        http_probe *probe = http_probe_open("gone", &versions[0], "etag=\"v1\"", NULL);
        http_probe_expect(probe, 0, 100);
        fault_rule("gone", rules[i]);
        http_probe_refuse(probe, 500000, 1000, AS_ERROR_TRANSPORT, "status 4");
        http_probe_expect(probe, 0, 100);
        assert_int_equal(http_probe_version(probe), 0);
        fault_tell("clear gone");
        http_probe_recover(probe, 500000, 1000);
        http_probe_close(probe, 4);
    }
}

/* ---------------------------------------------------------------------------- never mixed -- */

/* Each response is of another version: nothing can be read in one piece, and the server is not
 * asked ever faster. */
static void test_restless(void **state)
{
    (void)state;
    unsigned changed = 0;
    http_probe *probe = http_probe_open("restless", &versions[0], "etag=restless", NULL);
    for (unsigned i = 0; i < 4; i++) {
        as_error error;
        const as_result result = http_probe_read(probe, (i % 3) * 280000, 1000, &error);
        assert_true(result == AS_OK || result == AS_ERROR_CHANGED);
        changed += result == AS_ERROR_CHANGED;
    }
    assert_true(changed > 0);
    http_probe_close(probe, 12);
}

enum { LARGE_BYTES = 2500000, LENGTH = 150000, THREADS = 3 };

typedef struct crowd {
    const http_content *large; /* VERSIONS of them */
    as_source *source;
    uint64_t seed;
    atomic_bool stop;
    atomic_uint reads, changes, wrong;
} crowd;

/* Are these bytes those of one version? */
static bool is_of_one(const crowd *c, const uint8_t *bytes, uint64_t offset)
{
    for (unsigned i = 0; i < VERSIONS; i++)
        if (memcmp(bytes, c->large[i].bytes + offset, LENGTH) == 0)
            return true;
    return false;
}

static void *read_on(void *user)
{
    crowd *c = user;
    uint8_t *buffer = malloc(LENGTH);
    test_random random = test_random_from(atomic_fetch_add(&c->reads, 0) + c->seed);
    while (buffer && !atomic_load(&c->stop)) {
        const uint64_t offset = test_random_u64(&random) % (LARGE_BYTES - LENGTH);
        size_t got = 0;
        as_error error;
        const as_result result = as_source_read(c->source, offset, buffer, LENGTH, &got, &error);
        if (result == AS_OK)
            atomic_fetch_add(&c->wrong, got != LENGTH || !is_of_one(c, buffer, offset));
        else
            atomic_fetch_add(&c->wrong, result != AS_ERROR_CHANGED);
        atomic_fetch_add(&c->reads, result == AS_OK);
        atomic_fetch_add(&c->changes, result == AS_ERROR_CHANGED);
    }
    free(buffer);
    return NULL;
}

static as_result read_a_byte(crowd *c, test_random *random)
{
    uint8_t byte;
    size_t got;
    as_error error;
    return as_source_read(c->source, test_random_u64(random) % LARGE_BYTES, &byte, 1, &got, &error);
}

/* Replaces the content once the version before it was seen, and waits until that is noticed. */
static void replace_content(crowd *c, unsigned i, test_random *random)
{
    char tag[32];
    snprintf(tag, sizeof(tag), "etag=\"%u\"", i);
    while (read_a_byte(c, random) != AS_OK)
        continue;
    fault_content("crowd", c->large[i].path, tag);
    while (as_source_version(c->source) < i)
        (void)!read_a_byte(c, random);
}

/* Several threads read while the content is replaced: every read is of one version. */
static void test_many_readers(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    http_content large[VERSIONS];
    test_random random = test_random_from(test_seed("readers"));
    as_http_params params = http_quick();
    params.cache_bytes = 1024 * 1024; /* so that the server is asked again and again */
    for (unsigned i = 0; i < VERSIONS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "large%u", i);
        large[i] = http_content_random(name, LARGE_BYTES, test_random_u64(&random));
    }
    http_probe *probe = http_probe_open("crowd", &large[0], "etag=\"0\"", &params);
    crowd c = {.large = large, .source = probe->source, .seed = test_random_u64(&random)};
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &c), 0);
    for (unsigned i = 1; i < VERSIONS; i++)
        replace_content(&c, i, &random);
    atomic_store(&c.stop, true);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    print_message("    %u reads, %u told of a change\n", atomic_load(&c.reads),
                  atomic_load(&c.changes));
    assert_int_equal(atomic_load(&c.wrong), 0);
    assert_true(atomic_load(&c.reads) > 0);
    http_probe_close(probe, SIZE_MAX);
    for (unsigned i = 0; i < VERSIONS; i++)
        http_content_free(&large[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_changes),
        http_test(test_changes_of_size),
        http_test(test_change_again_and_again),
        http_test(test_change_within_a_response),
        http_test(test_change_of_a_whole),
        http_test(test_no_change),
        http_test(test_412_without_a_change),
        http_test(test_gone),
        http_test(test_restless),
        http_test(test_many_readers),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
