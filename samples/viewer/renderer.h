/* SPDX-License-Identifier: MIT
 *
 * What draws: one table of functions for each way to do it. All calls come from one thread; those
 * of a windowed renderer find the window's OpenGL context current, if it has one.
 *
 * A renderer keeps the last mask that it got: after a failed `get` that one is drawn on.
 */
#ifndef VIEWER_RENDERER_H
#define VIEWER_RENDERER_H

#include "scene.h"

#include <alphastream/stream.h>

#include <stddef.h>

typedef struct renderer renderer;

/* Of a window: at most one of address and surface is there; without, the renderer makes what it
 * needs to draw into memory. */
typedef struct renderer_params {
    int width, height; /* of the target at first */
    /* Functions of the window's OpenGL context, which is current. */
    void (*(*address)(void *user, const char *name))(void);
    void *address_user;
    const struct renderer_surface *surface; /* for Vulkan, see vk_device.h; valid during `init` */
    bool validate; /* have wrong use of the driver found, where the renderer can: then `draw` fails
                    */
} renderer_params;

typedef struct renderer_times {
    double gpu_ms;         /* of the latest picture that is known; negative: not measured */
    uint64_t upload_bytes; /* of the latest mask */
    uint64_t upload_total; /* of all masks of the stream */
} renderer_times;

typedef struct renderer_ops {
    const char *name;
    bool shows; /* `draw` shows the picture in the window, which has no OpenGL context then */
    /* NULL: `why` is a sentence of less than `capacity` bytes. */
    renderer *(*init)(const renderer_params *params, char *why, size_t capacity);
    /* Takes masks from `stream` on, NULL: from none; forgets the mask of the one before. To be
     * called with NULL before a stream is closed. */
    as_result (*use)(renderer *r, as_stream *stream, as_error *error);
    /* The window has another size. NULL where nothing hangs on it. */
    void (*resize)(renderer *r, int width, int height);
    /* Makes frame `index` the mask that is drawn; `strip` (may be NULL) is its triangle strip. */
    as_result (*get)(renderer *r, uint64_t index, uint64_t timeout_ns, as_error *error);
    /* NULL: no strip. Valid until the next call or the strip's release. */
    void (*set_strip)(renderer *r, const as_frame_info *strip);
    /* Into the window, its back buffer, or memory of its own. false: `why` says what failed. */
    bool (*draw)(renderer *r, const scene *s, char *why, size_t capacity);
    /* Draws `s` beside the window and writes it as RGB, 3 bytes a pixel, top row first. */
    bool (*read_back)(renderer *r, const scene *s, uint8_t *rgb, char *why, size_t capacity);
    renderer_times (*times)(renderer *r);
    /* "OpenGL 4.5 ..., llvmpipe"; valid as long as the renderer. */
    const char *(*description)(renderer *r);
    void (*end)(renderer *r);
} renderer_ops;

extern const renderer_ops renderer_gl;
extern const renderer_ops renderer_vulkan; /* where VIEWER_WITH_VULKAN is defined */
extern const renderer_ops renderer_cpu;

#endif
