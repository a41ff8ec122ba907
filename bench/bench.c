/* SPDX-License-Identifier: MIT
 *
 * Times the stages of one frame on one core, through the public headers:
 *
 *     alphastream-bench STREAM.asvp [REPEATS]
 *
 * Every stage runs over all frames REPEATS times after one warm-up; printed are microseconds a
 * frame: the best, the median and the worst pass. memset of the output buffer stands beside R8 as
 * the mark of what writing costs at that moment.
 */
#include "alphastream/alphastream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CANVAS_WIDTH = 2048, CANVAS_HEIGHT = 1024, MOST_REPEATS = 1000 };

typedef struct bench {
    as_container *container;
    as_buffer *payloads;
    uint64_t frames;
    as_canvas *canvas;
    uint8_t *pixels;
    uint32_t width, height;
    int repeats;
} bench;

typedef as_result stage_fn(bench *b, uint64_t frame);

static as_result stage_inflate(bench *b, uint64_t frame)
{
    return as_container_read_payload(b->container, frame, &b->payloads[frame], NULL);
}

static as_result stage_draw(bench *b, uint64_t frame)
{
    return as_canvas_draw(b->canvas, b->payloads[frame].data, b->payloads[frame].size, NULL, NULL);
}

static as_result stage_draw_and_r8(bench *b, uint64_t frame)
{
    const size_t size = (size_t)b->width * b->height;
    const as_result result = stage_draw(b, frame);
    return result == AS_OK
               ? as_canvas_to_r8(b->canvas, b->pixels, size, b->width, b->height, 0, NULL)
               : result;
}

static as_result stage_memset(bench *b, uint64_t frame)
{
    memset(b->pixels, (int)(frame & 1), (size_t)b->width * b->height);
    return AS_OK;
}

/* 65536 triangles, each as large as the canvas: what a channel costs must follow its crossings. */
static as_result stage_many_channels(bench *b, uint64_t frame)
{
    enum { CHANNELS = 65536, RECORD = 4 + 2 * 24 };
    static uint8_t payload[4 + 4 * CHANNELS + CHANNELS * RECORD];
    if (frame != 0)
        return AS_OK;
    payload[2] = CHANNELS >> 16;
    for (size_t i = 0; i < CHANNELS; i++) {
        payload[4 + 4 * i] = RECORD;
        uint8_t *record = payload + 4 + 4 * (size_t)CHANNELS + i * RECORD;
        record[0] = (uint8_t)i;
        for (size_t k = 4; k < RECORD; k += 2) { /* right and down, then down; closed from there */
            record[k] = k < RECORD / 2 ? 127 : 40;
            record[k + 1] = 40;
        }
    }
    return as_canvas_draw(b->canvas, payload, sizeof(payload), NULL, NULL);
}

static as_result stage_strip(bench *b, uint64_t frame)
{
    static as_buffer vertices;
    if (frame == b->frames - 1) { /* the last one of a pass gives the memory back */
        as_buffer_free(&vertices);
    }
    return as_triangle_strip(b->payloads[frame].data, b->payloads[frame].size, 0, 0, NULL,
                             &vertices, NULL);
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int run(bench *b, const char *name, stage_fn *stage)
{
    static double us[MOST_REPEATS];
    for (int repeat = -1; repeat < b->repeats; repeat++) { /* -1: the warm-up */
        const double start = now_us();
        for (uint64_t i = 0; i < b->frames; i++) {
            const as_result result = stage(b, i);
            if (result != AS_OK) {
                fprintf(stderr, "%s: frame %" PRIu64 ": %s\n", name, i, as_result_text(result));
                return 1;
            }
        }
        if (repeat >= 0)
            us[repeat] = (now_us() - start) / (double)b->frames;
    }
    qsort(us, (size_t)b->repeats, sizeof(*us), compare);
    printf("%-28s %10.1f %10.1f %10.1f\n", name, us[0], us[b->repeats / 2], us[b->repeats - 1]);
    return 0;
}

static int run_all(bench *b)
{
    static const uint32_t sizes[][2] = {{512, 256}, {2048, 1024}, {3840, 1920}, {6720, 3360}};
    int failed = 0;
    printf("%-28s %10s %10s %10s\n", "us per frame", "best", "median", "worst");
    failed |= run(b, "read + inflate", stage_inflate);
    failed |= run(b, "payload -> canvas", stage_draw);
    failed |= run(b, "payload -> triangle strip", stage_strip);
    const uint64_t frames = b->frames;
    b->frames = 1;
    failed |= run(b, "65536 canvas-sized channels", stage_many_channels);
    b->frames = frames;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        char name[64];
        b->width = sizes[i][0];
        b->height = sizes[i][1];
        snprintf(name, sizeof(name), "canvas + R8 %" PRIu32 " x %" PRIu32, b->width, b->height);
        failed |= run(b, name, stage_draw_and_r8);
        snprintf(name, sizeof(name), "  memset of that buffer");
        failed |= run(b, name, stage_memset);
    }
    return failed;
}

static as_result open_all(bench *b, const char *path, as_error *error)
{
    as_source *source = NULL;
    as_container_info info = {0};
    as_result result = as_source_open(path, NULL, &source, error);
    if (result == AS_OK)
        result = as_container_open(source, NULL, &b->container, error);
    as_source_close(&source);
    if (result == AS_OK)
        result = as_canvas_create(CANVAS_WIDTH, CANVAS_HEIGHT, &b->canvas, error);
    if (result == AS_OK)
        result = as_container_get_info(b->container, &info, error);
    b->frames = info.frame_count;
    return result;
}

int main(int argc, char **argv)
{
    bench b = {.repeats = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 9};
    as_error error = {0};
    if (argc < 2 || b.repeats < 1 || b.repeats > MOST_REPEATS) {
        fprintf(stderr, "usage: alphastream-bench STREAM [REPEATS 1..%d]\n", MOST_REPEATS);
        return 2;
    }
    if (open_all(&b, argv[1], &error) != AS_OK) {
        fprintf(stderr, "alphastream-bench: %s\n", error.text);
        return 1;
    }
    b.payloads = calloc(b.frames + 1, sizeof(*b.payloads));
    b.pixels = malloc((size_t)6720 * 3360);
    const int failed = !b.payloads || !b.pixels || run_all(&b);
    for (uint64_t i = 0; b.payloads && i < b.frames; i++)
        as_buffer_free(&b.payloads[i]);
    free(b.payloads);
    free(b.pixels);
    as_canvas_destroy(&b.canvas);
    as_container_close(&b.container);
    return failed;
}
