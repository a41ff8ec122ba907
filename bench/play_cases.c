/* SPDX-License-Identifier: MIT
 *
 * --play: what a frame costs from its compressed bytes to R8, played in order through the library,
 * in CPU time of all threads, beside memset of the buffer and the floor: the time to store to just
 * the cache lines in which a buffer's old and new frame differ.
 *
 * Run it by `taskset -c N` for the figures of one core. memset is measured over one buffer, again
 * and again, which a large last-level cache holds, and over as many as play goes round.
 */
#include "floor.h"
#include "stream_bench.h"

#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CANVAS_WIDTH = 2048,
    CANVAS_HEIGHT = 1024,
    L0 = 4,
    DISTANCE = L0 + 3, /* L0 ahead, one held, one being drawn, one just shown */
    MOST_FRAMES = 240, /* of which canvases are kept for the floor */
    MOST_PASSES = 1000
};

static double median(double *us, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && us[k] < us[k - 1]; k--) {
            const double t = us[k];
            us[k] = us[k - 1];
            us[k - 1] = t;
        }
    return us[count / 2];
}

static void check(as_result result, const as_error *error)
{
    if (result != AS_OK)
        bench_die("%s", error->code != AS_OK ? error->text : as_result_text(result));
}

/* ------------------------------------------------------------------------------- memset ---- */

typedef struct buffers {
    uint8_t *memory[DISTANCE];
    size_t size;
} buffers;

static buffers make_buffers(size_t size)
{
    buffers b = {.size = size};
    for (size_t i = 0; i < DISTANCE; i++) {
        b.memory[i] = as_mem_alloc(size); /* on pages like the library's */
        if (!b.memory[i])
            bench_die("out of memory");
        memset(b.memory[i], 0, size);
    }
    return b;
}

static void free_buffers(buffers *b)
{
    for (size_t i = 0; i < DISTANCE; i++)
        as_mem_free(b->memory[i]);
}

/* us, over `used` of the buffers in turn. */
static double time_memset(const buffers *b, size_t used)
{
    enum { ROUNDS = 63 };
    double us[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t start = bench_cpu();
        memset(b->memory[(size_t)i % used], i, b->size);
        us[i] = (double)(bench_cpu() - start) / 1e3;
    }
    return median(us, ROUNDS);
}

/* -------------------------------------------------------------------------------- floor ---- */

typedef struct canvases {
    uint64_t *words[MOST_FRAMES];
    size_t count, stride;
    as_canvas *last; /* shows the last of them */
} canvases;

static canvases read_canvases(const char *path)
{
    canvases c = {0};
    as_error error = {0};
    as_source *source = NULL;
    as_container *container = NULL;
    as_container_info info = {0};
    as_buffer payload = {0};
    check(as_source_open(path, NULL, &source, &error), &error);
    check(as_container_open(source, NULL, &container, &error), &error);
    as_source_close(&source);
    check(as_container_get_info(container, &info, &error), &error);
    check(as_canvas_create(CANVAS_WIDTH, CANVAS_HEIGHT, &c.last, &error), &error);
    c.count = info.frame_count < MOST_FRAMES ? (size_t)info.frame_count : MOST_FRAMES;
    for (size_t i = 0; i < c.count; i++) {
        as_canvas_view view;
        check(as_container_read_payload(container, i, &payload, &error), &error);
        check(as_canvas_draw(c.last, payload.data, payload.size, NULL, &error), &error);
        check(as_canvas_get_view(c.last, &view, &error), &error);
        c.stride = view.stride_words;
        const size_t size = view.stride_words * view.height * sizeof(uint64_t);
        c.words[i] = malloc(size);
        if (!c.words[i])
            bench_die("out of memory");
        memcpy(c.words[i], view.words, size);
    }
    as_buffer_free(&payload);
    as_container_close(&container);
    return c;
}

static void free_canvases(canvases *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->words[i]);
    as_canvas_destroy(&c->last);
}

static void print_floor(const canvases *c, const buffers *b, const bench_size *size,
                        double memset_us)
{
    static const size_t distances[] = {1, L0 + 1, DISTANCE};
    const floor_shape shape = {CANVAS_WIDTH, CANVAS_HEIGHT, c->stride, size->width, size->height};
    uint32_t *lines = malloc((b->size / FLOOR_LINE + 1) * sizeof(*lines));
    double us[MOST_FRAMES];
    for (size_t k = 0; lines && k < sizeof(distances) / sizeof(*distances); k++) {
        const size_t far = distances[k];
        size_t total = 0;
        if (c->count <= far)
            continue;
        for (size_t i = 0; i + far < c->count; i++) {
            const size_t count = floor_list(&shape, c->words[i], c->words[i + far], lines);
            const uint64_t start = bench_cpu();
            floor_store(b->memory[i % DISTANCE], lines, count);
            us[i] = (double)(bench_cpu() - start) / 1e3;
            total += count;
        }
        const size_t frames = c->count - far;
        const double floor_us = median(us, frames);
        printf("  %u x %u: floor, frames %zu apart: %.1f us (%.2f x memset), %zu lines, %.1f %%\n",
               size->width, size->height, far, floor_us, floor_us / memset_us, total / frames,
               100.0 * FLOOR_LINE * (double)total / (double)frames / (double)b->size);
    }
    free(lines);
}

