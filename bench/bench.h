/* SPDX-License-Identifier: MIT
 *
 * alphastream-bench: streams to measure with, cases over them, and what came out. Families of cases
 * (stage_cases.c, turn_cases.c, whole_cases.c, pool_cases.c, compare_cases.c) add theirs to the
 * list; bench.c runs those that were asked for.
 */
#ifndef BENCH_H
#define BENCH_H

#include "alphastream/alphastream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_CANVAS_WIDTH = 2048, BENCH_CANVAS_HEIGHT = 1024 };

typedef struct bench_size {
    uint32_t width, height;
} bench_size;

enum { BENCH_SIZES = 4 };
extern const bench_size bench_sizes[BENCH_SIZES];

/* ------------------------------------------------------------------------------- streams ---- */

typedef struct bench_point {
    int32_t x, y;
} bench_point;

/* A frame's polylines, parsed: channel i has points ends[i - 1] (0 for the first) to ends[i] - 1.
 */
typedef struct bench_lines {
    bench_point *points;
    size_t *ends;
    size_t channels;
} bench_lines;

typedef struct bench_stream {
    char name[32];
    char path[128]; /* of the container */
    bool temporary; /* it was made for this run */
    size_t total;   /* frames in the container */
    size_t frames;  /* of these, evenly spread, are in: */
    size_t *indices;
    as_buffer *payloads;
    bench_lines *lines;
    double points; /* a frame, on average */
} bench_stream;

/* Both false after a message. Frames: at most this many are taken. */
bool bench_stream_open(bench_stream *stream, const char *name, const char *path, size_t frames);
/* kind: a name of bench_generated_names; written to a temporary container first. */
bool bench_stream_generate(bench_stream *stream, const char *kind, size_t frames);
void bench_stream_close(bench_stream *stream);
/* One of those that only `draw` is measured with (walkN of generate.c). */
bool bench_stream_walks(const bench_stream *stream);

/* The polylines in another size: x * width / canvas width, truncated, y likewise. points NULL: out
 * of memory. */
bench_lines bench_lines_scaled(const bench_lines *lines, bench_size size);
void bench_lines_free(bench_lines *lines);

/* Streams made by rule, from a fixed seed (generate.c); NULL at the end. */
extern const char *const bench_generated_names[];
size_t bench_generated_frames(const char *kind);
/* One frame's payload, for free(); NULL: out of memory. */
uint8_t *bench_generate(const char *kind, size_t frame, size_t *out_size);

/* --------------------------------------------------------------------------------- cases ---- */

/* What two workers make of what one does (pool_cases.c). */
typedef struct bench_scaling {
    double one, two;           /* frames a second */
    double times, apart;       /* by two workers and by two processes of one, by those of one */
    double cpu_one, cpu_apart; /* microseconds a frame, as bench_result.cpu is by two workers */
} bench_scaling;

typedef struct bench_result {
    double min, median; /* of the passes: microseconds a frame */
    double p99;         /* of single frames, over all passes */
    size_t passes, samples;
    double cpu;     /* microseconds a frame of all threads; 0: the times are CPU time */
    double differs; /* part of the pixels that are not as this library has them; -1: not asked */
    double area;    /* opaque pixels, by those of this library; likewise */
    bench_scaling scaling; /* all 0: not asked */
    const char *failure;   /* NULL, or why there are no figures */
} bench_result;

typedef struct bench_settings {
    size_t warmup, repeats; /* passes; of repeats at least 3 are made however long they take */
    double seconds;         /* no pass is begun after so many */
} bench_settings;

typedef struct bench_case bench_case;
struct bench_case {
    char name[80]; /* FAMILY/STREAM/WIDTHxHEIGHT */
    const bench_stream *stream;
    bench_size size;
    size_t frames;                                /* that a pass has */
    bool (*open)(bench_case *c);                  /* optional; false after a message */
    bool (*prepare)(bench_case *c, size_t frame); /* optional; what is not measured of a frame */
    bool (*run)(bench_case *c, size_t frame);
    void (*close)(bench_case *c);                    /* optional; also after open failed */
    void (*check)(bench_case *c, bench_result *out); /* optional; sets differs and area */
    /* Instead of all of these: fills *out in a way of its own, in a process of its own. */
    void (*measure)(bench_case *c, const bench_settings *settings, bench_result *out);
    const void *with; /* the family's */
    void *state;      /* that open made */
};

typedef struct bench {
    bench_settings settings;
    bench_stream *streams;
    size_t stream_count;
    bench_case *cases;
    size_t count, capacity;
} bench;

/* Adds a case named FAMILY/STREAM/WxH, the last two where `stream` is not NULL and size not 0. */
void bench_add(bench *b, const char *family, bench_case c);

void bench_add_stages(bench *b);
void bench_add_turns(bench *b);
void bench_add_whole(bench *b);
void bench_add_pool(bench *b);
void bench_add_compared(bench *b);

/* ------------------------------------------------------------------------------ measuring ---- */

void bench_measure(const bench_settings *settings, bench_case *c, bench_result *out);

/* Passes and samples in microseconds; computes min, median and p99 and sorts both. */
void bench_statistics(double *passes, size_t pass_count, double *samples, size_t sample_count,
                      bench_result *out);

double bench_wall_us(void);
double bench_thread_cpu_us(void);
double bench_process_cpu_us(void);

/* To stderr: "alphastream-bench: ..." */
void bench_message(const char *format, ...);

/* ---------------------------------------------------------------------------------- report ---- */

void bench_print_head(void);
void bench_print_result(const bench_case *c, const bench_result *result);
/* False after a message. */
bool bench_write_json(const char *path, const bench *b, const bench_case *const *cases,
                      const bench_result *results, size_t count, int argc, char **argv);

#endif
