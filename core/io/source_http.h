/* SPDX-License-Identifier: MIT
 *
 * The HTTP source, as its files share it.
 *
 *   source_http.c    opening, closing, what the table of functions and the api ask
 *   http_read.c      readers: waiting, being handed bytes, failing; hints; the refresh callback
 *   http_engine.c    what to request when: places, retries, seeks
 *   http_watch.c     requests that are stuck
 *   http_answer.c    what responses mean, as they arrive
 *   http_end.c       what the ends of requests mean; telling of them
 *   http_request.c   one request in terms of libcurl; URLs
 *   http_disk.c      the cache on disk: its thread, and loading from it
 *
 * Threads: readers (callers'), the network thread (http_client.h), and with cache_dir one that
 * opens and writes the cache on disk. `lock` guards everything that is not marked otherwise. Lock
 * order: a source's lock, then the client's or the disk cache's. Nothing of the caller's (refresh,
 * exchange, log) is called under a lock.
 */
#ifndef AS_IO_SOURCE_HTTP_H
#define AS_IO_SOURCE_HTTP_H

#include "core/base/thread.h"
#include "core/io/chunks.h"
#include "core/io/disk_cache.h"
#include "core/io/http_client.h"
#include "core/io/http_head.h"
#include "core/io/http_plan.h"
#include "core/io/http_retry.h"
#include "core/io/io_internal.h"

#include <stdatomic.h>

enum {
    AS_HTTP_WANTED = 256,       /* ranges of a hint that are kept */
    AS_HTTP_URGENT = 64,        /* readers that the plan is told of */
    AS_HTTP_MOST_REQUESTS = 16, /* of one source */
    AS_HTTP_HOPS = 8,           /* redirects of one request */
    AS_HTTP_DRAIN = 16 * 1024,  /* bytes read of a body that is of no use, to keep the connection */
    AS_HTTP_LEAST_PART = 4 * 1024, /* of a range that is answered in parts; less is a failure */
    AS_HTTP_DISK_QUEUE = 256,      /* units that wait to be written to disk */
    AS_HTTP_DISK_UNITS = 1 << 20,  /* 64 GiB; what is beyond is not kept on disk */
};

typedef struct as_http_source as_http_source;

/* -------------------------------------------------------------------------- requests ---- */

typedef enum as_http_phase {
    AS_HTTP_FREE,
    AS_HTTP_DELAYED, /* to be tried again at retry_ns */
    AS_HTTP_RUNNING  /* in the client's hands */
} as_http_phase;

/* A request, through all its attempts and redirects. */
typedef struct as_http_flight {
    as_http_transfer transfer; /* first; the network thread's */
    as_http_source *source;
    as_http_phase phase;
    uint64_t unit, units; /* as planned */
    bool whole;           /* the one download of everything: no range, or answered by a 200 */
    uint32_t attempt;     /* 0: the first */
    bool fresh;           /* on a connection of its own */
    bool crumb;           /* it has brought one that may have been the content's end */
    bool repeats;         /* another one that is still under way: see as_http_unserved; */
    bool repeated;        /* that other one */
    uint64_t retry_ns;

    /* This attempt. */
    uint64_t first, end; /* bytes asked for: [first, end); end AS_SIZE_UNKNOWN: all */
    uint64_t at;         /* the byte that comes next */
    uint64_t until;      /* where the body ends, once judged; AS_SIZE_UNKNOWN */
    uint64_t url_serial; /* of the URL it was begun with, */
    uint64_t home;       /* and that one's host */
    bool matched;        /* with If-Match */
    bool unwanted;       /* given up; the network thread has yet to notice */
    bool judged;
    as_http_verdict verdict;
    as_error error;     /* of the verdict, or why the body could not be taken (broken) */
    bool broken;        /* storing its bytes failed */
    bool head_too_long; /* more header lines than are taken */
    bool no_memory;     /* for a redirect's target */
    char *location;     /* of a redirect; as_mem */
    char *hop_url;      /* where redirects led; NULL: the source's URL; as_mem */
    unsigned hops;
    as_http_head head;
    struct curl_slist *headers;
    char curl_error[CURL_ERROR_SIZE];

    /* Its course. */
    uint64_t started_ns, hop_ns, first_byte_ns; /* the last: from the start; 0: none came */
    uint64_t received, drained, gained;         /* gained: into the cache, for the first time */
    uint64_t window_ns, window_bytes;           /* for the low speed limit */
    uint64_t rate_ns, rate_bytes;               /* for the measured speed */
    uint32_t connections;
    const char *notice; /* for the log; static */
    bool gave_up;       /* it failed for good */
} as_http_flight;

