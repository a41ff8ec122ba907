/* SPDX-License-Identifier: MIT
 *
 * Which range to request next. Pure: everything it looks at is an argument; nothing is kept.
 *
 * The unit is 64 KiB, aligned. A request is 1 to 64 adjacent units. What a reader waits for goes
 * first, and a request for it goes on into what is wanted next. Ahead of need, hysteresis: nothing
 * is asked for until what is there ahead of the head has sunk to `low` bytes, then all up to `high`
 * (fewer radio wake-ups on phones). The first requests after an open or a seek are small, so that
 * the first frame is there soon; then a request is about a second of what the connection was
 * measured to give, at least 256 KiB, at most `chunk_bytes` (and 4 MiB where gaps are joined). A
 * second request in parallel pays only when the first is about to end: within one round trip.
 */
#ifndef AS_IO_HTTP_PLAN_H
#define AS_IO_HTTP_PLAN_H

#include "core/io/io.h"

enum {
    AS_UNIT_BYTES = 64 * 1024,
    AS_PLAN_MOST_UNITS = 64,
    AS_PLAN_FIRST_BYTES = 256 * 1024, /* after an open or a seek; 64 KiB while below 1 Mbit/s */
};

/* A transfer under way: units first .. first + count - 1. */
typedef struct as_plan_flight {
    uint64_t first, count;
    uint64_t received; /* bytes of it so far */
} as_plan_flight;

typedef struct as_plan {
    /* Bytes readers wait for now, the longest waiting first. */
    const as_byte_range *urgent;
    size_t urgent_count;
    /* Bytes wanted soon, in order of need (the newest hint). */
    const as_byte_range *wanted;
    size_t wanted_count;
    /* Is the unit complete, or on disk? */
    bool (*has)(void *user, uint64_t unit);
    void *user;
    const as_plan_flight *flights;
    size_t flight_count;
    uint64_t size; /* of the content; AS_SIZE_UNKNOWN */
    uint32_t most_flights;
    uint32_t chunk_bytes;
    uint64_t budget;        /* of chunk memory: at most half is read ahead */
    uint64_t rate;          /* bytes per second of the connection; 0: not known */
    uint64_t first_byte_ns; /* request to first byte; 0: not known */
    uint32_t ramp;          /* requests since the open or seek */
    bool filling; /* between low and high: it was below low and has not reached high since */
} as_plan;

typedef struct as_plan_request {
    uint64_t first, count; /* units; count 0: nothing to ask for now */
    bool urgent;
    bool filling; /* for the next call's `filling` */
} as_plan_request;

/* The next request. Call again after it was begun (flights), until count is 0. */
void as_plan_next(const as_plan *plan, as_plan_request *out);

/* After a seek: is a flight worth finishing? Yes when it covers bytes of `urgent` or `wanted`, or
 * is nearly done: no more is missing than arrives within two round trips. */
bool as_plan_keeps(const as_plan *plan, const as_plan_flight *flight);

#endif
