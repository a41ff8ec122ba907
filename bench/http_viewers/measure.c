/* SPDX-License-Identifier: MIT */
#include "http_viewers.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "alphastream-http-viewers: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}

void die_of_stream(as_stream *stream)
{
    as_error error = {0};
    (void)as_stream_last_error(stream, &error);
    die("%s", error.text);
}

bool take_number(char **argv, int *i, const char *option, double low, double high, double *out)
{
    char *end;
    if (strcmp(argv[*i], option) != 0)
        return false;
    const char *text = argv[*i + 1] ? argv[++*i] : "";
    *out = strtod(text, &end);
    if (end == text || *end || !(*out >= low && *out <= high))
        die("%s \"%s\" is not a number from %g to %g", option, text, low, high);
    return true;
}

/* -------------------------------------------------------------------------------- time ---- */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

uint64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

void sleep_until(uint64_t ns)
{
    const struct timespec t = {.tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        continue;
}

double seconds_of(uint64_t ns)
{
    return (double)ns / (double)SECOND;
}

double ms_of(uint64_t ns)
{
    return (double)ns / 1e6;
}

uint64_t process_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* User and system time of one thread, from its stat line; 0 if it has another name. */
static uint64_t cpu_if_named(const char *task, const char *name)
{
    char path[300], line[512];
    unsigned long long user = 0, system = 0;
    snprintf(path, sizeof(path), "/proc/self/task/%s/stat", task);
    FILE *file = fopen(path, "r");
    const bool read = file && fgets(line, sizeof(line), file);
    if (file)
        fclose(file);
    const char *open = read ? strchr(line, '(') : NULL, *close = read ? strrchr(line, ')') : NULL;
    if (!open || !close || (size_t)(close - open - 1) != strlen(name) ||
        strncmp(open + 1, name, strlen(name)) != 0 ||
        sscanf(close + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
               &system) != 2)
        return 0;
    return (user + system) * (SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
}

uint64_t thread_cpu_ns(const char *name)
{
    uint64_t total = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task = tasks ? readdir(tasks) : NULL; task; task = readdir(tasks))
        if (task->d_name[0] != '.')
            total += cpu_if_named(task->d_name, name);
    if (tasks)
        closedir(tasks);
    return total;
}

uint64_t random_next(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

double random_unit(uint64_t *state)
{
    return (double)(random_next(state) >> 11) / 9007199254740992.0;
}

/* ------------------------------------------------------------------------------ samples ---- */

struct samples {
    pthread_mutex_t lock;
    size_t count, capacity;
    double ms[];
};

samples *samples_new(size_t capacity)
{
    samples *s = malloc(sizeof(*s) + capacity * sizeof(s->ms[0]));
    if (!s)
        die("out of memory");
    pthread_mutex_init(&s->lock, NULL);
    s->count = 0;
    s->capacity = capacity;
    return s;
}

void samples_add(samples *s, double ms)
{
    pthread_mutex_lock(&s->lock);
    if (s->count < s->capacity)
        s->ms[s->count++] = ms;
    pthread_mutex_unlock(&s->lock);
}

size_t samples_count(const samples *s)
{
    return s->count;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What `part` of the samples did not exceed. */
static double at(const samples *s, double part)
{
    const size_t rank = (size_t)(part * (double)s->count);
    return s->ms[rank < s->count ? rank : s->count - 1];
}

void samples_print(samples *s)
{
    if (s->count == 0) {
        printf("null");
        return;
    }
    qsort(s->ms, s->count, sizeof(s->ms[0]), compare);
    printf("{\"count\": %zu, \"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"max\": %.3f}", s->count,
           at(s, 0.5), at(s, 0.9), at(s, 0.99), s->ms[s->count - 1]);
}

void samples_free(samples *s)
{
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* -------------------------------------------------------------------------------- http ---- */

as_source *open_url(const char *url, const as_http_params *params)
{
    as_source *source = NULL;
    as_error error = {0};
    if (as_source_open_http(url, params, &source, &error) != AS_OK)
        die("%s", error.text);
    return source;
}

as_http_stats stats_of(as_source *source)
{
    as_http_stats stats = {.struct_size = sizeof(stats)};
    as_error error = {0};
    if (as_source_get_http_stats(source, &stats, &error) != AS_OK)
        die("%s", error.text);
    return stats;
}

void print_http(const as_http_stats *s)
{
    printf("\"requests\": %" PRIu64 ", \"retries\": %" PRIu64 ", \"received\": %" PRIu64
           ", \"useful\": %" PRIu64 ", \"delivered\": %" PRIu64 ", \"connections\": %" PRIu64 ", ",
           s->requests, s->retries, s->received, s->useful, s->delivered, s->connections);
}

/* ------------------------------------------------------------------------------- masks ---- */

/* FNV-1a of 64 bits, but eight bytes at a time; widths here are multiples of that. */
static uint64_t sum_of_pixels(const uint8_t *pixels, uint32_t width, uint32_t height, size_t stride)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (uint32_t y = 0; y < height; y++)
        for (size_t x = 0; x + 8 <= width; x += 8) {
            uint64_t word;
            memcpy(&word, pixels + y * stride + x, sizeof(word));
            sum = (sum ^ word) * UINT64_C(1099511628211);
        }
    return sum;
}

uint64_t sum_of_frame(const as_frame *frame)
{
    as_frame_info info;
    if (as_frame_get_info(frame, &info) != AS_OK)
        die("a frame without information");
    return sum_of_pixels(info.data, info.width, info.height, info.stride);
}

static as_result sum_all(as_container *container, uint32_t width, uint32_t height, sums *out,
                         as_error *error)
{
    as_container_info info = {0};
    as_canvas *canvas = NULL;
    as_buffer payload = {0};
    const size_t size = (size_t)width * height;
    uint8_t *pixels = malloc(size);
    as_result result = as_container_get_info(container, &info, error);
    *out = (sums){malloc((info.frame_count + 1) * sizeof(*out->of_frame)), info.frame_count};
    if (!pixels || !out->of_frame)
        die("out of memory");
    if (result == AS_OK)
        result = as_canvas_create(2048, 1024, &canvas, error);
    for (uint64_t i = 0; result == AS_OK && i < info.frame_count; i++) {
        result = as_container_read_payload(container, i, &payload, error);
        if (result == AS_OK)
            result = as_canvas_draw(canvas, payload.data, payload.size, NULL, error);
        if (result == AS_OK)
            result = as_canvas_to_r8(canvas, pixels, size, width, height, 0, error);
        out->of_frame[i] = sum_of_pixels(pixels, width, height, width);
    }
    as_buffer_free(&payload);
    as_canvas_destroy(&canvas);
    free(pixels);
    return result;
}

sums sums_of_file(const char *path, uint32_t width, uint32_t height)
{
    as_source *source = NULL;
    as_container *container = NULL;
    as_error error = {0};
    sums all = {0};
    if (as_source_open_file(path, NULL, &source, &error) != AS_OK ||
        as_container_open(source, NULL, &container, &error) != AS_OK ||
        sum_all(container, width, height, &all, &error) != AS_OK)
        die("%s", error.text);
    as_container_close(&container);
    as_source_close(&source);
    return all;
}
