/* SPDX-License-Identifier: MIT */
#include "stream_bench.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void bench_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "alphastream-stream-bench: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}

int bench_child(const bench_args *args, bench_fn *run, const void *user)
{
    fflush(stdout);
    const pid_t child = fork();
    int status = 0;
    if (child == 0) {
        run(args, user);
        fflush(stdout);
        _exit(0);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (child < 0 || !WIFEXITED(status))
        fprintf(stderr, "alphastream-stream-bench: a measurement crashed or could not start\n");
    return 1;
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * BENCH_SECOND + (uint64_t)t.tv_nsec;
}

uint64_t bench_now(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t bench_cpu(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_seconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / (double)BENCH_SECOND;
}

void bench_sleep_until(uint64_t ns)
{
    const struct timespec t = {.tv_sec = (time_t)(ns / BENCH_SECOND),
                               .tv_nsec = (long)(ns % BENCH_SECOND)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        continue;
}

bench_memory bench_memory_now(void)
{
    bench_memory memory = {0};
    char line[256];
    unsigned long long kib;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "VmRSS: %llu", &kib) == 1)
            memory.resident = (uint64_t)kib * 1024;
        else if (sscanf(line, "VmHWM: %llu", &kib) == 1)
            memory.peak = (uint64_t)kib * 1024;
    }
    if (file)
        fclose(file);
    return memory;
}

double bench_mib(uint64_t bytes)
{
    return (double)bytes / 1048576;
}

void samples_init(samples *s, size_t capacity)
{
    *s = (samples){.ns = malloc(capacity * sizeof(*s->ns)), .capacity = capacity};
    if (!s->ns)
        bench_die("out of memory");
}

void samples_add(samples *s, uint64_t ns)
{
    if (s->count < s->capacity)
        s->ns[s->count++] = ns;
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The time that `part` of the samples did not exceed, in us. */
static double at(const samples *s, double part)
{
    size_t rank = (size_t)(part * (double)s->count);
    if (rank >= s->count)
        rank = s->count - 1;
    return (double)s->ns[rank] / 1e3;
}

void samples_print(samples *s, const char *name)
{
    if (s->count == 0) {
        printf("%s: no samples\n", name);
        return;
    }
    qsort(s->ns, s->count, sizeof(*s->ns), compare);
    printf("%s p50 %.1f us, p99 %.1f, p99.9 %.1f, max %.1f (%zu)\n", name, at(s, 0.5), at(s, 0.99),
           at(s, 0.999), at(s, 1), s->count);
}

void samples_free(samples *s)
{
    free(s->ns);
    *s = (samples){0};
}
