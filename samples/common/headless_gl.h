/* SPDX-License-Identifier: MIT
 *
 * An OpenGL context without a window, by EGL, for the tool and the samples. EGL is loaded at run
 * time: the program starts where there is none. One thread at a time.
 */
#ifndef HEADLESS_GL_H
#define HEADLESS_GL_H

#include <GL/glcorearb.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct headless_gl headless_gl;

/* A new context, current in the calling thread: OpenGL ES 3 (`es`), or the newest core profile from
 * 3.3 on. NULL: `why` is a sentence of less than `capacity` bytes. */
headless_gl *headless_gl_create(bool es, char *why, size_t capacity);
/* In the thread where it is current. NULL is ignored. */
void headless_gl_destroy(headless_gl *gl);

/* The address of a function, as as_gl_params wants it; `user` is the headless_gl. */
void (*headless_gl_address(void *user, const char *name))(void);

/* What the programs here call themselves. */
typedef struct headless_gl_functions {
    PFNGLATTACHSHADERPROC AttachShader;
    PFNGLBINDBUFFERPROC BindBuffer;
    PFNGLBINDFRAMEBUFFERPROC BindFramebuffer;
    PFNGLBINDTEXTUREPROC BindTexture;
    PFNGLBINDVERTEXARRAYPROC BindVertexArray;
    PFNGLBLENDFUNCPROC BlendFunc;
    PFNGLBUFFERDATAPROC BufferData;
    PFNGLCHECKFRAMEBUFFERSTATUSPROC CheckFramebufferStatus;
    PFNGLCLEARPROC Clear;
    PFNGLCLEARCOLORPROC ClearColor;
    PFNGLCOMPILESHADERPROC CompileShader;
    PFNGLCREATEPROGRAMPROC CreateProgram;
    PFNGLCREATESHADERPROC CreateShader;
    PFNGLDELETEFRAMEBUFFERSPROC DeleteFramebuffers;
    PFNGLDELETESHADERPROC DeleteShader;
    PFNGLDRAWARRAYSPROC DrawArrays;
    PFNGLDISABLEPROC Disable;
    PFNGLENABLEPROC Enable;
    PFNGLENABLEVERTEXATTRIBARRAYPROC EnableVertexAttribArray;
    PFNGLFINISHPROC Finish;
    PFNGLFRAMEBUFFERTEXTURE2DPROC FramebufferTexture2D;
    PFNGLGENBUFFERSPROC GenBuffers;
    PFNGLGENFRAMEBUFFERSPROC GenFramebuffers;
    PFNGLGENTEXTURESPROC GenTextures;
    PFNGLGENVERTEXARRAYSPROC GenVertexArrays;
    PFNGLGETERRORPROC GetError;
    PFNGLGETINTEGERVPROC GetIntegerv;
    PFNGLGETPROGRAMIVPROC GetProgramiv;
    PFNGLGETSTRINGPROC GetString;
    PFNGLGETUNIFORMLOCATIONPROC GetUniformLocation;
    PFNGLLINKPROGRAMPROC LinkProgram;
    PFNGLPIXELSTOREIPROC PixelStorei;
    PFNGLREADPIXELSPROC ReadPixels;
    PFNGLSHADERSOURCEPROC ShaderSource;
    PFNGLTEXIMAGE2DPROC TexImage2D;
    PFNGLTEXPARAMETERIPROC TexParameteri;
    PFNGLUNIFORM1IPROC Uniform1i;
    PFNGLUNIFORM2FPROC Uniform2f;
    PFNGLUSEPROGRAMPROC UseProgram;
    PFNGLVERTEXATTRIBPOINTERPROC VertexAttribPointer;
    PFNGLVIEWPORTPROC Viewport;
} headless_gl_functions;

const headless_gl_functions *headless_gl_calls(const headless_gl *gl);

/* "OpenGL 4.5 (Core Profile) ..., name of the renderer". */
const char *headless_gl_name(const headless_gl *gl);

/* A program of two shaders, written for GLSL 3.30 and GLSL ES 3.00 alike, without "#version" line.
 * 0: it cannot be compiled or linked. */
GLuint headless_gl_program(const headless_gl *gl, const char *vertex, const char *fragment);

/* The red channel of a texture's first width x height texels, row 0 first. false: not to be had. */
bool headless_gl_read_red(headless_gl *gl, GLuint texture, uint32_t width, uint32_t height,
                          uint8_t *pixels);

#endif
