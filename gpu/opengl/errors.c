/* SPDX-License-Identifier: MIT */
#include "core/base/error.h"
#include "gpu/opengl/device.h"

#include <stdint.h>

/* A lost context may report an error for ever. */
enum { MOST_ERRORS = 64 };

void as_gl_drain(as_gl_device *d)
{
    for (int i = 0; i < MOST_ERRORS && d->f.gl.GetError() != GL_NO_ERROR; i++) {
    }
}

static const char *name_of(GLenum code)
{
    switch (code) {
    case GL_INVALID_ENUM: return "GL_INVALID_ENUM";
    case GL_INVALID_VALUE: return "GL_INVALID_VALUE";
    case GL_INVALID_OPERATION: return "GL_INVALID_OPERATION";
    case GL_INVALID_FRAMEBUFFER_OPERATION: return "GL_INVALID_FRAMEBUFFER_OPERATION";
    default: return "an unknown error";
    }
}

static as_result lost(as_gl_device *d, as_error *error)
{
    d->lost = true;
    return as_err_set(error, AS_ERROR_GPU,
                      "the OpenGL context is lost (the GPU was reset); detach, make a new context "
                      "and attach to that");
}

as_result as_gl_check(as_gl_device *d, const char *doing, as_error *error)
{
    const GLenum code = d->f.gl.GetError();
    if (code == GL_NO_ERROR)
        return AS_OK;
    as_gl_drain(d);
    if (code == AS_GL_CONTEXT_LOST)
        return lost(d, error);
    if (code == GL_OUT_OF_MEMORY)
        return as_err_set(error, AS_ERROR_GPU,
                          "%s: the GPU is out of memory (GL_OUT_OF_MEMORY); ask for fewer or "
                          "smaller textures",
                          doing);
    return as_err_set(error, AS_ERROR_GPU,
                      "%s: the driver answered %s (0x%04x); see gl.h for what the context must be "
                      "like during calls",
                      doing, name_of(code), (unsigned)code);
}

/* A vertex array belongs to one context, and this one's last attribute, which is never enabled,
 * points at the device: no other context has such a thing under this name. */
static bool is_ours(as_gl_device *d)
{
    const GladGLContext *gl = &d->f.gl;
    GLint bound = 0;
    void *mark = NULL;
    if (!gl->IsVertexArray(d->vertex_array))
        return false;
    gl->GetIntegerv(GL_VERTEX_ARRAY_BINDING, &bound);
    gl->BindVertexArray(d->vertex_array);
    gl->GetVertexAttribPointerv(AS_GL_MARK, GL_VERTEX_ATTRIB_ARRAY_POINTER, &mark);
    gl->BindVertexArray((GLuint)bound);
    return mark == (void *)d;
}

as_result as_gl_check_context(as_gl_device *d, as_error *error)
{
    if (d->lost)
        return lost(d, error);
    if (!d->f.gl.GetString(GL_VERSION))
        return as_err_set(error, AS_ERROR_GPU,
                          "no OpenGL context is current in this thread; make the one current that "
                          "was attached");
    if (!is_ours(d))
        return as_err_set(error, AS_ERROR_GPU,
                          "another OpenGL context is current than the one that was attached; make "
                          "that one current, or attach to this one");
    if (d->reports_reset && d->f.extra.reset_status() != GL_NO_ERROR)
        return lost(d, error);
    return AS_OK;
}
