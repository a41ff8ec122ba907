/* SPDX-License-Identifier: MIT */
#include "gpu/textures.h"

#include "core/base/error.h"
#include "core/base/mem.h"

#include <inttypes.h>
#include <string.h>

static bool is_foreign(const as_gpu_request *request)
{
    return request->texture != 0 || request->framebuffer != 0;
}

/* Is it the caller's target of the request? */
static bool is_target(const as_gpu_texture *t, const as_gpu_request *request)
{
    return t->foreign && t->framebuffer == request->framebuffer &&
           (t->framebuffer != 0 || t->name == request->texture);
}

static bool has_size(const as_gpu_texture *t, const as_gpu_request *request)
{
    return t->width == request->width && t->height == request->height;
}

as_gpu_texture *as_textures_find(const as_gpu *gpu, const as_gpu_request *request)
{
    for (uint32_t i = 0; i < gpu->textures_count; i++) {
        as_gpu_texture *t = gpu->textures[i];
        const bool mine = is_foreign(request)
                              ? is_target(t, request) && request->unchanged && t->held == 0
                              : !t->foreign;
        if (mine && t->known && t->stream == request->stream && t->content == request->content &&
            t->index == request->index && has_size(t, request))
            return t;
    }
    return NULL;
}

static as_gpu_texture *find_target(const as_gpu *gpu, const as_gpu_request *request)
{
    for (uint32_t i = 0; i < gpu->textures_count; i++)
        if (is_target(gpu->textures[i], request))
            return gpu->textures[i];
    return NULL;
}

/* Of the request's size and not held, the one used last: it differs least from what comes. */
static as_gpu_texture *find_free(const as_gpu *gpu, const as_gpu_request *request)
{
    as_gpu_texture *best = NULL;
    for (uint32_t i = 0; i < gpu->textures_count; i++) {
        as_gpu_texture *t = gpu->textures[i];
        if (!t->foreign && t->held == 0 && has_size(t, request) && (!best || t->used > best->used))
            best = t;
    }
    return best;
}

/* Makes room for one more of its kind, if need be in place of the one used longest ago. */
static as_result make_room(as_gpu *gpu, bool foreign, as_error *error)
{
    const uint32_t most = foreign ? AS_GPU_FOREIGN : gpu->most_textures;
    as_gpu_texture *oldest = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < gpu->textures_count; i++) {
        as_gpu_texture *t = gpu->textures[i];
        if (t->foreign != foreign)
            continue;
        count++;
        if (t->held == 0 && (!oldest || t->used < oldest->used))
            oldest = t;
    }
    if (count < most)
        return AS_OK;
    if (oldest) {
        as_textures_drop(gpu, oldest, false);
        return AS_OK;
    }
    return as_err_set(error, AS_ERROR_LIMIT,
                      foreign
                          ? "%" PRIu32 " textures and framebuffers of yours are held; release one"
                          : "all %" PRIu32 " textures are held; release one or raise `textures`",
                      most);
}

/* NULL: the error says why. */
static as_gpu_texture *add(as_gpu *gpu, const as_gpu_request *request, as_error *error)
{
    const bool foreign = is_foreign(request);
    if (make_room(gpu, foreign, error) != AS_OK)
        return NULL;
    as_gpu_texture *t = as_mem_calloc(1, gpu->backend->texture_size);
    if (!t) {
        as_err_no_memory(error, gpu->backend->texture_size, "a texture");
        return NULL;
    }
    t->foreign = foreign;
    t->name = request->texture;
    t->framebuffer = request->framebuffer;
    t->width = request->width;
    t->height = request->height;
    if (!foreign && gpu->backend->create(gpu, t, error) != AS_OK) {
        as_mem_free(t);
        return NULL;
    }
    gpu->textures[gpu->textures_count++] = t;
    return t;
}

static as_result take_target(as_gpu *gpu, const as_gpu_request *request,
                             as_gpu_texture **out_texture, as_error *error)
{
    as_gpu_texture *t = find_target(gpu, request);
    if (t && t->held != 0)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "%s %" PRIu32 " is still held; release it before the next frame",
                          t->framebuffer ? "framebuffer" : "texture",
                          t->framebuffer ? t->framebuffer : t->name);
    if (!t && !(t = add(gpu, request, error)))
        return error->code;
    if (!request->unchanged || !has_size(t, request))
        t->known = false;
    t->width = request->width;
    t->height = request->height;
    *out_texture = t;
    return gpu->backend->adopt(gpu, t, error);
}

as_result as_textures_take(as_gpu *gpu, const as_gpu_request *request, as_gpu_texture **out_texture,
                           as_error *error)
{
    if (is_foreign(request))
        return take_target(gpu, request, out_texture, error);
    as_gpu_texture *t = find_free(gpu, request);
    if (!t && !(t = add(gpu, request, error)))
        return error->code;
    *out_texture = t;
    return AS_OK;
}

as_result as_textures_fit(as_gpu_texture *t, const as_canvas_view *canvas, as_error *error)
{
    const size_t words = (size_t)((canvas->width + 63) / 64) * canvas->height;
    if (t->shown && t->canvas_width == canvas->width && t->canvas_height == canvas->height)
        return AS_OK;
    as_mem_free(t->shown);
    t->known = false;
    t->shown = as_mem_alloc(words * sizeof(*t->shown));
    if (!t->shown)
        return as_err_no_memory(error, words * sizeof(*t->shown), "the canvas of a texture");
    t->canvas_width = canvas->width;
    t->canvas_height = canvas->height;
    return AS_OK;
}

as_result as_textures_hold(as_gpu *gpu, as_gpu_texture *t, as_error *error)
{
    const uint32_t needed = t->waits_count + t->held + 1;
    if (needed > t->waits_capacity) {
        const uint32_t capacity = needed + 8;
        void **waits =
            as_mem_grow(t->waits, t->waits_count * sizeof(*waits), capacity * sizeof(*waits));
        if (!waits)
            return as_err_no_memory(error, capacity * sizeof(*waits), "a texture's fences");
        t->waits = waits;
        t->waits_capacity = capacity;
    }
    t->held++;
    t->used = ++gpu->clock;
    return AS_OK;
}

void as_textures_drop(as_gpu *gpu, as_gpu_texture *t, bool abandon)
{
    uint32_t at = 0;
    while (gpu->textures[at] != t)
        at++;
    gpu->textures[at] = gpu->textures[--gpu->textures_count];
    if (!abandon) {
        if (t->fence)
            gpu->backend->drop_fence(gpu, t->fence);
        for (uint32_t i = 0; i < t->waits_count; i++)
            gpu->backend->drop_fence(gpu, t->waits[i]);
    }
    gpu->backend->remove(gpu, t, abandon);
    as_mem_free(t->waits);
    as_mem_free(t->shown);
    as_mem_free(t);
}
