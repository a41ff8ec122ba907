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
static GLenum ask_level(const GladGLContext *gl, GLenum image, GLint level, const as_gpu_texture *t)
{
    const GLint width = (GLint)t->width, height = (GLint)t->height;
    if (image == GL_TEXTURE_2D_ARRAY || image == GL_TEXTURE_3D)
        gl->TexSubImage3D(image, level, width, height, 0, 0, 0, 0, GL_RED, GL_UNSIGNED_BYTE, NULL);
    else
        gl->TexSubImage2D(image, level, width, height, 0, 0, GL_RED, GL_UNSIGNED_BYTE, NULL);
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
    const GLenum wrong = ask_level(gl, GL_TEXTURE_2D, 0, t);
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

/* Textures of which one image at a time can be attached, and by which target a level of theirs is
 * asked for. */
static const struct {
    GLenum target, binding, image;
} kinds[] = {{GL_TEXTURE_2D, GL_TEXTURE_BINDING_2D, GL_TEXTURE_2D},
             {GL_TEXTURE_2D_ARRAY, GL_TEXTURE_BINDING_2D_ARRAY, GL_TEXTURE_2D_ARRAY},
             {GL_TEXTURE_3D, GL_TEXTURE_BINDING_3D, GL_TEXTURE_3D},
             {GL_TEXTURE_CUBE_MAP, GL_TEXTURE_BINDING_CUBE_MAP, 0}}; /* the face */
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

typedef enum fit { FITS, TOO_SMALL, UNKNOWN } fit;

/* Of the bound texture's attached image. Only red ones can be asked everywhere. */
static fit fit_of_image(const as_gl_device *d, GLenum image, GLint level, bool red,
                        const as_gpu_texture *t)
{
    GLint width = 0, height = 0;
    if (red)
        return ask_level(&d->f.gl, image, level, t) == GL_NO_ERROR ? FITS : TOO_SMALL;
    if (!d->f.extra.get_level)
        return UNKNOWN;
    d->f.extra.get_level(image, level, GL_TEXTURE_WIDTH, &width);
    d->f.extra.get_level(image, level, GL_TEXTURE_HEIGHT, &height);
    return (uint32_t)width >= t->width && (uint32_t)height >= t->height ? FITS : TOO_SMALL;
}

static fit fit_of_texture(const as_gl_device *d, GLenum attachment, GLuint name, bool red,
                          const as_gpu_texture *t)
{
    const GladGLContext *gl = &d->f.gl;
    const GLint level =
        attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_TEXTURE_LEVEL);
    const GLint face =
        attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_TEXTURE_CUBE_MAP_FACE);
    if (!gl->IsTexture(name)) /* deleted, but still attached */
        return FITS;
    for (int i = face != 0 ? KINDS - 1 : 0; i < KINDS; i++) {
        GLint bound = 0;
        gl->GetIntegerv(kinds[i].binding, &bound);
        gl->BindTexture(kinds[i].target, name);
        if (gl->GetError() != GL_NO_ERROR) /* it is of another kind */
            continue;
        const GLenum image = kinds[i].image ? kinds[i].image : (GLenum)face;
        const fit result = fit_of_image(d, image, level, red, t);
        gl->BindTexture(kinds[i].target, (GLuint)bound);
        return result;
    }
    return UNKNOWN;
}

/* Is the attachment at least as large as the mask? */
static fit fit_of(const as_gl_device *d, GLenum attachment, bool red, const as_gpu_texture *t)
{
    const GladGLContext *gl = &d->f.gl;
    const GLint type = attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_OBJECT_TYPE);
    if (type == GL_NONE)
        return FITS;
    const GLuint name =
        (GLuint)attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_OBJECT_NAME);
    if (type == GL_TEXTURE)
        return fit_of_texture(d, attachment, name, red, t);
    return !gl->IsRenderbuffer(name) || renderbuffer_holds(gl, name, t) ? FITS : TOO_SMALL;
}

