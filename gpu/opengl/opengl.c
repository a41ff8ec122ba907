/* SPDX-License-Identifier: MIT */
#include "gpu/opengl/opengl.h"

#include "core/base/error.h"
#include "core/base/mem.h"
#include "gpu/opengl/device.h"

/* ------------------------------------------------------------------------------- device ---- */

static as_result check(as_gpu *gpu, as_error *error)
{
    return as_gl_check_context((as_gl_device *)gpu, error);
}

static as_result begin(as_gpu *gpu, as_error *error)
{
    as_gl_device *d = (as_gl_device *)gpu;
    const as_result result = as_gl_check_context(d, error);
    if (result != AS_OK)
        return result;
    as_gl_drain(d);
    as_gl_state_save(d);
    as_gl_state_set(d);
    return AS_OK;
}

static as_result end(as_gpu *gpu, as_error *error)
{
    as_gl_device *d = (as_gl_device *)gpu;
    if (d->attached) {
        d->f.gl.BindFramebuffer(GL_DRAW_FRAMEBUFFER, d->framebuffer);
        d->f.gl.FramebufferTexture2D(GL_DRAW_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, 0,
                                     0);
        d->attached = false;
    }
    as_gl_state_restore(d);
    return as_gl_check(d, "drawing a frame", error);
}

static as_result room(as_gpu *gpu, uint64_t wanted, as_rect **out_rects, size_t *out_count,
                      as_error *error)
{
    return as_gl_ring_room((as_gl_device *)gpu, wanted, out_rects, out_count, error);
}

static as_result draw(as_gpu *gpu, as_gpu_texture *texture, size_t count, as_error *error)
{
    as_gl_device *d = (as_gl_device *)gpu;
    const GladGLContext *gl = &d->f.gl;
    size_t offset;
    (void)texture; /* is bound */
    const as_result result = as_gl_ring_commit(d, count * sizeof(as_rect), &offset, error);
    if (result != AS_OK || count == 0)
        return result;
    gl->VertexAttribIPointer(0, 4, GL_UNSIGNED_SHORT, sizeof(as_rect), (const void *)offset);
    gl->DrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, (GLsizei)count);
    return AS_OK;
}

static void *fence(as_gpu *gpu)
{
    return ((as_gl_device *)gpu)->f.gl.FenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
}

static void drop_fence(as_gpu *gpu, void *of)
{
    ((as_gl_device *)gpu)->f.gl.DeleteSync(of);
}

static void wait(as_gpu *gpu, void *for_fence)
{
    ((as_gl_device *)gpu)->f.gl.WaitSync(for_fence, 0, GL_TIMEOUT_IGNORED);
    drop_fence(gpu, for_fence);
}

static void delete_objects(as_gl_device *d)
{
    const GladGLContext *gl = &d->f.gl;
    gl->DeleteProgram(d->program);
    gl->DeleteVertexArrays(1, &d->vertex_array);
    gl->DeleteFramebuffers(1, &d->framebuffer);
    as_gl_ring_destroy(d);
}

static void destroy(as_gpu *gpu, bool abandon)
{
    as_gl_device *d = (as_gl_device *)gpu;
    if (!abandon) {
        delete_objects(d);
        as_gl_state_restore(d);
        as_gl_drain(d);
    }
    as_mem_free(d);
}

static const as_gpu_backend backend = {.name = "OpenGL",
                                       .texture_size = sizeof(as_gl_target),
                                       .check = check,
                                       .begin = begin,
                                       .end = end,
                                       .create = as_gl_target_create,
                                       .adopt = as_gl_target_adopt,
                                       .target = as_gl_target_bind,
                                       .room = room,
                                       .draw = draw,
                                       .fence = fence,
                                       .wait = wait,
                                       .drop_fence = drop_fence,
                                       .remove = as_gl_target_remove,
                                       .destroy = destroy};

/* ------------------------------------------------------------------------------- create ---- */

static uint32_t least(GLint a, GLint b)
{
    const GLint smaller = a < b ? a : b;
    return smaller < AS_SIZE_MAX_PIXELS ? (uint32_t)smaller : AS_SIZE_MAX_PIXELS;
}

static void read_limits(as_gl_device *d)
{
    GLint texture = 0, viewport[2] = {0, 0}, strategy = 0;
    d->f.gl.GetIntegerv(GL_MAX_TEXTURE_SIZE, &texture);
    d->f.gl.GetIntegerv(GL_MAX_VIEWPORT_DIMS, viewport);
    d->base.max_width = least(texture, viewport[0]);
    d->base.max_height = least(texture, viewport[1]);
    if (d->f.extra.reset_status) {
        d->f.gl.GetIntegerv(AS_GL_RESET_STRATEGY, &strategy);
        d->reports_reset = strategy == AS_GL_LOSE_CONTEXT_ON_RESET;
    }
}

static as_result make_objects(as_gl_device *d, const as_gpu_opengl_params *params, as_error *error)
{
    const uint32_t rects = params->segment_rects ? params->segment_rects : AS_GL_SEGMENT_RECTS;
    as_gl_drain(d);
    as_gl_state_save(d);
    as_result result = as_gl_ring_create(d, rects * sizeof(as_rect), error);
    if (result == AS_OK)
        result = as_gl_program_create(d, error);
    if (result == AS_OK) {
        d->f.gl.GenFramebuffers(1, &d->framebuffer);
        result = as_gl_check(d, "attaching to the context", error);
    }
    if (result != AS_OK)
        delete_objects(d);
    as_gl_state_restore(d);
    as_gl_drain(d);
    return result;
}

static as_result choose_upload(as_gl_device *d, as_gl_upload upload, as_error *error)
{
    d->base.persistent = upload != AS_GL_UPLOAD_ORPHANED && d->f.extra.buffer_storage;
    if (upload != AS_GL_UPLOAD_PERSISTENT || d->base.persistent)
        return AS_OK;
    return as_err_set(error, AS_ERROR_GPU,
                      "this context has no persistently mapped buffers (buffer_storage); leave "
                      "`upload` at AS_GL_UPLOAD_AUTO");
}

as_result as_gpu_opengl_create(const as_gpu_opengl_params *params, as_gpu **out_gpu,
                               as_error *error)
{
    as_gl_device *d = as_mem_calloc(1, sizeof(*d));
    if (!d)
        return as_err_no_memory(error, sizeof(*d), "an OpenGL device");
    as_result result = as_gl_load(params, &d->f, error);
    if (result == AS_OK)
        result = choose_upload(d, params->upload, error);
    if (result == AS_OK)
        result = as_gpu_init(&d->base, &backend, params->textures, error);
    if (result == AS_OK) {
        d->most_wait_ns = AS_GL_MOST_WAIT_NS;
        read_limits(d);
        result = make_objects(d, params, error);
    }
    if (result != AS_OK) {
        as_mem_free(d->base.textures);
        as_mem_free(d);
        return result;
    }
    *out_gpu = &d->base;
    return AS_OK;
}

bool as_gpu_opengl_is_there(void)
{
    return true;
}
