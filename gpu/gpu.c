/* SPDX-License-Identifier: MIT */
#include "gpu/gpu.h"

#include "core/base/error.h"
#include "core/base/mem.h"
#include "gpu/textures.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_WAITS = 16 }; /* fences that a texture gathers while it is not drawn */

as_result as_gpu_init(as_gpu *gpu, const as_gpu_backend *backend, uint32_t textures,
                      as_error *error)
{
    const size_t count = (size_t)textures + AS_GPU_FOREIGN;
    gpu->backend = backend;
    gpu->most_textures = textures;
    gpu->textures = as_mem_calloc(count, sizeof(as_gpu_texture *));
    return gpu->textures ? AS_OK
                         : as_err_no_memory(error, count * sizeof(as_gpu_texture *), "textures");
}

void as_gpu_destroy(as_gpu *gpu, bool abandon)
{
    as_error error;
    if (!gpu)
        return;
    if (!abandon && gpu->backend->begin(gpu, &error) != AS_OK)
        abandon = true;
    while (gpu->textures_count != 0)
        as_textures_drop(gpu, gpu->textures[gpu->textures_count - 1], abandon);
    as_rects_free(&gpu->scratch);
    as_mem_free(gpu->textures);
    gpu->backend->destroy(gpu, abandon);
}

/* --------------------------------------------------------------------------------- draw ---- */

/* One drawing: rectangles flow from as_rects_write into the backend's rooms. */
typedef struct drawing {
    as_gpu *gpu;
    as_gpu_texture *texture;
    uint64_t left; /* at most so many rectangles are still to come */
    as_rect *room; /* of the backend; NULL: none */
    uint64_t rects, draws;
} drawing;

static as_result draw_room(drawing *d, const as_rect_sink *sink, as_error *error)
{
    if (!d->room)
        return AS_OK;
    const size_t count = (size_t)(sink->next - d->room);
    d->room = NULL;
    d->rects += count;
    d->draws += count != 0;
    d->left -= count;
    return d->gpu->backend->draw(d->gpu, d->texture, count, error);
}

static as_result flush(as_rect_sink *sink, as_error *error)
{
    drawing *d = sink->user;
    size_t count = 0;
    as_result result = draw_room(d, sink, error);
    if (result == AS_OK)
        result = d->gpu->backend->room(d->gpu, d->left, &d->room, &count, error);
    sink->next = d->room;
    sink->end = d->room + (result == AS_OK ? count : 0);
    return result;
}

/* What drawing costs, in pixels of the mask written: a rectangle as much as 64, a cleared pixel an
 * eighth. Rough, and only decides between two ways to the same pixels. */
static bool full_is_less(const as_gpu_texture *t, const as_rect_counts *counts)
{
    const uint64_t mask = (uint64_t)t->width * t->height;
    const uint64_t canvas = (uint64_t)t->canvas_width * t->canvas_height;
    const uint64_t full = counts->full * 64 + counts->full_pixels * mask / canvas + mask / 8;
    const uint64_t part = counts->difference * 64 + counts->difference_pixels * mask / canvas;
    return full < part;
}

/* The texture is known to show nothing at all from now on. */
static void forget_shown(as_gpu_texture *t, const as_canvas_view *canvas, as_rect_counts *counts)
{
    const size_t words = (size_t)((canvas->width + 63) / 64) * canvas->height;
    memset(t->shown, 0, words * sizeof(*t->shown));
    *counts = as_rects_count(canvas, t->shown);
}

static as_result draw_rects(as_gpu *gpu, as_gpu_texture *t, const as_canvas_view *canvas,
                            const as_rect_counts *counts, bool clear, as_error *error)
{
    drawing d = {.gpu = gpu, .texture = t, .left = counts->difference};
    as_rect_sink sink = {.flush = flush, .user = &d};
    as_error ignored;
    t->known = false;
    as_result result = gpu->backend->target(gpu, t, clear, error);
    if (result != AS_OK)
        return result;
    result = as_rects_write(&gpu->scratch, canvas, t->shown, counts, &sink, error);
    if (result == AS_OK)
        result = draw_room(&d, &sink, error);
    else if (d.room) /* given back undrawn */
        (void)gpu->backend->draw(gpu, t, 0, &ignored);
    gpu->numbers.last_upload_bytes = d.rects * sizeof(as_rect);
    gpu->numbers.last_draws = d.draws;
    gpu->numbers.last_clears = clear;
    gpu->numbers.rectangles += d.rects;
    gpu->numbers.upload_bytes += d.rects * sizeof(as_rect);
    gpu->numbers.draws += d.draws;
    gpu->numbers.clears += clear;
    return result;
}

/* What is drawn from now on comes after the caller's uses of the texture. */
static void wait_for_all(as_gpu *gpu, as_gpu_texture *t)
{
    while (t->waits_count != 0)
        gpu->backend->wait(gpu, t->waits[--t->waits_count]);
}

