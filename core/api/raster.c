/* SPDX-License-Identifier: MIT
 *
 * raster.h: arguments are checked here, the work is in core/raster.
 */
#include "core/api/params.h"
#include "core/base/checked.h"
#include "core/format/format.h"
#include "core/raster/canvas.h"
#include "core/raster/strip.h"

#include <inttypes.h>

static as_result check_size(const char *what, uint32_t width, uint32_t height, as_error *error)
{
    if (width >= 1 && width <= AS_SIZE_MAX_PIXELS && height >= 1 && height <= AS_SIZE_MAX_PIXELS)
        return AS_OK;
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "%s of %" PRIu32 " x %" PRIu32 " pixels; each side must be 1 to %d", what,
                      width, height, AS_SIZE_MAX_PIXELS);
}

as_result as_canvas_create(uint32_t width, uint32_t height, as_canvas **out_canvas, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!out_canvas)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_canvas_create: out_canvas is NULL");
    *out_canvas = NULL;
    const as_result result = check_size("a canvas", width, height, error);
    return result == AS_OK ? as_ras_create(width, height, out_canvas, error) : result;
}

void as_canvas_destroy(as_canvas **canvas)
{
    if (!canvas)
        return;
    as_ras_destroy(*canvas);
    *canvas = NULL;
}

static as_result take_params(as_raster_params *p, const as_raster_params *params, as_error *error)
{
    as_result result = as_api_params(p, sizeof(*p), params, "as_raster_params", error);
    if (result != AS_OK)
        return result;
    if (p->combine != AS_COMBINE_UNION && p->combine != AS_COMBINE_PARITY)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_raster_params.combine is %" PRId32
                          ", neither AS_COMBINE_UNION nor AS_COMBINE_PARITY",
                          p->combine);
    if (p->max_channels == 0)
        p->max_channels = AS_DEFAULT_CHANNELS;
    if (p->max_channels > AS_MAX_CHANNELS)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_raster_params.max_channels is %" PRIu32
                          ", outside its range of 1 to %u",
                          p->max_channels, AS_MAX_CHANNELS);
    if (p->source_width != 0 || p->source_height != 0)
        result = check_size("as_raster_params: a source", p->source_width, p->source_height, error);
    return result;
}

static as_result parse(as_polystream *stream, const char *name, const void *payload, size_t size,
                       uint32_t max_channels, as_error *error)
{
    if (!payload)
        return as_err_set(error, AS_ERROR_ARGUMENT, "%s: payload is NULL", name);
    /* Every coordinate of a payload this size fits 32 bits. */
    if (size > AS_MAX_PAYLOAD_BYTES)
        return as_err_set(error, AS_ERROR_DECODE,
                          "a payload of %zu bytes, over the limit of %" PRIu32
                          " (limits.payload_bytes)",
                          size, AS_MAX_PAYLOAD_BYTES);
    return as_polystream_parse(stream, payload, size, max_channels, error);
}

/* NULL when points are to stay as they are. */
static const as_scale *take_scale(as_scale *scale, const as_raster_params *p, uint32_t width,
                                  uint32_t height)
{
    if (p->source_width == 0)
        return NULL;
    *scale = (as_scale){p->source_width, p->source_height, width, height};
    return p->source_width == width && p->source_height == height ? NULL : scale;
}

as_result as_canvas_draw(as_canvas *canvas, const void *payload, size_t size,
                         const as_raster_params *params, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!canvas)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_canvas_draw: canvas is NULL");
    as_ras_clear(canvas);
    as_raster_params p;
    as_polystream stream;
    as_result result = take_params(&p, params, error);
    if (result == AS_OK)
        result = parse(&stream, "as_canvas_draw", payload, size, p.max_channels, error);
    if (result != AS_OK)
        return result;
    as_scale scale;
    return as_ras_draw(canvas, &stream, p.combine,
                       take_scale(&scale, &p, canvas->width, canvas->height), error);
}

as_result as_canvas_get_view(const as_canvas *canvas, as_canvas_view *out_view, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!canvas || !out_view)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_canvas_get_view: %s is NULL",
                          canvas ? "out_view" : "canvas");
    *out_view = (as_canvas_view){.words = canvas->bits,
                                 .stride_words = canvas->stride,
                                 .width = canvas->width,
                                 .height = canvas->height};
    return AS_OK;
}

as_result as_canvas_to_r8(const as_canvas *canvas, void *pixels, size_t size, uint32_t width,
                          uint32_t height, size_t stride, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!canvas || !pixels)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_canvas_to_r8: %s is NULL",
                          canvas ? "pixels" : "canvas");
    const as_result result = check_size("a mask", width, height, error);
    if (result != AS_OK)
        return result;
    if (stride == 0)
        stride = width;
    size_t needed;
    if (stride < width || !as_mul_size(stride, height - 1, &needed) || needed > SIZE_MAX - width)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_canvas_to_r8: a stride of %zu bytes for rows of %" PRIu32, stride,
                          width);
    needed += width;
    if (size < needed)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_canvas_to_r8: %zu bytes of room; %" PRIu32 " x %" PRIu32
                          " pixels with a stride of %zu need %zu",
                          size, width, height, stride, needed);
    as_ras_to_r8(canvas, pixels, width, height, stride);
    return AS_OK;
}

as_result as_canvas_get_runs(const as_canvas *canvas, as_run *runs, size_t capacity,
                             size_t *out_count, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!canvas || !out_count || (!runs && capacity != 0))
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_canvas_get_runs: %s is NULL",
                          !canvas      ? "canvas"
                          : !out_count ? "out_count"
                                       : "runs");
    *out_count = as_ras_runs(canvas, runs, capacity);
    if (*out_count <= capacity || !runs)
        return AS_OK;
    return as_err_set(error, AS_ERROR_LIMIT, "room for %zu runs; the canvas has %zu", capacity,
                      *out_count);
}

as_result as_triangle_strip(const void *payload, size_t size, uint32_t width, uint32_t height,
                            const as_raster_params *params, as_buffer *out_vertices,
                            as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!out_vertices)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_triangle_strip: out_vertices is NULL");
    out_vertices->size = 0;
    as_raster_params p;
    as_polystream stream;
    as_result result = take_params(&p, params, error);
    if (result == AS_OK && p.source_width != 0)
        result = check_size("as_triangle_strip: a target", width, height, error);
    if (result == AS_OK)
        result = parse(&stream, "as_triangle_strip", payload, size, p.max_channels, error);
    if (result != AS_OK)
        return result;
    as_scale scale;
    return as_ras_strip(&stream, p.combine, take_scale(&scale, &p, width, height), out_vertices,
                        error);
}
