/* SPDX-License-Identifier: MIT
 *
 * Masks in an engine with render events, as Unity: a plug-in, and what shows that it works.
 *
 *     render_events SOURCE FRAME...
 */
#include "samples/common/headless_gl.h"

#include <alphastream/gl.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All that is needed of the engine's headers. Unity: UnityRenderingEventAndData. */
typedef void (*render_event)(int event_id, void *data);
enum { EVENT_SHOW = 1, EVENT_END = 2, WIDTH = 2048, HEIGHT = 1024 /* the standard size */ };

/* Goes with EVENT_SHOW; the script leaves it alone until the event has run. */
typedef struct picture {
    int64_t media_ns; /* in: where the video is */
    uint32_t texture; /* in: GL_R8, of the stream's size, drawn by nobody else. Unity: of a
                         Texture2D (TextureFormat.R8, no mipmaps, linear), GetNativeTexturePtr */
    uint64_t index;   /* out: the frame that it shows, */
    as_error error;   /* out: unless code is not AS_OK; then it shows what it did before */
} picture;

static struct plugin {
    as_gl_proc (*get_proc_address)(void *user, const char *name);
    void *user;
    as_stream *stream;
    as_gl *gl;         /* the render thread's, */
    uint32_t shown_in; /* this, too */
} plugin;

/* The library was loaded (UnityPluginLoad), for eglGetProcAddress or the like to be passed on. */
static void plugin_load(as_gl_proc (*get_proc_address)(void *user, const char *name), void *user)
{
    plugin = (struct plugin){.get_proc_address = get_proc_address, .user = user};
}

/* Called by the script, in any thread, like all that is not in gl.h. */
static as_result plugin_open(const char *location, as_error *error)
{
    const as_stream_params params = {
        .struct_size = sizeof(params), .location = location, .processing = AS_PROCESS_CANVASES};
    return as_stream_open(&params, &plugin.stream, error);
}

/* After EVENT_END; where that did not come (UnityPluginUnload), the context is taken for gone. */
static void plugin_close(void)
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
static as_result show(picture *p)
{
    const as_gl_params params = {.struct_size = sizeof(params),
                                 .get_proc_address = plugin.get_proc_address,
                                 .user = plugin.user};
    const as_gl_request request = {.struct_size = sizeof(request),
                                   .texture = p->texture,
                                   .unchanged = p->texture == plugin.shown_in};
    as_gl_texture shown;
    uint64_t index;
    if (!plugin.gl && as_gl_attach(plugin.stream, &params, &plugin.gl, &p->error) != AS_OK)
        return p->error.code;
    if (as_stream_sync(plugin.stream, p->media_ns) != AS_OK ||
        frame_due(p->media_ns, &index) != AS_OK)
        return as_stream_last_error(plugin.stream, &p->error);
    if (as_gl_get_frame(plugin.gl, index, &request, AS_TIMEBOX, &shown, &p->error) != AS_OK)
        return p->error.code;
    as_gl_release(plugin.gl, &shown, NULL); /* what the engine draws next comes after it */
    plugin.shown_in = p->texture;
    p->index = index;
    return AS_OK;
}

/* On the render thread; the script hands it to the engine (GL.IssuePluginEventAndData). */
static void on_render_event(int event_id, void *data)
{
    if (event_id == EVENT_END) {
        as_gl_detach(&plugin.gl);
        plugin.shown_in = 0; /* the next context's textures have the same names */
    } else if (event_id == EVENT_SHOW) {
        ((picture *)data)->error.code = show(data);
    }
}

/* ------------------------------------------------------------------------- the engine ---- */

/* Is the texture the mask that the CPU makes? */
static bool check(headless_gl *context, as_stream *stream, const picture *p)
{
    static uint8_t pixels[WIDTH * HEIGHT];
    as_frame *frame = NULL;
    as_frame_info mask;
    const bool same =
        as_stream_get_frame(stream, p->index, 0, 0, AS_WAIT_FOREVER, &frame) == AS_OK &&
        as_frame_get_info(frame, &mask) == AS_OK &&
        headless_gl_read_red(context, p->texture, WIDTH, HEIGHT, pixels) &&
        memcmp(pixels, mask.data, sizeof(pixels)) == 0;
    printf("frame %" PRIu64 ": the texture is %sits mask\n", p->index, same ? "" : "not ");
    as_frame_unref(&frame);
    return same;
}

static bool play(headless_gl *context, as_stream *stream, int count, char **frames)
{
    const headless_gl_functions *c = headless_gl_calls(context);
    const render_event event = on_render_event;
    picture p = {.index = 0};
    bool good = true;
    c->GenTextures(1, &p.texture);
    c->BindTexture(GL_TEXTURE_2D, p.texture);
    c->TexImage2D(GL_TEXTURE_2D, 0, GL_R8, WIDTH, HEIGHT, 0, GL_RED, GL_UNSIGNED_BYTE, NULL);
    for (int i = 0; i < count && good; i++) {
        good = as_stream_time_of(stream, strtoull(frames[i], NULL, 10), &p.media_ns) == AS_OK;
        do /* what is not ready in time comes with a later event */
            event(EVENT_SHOW, &p);
        while (p.error.code == AS_TIMEOUT || p.error.code == AS_NOT_READY);
        if (p.error.code != AS_OK)
            fprintf(stderr, "render_events: %s\n", p.error.text);
        good = good && p.error.code == AS_OK && check(context, stream, &p);
    }
    event(EVENT_END, NULL);
    return good;
}

static bool are_frames(int count, char **texts)
{
    for (int i = 0; i < count; i++)
        if (!*texts[i] || texts[i][strspn(texts[i], "0123456789")] != '\0')
            return false;
    return true;
}

int main(int argc, char **argv)
{
    if (!are_frames(argc - 2, argv + 2)) {
        fprintf(stderr, "usage: render_events SOURCE FRAME...\n");
        return 2;
    }
    as_error error = {.code = AS_OK};
    const char *location = argc > 1 ? argv[1] : "";
    const as_stream_params params = {.struct_size = sizeof(params), .location = location};
    as_stream *stream = NULL; /* of the engine's own, to compare with */
    headless_gl *context = headless_gl_create(false, error.text, sizeof(error.text));
    int code = 2;
    plugin_load(headless_gl_address, context);
    if (context && plugin_open(location, &error) == AS_OK &&
        as_stream_open(&params, &stream, &error) == AS_OK)
        code = play(context, stream, argc - 2, argv + 2) ? 0 : 1;
    else
        fprintf(stderr, "render_events: %s\n", error.text);
    plugin_close();
    as_stream_close(&stream);
    headless_gl_destroy(context);
    return code;
}
