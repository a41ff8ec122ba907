/* SPDX-License-Identifier: MIT */
#include "input.h"

#include "app.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t second_of_frames(const app *a)
{
    const as_stream_metadata *m = &a->player.about;
    return m->fps_den ? (m->fps_num + m->fps_den / 2) / m->fps_den : 1;
}

static void step_forward(app *a)
{
    app_step(a, 1);
}

static void step_back(app *a)
{
    app_step(a, -1);
}

/* A jump leaves playing as it is. */
static void jump(app *a, int64_t frames)
{
    const bool playing = a->player.playing;
    if (a->video && !video_is_settled(a->video)) /* not yet where it was sent */
        a->player.due = player_frame_at(&a->player, a->player.media_ns);
    player_step(&a->player, frames);
    a->player.playing = playing;
}

static void jump_forward(app *a)
{
    jump(a, second_of_frames(a));
}

static void jump_back(app *a)
{
    jump(a, -second_of_frames(a));
}

static void go_first(app *a)
{
    app_seek(a, 0);
}

static void go_last(app *a)
{
    app_seek(a, UINT64_MAX);
}

static void faster(app *a)
{
    player_change_speed(&a->player, 1);
}

static void slower(app *a)
{
    player_change_speed(&a->player, -1);
}

static void toggle_loop(app *a)
{
    a->player.loop = !a->player.loop;
    app_notice(a, a->player.loop ? "begins again at the end" : "stops at the end");
}

static void next_view(app *a)
{
    a->scene.view = (view_kind)((a->scene.view + 1) % VIEW_COUNT);
    app_notice(a, "view: %s", options_view_name(a->scene.view));
}

static void next_eye(app *a)
{
    a->scene.eye = (eye_kind)((a->scene.eye + 1) % EYE_COUNT);
    app_notice(a, "eye: %s", options_eye_name(a->scene.eye));
}

/* Those that there is nothing for are left out. */
static void next_background(app *a)
{
    scene *s = &a->scene;
    do
        s->background = (background_kind)((s->background + 1) % BACKGROUND_COUNT);
    while ((s->background == BACKGROUND_IMAGE && !s->image) ||
           (s->background == BACKGROUND_VIDEO && !s->video));
    app_notice(a, "background: %s", options_background_name(s->background));
}

static void toggle_linear(app *a)
{
    a->scene.linear = !a->scene.linear;
    app_notice(a, a->scene.linear ? "soft edges" : "exact edges");
}

static void toggle_hud(app *a)
{
    a->show_hud = !a->show_hud;
}

static void toggle_help(app *a)
{
    a->show_help = !a->show_help;
}

static void toggle_timeline(app *a)
{
    a->show_timeline = !a->show_timeline;
}

static void toggle_fullscreen(app *a)
{
    if (!a->window.set_fullscreen)
        return;
    a->fullscreen = !a->fullscreen;
    a->window.set_fullscreen(a->window.user, a->fullscreen);
}

static void copy_frame(app *a)
{
    char path[64];
    if (!a->has_shown) {
        app_notice(a, "there is no mask yet to copy");
        return;
    }
    snprintf(path, sizeof(path), "alphastream-%06" PRIu64 ".png", a->shown);
    app_screenshot(a, path);
}

static void go_to_digits(app *a)
{
    if (*a->digits)
        app_seek(a, strtoull(a->digits, NULL, 10));
    a->digits[0] = '\0';
}

static void erase_digit(app *a)
{
    const size_t length = strlen(a->digits);
    if (length)
        a->digits[length - 1] = '\0';
}

static void leave(app *a)
{
    if (*a->digits)
        a->digits[0] = '\0';
    else if (a->fullscreen)
        toggle_fullscreen(a);
}

static void quit(app *a)
{
    a->quit = true;
}

static const input_key keys[] = {
    {GLFW_KEY_SPACE, "space", "play, pause", app_toggle},
    {GLFW_KEY_RIGHT, "right", "one frame on", step_forward},
    {GLFW_KEY_LEFT, "left", "one frame back", step_back},
    {GLFW_KEY_PAGE_DOWN, "pagedown", "a second on", jump_forward},
    {GLFW_KEY_PAGE_UP, "pageup", "a second back", jump_back},
    {GLFW_KEY_HOME, "home", "first frame", go_first},
    {GLFW_KEY_END, "end", "last frame", go_last},
    {GLFW_KEY_UP, "up", "faster (to 4 x)", faster},
    {GLFW_KEY_DOWN, "down", "slower (to 1/4 x)", slower},
    {GLFW_KEY_ENTER, "enter", "after digits: go to that frame", go_to_digits},
    {GLFW_KEY_L, "l", "loop, or stop at the end", toggle_loop},
    {GLFW_KEY_V, "v", "view: cut-out, mask, outline, triangle strips", next_view},
    {GLFW_KEY_E, "e", "eye: both halves, left, right", next_eye},
    {GLFW_KEY_B, "b", "background: checkerboard, colour, image, video", next_background},
    {GLFW_KEY_S, "s", "soft or exact edges", toggle_linear},
    {GLFW_KEY_C, "c", "copy what is shown to a PNG file", copy_frame},
    {GLFW_KEY_I, "i", "figures", toggle_hud},
    {GLFW_KEY_T, "t", "timeline (drag it to seek)", toggle_timeline},
    {GLFW_KEY_F, "f", "full screen", toggle_fullscreen},
    {GLFW_KEY_R, "r", "open the source again", app_reload},
    {GLFW_KEY_H, "h", "these keys", toggle_help},
    {GLFW_KEY_Q, "q", "quit", quit},
    {GLFW_KEY_ESCAPE, "escape", NULL, leave},
    {GLFW_KEY_BACKSPACE, "backspace", NULL, erase_digit},
    {GLFW_KEY_KP_ENTER, "kpenter", NULL, go_to_digits},
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

const input_key *input_keys(size_t *out_count)
{
    *out_count = KEYS;
    return keys;
}

static int digit_of(int code)
{
    if (code >= GLFW_KEY_0 && code <= GLFW_KEY_9)
        return code - GLFW_KEY_0;
    return code >= GLFW_KEY_KP_0 && code <= GLFW_KEY_KP_9 ? code - GLFW_KEY_KP_0 : -1;
}

void input_press(app *a, int code)
{
    const int digit = digit_of(code);
    const size_t length = strlen(a->digits);
    if (digit >= 0 && length + 1 < sizeof(a->digits)) {
        a->digits[length] = (char)('0' + digit);
        a->digits[length + 1] = '\0';
    }
    for (int i = 0; i < KEYS; i++)
        if (keys[i].code == code) {
            keys[i].act(a);
            return;
        }
}

int input_code(const char *name)
{
    if (name[0] >= '0' && name[0] <= '9' && !name[1])
        return GLFW_KEY_0 + (name[0] - '0');
    for (int i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0)
            return keys[i].code;
    return -1;
}