/* An attempt that has ended, to be told once the lock is released. */
typedef struct as_http_report {
    as_http_exchange exchange;
    as_error error;     /* when exchange.result is not AS_OK */
    const char *notice; /* for the log; NULL */
    bool gave_up;       /* the source rests */
} as_http_report;

/* --------------------------------------------------------------------------- readers ---- */

/* A read under way; on its thread's stack, in the source's list from its begin to its end. */
typedef struct as_http_reader {
    struct as_http_reader *previous, *next;
    uint64_t at, end; /* what is missing */
    uint8_t *to;
    bool named;       /* a hint named it since it began: a seek away from there lets it go */
    as_result result; /* not AS_OK: why it fails, told by another thread */
    as_error error;
} as_http_reader;

/* ---------------------------------------------------------------------------- source ---- */

typedef struct as_http_disk as_http_disk;

typedef enum as_http_disk_state {
    AS_HTTP_DISK_NONE,  /* no cache_dir, or this version cannot be cached */
    AS_HTTP_DISK_WAITS, /* for a version that is known */
    AS_HTTP_DISK_OPENING,
    AS_HTTP_DISK_READY
} as_http_disk_state;

struct as_http_source {
    as_http_user user; /* first; the client's and the network thread's */

    /* Do not change after opening. */
    as_http_params params; /* no zeros that mean defaults; strings and headers are its own */
    uint64_t opened_ns;
    as_retry_policy policy;
    char *first_url; /* for the key of the cache on disk */

    as_mutex lock;
    as_cond changed; /* for readers: one has its bytes, failed, or should look again */
    bool cancelled;

    char *url; /* in use */
    uint64_t url_serial;
    uint64_t url_host; /* see as_http_user.host */
    char shown[512];   /* for logs and errors */

    /* The content. */
    as_chunks *chunks;
    as_http_pin pin;
    atomic_uint_fast64_t version;
    uint64_t size;       /* AS_SIZE_UNKNOWN until told */
    uint64_t end_most;   /* it ends there or before */
    uint64_t stored_end; /* the end of the last bytes that were read */
    bool answered;       /* a response of this version was accepted */
    bool ranges;         /* with a part */
    bool whole;          /* with all: one download */
    bool whole_done;     /* which has brought everything, */
    bool whole_full;     /* or found no room for it */
    bool no_match;       /* If-Match is not sent: 412 has to be explained, */
    bool match_broken;   /* or the server is known to be wrong about it */
    uint64_t changed_ns;
    uint32_t changes; /* in quick succession */

    /* Need. */
    as_http_reader *readers, *last_reader; /* the longest waiting first */
    as_byte_range wanted[AS_HTTP_WANTED];
    size_t wanted_count;
    bool hinted;
    uint64_t generation, swept; /* newest hint's; the one whose seek was dealt with */
    uint32_t ramp;
    bool filling;
    uint64_t abandon_ns; /* when the latest seeks' abandoned requests are paid for */

    /* Requests. */
    as_http_flight *flights; /* params.requests of them */
    uint32_t most_flights;   /* 1 where the server seems to take no more connections, */
    uint64_t limited_ns;     /* until then, */
    uint32_t limits;         /* as often as it seemed so */
    uint64_t rate, response_ns;
    uint64_t paid_ns; /* when the bytes received so far are within the bandwidth */
    uint64_t random;

