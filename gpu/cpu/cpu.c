/* SPDX-License-Identifier: MIT */
#include "gpu/cpu/cpu.h"

#include "core/base/error.h"
#include "core/base/mem.h"

#include <string.h>

typedef struct cpu_device {
    as_gpu base;
    as_rect *room;
    uint32_t room_count;
} cpu_device;

typedef struct cpu_texture {
    as_gpu_texture base;
    uint8_t *pixels;
} cpu_texture;

static as_result check(as_gpu *gpu, as_error *error)
{
    (void)gpu;
    (void)error;
    return AS_OK;
}

static as_result create(as_gpu *gpu, as_gpu_texture *texture, as_error *error)
{
    cpu_texture *t = (cpu_texture *)texture;
    const size_t size = (size_t)texture->width * texture->height;
    (void)gpu;
    t->pixels = as_mem_alloc(size);
    if (!t->pixels)
        return as_err_no_memory(error, size, "a texture");
    memset(t->pixels, 0xA5, size); /* of any content: nothing may rely on it */
    return AS_OK;
}

static as_result adopt(as_gpu *gpu, as_gpu_texture *texture, as_error *error)
{
    (void)gpu;
    (void)texture;
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "there is no device that a texture of yours could be on; leave it 0");
}

static as_result target(as_gpu *gpu, as_gpu_texture *texture, bool clear, as_error *error)
{
    (void)gpu;
    (void)error;
    if (clear)
        memset(((cpu_texture *)texture)->pixels, 0, (size_t)texture->width * texture->height);
    return AS_OK;
}

static as_result room(as_gpu *gpu, uint64_t wanted, as_rect **out_rects, size_t *out_count,
                      as_error *error)
{
    cpu_device *device = (cpu_device *)gpu;
    (void)error;
    *out_rects = device->room;
    *out_count = wanted < device->room_count ? (size_t)wanted : device->room_count;
    return AS_OK;
}

/* The first pixel of `to` that shows canvas pixel v or one after it. */
static uint32_t first_pixel(uint32_t v, uint32_t from, uint32_t to)
{
    return (v * to + from - 1) / from; /* at most 2^28 + 2^14 */
}

static as_result draw(as_gpu *gpu, as_gpu_texture *t, size_t count, as_error *error)
{
    const as_rect *rects = ((cpu_device *)gpu)->room;
    uint8_t *pixels = ((cpu_texture *)t)->pixels;
    (void)error;
    for (size_t i = 0; i < count; i++) {
        const as_rect *r = &rects[i];
        const uint32_t x0 = first_pixel(r->x0 & ~AS_RECT_SET, t->canvas_width, t->width);
        const uint32_t x1 = first_pixel(r->x1, t->canvas_width, t->width);
        const uint32_t y1 = first_pixel(r->y1, t->canvas_height, t->height);
        for (uint32_t y = first_pixel(r->y0, t->canvas_height, t->height); y < y1; y++)
            memset(pixels + (size_t)y * t->width + x0, r->x0 & AS_RECT_SET ? 255 : 0, x1 - x0);
    }
    return AS_OK;
}

static void *fence(as_gpu *gpu)
{
    (void)gpu;
    return NULL;
}

static void ignore_fence(as_gpu *gpu, void *of_callers)
{
    (void)gpu;
    (void)of_callers;
}

static void remove_texture(as_gpu *gpu, as_gpu_texture *texture, bool abandon)
{
    (void)gpu;
    (void)abandon;
    as_mem_free(((cpu_texture *)texture)->pixels);
}

static void destroy(as_gpu *gpu, bool abandon)
{
    (void)abandon;
    as_mem_free(((cpu_device *)gpu)->room);
    as_mem_free(gpu);
}

static const as_gpu_backend backend = {.name = "CPU",
                                       .texture_size = sizeof(cpu_texture),
                                       .check = check,
                                       .begin = check,
                                       .end = check,
                                       .create = create,
                                       .adopt = adopt,
                                       .target = target,
                                       .room = room,
                                       .draw = draw,
                                       .fence = fence,
                                       .wait = ignore_fence,
                                       .drop_fence = ignore_fence,
                                       .remove = remove_texture,
                                       .destroy = destroy};

as_result as_gpu_cpu_create(const as_gpu_cpu_params *params, as_gpu **out_gpu, as_error *error)
{
    cpu_device *device = as_mem_calloc(1, sizeof(*device));
    if (!device)
        return as_err_no_memory(error, sizeof(*device), "a device");
    device->base.max_width = params->max_width;
    device->base.max_height = params->max_height;
    device->room_count = params->room;
    device->room = as_mem_calloc(params->room, sizeof(*device->room));
    as_result result =
        device->room ? AS_OK
                     : as_err_no_memory(error, params->room * sizeof(*device->room), "rectangles");
    if (result == AS_OK)
        result = as_gpu_init(&device->base, &backend, params->textures, error);
    if (result != AS_OK) {
        destroy(&device->base, false);
        return result;
    }
    *out_gpu = &device->base;
    return AS_OK;
}

const uint8_t *as_gpu_cpu_pixels(const as_gpu_texture *texture)
{
    return ((const cpu_texture *)texture)->pixels;
}