/* Brings a texture to the canvas. */
static as_result bring(as_gpu *gpu, as_gpu_texture *t, const as_canvas_view *canvas, bool *out_full,
                       as_error *error)
{
    as_rect_counts counts;
    as_result result = as_textures_fit(t, canvas, error);
    if (result == AS_OK)
        result = as_rects_reserve(&gpu->scratch, canvas->width, error);
    if (result != AS_OK)
        return result;
    bool clear = !t->known;
    if (t->known) {
        counts = as_rects_count(canvas, t->shown);
        clear = full_is_less(t, &counts);
    }
    if (clear)
        forget_shown(t, canvas, &counts);
    *out_full = clear;
    wait_for_all(gpu, t);
    return draw_rects(gpu, t, canvas, &counts, clear, error);
}

static as_result check_size(const as_gpu *gpu, const as_gpu_request *request, as_error *error)
{
    if (request->width <= gpu->max_width && request->height <= gpu->max_height)
        return AS_OK;
    return as_err_set(error, AS_ERROR_GPU,
                      "a texture of %" PRIu32 " x %" PRIu32
                      " pixels; this device's limit is %" PRIu32 " x %" PRIu32
                      ": ask for a smaller one",
                      request->width, request->height, gpu->max_width, gpu->max_height);
}

/* Between begin and end. */
static as_result show(as_gpu *gpu, const as_gpu_request *request, const as_canvas_view *canvas,
                      as_gpu_texture **out_texture, bool *out_full, as_error *error)
{
    as_gpu_texture *t;
    as_result result = as_textures_take(gpu, request, &t, error);
    if (result == AS_OK)
        result = as_textures_hold(gpu, t, error);
    if (result != AS_OK)
        return result;
    result = bring(gpu, t, canvas, out_full, error);
    t->held--;
    if (result != AS_OK)
        return result;
    if (t->fence)
        gpu->backend->drop_fence(gpu, t->fence);
    t->fence = gpu->backend->fence(gpu);
    *out_texture = t;
    return AS_OK;
}

as_result as_gpu_show(as_gpu *gpu, const as_gpu_request *request, const as_canvas_view *canvas,
                      as_gpu_texture **out_texture, as_error *error)
{
    as_gpu_texture *t = NULL;
    as_error later;
    bool full = false;
    as_result result = check_size(gpu, request, error);
    if (result == AS_OK)
        result = gpu->backend->begin(gpu, error);
    if (result != AS_OK)
        return result;
    result = show(gpu, request, canvas, &t, &full, error);
    const as_result ended = gpu->backend->end(gpu, result == AS_OK ? error : &later);
    if (result == AS_OK)
        result = ended;
    if (result != AS_OK)
        return result;
    t->held++;
    t->known = true;
    t->stream = request->stream;
    t->content = request->content;
    t->index = request->index;
    gpu->numbers.frames++;
    gpu->numbers.drawn_in_full += full;
    *out_texture = t;
    return AS_OK;
}

as_result as_gpu_find(as_gpu *gpu, const as_gpu_request *request, as_gpu_texture **out_texture,
                      as_error *error)
{
    as_result result = gpu->backend->check(gpu, error);
    if (result != AS_OK)
        return result;
    as_gpu_texture *t = as_textures_find(gpu, request);
    if (!t)
        return as_err_set(error, AS_NOT_READY, "no texture shows this frame");
    if (t->waits_count >= MOST_WAITS) /* one frame shown for long: each release adds a fence */
        wait_for_all(gpu, t);
    result = as_textures_hold(gpu, t, error);
    if (result != AS_OK)
        return result;
    gpu->numbers.frames++;
    gpu->numbers.shown_already++;
    *out_texture = t;
    return AS_OK;
}

void as_gpu_release(as_gpu *gpu, as_gpu_texture *texture, void *fence)
{
    for (uint32_t i = 0; i < gpu->textures_count; i++) {
        as_gpu_texture *t = gpu->textures[i];
        if (t != texture || t->held == 0)
            continue;
        t->held--;
        if (fence)
            t->waits[t->waits_count++] = fence;
        return;
    }
}

as_gpu_memory as_gpu_count(const as_gpu *gpu)
{
    as_gpu_memory memory = {0};
    for (uint32_t i = 0; i < gpu->textures_count; i++) {
        const as_gpu_texture *t = gpu->textures[i];
        if (!t->foreign) {
            memory.textures++;
            memory.texture_bytes += (uint64_t)t->width * t->height;
        }
        memory.held += t->held;
        if (t->shown)
            memory.host_bytes +=
                (uint64_t)((t->canvas_width + 63) / 64) * t->canvas_height * sizeof(*t->shown);
    }
    return memory;
}
