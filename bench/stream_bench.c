/* SPDX-License-Identifier: MIT
 *
 * Plays a stream as a host would, through the CV_* functions, and measures what that costs:
 *
 *     alphastream-stream-bench STREAM [PART...] [--size WxH] [--passes N] [--seconds S]
 *
 * Parts (default: --all): --flat (as fast as frames come), --paced (60 frames per second, asked for
 * when due), --memory (resident with L0 4 and L0 10 at 6720 x 3360), --open (a container of 216 000
 * frames), --timebox (how long past its time a get blocks when the source is slow) and --play
 * (play_cases.c). Each measurement runs in a process of its own. --size replaces the sizes of
 * --flat, --paced and --play.
 */
#include "stream_bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACED_FPS = 60 };

typedef struct paced {
    uint64_t due, late, late_after_first, never;
    samples get;
} paced;

static AlphaStreamHandle *open_cv(const bench_args *args, unsigned width, unsigned height,
                                  unsigned l0)
{
    AlphaStreamHandle *handle = CV_create();
    if (!handle)
        bench_die("out of memory");
    if (!CV_init(handle, args->path, 0, width, height, NULL, 0, l0, 0, 0, 0, 0))
        bench_die("%s", CV_get_last_error_text(handle));
    if (CV_get_total_frames(handle) == 0)
        bench_die("%s has no frames", args->path);
    return handle;
}

static const void *get(AlphaStreamHandle *handle, uint64_t frame)
{
    const void *pixels = CV_get_frame(handle, frame);
    if (!pixels && CV_get_last_error_code(handle) != AS_TIMEOUT)
        bench_die("%s", CV_get_last_error_text(handle));
    return pixels;
}

/* --------------------------------------------------------------------------------- flat ---- */

static void run_flat(const bench_args *args, const void *user)
{
    const bench_size *size = user;
    AlphaStreamHandle *handle = open_cv(args, size->width, size->height, 0);
    const uint64_t count = CV_get_total_frames(handle);
    double best = 1e300, cpu = 0;
    uint64_t waits = 0;
    for (unsigned pass = 0; pass < args->passes; pass++) {
        const uint64_t start = bench_now(), cpu_start = bench_cpu();
        for (uint64_t frame = 0; frame < count; frame++)
            while (!get(handle, frame))
                waits++;
        const double seconds = bench_seconds(bench_now() - start);
        cpu += bench_seconds(bench_cpu() - cpu_start);
        best = seconds < best ? seconds : best;
        printf("  %u x %u, pass %u: %.0f frames/s\n", size->width, size->height, pass + 1,
               (double)count / seconds);
    }
    printf("  %u x %u: best %.0f frames/s, %.3f ms CPU a frame, %" PRIu64 " gets timed out\n",
           size->width, size->height, (double)count / best,
           1e3 * cpu / ((double)count * args->passes), waits);
    CV_destroy(handle);
}

/* -------------------------------------------------------------------------------- paced ---- */

static void play_paced(AlphaStreamHandle *handle, uint64_t count, double seconds, paced *p)
{
    const uint64_t pictures = (uint64_t)(seconds * PACED_FPS), start = bench_now();
    for (uint64_t k = 0; k < pictures; k++) {
        const uint64_t end = start + (k + 1) * BENCH_SECOND / PACED_FPS;
        bench_sleep_until(start + k * BENCH_SECOND / PACED_FPS);
        const uint64_t asked = bench_now();
        const void *pixels = get(handle, k % count);
        const uint64_t there = bench_now();
        samples_add(&p->get, there - asked);
        const bool late = !pixels || there >= end;
        p->due++;
        p->never += !pixels;
        p->late += late;
        p->late_after_first += late && k > 0;
    }
    bench_sleep_until(start + pictures * BENCH_SECOND / PACED_FPS);
}

static void run_paced(const bench_args *args, const void *user)
{
    const bench_size *size = user;
    AlphaStreamHandle *handle = open_cv(args, size->width, size->height, 0);
    paced p = {0};
    samples_init(&p.get, (size_t)(args->seconds * PACED_FPS) + 1);
    const uint64_t start = bench_now(), cpu_start = bench_cpu();
    play_paced(handle, CV_get_total_frames(handle), args->seconds, &p);
    const double seconds = bench_seconds(bench_now() - start);
    const double cpu = bench_seconds(bench_cpu() - cpu_start);
    printf("  %u x %u: %" PRIu64 " due, %" PRIu64 " late (%" PRIu64 " after the first; %" PRIu64
           " timed out)\n",
           size->width, size->height, p.due, p.late, p.late_after_first, p.never);
    printf("  %u x %u: ", size->width, size->height);
    samples_print(&p.get, "get");
    printf("  %u x %u: %.3f ms CPU a frame, %.1f %% of one core\n", size->width, size->height,
           1e3 * cpu / (double)p.due, 100 * cpu / seconds);
    samples_free(&p.get);
    CV_destroy(handle);
}

