/* SPDX-License-Identifier: MIT
 *
 * A stand-in for an engine with render events: loads the plug-in as it would, issues events on a
 * render thread of its own, where alone the context is current, and checks each texture.
 *
 *     samples_engine PLUGIN SOURCE FRAME...
 */
#include "samples/common/frames.h"
#include "samples/common/headless_gl.h"
#include "samples/render_events/plugin.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 2048, HEIGHT = 1024 /* the standard size */, START = -1, CHECK = -2, STOP = -3 };

/* The plug-in's functions, found by name. */
static struct {
    void (*load)(void *interfaces);
    void (*unload)(void);
    void (*ext_event)(int event_id, void *data);
    void (*(*render_event)(void))(int event_id, void *data);
    int32_t (*open)(const char *location, char *why, int32_t size);
    void (*close)(void);
} plugin;

/* What the script asks of the render thread, one thing at a time. */
static struct engine {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool asked, good;
    int event; /* the plug-in's, or one of those above */
    masks_picture picture;
    as_stream *stream; /* to compare with */
    headless_gl *context;
    char why[256];
} engine = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static bool find(void *module, const char *name, void *function)
{
    void *symbol = dlsym(module, name);
    if (!symbol)
        fprintf(stderr, "samples_engine: the plug-in has no %s\n", name);
    memcpy(function, &symbol, sizeof(symbol));
    return symbol != NULL;
}

static bool find_all(void *module)
{
    return find(module, "UnityPluginLoad", &plugin.load) &&
           find(module, "UnityPluginUnload", &plugin.unload) &&
           find(module, "UnityRenderingExtEvent", &plugin.ext_event) &&
           find(module, "masks_render_event", &plugin.render_event) &&
           find(module, "masks_open", &plugin.open) && find(module, "masks_close", &plugin.close);
}

/* ---------------------------------------------------------------------- the render thread ---- */

static bool make_texture(void)
{
    engine.context = headless_gl_create(false, engine.why, sizeof(engine.why));
    if (!engine.context)
        return false;
    const headless_gl_functions *c = headless_gl_calls(engine.context);
    c->GenTextures(1, &engine.picture.texture);
    c->BindTexture(GL_TEXTURE_2D, engine.picture.texture);
    c->TexImage2D(GL_TEXTURE_2D, 0, GL_R8, WIDTH, HEIGHT, 0, GL_RED, GL_UNSIGNED_BYTE, NULL);
    return c->GetError() == GL_NO_ERROR;
}

static bool check_texture(void)
{
    static uint8_t pixels[WIDTH * HEIGHT];
    const masks_picture *p = &engine.picture;
    return headless_gl_read_red(engine.context, p->texture, WIDTH, HEIGHT, pixels) &&
           is_mask(engine.stream, p->frame, pixels, WIDTH, HEIGHT);
}

static bool run_event(int event)
{
    switch (event) {
    case START: return make_texture();
    case CHECK: return check_texture();
    case STOP: headless_gl_destroy(engine.context); return true;
    default: plugin.render_event()(event, &engine.picture); return true;
    }
}

static void *render_thread(void *unused)
{
    (void)unused;
    int event = START;
    pthread_mutex_lock(&engine.lock);
    while (event != STOP) {
        while (!engine.asked)
            pthread_cond_wait(&engine.changed, &engine.lock);
        event = engine.event;
        engine.good = run_event(event);
        engine.asked = false;
        pthread_cond_broadcast(&engine.changed);
    }
    pthread_mutex_unlock(&engine.lock);
    return NULL;
}

/* ----------------------------------------------------------------------------- the script ---- */

static bool issue(int event)
{
    pthread_mutex_lock(&engine.lock);
    engine.event = event;
    engine.asked = true;
    pthread_cond_broadcast(&engine.changed);
    while (engine.asked)
        pthread_cond_wait(&engine.changed, &engine.lock);
    const bool good = engine.good;
    pthread_mutex_unlock(&engine.lock);
    return good;
}

static bool show(uint64_t frame)
{
    masks_picture *p = &engine.picture;
    if (as_stream_time_of(engine.stream, frame, &p->media_ns) != AS_OK)
        return false;
    do /* what is not ready in time comes with a later event */
        issue(MASKS_SHOW);
    while (p->code == AS_TIMEOUT || p->code == AS_NOT_READY);
    if (p->code != AS_OK)
        fprintf(stderr, "samples_engine: %s\n", p->why);
    const bool same = p->code == AS_OK && issue(CHECK);
    printf("frame %" PRIu64 ": the texture is %sits mask\n", p->frame, same ? "" : "not ");
    return same;
}

static int play(const char *location, int count, char **frames)
{
    as_error error;
    const as_stream_params params = {.struct_size = sizeof(params), .location = location};
    char why[512] = "";
    bool good = plugin.open(location, why, sizeof(why)) == AS_OK;
    if (!good || !issue(START) || as_stream_open(&params, &engine.stream, &error) != AS_OK) {
        fprintf(stderr, "samples_engine: %s%s\n", why, engine.why);
        return 2;
    }
    plugin.ext_event(1, NULL); /* one of the engine's own: not for the plug-in */
    for (int i = 0; i < count && good; i++)
        good = show(strtoull(frames[i], NULL, 10));
    issue(MASKS_END);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (argc < 3 || !are_frames(argc - 3, argv + 3)) {
        fprintf(stderr, "usage: samples_engine PLUGIN SOURCE FRAME...\n");
        return 2;
    }
    void *module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!module || !find_all(module) || pthread_create(&thread, NULL, render_thread, NULL) != 0) {
        fprintf(stderr, "samples_engine: %s cannot be loaded\n", argv[1]);
        return 2;
    }
    plugin.load(NULL);
    const int code = play(argv[2], argc - 3, argv + 3);
    plugin.close();
    plugin.unload();
    issue(STOP);
    pthread_join(thread, NULL);
    as_stream_close(&engine.stream);
    dlclose(module);
    return code;
}
