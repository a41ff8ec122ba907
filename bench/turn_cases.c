/* SPDX-License-Identifier: MIT
 *
 * Polylines to finished R8 in sequential play, on one core and without inflating, scheduling or
 * handing over: what there is to compare with rasterizers, which get their points parsed. As in
 * play, each mask is brought from what it shows to the frame that is TURNS later.
 */
#include "bench.h"

#include "core/base/mem.h"
#include "core/raster/r8.h"

#include <stdlib.h>

/* Buffers that go round in play with 4 frames in L0: these, and what callers and workers hold. */
enum { TURNS = 7 };

typedef struct turn_state {
    as_container *container;
    as_canvas *canvas;
    as_buffer payload;
    uint8_t *pixels[TURNS];
    as_ras_shown *shown[TURNS];
} turn_state;

static bool turn_open(bench_case *c)
{
    turn_state *s = calloc(1, sizeof(*s));
    const size_t size = (size_t)c->size.width * c->size.height;
    c->state = s;
    if (!s)
        return false;
    as_source *source = NULL;
    as_result result = as_canvas_create(BENCH_CANVAS_WIDTH, BENCH_CANVAS_HEIGHT, &s->canvas, NULL);
    if (result == AS_OK)
        result = as_source_open(c->stream->path, NULL, &source, NULL);
    if (result == AS_OK)
        result = as_container_open(source, NULL, &s->container, NULL);
    as_source_close(&source);
    bool ok = result == AS_OK;
    const bool remembers =
        as_ras_shown_pays(BENCH_CANVAS_WIDTH, BENCH_CANVAS_HEIGHT, c->size.width, c->size.height);
    for (size_t i = 0; ok && i < TURNS; i++) {
        s->pixels[i] = as_mem_calloc(1, size);
        if (remembers)
            s->shown[i] = as_ras_shown_create(BENCH_CANVAS_WIDTH, BENCH_CANVAS_HEIGHT);
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
    if (as_canvas_draw(s->canvas, s->payload.data, s->payload.size, NULL, NULL) != AS_OK)
        return false;
    as_ras_update_r8(s->canvas, s->shown[turn], s->pixels[turn], c->size.width, c->size.height,
                     c->size.width);
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
    }
    free(s);
}

void bench_add_turns(bench *b)
{
    for (size_t i = 0; i < b->stream_count; i++) {
        const bench_stream *stream = &b->streams[i];
        for (int k = 0; !bench_stream_walks(stream) && k < BENCH_SIZES; k++)
            bench_add(b, "turns",
                      (bench_case){.stream = stream,
                                   .size = bench_sizes[k],
                                   .frames = stream->total,
                                   .open = turn_open,
                                   .prepare = turn_prepare,
                                   .run = turn_run,
                                   .close = turn_close});
    }
}
