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

/* As those of backend.h; all but open want it opened. */
int backend_gl_open(const options *o, backend_gl **out);
int backend_gl_attach(backend_gl *gl, as_stream *stream);
as_result backend_gl_read(backend_gl *gl, uint64_t frame, uint8_t *pixels, as_error *error);
as_result backend_gl_show(backend_gl *gl, uint64_t frame, uint64_t timeout_ns, as_error *error);
/* What it drew so far. */
void backend_gl_stats(const backend_gl *gl, as_gl_stats *stats);
/* "OpenGL 4.5 ..., name of the renderer". */
const char *backend_gl_name(const backend_gl *gl);

/* Writes NULL. NULL handles are ignored. */
void backend_gl_close(backend_gl **gl);

#endif
