/* SPDX-License-Identifier: MIT
 *
 * Frames that a stream hands out: reference counted and immutable. A frame may be kept and released
 * after its stream is closed, from any thread.
 */
#ifndef ALPHASTREAM_FRAME_H
#define ALPHASTREAM_FRAME_H

#include "result.h"

AS_BEGIN_DECLS

typedef struct as_frame as_frame;

/* What a frame shows. The pointers belong to the frame: valid until its last reference goes. */
typedef struct as_frame_info {
    uint64_t index;      /* of the frame in its stream */
    const uint8_t *data; /* R8 pixels, 0 transparent or 255 opaque, top row first, 64-byte aligned;
                            NULL for a frame of vertices */
    const float *vertices; /* x, y pairs of one triangle strip (raster.h, as_triangle_strip); NULL
                              for a frame of pixels and for an empty strip */
    uint64_t floats;       /* number of floats at vertices */
    uint32_t width;        /* pixels; of the canvas for vertices */
    uint32_t height;       /* rows */
    uint32_t stride;       /* bytes from one row to the next; 0 for vertices */
    uint32_t reserved;     /* 0 */
} as_frame_info;

/* Thread-safe. Errors: AS_ERROR_ARGUMENT (NULL). */
AS_API AS_NODISCARD as_result as_frame_get_info(const as_frame *frame, as_frame_info *out_info);

/* One more reference; returns `frame`. NULL gives NULL. Thread-safe. */
AS_API as_frame *as_frame_ref(as_frame *frame);

/* Drops the caller's reference and writes NULL. NULL and NULL handles are ignored. Thread-safe. */
AS_API void as_frame_unref(as_frame **frame);

AS_END_DECLS

#endif
