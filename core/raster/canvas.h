/* SPDX-License-Identifier: MIT
 *
 * The bit canvas and what its drawing shares. The idea of the whole folder:
 *
 *  - `bits` is the result. Outline pixels and crossing pixels are OR-ed straight into it.
 *  - `toggle` is all zero between channels. Every crossing of a channel flips a bit of it; a prefix
 *    XOR along the rows then gives the channel's even-odd fill, which is OR-ed into `bits` while
 *    `toggle` is cleared behind it (docs/raster.md, "An equivalent without sorting").
 *  - A channel whose box is large against its crossings is filled from sorted pairs instead, so
 *    that cost follows crossings and one canvas (pairs.c).
 *
 * Rows are whole 64-bit words, bit 0 at the left; bits past the width stay 0.
 */
#ifndef AS_RASTER_CANVAS_H
#define AS_RASTER_CANVAS_H

#include "alphastream/raster.h"
#include "core/base/polystream.h"
#include "core/raster/dsp.h"
#include "core/raster/scale.h"

#include <stdbool.h>

/* A segment of at most AS_RAS_SHORT pixels each way, (dx, dy) = (i % AS_RAS_SHORT_SPAN -
 * AS_RAS_SHORT, i / AS_RAS_SHORT_SPAN - AS_RAS_SHORT) for entry i of the table: a word for each row
 * it touches, from that of its first point on. AS_RAS_SHORT_SPAN bits, of which the first one is
 * AS_RAS_SHORT columns left of the first point, are the outline's; as many above them are the
 * crossings where the first point's x is even, and as many above those where it is odd. Words of
 * rows that it does not touch are 0. */
enum { AS_RAS_SHORT = 8, AS_RAS_SHORT_SPAN = 2 * AS_RAS_SHORT + 1 };
typedef uint64_t as_ras_short_rows[AS_RAS_SHORT + 1];

struct as_canvas {
    uint32_t width, height;
    size_t stride;      /* words of a row */
    uint64_t last_mask; /* the bits of a row's last word that are pixels */
    uint64_t *bits;     /* height * stride words */
    uint64_t *toggle;   /* as bits; all 0 between channels */
    int64_t dirty_top;  /* rows dirty_top .. dirty_bottom - 1 of bits may hold pixels */
    int64_t dirty_bottom;
    const as_ras_dsp *dsp;
    const as_ras_short_rows *short_segments;
    as_ras_sampling *sampling; /* r8.c: for the size it was last written at */
    uint16_t *skip;            /* pairs.c; NULL until first needed */
    uint32_t *keys; /* pairs.c: crossings, then as many again to sort them; NULL likewise */
    size_t keys_capacity;
    bool skip_clean; /* skip tells about this frame */
};

/* Words of a row. */
static inline size_t as_ras_stride(uint32_t width)
{
    return ((size_t)width + 63) / 64;
}

/* A span of words and rows of the canvas. */
typedef struct as_word_box {
    size_t first_word, words;
    size_t first_row, rows; /* either of words and rows 0: empty */
} as_word_box;

/* short.c: the table, made at the first call. Any thread. */
const as_ras_short_rows *as_ras_short_table(void);

/* points.c: the closing segment counts. */
as_bounds as_ras_bounds(const as_ras_dsp *dsp, const as_record *record);

/* outline.c: one segment of the outline, clipped. */
void as_ras_outline(as_canvas *canvas, int64_t x0, int64_t y0, int64_t x1, int64_t y1);

/* crossings.c: the crossings of one segment, into toggle and bits, or onto the end of keys. */
void as_ras_cross(as_canvas *canvas, int64_t x0, int64_t y0, int64_t x1, int64_t y1);
size_t as_ras_cross_list(const as_canvas *canvas, int64_t x0, int64_t y0, int64_t x1, int64_t y1,
                         uint32_t *keys, size_t count);

/* edge.c: outline and, for `fill`, crossings of a segment that lies within the canvas. */
void as_ras_edge_inside(as_canvas *canvas, int32_t x0, int32_t y0, int32_t x1, int32_t y1,
                        bool fill);

/* inside.c: outline and crossings of a channel that lies within the canvas and is not scaled;
 * crossings only for `fill`. */
void as_ras_draw_inside(as_canvas *canvas, const as_record *record, const as_bounds *bounds,
                        bool fill);
/* Of one segment. */
void as_ras_segment_inside(as_canvas *canvas, int32_t x0, int32_t y0, int32_t x1, int32_t y1,
                           bool fill);

/* pairs.c: makes room for `crossings` keys; fills from `count` keys. */
bool as_ras_pairs_reserve(as_canvas *canvas, size_t crossings);
void as_ras_pairs_fill(as_canvas *canvas, size_t count);

/* draw.c. AS_ERROR_OUT_OF_MEMORY leaves the canvas blank. */
as_result as_ras_draw(as_canvas *canvas, const as_polystream *stream, as_combine combine,
                      const as_scale *scale, as_error *error);

/* canvas.c */
as_result as_ras_create(uint32_t width, uint32_t height, as_canvas **out_canvas, as_error *error);
void as_ras_destroy(as_canvas *canvas);
void as_ras_clear(as_canvas *canvas);

/* r8.c; sizes were checked. */
void as_ras_to_r8(const as_canvas *canvas, uint8_t *pixels, uint32_t width, uint32_t height,
                  size_t stride);

/* runs.c: writes at most `capacity` runs, returns how many there are. */
size_t as_ras_runs(const as_canvas *canvas, as_run *runs, size_t capacity);

#endif
