/* SPDX-License-Identifier: MIT
 *
 * HTTP sources with a cache on disk, and who leaves the HTTP client while others still call for it.
 */
#include "core/io/http_client.h"
#include "tests/unit/http_source_fixture.h"

#include <poll.h>
#include <stdatomic.h>

static char directory[HTTP_PATH];

static as_http_params on_disk(const char *name)
{
    as_http_params params = quick();
    params.cache_dir = http_path(directory, name);
    params.cache_bytes = 1024 * KIB; /* less than the content */
    params.retries = AS_HTTP_NO_RETRIES;
    return params;
}

/* Where the first gap in what is cached is, memory and disk together. */
static uint64_t first_gap(as_source *source)
{
    as_error error;
    as_byte_range ranges[64];
    size_t count = 0;
    assert_ok(as_source_get_cached(source, ranges, COUNT(ranges), &count, &error), &error);
    return count != 0 && ranges[0].offset == 0 ? ranges[0].length : 0;
}

/* Reads the first `bytes` and waits until all of it is on disk that memory has no room for. What
 * memory gave up before the disk's thread came to it is read once more. */
static void read_onto_disk(as_source *source, size_t bytes)
{
    struct pollfd none = {.fd = -1};
    for (size_t at = 0; at < bytes; at += 64 * KIB)
        check_read(source, at, bytes - at < 64 * KIB ? bytes - at : 64 * KIB);
    for (uint64_t gap = first_gap(source); gap < bytes; gap = first_gap(source)) {
        check_read(source, gap, 1);
        (void)poll(&none, 1, 1);
    }
}

/* What one source has left there serves the next one, beside one request that asks which version
 * there is. */
static void test_next_source(void **state)
{
    (void)state;
    const as_http_params params = on_disk("next");
    fault_scenario("next", content_path, "etag=\"v1\"");
    as_source *source = open_scenario("next", &params);
    read_onto_disk(source, CONTENT_BYTES);
    as_source_close(&source);
    const size_t requests = count_requests("next");
    source = open_scenario("next", &params);
    check_read(source, 0, 1);
    const uint64_t hits = stats_of(source).disk_hits;
    check_read(source, 256 * KIB, 512 * KIB);
    assert_true(stats_of(source).disk_hits >= hits + 3); /* of 8; memory had the others */
    as_source_close(&source);
    assert_true(count_requests("next") <= requests + 3);
    fault_content("next", other_path, "etag=\"v2\"");
    source = open_scenario("next", &params);
    check_read_of(source, other, 0, CONTENT_BYTES); /* nothing of the old version */
    as_source_close(&source);
}

/* What is on disk can be read right after the server was found to be gone. */
static void test_offline(void **state)
{
    (void)state;
    as_error error;
    char url[HTTP_URL], origin[HTTP_URL];
    as_source *source = NULL;
    const as_http_params params = on_disk("offline");
    const uint16_t port = fault_listen("");
    fault_scenario("offline", content_path, "etag=\"v1\"");
    fault_url_at(url, fault_origin(origin, "http", port), "offline", "f.asvp");
    assert_ok(as_source_open_http(url, &params, &source, &error), &error);
    read_onto_disk(source, 1280 * KIB); /* the first of it on disk alone, mostly */
    fault_tell("offline %u", (unsigned)port);
    assert_int_equal(read_at(source, 1400 * KIB, 1, &error), AS_ERROR_TRANSPORT);
    const uint64_t hits = stats_of(source).disk_hits;
    check_read(source, 0, 256 * KIB);
    assert_true(stats_of(source).disk_hits > hits);
    as_source_close(&source);
}

/* What is cached is listed in no time, whatever size the server claims. */
static void test_boast(void **state)
{
    (void)state;
    const as_http_params params = on_disk("boast");
    fault_scenario("boast", content_path, "etag=\"v1\"");
    fault_rule("boast", "times=always total=9000000000000000000");
    as_source *source = open_scenario("boast", &params);
    check_read(source, 0, 64 * KIB);
    check_read(source, 256 * KIB, 64 * KIB); /* waits until the folder is open */
    as_error error;
    as_byte_range ranges[64];
    size_t count = 0;
    assert_ok(as_source_get_cached(source, ranges, COUNT(ranges), &count, &error), &error);
    assert_true(count >= 1 && ranges[0].offset == 0 && ranges[0].length >= 64 * KIB);
    as_source_close(&source);
}

/* ---------------------------------------------------------------------------- the client ---- */

typedef struct guest {
    as_http_user user; /* first */
    atomic_uint turns, stops;
} guest;

static void guest_turn(as_http_user *user, uint64_t now_ns)
{
    (void)now_ns;
    ((guest *)user)->turns++;
    user->due_ns = UINT64_MAX;
}

static void guest_stop(as_http_user *user)
{
    ((guest *)user)->stops++;
}

static void join(guest *g)
{
    as_error error;
    *g = (guest){.user = {.turn = guest_turn, .stop = guest_stop, .due_ns = UINT64_MAX}};
    assert_ok(as_http_join(&g->user, &error), &error);
}

/* A source's disk thread may call when the source has left already. */
static void test_late_kick(void **state)
{
    (void)state;
    guest early, late;
    join(&early);
    join(&late);
    as_http_leave(&early.user);
    as_http_kick(&early.user);
    as_http_leave(&late.user); /* kicks are dealt with in their order */
    assert_int_equal(early.turns, 0);
    assert_int_equal(early.stops, 1);
    assert_int_equal(late.stops, 1);
    as_http_kick(&late.user); /* there is no thread any more */
    join(&early);
    as_http_leave(&early.user);
    assert_int_equal(late.stops, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_source),
        cmocka_unit_test(test_offline),
        cmocka_unit_test(test_boast),
        cmocka_unit_test(test_late_kick),
    };
    return cmocka_run_group_tests_name("http_disk", tests, setup, teardown);
}