/* All of a mask that was not written lately. */
static void print_cold(const canvases *c, const buffers *b, const bench_size *size,
                       double memset_us)
{
    enum { ROUNDS = 63 };
    double us[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t start = bench_cpu();
        check(as_canvas_to_r8(c->last, b->memory[i % DISTANCE], b->size, size->width, size->height,
                              0, NULL),
              &(as_error){0});
        us[i] = (double)(bench_cpu() - start) / 1e3;
    }
    const double full = median(us, ROUNDS);
    printf("  %u x %u: full write, buffers in turn: %.1f us (%.2f x memset)\n", size->width,
           size->height, full, full / memset_us);
}

/* --------------------------------------------------------------------------------- play ---- */

static as_stream *open_play(const bench_args *args, const bench_size *size)
{
    as_error error = {0};
    as_stream *stream = NULL;
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .location = args->path,
                                     .width = size->width,
                                     .height = size->height,
                                     .l0_frames = L0};
    check(as_stream_open(&params, &stream, &error), &error);
    return stream;
}

static as_stream_stats stats_of(as_stream *stream)
{
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    check(as_stream_get_stats(stream, &stats), &(as_error){0});
    return stats;
}

static uint64_t frames_of(as_stream *stream)
{
    as_stream_metadata meta = {.struct_size = sizeof(meta)};
    check(as_stream_get_metadata(stream, &meta), &(as_error){0});
    return meta.frame_count;
}

static as_frame *wait_for(as_stream *stream, uint64_t index)
{
    as_frame *frame = NULL;
    check(as_stream_get_frame(stream, index, 0, 0, 10 * BENCH_SECOND, &frame), &(as_error){0});
    return frame;
}

/* Each frame is held until the next one is there. us of CPU a frame, of all threads. */
static double play_once(as_stream *stream, uint64_t frames)
{
    as_frame *shown = NULL;
    const uint64_t start = bench_cpu();
    for (uint64_t i = 0; i < frames; i++) {
        as_frame *frame = wait_for(stream, i);
        as_frame_unref(&shown);
        shown = frame;
    }
    as_frame_unref(&shown);
    return (double)(bench_cpu() - start) / 1e3 / (double)frames;
}

static void print_stage(const bench_size *size, const char *name, const as_stage_times *before,
                        const as_stage_times *after)
{
    const double us = (double)(after->total_ns - before->total_ns) / 1e3;
    printf("  %u x %u: of that %s %.1f us (mean of wall time)\n", size->width, size->height, name,
           us / (double)(after->count - before->count));
}

static void run_play(const bench_args *args, const void *user)
{
    const bench_size *size = user;
    canvases c = read_canvases(args->path);
    buffers b = make_buffers((size_t)size->width * size->height);
    const double one = time_memset(&b, 1), all = time_memset(&b, DISTANCE);
    printf("  %u x %u: memset %.1f us of one buffer, %.1f us of %d in turn\n", size->width,
           size->height, one, all, DISTANCE);
    print_cold(&c, &b, size, all);
    print_floor(&c, &b, size, all);
    free_buffers(&b);

    double us[MOST_PASSES];
    const unsigned passes = args->passes < MOST_PASSES ? args->passes : MOST_PASSES;
    as_stream *stream = open_play(args, size);
    const uint64_t frames = frames_of(stream);
    (void)play_once(stream, frames); /* touches the buffers */
    const as_stream_stats before = stats_of(stream);
    for (unsigned pass = 0; pass < passes; pass++)
        us[pass] = play_once(stream, frames);
    const as_stream_stats after = stats_of(stream);
    const double frame = median(us, passes);
    printf("  %u x %u: whole frame %.1f us of CPU (%.1f .. %.1f; %.2f x memset of one buffer, %.2f "
           "of all)\n",
           size->width, size->height, frame, us[0], us[passes - 1], frame / one, frame / all);
    print_stage(size, "reading", &before.read, &after.read);
    print_stage(size, "inflating", &before.decode, &after.decode);
    print_stage(size, "drawing to R8", &before.draw, &after.draw);
    as_stream_close(&stream);
    free_canvases(&c);
}

int bench_part_play(const bench_args *args)
{
    static const bench_size sizes[] = {{CANVAS_WIDTH, CANVAS_HEIGHT}, {6720, 3360}};
    printf("whole frames in order, L0 %d, buffers touched, CPU of all threads\n", L0);
    if (args->size.width)
        return bench_child(args, run_play, &args->size);
    return bench_child(args, run_play, &sizes[0]) | bench_child(args, run_play, &sizes[1]);
}