    /* Failure. */
    uint32_t failures;      /* in a row */
    uint64_t rest_until_ns; /* no requests; reads fail with last_error */
    uint64_t hold_until_ns; /* no requests; reads wait */
    as_error last_error;
    uint32_t denied; /* the status that calls for another URL; 0: none */
    bool refresh_asked;
    bool refreshing;

    /* http_disk.c */
    as_thread disk_thread;
    bool disk_thread_runs;
    as_cond disk_work;
    as_http_disk_state disk_state;
    as_http_disk *disk;
    uint64_t disk_queue[AS_HTTP_DISK_QUEUE];
    size_t disk_first, disk_count;
    bool disk_closing;
    uint64_t disk_deadline_ns;

    as_http_stats stats;
};

/* Everything below: under the source's lock unless it says otherwise. */

/* http_read.c */
as_result as_http_read(void *user, uint64_t offset, void *buffer, size_t length, size_t *out_read,
                       as_error *error); /* without the lock */
void as_http_prefetch(void *user, const as_byte_range *ranges, size_t count, int32_t priority,
                      uint64_t generation); /* without the lock */
/* Hands bytes that have arrived to the readers waiting for just these, and wakes whom that
 * concerns. */
void as_http_deliver(as_http_source *source, uint64_t offset, const uint8_t *data, size_t length);
/* Ends reads that still miss bytes: all, or those that no running request will serve. */
void as_http_fail_readers(as_http_source *source, const as_error *error, bool all);

/* http_engine.c */
void as_http_turn(as_http_user *user, uint64_t now_ns);
void as_http_begin(as_http_user *user, uint64_t now_ns);
void as_http_gave_way(as_http_user *user, as_http_transfer *transfer, uint64_t now_ns);
void as_http_stop(as_http_user *user);
/* Would a request begin now, if there were a place? */
bool as_http_has_need(as_http_source *source, uint64_t now_ns);
/* Is a running request about to bring the byte? */
bool as_http_is_coming(const as_http_source *source, uint64_t offset);
size_t as_http_count_running(const as_http_source *source);
/* The request is over, whatever it is: a retry, or the slot is free. */
void as_http_free_flight(as_http_flight *flight);
void as_http_delay_flight(as_http_flight *flight, uint64_t delay_ns, uint64_t now_ns);
/* Nobody will take its answer: a running one is removed when the network thread comes to it. */
void as_http_disown_flight(as_http_flight *flight);
/* The server does not seem to serve several connections: one request at a time, for a while. */
void as_http_limit_flights(as_http_source *source, uint64_t now_ns);
/* On the network thread: has each running request its share of the bandwidth? */
void as_http_share_bandwidth(as_http_source *source);

/* http_watch.c; on the network thread */
/* Takes a running request from the client. */
void as_http_remove_flight(as_http_flight *flight, as_result result, uint64_t now_ns,
                           as_http_report *out);
/* When the attempt will have been silent, or slow, for too long; UINT64_MAX: not yet to be said. */
uint64_t as_http_stall_deadline(as_http_flight *flight);
/* Is it stuck? Begins the next window where it is not. */
bool as_http_is_stuck(as_http_flight *flight, uint64_t now_ns);
/* Removes a stuck one, and tries again. */
void as_http_abandon_stuck(as_http_flight *flight, uint64_t now_ns, as_http_report *out);
/* Some servers serve one connection at a time and let others wait until it is closed, which kept
 * alive it is not. Others take their time, when they have to fetch the bytes themselves. Only a
 * second request for the same bytes, on a kept connection, can tell: it is made for the flight that
 * this gives (NULL: none), when as_http_unserved_due has come (UINT64_MAX: never). */
