/* SPDX-License-Identifier: MIT */

/* Before glad, which brings a part of a header of theirs. */
#include <EGL/egl.h>
#include <EGL/eglext.h>

#include "tests/support/gl_context.h"
#include "tests/support/stream_fixture.h"

#define DEBUG_SEVERITY_NOTIFICATION 0x826B
#define DEBUG_OUTPUT 0x92E0
#define DEBUG_OUTPUT_SYNCHRONOUS 0x8242

#if defined(__SANITIZE_THREAD__)
#define DRIVER_THREADS "0"
#else
#define DRIVER_THREADS "1"
#endif

#if TEST_SANITIZED
#define SEEN_BY_LIBRARIES __attribute__((visibility("default")))

/* Leaks of drivers that were unloaded have no names that could be told apart from ours. */
SEEN_BY_LIBRARIES int dlclose(void *handle);
int dlclose(void *handle)
{
    (void)handle;
    return 0;
}
#endif

/* What a driver of these versions may lack; the newer two run with all that Mesa has. */
#define BARE                                                                                       \
    "-GL_ARB_buffer_storage -GL_EXT_buffer_storage -GL_ARB_viewport_array "                        \
    "-GL_OES_viewport_array -GL_ARB_clip_control -GL_EXT_clip_control "                            \
    "-GL_EXT_draw_buffers_indexed -GL_OES_draw_buffers_indexed -GL_EXT_clip_cull_distance"

static const struct kind {
    const char *name;
    bool es, compatible; /* of which profile */
    int major, minor;
    const char *version, *extensions; /* for Mesa, which gives newer ones than asked for */
} kinds[] = {{"core33", false, false, 3, 3, "3.3", BARE},
             {"core45", false, false, 4, 5, "4.5", ""},
             {"compat", false, true, 3, 3, "3.3COMPAT", ""},
             {"es30", true, false, 3, 0, "3.0", BARE},
             {"es32", true, false, 3, 2, "3.2", ""}};

/* -------------------------------------------------------------------------------- contexts -- */

static const struct kind *wanted_kind(void)
{
    const char *name = getenv("ALPHASTREAM_TEST_GL");
    for (size_t i = 0; name && i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strcmp(name, kinds[i].name) == 0)
            return &kinds[i];
    if (name && *name)
        fail_msg("ALPHASTREAM_TEST_GL is %s, none of core33, core45, compat, es30, es32", name);
    return &kinds[0];
}

static EGLDisplay open_display(void)
{
    static EGLDisplay display = EGL_NO_DISPLAY;
    const struct kind *kind = wanted_kind();
    if (display != EGL_NO_DISPLAY)
        return display;
    setenv("LP_NUM_THREADS", DRIVER_THREADS, 0);
    setenv(kind->es ? "MESA_GLES_VERSION_OVERRIDE" : "MESA_GL_VERSION_OVERRIDE", kind->version, 1);
    setenv("MESA_EXTENSION_OVERRIDE", kind->extensions, 1);
    display = eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    if (display == EGL_NO_DISPLAY || !eglInitialize(display, NULL, NULL))
        fail_msg("there is no surfaceless EGL here (0x%x); install libegl1 and libgl1-mesa-dri "
                 "(scripts/install-deps)",
                 (unsigned)eglGetError());
    return display;
}

bool test_gl_is_bare(void)
{
    return wanted_kind()->extensions[0] != '\0';
}

as_gl_proc test_gl_load_plain(const char *name)
{
    return (as_gl_proc)eglGetProcAddress(name);
}

as_gl_proc test_gl_load(void *user, const char *name)
{
    (void)user;
    return test_gl_load_plain(name);
}

