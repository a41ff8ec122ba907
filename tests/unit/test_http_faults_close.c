/* SPDX-License-Identifier: MIT
 *
 * Cancelling and closing while something is going wrong: it does not wait for it to get better, and
 * leaves nothing behind.
 */
#define _DEFAULT_SOURCE /* SOCK_NONBLOCK */

#include "tests/support/http_source.h"
#include "tests/support/random.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A close takes a few milliseconds; on a busy machine one in a row may take longer. */
#define CLOSE_NS (200 * MILLISECOND)
enum { CONTENT_BYTES = 700001, TRIES = 10 };

static http_content content;
static uint64_t slowest_ns;
static char ca_file[HTTP_PATH];

static void *do_nothing(void *user)
{
    return user;
}

static int setup(void **state)
{
    (void)state;
    pthread_t thread;
    http_start();
    /* With the first thread ThreadSanitizer makes one of its own, which stays. */
    assert_int_equal(pthread_create(&thread, NULL, do_nothing, NULL), 0);
    pthread_join(thread, NULL);
    content = http_content_random("content", CONTENT_BYTES, test_seed("http close"));
    fault_ca_file(ca_file);
    return 0;
}

static int teardown(void **state)
{
    print_message("slowest close: %.1f ms\n", (double)slowest_ns / 1e6);
    http_content_free(&content);
    http_stop();
    return test_nothing_alive(state);
}

/* A timeout that comes to bear would take a minute. */
static as_http_params patient(void)
{
    as_http_params params = http_quick();
    params.connect_timeout_ms = 60000;
    params.stall_timeout_ms = 60000;
    params.retry_delay_ms = 60000;
    params.retry_after_most_ms = 3600000;
    params.ca_file = ca_file; /* the system's takes OpenSSL 100 ms to read */
    return params;
}

typedef struct reader {
    http_probe *probe;
    pthread_t thread;
    as_result result;
} reader;

static void *read_far(void *user)
{
    reader *r = user;
    uint8_t buffer[1000];
    size_t got;
    as_error error;
    r->result = as_source_read(r->probe->source, 600000, buffer, sizeof(buffer), &got, &error);
    return NULL;
}

/* What brings a source into the state in which it is to be closed. */
typedef struct trouble {
    const char *name;
    const char *origin;  /* NULL: the fault server's first port */
    const char *rule;    /* of the request that is under way when it is closed; NULL: none */
    const char *reached; /* counts to wait for; NULL: a request has begun */
} trouble;

static http_probe *get_into(const trouble *t, bool warm)
{
    char at[HTTP_URL], url[HTTP_URL];
    const as_http_params params = patient();
    fault_origin(at, "http", fault_port());
    fault_scenario("close", content.path, "etag=\"v1\"");
    http_probe *probe = http_probe_open_url(
        fault_url_at(url, t->origin ? t->origin : at, "close", "x"), "close", &content, &params);
    if (warm)
        http_probe_expect(probe, 0, 100);
    if (t->rule)
        fault_tell("rule close times=always %s", t->rule);
    return probe;
}

static void wait_until_there(const trouble *t, const http_probe *probe)
{
    if (t->reached)
        fault_wait("close", t->reached);
    while (!t->reached && http_probe_stats(probe).requests == 0)
        usleep(1000); /* nobody else can tell */
}

/* Closes it; how long that took. */
static uint64_t timed_close(http_probe *probe)
{
    const uint64_t begun = test_now_ns();
    as_source_close(&probe->source);
    return test_now_ns() - begun;
}

/* With a read under way, and with nothing but a hint. */
static uint64_t close_once(const trouble *t, bool warm, bool reading)
{
    const as_byte_range far_off = {600000, 1000};
    reader r = {.probe = get_into(t, warm), .result = AS_OK};
    uint64_t took = 0;
    if (reading)
        assert_int_equal(pthread_create(&r.thread, NULL, read_far, &r), 0);
    else
        as_source_prefetch(r.probe->source, &far_off, 1, 0, 1);
    wait_until_there(t, r.probe);
    if (reading) {
        const uint64_t begun = test_now_ns();
        as_source_cancel(r.probe->source);
        pthread_join(r.thread, NULL);
        took = test_now_ns() - begun;
        assert_int_equal(r.result, AS_ERROR_CANCELLED);
    }
    took += timed_close(r.probe);
    if (!t->origin)
        fault_wait("close", "open=0");
    http_probe_teardown(NULL);
    return took;
}

static void close_in(const trouble *t, bool warm, bool reading)
{
    const int descriptors = test_descriptors(), threads = test_threads();
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < TRIES && (i < 2 || best > CLOSE_NS); i++) {
        const uint64_t took = close_once(t, warm, reading);
        best = took < best ? took : best;
        slowest_ns = took > slowest_ns ? took : slowest_ns;
        assert_true(took < 20 * SECOND); /* no timeout ran */
    }
    if (best > CLOSE_NS)
        fail_msg("%s: closing takes %.1f ms", t->name, (double)best / 1e6);
    assert_int_equal(test_descriptors(), descriptors);
    assert_int_equal(test_threads(), threads);
}