as_http_flight *as_http_unserved(const as_http_source *source, uint64_t now_ns);
uint64_t as_http_unserved_due(const as_http_source *source);
/* The flight's response was accepted: gives up the other request for the same bytes, if there is
 * one. When that is the one that was begun earlier, all that wait on new connections are given up,
 * and from then on there is one at a time. */
void as_http_answered_first(as_http_flight *flight, uint64_t now_ns);

/* http_answer.c; on the network thread */
size_t as_http_on_header(char *data, size_t size, size_t count, void *user); /* without the lock */
size_t as_http_on_body(char *data, size_t size, size_t count, void *user);   /* without the lock */
/* Does its body belong to the content? */
bool as_http_is_accepted(const as_http_flight *flight);
/* Of the connection's speed, from what the request has brought. */
void as_http_measure(as_http_flight *flight, uint64_t now_ns, bool at_end);
/* false: it is another than was told, or more has been read already: another content's. */
bool as_http_learn_size(as_http_source *source, uint64_t size);
/* The verdict on the flight, where that is so. */
void as_http_size_differs(as_http_flight *flight);
/* Another version is there. Everything known of the old one goes, and who waits for its bytes is
 * told. Changes that follow each other closely are slowed down. */
void as_http_content_changed(as_http_flight *flight, uint64_t now_ns);

/* http_end.c */
/* On the network thread, without the lock. */
void as_http_ended(as_http_user *user, as_http_transfer *transfer, CURLcode code, uint64_t now_ns);
/* On the network thread: the attempt failed and may be worth another one. */
void as_http_try_again(as_http_flight *flight, uint64_t now_ns);
/* It failed for good: reads fail, the source rests. On any thread; flight may be NULL. */
void as_http_give_up(as_http_source *source, as_http_flight *flight, const as_error *error,
                     uint64_t now_ns);
/* flight->error: `text` with the URL in front. */
void as_http_set_error(as_http_source *source, as_error *error, as_result code, const char *text);
void as_http_fill_report(const as_http_flight *flight, as_result result, uint64_t now_ns,
                         as_http_report *out);
/* Without the lock: exchange callback, log. */
void as_http_tell(as_http_source *source, const as_http_report *report);

/* http_request.c; on the network thread */
/* Hands the next hop of the flight to the client. AS_ERROR_OUT_OF_MEMORY; AS_ERROR_ARGUMENT: a
 * redirect leads to a URL that is too long. */
as_result as_http_send(as_http_flight *flight, uint64_t now_ns);
void as_http_free_request(as_http_flight *flight); /* what the attempt holds but its easy handle */
/* With a bandwidth: most bytes that come at once, before libcurl pauses. */
uint64_t as_http_burst_bytes(const as_http_source *source);
/* Replaces location by the URL it means; false: nothing that may be followed, why: flight->error */
bool as_http_follow(as_http_flight *flight);
/* Pure. Is it an http or https URL? *out_host: equal for equal schemes, hosts and ports. */
as_result as_http_check_url(const char *url, uint64_t *out_host, as_error *error);

/* http_disk.c */
/* With cache_dir: starts its thread. AS_ERROR_OUT_OF_MEMORY */
as_result as_http_disk_start(as_http_source *source, as_error *error);
void as_http_disk_stop(as_http_source *source); /* without the lock; no reader is left */
/* The version is known (perhaps): opens the cache if it is not open yet. */
void as_http_disk_pinned(as_http_source *source);
void as_http_disk_changed(as_http_source *source); /* the version is another one */
void as_http_disk_completed(as_http_source *source, uint64_t unit);
bool as_http_disk_has(const as_http_source *source, uint64_t unit);
/* The first unit from `unit` on that is there, of those that were when the directory was opened or
 * were written since; UINT64_MAX: none. */
uint64_t as_http_disk_next(const as_http_source *source, uint64_t unit);
/* Brings the unit of reader->at into the chunks if it is on disk, and hands it to the readers.
 * true: it tried, and released the lock meanwhile, so that everything may be different now. */
bool as_http_disk_load(as_http_source *source, as_http_reader *reader);

#endif
