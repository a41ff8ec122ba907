/* SPDX-License-Identifier: MIT
 *
 * What the commands of alphastream-http-viewers share. Each prints one JSON object; run.py starts
 * the servers, runs the commands and makes tables of what they print.
 */
#ifndef BENCH_HTTP_VIEWERS_H
#define BENCH_HTTP_VIEWERS_H

#include "alphastream/alphastream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECOND UINT64_C(1000000000)

enum { FPS = 60 };

/* long IN OUT SECONDS: makes a plain container that long at 60 fps out of the frames of IN, in an
 * order of its own. */
int command_long(int argc, char **argv);
/* viewers URL ...: many viewers, each with a source and a stream of its own, join, play and seek.
 */
int command_viewers(int argc, char **argv);
/* link URL FILE ...: what one viewer meets: first frame, seeks, late frames. */
int command_link(int argc, char **argv);
/* many URL FILE ...: many streams at once, every mask compared; who uses how much CPU. */
int command_many(int argc, char **argv);

#if defined(__GNUC__)
#define DIE_FORMAT __attribute__((format(printf, 1, 2), noreturn))
#else
#define DIE_FORMAT
#endif

/* A sentence on standard error, and the process ends. */
void die(const char *format, ...) DIE_FORMAT;
/* The same with what the calling thread's last call on `stream` said. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void die_of_stream(as_stream *stream);

/* Sets *out to the number behind `option` at argv[*i] and steps over it, if that is the one;
 * dies of a value out of range. */
bool take_number(char **argv, int *i, const char *option, double low, double high, double *out);

uint64_t now_ns(void); /* monotonic */
void sleep_until(uint64_t ns);
double seconds_of(uint64_t ns);
double ms_of(uint64_t ns);

uint64_t process_cpu_ns(void);
/* CPU of the threads of this process with such a name, so far; in steps of 10 ms. */
uint64_t thread_cpu_ns(const char *name);
#define NETWORK_THREAD "as-http"

uint64_t random_next(uint64_t *state);
double random_unit(uint64_t *state); /* [0, 1) */

/* Times in ms, all kept; any thread. */
typedef struct samples samples;
samples *samples_new(size_t capacity);
void samples_add(samples *s, double ms);
size_t samples_count(const samples *s);
/* {"count": n, "p50": ., "p90": ., "p99": ., "max": .}, or null without any. */
void samples_print(samples *s);
void samples_free(samples *s);

as_source *open_url(const char *url, const as_http_params *params);
as_http_stats stats_of(as_source *source);
/* The members of a JSON object about a source, a comma behind each. */
void print_http(const as_http_stats *stats);

/* A checksum of a mask's pixels. */
uint64_t sum_of_frame(const as_frame *frame);
/* Those of all frames of a container, drawn without a stream. */
typedef struct sums {
    uint64_t *of_frame;
    uint64_t count;
} sums;
sums sums_of_file(const char *path, uint32_t width, uint32_t height);

#endif
