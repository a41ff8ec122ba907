/* SPDX-License-Identifier: MIT */
#include "core/base/error.h"
#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* glad copies the names of extensions for a moment. */
#define malloc as_mem_alloc
#define free as_mem_free
#define GLAD_GL_IMPLEMENTATION
#include "gpu/opengl/functions.h"
#undef malloc
#undef free

/* ---------------------------------------------------------------------------- extensions ---- */

static bool has_extension(const GladGLContext *gl, const char *name)
{
    GLint count = 0;
    gl->GetIntegerv(GL_NUM_EXTENSIONS, &count);
    for (GLint i = 0; i < count; i++) {
        const char *found = (const char *)gl->GetStringi(GL_EXTENSIONS, (GLuint)i);
        if (found && strcmp(found, name) == 0)
            return true;
    }
    return false;
}

/* Where a group of functions comes from: a core version, or else an extension, whose suffix the
 * names then have. */
typedef struct origin {
    bool es;
    int version; /* major * 10 + minor since which it is core; 0: never */
    const char *extension, *suffix;
} origin;

/* The suffix to use with `load`, or NULL: the context has none of them. */
static const char *find_origin(const as_gl_functions *f, const origin *origins, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const origin *o = &origins[i];
        if (o->es != f->es)
            continue;
        if (o->version != 0 && f->major * 10 + f->minor >= o->version)
            return "";
        if (o->extension && has_extension(&f->gl, o->extension))
            return o->suffix;
    }
    return NULL;
}

/* A NULL suffix: NULL. */
static as_gl_proc load(const as_gpu_opengl_params *params, const char *name, const char *suffix)
{
    char full[64];
    if (!suffix)
        return NULL;
    snprintf(full, sizeof(full), "%s%s", name, suffix);
    /* cppcheck-suppress CastIntegerToAddressAtReturn ; get_proc_address returns a pointer */
    return params->get_proc_address(params->user, full);
}

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void load_storage(const as_gpu_opengl_params *params, as_gl_functions *f)
{
    static const origin origins[] = {{false, 44, "GL_ARB_buffer_storage", ""},
                                     {true, 0, "GL_EXT_buffer_storage", "EXT"}};
    const char *suffix = find_origin(f, origins, COUNT(origins));
    f->extra.buffer_storage = (void(GLAD_API_PTR *)(
        GLenum, GLsizeiptr, const void *, GLbitfield))load(params, "glBufferStorage", suffix);
}

static void load_indexed(const as_gpu_opengl_params *params, as_gl_functions *f)
{
    static const origin origins[] = {{false, 30, NULL, ""},
                                     {true, 32, "GL_EXT_draw_buffers_indexed", "EXT"},
                                     {true, 32, "GL_OES_draw_buffers_indexed", "OES"}};
    const char *suffix = find_origin(f, origins, COUNT(origins));
    as_gl_extra *e = &f->extra;
    e->is_enabled_i =
        (GLboolean(GLAD_API_PTR *)(GLenum, GLuint))load(params, "glIsEnabledi", suffix);
    e->enable_i = (void(GLAD_API_PTR *)(GLenum, GLuint))load(params, "glEnablei", suffix);
    e->disable_i = (void(GLAD_API_PTR *)(GLenum, GLuint))load(params, "glDisablei", suffix);
    e->color_mask_i = (void(GLAD_API_PTR *)(GLuint, GLboolean, GLboolean, GLboolean,
                                            GLboolean))load(params, "glColorMaski", suffix);
    if (!e->is_enabled_i || !e->enable_i || !e->disable_i || !e->color_mask_i)
        e->is_enabled_i = NULL;
}

static void load_viewports(const as_gpu_opengl_params *params, as_gl_functions *f)
{
    static const origin origins[] = {{false, 41, "GL_ARB_viewport_array", ""},
                                     {true, 0, "GL_OES_viewport_array", "OES"},
                                     {true, 0, "GL_NV_viewport_array", "NV"}};
    const char *suffix = find_origin(f, origins, COUNT(origins));
    as_gl_extra *e = &f->extra;
    e->get_float_i =
        (void(GLAD_API_PTR *)(GLenum, GLuint, GLfloat *))load(params, "glGetFloati_v", suffix);
    e->viewport_i =
        (void(GLAD_API_PTR *)(GLuint, const GLfloat *))load(params, "glViewportIndexedfv", suffix);
    e->scissor_i =
        (void(GLAD_API_PTR *)(GLuint, const GLint *))load(params, "glScissorIndexedv", suffix);
    if (!e->get_float_i || !e->viewport_i || !e->scissor_i || !e->is_enabled_i)
        e->viewport_i = NULL;
}

static bool is_compatible(const as_gl_functions *f)
{
    GLint profile = 0;
    if (!f->es)
        f->gl.GetIntegerv(AS_GL_PROFILE_MASK, &profile); /* of 3.2, all are newer */
    return (profile & AS_GL_COMPATIBILITY_PROFILE_BIT) != 0;
}

