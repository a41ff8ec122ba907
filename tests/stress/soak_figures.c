/* SPDX-License-Identifier: MIT */
#include "tests/stress/soak.h"

#include "tests/support/process.h"

#include <malloc.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_GROWTH_KIB = 2 * 1024, /* by that line, from the first sample used to the last */
    MOST_CONNECTIONS = 8        /* that the steady stream may keep or not */
};

static double rss_kib(void)
{
    unsigned long all = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &all, &resident), 2);
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static double used_kib(void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
    const struct mallinfo2 info = mallinfo2();
    return (double)(info.uordblks + info.hblkhd) / 1024;
#else
    return 0;
#endif
}

soak_sample soak_measure(uint64_t since_ns, int threads)
{
    const struct timespec moment = {.tv_nsec = 1000 * 1000};
    for (int i = 0; i < 1000 && threads != 0 && test_threads() != threads; i++)
        nanosleep(&moment, NULL);
    return (soak_sample){.seconds = (double)(test_now_ns() - since_ns) / 1e9,
                         .rss_kib = rss_kib(),
                         .used_kib = used_kib(),
                         .descriptors = test_descriptors(),
                         .threads = test_threads()};
}

/* KiB a second, by least squares. */
static double slope_of(const soak_sample *samples, size_t count)
{
    double time = 0, memory = 0, above = 0, below = 0;
    for (size_t i = 0; i < count; i++) {
        time += samples[i].seconds / (double)count;
        memory += samples[i].rss_kib / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        above += (samples[i].seconds - time) * (samples[i].rss_kib - memory);
        below += (samples[i].seconds - time) * (samples[i].seconds - time);
    }
    return below > 0 ? above / below : 0;
}

static unsigned judge_memory(const soak_figures *f)
{
    const size_t first = f->count / 3, count = f->count - first;
    if (f->count < SOAK_ROUNDS) {
        printf("memory: too few rounds to tell a slope\n");
        return 0;
    }
    const soak_sample *from = &f->samples[first], *to = &f->samples[f->count - 1];
    const double slope = slope_of(from, count);
    const double growth = slope * (to->seconds - from->seconds);
    printf("memory: %.0f KiB after %.0f s, %.0f KiB after %.0f s; slope %.3f KiB a minute, which "
           "makes %.0f KiB (at most %d)\n",
           from->rss_kib, from->seconds, to->rss_kib, to->seconds, slope * 60, growth,
           MOST_GROWTH_KIB);
    return !TEST_SANITIZED && growth > MOST_GROWTH_KIB;
}

unsigned soak_judge(const soak_figures *f)
{
    int least = f->samples[0].descriptors, most = least;
    unsigned wrong = 0;
    for (size_t i = 0; i < f->count; i++) {
        const soak_sample *at = &f->samples[i];
        least = at->descriptors < least ? at->descriptors : least;
        most = at->descriptors > most ? at->descriptors : most;
        if (at->threads != f->samples[0].threads) {
            printf("threads: %d after %.0f s, %d before\n", at->threads, at->seconds,
                   f->samples[0].threads);
            wrong++;
        }
    }
    printf("threads beside this one: %d; descriptors: %d .. %d (at most %d apart)\n",
           f->samples[0].threads, least, most, MOST_CONNECTIONS);
    return wrong + (most - least > MOST_CONNECTIONS) + judge_memory(f);
}