/* Only what all attachments have in common is drawn. */
static bool others_fit(const as_gl_device *d, GLenum first, const as_gpu_texture *t)
{
    GLint colors = 0;
    d->f.gl.GetIntegerv(GL_MAX_COLOR_ATTACHMENTS, &colors);
    for (GLint i = 0; i < colors; i++)
        if (GL_COLOR_ATTACHMENT0 + (GLenum)i != first &&
            fit_of(d, GL_COLOR_ATTACHMENT0 + (GLenum)i, false, t) == TOO_SMALL)
            return false;
    return fit_of(d, GL_DEPTH_ATTACHMENT, false, t) != TOO_SMALL &&
           fit_of(d, GL_STENCIL_ATTACHMENT, false, t) != TOO_SMALL;
}

/* More than one image, all of which a clear would reach. */
static bool is_layered(const as_gl_device *d, GLenum attachment)
{
    const GladGLContext *gl = &d->f.gl;
    if (attachment_parameter(gl, attachment, GL_FRAMEBUFFER_ATTACHMENT_OBJECT_TYPE) != GL_TEXTURE)
        return false;
    return (d->f.extra.layers &&
            attachment_parameter(gl, attachment, AS_GL_ATTACHMENT_LAYERED) != GL_FALSE) ||
           (d->f.extra.views && attachment_parameter(gl, attachment, AS_GL_ATTACHMENT_VIEWS) > 1);
}

/* What is wrong with the attachments; NULL: nothing. */
static const char *why_not_attached(const as_gl_device *d, const as_gpu_texture *t)
{
    const GladGLContext *gl = &d->f.gl;
    GLint samples = 0, first = GL_NONE;
    gl->GetIntegerv(GL_SAMPLE_BUFFERS, &samples);
    gl->GetIntegerv(GL_DRAW_BUFFER0, &first);
    if (samples != 0 || first < GL_COLOR_ATTACHMENT0 || !is_r8(gl, (GLenum)first))
        return "has no single-sampled GL_R8 attachment as its first draw buffer";
    if (is_layered(d, (GLenum)first))
        return "has layered attachments; attach a single layer or face, as "
               "glFramebufferTextureLayer does";
    switch (fit_of(d, (GLenum)first, true, t)) {
    case FITS: break;
    case TOO_SMALL: return "is smaller than the mask";
    case UNKNOWN:
        return "has a first draw buffer of another kind than those masks are drawn into; attach a "
               "renderbuffer, or an image of a 2D, 2D array, 3D or cube map texture";
    }
    return others_fit(d, (GLenum)first, t) ? NULL
                                           : "has another attachment that is smaller than the mask";
}

static as_result adopt_framebuffer(as_gl_device *d, as_gpu_texture *t, as_error *error)
{
    const GladGLContext *gl = &d->f.gl;
    GLint buffers = 0, buffer = GL_NONE;
    if (!gl->IsFramebuffer(t->framebuffer))
        return refuse(d, t, "is not a framebuffer of this context", error);
    gl->BindFramebuffer(GL_DRAW_FRAMEBUFFER, t->framebuffer);
    if (gl->CheckFramebufferStatus(GL_DRAW_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE)
        return refuse(d, t, "is not complete", error);
    const char *wrong = why_not_attached(d, t);
    if (wrong)
        return refuse(d, t, wrong, error);
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
    /* Of which kind and how large a texture is shows by trying: nothing to report. */
    const bool reports = d->f.extra.debugs && d->f.gl.IsEnabled(AS_GL_DEBUG_OUTPUT);
    if (reports)
        d->f.gl.Disable(AS_GL_DEBUG_OUTPUT);
    const as_result result = texture->framebuffer ? adopt_framebuffer(d, texture, error)
                                                  : adopt_texture(d, texture, error);
    if (reports)
        d->f.gl.Enable(AS_GL_DEBUG_OUTPUT);
    return result;
}
