/* SPDX-License-Identifier: MIT
 *
 * Frames that a stream hands out: reference counted and immutable. A frame may be kept and released
 * after its stream is closed, from any thread.
 */
#ifndef ALPHASTREAM_FRAME_H
#define ALPHASTREAM_FRAME_H

#include "raster.h"

AS_BEGIN_DECLS

/* A frame that a stream gave: a mask, a bit canvas or a strip. */
typedef struct as_frame as_frame;

/* What a frame shows. The pointers belong to the frame: valid until its last reference goes. */
typedef struct as_frame_info {
    uint64_t index;      /* of the frame in its stream */
    const uint8_t *data; /* R8 pixels, 0 transparent or 255 opaque, top row first, 64-byte aligned;
                            NULL for a bit canvas (as_frame_get_canvas) and for vertices */
    const float *vertices; /* x, y pairs of one triangle strip (raster.h, as_triangle_strip); NULL
                              for a frame of pixels or bits and for an empty strip */
    uint64_t floats;       /* number of floats at vertices */
    uint32_t width;        /* pixels; for vertices those of the stream's canvas */
    uint32_t height;       /* rows */
    uint32_t stride;       /* bytes from one row of data to the next; 0 where data is NULL */
    uint32_t reserved;     /* 0 */
} as_frame_info;

/* Thread-safe. Errors: AS_ERROR_ARGUMENT (NULL). */
AS_API AS_NODISCARD as_result as_frame_get_info(const as_frame *frame, as_frame_info *out_info);

/* The bits of a frame from as_stream_get_canvas; view.words belong to the frame and stay as they
 * are until its last reference goes. Thread-safe. Errors: AS_ERROR_ARGUMENT: NULL, or a frame of
 * another kind. */
AS_API AS_NODISCARD as_result as_frame_get_canvas(const as_frame *frame, as_canvas_view *out_view);

/* One more reference; returns `frame`. NULL gives NULL. Thread-safe. */
AS_API as_frame *as_frame_ref(as_frame *frame);

/* Drops the caller's reference and writes NULL. NULL and NULL handles are ignored. Thread-safe. */
AS_API void as_frame_unref(as_frame **frame);

AS_END_DECLS

#endif