static void load_rest(const as_gpu_opengl_params *params, as_gl_functions *f)
{
    static const origin clip[] = {{false, 45, "GL_ARB_clip_control", ""},
                                  {true, 0, "GL_EXT_clip_control", "EXT"}};
    /* By extension alone: asking a context about it that claims a version and has it not, fails. */
    static const origin reset[] = {{false, 0, "GL_KHR_robustness", ""},
                                   {false, 0, "GL_ARB_robustness", "ARB"},
                                   {true, 0, "GL_KHR_robustness", "KHR"},
                                   {true, 0, "GL_EXT_robustness", "EXT"}};
    static const origin levels[] = {{false, 30, NULL, ""}, {true, 31, NULL, ""}};
    static const origin layers[] = {{false, 32, NULL, ""},
                                    {true, 32, "GL_EXT_geometry_shader", ""},
                                    {true, 0, "GL_OES_geometry_shader", ""}};
    static const origin debug[] = {{false, 43, "GL_KHR_debug", ""}, {true, 32, "GL_KHR_debug", ""}};
    f->extra.debugs = find_origin(f, debug, COUNT(debug)) != NULL;
    f->extra.clips = !f->es || has_extension(&f->gl, "GL_EXT_clip_cull_distance");
    f->extra.layers = find_origin(f, layers, COUNT(layers)) != NULL;
    f->extra.views = has_extension(&f->gl, "GL_OVR_multiview");
    f->extra.get_level = (void(GLAD_API_PTR *)(GLenum, GLint, GLenum, GLint *))load(
        params, "glGetTexLevelParameteriv", find_origin(f, levels, COUNT(levels)));
    f->extra.clip_control = (void(GLAD_API_PTR *)(GLenum, GLenum))load(
        params, "glClipControl", find_origin(f, clip, COUNT(clip)));
    f->extra.reset_status = (GLenum(GLAD_API_PTR *)(void))load(params, "glGetGraphicsResetStatus",
                                                               find_origin(f, reset, COUNT(reset)));
}

/* ---------------------------------------------------------------------------------- core ---- */

/* glad wants to know all extensions, and would fail where there are none; here there is always one
 * without a name. */
static void GLAD_API_PTR count_one(GLenum name, GLint *out)
{
    (void)name;
    *out = 1;
}

static const GLubyte *GLAD_API_PTR no_name(GLenum name, GLuint index)
{
    (void)name;
    (void)index;
    return (const GLubyte *)"";
}

static GLADapiproc load_for_glad(void *user, const char *name)
{
    const as_gpu_opengl_params *params = user;
    if (strcmp(name, "glGetIntegerv") == 0)
        return (GLADapiproc)count_one;
    if (strcmp(name, "glGetStringi") == 0)
        return (GLADapiproc)no_name;
    return params->get_proc_address(params->user, name);
}

/* "OpenGL ES 3.2 Mesa ..." or "4.5 (Core Profile) Mesa ...". */
static bool read_version(const char *text, as_gl_functions *f)
{
    static const char es[] = "OpenGL ES";
    f->es = strncmp(text, es, sizeof(es) - 1) == 0;
    if (f->es) /* also "OpenGL ES-CM 1.1" */
        text += strcspn(text, "0123456789");
    char *end;
    f->major = (int)strtol(text, &end, 10);
    if (end == text || *end != '.')
        return false;
    f->minor = (int)strtol(end + 1, NULL, 10);
    return true;
}

static as_result check_version(const as_gpu_opengl_params *params, as_gl_functions *f,
                               as_error *error)
{
    const GLubyte *(GLAD_API_PTR * get_string)(GLenum name) =
        (const GLubyte *(GLAD_API_PTR *)(GLenum))params->get_proc_address(params->user,
                                                                          "glGetString");
    const char *version = get_string ? (const char *)get_string(GL_VERSION) : NULL;
    if (!version)
        return as_err_set(error, AS_ERROR_GPU,
                          "no OpenGL context is current in this thread, or get_proc_address is not "
                          "that context's; make one current first");
    if (!read_version(version, f) || f->major < 3 || (!f->es && f->major == 3 && f->minor < 3))
        return as_err_set(error, AS_ERROR_GPU,
                          "the current context is version \"%s\"; create one of OpenGL 3.3 or ES "
                          "3.0, or newer",
                          version);
    return AS_OK;
}

/* The functions that a context of sufficient version cannot lack. */
static bool is_complete(const GladGLContext *gl)
{
    return gl->GetIntegerv && gl->GetStringi && gl->GetError && gl->DrawArraysInstanced &&
           gl->VertexAttribDivisor && gl->VertexAttribIPointer && gl->FenceSync &&
           gl->MapBufferRange && gl->GenVertexArrays && gl->GenFramebuffers && gl->ClearBufferfv;
}

as_result as_gl_load(const as_gpu_opengl_params *params, as_gl_functions *out, as_error *error)
{
    GladGLContext *gl = &out->gl;
    as_gpu_opengl_params copy = *params;
    const as_result result = check_version(params, out, error);
    if (result != AS_OK)
        return result;
    const int loaded = out->es ? gladLoadGLES2ContextUserPtr(gl, load_for_glad, &copy)
                               : gladLoadGLContextUserPtr(gl, load_for_glad, &copy);
    if (loaded == 0)
        return as_err_no_memory(error, sizeof(char *), "the names of GL extensions");
    gl->GetIntegerv = (PFNGLGETINTEGERVPROC)params->get_proc_address(params->user, "glGetIntegerv");
    gl->GetStringi = (PFNGLGETSTRINGIPROC)params->get_proc_address(params->user, "glGetStringi");
    if (!is_complete(gl))
        return as_err_set(error, AS_ERROR_GPU,
                          "get_proc_address does not know functions of %s %d.%d; pass the one that "
                          "belongs to the current context",
                          out->es ? "OpenGL ES" : "OpenGL", out->major, out->minor);
    out->compatible = is_compatible(out);
    load_storage(params, out);
    load_indexed(params, out);
    load_viewports(params, out);
    load_rest(params, out);
    return AS_OK;
}
