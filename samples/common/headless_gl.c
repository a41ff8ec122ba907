/* SPDX-License-Identifier: MIT */
#include "headless_gl.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*function)(void);
typedef function (*get_address)(const char *name);

typedef struct egl_functions {
    get_address GetProcAddress;
    PFNEGLGETDISPLAYPROC GetDisplay;
    PFNEGLINITIALIZEPROC Initialize;
    PFNEGLTERMINATEPROC Terminate;
    PFNEGLBINDAPIPROC BindAPI;
    PFNEGLCHOOSECONFIGPROC ChooseConfig;
    PFNEGLCREATECONTEXTPROC CreateContext;
    PFNEGLDESTROYCONTEXTPROC DestroyContext;
    PFNEGLMAKECURRENTPROC MakeCurrent;
    /* Of EGL 1.5 or extensions; may be NULL. */
    PFNEGLGETPLATFORMDISPLAYEXTPROC GetPlatformDisplay;
    PFNEGLQUERYDEVICESEXTPROC QueryDevices;
} egl_functions;

struct headless_gl {
    void *library;
    egl_functions egl;
    EGLDisplay display;
    EGLContext context;
    bool es;
    headless_gl_functions calls;
    GLuint framebuffer; /* to read from, made when first needed */
    char name[160];
};

/* POSIX lets data pointers be functions; ISO C wants the detour. */
static function symbol(void *library, const char *name)
{
    void *address = dlsym(library, name);
    function result;
    memcpy(&result, &address, sizeof(result));
    return result;
}

static bool load_egl(headless_gl *gl)
{
    egl_functions *e = &gl->egl;
    gl->library = dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!gl->library)
        return false;
#define LOAD(type, name) e->name = (type)symbol(gl->library, "egl" #name)
    LOAD(get_address, GetProcAddress);
    LOAD(PFNEGLGETDISPLAYPROC, GetDisplay);
    LOAD(PFNEGLINITIALIZEPROC, Initialize);
    LOAD(PFNEGLTERMINATEPROC, Terminate);
    LOAD(PFNEGLBINDAPIPROC, BindAPI);
    LOAD(PFNEGLCHOOSECONFIGPROC, ChooseConfig);
    LOAD(PFNEGLCREATECONTEXTPROC, CreateContext);
    LOAD(PFNEGLDESTROYCONTEXTPROC, DestroyContext);
    LOAD(PFNEGLMAKECURRENTPROC, MakeCurrent);
#undef LOAD
    if (!e->GetProcAddress || !e->GetDisplay || !e->Initialize || !e->Terminate || !e->BindAPI ||
        !e->ChooseConfig || !e->CreateContext || !e->DestroyContext || !e->MakeCurrent)
        return false;
    e->GetPlatformDisplay =
        (PFNEGLGETPLATFORMDISPLAYEXTPROC)e->GetProcAddress("eglGetPlatformDisplayEXT");
    e->QueryDevices = (PFNEGLQUERYDEVICESEXTPROC)e->GetProcAddress("eglQueryDevicesEXT");
    return true;
}

static bool make_context(headless_gl *gl)
{
    const egl_functions *e = &gl->egl;
    const EGLint choice[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE,
                             gl->es ? EGL_OPENGL_ES3_BIT : EGL_OPENGL_BIT, EGL_NONE};
    const EGLint es_version[] = {EGL_CONTEXT_MAJOR_VERSION, 3, EGL_NONE};
    const EGLint core_version[] = {EGL_CONTEXT_MAJOR_VERSION,
                                   3,
                                   EGL_CONTEXT_MINOR_VERSION,
                                   3,
                                   EGL_CONTEXT_OPENGL_PROFILE_MASK,
                                   EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT,
                                   EGL_NONE};
    EGLConfig config;
    EGLint count = 0;
    if (!e->BindAPI(gl->es ? EGL_OPENGL_ES_API : EGL_OPENGL_API) ||
        !e->ChooseConfig(gl->display, choice, &config, 1, &count) || count < 1)
        return false;
    gl->context =
        e->CreateContext(gl->display, config, EGL_NO_CONTEXT, gl->es ? es_version : core_version);
    if (gl->context == EGL_NO_CONTEXT)
        return false;
    if (e->MakeCurrent(gl->display, EGL_NO_SURFACE, EGL_NO_SURFACE, gl->context))
        return true;
    e->DestroyContext(gl->display, gl->context);
    gl->context = EGL_NO_CONTEXT;
    return false;
}

static bool try_display(headless_gl *gl, EGLDisplay display)
{
    if (display == EGL_NO_DISPLAY || !gl->egl.Initialize(display, NULL, NULL))
        return false;
    gl->display = display;
    if (make_context(gl))
        return true;
    gl->egl.Terminate(display);
    gl->display = EGL_NO_DISPLAY;
    return false;
}

