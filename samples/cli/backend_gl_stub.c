/* SPDX-License-Identifier: MIT
 *
 * A build without OpenGL.
 */
#include "backend_gl.h"

#include "message.h"

bool backend_gl_built(void)
{
    return false;
}

int backend_gl_open(const options *o, backend_gl **out)
{
    (void)o;
    *out = NULL;
    return message_usage("this build has no gl backend (ALPHASTREAM_WITH_GL); use --backend cpu");
}

int backend_gl_attach(backend_gl *gl, as_stream *stream)
{
    (void)gl;
    (void)stream;
    return CLI_USAGE;
}

as_result backend_gl_read(backend_gl *gl, uint64_t frame, uint8_t *pixels, as_error *error)
{
    (void)gl;
    (void)frame;
    (void)pixels;
    (void)error;
    return AS_ERROR_UNSUPPORTED;
}

as_result backend_gl_show(backend_gl *gl, uint64_t frame, uint64_t timeout_ns, as_error *error)
{
    (void)gl;
    (void)frame;
    (void)timeout_ns;
    (void)error;
    return AS_ERROR_UNSUPPORTED;
}

void backend_gl_stats(const backend_gl *gl, as_gl_stats *stats)
{
    (void)gl;
    *stats = (as_gl_stats){.struct_size = sizeof(*stats)};
}

const char *backend_gl_name(const backend_gl *gl)
{
    (void)gl;
    return "";
}

void backend_gl_close(backend_gl **gl)
{
    *gl = NULL;
}
