/* SPDX-License-Identifier: MIT
 *
 * What play counted, and how it is told.
 */
#ifndef CLI_PLAY_REPORT_H
#define CLI_PLAY_REPORT_H

#include "exchanges.h"
#include "latency.h"
#include "options.h"

typedef struct play_counts {
    uint64_t due;       /* frames asked for; those not on time or late are missing */
    uint64_t on_time;   /* there before the next was due; flat out: there */
    uint64_t late;      /* there after that */
    uint64_t last_late; /* which was the last of them, counted from 1; 0: none */
    uint64_t bad;       /* of the missing: malformed, or not in the container */
    uint64_t failed;    /* of the missing: not to be had for another reason */
    uint64_t seeks;
} play_counts;

typedef struct play_report {
    const options *o;
    const char *source;
    const char *ended; /* "end", "time" or "interrupt" */
    play_counts counts;
    double seconds;     /* played */
    double cpu_seconds; /* of the whole process meanwhile */
    uint64_t peak_bytes;
    latency get;       /* every call of as_stream_get_frame, or of as_gl_ or as_vk_get_frame and the
                          drawing */
    char gl_name[160]; /* "": the CPU drew */
    as_gl_stats gl;
    char vulkan_name[320]; /* "": it did not */
    as_vk_stats vulkan;
    as_stream_metadata metadata;
    as_stream_stats stats;
    bool over_http;
    as_http_stats http;
} play_report;

/* To standard output: a table, or one JSON object. */
void play_print_table(const play_report *r);
void play_print_json(const play_report *r);

/* hits of hits and misses, in percent; 100 without any. */
double play_hit_percent(uint64_t hits, uint64_t misses);

#endif
