/* SPDX-License-Identifier: MIT
 *
 * Masks in the memory of a GPU: a pool of R8 textures that show frames, brought from one frame to
 * another by drawing what differs. The front (gpu.c) checks what callers ask for, keeps the pool
 * and what each texture shows, and finds what has to be drawn; a backend makes textures and draws
 * rectangles. `cpu/` is a backend on plain memory, the measure for the others.
 *
 * An as_gpu belongs to one thread at a time, and its functions are called where its backend can
 * work (OpenGL: with its context current), but as_gpu_release and as_gpu_destroy as they say.
 */
#ifndef AS_GPU_H
#define AS_GPU_H

#include "gpu/rects.h"

#include <stdbool.h>

#define AS_GPU_FOREIGN 8 /* targets of the caller's that are remembered */

typedef struct as_gpu as_gpu;

/* A texture of the pool, or a target of the caller's. A backend's has more fields behind these. */
typedef struct as_gpu_texture {
    uint32_t width, height; /* of the mask */
    uint32_t name;          /* of the pool's texture, or the caller's; 0: a framebuffer */
    uint32_t framebuffer;   /* the caller's; 0: none */
    uint32_t canvas_width;  /* of the canvas that `shown` holds */
    uint32_t canvas_height;
    uint64_t stream, content, index; /* the frame it shows; stream 0: none */
    uint64_t *shown;                 /* its canvas, rows without gaps; NULL: not yet */
    uint64_t used;                   /* when it was last asked for; larger is later */
    void *fence;                     /* behind its drawing, or NULL */
    void **waits;                    /* fences of the caller's to wait for before drawing again */
    uint32_t waits_count, waits_capacity;
    uint32_t held; /* times it was given out and not given back */
    bool foreign;  /* the caller's */
    bool known;    /* its pixels are those of `shown` */
} as_gpu_texture;

/* What a caller wants to see. */
typedef struct as_gpu_request {
    uint64_t stream, content, index; /* together they name the frame's canvas. stream is not 0 */
    uint32_t width, height;
    uint32_t texture, framebuffer; /* of the caller's, at most one not 0; both 0: of the pool */
    bool unchanged;                /* the caller's target is as the last drawing left it */
} as_gpu_request;

typedef struct as_gpu_numbers {
    uint64_t frames, shown_already, drawn_in_full;
    uint64_t rectangles, upload_bytes, draws, clears, upload_waits;
    uint64_t last_upload_bytes, last_draws, last_clears;
} as_gpu_numbers;

/* What a backend can do. The front has checked arguments; functions that return as_result fill the
 * error. Between begin and end nothing but the backend uses the device. */
typedef struct as_gpu_backend {
    const char *name;
    size_t texture_size; /* of its texture struct, which begins with an as_gpu_texture */

    /* AS_OK: the device is there and in the calling thread's hands. */
    as_result (*check)(as_gpu *gpu, as_error *error);
    as_result (*begin)(as_gpu *gpu, as_error *error); /* checks as well */
    /* Ends what begin began, also after a failure, and tells what the device found wrong since. */
    as_result (*end)(as_gpu *gpu, as_error *error);
    /* Makes texture->width x height pixels of any content, or checks those of a foreign target. */
    as_result (*create)(as_gpu *gpu, as_gpu_texture *texture, as_error *error);
    as_result (*adopt)(as_gpu *gpu, as_gpu_texture *texture, as_error *error);
    /* Drawing goes into `texture`; its rectangles are those of a canvas of canvas_width x
     * canvas_height. All pixels become transparent where `clear`. */
    as_result (*target)(as_gpu *gpu, as_gpu_texture *texture, bool clear, as_error *error);
    /* Room for 1 to `wanted` rectangles, written by the caller from the start. */
    as_result (*room)(as_gpu *gpu, uint64_t wanted, as_rect **out_rects, size_t *out_count,
                      as_error *error);
    /* Draws the first `count` (at least 0) rectangles of the room, which is given back. */
    as_result (*draw)(as_gpu *gpu, as_gpu_texture *texture, size_t count, as_error *error);
    /* A fence behind all drawing so far; NULL: there are none here. */
    void *(*fence)(as_gpu *gpu);
    /* Lets what is drawn from now on wait for a fence, and deletes it. */
    void (*wait)(as_gpu *gpu, void *fence);
    void (*drop_fence)(as_gpu *gpu, void *fence);
    /* Frees what create made. `abandon`, here and below: without touching the device. */
    void (*remove)(as_gpu *gpu, as_gpu_texture *texture, bool abandon);
    /* Frees the device; textures are gone. */
    void (*destroy)(as_gpu *gpu, bool abandon);
} as_gpu_backend;

/* A backend's device begins with this. */
struct as_gpu {
    const as_gpu_backend *backend;
    uint32_t most_textures;         /* of the pool */
    uint32_t max_width, max_height; /* of one texture */
    bool persistent;                /* reported in stats */
    as_gpu_texture **textures;      /* room for most_textures + AS_GPU_FOREIGN */
    uint32_t textures_count;
    as_rect_scratch scratch;
    uint64_t clock; /* counts requests */
    as_gpu_numbers numbers;
};

/* For backends: the front's part of a zeroed device. */
as_result as_gpu_init(as_gpu *gpu, const as_gpu_backend *backend, uint32_t textures,
                      as_error *error);
/* Frees everything. `abandon`: the device is not there, or not to be touched: what lives on it is
 * left to it. NULL is ignored. */
void as_gpu_destroy(as_gpu *gpu, bool abandon);

/* The texture that shows the frame already, held once more. AS_NOT_READY: there is none.
 * AS_ERROR_GPU, AS_ERROR_OUT_OF_MEMORY. */
as_result as_gpu_find(as_gpu *gpu, const as_gpu_request *request, as_gpu_texture **out_texture,
                      as_error *error);
/* A texture that shows `canvas`, sampled to the request's size (docs/raster.md); held once more.
 * AS_ERROR_ARGUMENT: the caller's target is not what it must be, or is still held; AS_ERROR_LIMIT:
 * all textures are held; AS_ERROR_GPU; AS_ERROR_OUT_OF_MEMORY. */
as_result as_gpu_show(as_gpu *gpu, const as_gpu_request *request, const as_canvas_view *canvas,
                      as_gpu_texture **out_texture, as_error *error);
/* Given back, with a fence behind the caller's last use or NULL, which becomes the front's. Does
 * not touch the device. Anything but a held texture of this device is ignored. */
void as_gpu_release(as_gpu *gpu, as_gpu_texture *texture, void *fence);

typedef struct as_gpu_memory {
    uint64_t textures, texture_bytes, held, host_bytes;
} as_gpu_memory;
as_gpu_memory as_gpu_count(const as_gpu *gpu);

#endif
