/* SPDX-License-Identifier: MIT
 *
 * --backend gl and vulkan: what draws in place of the CPU, without a window. For the thread that
 * opened it alone.
 */
#ifndef CLI_BACKEND_H
#define CLI_BACKEND_H

#include "options.h"

typedef struct backend_gl backend_gl;
typedef struct backend_vulkan backend_vulkan;

typedef struct backend {
    backend_gl *gl; /* one of the two */
    backend_vulkan *vulkan;
    as_stream *stream; /* its own, or NULL */
} backend;

/* Does this build have the backend of that name? */
bool backend_built(const char *name);
/* What the streams that it draws from should prepare. */
as_processing backend_processing(const options *o);

/* A context or a device; for --backend cpu NULL. Returns CLI_DONE, or CLI_USAGE after a sentence on
 * standard error: there is no way back to the CPU. */
int backend_open(const options *o, backend **out);
/* Takes frames from `stream` on, which stays the caller's until after backend_close. Returns as
 * above. */
int backend_attach(backend *b, as_stream *stream);
/* The same with a stream of its own on `source`. */
int backend_attach_source(backend *b, const options *o, as_source *source);

/* Frame `frame` in o->width * o->height bytes: drawn on the GPU and read back. */
as_result backend_read(backend *b, uint64_t frame, uint8_t *pixels, as_error *error);
/* Draws frame `frame` and waits for the GPU, at most timeout_ns for the frame. The one before is
 * given back then. */
as_result backend_show(backend *b, uint64_t frame, uint64_t timeout_ns, as_error *error);

/* Also closes a stream of its own, and writes NULL. */
void backend_close(backend **b);

#endif
