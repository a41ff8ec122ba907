/* SPDX-License-Identifier: MIT
 *
 * OpenGL contexts without a window: surfaceless EGL on Mesa's software drivers. Everything here
 * fails the test where there is none.
 */
#ifndef TEST_GL_CONTEXT_H
#define TEST_GL_CONTEXT_H

#include "gpu/opengl/functions.h"

/* ALPHASTREAM_TEST_GL says of which kind all contexts of the process are: core33 (without it), es30
 * (both without any extension that the library knows but GL_KHR_debug), core45, compat or es32. */
typedef struct test_gl {
    void *context;       /* of EGL */
    bool checked;        /* f is there */
    as_gl_functions f;   /* of this context, for the test's own calls */
    uint64_t complaints; /* debug messages above notifications since test_gl_create */
} test_gl;

/* No extensions? */
bool test_gl_is_bare(void);
/* A debug context, current from now on; `shared` (may be NULL) shares its objects. Free with
 * test_gl_destroy, which fails the test when the context has complained or has an error. */
test_gl *test_gl_create(const test_gl *shared);
/* One of OpenGL ES 1.1, without the functions. */
test_gl *test_gl_create_es1(void);
void test_gl_destroy(test_gl *gl);
/* Makes it current in this thread; NULL: none. */
void test_gl_current(test_gl *gl);
/* For as_gl_params; `user` is not used. */
as_gl_proc test_gl_load(void *user, const char *name);
as_gl_proc test_gl_load_plain(const char *name);
/* Fails the test when the context has an error or has complained. */
void test_gl_no_errors(test_gl *gl);
/* What was to go wrong did: forgets errors and complaints. */
void test_gl_forgive(test_gl *gl);

/* The first width x height texels of a GL_R8 texture's level 0, row 0 first, malloc'd. */
uint8_t *test_gl_read(test_gl *gl, uint32_t texture, uint32_t width, uint32_t height);
/* The same of the framebuffer's first attachment. */
uint8_t *test_gl_read_framebuffer(test_gl *gl, uint32_t framebuffer, uint32_t width,
                                  uint32_t height);
/* A GL_TEXTURE_2D with that internal format, every byte `value`. */
uint32_t test_gl_make_texture(test_gl *gl, uint32_t internal_format, uint32_t width,
                              uint32_t height, uint8_t value);

#endif
