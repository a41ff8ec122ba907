/* SPDX-License-Identifier: MIT
 *
 * Each frame is timed by itself, on the thread's CPU clock, so that other programs on the machine
 * disturb less; what asking that clock costs is measured once and taken off.
 */
#include "bench.h"

#include <stdlib.h>
#include <time.h>

static double clock_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double bench_wall_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

double bench_thread_cpu_us(void)
{
    return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

double bench_process_cpu_us(void)
{
    return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_statistics(double *passes, size_t pass_count, double *samples, size_t sample_count,
                      bench_result *out)
{
    qsort(passes, pass_count, sizeof(*passes), compare);
    qsort(samples, sample_count, sizeof(*samples), compare);
    out->min = passes[0];
    out->median = passes[pass_count / 2];
    out->p99 = samples[(sample_count * 99 + 99) / 100 - 1];
    out->passes = pass_count;
    out->samples = sample_count;
}

/* The least that two readings of the clock are apart. */
static double clock_cost(void)
{
    static double cost = -1;
    for (int i = 0; cost < 0 || i < 1000; i++) {
        const double start = bench_thread_cpu_us(), took = bench_thread_cpu_us() - start;
        if (cost < 0 || took < cost)
            cost = took;
    }
    return cost;
}

/* One pass: the mean in microseconds, each frame's time to samples; negative: it failed. */
static double one_pass(bench_case *c, double *samples, double cost)
{
    double sum = 0;
    for (size_t i = 0; i < c->frames; i++) {
        if (c->prepare && !c->prepare(c, i))
            return -1;
        const double start = bench_thread_cpu_us();
        if (!c->run(c, i))
            return -1;
        const double took = bench_thread_cpu_us() - start - cost;
        samples[i] = took > 0 ? took : 0;
        sum += samples[i];
    }
    return sum / (double)c->frames;
}

static void all_passes(const bench_settings *settings, bench_case *c, double *passes,
                       double *samples, bench_result *out)
{
    enum { LEAST = 3 };
    const double start = bench_wall_us(), cost = clock_cost();
    size_t done = 0;
    for (size_t i = 0; i < settings->warmup; i++)
        if (one_pass(c, samples, cost) < 0) {
            out->failure = "failed";
            return;
        }
    while (done < settings->repeats &&
           (done < LEAST || bench_wall_us() - start < settings->seconds * 1e6)) {
        passes[done] = one_pass(c, samples + done * c->frames, cost);
        if (passes[done++] < 0) {
            out->failure = "failed";
            return;
        }
    }
    bench_statistics(passes, done, samples, done * c->frames, out);
}

void bench_measure(const bench_settings *settings, bench_case *c, bench_result *out)
{
    *out = (bench_result){.differs = -1, .area = -1};
    if (c->measure) {
        c->measure(c, settings, out);
        return;
    }
    double *passes = malloc(settings->repeats * sizeof(*passes));
    double *samples = malloc((settings->repeats + 1) * c->frames * sizeof(*samples));
    if (!passes || !samples || (c->open && !c->open(c)))
        out->failure = "could not begin";
    else
        all_passes(settings, c, passes, samples, out);
    if (!out->failure && c->check)
        c->check(c, out);
    if (c->close)
        c->close(c);
    free(passes);
    free(samples);
}
