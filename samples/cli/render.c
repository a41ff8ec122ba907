/* SPDX-License-Identifier: MIT */
#include "render.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static as_result no_memory(size_t size, as_error *error)
{
    *error =
        (as_error){.code = AS_ERROR_OUT_OF_MEMORY, .frame = AS_NO_FRAME, .offset = AS_NO_OFFSET};
    snprintf(error->text, sizeof(error->text),
             "out of memory: %zu bytes for a picture; use a smaller --size or fewer --threads",
             size);
    return error->code;
}

as_result bytes_resize(byte_array *bytes, size_t size, as_error *error)
{
    if (size > bytes->capacity) {
        uint8_t *data = malloc(size);
        if (!data)
            return no_memory(size, error);
        free(bytes->data);
        bytes->data = data;
        bytes->capacity = size;
    }
    bytes->size = size;
    return AS_OK;
}

as_result bytes_append(byte_array *bytes, const void *data, size_t size, as_error *error)
{
    if (size > bytes->capacity - bytes->size) {
        const size_t capacity = (bytes->size + size) * 2;
        uint8_t *grown = realloc(bytes->data, capacity);
        if (!grown)
            return no_memory(capacity, error);
        bytes->data = grown;
        bytes->capacity = capacity;
    }
    if (size > 0)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return AS_OK;
}

void bytes_free(byte_array *bytes)
{
    free(bytes->data);
    *bytes = (byte_array){0};
}

as_result render_payload(renderer *r, uint64_t frame, as_error *error)
{
    return as_container_read_payload(r->container, frame, &r->payload, error);
}

/* What fails after reading does not know which frame it was. */
static as_result name_frame(as_error *error, uint64_t frame)
{
    char text[sizeof(error->text)];
    memcpy(text, error->text, sizeof(text));
    snprintf(error->text, sizeof(error->text), "frame %" PRIu64 ": %.*s", frame,
             (int)sizeof(text) - 40, text);
    error->frame = frame;
    return error->code;
}

as_result render_frame(renderer *r, uint64_t frame, uint8_t *pixels, as_error *error)
{
    const options *o = r->o;
    if (r->gpu)
        return backend_read(r->gpu, frame, pixels, error);
    const uint32_t width = o->vector ? o->width : o->canvas_width;
    const uint32_t height = o->vector ? o->height : o->canvas_height;
    const as_raster_params params = {.struct_size = sizeof(params),
                                     .combine = o->combine,
                                     .source_width = o->vector ? o->canvas_width : 0,
                                     .source_height = o->vector ? o->canvas_height : 0};
    as_result result = render_payload(r, frame, error);
    if (result != AS_OK)
        return result;
    if (!r->canvas)
        result = as_canvas_create(width, height, &r->canvas, error);
    if (result == AS_OK)
        result = as_canvas_draw(r->canvas, r->payload.data, r->payload.size, &params, error);
    if (result == AS_OK)
        result = as_canvas_to_r8(r->canvas, pixels, (size_t)o->width * o->height, o->width,
                                 o->height, 0, error);
    return result == AS_OK ? AS_OK : name_frame(error, frame);
}

as_result render_scratch(renderer *r, uint64_t frame, as_error *error)
{
    const as_result result = bytes_resize(&r->pixels, (size_t)r->o->width * r->o->height, error);
    return result == AS_OK ? render_frame(r, frame, r->pixels.data, error) : result;
}

void render_free(renderer *r)
{
    as_buffer_free(&r->payload);
    as_canvas_destroy(&r->canvas);
    bytes_free(&r->pixels);
}
