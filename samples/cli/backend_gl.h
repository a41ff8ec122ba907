/* SPDX-License-Identifier: MIT
 *
 * --backend gl: frames drawn as textures in a context without a window (EGL). For the thread that
 * opened it alone.
 */
#ifndef CLI_BACKEND_GL_H
#define CLI_BACKEND_GL_H

#include "options.h"

typedef struct backend_gl backend_gl;

/* Whether this build has it. */
bool backend_gl_built(void);

/* A context. Returns CLI_DONE, or CLI_USAGE after a sentence on standard error: there is no way
 * back to the CPU. */
int backend_gl_open(const options *o, backend_gl **out);

/* Takes frames from `stream` on, which stays the caller's until after backend_gl_close. Returns
 * as above. */
int backend_gl_attach(backend_gl *gl, as_stream *stream);

/* The same with a stream of its own on `source`. */
int backend_gl_attach_source(backend_gl *gl, const options *o, as_source *source);

/* Frame `frame` in o->width * o->height bytes: drawn into a texture and read back. */
as_result backend_gl_read(backend_gl *gl, uint64_t frame, uint8_t *pixels, as_error *error);

/* Draws frame `frame` and waits for the GPU, at most timeout_ns for the frame. The one before is
 * given back then. */
as_result backend_gl_show(backend_gl *gl, uint64_t frame, uint64_t timeout_ns, as_error *error);

/* What it drew so far. */
void backend_gl_stats(const backend_gl *gl, as_gl_stats *stats);
/* "OpenGL 4.5 ..., name of the renderer". */
const char *backend_gl_name(const backend_gl *gl);

/* Also closes a stream of its own, and writes NULL. */
void backend_gl_close(backend_gl **gl);

#endif
