/* SPDX-License-Identifier: MIT
 *
 * Output buffers: the finished masks, canvases and strips that are kept ready (L0) or held by
 * callers.
 *
 * A buffer is filling (a worker writes it), ready (it shows a frame; immutable), or spare (its
 * memory waits for use, last in, first out, per kind and size). Ready ones are found by what they
 * show. The pool is counted: a frame that a caller holds keeps its buffer and the pool's memory
 * functions alive after the stream is gone, and so does a buffer that is filling. All functions are
 * thread-safe, but as_outputs_close must be the last of those that take the pool.
 *
 * A "size" is of one kind: masks and canvases of the same pixels are two. The memory of both comes
 * from the caller's allocator, where there is one: canvases are uploaded as well, from pinned
 * memory for instance. Such memory may be slow to read, so a canvas is drawn elsewhere and only
 * written here, once, in order.
 *
 * How many there are of one size: at most per_size that are ready and not held, or filling; those
 * that callers hold; and spare ones, as many as callers held at once of late, so that a caller
 * going from frame to frame makes buffers change hands and not come and go. Of all sizes but the
 * AS_OUTPUTS_SIZES last used, only what is filling or held stays: a window that is being resized
 * leaves nothing behind.
 *
 * A mask's buffer remembers what it shows, as bits, so that the next mask needs to write only what
 * differs, where that pays (as_ras_shown_pays). Its pixels are written by as_ras_update_r8 alone,
 * for as long as the buffer lives.
 *
 * No buffer's memory is had or given back under the pool's lock, so that a caller's allocator may
 * be slow.
 */
#ifndef AS_CACHE_OUTPUTS_H
#define AS_CACHE_OUTPUTS_H

#include "alphastream/stream.h"

#include <stdbool.h>

#define AS_OUTPUTS_SIZES 8

typedef struct as_outputs as_outputs;
typedef struct as_output as_output;

typedef enum as_output_kind {
    AS_OUTPUT_NONE,   /* names a frame and nothing that was made of it; never a buffer's */
    AS_OUTPUT_R8,     /* a byte a pixel */
    AS_OUTPUT_CANVAS, /* a bit a pixel, in rows of as_ras_stride words */
    AS_OUTPUT_STRIP   /* vertices */
} as_output_kind;

/* What a ready buffer shows. */
typedef struct as_output_key {
    uint64_t index;
    uint32_t width, height; /* 0 x 0 for AS_OUTPUT_STRIP and AS_OUTPUT_NONE */
    as_output_kind kind;
} as_output_key;

static inline bool as_output_is_same(as_output_key a, as_output_key b)
{
    return a.index == b.index && a.width == b.width && a.height == b.height && a.kind == b.kind;
}

static inline as_output_key as_output_at(as_output_key key, uint64_t index)
{
    key.index = index;
    return key;
}

typedef struct as_outputs_params {
    uint32_t per_size;   /* ready and filling buffers of one size that callers do not hold: L0 + 2;
                            at least 1 */
    uint32_t most_held;  /* by callers, all sizes; at least 1 */
    uint64_t most_bytes; /* of all buffers; 0: no limit */
    uint32_t canvas_width, canvas_height; /* reported with strips */
    as_scale_mode scale;                  /* what canvas a mask is sampled from: the above, or with
                                             AS_SCALE_VECTOR one of the mask's size */
    const as_frame_allocator *allocator;  /* copied; NULL: the library's */
} as_outputs_params;

/* NULL: out of memory (the allocator's `done` is then not called). */
as_outputs *as_outputs_create(const as_outputs_params *params);
/* The stream is gone: frees what nobody holds; the rest follows with the last frame, and then
 * `done` is called. NULL is ignored. */
void as_outputs_close(as_outputs *outputs);