/* Graphics cards first, then Mesa's platform without surfaces, then whatever EGL calls default. */
static bool find_display(headless_gl *gl)
{
    const egl_functions *e = &gl->egl;
    EGLDeviceEXT devices[16];
    EGLint count = 0;
    const char *software = getenv("LIBGL_ALWAYS_SOFTWARE");
    if (e->GetPlatformDisplay && e->QueryDevices && !software &&
        e->QueryDevices(16, devices, &count))
        for (EGLint i = 0; i < count; i++)
            if (try_display(gl, e->GetPlatformDisplay(EGL_PLATFORM_DEVICE_EXT, devices[i], NULL)))
                return true;
    if (e->GetPlatformDisplay &&
        try_display(
            gl, e->GetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL)))
        return true;
    return try_display(gl, e->GetDisplay(EGL_DEFAULT_DISPLAY));
}

static bool load_calls(headless_gl *gl)
{
    headless_gl_functions *c = &gl->calls;
    bool all = true;
#define LOAD(type, name) all = (c->name = (type)gl->egl.GetProcAddress("gl" #name)) != NULL && all
    LOAD(PFNGLATTACHSHADERPROC, AttachShader);
    LOAD(PFNGLBINDBUFFERPROC, BindBuffer);
    LOAD(PFNGLBINDFRAMEBUFFERPROC, BindFramebuffer);
    LOAD(PFNGLBINDTEXTUREPROC, BindTexture);
    LOAD(PFNGLBINDVERTEXARRAYPROC, BindVertexArray);
    LOAD(PFNGLBLENDFUNCPROC, BlendFunc);
    LOAD(PFNGLBUFFERDATAPROC, BufferData);
    LOAD(PFNGLCHECKFRAMEBUFFERSTATUSPROC, CheckFramebufferStatus);
    LOAD(PFNGLCLEARPROC, Clear);
    LOAD(PFNGLCLEARCOLORPROC, ClearColor);
    LOAD(PFNGLCOMPILESHADERPROC, CompileShader);
    LOAD(PFNGLCREATEPROGRAMPROC, CreateProgram);
    LOAD(PFNGLCREATESHADERPROC, CreateShader);
    LOAD(PFNGLDELETEFRAMEBUFFERSPROC, DeleteFramebuffers);
    LOAD(PFNGLDELETESHADERPROC, DeleteShader);
    LOAD(PFNGLDRAWARRAYSPROC, DrawArrays);
    LOAD(PFNGLDISABLEPROC, Disable);
    LOAD(PFNGLENABLEPROC, Enable);
    LOAD(PFNGLENABLEVERTEXATTRIBARRAYPROC, EnableVertexAttribArray);
    LOAD(PFNGLFINISHPROC, Finish);
    LOAD(PFNGLFRAMEBUFFERTEXTURE2DPROC, FramebufferTexture2D);
    LOAD(PFNGLGENBUFFERSPROC, GenBuffers);
    LOAD(PFNGLGENFRAMEBUFFERSPROC, GenFramebuffers);
    LOAD(PFNGLGENTEXTURESPROC, GenTextures);
    LOAD(PFNGLGENVERTEXARRAYSPROC, GenVertexArrays);
    LOAD(PFNGLGETERRORPROC, GetError);
    LOAD(PFNGLGETINTEGERVPROC, GetIntegerv);
    LOAD(PFNGLGETPROGRAMIVPROC, GetProgramiv);
    LOAD(PFNGLGETSTRINGPROC, GetString);
    LOAD(PFNGLGETUNIFORMLOCATIONPROC, GetUniformLocation);
    LOAD(PFNGLLINKPROGRAMPROC, LinkProgram);
    LOAD(PFNGLPIXELSTOREIPROC, PixelStorei);
    LOAD(PFNGLREADPIXELSPROC, ReadPixels);
    LOAD(PFNGLSHADERSOURCEPROC, ShaderSource);
    LOAD(PFNGLTEXIMAGE2DPROC, TexImage2D);
    LOAD(PFNGLTEXPARAMETERIPROC, TexParameteri);
    LOAD(PFNGLUNIFORM1IPROC, Uniform1i);
    LOAD(PFNGLUNIFORM2FPROC, Uniform2f);
    LOAD(PFNGLUSEPROGRAMPROC, UseProgram);
    LOAD(PFNGLVERTEXATTRIBPOINTERPROC, VertexAttribPointer);
    LOAD(PFNGLVIEWPORTPROC, Viewport);
#undef LOAD
    return all;
}

