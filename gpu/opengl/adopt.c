/* SPDX-License-Identifier: MIT
 *
 * Textures and framebuffers of the caller's: are they what can be drawn into?
 */
#include "core/base/error.h"
#include "gpu/opengl/device.h"

#include <inttypes.h>

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

/* Is level `level` of the bound texture at least so large? Asks with no pixels, just within the
 * size: the way to know it that all contexts have. GL_INVALID_VALUE: it is smaller; any other
 * error: there is no such level, or it does not take red. */
static GLenum ask_level(const GladGLContext *gl, GLint level, const as_gpu_texture *t)
{
    gl->TexSubImage2D(GL_TEXTURE_2D, level, (GLint)t->width, (GLint)t->height, 0, 0, GL_RED,
                      GL_UNSIGNED_BYTE, NULL);
    return gl->GetError();
}

/* Why a texture whose level 0 takes red makes no framebuffer. */
static const char *why_incomplete(const GladGLContext *gl)
{
    GLint base = 0;
    gl->GetTexParameteriv(GL_TEXTURE_2D, GL_TEXTURE_BASE_LEVEL, &base);
    return base != 0 ? "has a GL_TEXTURE_BASE_LEVEL other than 0, and this driver draws into no "
                       "level before that; set it to 0"
                     : "is not GL_R8; make it with that internal format";
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
    const GLenum wrong = ask_level(gl, 0, t);
    if (wrong != GL_NO_ERROR)
        return refuse(d, t,
                      wrong == GL_INVALID_VALUE ? "is smaller than the mask"
                                                : "has no level 0 of format GL_R8; make it so",
                      error);
    gl->BindFramebuffer(GL_DRAW_FRAMEBUFFER, d->framebuffer);
    gl->FramebufferTexture2D(GL_DRAW_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, t->name, 0);
    d->attached = true;
    if (gl->CheckFramebufferStatus(GL_DRAW_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE)
        return refuse(d, t, why_incomplete(gl), error);
    if (!is_r8(gl, GL_COLOR_ATTACHMENT0))
        return refuse(d, t, "is not GL_R8; make it with that internal format", error);
    return AS_OK;
}

static bool renderbuffer_holds(const GladGLContext *gl, GLuint name, const as_gpu_texture *t)
{
    GLint bound = 0, width = 0, height = 0;
    gl->GetIntegerv(GL_RENDERBUFFER_BINDING, &bound);
    gl->BindRenderbuffer(GL_RENDERBUFFER, name);
    gl->GetRenderbufferParameteriv(GL_RENDERBUFFER, GL_RENDERBUFFER_WIDTH, &width);
    gl->GetRenderbufferParameteriv(GL_RENDERBUFFER, GL_RENDERBUFFER_HEIGHT, &height);
    gl->BindRenderbuffer(GL_RENDERBUFFER, (GLuint)bound);
    return (uint32_t)width >= t->width && (uint32_t)height >= t->height;
}

/* Is the attachment at least as large as the mask? Layers of other textures are not asked. */
static bool attachment_holds(const GladGLContext *gl, GLenum attachment, const as_gpu_texture *t)
{
    const GLuint name =
        (GLuint)attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_OBJECT_NAME);
    if (attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_OBJECT_TYPE) ==
        GL_RENDERBUFFER)
        return !gl->IsRenderbuffer(name) || renderbuffer_holds(gl, name, t);
    if (!gl->IsTexture(name)) /* deleted, but still attached */
        return true;
    gl->BindTexture(GL_TEXTURE_2D, name);
    if (gl->GetError() != GL_NO_ERROR)
        return true;
    const GLint level =
        attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_TEXTURE_LEVEL);
    return ask_level(gl, level, t) == GL_NO_ERROR;
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
    if (!attachment_holds(gl, (GLenum)buffer, t))
        return refuse(d, t, "is smaller than the mask", error);
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
