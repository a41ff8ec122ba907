/* SPDX-License-Identifier: MIT */
#include "plugin.h"

#include <alphastream/gl.h>

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static struct plugin {
    as_gl_proc (*find)(const char *name); /* of the window system that the engine uses */
    as_stream *stream;
    as_gl *gl;         /* the render thread's, */
    uint32_t shown_in; /* this, too */
} plugin;

/* The engine has loaded the one that it needs; the other is there, or not. */
void UnityPluginLoad(void *interfaces)
{
    static const char *const places[][2] = {{"libEGL.so.1", "eglGetProcAddress"},
                                            {"libGL.so.1", "glXGetProcAddressARB"}};
    (void)interfaces;
    plugin = (struct plugin){.find = NULL};
    for (int i = 0; i < 2 && !plugin.find; i++) {
        void *library = dlopen(places[i][0], RTLD_NOW);
        void *symbol = library ? dlsym(library, places[i][1]) : NULL;
        memcpy(&plugin.find, &symbol,
               sizeof(symbol)); /* a pointer to a function, as POSIX has it */
    }
}

void UnityPluginUnload(void)
{
    masks_close();
}

static as_gl_proc get_proc_address(void *user, const char *name)
{
    (void)user;
    return plugin.find ? plugin.find(name) : NULL;
}

int32_t masks_open(const char *location, char *why, int32_t size)
{
    as_error error = {.code = AS_OK};
    const as_stream_params params = {
        .struct_size = sizeof(params), .location = location, .processing = AS_PROCESS_CANVASES};
    const as_result result = as_stream_open(&params, &plugin.stream, &error);
    snprintf(why, (size_t)size, "%s", error.text);
    return result;
}

void masks_close(void)
{
    as_gl_abandon(&plugin.gl);
    plugin.shown_in = 0;
    as_stream_close(&plugin.stream);
}

/* After the end of the masks the last one stays. */
static as_result frame_due(int64_t media_ns, uint64_t *out_index)
{
    as_stream_metadata about = {.struct_size = sizeof(about)};
    as_result result = as_stream_get_metadata(plugin.stream, &about);
    if (result == AS_OK)
        result = as_stream_frame_at(plugin.stream, media_ns, out_index);
    if (result == AS_OK && about.frame_count != 0 && *out_index >= about.frame_count)
        *out_index = about.frame_count - 1;
    return result;
}

/* Attaches the first time: the engine's context is current in its events alone. */
static as_result show(masks_picture *p, as_error *error)
{
    const as_gl_params params = {.struct_size = sizeof(params),
                                 .get_proc_address = get_proc_address};
    const as_gl_request request = {.struct_size = sizeof(request),
                                   .texture = p->texture,
                                   .unchanged = p->texture == plugin.shown_in};
    as_gl_texture shown;
    uint64_t index;
    if (!plugin.gl && as_gl_attach(plugin.stream, &params, &plugin.gl, error) != AS_OK)
        return error->code;
    if (as_stream_sync(plugin.stream, p->media_ns) != AS_OK ||
        frame_due(p->media_ns, &index) != AS_OK)
        return as_stream_last_error(plugin.stream, error);
    if (as_gl_get_frame(plugin.gl, index, &request, AS_TIMEBOX, &shown, error) != AS_OK)
        return error->code;
    as_gl_release(plugin.gl, &shown, NULL); /* what the engine draws next comes after it */
    plugin.shown_in = p->texture;
    p->frame = index;
    return AS_OK;
}

void UnityRenderingExtEvent(int event_id, void *data)
{
    as_error error = {.code = AS_OK};
    masks_picture *p = data;
    if (event_id == MASKS_END) {
        as_gl_detach(&plugin.gl);
        plugin.shown_in = 0; /* the next context's textures have the same names */
    } else if (event_id == MASKS_SHOW) {
        p->code = show(p, &error);
        snprintf(p->why, sizeof(p->why), "%s", error.text);
    }
}

void (*masks_render_event(void))(int event_id, void *data)
{
    return UnityRenderingExtEvent;
}
