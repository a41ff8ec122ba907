/* SPDX-License-Identifier: MIT
 *
 * Web servers for tests, on the loopback interface: fault_server.py, which plays faults, and nginx
 * for honest answers. They belong to this process: they end with http_stop, and also when the
 * process ends in any other way. What is missing (python3, nginx, openssl) fails the test and says
 * so.
 *
 *     http_start();                                       (group setup)
 *     fault_scenario("a", path, "etag=\"v1\"");
 *     fault_rule("a", "skip=1 times=2 status=503 header=Retry-After:0");
 *     ... as_source_open_http(fault_url(url, "a", "x.asvp"), ...), reads ...
 *     fault_log log = fault_log_of("a");
 *     ... log.count, log.requests[i] ...
 *     fault_log_free(&log);
 *     http_stop();                                        (group teardown)
 */
#ifndef TEST_HTTP_FIXTURE_H
#define TEST_HTTP_FIXTURE_H

#include "tests/support/check.h"

#include <stdbool.h>

#define NO_BYTE UINT64_MAX

enum { HTTP_URL = 512, HTTP_PATH = 512 };

/* Makes a folder, starts the fault server, and takes proxies out of the environment. Before there
 * are other threads. */
void http_start(void);
/* Ends all servers and removes the folder. After http_start has failed too. */
void http_stop(void);
/* A path in the folder; writes and returns `out`. */
char *http_path(char out[HTTP_PATH], const char *name);

/* --------------------------------------------------------------------------- fault server -- */

/* One command (fault_server.py lists them); fails the test when the server calls it wrong. The
 * answer without its "ok" line: malloc'd. Thread-safe. */
char *fault_ask(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Likewise, of a command without an answer. */
void fault_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Serves the file's present bytes below /s/ID/; forgets an earlier scenario of that name. */
void fault_scenario(const char *id, const char *path, const char *settings);
/* Another content from now on. */
void fault_content(const char *id, const char *path, const char *settings);
void fault_rule(const char *id, const char *rule);
/* Until the counts are reached: "requests=3 stalled=1", "open=0", ... */
void fault_wait(const char *id, const char *counts);
/* Opens another port; options of "listen". */
uint16_t fault_listen(const char *options);
/* The scenario's URL on the server's first port, or on another one by name. */
char *fault_url(char out[HTTP_URL], const char *id, const char *file);
char *fault_url_at(char out[HTTP_URL], const char *origin, const char *id, const char *file);
/* "http://127.0.0.1:PORT" */
char *fault_origin(char out[HTTP_URL], const char *scheme, uint16_t port);
uint16_t fault_port(void);
/* The authority of "listen tls=good"; writes and returns `out`. */
char *fault_ca_file(char out[HTTP_PATH]);

typedef struct fault_request {
    uint32_t connection, port, status;
    uint64_t first, last; /* the range asked for; NO_BYTE: none, or to the end */
    uint64_t sent;        /* bytes of body */
    uint64_t begun_us, ended_us;
    char method[16];
    char end[16]; /* "-": not yet; "done", "close", "cut", "reset"; "gone": the client left */
    char target[1024];
    char headers[4096]; /* "Name: value" lines */
} fault_request;

typedef struct fault_log {
    fault_request *requests; /* as they began */
    size_t count;
} fault_log;

fault_log fault_log_of(const char *id);
void fault_log_free(fault_log *log);
/* The value of the request's first header of that name; false: there is none. */
bool fault_header(const fault_request *request, const char *name, char *out, size_t size);
/* What holds for every request of the library: GET, one well-formed range, no compression, no
 * user info. Fails the test and shows the request otherwise. */
void fault_check_requests(const fault_log *log);
/* What is wrong with the first request of which that does not hold; NULL: nothing. */
const char *fault_wrong_request(const fault_log *log);
/* Bytes of body sent by all of them. */
uint64_t fault_log_sent(const fault_log *log);

/* ---------------------------------------------------------------------------------- nginx -- */

typedef struct nginx nginx;

/* Serves the folder's files. `http` and `server` are lines of configuration for these blocks, ""
 * for none; "@FOLDER" in them becomes the folder's path. The server block already has its listen;
 * listen_options ("", "ssl") are added to it. */
nginx *nginx_start(const char *http, const char *server, const char *listen_options);
uint16_t nginx_port(const nginx *n);
/* Ends it, and tells of the requests it had: method, status, bytes of body, connection, range. */
fault_log nginx_stop(nginx **n);

/* Ends those that failed tests have left; http_stop does it. */
void nginx_stop_all(void);

#endif
