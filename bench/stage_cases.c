/* SPDX-License-Identifier: MIT
 *
 * The stages of one frame apart, on one core, and what the machine could not do faster: writing and
 * copying the output, reading the payload.
 */
#include "bench.h"

#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct stage_state {
    as_container *container;
    as_canvas *canvas;
    as_buffer buffer;       /* payload or strip */
    uint8_t *pixels, *copy; /* on pages like those of the library's masks */
    uint64_t sum;
} stage_state;

static bool stage_open(bench_case *c)
{
    stage_state *s = calloc(1, sizeof(*s));
    c->state = s;
    if (!s)
        return false;
    as_source *source = NULL;
    as_result result = as_canvas_create(BENCH_CANVAS_WIDTH, BENCH_CANVAS_HEIGHT, &s->canvas, NULL);
    if (result == AS_OK && c->stream)
        result = as_source_open(c->stream->path, NULL, &source, NULL);
    if (result == AS_OK && c->stream)
        result = as_container_open(source, NULL, &s->container, NULL);
    as_source_close(&source);
    const size_t size = (size_t)c->size.width * c->size.height;
    s->pixels = as_mem_calloc(1, size + 1);
    s->copy = as_mem_calloc(1, size + 1);
    return result == AS_OK && s->pixels && s->copy;
}

static void stage_close(bench_case *c)
{
    stage_state *s = c->state;
    if (!s)
        return;
    as_container_close(&s->container);
    as_canvas_destroy(&s->canvas);
    as_buffer_free(&s->buffer);
    as_mem_free(s->pixels);
    as_mem_free(s->copy);
    free(s);
}

static bool run_inflate(bench_case *c, size_t frame)
{
    stage_state *s = c->state;
    return as_container_read_payload(s->container, c->stream->indices[frame], &s->buffer, NULL) ==
           AS_OK;
}

static bool run_draw(bench_case *c, size_t frame)
{
    const stage_state *s = c->state;
    const as_buffer *payload = &c->stream->payloads[frame];
    return as_canvas_draw(s->canvas, payload->data, payload->size, NULL, NULL) == AS_OK;
}

static bool run_expand(bench_case *c, size_t frame)
{
    const stage_state *s = c->state;
    const size_t size = (size_t)c->size.width * c->size.height;
    (void)frame;
    return as_canvas_to_r8(s->canvas, s->pixels, size, c->size.width, c->size.height, 0, NULL) ==
           AS_OK;
}

static bool run_r8(bench_case *c, size_t frame)
{
    return run_draw(c, frame) && run_expand(c, frame);
}

static bool run_runs(bench_case *c, size_t frame)
{
    const stage_state *s = c->state;
    size_t count;
    (void)frame;
    return as_canvas_get_runs(s->canvas, (as_run *)(void *)s->copy,
                              (size_t)c->size.width * c->size.height / sizeof(as_run), &count,
                              NULL) == AS_OK;
}

static bool run_strip(bench_case *c, size_t frame)
{
    stage_state *s = c->state;
    const as_buffer *payload = &c->stream->payloads[frame];
    return as_triangle_strip(payload->data, payload->size, 0, 0, NULL, &s->buffer, NULL) == AS_OK;
}

/* ------------------------------------------------------------------------- physical marks ------
 */

static bool run_memset(bench_case *c, size_t frame)
{
    const stage_state *s = c->state;
    memset(s->pixels, (int)(frame & 1), (size_t)c->size.width * c->size.height);
    return true;
}

static bool run_memcpy(bench_case *c, size_t frame)
{
    const stage_state *s = c->state;
    memcpy(frame & 1 ? s->pixels : s->copy, frame & 1 ? s->copy : s->pixels,
           (size_t)c->size.width * c->size.height);
    return true;
}

static bool run_read(bench_case *c, size_t frame)
{
    stage_state *s = c->state;
    const as_buffer *payload = &c->stream->payloads[frame];
    const uint8_t *bytes = payload->data;
    for (size_t i = 0; i + 8 <= payload->size; i += 8) {
        uint64_t v;
        memcpy(&v, bytes + i, 8);
        s->sum += v;
    }
    return true;
}

/* -------------------------------------------------------------------------- many channels ------
 */

enum { CHANNELS = 65536, RECORD = 4 + 2 * 24, MANY_SIZE = 4 + 4 * CHANNELS + CHANNELS * RECORD };

/* Triangles, each as large as the canvas: what a channel costs must follow its crossings. */
static bool many_open(bench_case *c)
{
    if (!stage_open(c))
        return false;
    stage_state *s = c->state;
    as_mem_free(s->pixels);
    s->pixels = as_mem_calloc(1, MANY_SIZE);
    if (!s->pixels)
        return false;
    s->pixels[2] = CHANNELS >> 16;
    for (size_t i = 0; i < CHANNELS; i++) {
        s->pixels[4 + 4 * i] = RECORD;
        uint8_t *record = s->pixels + 4 + 4 * (size_t)CHANNELS + i * RECORD;
        record[0] = (uint8_t)i;
        for (size_t k = 4; k < RECORD; k += 2) { /* right and down, then down; closed from there */
            record[k] = k < RECORD / 2 ? 127 : 40;
            record[k + 1] = 40;
        }
    }
    return true;
}

static bool run_many(bench_case *c, size_t frame)
{
    const stage_state *s = c->state;
    (void)frame;
    return as_canvas_draw(s->canvas, s->pixels, MANY_SIZE, NULL, NULL) == AS_OK;
}

/* ------------------------------------------------------------------------------------------------
 */

static void add(bench *b, const char *family, const bench_stream *stream, bench_size size,
                bool (*prepare)(bench_case *, size_t), bool (*run)(bench_case *, size_t))
{
    bench_add(b, family,
              (bench_case){.stream = stream,
                           .size = size,
                           .frames = stream ? stream->frames : 20,
                           .open = stage_open,
                           .prepare = prepare,
                           .run = run,
                           .close = stage_close});
}

void bench_add_stages(bench *b)
{
    static const bench_size canvas = {BENCH_CANVAS_WIDTH, BENCH_CANVAS_HEIGHT};
    static const bench_size none = {0, 0};
    for (size_t i = 0; i < b->stream_count; i++) {
        const bench_stream *stream = &b->streams[i];
        add(b, "draw", stream, none, NULL, run_draw);
        if (bench_stream_walks(stream))
            continue;
        add(b, "inflate", stream, none, NULL, run_inflate);
        add(b, "strip", stream, none, NULL, run_strip);
        add(b, "runs", stream, canvas, run_draw, run_runs);
        add(b, "read", stream, none, NULL, run_read);
        for (int k = 0; k < BENCH_SIZES; k++) {
            add(b, "expand", stream, bench_sizes[k], run_draw, run_expand);
            add(b, "r8", stream, bench_sizes[k], NULL, run_r8);
        }
    }
    bench_add(b, "channels65536",
              (bench_case){.frames = 1, .open = many_open, .run = run_many, .close = stage_close});
    for (int k = 0; k < BENCH_SIZES; k++) {
        add(b, "memset", NULL, bench_sizes[k], NULL, run_memset);
        add(b, "memcpy", NULL, bench_sizes[k], NULL, run_memcpy);
    }
}
