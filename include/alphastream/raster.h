/* SPDX-License-Identifier: MIT
 *
 * From a frame's payload to a mask, without a stream: bit canvas, R8 pixels, runs, triangle strip.
 * The exact rule is docs/raster.md; every number below follows it bit for bit.
 *
 * Coordinates are canvas pixels, origin top-left, x right, y down.
 */
#ifndef ALPHASTREAM_RASTER_H
#define ALPHASTREAM_RASTER_H

#include "container.h"

AS_BEGIN_DECLS

#define AS_SIZE_MAX_PIXELS 16384 /* most width or height of canvas and mask */

/* What channels of one frame make together (docs/raster.md). */
typedef int32_t as_combine;
enum {
    AS_COMBINE_UNION = 0, /* each channel is filled by itself; masks are united */
    AS_COMBINE_PARITY = 1 /* even-odd over all channels: a channel inside another cuts a hole */
};

/* Zero = default everywhere. */
typedef struct as_raster_params {
    uint32_t struct_size;   /* sizeof(as_raster_params) */
    as_combine combine;     /* default 0: AS_COMBINE_UNION */
    uint32_t source_width;  /* default 0: points are canvas pixels. Else "vector" mode: points live
                               on a canvas of source_width x source_height (1 .. 16384 each) and are
                               scaled to this one */
    uint32_t source_height; /* 0 if and only if source_width is */
    uint32_t max_channels;  /* default 0: 65536; 1 .. 4194303 */
    uint32_t reserved;      /* 0 */
} as_raster_params;

/* One bit per pixel, and as much again to draw it: 2 bits of memory a pixel, allocated at creation
 * with 50 KiB of tables.
 * The first frame with channels that are sparse for their size takes up to half a bit a pixel more,
 * which is kept. Not thread-safe: one thread at a time. */
typedef struct as_canvas as_canvas;

/* A blank canvas of 1 .. 16384 pixels each way. Errors: AS_ERROR_ARGUMENT,
 * AS_ERROR_OUT_OF_MEMORY. */
AS_API AS_NODISCARD as_result as_canvas_create(uint32_t width, uint32_t height,
                                               as_canvas **out_canvas, as_error *error);

/* Frees it and writes NULL. NULL and NULL handles are ignored. */
AS_API void as_canvas_destroy(as_canvas **canvas);

/* Replaces the canvas's content by the mask of `payload`, which is checked first. params may be
 * NULL. After an error the canvas is blank.
 * Errors: AS_ERROR_ARGUMENT, AS_ERROR_UNSUPPORTED (params of a newer library), AS_ERROR_DECODE
 * (malformed payload), AS_ERROR_LIMIT (segments that cross more than 2^32 rows and columns in all,
 * which only points scaled up without measure reach), AS_ERROR_OUT_OF_MEMORY. */
AS_API AS_NODISCARD as_result as_canvas_draw(as_canvas *canvas, const void *payload, size_t size,
                                             const as_raster_params *params, as_error *error);

/* The content of a canvas, or of a stream's frame (frame.h): bit x % 64 of words[y * stride_words +
 * x / 64] is pixel (x, y), 1 = opaque; bits past the width are 0. */
typedef struct as_canvas_view {
    const uint64_t *words; /* 64-byte aligned; a canvas's are its own, valid until it is drawn again
                              or destroyed */
    size_t stride_words;   /* words from one row to the next */
    uint32_t width;        /* pixels */
    uint32_t height;       /* rows */
} as_canvas_view;

/* Errors: AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_canvas_get_view(const as_canvas *canvas, as_canvas_view *out_view,
                                                 as_error *error);

/* Writes the canvas as R8 (0 or 255) of width x height (1 .. 16384 each) by nearest neighbour:
 * out[y][x] = canvas[y * H / height][x * W / width]. `stride` is in bytes, 0 = width; `size` is the
 * number of bytes at `pixels`, at least stride * (height - 1) + width. Bytes between width and
 * stride are not touched. Errors: AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_canvas_to_r8(const as_canvas *canvas, void *pixels, size_t size,
                                              uint32_t width, uint32_t height, size_t stride,
                                              as_error *error);

/* Opaque pixels x0 .. x1 - 1 of row y, as long as possible. */
typedef struct as_run {
    uint16_t y;  /* row, 0 is the top one */
    uint16_t x0; /* first column */
    uint16_t x1; /* column behind the last */
} as_run;

/* Lists the canvas's runs, rows from the top, each from the left. *out_count is their number, also
 * when it is more than `capacity` (then AS_ERROR_LIMIT and the first `capacity` are written); runs
 * may be NULL with capacity 0 to count. Errors: AS_ERROR_ARGUMENT, AS_ERROR_LIMIT. */
AS_API AS_NODISCARD as_result as_canvas_get_runs(const as_canvas *canvas, as_run *runs,
                                                 size_t capacity, size_t *out_count,
                                                 as_error *error);

/* Replaces *out_vertices by one triangle strip (GL_TRIANGLE_STRIP order; parts joined by degenerate
 * triangles) whose interior covers the even-odd fill of `payload` exactly once: floats x, y, x, y
 * in canvas pixels, pixel centres on integers (add 0.5 for a GL viewport); size / sizeof(float)
 * floats, a multiple of 2, 0 for an empty mask. Outlines are not part of it, nor is it clipped to
 * a canvas. params: combine, source size (points scaled as in vector mode, to width x height,
 * which are otherwise not used and may be 0) and max_channels. Intersections are rounded once to
 * float, shared by the edges that meet there.
 * Errors: AS_ERROR_ARGUMENT, AS_ERROR_UNSUPPORTED (params of a newer library), AS_ERROR_DECODE
 * (malformed payload), AS_ERROR_LIMIT (over 16 Mi
 * floats, or too many intersections to sort out in bounded time), AS_ERROR_OUT_OF_MEMORY; after an
 * error the size is 0. */
AS_API AS_NODISCARD as_result as_triangle_strip(const void *payload, size_t size, uint32_t width,
                                                uint32_t height, const as_raster_params *params,
                                                as_buffer *out_vertices, as_error *error);

AS_END_DECLS

#endif