static EGLContext make(const struct kind *kind, EGLContext shared)
{
    const bool es = kind->es;
    const EGLint attributes[] = {EGL_CONTEXT_MAJOR_VERSION,
                                 kind->major,
                                 EGL_CONTEXT_MINOR_VERSION,
                                 kind->minor,
                                 EGL_CONTEXT_FLAGS_KHR,
                                 kind->major > 1 ? EGL_CONTEXT_OPENGL_DEBUG_BIT_KHR : 0,
                                 es ? EGL_NONE : EGL_CONTEXT_OPENGL_PROFILE_MASK,
                                 kind->compatible ? EGL_CONTEXT_OPENGL_COMPATIBILITY_PROFILE_BIT
                                                  : EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT,
                                 EGL_NONE};
    const EGLDisplay display = open_display();
    eglBindAPI(es ? EGL_OPENGL_ES_API : EGL_OPENGL_API);
    return eglCreateContext(display, EGL_NO_CONFIG_KHR, shared, attributes);
}

test_gl *test_gl_create_es1(void)
{
    static const struct kind es1 = {.es = true, .major = 1, .minor = 1};
    test_gl *gl = calloc(1, sizeof(*gl));
    assert_non_null(gl);
    gl->context = make(&es1, EGL_NO_CONTEXT);
    assert_non_null(gl->context);
    test_gl_current(gl);
    return gl;
}

static void GLAD_API_PTR take_message(GLenum source, GLenum type, GLuint id, GLenum severity,
                                      GLsizei length, const char *text, const void *user)
{
    test_gl *gl = (test_gl *)(uintptr_t)user;
    (void)source;
    (void)length;
    if (severity == DEBUG_SEVERITY_NOTIFICATION)
        return;
    gl->complaints++;
    print_message("GL message (type 0x%x, id %u): %s\n", type, id, text);
}

typedef void(GLAD_API_PTR *debug_fn)(GLenum source, GLenum type, GLuint id, GLenum severity,
                                     GLsizei length, const char *text, const void *user);

static void listen_to(test_gl *gl)
{
    void(GLAD_API_PTR * set)(debug_fn callback, const void *user) =
        (void(GLAD_API_PTR *)(debug_fn, const void *))eglGetProcAddress(
            gl->f.es ? "glDebugMessageCallbackKHR" : "glDebugMessageCallback");
    assert_non_null(set);
    gl->f.gl.Enable(DEBUG_OUTPUT);
    gl->f.gl.Enable(DEBUG_OUTPUT_SYNCHRONOUS);
    set(take_message, gl);
}

test_gl *test_gl_create(const test_gl *shared)
{
    const struct kind *kind = wanted_kind();
    as_error error;
    test_gl *gl = calloc(1, sizeof(*gl));
    assert_non_null(gl);
    gl->context = make(kind, shared ? shared->context : EGL_NO_CONTEXT);
    if (gl->context == EGL_NO_CONTEXT)
        fail_msg("there is no %s context here (0x%x)", kind->name, (unsigned)eglGetError());
    test_gl_current(gl);
    const as_gpu_opengl_params params = {.get_proc_address = test_gl_load};
    assert_ok(as_gl_load(&params, &gl->f, &error), &error);
    assert_int_equal(gl->f.major * 10 + gl->f.minor, kind->major * 10 + kind->minor);
    assert_int_equal(gl->f.es, kind->es);
    gl->checked = true;
    listen_to(gl);
    return gl;
}

void test_gl_current(test_gl *gl)
{
    const EGLDisplay display = open_display();
    if (gl) {
        assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, gl->context));
        return;
    }
    /* Of both kinds: each is current on its own. */
    eglBindAPI(EGL_OPENGL_API);
    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    eglBindAPI(EGL_OPENGL_ES_API);
    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
}

void test_gl_destroy(test_gl *gl)
{
    if (!gl)
        return;
    if (gl->checked) {
        test_gl_current(gl);
        test_gl_no_errors(gl);
    }
    test_gl_current(NULL);
    assert_true(eglDestroyContext(open_display(), gl->context));
    free(gl);
}

void test_gl_no_errors(test_gl *gl)
{
    assert_int_equal(gl->f.gl.GetError(), GL_NO_ERROR);
    assert_int_equal(gl->complaints, 0);
}

void test_gl_forgive(test_gl *gl)
{
    while (gl->f.gl.GetError() != GL_NO_ERROR)
        continue;
    gl->complaints = 0;
}

/* ---------------------------------------------------------------------------------- pixels -- */

