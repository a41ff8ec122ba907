/* SPDX-License-Identifier: MIT
 *
 * A name lookup that takes for ever: nothing else waits for it. The program has a getaddrinfo of
 * its own, which libcurl calls instead of the system's.
 */
#define _DEFAULT_SOURCE /* getaddrinfo, usleep */

#include "tests/support/http_source.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#define CLOSE_NS (200 * MILLISECOND)
enum { TRIES = 3 };

static struct lookups {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t entered;
    bool open; /* they end, and find nothing */
} lookups = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, false};

AS_API int getaddrinfo(const char *restrict name, const char *restrict service,
                       const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
    (void)name;
    (void)service;
    (void)hints;
    *out = NULL;
    struct timespec end; /* so that who does wait for it is seen to */
    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 5;
    pthread_mutex_lock(&lookups.lock);
    lookups.entered++;
    pthread_cond_broadcast(&lookups.changed);
    while (!lookups.open &&
           pthread_cond_timedwait(&lookups.changed, &lookups.lock, &end) != ETIMEDOUT)
        continue;
    pthread_mutex_unlock(&lookups.lock);
    return EAI_AGAIN;
}

static void begin_lookups(void)
{
    pthread_mutex_lock(&lookups.lock);
    lookups.entered = 0;
    lookups.open = false;
    pthread_mutex_unlock(&lookups.lock);
}

static void wait_for_lookup(void)
{
    pthread_mutex_lock(&lookups.lock);
    while (lookups.entered == 0)
        pthread_cond_wait(&lookups.changed, &lookups.lock);
    pthread_mutex_unlock(&lookups.lock);
}

/* Until their threads, which are libcurl's, are gone. */
static void end_lookups(int threads)
{
    pthread_mutex_lock(&lookups.lock);
    lookups.open = true;
    pthread_cond_broadcast(&lookups.changed);
    pthread_mutex_unlock(&lookups.lock);
    while (test_threads() > threads)
        usleep(1000); /* nobody can tell */
}

typedef struct reader {
    as_source *source;
    pthread_t thread;
    as_result result;
    as_error error;
} reader;

static void *read_some(void *user)
{
    reader *r = user;
    uint8_t buffer[100];
    size_t got;
    r->result = as_source_read(r->source, 0, buffer, sizeof(buffer), &got, &r->error);
    return NULL;
}

static as_source *open_lost(const as_http_params *params)
{
    as_source *source = NULL;
    as_error error;
    assert_ok(as_source_open_http("http://lost.invalid/x.asvp", params, &source, &error), &error);
    return source;
}

static as_http_params patient(void)
{
    as_http_params params = http_quick();
    params.connect_timeout_ms = params.stall_timeout_ms = 60000;
    return params;
}

/* How long cancelling and closing takes meanwhile. */
static uint64_t close_once(bool reading)
{
    const as_byte_range range = {0, 100};
    const as_http_params params = patient();
    const int threads = test_threads();
    begin_lookups();
    reader r = {.source = open_lost(&params)};
    if (reading)
        assert_int_equal(pthread_create(&r.thread, NULL, read_some, &r), 0);
    else
        as_source_prefetch(r.source, &range, 1, 0, 1);
    wait_for_lookup();
    const uint64_t begun = test_now_ns();
    if (reading) {
        as_source_cancel(r.source);
        pthread_join(r.thread, NULL);
        assert_int_equal(r.result, AS_ERROR_CANCELLED);
    }
    as_source_close(&r.source);
    const uint64_t took = test_now_ns() - begun;
    end_lookups(threads);
    return took;
}

static void test_close(void **state)
{
    (void)state;
    for (int reading = 0; reading < 2; reading++) {
        uint64_t best = UINT64_MAX;
        for (int i = 0; i < TRIES && (i < 2 || best > CLOSE_NS); i++) {
            const uint64_t took = close_once(reading);
            best = took < best ? took : best;
        }
        if (best > CLOSE_NS)
            fail_msg("closing takes %.1f ms", (double)best / 1e6);
    }
}

/* It counts as connecting. */
static void test_timeout(void **state)
{
    (void)state;
    const int threads = test_threads();
    as_http_params params = http_quick();
    params.connect_timeout_ms = 50;
    params.retries = AS_HTTP_NO_RETRIES;
    begin_lookups();
    reader r = {.source = open_lost(&params)};
    (void)read_some(&r);
    test_assert_result(r.result, AS_ERROR_TRANSPORT, &r.error, "as_source_read", __FILE__,
                       __LINE__);
    assert_non_null(strstr(r.error.text, "lost.invalid"));
    as_source_close(&r.source);
    end_lookups(threads);
}

static void *do_nothing(void *user)
{
    return user;
}

static int setup(void **state)
{
    pthread_t thread;
    (void)state;
    /* With the first thread ThreadSanitizer makes one of its own, which stays. */
    assert_int_equal(pthread_create(&thread, NULL, do_nothing, NULL), 0);
    pthread_join(thread, NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_close),
                                       cmocka_unit_test(test_timeout)};
    return cmocka_run_group_tests_name("http_lookup", tests, setup, test_nothing_alive);
}
