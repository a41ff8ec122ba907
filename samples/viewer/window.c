/* SPDX-License-Identifier: MIT */
#include "window.h"

#include "input.h"
#include "report.h"

#ifdef VIEWER_WITH_VULKAN
#include "vk_device.h" /* before GLFW, which declares what makes surfaces then */
#endif

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <stdio.h>

enum { DEFAULT_RATE = 60 };
#define IDLE_SECONDS 0.1

typedef struct window {
    GLFWwindow *handle;
    app *app;
    int x, y, width, height; /* before full screen */
    double period;           /* seconds from one picture of the screen to the next */
} window;

static void on_error(int code, const char *text)
{
    (void)code;
    fprintf(stderr, "alphastream-viewer: the window system says: %s\n", text);
}

static app *app_of(GLFWwindow *handle)
{
    return ((window *)glfwGetWindowUserPointer(handle))->app;
}

static void on_key(GLFWwindow *handle, int key, int scancode, int action, int mods)
{
    (void)scancode;
    (void)mods;
    if (action != GLFW_RELEASE)
        input_press(app_of(handle), key);
}

static void on_resize(GLFWwindow *handle, int width, int height)
{
    app_resize(app_of(handle), width, height);
}

/* The window has gone to a screen of another resolution, or that was changed. */
static void on_scale(GLFWwindow *handle, float scale_x, float scale_y)
{
    (void)scale_x;
    (void)app_scale(app_of(handle), scale_y);
}

/* Window coordinates to pixels: more of them on screens of high resolution. */
static void cursor_pixels(GLFWwindow *handle, double x, double y, int *out_x, int *out_y)
{
    int width = 1, height = 1;
    const app *a = app_of(handle);
    glfwGetWindowSize(handle, &width, &height);
    *out_x = (int)(x * a->scene.width / (width > 0 ? width : 1));
    *out_y = (int)(y * a->scene.height / (height > 0 ? height : 1));
}

static void on_button(GLFWwindow *handle, int button, int action, int mods)
{
    double x = 0.0, y = 0.0;
    int px = 0, py = 0;
    (void)mods;
    if (button != GLFW_MOUSE_BUTTON_LEFT)
        return;
    glfwGetCursorPos(handle, &x, &y);
    cursor_pixels(handle, x, y, &px, &py);
    if (action == GLFW_PRESS)
        app_press(app_of(handle), px, py);
    else
        app_release(app_of(handle));
}

static void on_cursor(GLFWwindow *handle, double x, double y)
{
    int px = 0, py = 0;
    cursor_pixels(handle, x, y, &px, &py);
    app_move(app_of(handle), px, py);
}

static void on_drop(GLFWwindow *handle, int count, const char **paths)
{
    if (count > 0)
        app_open(app_of(handle), paths[0]);
}

static void set_fullscreen(void *user, bool fullscreen)
{
    window *w = user;
    GLFWmonitor *monitor = glfwGetPrimaryMonitor();
    const GLFWvidmode *mode = monitor ? glfwGetVideoMode(monitor) : NULL;
    if (fullscreen && mode) {
        glfwGetWindowPos(w->handle, &w->x, &w->y);
        glfwGetWindowSize(w->handle, &w->width, &w->height);
        glfwSetWindowMonitor(w->handle, monitor, 0, 0, mode->width, mode->height,
                             mode->refreshRate);
    } else if (!fullscreen) {
        glfwSetWindowMonitor(w->handle, NULL, w->x, w->y, w->width, w->height, GLFW_DONT_CARE);
    }
}

static void (*address(void *user, const char *name))(void)
{
    (void)user;
    return glfwGetProcAddress(name);
}

