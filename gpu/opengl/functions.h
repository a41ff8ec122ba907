/* SPDX-License-Identifier: MIT
 *
 * The GL functions of one context: those of desktop 3.3 and ES 3.0 by a table that glad generates
 * at build time (CMake target glad), and those of newer versions and extensions by hand.
 */
#ifndef AS_GPU_OPENGL_FUNCTIONS_H
#define AS_GPU_OPENGL_FUNCTIONS_H

/* glad's global names, which must not meet those of a program with a loader of its own. */
#define gladLoadGLContext as_glad_load_desktop
#define gladLoadGLContextUserPtr as_glad_load_desktop_with
#define gladLoadGLES2Context as_glad_load_es
#define gladLoadGLES2ContextUserPtr as_glad_load_es_with

#include <glad/gl.h>

#include "gpu/opengl/opengl.h"

#define AS_GL_CONTEXT_LOST 0x0507
#define AS_GL_CLIP_ORIGIN 0x935C
#define AS_GL_CLIP_DEPTH_MODE 0x935D
#define AS_GL_LOWER_LEFT 0x8CA1
#define AS_GL_RESET_STRATEGY 0x8256
#define AS_GL_LOSE_CONTEXT_ON_RESET 0x8252
#define AS_GL_PROFILE_MASK 0x9126
#define AS_GL_COMPATIBILITY_PROFILE_BIT 0x0002
#define AS_GL_ALPHA_TEST 0x0BC0
#define AS_GL_POLYGON_STIPPLE 0x0B42
#define AS_GL_DEBUG_OUTPUT 0x92E0
#define AS_GL_ATTACHMENT_LAYERED 0x8DA7
#define AS_GL_ATTACHMENT_VIEWS 0x9630
#define AS_GL_MAP_PERSISTENT_BIT 0x0040
#define AS_GL_MAP_COHERENT_BIT 0x0080

/* What a context may have beyond the least; NULL: it has not. */
typedef struct as_gl_extra {
    void(GLAD_API_PTR *buffer_storage)(GLenum target, GLsizeiptr size, const void *data,
                                       GLbitfield flags);
    /* State of draw buffer 0 and of viewport 0 alone. */
    GLboolean(GLAD_API_PTR *is_enabled_i)(GLenum cap, GLuint index);
    void(GLAD_API_PTR *enable_i)(GLenum cap, GLuint index);
    void(GLAD_API_PTR *disable_i)(GLenum cap, GLuint index);
    void(GLAD_API_PTR *color_mask_i)(GLuint index, GLboolean r, GLboolean g, GLboolean b,
                                     GLboolean a);
    void(GLAD_API_PTR *get_float_i)(GLenum name, GLuint index, GLfloat *out);
    void(GLAD_API_PTR *viewport_i)(GLuint index, const GLfloat *rectangle);
    void(GLAD_API_PTR *scissor_i)(GLuint index, const GLint *rectangle);
    void(GLAD_API_PTR *clip_control)(GLenum origin, GLenum depth);
    GLenum(GLAD_API_PTR *reset_status)(void);
    void(GLAD_API_PTR *get_level)(GLenum target, GLint level, GLenum name, GLint *out);
    bool clips;  /* GL_CLIP_DISTANCE0 .. 7 are there */
    bool layers; /* attachments may be layered */
    bool views;  /* or for several views */
    bool debugs; /* GL_DEBUG_OUTPUT is there */
} as_gl_extra;

typedef struct as_gl_functions {
    GladGLContext gl;
    as_gl_extra extra;
    bool es, compatible; /* OpenGL ES; of the compatibility profile */
    int major, minor;
} as_gl_functions;

/* Loads the table from the current context. AS_ERROR_GPU: no context is current, or it is too old;
 * AS_ERROR_OUT_OF_MEMORY. */
as_result as_gl_load(const as_gpu_opengl_params *params, as_gl_functions *out, as_error *error);

#endif
