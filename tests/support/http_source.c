/* SPDX-License-Identifier: MIT */
#include "tests/support/http_source.h"

#include "tests/support/random.h"

#include "core/base/mem.h"

#include <inttypes.h>
#include <time.h>

enum { PIECE = 50021, NEAR = 100, FAR_BYTES = 300 };

/* ------------------------------------------------------------------------------- contents -- */

http_content http_content_random(const char *name, size_t size, uint64_t seed)
{
    http_content c = {.size = size, .bytes = malloc(size + sizeof(uint64_t))};
    test_random random = test_random_from(seed);
    assert_non_null(c.bytes);
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        const uint64_t more = test_random_u64(&random);
        memcpy(c.bytes + i, &more, sizeof(more));
    }
    /* Nowhere that a request begins may it read as a chunk's size: one fault makes a chunked body
     * of it, and what decodes well cannot be told from the content. */
    for (size_t i = 0; i < size; i += 64 * 1024)
        c.bytes[i] = 0;
    test_write_file(http_path(c.path, name), c.bytes, size);
    return c;
}

http_content http_content_of(const char *path)
{
    http_content c = {.size = 0};
    snprintf(c.path, sizeof(c.path), "%s", path);
    c.bytes = test_read_file(path, &c.size);
    return c;
}

void http_content_free(http_content *content)
{
    free(content->bytes);
    *content = (http_content){.size = 0};
}

/* -------------------------------------------------------------------------------- sources -- */

static http_probe *open_probes;

as_http_params http_quick(void)
{
    return (as_http_params){.struct_size = sizeof(as_http_params),
                            .connect_timeout_ms = 30000,
                            .stall_timeout_ms = 30000,
                            .low_speed_bytes = 1,
                            .retries = 2,
                            .retry_delay_ms = 1,
                            .retry_after_most_ms = 20};
}

static void note_message(void *user, as_log_level level, const char *message)
{
    http_probe *probe = user;
    (void)level;
    pthread_mutex_lock(&probe->lock);
    probe->messages++;
    if (strstr(message, HTTP_SECRET) && !probe->secret[0])
        snprintf(probe->secret, sizeof(probe->secret), "%s", message);
    pthread_mutex_unlock(&probe->lock);
}

static void note_exchange(void *user, const as_http_exchange *exchange)
{
    http_probe *probe = user;
    pthread_mutex_lock(&probe->lock);
    probe->exchanges++;
    probe->failed += exchange->result != AS_OK && exchange->result != AS_ERROR_CANCELLED;
    probe->last = *exchange;
    pthread_mutex_unlock(&probe->lock);
}

as_result http_give_url(void *user, const char *url, uint32_t status, char *out_url,
                        size_t capacity)
{
    http_probe *probe = user;
    pthread_mutex_lock(&probe->lock);
    probe->refreshed++;
    probe->refresh_status = status;
    const bool has = probe->refresh_url[0] != '\0' && url[0] != '\0';
    snprintf(out_url, capacity, "%s", probe->refresh_url);
    pthread_mutex_unlock(&probe->lock);
    return has ? AS_OK : AS_ERROR_TRANSPORT;
}

char *http_probe_url(char out[HTTP_URL], const char *id)
{
    return fault_url(out, id, "people.asvp?sig=" HTTP_SECRET);
}

http_probe *http_probe_open_url(const char *url, const char *id, const http_content *content,
                                const as_http_params *params)
{
    as_http_params own = params ? *params : http_quick();
    as_error error;
    http_probe *probe = calloc(1, sizeof(*probe));
    assert_non_null(probe);
    assert_int_equal(pthread_mutex_init(&probe->lock, NULL), 0);
    snprintf(probe->id, sizeof(probe->id), "%s", id);
    probe->content = content;
    own.exchange = note_exchange;
    own.user = probe;
    own.log = (as_log){.fn = note_message, .user = probe, .level = AS_LOG_DEBUG};
    probe->next = open_probes;
    open_probes = probe;
    assert_ok(as_source_open_http(url, &own, &probe->source, &error), &error);
    return probe;
}

http_probe *http_probe_open(const char *id, const http_content *content, const char *settings,
                            const as_http_params *params)
{
    char url[HTTP_URL];
    fault_scenario(id, content->path, settings);
    return http_probe_open_url(http_probe_url(url, id), id, content, params);
}

as_result http_probe_read(http_probe *probe, uint64_t offset, size_t length, as_error *out_error)
{
    const http_content *content = probe->content;
    const size_t left = offset < content->size ? content->size - (size_t)offset : 0;
    const size_t wanted = length < left ? length : left;
    size_t got = SIZE_MAX;
    uint8_t *buffer = malloc(length + 1);
    assert_non_null(buffer);
    buffer[length] = 0xA5;
    *out_error = (as_error){.code = AS_OK};
    const as_result result = as_source_read(probe->source, offset, buffer, length, &got, out_error);
    assert_int_equal(buffer[length], 0xA5);
    if (result == AS_OK) {
        assert_int_equal(got, wanted);
        assert_same_bytes(buffer, content->bytes + offset, wanted);
    } else {
        assert_int_equal(out_error->code, result);
        test_assert_text(out_error->text, "", "as_source_read", __FILE__, __LINE__);
        assert_null(strstr(out_error->text, HTTP_SECRET));
    }
    free(buffer);
    return result;
}

void http_probe_expect(http_probe *probe, uint64_t offset, size_t length)
{
    as_error error;
    assert_ok(http_probe_read(probe, offset, length, &error), &error);
}