static bool open_window(window *w, app *a)
{
    if (a->options.renderer->shows) {
        glfwWindowHint(GLFW_CLIENT_API, GLFW_NO_API);
    } else {
        glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
        glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
        glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
        glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
    }
    glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_FALSE);
    w->handle =
        glfwCreateWindow(a->options.width, a->options.height, "alphastream-viewer", NULL, NULL);
    if (!w->handle)
        return false;
    w->width = a->options.width;
    w->height = a->options.height;
    if (!a->options.renderer->shows) {
        glfwMakeContextCurrent(w->handle);
        glfwSwapInterval(1);
    }
    glfwSetWindowUserPointer(w->handle, w);
    glfwSetKeyCallback(w->handle, on_key);
    glfwSetFramebufferSizeCallback(w->handle, on_resize);
    glfwSetWindowContentScaleCallback(w->handle, on_scale);
    glfwSetMouseButtonCallback(w->handle, on_button);
    glfwSetCursorPosCallback(w->handle, on_cursor);
    glfwSetDropCallback(w->handle, on_drop);
    const GLFWvidmode *mode =
        glfwGetPrimaryMonitor() ? glfwGetVideoMode(glfwGetPrimaryMonitor()) : NULL;
    w->period = 1.0 / (mode && mode->refreshRate > 0 ? mode->refreshRate : DEFAULT_RATE);
    return true;
}

#ifdef VIEWER_WITH_VULKAN
static VkResult make_surface(void *user, VkInstance instance, VkSurfaceKHR *out_surface)
{
    return glfwCreateWindowSurface(instance, ((window *)user)->handle, NULL, out_surface);
}
#endif

static bool start_renderer(window *w, app *a)
{
    char why[APP_TEXT] = "";
    renderer_params params = {
        .width = a->scene.width, .height = a->scene.height, .validate = a->options.validate};
    if (!a->options.renderer->shows) {
        params.address = address;
        a->renderer = a->options.renderer->init(&params, why, sizeof(why));
    } else {
#ifdef VIEWER_WITH_VULKAN
        struct renderer_surface surface = {.create = make_surface, .user = w};
        surface.extensions = glfwGetRequiredInstanceExtensions(&surface.extension_count);
        params.surface = &surface;
        a->renderer = a->options.renderer->init(&params, why, sizeof(why));
#endif
    }
    if (!a->renderer)
        fprintf(stderr, "alphastream-viewer: %s\n", why);
    return a->renderer != NULL;
}

static bool start(window *w, app *a)
{
    float scale_x = 1.0F, scale_y = 1.0F;
    if (!open_window(w, a))
        return false;
    a->window = (app_window){w, set_fullscreen};
    glfwGetFramebufferSize(w->handle, &a->scene.width, &a->scene.height);
    if (!start_renderer(w, a))
        return false;
    glfwGetWindowContentScale(w->handle, &scale_x, &scale_y);
    if (!app_start(a, scale_y))
        return false;
    if (a->options.fullscreen)
        set_fullscreen(w, true);
    return true;
}

/* Screens that do not make glfwSwapBuffers wait would have pictures made without end. */
static void wait_until(double when)
{
    double left = when - glfwGetTime();
    while (left > 0.0005) {
        glfwWaitEventsTimeout(left);
        left = when - glfwGetTime();
    }
}

static bool play(window *w)
{
    app *a = w->app;
    double before = glfwGetTime();
    while (!glfwWindowShouldClose(w->handle) && !a->quit) {
        if (app_is_idle(a))
            glfwWaitEventsTimeout(IDLE_SECONDS);
        else
            glfwPollEvents();
        const double now = glfwGetTime();
        if (!app_picture(a, (int64_t)((now - before) * 1e9)))
            return false;
        before = now;
        if (!a->options.renderer->shows)
            glfwSwapBuffers(w->handle);
        if (!a->options.frames)
            wait_until(now + 0.9 * w->period);
    }
    return true;
}

int window_run(app *a)
{
    window w = {.app = a};
    glfwSetErrorCallback(on_error);
    if (!glfwInit()) {
        fputs("alphastream-viewer: no window can be opened here; use --headless\n", stderr);
        return 2;
    }
    bool good = start(&w, a) && play(&w);
    if (good)
        app_log_total(a);
    if (good && a->options.json)
        good = report_write(a, a->options.json);
    if (good && a->options.screenshot)
        good = app_screenshot(a, a->options.screenshot);
    app_end(a);
    if (w.handle)
        glfwDestroyWindow(w.handle);
    glfwTerminate();
    return good ? a->exit_code : 2;
}
