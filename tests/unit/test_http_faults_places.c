/* SPDX-License-Identifier: MIT
 *
 * What the sources of a process share: places for requests and connections, at one host and in all,
 * and who has to give way.
 */
#include "tests/support/http_reader.h"
#include "tests/support/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CONTENT_BYTES = 2000003, HOST_MOST = 4, ALL_MOST = 16, HOSTS = 8, PART = 100 };

static http_content content;

static int setup(void **state)
{
    (void)state;
    http_start();
    content = http_content_random("content", CONTENT_BYTES, test_seed("http places"));
    return 0;
}

static int teardown(void **state)
{
    http_content_free(&content);
    http_stop();
    return test_nothing_alive(state);
}

static http_probe *open_at(uint16_t port, const char *id)
{
    char origin[HTTP_URL], url[HTTP_URL];
    fault_origin(origin, "http", port);
    return http_probe_open_url(fault_url_at(url, origin, id, "x?sig=" HTTP_SECRET), id, &content,
                               NULL);
}

/* ----------------------------------------------------------------------------------- counts -- */

/* Rounds of sources, as many in each as there are places, that read at once; nobody is answered
 * until all places are taken. The k-th source is at ports[k / each]. In the end everybody was
 * answered, over as many connections as there are places, those that idle among them. */
static void crowd(const uint16_t *ports, size_t each, size_t places, size_t rounds)
{
    enum { MOST = 32 };
    http_reader readers[MOST];
    const size_t count = rounds * places;
    assert_true(count <= MOST);
    fault_scenario("crowd", content.path, "etag=\"v1\"");
    fault_rule("crowd", "times=always stall=before");
    for (size_t round = 0, begun = 0; round < rounds; round++) {
        char counts[64];
        for (; begun < (round ? count : places); begun++)
            http_reader_start(&readers[begun], open_at(ports[begun / each], "crowd"), 0, PART);
        snprintf(counts, sizeof(counts), "requests=%zu stalled=%zu open=%zu", (round + 1) * places,
                 places, places);
        fault_wait("crowd", counts);
        fault_log log = fault_log_of("crowd");
        assert_int_equal(log.count, (round + 1) * places);
        fault_log_free(&log);
        fault_tell("release crowd");
    }
    for (size_t i = 0; i < count; i++)
        http_reader_join(&readers[i]);
    for (size_t i = 0; i < count; i++)
        http_probe_close(readers[i].probe, count);
}

static void test_places_at_a_host(void **state)
{
    (void)state;
    const uint16_t port = fault_port();
    crowd(&port, 3 * HOST_MOST, HOST_MOST, 3);
}

static void test_places_in_all(void **state)
{
    (void)state;
    uint16_t ports[HOSTS];
    for (size_t i = 0; i < HOSTS; i++)
        ports[i] = fault_listen("");
    crowd(ports, HOST_MOST, ALL_MOST, 2);
}

/* ------------------------------------------------------------------------------ giving way -- */

/* One source has all places at its host, and none of its requests is answered. Another one gets one
 * of them after a second, and the first one asks again when it can. */
static void test_gives_way(void **state)
{
    (void)state;
    http_reader readers[HOST_MOST];
    fault_scenario("selfish", content.path, "etag=\"v1\"");
    fault_scenario("modest", content.path, "etag=\"v1\"");
    http_probe *selfish = open_at(fault_port(), "selfish");
    http_probe_expect(selfish, CONTENT_BYTES - PART, PART); /* it may make several at once */
    fault_rule("selfish", "times=4 stall=0");
    for (size_t i = 0; i < HOST_MOST; i++) {
        char counts[64];
        http_reader_start(&readers[i], selfish, 400000 * i, PART);
        snprintf(counts, sizeof(counts), "requests=%zu stalled=%zu", i + 2, i + 1);
        fault_wait("selfish", counts);
    }
    http_probe *modest = open_at(fault_port(), "modest");
    http_probe_expect(modest, 1000000, PART);
    fault_wait("selfish", "requests=6 ended=3"); /* that one again, and its bytes come */
    fault_tell("release selfish");
    for (size_t i = 0; i < HOST_MOST; i++)
        http_reader_join(&readers[i]);
    fault_log log = fault_log_of("selfish");
    size_t gone = 0;
    for (size_t i = 0; i < log.count; i++)
        gone += strcmp(log.requests[i].end, "gone") == 0;
    assert_int_equal(log.count, HOST_MOST + 2);
    assert_int_equal(gone, 1);
    assert_string_equal(log.requests[1].end, "gone"); /* silent for longest */
    assert_int_equal(log.requests[5].first, log.requests[1].first);
    fault_log_free(&log);
    assert_int_equal(http_probe_stats(selfish).retries, 0);
    http_probe_close(modest, 1);
    http_probe_close(selfish, HOST_MOST + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_places_at_a_host),
        http_test(test_gives_way),
        http_test(test_places_in_all),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
