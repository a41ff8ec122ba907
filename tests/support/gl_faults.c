/* SPDX-License-Identifier: MIT */
#include "tests/support/gl_faults.h"

#include <string.h>

test_gl_faults test_gl_fault;

/* The true functions. */
static struct {
    const GLubyte *(GLAD_API_PTR *get_string)(GLenum name);
    const GLubyte *(GLAD_API_PTR *get_string_i)(GLenum name, GLuint index);
    GLenum(GLAD_API_PTR *get_error)(void);
    void(GLAD_API_PTR *get_integer)(GLenum name, GLint *out);
    void(GLAD_API_PTR *get_shader)(GLuint shader, GLenum name, GLint *out);
    void(GLAD_API_PTR *get_program)(GLuint program, GLenum name, GLint *out);
    GLenum(GLAD_API_PTR *check_framebuffer)(GLenum target);
    void(GLAD_API_PTR *get_attachment)(GLenum target, GLenum attachment, GLenum name, GLint *out);
    void *(GLAD_API_PTR *map)(GLenum target, GLintptr offset, GLsizeiptr size, GLbitfield access);
    GLboolean(GLAD_API_PTR *unmap)(GLenum target);
    GLenum(GLAD_API_PTR *wait)(GLsync sync, GLbitfield flags, GLuint64 timeout);
    void(GLAD_API_PTR *tex_image)(GLenum target, GLint level, GLint format, GLsizei width,
                                  GLsizei height, GLint border, GLenum pixels, GLenum type,
                                  const void *data);
} real;

static GLenum pending; /* what the next glGetError gives */

static const GLubyte *GLAD_API_PTR get_string(GLenum name)
{
    if (name == GL_VERSION && test_gl_fault.version)
        return (const GLubyte *)test_gl_fault.version;
    return real.get_string(name);
}

/* The first extension becomes the one that tells of resets, or the one with views. */
static const GLubyte *GLAD_API_PTR get_string_i(GLenum name, GLuint index)
{
    if (name == GL_EXTENSIONS && index == 0 && test_gl_fault.several_views)
        return (const GLubyte *)"GL_OVR_multiview";
    if (name == GL_EXTENSIONS && index == 0 && test_gl_fault.reports_resets)
        return (const GLubyte *)"GL_KHR_robustness";
    return real.get_string_i(name, index);
}

static GLenum GLAD_API_PTR get_error(void)
{
    if (pending != GL_NO_ERROR) {
        const GLenum code = pending;
        pending = GL_NO_ERROR;
        return code;
    }
    const uint64_t n = ++test_gl_fault.errors_asked, at = test_gl_fault.error_at;
    if (n == at || (test_gl_fault.error_lasts && at != 0 && n > at))
        return test_gl_fault.error_code;
    return real.get_error();
}

static void GLAD_API_PTR get_integer(GLenum name, GLint *out)
{
    enum { STRATEGY = 0x8256, LOSE_CONTEXT = 0x8252 };
    if (name == STRATEGY && test_gl_fault.reports_resets)
        *out = LOSE_CONTEXT;
    else
        real.get_integer(name, out);
}

static void GLAD_API_PTR get_shader(GLuint shader, GLenum name, GLint *out)
{
    real.get_shader(shader, name, out);
    if (name == GL_COMPILE_STATUS && test_gl_fault.no_compile)
        *out = GL_FALSE;
}

static void GLAD_API_PTR get_program(GLuint program, GLenum name, GLint *out)
{
    real.get_program(program, name, out);
    if (name == GL_LINK_STATUS && test_gl_fault.no_link)
        *out = GL_FALSE;
}

static GLenum GLAD_API_PTR check_framebuffer(GLenum target)
{
    return test_gl_fault.no_framebuffer ? GL_FRAMEBUFFER_UNSUPPORTED
                                        : real.check_framebuffer(target);
}

static void GLAD_API_PTR get_attachment(GLenum target, GLenum attachment, GLenum name, GLint *out)
{
    enum { VIEWS = 0x9630 };
    if (name == VIEWS && test_gl_fault.several_views)
        *out = 2;
    else
        real.get_attachment(target, attachment, name, out);
}

static void *GLAD_API_PTR map(GLenum target, GLintptr offset, GLsizeiptr size, GLbitfield access)
{
    return test_gl_fault.no_map ? NULL : real.map(target, offset, size, access);
}

static GLboolean GLAD_API_PTR unmap(GLenum target)
{
    const GLboolean kept = real.unmap(target);
    return kept && !test_gl_fault.unmap_loses;
}

