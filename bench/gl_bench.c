/* SPDX-License-Identifier: MIT
 *
 * Frames as OpenGL textures, one after another, and what each update costs:
 *
 *     alphastream-gl-bench STREAM... [--size WxH] [--frames N] [--held N] [--upload WAY]
 *
 * For each stream at 2048 x 1024 and 6720 x 3360 (or --size): bytes uploaded, draws, milliseconds
 * of the GPU (timer queries), and microseconds of the calling thread's CPU. The latter twice: as it
 * is, where a software driver also rasterizes in it, and with the driver's drawing left out
 * (glDrawArraysInstanced and glClearBufferfv do nothing), which is what the library and the rest of
 * the driver take. The times leave each stream's first frame out. Surfaceless EGL: needs no
 * display.
 */
#include "alphastream/alphastream.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The few things of GL that are used here. */
#define GL_VERSION 0x1F02
#define GL_RENDERER 0x1F01
#define GL_TIME_ELAPSED 0x88BF
#define GL_QUERY_RESULT 0x8866

enum { MOST_FRAMES = 4096, MOST_HELD = 8 };

static const unsigned char *(*gl_get_string)(unsigned name);
static void (*gl_finish)(void);
static void (*gl_gen_queries)(int count, unsigned *out);
static void (*gl_begin_query)(unsigned target, unsigned query);
static void (*gl_end_query)(unsigned target);
static void (*gl_get_result)(unsigned query, unsigned name, uint64_t *out);

typedef struct options {
    const char *streams[16];
    int stream_count;
    unsigned width, height; /* 0: both sizes */
    unsigned frames;        /* 0: all */
    unsigned held;
    as_gl_upload upload;
} options;

typedef struct numbers {
    size_t count;
    double v[MOST_FRAMES];
} numbers;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "alphastream-gl-bench: %s: %s\n", what, why);
    exit(1);
}

/* --------------------------------------------------------------------------------- context -- */

static void make_context(void)
{
    static const EGLint attributes[] = {EGL_CONTEXT_MAJOR_VERSION, 3, EGL_CONTEXT_MINOR_VERSION, 3,
                                        EGL_NONE};
    const EGLDisplay display =
        eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    if (display == EGL_NO_DISPLAY || !eglInitialize(display, NULL, NULL))
        die("surfaceless EGL", "not on this machine; it needs Mesa's libEGL (Debian: libegl1, "
                               "libgl1-mesa-dri)");
    eglBindAPI(EGL_OPENGL_API);
    const EGLContext context =
        eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, attributes);
    if (context == EGL_NO_CONTEXT ||
        !eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context))
        die("OpenGL 3.3", "this machine has no such context");
    gl_get_string = (const unsigned char *(*)(unsigned))eglGetProcAddress("glGetString");
    gl_finish = (void (*)(void))eglGetProcAddress("glFinish");
    gl_gen_queries = (void (*)(int, unsigned *))eglGetProcAddress("glGenQueries");
    gl_begin_query = (void (*)(unsigned, unsigned))eglGetProcAddress("glBeginQuery");
    gl_end_query = (void (*)(unsigned))eglGetProcAddress("glEndQuery");
    gl_get_result =
        (void (*)(unsigned, unsigned, uint64_t *))eglGetProcAddress("glGetQueryObjectui64v");
    if (!gl_get_string || !gl_finish || !gl_gen_queries || !gl_begin_query || !gl_end_query ||
        !gl_get_result)
        die("OpenGL 3.3", "functions of it are missing");
    printf("%s, %s\n", (const char *)gl_get_string(GL_VERSION),
           (const char *)gl_get_string(GL_RENDERER));
}

static as_gl_proc load(void *user, const char *name)
{
    (void)user;
    return (as_gl_proc)eglGetProcAddress(name);
}

static void draw_nothing(unsigned mode, int first, int count, int instances)
{
    (void)mode;
    (void)first;
    (void)count;
    (void)instances;
}

static void clear_nothing(unsigned buffer, int index, const float *value)
{
    (void)buffer;
    (void)index;
    (void)value;
}

static as_gl_proc load_without_drawing(void *user, const char *name)
{
    if (strcmp(name, "glDrawArraysInstanced") == 0)
        return (as_gl_proc)draw_nothing;
    if (strcmp(name, "glClearBufferfv") == 0)
        return (as_gl_proc)clear_nothing;
    return load(user, name);
}

/* --------------------------------------------------------------------------------- numbers -- */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void add(numbers *n, double value)
{
    if (n->count < MOST_FRAMES)
        n->v[n->count++] = value;
}

static void print_numbers(numbers *n, const char *what, const char *unit)
{
    double sum = 0;
    if (n->count == 0)
        return;
    qsort(n->v, n->count, sizeof(*n->v), compare);
    for (size_t i = 0; i < n->count; i++)
        sum += n->v[i];
    printf("    %-28s median %10.2f  p99 %10.2f  max %10.2f  mean %10.2f %s\n", what,
           n->v[n->count / 2], n->v[n->count - 1 - n->count / 100], n->v[n->count - 1],
           sum / (double)n->count, unit);
}

static double thread_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ------------------------------------------------------------------------------------- run -- */

typedef struct results {
    numbers upload, draws, gpu_ms, cpu_us;
    as_gl_stats stats;
} results;

