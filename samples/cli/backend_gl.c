/* SPDX-License-Identifier: MIT */
#include "backend_gl.h"

#include "message.h"
#include "samples/common/headless_gl.h"

#include <stdlib.h>

struct backend_gl {
    headless_gl *context;
    as_gl *gl;
    as_gl_texture shown;
};

bool backend_gl_built(void)
{
    return true;
}

int backend_gl_open(const options *o, backend_gl **out)
{
    char why[256];
    *out = calloc(1, sizeof(**out));
    if (!*out)
        return message_usage("out of memory");
    (*out)->context = headless_gl_create(o->gl_es, why, sizeof(why));
    if ((*out)->context)
        return CLI_DONE;
    backend_gl_close(out);
    return message_usage("--backend gl: %s; or use --backend cpu", why);
}

int backend_gl_attach(backend_gl *gl, as_stream *stream)
{
    as_error error = {0};
    const as_gl_params params = {.struct_size = sizeof(params),
                                 .get_proc_address = headless_gl_address,
                                 .user = gl->context};
    if (as_gl_attach(stream, &params, &gl->gl, &error) == AS_OK)
        return CLI_DONE;
    return message_usage("--backend gl: %s", error.text);
}

as_result backend_gl_show(backend_gl *gl, uint64_t frame, uint64_t timeout_ns, as_error *error)
{
    as_gl_texture texture;
    const as_result result = as_gl_get_frame(gl->gl, frame, NULL, timeout_ns, &texture, error);
    if (result != AS_OK)
        return result;
    as_gl_release(gl->gl, &gl->shown, NULL);
    gl->shown = texture;
    headless_gl_calls(gl->context)->Finish();
    return AS_OK;
}

as_result backend_gl_read(backend_gl *gl, uint64_t frame, uint8_t *pixels, as_error *error)
{
    const as_result result = backend_gl_show(gl, frame, AS_WAIT_FOREVER, error);
    if (result != AS_OK || headless_gl_read_red(gl->context, gl->shown.name, gl->shown.width,
                                                gl->shown.height, pixels))
        return result;
    *error = (as_error){.code = AS_ERROR_GPU,
                        .frame = frame,
                        .offset = AS_NO_OFFSET,
                        .text = "the driver does not give back a texture's pixels"};
    return error->code;
}

void backend_gl_stats(const backend_gl *gl, as_gl_stats *stats)
{
    *stats = (as_gl_stats){.struct_size = sizeof(*stats)};
    if (as_gl_get_stats(gl->gl, stats) != AS_OK)
        *stats = (as_gl_stats){.struct_size = sizeof(*stats)};
}

const char *backend_gl_name(const backend_gl *gl)
{
    return headless_gl_name(gl->context);
}

void backend_gl_close(backend_gl **gl)
{
    if (!*gl)
        return;
    if ((*gl)->gl)
        as_gl_release((*gl)->gl, &(*gl)->shown, NULL);
    as_gl_detach(&(*gl)->gl);
    headless_gl_destroy((*gl)->context);
    free(*gl);
    *gl = NULL;
}