static void close_in_any_way(const trouble *t)
{
    print_message("    %s\n", t->name);
    for (unsigned way = 0; way < 4; way++)
        if (!t->origin || way < 2) /* nothing can be read there before */
            close_in(t, way >= 2, way % 2 != 0);
}

/* ----------------------------------------------------------------------------------- tests -- */

static void test_requests_under_way(void **state)
{
    static const trouble troubles[] = {
        {"no answer", NULL, "stall=before", "stalled=1"},
        {"no body", NULL, "stall=0", "stalled=1"},
        {"within the body", NULL, "stall=1000", "stalled=1"},
        {"everything at once", NULL, "whole=1 stall=1000", "stalled=1"},
        {"byte by byte", NULL, "drip=1:50", "requests=1"},
        {"slow", NULL, "delay=60000", "requests=1"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(troubles); i++)
        close_in_any_way(&troubles[i]);
}

static void test_waiting_for_the_next_try(void **state)
{
    static const trouble troubles[] = {
        {"after 503", NULL, "status=503 header=Retry-After:3600", "ended=1"},
        {"after a reset", NULL, "reset=before", "ended=1"},
        {"after a short body", NULL, "cut=1000", "ended=1"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(troubles); i++)
        close_in_any_way(&troubles[i]);
}

/* Redirected to a server that does not answer. */
static void test_redirected(void **state)
{
    (void)state;
    char url[HTTP_URL], rule[HTTP_URL + 64];
    fault_scenario("hole", content.path, "");
    fault_rule("hole", "times=always stall=before");
    snprintf(rule, sizeof(rule), "status=302 header=Location:%s", fault_url(url, "hole", "x"));
    const trouble t = {"redirected", NULL, rule, "ended=1"};
    close_in_any_way(&t);
}

/* A port whose queue is full, so that connecting hangs; or that connects and says nothing. */
static int hole_port(bool full, char out_origin[HTTP_URL], const char *scheme, int fill[3])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, full ? 0 : 100), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    for (size_t i = 0; i < 3; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(fill[i] >= 0);
        if (full)
            (void)!connect(fill[i], (struct sockaddr *)&address, size);
    }
    fault_origin(out_origin, scheme, ntohs(address.sin_port));
    return fd;
}

static void test_connecting(void **state)
{
    static const struct {
        const char *name, *scheme;
        bool full;
    } cases[] = {{"connecting", "http", true},
                 {"in the handshake", "https", false},
                 {"connected", "http", false}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char at[HTTP_URL];
        int fill[3];
        const int fd = hole_port(cases[i].full, at, cases[i].scheme, fill);
        const trouble t = {cases[i].name, at, NULL, NULL};
        close_in_any_way(&t);
        for (size_t k = 0; k < 3; k++)
            close(fill[k]);
        close(fd);
    }
}

/* Resting after a failure for good. */
static void test_resting(void **state)
{
    static const trouble t = {"resting", NULL, "status=404", "ended=1"};
    (void)state;
    const as_byte_range range = {600000, 1000};
    http_probe *probe = get_into(&t, true);
    http_probe_refuse(probe, 600000, 1000, AS_ERROR_TRANSPORT, "404");
    as_source_prefetch(probe->source, &range, 1, 0, 1);
    const uint64_t took = timed_close(probe);
    slowest_ns = took > slowest_ns ? took : slowest_ns;
    assert_true(took < 20 * SECOND);
}

/* Several sources share a thread: closing one leaves the others alone. */
static void test_others_go_on(void **state)
{
    (void)state;
    static const trouble stuck = {"stuck", NULL, "stall=1000", "stalled=1"};
    http_probe *other = http_probe_open("other", &content, "etag=\"v1\"", NULL);
    http_probe_expect(other, 0, 100);
    for (int i = 0; i < 3; i++) {
        reader r = {.probe = get_into(&stuck, false)};
        assert_int_equal(pthread_create(&r.thread, NULL, read_far, &r), 0);
        wait_until_there(&stuck, r.probe);
        http_probe_expect(other, 200000 * (unsigned)i, 1000);
        as_source_cancel(r.probe->source);
        pthread_join(r.thread, NULL);
        as_source_close(&r.probe->source);
        fault_wait("close", "stalled=0");
    }
    http_probe_expect_all(other);
}

/* ---------------------------------------------------------------------------- while refreshing --
 */

/* A callback that does not return until it is told to. */
typedef struct blocker {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t entered, left;
    bool open;
    char url[HTTP_URL];
} blocker;