/* The frame is ready in the stream before it is asked for: no waiting is measured. */
static void prepare(as_stream *stream, uint64_t index)
{
    as_frame *frame;
    as_error error;
    if (as_stream_get_canvas(stream, index, 0, 0, AS_WAIT_FOREVER, &frame) != AS_OK) {
        as_stream_last_error(stream, &error);
        die("a frame", error.text);
    }
    as_frame_unref(&frame);
}

static void update(as_stream *stream, as_gl *gl, uint64_t index, as_gl_texture *texture,
                   unsigned query, results *r)
{
    as_error error;
    uint64_t gpu_ns = 0;
    prepare(stream, index);
    as_gl_release(gl, texture, NULL);
    gl_begin_query(GL_TIME_ELAPSED, query);
    const double start = thread_us();
    if (as_gl_get_frame(gl, index, NULL, AS_WAIT_FOREVER, texture, &error) != AS_OK)
        die("a texture", error.text);
    const double us = thread_us() - start;
    gl_end_query(GL_TIME_ELAPSED);
    gl_get_result(query, GL_QUERY_RESULT, &gpu_ns);
    if (index != 0) { /* the first makes the texture */
        add(&r->cpu_us, us);
        add(&r->gpu_ms, (double)gpu_ns / 1e6);
    }
    r->stats.struct_size = sizeof(r->stats);
    if (as_gl_get_stats(gl, &r->stats) != AS_OK)
        die("statistics", "not there");
    add(&r->upload, (double)r->stats.last_upload_bytes);
    add(&r->draws, (double)r->stats.last_draws);
}

static void run(const options *o, const char *path, unsigned width, unsigned height, bool drawing,
                results *r)
{
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .location = path,
                                     .width = width,
                                     .height = height,
                                     .processing = AS_PROCESS_CANVASES,
                                     .init_timeout_ms = 60000};
    const as_gl_params gl_params = {.struct_size = sizeof(gl_params),
                                    .get_proc_address = drawing ? load : load_without_drawing,
                                    .textures = MOST_HELD,
                                    .upload = o->upload};
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    as_gl_texture textures[MOST_HELD] = {{0}};
    as_stream *stream;
    as_error error;
    as_gl *gl;
    unsigned query;
    memset(r, 0, sizeof(*r));
    if (as_stream_open(&params, &stream, &error) != AS_OK ||
        as_gl_attach(stream, &gl_params, &gl, &error) != AS_OK)
        die(path, error.text);
    if (as_stream_get_metadata(stream, &metadata) != AS_OK)
        die(path, "no metadata");
    gl_gen_queries(1, &query);
    for (uint64_t i = 0; i < metadata.frame_count && (o->frames == 0 || i < o->frames); i++)
        update(stream, gl, i, &textures[i % o->held], query, r);
    gl_finish();
    as_gl_detach(&gl);
    as_stream_close(&stream);
}

static void measure(const options *o, const char *path, unsigned width, unsigned height)
{
    static results r;
    run(o, path, width, height, true, &r);
    printf("%s at %u x %u, %zu frames, %s buffer, %" PRIu64 " drawn in full\n", path, width, height,
           r.upload.count, r.stats.persistent ? "persistent" : "orphaned", r.stats.drawn_in_full);
    print_numbers(&r.upload, "upload", "bytes");
    print_numbers(&r.draws, "draws", "");
    print_numbers(&r.gpu_ms, "GPU", "ms");
    print_numbers(&r.cpu_us, "CPU of the thread", "us");
    run(o, path, width, height, false, &r);
    print_numbers(&r.cpu_us, "CPU without the drawing", "us");
}

/* ------------------------------------------------------------------------------------ main -- */

static bool take_option(options *o, const char *name, const char *value)
{
    char rest;
    if (strcmp(name, "--size") == 0)
        return sscanf(value, "%ux%u%c", &o->width, &o->height, &rest) == 2;
    if (strcmp(name, "--frames") == 0)
        return sscanf(value, "%u%c", &o->frames, &rest) == 1;
    if (strcmp(name, "--held") == 0)
        return sscanf(value, "%u%c", &o->held, &rest) == 1 && o->held >= 1 && o->held <= MOST_HELD;
    if (strcmp(name, "--upload") != 0)
        return false;
    o->upload = strcmp(value, "persistent") == 0 ? AS_GL_UPLOAD_PERSISTENT : AS_GL_UPLOAD_ORPHANED;
    return o->upload == AS_GL_UPLOAD_PERSISTENT || strcmp(value, "orphaned") == 0;
}

static bool take_arguments(options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-' && o->stream_count < 16)
            o->streams[o->stream_count++] = argv[i];
        else if (i + 1 == argc || !take_option(o, argv[i], argv[i + 1]))
            return false;
        else
            i++;
    }
    return o->stream_count > 0;
}

int main(int argc, char **argv)
{
    options o = {.held = 1};
    if (!take_arguments(&o, argc, argv)) {
        fprintf(stderr,
                "usage: alphastream-gl-bench STREAM... [--size WxH] [--frames N] "
                "[--held 1..%d] [--upload persistent|orphaned]\n",
                MOST_HELD);
        return 2;
    }
    make_context();
    for (int i = 0; i < o.stream_count; i++) {
        if (o.width) {
            measure(&o, o.streams[i], o.width, o.height);
        } else {
            measure(&o, o.streams[i], 2048, 1024);
            measure(&o, o.streams[i], 6720, 3360);
        }
    }
    return 0;
}