/* A buffer to fill for `key` (64-byte aligned, content undefined; of no bytes for a strip, which
 * brings its own memory). When per_size are in use, a ready one that is not held is taken, but none
 * for which keep(keep_user, its key) says true (keep may be NULL; it is called under the pool's
 * lock and must not call the pool): of masks that remember what they show the one that callers gave
 * back last, which is as near to the new frame as any; else the one that was used longest ago.
 * Where most_bytes leaves no room for a new one, other sizes make room: spare ones first, then
 * ready ones that are neither held nor kept, the one used longest ago first; if that is not enough,
 * one of its own size is taken as above. A strip's bytes count from when it is published; the next
 * take makes up for them. AS_NOT_READY: all are filling, held or kept; AS_ERROR_LIMIT: most_bytes
 * has no room for it beside what callers hold; AS_ERROR_OUT_OF_MEMORY. */
as_result as_outputs_take(as_outputs *outputs, as_output_key key,
                          bool (*keep)(void *user, as_output_key key), void *keep_user,
                          as_output **out_output);
/* Pixels (uint8_t), a canvas's words (uint64_t), or NULL for a strip. */
void *as_output_data(as_output *output);
/* What its pixels show, for as_ras_update_r8 alone to write them; NULL: that is not remembered. */
struct as_ras_shown *as_output_shown(as_output *output);
/* Filled: ready from now on, and the most recently used; unless as_outputs_invalidate came since
 * the take: then as as_outputs_give_back. An older one that shows the same gives way to it. */
void as_outputs_publish(as_outputs *outputs, as_output *output);
/* The same for a strip, whose vertices it takes over (*vertices becomes {0}). */
void as_outputs_publish_strip(as_outputs *outputs, as_output *output, as_buffer *vertices);
/* Not filled after all. */
void as_outputs_give_back(as_outputs *outputs, as_output *output);
/* Forgets what ready and filling buffers show (the source changed); frames in callers' hands stay
 * what they are, but are not found any more. */
void as_outputs_invalidate(as_outputs *outputs);

/* Is a buffer ready that shows `key`? */
bool as_outputs_has(as_outputs *outputs, as_output_key key);
/* The same for some keys at once: those for which none is ready come first, in their order. Returns
 * how many these are. */
size_t as_outputs_missing(as_outputs *outputs, as_output_key *keys, size_t count);
/* Calls each(user, key) for what every ready buffer shows, held ones included; a key may come more
 * than once. Under the pool's lock: `each` must not call the pool. */
void as_outputs_each(as_outputs *outputs, void (*each)(void *user, as_output_key key), void *user);
/* A frame on the ready buffer that shows `key`, now the most recently used: AS_OK; AS_ERROR_LIMIT:
 * most_held frames are held, whether one is ready or not; AS_NOT_READY: none is. Several frames may
 * share a buffer; each counts as held. Allocates nothing. When the last frame on a buffer is
 * released the buffer stays ready, unless per_size others of its size are by then. */
as_result as_outputs_get(as_outputs *outputs, as_output_key key, as_frame **out_frame);

/* Allocates and touches buffers of key's kind and size ahead until `count` are spare, or as many as
 * memory and limits allow; makes no room for them. */
void as_outputs_warm(as_outputs *outputs, as_output_key key, uint32_t count);

/* Frees what is spare, or ready and not held, of key's kind and size. */
void as_outputs_sweep(as_outputs *outputs, as_output_key key);

typedef struct as_outputs_numbers {
    uint64_t buffers, bytes; /* all there are, held ones included */
    uint64_t held;           /* frames in callers' hands */
} as_outputs_numbers;
as_outputs_numbers as_outputs_count(as_outputs *outputs);

/* Frames (frame.h without the argument checks): thread-safe, also after as_outputs_close. */
void as_output_frame_info(const as_frame *frame, as_frame_info *out_info);
/* false: of another kind. */
bool as_output_frame_canvas(const as_frame *frame, as_canvas_view *out_view);
as_frame *as_output_frame_ref(as_frame *frame);
void as_output_frame_unref(as_frame *frame);

#endif