static uint8_t *read_bound(test_gl *gl, uint32_t width, uint32_t height)
{
    GLint pack, format = 0, type = 0;
    uint8_t *pixels = malloc((size_t)width * height);
    assert_non_null(pixels);
    gl->f.gl.GetIntegerv(GL_IMPLEMENTATION_COLOR_READ_FORMAT, &format);
    gl->f.gl.GetIntegerv(GL_IMPLEMENTATION_COLOR_READ_TYPE, &type);
    assert_int_equal(format, GL_RED);
    assert_int_equal(type, GL_UNSIGNED_BYTE);
    gl->f.gl.GetIntegerv(GL_PACK_ALIGNMENT, &pack);
    gl->f.gl.PixelStorei(GL_PACK_ALIGNMENT, 1);
    gl->f.gl.ReadPixels(0, 0, (GLsizei)width, (GLsizei)height, GL_RED, GL_UNSIGNED_BYTE, pixels);
    gl->f.gl.PixelStorei(GL_PACK_ALIGNMENT, pack);
    return pixels;
}

uint8_t *test_gl_read_framebuffer(test_gl *gl, uint32_t framebuffer, uint32_t width,
                                  uint32_t height)
{
    GLint before;
    gl->f.gl.GetIntegerv(GL_READ_FRAMEBUFFER_BINDING, &before);
    gl->f.gl.BindFramebuffer(GL_READ_FRAMEBUFFER, framebuffer);
    uint8_t *pixels = read_bound(gl, width, height);
    gl->f.gl.BindFramebuffer(GL_READ_FRAMEBUFFER, (GLuint)before);
    return pixels;
}

uint8_t *test_gl_read(test_gl *gl, uint32_t texture, uint32_t width, uint32_t height)
{
    GLuint framebuffer;
    GLint before;
    gl->f.gl.GetIntegerv(GL_READ_FRAMEBUFFER_BINDING, &before);
    gl->f.gl.GenFramebuffers(1, &framebuffer);
    gl->f.gl.BindFramebuffer(GL_READ_FRAMEBUFFER, framebuffer);
    gl->f.gl.FramebufferTexture2D(GL_READ_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture,
                                  0);
    assert_int_equal(gl->f.gl.CheckFramebufferStatus(GL_READ_FRAMEBUFFER), GL_FRAMEBUFFER_COMPLETE);
    uint8_t *pixels = read_bound(gl, width, height);
    gl->f.gl.BindFramebuffer(GL_READ_FRAMEBUFFER, (GLuint)before);
    gl->f.gl.DeleteFramebuffers(1, &framebuffer);
    return pixels;
}

uint32_t test_gl_make_texture(test_gl *gl, uint32_t internal_format, uint32_t width,
                              uint32_t height, uint8_t value)
{
    const bool depth = internal_format == GL_DEPTH_COMPONENT16;
    const GLenum format = internal_format == GL_R8 ? GL_RED : depth ? GL_DEPTH_COMPONENT : GL_RGBA;
    const size_t size = (size_t)width * height * (format == GL_RED ? 1 : 4);
    uint8_t *pixels = malloc(size);
    GLuint texture;
    GLint bound;
    assert_non_null(pixels);
    memset(pixels, value, size);
    gl->f.gl.GetIntegerv(GL_TEXTURE_BINDING_2D, &bound);
    gl->f.gl.GenTextures(1, &texture);
    gl->f.gl.BindTexture(GL_TEXTURE_2D, texture);
    gl->f.gl.PixelStorei(GL_UNPACK_ALIGNMENT, 1);
    gl->f.gl.TexImage2D(GL_TEXTURE_2D, 0, (GLint)internal_format, (GLsizei)width, (GLsizei)height,
                        0, format, depth ? GL_UNSIGNED_INT : GL_UNSIGNED_BYTE, pixels);
    gl->f.gl.PixelStorei(GL_UNPACK_ALIGNMENT, 4);
    gl->f.gl.BindTexture(GL_TEXTURE_2D, (GLuint)bound);
    free(pixels);
    return texture;
}
