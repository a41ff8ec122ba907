/* SPDX-License-Identifier: MIT
 *
 * gl.h: a stream's canvases become textures of a GPU device. Arguments are checked here, the work
 * is in gpu/.
 */
#include "core/api/gl.h"

#include "core/api/params.h"
#include "core/api/stream.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/stream/times.h"
#include "gpu/opengl/opengl.h"

#include <inttypes.h>

enum { STANDARD_TEXTURES = 4, MOST_TEXTURES = 64 };

struct as_gl {
    as_gpu *gpu;
    as_stream *stream; /* NULL: a CV handle's */
    bool keep_processing;
    as_times update;
};

/* ------------------------------------------------------------------------------- attach ---- */

static as_result take_params(as_gl_params *p, const as_gl_params *params, as_error *error)
{
    const as_result result = as_api_params(p, sizeof(*p), params, "as_gl_params", error);
    if (result != AS_OK)
        return result;
    if (!p->get_proc_address)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_gl_params.get_proc_address is NULL; pass a function that finds GL "
                          "functions, like eglGetProcAddress");
    if (p->textures == 0)
        p->textures = STANDARD_TEXTURES;
    if (p->textures > MOST_TEXTURES)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_gl_params.textures is %" PRIu32 ", outside its range of 1 to %d",
                          p->textures, MOST_TEXTURES);
    if (p->upload < AS_GL_UPLOAD_AUTO || p->upload > AS_GL_UPLOAD_ORPHANED)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_gl_params.upload is %" PRId32 ", none of AS_GL_UPLOAD_*", p->upload);
    return AS_OK;
}

as_gl *as_api_gl_create(const as_gl_params *params, as_error *error)
{
    const as_gpu_opengl_params device = {.get_proc_address = params->get_proc_address,
                                         .user = params->user,
                                         .textures = params->textures,
                                         .upload = params->upload};
    as_gl *gl = as_mem_calloc(1, sizeof(*gl));
    if (!gl) {
        as_err_no_memory(error, sizeof(*gl), "an as_gl");
        return NULL;
    }
    if (as_gpu_opengl_create(&device, &gl->gpu, error) != AS_OK) {
        as_mem_free(gl);
        return NULL;
    }
    gl->keep_processing = params->keep_processing != 0;
    return gl;
}

as_result as_gl_attach(as_stream *stream, const as_gl_params *params, as_gl **out_gl,
                       as_error *error)
{
    as_error local;
    as_gl_params p;
    error = as_api_error(error, &local);
    if (out_gl)
        *out_gl = NULL;
    if (!stream || !out_gl)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_gl_attach: %s is NULL",
                          stream ? "out_gl" : "stream");
    const as_result result = take_params(&p, params, error);
    if (result != AS_OK)
        return result;
    as_gl *gl = as_api_gl_create(&p, error);
    if (!gl)
        return error->code;
    gl->stream = stream;
    if (!p.keep_processing)
        as_st_prefer(stream, AS_OUTPUT_CANVAS);
    *out_gl = gl;
    return AS_OK;
}

static void end(as_gl **gl, bool abandon)
{
    if (!gl || !*gl)
        return;
    if ((*gl)->stream && !(*gl)->keep_processing)
        as_st_prefer_no_more((*gl)->stream, AS_OUTPUT_CANVAS);
    as_gpu_destroy((*gl)->gpu, abandon);
    as_mem_free(*gl);
    *gl = NULL;
}

void as_gl_detach(as_gl **gl)
{
    end(gl, false);
}

void as_gl_abandon(as_gl **gl)
{
    end(gl, true);
}

/* --------------------------------------------------------------------------------- get ---- */

static as_result take_request(const as_stream *stream, const as_gl_request *request,
                              as_gpu_request *out, as_error *error)
{
    as_gl_request r;
    const as_gl_request standard = {.struct_size = sizeof(standard)};
    const as_result result =
        as_api_params(&r, sizeof(r), request ? request : &standard, "as_gl_request", error);
    if (result != AS_OK)
        return result;
    if (r.texture != 0 && r.framebuffer != 0)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_gl_request has a texture and a framebuffer; set one of them at most");
    out->width = r.width;
    out->height = r.height;
    out->texture = r.texture;
    out->framebuffer = r.framebuffer;
    out->unchanged = r.unchanged != 0;
    return as_api_take_size(stream, &out->width, &out->height, error);
}

