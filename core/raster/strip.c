/* SPDX-License-Identifier: MIT
 *
 * Triangle strip of a polystream's even-odd fill: the way through. The edges of all channels are
 * collected as floats and sorted by their upper ends (here); a sweep from the top cuts the fill
 * into slabs in which no two edges cross (strip_sweep.c); the slabs' filled intervals grow into
 * trapezoids, those into chains, and the chains are joined to one strip (strip_chain.c).
 *
 * A polyline's coordinates are whole numbers and exact as floats up to 2^24. Beyond, every point
 * is rounded to the nearest float before anything else, so that the figure the sweep sees is a
 * closed one, and what lies near the canvas moves by far less than a float can tell.
 *
 * Memory: 36 bytes an edge while sorting, then what the sweep and the output need; all of it is
 * bounded by constants and by the payload's length, whatever the payload says.
 */
#include "core/raster/strip.h"

#include "core/base/buffer.h"
#include "core/base/mem.h"
#include "core/raster/strip_chain.h"
#include "core/raster/strip_sweep.h"

#include <inttypes.h>

/* Twice as many as fit the largest payload of a container. */
#define MOST_POINTS ((uint64_t)1 << 24)

typedef struct collection {
    as_ras_strip_edge *edges; /* room for one per point */
    size_t count;
    uint32_t channels; /* parities to keep apart */
} collection;

typedef struct corner {
    float x, y;
} corner;

/* Points of channels with an inside. */
static uint64_t count_points(const as_polystream *stream)
{
    uint64_t points = 0;
    size_t cursor = 0;
    for (uint32_t i = 0; i < stream->channels; i++) {
        as_record record = as_polystream_next(stream, i, &cursor);
        points += record.points < 3 ? 0 : record.points;
    }
    return points;
}

static corner corner_of(const as_scale *scale, int64_t x, int64_t y)
{
    if (scale) {
        x = as_scale_x(scale, x);
        y = as_scale_y(scale, y);
    }
    return (corner){.x = (float)x, .y = (float)y};
}

static void add_edge(collection *c, corner a, corner b, uint32_t channel)
{
    if (a.y == b.y)
        return;
    corner upper = a.y < b.y ? a : b, lower = a.y < b.y ? b : a;
    c->edges[c->count++] = (as_ras_strip_edge){
        .x0 = upper.x, .y0 = upper.y, .x1 = lower.x, .y1 = lower.y, .channel = channel};
}

static void add_channel(collection *c, as_record record, const as_scale *scale, uint32_t channel)
{
    int64_t x = as_get_u16(record.bytes), y = as_get_u16(record.bytes + 2);
    corner first = corner_of(scale, x, y), before = first;
    for (uint32_t i = 1; i < record.points; i++) {
        const uint8_t *step = record.bytes + 2 + 2 * (size_t)i;
        x += (int8_t)step[0];
        y += (int8_t)step[1];
        corner next = corner_of(scale, x, y);
        add_edge(c, before, next, channel);
        before = next;
    }
    add_edge(c, before, first, channel); /* of no height when the polyline is closed */
}

static void collect_edges(collection *c, const as_polystream *stream, as_combine combine,
                          const as_scale *scale)
{
    size_t cursor = 0;
    for (uint32_t i = 0; i < stream->channels; i++) {
        as_record record = as_polystream_next(stream, i, &cursor);
        if (record.points < 3)
            continue;
        add_channel(c, record, scale, combine == AS_COMBINE_PARITY ? 0 : c->channels);
        c->channels++;
    }
}

/* Indices of the edges by y0, then x0, in the low halves of `order`. */
static as_result sort_edges(const collection *c, uint64_t *order, as_error *error)
{
    uint64_t *scratch = as_mem_alloc(c->count * sizeof(*scratch));
    if (!scratch)
        return as_err_no_memory(error, c->count * sizeof(*scratch), "a triangle strip");
    for (size_t i = 0; i < c->count; i++)
        order[i] = (uint64_t)as_ras_strip_key(c->edges[i].x0) << 32 | i;
    as_ras_strip_sort(order, scratch, c->count);
    for (size_t i = 0; i < c->count; i++) {
        uint32_t id = (uint32_t)order[i];
        order[i] = (uint64_t)as_ras_strip_key(c->edges[id].y0) << 32 | id;
    }
    as_ras_strip_sort(order, scratch, c->count);
    as_mem_free(scratch);
    return AS_OK;
}

static as_result make_strip(const collection *c, as_buffer *out, as_error *error)
{
    if (c->count == 0)
        return AS_OK;
    uint64_t *order = as_mem_alloc(c->count * sizeof(*order));
    if (!order)
        return as_err_no_memory(error, c->count * sizeof(*order), "a triangle strip");
    as_ras_strip_chains chains = {0};
    as_result result = sort_edges(c, order, error);
    if (result == AS_OK)
        result = as_ras_strip_chains_start(&chains, c->channels, error);
    if (result == AS_OK)
        result = as_ras_strip_sweep(c->edges, order, c->count, &chains, error);
    as_mem_free(order);
    if (result == AS_OK)
        result = as_ras_strip_join(&chains, out);
    as_ras_strip_chains_free(&chains);
    return result;
}

as_result as_ras_strip(const as_polystream *stream, as_combine combine, const as_scale *scale,
                       as_buffer *out, as_error *error)
{
    out->size = 0;
    uint64_t points = count_points(stream);
    if (points == 0)
        return AS_OK;
    if (points > MOST_POINTS)
        return as_err_set(error, AS_ERROR_LIMIT,
                          "the frame has %" PRIu64 " points, more than the %" PRIu64
                          " of which a triangle strip is made; draw the frame as pixels instead",
                          points, MOST_POINTS);
    collection c = {.edges = as_mem_alloc((size_t)points * sizeof(*c.edges))};
    if (!c.edges)
        return as_err_no_memory(error, points * sizeof(*c.edges), "a triangle strip");
    collect_edges(&c, stream, combine, scale);
    as_result result = make_strip(&c, out, error);
    as_mem_free(c.edges);
    if (result != AS_OK)
        out->size = 0;
    return result;
}