void http_probe_expect_all(http_probe *probe)
{
    for (uint64_t at = 0; at <= probe->content->size; at += PIECE)
        http_probe_expect(probe, at, PIECE);
}

void http_probe_refuse(http_probe *probe, uint64_t offset, size_t length, as_result wanted,
                       const char *part)
{
    as_error error;
    const as_result result = http_probe_read(probe, offset, length, &error);
    test_assert_result(result, wanted, &error, "as_source_read", __FILE__, __LINE__);
    test_assert_text(error.text, part, "as_source_read", __FILE__, __LINE__);
}

void http_probe_recover(http_probe *probe, uint64_t offset, size_t length)
{
    const struct timespec moment = {.tv_nsec = 5 * 1000 * 1000};
    const uint64_t deadline = test_now_ns() + 20 * SECOND;
    as_error error;
    while (http_probe_read(probe, offset, length, &error) != AS_OK) {
        if (test_now_ns() > deadline)
            fail_msg("does not recover: %s", error.text);
        nanosleep(&moment, NULL); /* a player asks 60 times a second */
    }
}

as_http_stats http_probe_stats(const http_probe *probe)
{
    as_http_stats stats = {.struct_size = sizeof(stats)};
    as_error error;
    assert_ok(as_source_get_http_stats(probe->source, &stats, &error), &error);
    return stats;
}

uint64_t http_probe_version(const http_probe *probe)
{
    return as_source_version(probe->source);
}

static void free_probe(http_probe *probe)
{
    http_probe **at = &open_probes;
    while (*at != probe)
        at = &(*at)->next;
    *at = probe->next;
    as_source_close(&probe->source);
    pthread_mutex_destroy(&probe->lock);
    free(probe);
}

int http_probe_teardown(void **state)
{
    (void)state;
    while (open_probes)
        free_probe(open_probes);
    return 0;
}

void http_probe_close(http_probe *probe, size_t most)
{
    const as_http_stats stats = http_probe_stats(probe);
    as_source_close(&probe->source);
    if (probe->id[0]) {
        if (!probe->next && probe == open_probes)
            fault_wait(probe->id, "open=0");
        fault_log log = fault_log_of(probe->id);
        const size_t count = log.count;
        fault_check_requests(&log);
        fault_log_free(&log);
        if (count > most)
            fail_msg("%zu requests, but at most %zu are needed", count, most);
    }
    if (probe->secret[0])
        fail_msg("a message shows the query: %s", probe->secret);
    assert_true(probe->exchanges >= stats.requests);
    assert_true(probe->messages >= probe->exchanges); /* there was something to look at */
    assert_true(stats.useful <= stats.received);
    free_probe(probe);
}

/* --------------------------------------------------------------------------------- faults -- */

/* As many requests as honest answers may take, unit by unit, and two for the fault. */
static size_t most_requests(const http_content *content)
{
    return content->size / (64 * 1024) + 1 + 2;
}

static void play_once(const http_fault *f, const http_content *content, unsigned skip)
{
    char rule[512];
    print_message("    %s, once, after %u\n", f->name, skip);
    http_probe *probe =
        http_probe_open("once", content, f->settings ? f->settings : "etag=\"v1\"", NULL);
    snprintf(rule, sizeof(rule), "skip=%u times=1 %s", skip, f->rule);
    fault_rule("once", rule);
    if (skip)
        http_probe_expect(probe, 0, NEAR);
    if (f->once != AS_OK) {
        http_probe_refuse(probe, content->size - FAR_BYTES, FAR_BYTES, f->once, f->part);
        http_probe_recover(probe, content->size - FAR_BYTES, FAR_BYTES);
    }
    http_probe_expect_all(probe);
    http_probe_close(probe, most_requests(content));
}

static size_t count_requests(const char *id)
{
    fault_log log = fault_log_of(id);
    const size_t count = log.count;
    fault_log_free(&log);
    return count;
}

static void play_always(const http_fault *f, const http_content *content, unsigned skip)
{
    const uint64_t far_off = content->size - FAR_BYTES;
    char rule[512];
    print_message("    %s, always, after %u\n", f->name, skip);
    http_probe *probe =
        http_probe_open("always", content, f->settings ? f->settings : "etag=\"v1\"", NULL);
    snprintf(rule, sizeof(rule), "skip=%u times=always %s", skip, f->rule);
    fault_rule("always", rule);
    if (skip)
        http_probe_expect(probe, 0, NEAR);
    if (f->always == AS_OK) {
        http_probe_expect_all(probe);
    } else {
        http_probe_refuse(probe, far_off, FAR_BYTES, f->always, f->part);
        if (f->requests)
            assert_in_range(count_requests("always"), f->requests + skip, f->requests + 2 * skip);
        /* It rests: the same answer, and nobody is asked. */
        const as_http_stats before = http_probe_stats(probe);
        for (int i = 0; i < 100; i++)
            http_probe_refuse(probe, far_off, FAR_BYTES, f->always, f->part);
        assert_true(http_probe_stats(probe).requests <= before.requests + 6);
        if (skip)
            http_probe_expect(probe, 0, NEAR);
    }
    http_probe_close(probe, most_requests(content) + 10);
}

void http_fault_play(const http_fault *fault, const http_content *content)
{
    for (unsigned skip = 0; skip < 2; skip++) {
        if (skip || fault->once == AS_OK) /* recovering takes its time */
            play_once(fault, content, skip);
        play_always(fault, content, skip);
    }
}

void http_faults_play(const http_fault *faults, size_t count, const http_content *content)
{
    for (size_t i = 0; i < count; i++)
        http_fault_play(&faults[i], content);
}