/* With the time that the calling thread spends on it but for waiting. */
static as_result draw(as_gl *gl, as_stream *stream, const as_gpu_request *request,
                      uint64_t timeout_ns, as_gpu_texture **out_texture, as_error *error)
{
    const as_output_key key =
        as_st_canvas_key(stream, request->index, request->width, request->height);
    as_canvas_view canvas;
    as_frame *frame;
    as_result result = as_st_get(stream, key, timeout_ns, &frame, error);
    if (result != AS_OK)
        return result;
    const uint64_t start = as_clock_ns();
    if (as_output_frame_canvas(frame, &canvas))
        result = as_gpu_show(gl->gpu, request, &canvas, out_texture, error);
    else
        result = as_err_set(error, AS_ERROR_GPU, "the stream gave no canvas");
    as_output_frame_unref(frame);
    as_times_add(&gl->update, as_clock_ns() - start);
    return result == AS_OK ? result : as_err_at_frame(error, request->index);
}

as_result as_api_gl_get(as_gl *gl, as_stream *stream, uint64_t stream_number, uint64_t index,
                        const as_gl_request *request, uint64_t timeout_ns,
                        as_gl_texture *out_texture, as_error *error)
{
    as_gpu_request r = {.stream = stream_number, .index = index};
    as_gpu_texture *t = NULL;
    as_result result = take_request(stream, request, &r, error);
    if (result != AS_OK)
        return result;
    if (!gl->keep_processing) /* also after another as_gl of the stream was detached */
        as_st_prefer(stream, AS_OUTPUT_CANVAS);
    r.content = as_st_content(stream); /* a replaced one's frames are not found, but asked for */
    result = as_gpu_find(gl->gpu, &r, &t, error);
    if (result == AS_NOT_READY)
        result = draw(gl, stream, &r, timeout_ns, &t, error);
    if (result != AS_OK)
        return result;
    *out_texture = (as_gl_texture){.index = index,
                                   .name = t->framebuffer ? 0 : t->name,
                                   .width = t->width,
                                   .height = t->height,
                                   .fence = t->fence,
                                   .handle = t};
    return AS_OK;
}

as_result as_gl_get_frame(as_gl *gl, uint64_t index, const as_gl_request *request,
                          uint64_t timeout_ns, as_gl_texture *out_texture, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (out_texture)
        *out_texture = (as_gl_texture){.index = 0};
    if (!gl || !out_texture)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_gl_get_frame: %s is NULL",
                          gl ? "out_texture" : "gl");
    return as_api_gl_get(gl, gl->stream, 1, index, request, timeout_ns, out_texture, error);
}

void as_gl_release(as_gl *gl, as_gl_texture *texture, void *fence)
{
    if (!gl || !texture)
        return;
    if (texture->handle)
        as_gpu_release(gl->gpu, texture->handle, fence);
    *texture = (as_gl_texture){.index = 0};
}

/* ------------------------------------------------------------------------------ knowing ---- */

as_result as_gl_get_stats(const as_gl *gl, as_gl_stats *out_stats)
{
    as_error error;
    if (!gl || !out_stats)
        return AS_ERROR_ARGUMENT;
    const as_gpu_numbers *n = &gl->gpu->numbers;
    const as_gpu_memory memory = as_gpu_count(gl->gpu);
    as_gl_stats s = {.persistent = gl->gpu->persistent,
                     .textures = memory.textures,
                     .texture_bytes = memory.texture_bytes,
                     .held = memory.held,
                     .memory_bytes = memory.host_bytes,
                     .frames = n->frames,
                     .shown_already = n->shown_already,
                     .drawn_in_full = n->drawn_in_full,
                     .rectangles = n->rectangles,
                     .upload_bytes = n->upload_bytes,
                     .draws = n->draws,
                     .clears = n->clears,
                     .upload_waits = n->upload_waits,
                     .last_upload_bytes = n->last_upload_bytes,
                     .last_draws = n->last_draws,
                     .last_clears = n->last_clears};
    as_times_sum_up(&gl->update, &s.update);
    return as_api_give(out_stats, &s, sizeof(s), "as_gl_stats", &error);
}
