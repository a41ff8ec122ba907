/* SPDX-License-Identifier: MIT
 *
 * What the parts of alphastream-stream-bench share.
 */
#ifndef BENCH_STREAM_BENCH_H
#define BENCH_STREAM_BENCH_H

#include "alphastream/alphastream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_SECOND UINT64_C(1000000000)

typedef struct bench_size {
    unsigned width, height;
} bench_size;

typedef struct bench_args {
    const char *path;
    bench_size size; /* 0: the part's own */
    unsigned passes;
    double seconds;
} bench_args;

#if defined(__GNUC__)
#define BENCH_FORMAT __attribute__((format(printf, 1, 2), noreturn))
#else
#define BENCH_FORMAT
#endif

/* A sentence on standard error, and the process (a child of bench_child) ends. */
void bench_die(const char *format, ...) BENCH_FORMAT;

/* Runs `run` in a process of its own, so that nothing of what ran before is in its memory or its
 * threads. Returns 0, or 1 if it failed. */
typedef void bench_fn(const bench_args *args, const void *user);
int bench_child(const bench_args *args, bench_fn *run, const void *user);

uint64_t bench_now(void);                   /* monotonic, ns */
uint64_t bench_cpu(void);                   /* of this process, ns */
double bench_seconds(uint64_t nanoseconds); /* as seconds */
void bench_sleep_until(uint64_t ns);        /* of bench_now */

typedef struct bench_memory {
    uint64_t resident, peak; /* bytes */
} bench_memory;
bench_memory bench_memory_now(void);
double bench_mib(uint64_t bytes);

/* Times in ns, all kept. */
typedef struct samples {
    uint64_t *ns;
    size_t count, capacity;
} samples;
void samples_init(samples *s, size_t capacity);
void samples_add(samples *s, uint64_t ns); /* ignored when it is full */
/* Sorts them; prints "NAME p50 .. us, p99 .., p99.9 .., max .." and a line end. */
void samples_print(samples *s, const char *name);
void samples_free(samples *s);

int bench_part_open(const bench_args *args);
int bench_part_timebox(const bench_args *args);
int bench_part_play(const bench_args *args);

#endif