headless_gl *headless_gl_create(bool es, char *why, size_t capacity)
{
    const char *wrong = NULL;
    headless_gl *gl = calloc(1, sizeof(*gl));
    if (!gl) {
        snprintf(why, capacity, "out of memory");
        return NULL;
    }
    gl->es = es;
    gl->display = EGL_NO_DISPLAY;
    gl->context = EGL_NO_CONTEXT;
    if (!load_egl(gl))
        wrong = "libEGL.so.1 cannot be loaded (Debian: apt-get install libegl1 libgl1-mesa-dri)";
    else if (!find_display(gl))
        wrong = es ? "EGL gives no OpenGL ES 3 context without a window; install a driver (Debian: "
                     "apt-get install libgl1-mesa-dri)"
                   : "EGL gives no OpenGL 3.3 core context without a window; install a driver "
                     "(Debian: apt-get install libgl1-mesa-dri)";
    else if (!load_calls(gl))
        wrong = "the driver lacks functions that OpenGL 3.3 and OpenGL ES 3.0 have";
    if (wrong) {
        snprintf(why, capacity, "%s", wrong);
        headless_gl_destroy(gl);
        return NULL;
    }
    snprintf(gl->name, sizeof(gl->name), "%s%s, %s", es ? "" : "OpenGL ",
             (const char *)gl->calls.GetString(GL_VERSION),
             (const char *)gl->calls.GetString(GL_RENDERER));
    return gl;
}

void headless_gl_destroy(headless_gl *gl)
{
    if (!gl)
        return;
    if (gl->context != EGL_NO_CONTEXT) {
        if (gl->framebuffer)
            gl->calls.DeleteFramebuffers(1, &gl->framebuffer);
        gl->egl.MakeCurrent(gl->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        gl->egl.DestroyContext(gl->display, gl->context);
    }
    if (gl->display != EGL_NO_DISPLAY)
        gl->egl.Terminate(gl->display);
    if (gl->library)
        dlclose(gl->library);
    free(gl);
}

void (*headless_gl_address(void *user, const char *name))(void)
{
    const headless_gl *gl = user;
    return gl->egl.GetProcAddress(name);
}

const headless_gl_functions *headless_gl_calls(const headless_gl *gl)
{
    return &gl->calls;
}

const char *headless_gl_name(const headless_gl *gl)
{
    return gl->name;
}

GLuint headless_gl_program(const headless_gl *gl, const char *vertex, const char *fragment)
{
    const headless_gl_functions *c = &gl->calls;
    const char *head = gl->es ? "#version 300 es\nprecision highp float;\n" : "#version 330 core\n";
    const char *const texts[2][2] = {{head, vertex}, {head, fragment}};
    const GLuint program = c->CreateProgram();
    GLint linked = 0;
    for (int i = 0; i < 2; i++) {
        const GLuint shader = c->CreateShader(i == 0 ? GL_VERTEX_SHADER : GL_FRAGMENT_SHADER);
        c->ShaderSource(shader, 2, texts[i], NULL);
        c->CompileShader(shader);
        c->AttachShader(program, shader);
        c->DeleteShader(shader); /* goes with the program */
    }
    c->LinkProgram(program);
    c->GetProgramiv(program, GL_LINK_STATUS, &linked);
    return linked ? program : 0;
}

/* OpenGL ES may give a red texture as RGBA alone. */
static bool read_pixels(const headless_gl *gl, uint32_t width, uint32_t height, uint8_t *pixels)
{
    const headless_gl_functions *c = &gl->calls;
    GLint format = 0, type = 0;
    c->GetIntegerv(GL_IMPLEMENTATION_COLOR_READ_FORMAT, &format);
    c->GetIntegerv(GL_IMPLEMENTATION_COLOR_READ_TYPE, &type);
    c->PixelStorei(GL_PACK_ALIGNMENT, 1);
    if (!gl->es || (format == GL_RED && type == GL_UNSIGNED_BYTE)) {
        c->ReadPixels(0, 0, (GLsizei)width, (GLsizei)height, GL_RED, GL_UNSIGNED_BYTE, pixels);
        return c->GetError() == GL_NO_ERROR;
    }
    uint8_t *row = malloc((size_t)width * 4);
    for (uint32_t y = 0; row && y < height; y++) {
        c->ReadPixels(0, (GLint)y, (GLsizei)width, 1, GL_RGBA, GL_UNSIGNED_BYTE, row);
        for (uint32_t x = 0; x < width; x++)
            pixels[(size_t)y * width + x] = row[4 * (size_t)x];
    }
    const bool done = row != NULL;
    free(row);
    return done && c->GetError() == GL_NO_ERROR;
}

bool headless_gl_read_red(headless_gl *gl, GLuint texture, uint32_t width, uint32_t height,
                          uint8_t *pixels)
{
    const headless_gl_functions *c = &gl->calls;
    if (!gl->framebuffer)
        c->GenFramebuffers(1, &gl->framebuffer);
    c->BindFramebuffer(GL_FRAMEBUFFER, gl->framebuffer);
    c->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    const bool done = c->CheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE &&
                      read_pixels(gl, width, height, pixels);
    c->BindFramebuffer(GL_FRAMEBUFFER, 0);
    return done;
}