static GLenum GLAD_API_PTR wait(GLsync sync, GLbitfield flags, GLuint64 timeout)
{
    test_gl_fault.waits += timeout != 0;
    if (test_gl_fault.wait_result == GL_TIMEOUT_EXPIRED && test_gl_fault.timeouts != 0) {
        test_gl_fault.timeouts--;
        return GL_TIMEOUT_EXPIRED;
    }
    if (test_gl_fault.wait_result != 0 && test_gl_fault.wait_result != GL_TIMEOUT_EXPIRED)
        return test_gl_fault.wait_result;
    return real.wait(sync, flags, timeout);
}

static void GLAD_API_PTR tex_image(GLenum target, GLint level, GLint format, GLsizei width,
                                   GLsizei height, GLint border, GLenum pixels, GLenum type,
                                   const void *data)
{
    if (test_gl_fault.no_texture_memory)
        pending = GL_OUT_OF_MEMORY;
    else
        real.tex_image(target, level, format, width, height, border, pixels, type, data);
}

static GLenum GLAD_API_PTR reset_status(void)
{
    return test_gl_fault.reset_status;
}

static void load_real(void)
{
    real.get_string = (const GLubyte *(GLAD_API_PTR *)(GLenum))test_gl_load_plain("glGetString");
    real.get_string_i =
        (const GLubyte *(GLAD_API_PTR *)(GLenum, GLuint))test_gl_load_plain("glGetStringi");
    real.get_error = (GLenum(GLAD_API_PTR *)(void))test_gl_load_plain("glGetError");
    real.get_integer = (void(GLAD_API_PTR *)(GLenum, GLint *))test_gl_load_plain("glGetIntegerv");
    real.get_shader =
        (void(GLAD_API_PTR *)(GLuint, GLenum, GLint *))test_gl_load_plain("glGetShaderiv");
    real.get_program =
        (void(GLAD_API_PTR *)(GLuint, GLenum, GLint *))test_gl_load_plain("glGetProgramiv");
    real.check_framebuffer =
        (GLenum(GLAD_API_PTR *)(GLenum))test_gl_load_plain("glCheckFramebufferStatus");
    real.get_attachment = (void(GLAD_API_PTR *)(GLenum, GLenum, GLenum, GLint *))test_gl_load_plain(
        "glGetFramebufferAttachmentParameteriv");
    real.map = (void *(GLAD_API_PTR *)(GLenum, GLintptr, GLsizeiptr, GLbitfield))test_gl_load_plain(
        "glMapBufferRange");
    real.unmap = (GLboolean(GLAD_API_PTR *)(GLenum))test_gl_load_plain("glUnmapBuffer");
    real.wait = (GLenum(GLAD_API_PTR *)(GLsync, GLbitfield, GLuint64))test_gl_load_plain(
        "glClientWaitSync");
    real.tex_image = (void(GLAD_API_PTR *)(GLenum, GLint, GLint, GLsizei, GLsizei, GLint, GLenum,
                                           GLenum, const void *))test_gl_load_plain("glTexImage2D");
}

as_gl_proc test_gl_load_faulty(void *user, const char *name)
{
    static const struct {
        const char *name;
        as_gl_proc function;
    } ours[] = {{"glGetString", (as_gl_proc)get_string},
                {"glGetStringi", (as_gl_proc)get_string_i},
                {"glGetError", (as_gl_proc)get_error},
                {"glGetIntegerv", (as_gl_proc)get_integer},
                {"glGetShaderiv", (as_gl_proc)get_shader},
                {"glGetProgramiv", (as_gl_proc)get_program},
                {"glCheckFramebufferStatus", (as_gl_proc)check_framebuffer},
                {"glGetFramebufferAttachmentParameteriv", (as_gl_proc)get_attachment},
                {"glMapBufferRange", (as_gl_proc)map},
                {"glUnmapBuffer", (as_gl_proc)unmap},
                {"glClientWaitSync", (as_gl_proc)wait},
                {"glTexImage2D", (as_gl_proc)tex_image},
                {"glGetGraphicsResetStatus", (as_gl_proc)reset_status},
                {"glGetGraphicsResetStatusKHR", (as_gl_proc)reset_status}};
    (void)user;
    load_real();
    if (test_gl_fault.missing && strcmp(name, test_gl_fault.missing) == 0)
        return NULL;
    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
        if (strcmp(name, ours[i].name) == 0)
            return ours[i].function;
    return test_gl_load_plain(name);
}