static as_result block(void *user, const char *url, uint32_t status, char *out_url, size_t capacity)
{
    blocker *b = user;
    (void)url;
    (void)status;
    pthread_mutex_lock(&b->lock);
    b->entered++;
    pthread_cond_broadcast(&b->changed);
    while (!b->open)
        pthread_cond_wait(&b->changed, &b->lock);
    b->left++;
    snprintf(out_url, capacity, "%s", b->url);
    pthread_mutex_unlock(&b->lock);
    return AS_OK;
}

static void wait_for_callback(blocker *b)
{
    pthread_mutex_lock(&b->lock);
    while (b->entered == 0)
        pthread_cond_wait(&b->changed, &b->lock);
    pthread_mutex_unlock(&b->lock);
}

static void open_callback(blocker *b)
{
    pthread_mutex_lock(&b->lock);
    b->open = true;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

/* `file` is denied to the old URL after `skip` requests. */
static void init_blocker(blocker *b, as_http_params *params, const char *file, unsigned skip)
{
    char rule[100];
    *b = (blocker){.open = false};
    assert_int_equal(pthread_mutex_init(&b->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&b->changed, NULL), 0);
    fault_scenario("refresh", file, "etag=\"v1\"");
    snprintf(rule, sizeof(rule), "query=old skip=%u times=always status=403", skip);
    fault_rule("refresh", rule);
    fault_url(b->url, "refresh", "x?new");
    params->refresh = block;
    params->user = b;
}

static void free_blocker(blocker *b)
{
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->lock);
}

typedef struct closing {
    as_source *source;
    as_stream *stream;
    pthread_t thread;
    blocker *b;
    uint32_t left; /* callbacks that had returned when the close did */
    as_result result;
} closing;

static void *read_there(void *user)
{
    closing *c = user;
    uint8_t byte;
    size_t got;
    as_error error;
    c->result = as_source_read(c->source, 600000, &byte, 1, &got, &error);
    return NULL;
}

/* A cancelled read whose thread is in the callback ends with it, whatever URL that has found, and
 * no request is made of it. */
static void test_cancelled_while_refreshing(void **state)
{
    (void)state;
    char url[HTTP_URL];
    as_http_params params = patient();
    as_error error;
    blocker b;
    closing c = {.b = &b};
    init_blocker(&b, &params, content.path, 0);
    assert_ok(as_source_open_http(fault_url(url, "refresh", "x?old"), &params, &c.source, &error),
              &error);
    assert_int_equal(pthread_create(&c.thread, NULL, read_there, &c), 0);
    wait_for_callback(&b);
    as_source_cancel(c.source);
    open_callback(&b);
    pthread_join(c.thread, NULL);
    assert_int_equal(c.result, AS_ERROR_CANCELLED);
    as_source_close(&c.source);
    assert_null(c.source);
    fault_log log = fault_log_of("refresh");
    assert_int_equal(log.count, 1);
    fault_log_free(&log);
    assert_int_equal(b.entered, 1);
    free_blocker(&b);
}

static void *close_stream(void *user)
{
    closing *c = user;
    as_stream_close(&c->stream);
    pthread_mutex_lock(&c->b->lock);
    c->left = c->b->left;
    pthread_mutex_unlock(&c->b->lock);
    return NULL;
}

/* A stream's worker is in the callback: closing the stream waits for it, and it is not called
 * again. */
static void test_closed_while_refreshing(void **state)
{
    (void)state;
    char url[HTTP_URL];
    as_http_params http = patient();
    as_stream_params params = {.struct_size = sizeof(params), .http = &http};
    as_error error;
    as_frame *frame = NULL;
    blocker b;
    closing c = {.b = &b};
    init_blocker(&b, &http, "samples/data/walkers.asvp", 1);
    params.location = fault_url(url, "refresh", "x?old");
    params.init_timeout_ms = 60000;
    assert_ok(as_stream_open(&params, &c.stream, &error), &error);
    assert_int_not_equal(as_stream_get_frame(c.stream, 719, 0, 0, 0, &frame), AS_OK);
    wait_for_callback(&b);
    assert_int_equal(pthread_create(&c.thread, NULL, close_stream, &c), 0);
    for (int i = 0; i < 20; i++)
        fault_wait("refresh", "requests=1"); /* time enough for a close that does not wait */
    open_callback(&b);
    pthread_join(c.thread, NULL);
    assert_null(c.stream);
    assert_int_equal(c.left, 1);
    assert_int_equal(b.entered, 1);
    free_blocker(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_requests_under_way),
        http_test(test_waiting_for_the_next_try),
        http_test(test_redirected),
        http_test(test_connecting),
        http_test(test_resting),
        http_test(test_others_go_on),
        http_test(test_cancelled_while_refreshing),
        http_test(test_closed_while_refreshing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
