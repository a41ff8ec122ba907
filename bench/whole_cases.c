/* SPDX-License-Identifier: MIT
 *
 * Whole frames as a host gets them: a stream is opened and played from its first frame to its last,
 * as fast as frames come, through CV_get_frame. Times are wall time, CPU that of all threads, which
 * run on all cores (`whole`) or on one (`whole-core`).
 */
#include "bench.h"

#include "core/base/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct workers {
    const char *family, *threads; /* NULL: the library's default */
    bool one_core;
} workers;

static AlphaStreamHandle *open_cv(const bench_case *c)
{
    const workers *w = c->with;
    AlphaStreamHandle *handle = CV_create();
    if (handle && (!w->threads || CV_set_option(handle, "threads", w->threads)) &&
        CV_init(handle, c->stream->path, 0, c->size.width, c->size.height, NULL, 0, 0, 0, 0, 0, 0))
        return handle;
    bench_message("%s: %s", c->name, CV_get_last_error_text(handle));
    CV_destroy(handle);
    return NULL;
}

static bool play(AlphaStreamHandle *handle, size_t frames, double *samples)
{
    for (size_t i = 0; i < frames; i++) {
        const double start = bench_wall_us();
        while (!CV_get_frame(handle, i))
            if (CV_get_last_error_code(handle) != AS_TIMEOUT) {
                bench_message("%s", CV_get_last_error_text(handle));
                return false;
            }
        samples[i] = bench_wall_us() - start;
    }
    return true;
}

static void play_all(const bench_case *c, const bench_settings *settings, bench_result *out)
{
    const size_t frames = c->frames;
    AlphaStreamHandle *handle = open_cv(c);
    double *passes = malloc(settings->repeats * sizeof(*passes));
    double *samples = malloc((settings->repeats + 1) * frames * sizeof(*samples));
    bool ok = handle && passes && samples;
    const double begun = bench_wall_us();
    for (size_t i = 0; ok && i < settings->warmup; i++)
        ok = play(handle, frames, samples);
    const double cpu = bench_process_cpu_us();
    size_t done = 0;
    while (ok && done < settings->repeats &&
           (done < 3 || bench_wall_us() - begun < settings->seconds * 1e6)) {
        const double start = bench_wall_us();
        ok = play(handle, frames, samples + done * frames);
        passes[done++] = (bench_wall_us() - start) / (double)frames;
    }
    if (ok) {
        out->cpu = (bench_process_cpu_us() - cpu) / (double)(done * frames);
        bench_statistics(passes, done, samples, done * frames, out);
    }
    CV_destroy(handle);
    free(passes);
    free(samples);
}

/* In a child: the worker pool is one per process and does not survive fork. */
static void measure_whole(bench_case *c, const bench_settings *settings, bench_result *out)
{
    int ends[2];
    int status = 0;
    const bool piped = pipe(ends) == 0;
    fflush(stdout);
    const pid_t child = piped ? fork() : -1;
    if (child == 0) {
        bench_result result = *out;
        const workers *w = c->with;
        if (w->one_core)
            (void)as_thread_pin(0);
        play_all(c, settings, &result);
        _exit(write(ends[1], &result, sizeof(result)) != (ssize_t)sizeof(result));
    }
    if (piped)
        close(ends[1]);
    if (child < 0 || read(ends[0], out, sizeof(*out)) != (ssize_t)sizeof(*out) || out->passes == 0)
        out->failure = "failed";
    if (piped)
        close(ends[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
}

/* The last two at the largest size only. */
static const workers kinds[] = {{"whole", NULL, false},
                                {"whole-core", NULL, true},
                                {"workers1", "1", false},
                                {"workers2", "2", false}};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

void bench_add_whole(bench *b)
{
    for (size_t i = 0; i < b->stream_count; i++) {
        const bench_stream *stream = &b->streams[i];
        if (bench_stream_walks(stream))
            continue;
        for (int k = 0; k < BENCH_SIZES; k++)
            for (int w = 0; w < (k == BENCH_SIZES - 1 ? KINDS : KINDS - 2); w++)
                bench_add(b, kinds[w].family,
                          (bench_case){.stream = stream,
                                       .size = bench_sizes[k],
                                       .frames = stream->total,
                                       .measure = measure_whole,
                                       .with = &kinds[w]});
    }
}
