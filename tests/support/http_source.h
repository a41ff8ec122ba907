/* SPDX-License-Identifier: MIT
 *
 * HTTP sources under test: contents to serve, sources whose every byte, error and log message is
 * checked, and faults in tables, each played once and for good.
 */
#ifndef TEST_HTTP_SOURCE_H
#define TEST_HTTP_SOURCE_H

#include "tests/support/http_fixture.h"
#include "tests/support/stream_fixture.h"

/* In the query of every URL under test; no message may show it. */
#define HTTP_SECRET "hunter2"

/* ------------------------------------------------------------------------------- contents -- */

typedef struct http_content {
    char path[HTTP_PATH];
    uint8_t *bytes; /* malloc'd */
    size_t size;
} http_content;

/* Random bytes in a file of that name. */
http_content http_content_random(const char *name, size_t size, uint64_t seed);
/* A file that is there already. */
http_content http_content_of(const char *path);
void http_content_free(http_content *content);

/* -------------------------------------------------------------------------------- sources -- */

/* An open source, and what it told. */
typedef struct http_probe {
    struct http_probe *next; /* of those open */
    as_source *source;
    const http_content *content; /* what reads have to give; may be exchanged */
    char id[32];                 /* of its scenario; "": none */

    pthread_mutex_t lock; /* of what follows: callbacks come from other threads */
    uint64_t exchanges, failed;
    as_http_exchange last;
    uint64_t messages;
    char secret[512]; /* the first message that shows the secret; "": none */

    /* What http_give_url gives; "": it fails. */
    char refresh_url[HTTP_URL];
    uint32_t refreshed; /* times asked */
    uint32_t refresh_status;
} http_probe;

/* 2 retries, 1 ms apart, no cache on disk. Nothing counts as a stall, however busy the machine is:
 * tests of stalls shorten that. */
as_http_params http_quick(void);

/* Serves `content` as scenario `id` and opens it; params NULL: http_quick. Their exchange, user and
 * log are replaced. */
http_probe *http_probe_open(const char *id, const http_content *content, const char *settings,
                            const as_http_params *params);
/* For params.refresh. */
as_result http_give_url(void *user, const char *url, uint32_t status, char *out_url,
                        size_t capacity);
/* The URL that http_probe_open opens. */
char *http_probe_url(char out[HTTP_URL], const char *id);
/* Of a URL as it is; the scenario (or "") is only for the end. */
http_probe *http_probe_open_url(const char *url, const char *id, const http_content *content,
                                const as_http_params *params);
/* The read's result. Bytes that come are the content's, an error says why and shows no secret. */
as_result http_probe_read(http_probe *probe, uint64_t offset, size_t length, as_error *out_error);
/* Reads what must be there; fails the test when it is not. */
void http_probe_expect(http_probe *probe, uint64_t offset, size_t length);
/* All of it, in pieces. */
void http_probe_expect_all(http_probe *probe);
/* The read must fail that way and say `part`. */
void http_probe_refuse(http_probe *probe, uint64_t offset, size_t length, as_result wanted,
                       const char *part);
/* After a failure, a source rests: reads until it gets on again, at most for some seconds. */
void http_probe_recover(http_probe *probe, uint64_t offset, size_t length);
as_http_stats http_probe_stats(const http_probe *probe);
uint64_t http_probe_version(const http_probe *probe);
/* Closes it, waits until the server has seen that (of the last one, whose end is that of the idle
 * connections), and checks the requests' form, their number (at most `most`), and that every
 * request was reported. */
void http_probe_close(http_probe *probe, size_t most);
/* A test whose sources are closed when it fails half-way. */
#define http_test(function) cmocka_unit_test_teardown(function, http_probe_teardown)
int http_probe_teardown(void **state);

/* --------------------------------------------------------------------------------- faults -- */

typedef struct http_fault {
    const char *name;
    const char *settings; /* of the scenario; NULL: etag="v1" */
    const char *rule;     /* without "when" */
    /* When it is played once; AS_OK: nobody notices. Anything else: the read fails, a later one
     * does not. */
    as_result once;
    /* When it is played always. */
    as_result always;
    const char *part; /* of the text of the errors; NULL where there are none */
    size_t requests;  /* when it is played always: so many, and not one more. libcurl itself repeats
                         one that an old connection did not answer. 0: not a fixed number */
} http_fault;

/* Plays it once and for good, at the first response and at a later one. `content` is more than the
 * first requests take (700 KB). */
void http_fault_play(const http_fault *fault, const http_content *content);
void http_faults_play(const http_fault *faults, size_t count, const http_content *content);

#endif
