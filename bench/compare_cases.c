/* SPDX-License-Identifier: MIT
 *
 * Polylines to finished R8 by this library (r8-vector: points scaled to the output's size, as the
 * others have them; stage_cases.c has r8, which enlarges pixels) and by the others. Parsing the
 * payload is part of the library's time; the others get points that are parsed and scaled already.
 */
#include "compare.h"

#include "bench.h"

#include "core/base/mem.h"

#include <stdlib.h>

static const compare_rasterizer *const others[] = {
#if BENCH_OPENCV
    &compare_opencv,
    &compare_opencv_resize,
#endif
#if BENCH_CAIRO
    &compare_cairo,
#endif
#if BENCH_FREETYPE
    &compare_freetype,
#endif
#if BENCH_AGG
    &compare_agg,
#endif
    NULL};

typedef struct compare_state {
    uint8_t *pixels;
    as_canvas *canvas; /* of the output's size, or of the canvas's for canvas_lines */
    bench_lines *scaled;
    void *self;
} compare_state;

static compare_lines lines_of(const bench_case *c, size_t frame)
{
    const compare_state *s = c->state;
    const bench_lines *lines = &s->scaled[frame];
    return (compare_lines){(const compare_point *)(const void *)lines->points, lines->ends,
                           lines->channels};
}

static bool common_open(bench_case *c, bench_size canvas)
{
    compare_state *s = calloc(1, sizeof(*s));
    c->state = s;
    if (!s)
        return false;
    s->pixels = as_mem_alloc((size_t)c->size.width * c->size.height); /* pages for all alike */
    s->scaled = calloc(c->frames, sizeof(*s->scaled));
    return s->pixels && s->scaled &&
           as_canvas_create(canvas.width, canvas.height, &s->canvas, NULL) == AS_OK;
}

static bool compare_open(bench_case *c)
{
    static const bench_size at_canvas = {BENCH_CANVAS_WIDTH, BENCH_CANVAS_HEIGHT};
    const compare_rasterizer *with = c->with;
    const bench_size size = with->canvas_lines ? at_canvas : c->size;
    if (!common_open(c, size))
        return false;
    compare_state *s = c->state;
    for (size_t i = 0; i < c->frames; i++) {
        s->scaled[i] = bench_lines_scaled(&c->stream->lines[i], size);
        if (!s->scaled[i].points)
            return false;
    }
    s->self = with->open(s->pixels, c->size.width, c->size.height);
    return s->self != NULL;
}

static void compare_close(bench_case *c)
{
    const compare_rasterizer *with = c->with;
    compare_state *s = c->state;
    if (!s)
        return;
    if (s->self)
        with->close(s->self);
    for (size_t i = 0; s->scaled && i < c->frames; i++)
        bench_lines_free(&s->scaled[i]);
    as_canvas_destroy(&s->canvas);
    free(s->scaled);
    as_mem_free(s->pixels);
    free(s);
}

static bool compare_prepare(bench_case *c, size_t frame)
{
    const compare_rasterizer *with = c->with;
    const compare_lines lines = lines_of(c, frame);
    const compare_state *s = c->state;
    return !with->prepare || with->prepare(s->self, &lines);
}

static bool compare_run(bench_case *c, size_t frame)
{
    const compare_rasterizer *with = c->with;
    const compare_lines lines = lines_of(c, frame);
    const compare_state *s = c->state;
    return with->draw(s->self, &lines);
}

static bool draw_ours(const bench_case *c, size_t frame)
{
    const compare_state *s = c->state;
    const as_raster_params vector = {.struct_size = sizeof(vector),
                                     .source_width = BENCH_CANVAS_WIDTH,
                                     .source_height = BENCH_CANVAS_HEIGHT};
    const as_buffer *payload = &c->stream->payloads[frame];
    return as_canvas_draw(s->canvas, payload->data, payload->size, &vector, NULL) == AS_OK;
}

/* Every frame's pixels against those of this library at the same size. */
static void compare_check(bench_case *c, bench_result *out)
{
    const compare_state *s = c->state;
    const size_t size = (size_t)c->size.width * c->size.height;
    uint8_t *ours = as_mem_alloc(size);
    uint64_t differing = 0, area = 0, our_area = 0;
    for (size_t i = 0; ours && i < c->frames; i++) {
        if (!compare_prepare(c, i) || !compare_run(c, i) || !draw_ours(c, i) ||
            as_canvas_to_r8(s->canvas, ours, size, c->size.width, c->size.height, 0, NULL) != AS_OK)
            break;
        for (size_t k = 0; k < size; k++) {
            differing += (s->pixels[k] != 0) != (ours[k] != 0);
            area += s->pixels[k] != 0;
            our_area += ours[k] != 0;
        }
    }
    out->differs = (double)differing / ((double)size * (double)c->frames);
    out->area = our_area ? (double)area / (double)our_area : 1;
    as_mem_free(ours);
}

/* ------------------------------------------------------------------------------- this library --
 */

static bool vector_open(bench_case *c)
{
    return common_open(c, c->size);
}

static bool vector_run(bench_case *c, size_t frame)
{
    const compare_state *s = c->state;
    return draw_ours(c, frame) &&
           as_canvas_to_r8(s->canvas, s->pixels, (size_t)c->size.width * c->size.height,
                           c->size.width, c->size.height, 0, NULL) == AS_OK;
}

static void add_compared(bench *b, const bench_stream *stream, bench_size size)
{
    bench_case c = {
        .stream = stream, .size = size, .frames = stream->frames, .close = compare_close};
    c.open = vector_open;
    c.run = vector_run;
    bench_add(b, "r8-vector", c);
    c.open = compare_open;
    c.prepare = compare_prepare;
    c.run = compare_run;
    c.check = compare_check;
    for (size_t i = 0; others[i]; i++) {
        c.with = others[i];
        bench_add(b, others[i]->name, c);
    }
}

void bench_add_compared(bench *b)
{
    for (size_t i = 0; i < b->stream_count; i++)
        for (int k = 0; k < BENCH_SIZES && !bench_stream_walks(&b->streams[i]); k++)
            add_compared(b, &b->streams[i], bench_sizes[k]);
}
