/* SPDX-License-Identifier: MIT
 *
 * The process's HTTP client: one thread, which owns libcurl's multi handle, for all users (a user
 * is an HTTP source). It starts with the first user and ends with the last.
 *
 * The thread calls its users back, one at a time and under none of its own locks; only there may
 * they add and remove transfers. A transfer that has no place yet is not libcurl's: its user says
 * that it wants one and is called when there is one, so that no timer runs meanwhile. At most
 * AS_HTTP_MOST_TRANSFERS run in the process and `host_most` to one host (that many connections,
 * since HTTP/1.1 carries one transfer on each). Places go to users with an urgent need first, then
 * to whom was served longest ago; a transfer that is silent may have to give way to another user's.
 */
#ifndef AS_IO_HTTP_CLIENT_H
#define AS_IO_HTTP_CLIENT_H

#include "core/base/error.h"

#include <curl/curl.h>
#include <stdbool.h>

enum { AS_HTTP_MOST_TRANSFERS = 16, AS_HTTP_HOST_TRANSFERS = 4 };

typedef struct as_http_user as_http_user;

typedef struct as_http_transfer {
    CURL *easy;         /* the user's; its CURLOPT_PRIVATE is this */
    uint64_t alive_ns;  /* the latest sign of life; the user keeps it */
    as_http_user *user; /* the client's, as all below */
    uint64_t host;
    bool added;
} as_http_transfer;

struct as_http_user {
    /* Set before joining. All are called on the network thread. */
    void (*turn)(as_http_user *user, uint64_t now_ns); /* it was kicked, or due_ns has come */
    /* There is a place for one transfer: adds it, or makes `wants` false. */
    void (*begin)(as_http_user *user, uint64_t now_ns);
    /* The transfer has ended and been removed. */
    void (*ended)(as_http_user *user, as_http_transfer *transfer, CURLcode code, uint64_t now_ns);
    /* The transfer was removed for another user's sake. */
    void (*gave_way)(as_http_user *user, as_http_transfer *transfer, uint64_t now_ns);
    /* The last call: removes the transfers that are left and frees their easy handles. */
    void (*stop)(as_http_user *user);

    /* The user's, to be touched on the network thread alone (before joining: by anybody). */
    uint64_t due_ns;    /* when to call turn; UINT64_MAX: never */
    bool wants, urgent; /* a place for a transfer; somebody waits for it */
    unsigned host_most; /* of transfers to `host`, other users' included */
    uint64_t host;      /* of the transfers it adds: equal for equal hosts */

    /* The client's. */
    as_http_user *next, *next_kicked, *next_joining;
    uint64_t served, hungry_ns;
    bool kicked, leaving, left;
};

/* From any thread but the network thread; starts it for the first user. *user is the caller's and
 * stays where it is. AS_ERROR_OUT_OF_MEMORY: also when the thread cannot be started;
 * AS_ERROR_UNSUPPORTED: this libcurl is too old. */
as_result as_http_join(as_http_user *user, as_error *error);
/* From any thread, under any lock: turn will be called soon. Does nothing for who is leaving or has
 * left. */
void as_http_kick(as_http_user *user);
/* Not from the network thread: stops the user and waits for that, which takes milliseconds. */
void as_http_leave(as_http_user *user);

/* On the network thread. false: libcurl has no memory. */
bool as_http_add(as_http_user *user, as_http_transfer *transfer);
void as_http_remove(as_http_transfer *transfer); /* does nothing when it is not added */

#endif
