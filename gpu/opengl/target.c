/* SPDX-License-Identifier: MIT
 *
 * What is drawn into: making textures of the pool, and binding and clearing any target.
 */
#include "core/base/error.h"
#include "gpu/opengl/device.h"

#include <inttypes.h>
#include <string.h>

/* --------------------------------------------------------------------------------- pool ---- */

static void make_texture(const GladGLContext *gl, as_gl_target *t)
{
    gl->GenTextures(1, &t->base.name);
    gl->BindTexture(GL_TEXTURE_2D, t->base.name);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    gl->TexImage2D(GL_TEXTURE_2D, 0, GL_R8, (GLsizei)t->base.width, (GLsizei)t->base.height, 0,
                   GL_RED, GL_UNSIGNED_BYTE, NULL);
}

as_result as_gl_target_create(as_gpu *gpu, as_gpu_texture *texture, as_error *error)
{
    as_gl_device *d = (as_gl_device *)gpu;
    as_gl_target *t = (as_gl_target *)texture;
    const GladGLContext *gl = &d->f.gl;
    make_texture(gl, t);
    gl->GenFramebuffers(1, &t->framebuffer);
    gl->BindFramebuffer(GL_DRAW_FRAMEBUFFER, t->framebuffer);
    gl->FramebufferTexture2D(GL_DRAW_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D,
                             texture->name, 0);
    as_result result = as_gl_check(d, "making a texture", error);
    if (result == AS_OK &&
        gl->CheckFramebufferStatus(GL_DRAW_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE)
        result = as_err_set(error, AS_ERROR_GPU,
                            "this driver does not draw into GL_R8 textures of %" PRIu32
                            " x %" PRIu32 " pixels",
                            texture->width, texture->height);
    if (result != AS_OK)
        as_gl_target_remove(gpu, texture, false);
    return result;
}

void as_gl_target_remove(as_gpu *gpu, as_gpu_texture *texture, bool abandon)
{
    const GladGLContext *gl = &((as_gl_device *)gpu)->f.gl;
    if (texture->foreign || abandon)
        return;
    gl->DeleteFramebuffers(1, &((as_gl_target *)texture)->framebuffer);
    gl->DeleteTextures(1, &texture->name);
}

/* --------------------------------------------------------------------------------- draw ---- */

static void clear_mask(as_gl_device *d, const as_gpu_texture *t)
{
    static const GLfloat transparent[4] = {0, 0, 0, 0};
    const GladGLContext *gl = &d->f.gl;
    const GLint box[4] = {0, 0, (GLint)t->width, (GLint)t->height};
    if (!t->foreign) {
        gl->ClearBufferfv(GL_COLOR, 0, transparent);
        return;
    }
    /* The rest of a larger one stays. */
    if (d->f.extra.viewport_i) {
        d->f.extra.scissor_i(0, box);
        d->f.extra.enable_i(GL_SCISSOR_TEST, 0);
        gl->ClearBufferfv(GL_COLOR, 0, transparent);
        d->f.extra.disable_i(GL_SCISSOR_TEST, 0);
    } else {
        gl->Scissor(box[0], box[1], box[2], box[3]);
        gl->Enable(GL_SCISSOR_TEST);
        gl->ClearBufferfv(GL_COLOR, 0, transparent);
        gl->Disable(GL_SCISSOR_TEST);
    }
}

as_result as_gl_target_bind(as_gpu *gpu, as_gpu_texture *t, bool clear, as_error *error)
{
    as_gl_device *d = (as_gl_device *)gpu;
    const GladGLContext *gl = &d->f.gl;
    const GLfloat viewport[4] = {0, 0, (GLfloat)t->width, (GLfloat)t->height};
    const GLint sizes[4] = {(GLint)t->canvas_width, (GLint)t->canvas_height, (GLint)t->width,
                            (GLint)t->height};
    const as_result result = as_gl_ring_check(d, error);
    if (result != AS_OK)
        return result;
    if (!t->foreign) /* else as_gl_target_adopt has bound it */
        gl->BindFramebuffer(GL_DRAW_FRAMEBUFFER, ((as_gl_target *)t)->framebuffer);
    if (d->f.extra.viewport_i)
        d->f.extra.viewport_i(0, viewport);
    else
        gl->Viewport(0, 0, (GLsizei)t->width, (GLsizei)t->height);
    if (memcmp(sizes, d->sizes_value, sizeof(sizes)) != 0) {
        gl->Uniform4ui(d->sizes, (GLuint)sizes[0], (GLuint)sizes[1], (GLuint)sizes[2],
                       (GLuint)sizes[3]);
        memcpy(d->sizes_value, sizes, sizeof(sizes));
    }
    if (clear)
        clear_mask(d, t);
    return AS_OK;
}
