/* SPDX-License-Identifier: MIT */
#include "backend.h"

#include "backend_gl.h"
#include "backend_vulkan.h"
#include "message.h"
#include "source_open.h"

#include <stdlib.h>
#include <string.h>

bool backend_built(const char *name)
{
    return strcmp(name, "gl") == 0       ? backend_gl_built()
           : strcmp(name, "vulkan") == 0 ? backend_vulkan_built()
                                         : true;
}

as_processing backend_processing(const options *o)
{
    return strcmp(o->backend, "gl") == 0       ? AS_PROCESS_CANVASES
           : strcmp(o->backend, "vulkan") == 0 ? AS_PROCESS_ON_DEMAND
                                               : AS_PROCESS_BITMASK;
}

int backend_open(const options *o, backend **out)
{
    *out = NULL;
    if (strcmp(o->backend, "cpu") == 0)
        return CLI_DONE;
    backend *b = calloc(1, sizeof(*b));
    if (!b)
        return message_usage("out of memory");
    const int code = strcmp(o->backend, "gl") == 0 ? backend_gl_open(o, &b->gl)
                                                   : backend_vulkan_open(o, &b->vulkan);
    *out = b;
    if (code != CLI_DONE)
        backend_close(out);
    return code;
}

int backend_attach(backend *b, as_stream *stream)
{
    return b->gl ? backend_gl_attach(b->gl, stream) : backend_vulkan_attach(b->vulkan, stream);
}

int backend_attach_source(backend *b, const options *o, as_source *source)
{
    as_key_params key;
    as_error error = {0};
    source_key_params(&o->key, NULL, &key);
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .width = o->width,
                                     .height = o->height,
                                     .canvas_width = o->canvas_width,
                                     .canvas_height = o->canvas_height,
                                     .scale = o->vector ? AS_SCALE_VECTOR : AS_SCALE_NEAREST,
                                     .combine = o->combine,
                                     .processing = backend_processing(o),
                                     .source = source,
                                     .key = &key,
                                     .threads = o->threads,
                                     .log = {.fn = message_log, .level = o->log_level}};
    if (as_stream_open(&params, &b->stream, &error) != AS_OK)
        return source_say_not_opened(o, &error);
    return backend_attach(b, b->stream);
}

as_result backend_read(backend *b, uint64_t frame, uint8_t *pixels, as_error *error)
{
    return b->gl ? backend_gl_read(b->gl, frame, pixels, error)
                 : backend_vulkan_read(b->vulkan, frame, pixels, error);
}

as_result backend_show(backend *b, uint64_t frame, uint64_t timeout_ns, as_error *error)
{
    return b->gl ? backend_gl_show(b->gl, frame, timeout_ns, error)
                 : backend_vulkan_show(b->vulkan, frame, timeout_ns, error);
}

void backend_close(backend **b)
{
    if (!*b)
        return;
    backend_gl_close(&(*b)->gl);
    backend_vulkan_close(&(*b)->vulkan);
    as_stream_close(&(*b)->stream);
    free(*b);
    *b = NULL;
}
