/* SPDX-License-Identifier: MIT
 *
 * Which range to request next. Pure: everything it looks at is an argument; nothing is kept.
 *
 * The unit is 64 KiB, aligned. A request is 1 to 64 adjacent units, none of which is there or on
 * its way: gaps are not joined, since what comes twice is paid for and a second request costs next
 * to nothing when it overlaps the first.
 *
 * What a reader waits for goes first: from its first missing unit on, at most `chunk_bytes`, as
 * many requests at once as it takes. A request for it goes on into what is wanted next.
 *
 * Ahead of need, hysteresis: nothing is asked for until what is there ahead of the head has sunk
 * low (4 s of the connection or half of what is hinted, whichever is less, but enough for a request
 * in time), then everything that is hinted, up to half of the budget: fewer radio wake-ups on
 * phones. A second request in parallel pays only when the first is about to end: within one round
 * trip. One of more than two permitted flights stays free for readers.
 *
 * The first request after an open or a seek is small, so that the first frame is there soon; each
 * one after it may be twice as large, up to about a second of what the connection was measured to
 * give, at least 256 KiB and at most `chunk_bytes`. Where hints end, or are missing, a request goes
 * on to 256 KiB all the same, so that hints that grow by a frame at a time do not make a request
 * for each unit.
 *
 * Everything on its way fits into the budget together, whatever the readers wait for; a budget
 * below two units counts as two.
 *
 * Backward play shows in hints whose pieces follow each other downward. Then requests reach down,
 * and are small while little is there: of a request the last byte is needed first.
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
    /* Bytes wanted soon, in order of need (the newest hint); for backward play in descending
     * pieces. */
    const as_byte_range *wanted;
    size_t wanted_count;
    /* Is the unit complete, or on disk? Asked often; cheap. */
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
    bool filling; /* it was low, and what is hinted was not all there or on its way since */
} as_plan;

typedef struct as_plan_request {
    uint64_t first, count; /* units; count 0: nothing to ask for now */
    bool urgent;
    bool filling; /* for the next call's `filling` */
} as_plan_request;

/* The next request. Call again after it was begun (flights), until count is 0. While an urgent
 * range has a unit that is neither there nor on its way and a flight is free, count is not 0. */
void as_plan_next(const as_plan *plan, as_plan_request *out);

/* After a seek: is a flight worth finishing? Yes when what is still to come of it reaches bytes of
 * `urgent` or `wanted` within two round trips (or at all, while the connection was not measured),
 * or ends within two round trips. */
bool as_plan_keeps(const as_plan *plan, const as_plan_flight *flight);

#endif