/* ------------------------------------------------------------------------------- memory ---- */

/* All frames once, so that L1 is full; each frame is held as a host would. */
static void run_memory(const bench_args *args, const void *user)
{
    const unsigned l0 = *(const unsigned *)user;
    const bench_memory before = bench_memory_now();
    AlphaStreamHandle *handle = open_cv(args, 6720, 3360, l0);
    const uint64_t count = CV_get_total_frames(handle);
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    for (uint64_t frame = 0; frame < count; frame++)
        while (!get(handle, frame))
            continue;
    if (!CV_get_stats(handle, &stats))
        bench_die("%s", CV_get_last_error_text(handle));
    const bench_memory after = bench_memory_now();
    printf("  6720 x 3360, L0 %u: resident %.1f MiB, peak %.1f MiB (%.1f before the open)\n", l0,
           bench_mib(after.resident), bench_mib(after.peak), bench_mib(before.resident));
    printf("  6720 x 3360, L0 %u: L1 %" PRIu64 " frames, %.2f MiB; %" PRIu64
           " output buffers, %.1f MiB\n",
           l0, stats.l1_frames, bench_mib(stats.l1_bytes), stats.l0_buffers,
           bench_mib(stats.l0_bytes));
    CV_destroy(handle);
}

/* -------------------------------------------------------------------------------- parts ---- */

static const bench_size default_sizes[] = {{2048, 1024}, {6720, 3360}};

static int each_size(const bench_args *args, bench_fn *run)
{
    if (args->size.width)
        return bench_child(args, run, &args->size);
    int failed = 0;
    for (size_t i = 0; i < sizeof(default_sizes) / sizeof(*default_sizes); i++)
        failed |= bench_child(args, run, &default_sizes[i]);
    return failed;
}

static int part_flat(const bench_args *args)
{
    printf("flat out, CV_get_frame\n");
    return each_size(args, run_flat);
}

static int part_paced(const bench_args *args)
{
    printf("paced at %d frames per second for %.1f s, CV_get_frame\n", PACED_FPS, args->seconds);
    return each_size(args, run_paced);
}

static int part_memory(const bench_args *args)
{
    static const unsigned l0[] = {4, 10};
    printf("memory, all frames once, CV_get_frame\n");
    return bench_child(args, run_memory, &l0[0]) | bench_child(args, run_memory, &l0[1]);
}

static const struct {
    const char *option;
    int (*run)(const bench_args *args);
} parts[] = {
    {"--flat", part_flat},       {"--paced", part_paced},           {"--memory", part_memory},
    {"--open", bench_part_open}, {"--timebox", bench_part_timebox}, {"--play", bench_part_play}};
enum { PARTS = sizeof(parts) / sizeof(*parts) };

static bool take_part(const char *option, bool *wanted)
{
    const bool all = strcmp(option, "--all") == 0;
    bool any = all;
    for (int i = 0; i < PARTS; i++)
        if (all || strcmp(option, parts[i].option) == 0)
            any = wanted[i] = true;
    return any;
}

static bool take_value(bench_args *args, const char *option, const char *value)
{
    char rest;
    if (strcmp(option, "--size") == 0)
        return sscanf(value, "%ux%u%c", &args->size.width, &args->size.height, &rest) == 2;
    if (strcmp(option, "--passes") == 0)
        return sscanf(value, "%u%c", &args->passes, &rest) == 1 && args->passes > 0;
    if (strcmp(option, "--seconds") == 0)
        return sscanf(value, "%lf%c", &args->seconds, &rest) == 1 && args->seconds > 0 &&
               args->seconds < 1e5;
    return false;
}

int main(int argc, char **argv)
{
    bench_args args = {.passes = 3, .seconds = 12};
    bool wanted[PARTS] = {false}, any = false;
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        if (!args.path && argv[i][0] != '-') {
            args.path = argv[i];
        } else if (take_part(argv[i], wanted)) {
            any = true;
        } else if (i + 1 < argc && take_value(&args, argv[i], argv[i + 1])) {
            i++;
        } else {
            args.path = NULL;
            break;
        }
    }
    if (!args.path) {
        fprintf(stderr, "usage: alphastream-stream-bench STREAM [--all] [--flat] [--paced] "
                        "[--memory] [--open] [--timebox] [--play] [--size WxH] "
                        "[--passes N] [--seconds S]\n");
        return 2;
    }
    for (int i = 0; i < PARTS; i++)
        if (!any || wanted[i])
            failed |= parts[i].run(&args);
    return failed;
}
