/* SPDX-License-Identifier: MIT
 *
 * Polylines to finished R8 in sequential play, on one core and without inflating, scheduling or
 * handing over: what there is to compare with rasterizers, which get their points parsed. As in
 * play, each mask is brought from what it shows to the frame that is TURNS later. `turns-vector`
 * does so with points scaled to the mask's size, as the other rasterizers have them.
 *
 * And masks written in full, whose memory other masks have driven out of the caches since (`cold`),
 * and what memset takes over as many buffers in turn (`memset-turns`). And what no play in turn can
 * do without: a store to each cache line in which a mask differs (`floor`).
 */
#include "bench.h"

#include "floor.h"

#include "core/base/mem.h"
#include "core/raster/r8.h"

#include <stdlib.h>
#include <string.h>

/* Buffers that go round in play with 4 frames in L0: these, and what callers and workers hold. */
enum { TURNS = 7 };

/* Of a case's `with`, where points are scaled. */
static const as_raster_params vector = {.struct_size = sizeof(vector),
                                        .source_width = BENCH_CANVAS_WIDTH,
                                        .source_height = BENCH_CANVAS_HEIGHT};

typedef struct turn_state {
    as_container *container;
    as_canvas *canvas;
    as_buffer payload;
    uint8_t *pixels[TURNS];
    as_ras_shown *shown[TURNS];
    uint64_t *bits[TURNS]; /* of the floor: the canvas that each mask shows */
    uint32_t *lines;       /* in which it differs from the next */
    size_t line_count;
} turn_state;

static bool turn_open(bench_case *c)
{
    turn_state *s = calloc(1, sizeof(*s));
    const size_t size = (size_t)c->size.width * c->size.height;
    c->state = s;
    if (!s)
        return false;
    as_source *source = NULL;
    const bench_size at = c->with ? c->size : (bench_size){BENCH_CANVAS_WIDTH, BENCH_CANVAS_HEIGHT};
    as_result result = as_canvas_create(at.width, at.height, &s->canvas, NULL);
    if (result == AS_OK && c->stream)
        result = as_source_open(c->stream->path, NULL, &source, NULL);
    if (result == AS_OK && c->stream)
        result = as_container_open(source, NULL, &s->container, NULL);
    as_source_close(&source);
    bool ok = result == AS_OK;
    const bool remembers = as_ras_shown_pays(at.width, at.height, c->size.width, c->size.height);
    for (size_t i = 0; ok && i < TURNS; i++) {
        s->pixels[i] = as_mem_calloc(1, size);
        if (remembers)
            s->shown[i] = as_ras_shown_create(at.width, at.height);
        ok = s->pixels[i] && (s->shown[i] || !remembers);
    }
    return ok;
}

static bool turn_prepare(bench_case *c, size_t frame)
{
    turn_state *s = c->state;
    return as_container_read_payload(s->container, frame, &s->payload, NULL) == AS_OK;
}

static bool turn_run(bench_case *c, size_t frame)
{
    const turn_state *s = c->state;
    const size_t turn = frame % TURNS;
    if (as_canvas_draw(s->canvas, s->payload.data, s->payload.size, c->with, NULL) != AS_OK)
        return false;
    as_ras_update_r8(s->canvas, s->shown[turn], s->pixels[turn], c->size.width, c->size.height,
                     c->size.width);
    return true;
}

static bool cold_prepare(bench_case *c, size_t frame)
{
    const turn_state *s = c->state;
    return turn_prepare(c, frame) &&
           as_canvas_draw(s->canvas, s->payload.data, s->payload.size, NULL, NULL) == AS_OK;
}

static bool cold_run(bench_case *c, size_t frame)
{
    const turn_state *s = c->state;
    const size_t size = (size_t)c->size.width * c->size.height;
    return as_canvas_to_r8(s->canvas, s->pixels[frame % TURNS], size, c->size.width, c->size.height,
                           0, NULL) == AS_OK;
}

static bool memset_run(bench_case *c, size_t frame)
{
    const turn_state *s = c->state;
    memset(s->pixels[frame % TURNS], (int)(frame & 1), (size_t)c->size.width * c->size.height);
    return true;
}

static bool floor_open(bench_case *c)
{
    if (!turn_open(c))
        return false;
    turn_state *s = c->state;
    as_canvas_view view;
    bool ok = as_canvas_get_view(s->canvas, &view, NULL) == AS_OK;
    for (size_t i = 0; ok && i < TURNS; i++) {
        s->bits[i] = as_mem_calloc(view.stride_words * view.height, sizeof(uint64_t));
        ok = s->bits[i] != NULL;
    }
    s->lines = malloc(((size_t)c->size.width * c->size.height / FLOOR_LINE + 1) * sizeof(uint32_t));
    return ok && s->lines;
}

static bool floor_prepare(bench_case *c, size_t frame)
{
    turn_state *s = c->state;
    uint64_t *bits = s->bits[frame % TURNS];
    as_canvas_view view;
    if (!cold_prepare(c, frame) || as_canvas_get_view(s->canvas, &view, NULL) != AS_OK)
        return false;
    const floor_shape shape = {view.width, view.height, view.stride_words, c->size.width,
                               c->size.height};
    s->line_count = floor_list(&shape, bits, view.words, s->lines);
    memcpy(bits, view.words, view.stride_words * view.height * sizeof(uint64_t));
    return true;
}

static bool floor_run(bench_case *c, size_t frame)
{
    const turn_state *s = c->state;
    floor_store(s->pixels[frame % TURNS], s->lines, s->line_count);
    return true;
}

static void turn_close(bench_case *c)
{
    turn_state *s = c->state;
    if (!s)
        return;
    as_container_close(&s->container);
    as_canvas_destroy(&s->canvas);
    as_buffer_free(&s->payload);
    for (size_t i = 0; i < TURNS; i++) {
        as_mem_free(s->pixels[i]);
        as_ras_shown_destroy(s->shown[i]);
        as_mem_free(s->bits[i]);
    }
    free(s->lines);
    free(s);
}

static void add(bench *b, const char *family, const bench_stream *stream, bench_size size,
                bool (*open)(bench_case *), bool (*prepare)(bench_case *, size_t),
                bool (*run)(bench_case *, size_t))
{
    bench_add(b, family,
              (bench_case){.stream = stream,
                           .size = size,
                           .frames = stream ? stream->total : 10 * TURNS,
                           .open = open,
                           .prepare = prepare,
                           .run = run,
                           .close = turn_close});
}

void bench_add_turns(bench *b)
{
    const bench_size largest = bench_sizes[BENCH_SIZES - 1];
    for (size_t i = 0; i < b->stream_count; i++) {
        const bench_stream *stream = &b->streams[i];
        if (bench_stream_walks(stream))
            continue;
        for (int k = 0; k < BENCH_SIZES; k++) {
            add(b, "turns", stream, bench_sizes[k], turn_open, turn_prepare, turn_run);
            add(b, "turns-vector", stream, bench_sizes[k], turn_open, turn_prepare, turn_run);
            b->cases[b->count - 1].with = &vector;
            add(b, "floor", stream, bench_sizes[k], floor_open, floor_prepare, floor_run);
        }
        add(b, "cold", stream, largest, turn_open, cold_prepare, cold_run);
    }
    for (int k = 0; k < BENCH_SIZES; k++)
        add(b, "memset-turns", NULL, bench_sizes[k], turn_open, NULL, memset_run);
}
