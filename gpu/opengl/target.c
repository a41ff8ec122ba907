/* SPDX-License-Identifier: MIT
 *
 * What is drawn into: textures of the pool, and textures and framebuffers of the caller's.
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

/* ------------------------------------------------------------------------- the caller's ---- */

static GLint attachment_parameter(const GladGLContext *gl, GLenum attachment, GLenum name)
{
    GLint value = 0;
    gl->GetFramebufferAttachmentParameteriv(GL_DRAW_FRAMEBUFFER, attachment, name, &value);
    return value;
}

/* GL_R8, by what ES 3.0 can tell. */
static bool is_r8(const GladGLContext *gl, GLenum attachment)
{
    return attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_OBJECT_TYPE) != GL_NONE &&
           attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_RED_SIZE) == 8 &&
           attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_GREEN_SIZE) == 0 &&
           attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_ALPHA_SIZE) == 0 &&
           attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_COMPONENT_TYPE) ==
               GL_UNSIGNED_NORMALIZED &&
           attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_COLOR_ENCODING) ==
               GL_LINEAR;
}

static as_result refuse(as_gl_device *d, const as_gpu_texture *t, const char *why, as_error *error)
{
    as_gl_drain(d);
    return as_err_set(error, AS_ERROR_ARGUMENT, "%s %" PRIu32 " of yours %s",
                      t->framebuffer ? "framebuffer" : "texture",
                      t->framebuffer ? t->framebuffer : t->name, why);
}

/* Attached for one drawing only, so that it is freed when its owner deletes it. */
static as_result adopt_texture(as_gl_device *d, as_gpu_texture *t, as_error *error)
{
    const GladGLContext *gl = &d->f.gl;
    if (!gl->IsTexture(t->name))
        return refuse(d, t, "is not a texture; pass one that was bound once", error);
    gl->BindTexture(GL_TEXTURE_2D, t->name);
    if (gl->GetError() != GL_NO_ERROR)
        return refuse(d, t, "is not a GL_TEXTURE_2D", error);
    /* No pixels, just within the size: the way to ask for it that all contexts have. */
    gl->TexSubImage2D(GL_TEXTURE_2D, 0, (GLint)t->width, (GLint)t->height, 0, 0, GL_RED,
                      GL_UNSIGNED_BYTE, NULL);
    if (gl->GetError() != GL_NO_ERROR)
        return refuse(d, t, "is smaller than the mask, or has no level 0 of format GL_R8", error);
    gl->BindFramebuffer(GL_DRAW_FRAMEBUFFER, d->framebuffer);
    gl->FramebufferTexture2D(GL_DRAW_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, t->name, 0);
    d->attached = true;
    if (gl->CheckFramebufferStatus(GL_DRAW_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE ||
        !is_r8(gl, GL_COLOR_ATTACHMENT0))
        return refuse(d, t, "is not GL_R8; make it with that internal format", error);
    return AS_OK;
}

static as_result adopt_framebuffer(as_gl_device *d, as_gpu_texture *t, as_error *error)
{
    const GladGLContext *gl = &d->f.gl;
    GLint samples = 0, buffers = 0, buffer = GL_NONE;
    if (!gl->IsFramebuffer(t->framebuffer))
        return refuse(d, t, "is not a framebuffer of this context", error);
    gl->BindFramebuffer(GL_DRAW_FRAMEBUFFER, t->framebuffer);
    if (gl->CheckFramebufferStatus(GL_DRAW_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE)
        return refuse(d, t, "is not complete", error);
    gl->GetIntegerv(GL_SAMPLE_BUFFERS, &samples);
    gl->GetIntegerv(GL_DRAW_BUFFER0, &buffer);
    if (samples != 0 || buffer < GL_COLOR_ATTACHMENT0 || !is_r8(gl, (GLenum)buffer))
        return refuse(d, t, "has no single-sampled GL_R8 attachment as its first draw buffer",
                      error);
    gl->GetIntegerv(GL_MAX_DRAW_BUFFERS, &buffers);
    for (GLint i = 1; i < buffers; i++) {
        gl->GetIntegerv((GLenum)(GL_DRAW_BUFFER0 + i), &buffer);
        if (buffer != GL_NONE)
            return refuse(d, t, "has more than one draw buffer; set the others to GL_NONE", error);
    }
    return AS_OK;
}

as_result as_gl_target_adopt(as_gpu *gpu, as_gpu_texture *texture, as_error *error)
{
    as_gl_device *d = (as_gl_device *)gpu;
    return texture->framebuffer ? adopt_framebuffer(d, texture, error)
                                : adopt_texture(d, texture, error);
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
    (void)error;
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
