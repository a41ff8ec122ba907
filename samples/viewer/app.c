/* SPDX-License-Identifier: MIT */
#include "app.h"

#include "png_file.h"

#include "samples/common/command_line.h"

#include <alphastream/stream.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Videos' pictures count as due so much early: some containers round times to milliseconds. */
#define EARLY_NS INT64_C(1000000)
enum { NOTICE_SECONDS = 2, OVERLAYS_PER_SECOND = 10 };
/* A frame that cannot be had is tried again so often, and a late video is said after so long. */
#define RETRY_SECONDS 1.0
#define WAITING_SECONDS 0.5
#define COUNTING_WAIT_NS UINT64_C(50000000)
#define STRIP_WAIT_NS UINT64_C(10000000000) /* where pictures are counted: none goes without */

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

double app_thread_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool complain(app *a, int code, const char *sentence)
{
    fprintf(stderr, "alphastream-viewer: %s\n", sentence);
    a->exit_code = code;
    return false;
}

void app_notice(app *a, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(a->notice, sizeof(a->notice), format, arguments);
    va_end(arguments);
    a->notice_until = a->clock + NOTICE_SECONDS;
}

bool app_is_counting(const app *a)
{
    return a->options.frames != 0 || a->options.headless;
}

const char *app_problem(const app *a)
{
    if (*a->problem)
        return a->problem;
    return a->video ? video_problem(a->video) : a->video_problem;
}

bool app_is_settled(const app *a)
{
    const bool has_video = !a->video || (video_is_settled(a->video) && !a->steps);
    return a->player.state != AS_OK || *app_problem(a) ||
           (has_video && a->has_shown && a->shown == a->player.due);
}

bool app_is_waiting(const app *a)
{
    return a->waited > WAITING_SECONDS;
}

static bool is_failure(as_result result)
{
    return result != AS_OK && result != AS_NOT_READY && result != AS_TIMEOUT &&
           result != AS_ERROR_CHANGED;
}

/* The frame that is due is known to be one that cannot be had. */
static bool has_failed(const app *a)
{
    return is_failure(a->frame_result) && a->failed == a->player.due;
}

bool app_is_idle(const app *a)
{
    const player *p = &a->player;
    const bool has_video = !a->video || video_is_settled(a->video) || app_is_waiting(a);
    const bool has_mask = (a->has_shown && a->shown == p->due) || has_failed(a);
    if (a->dragging || a->steps || !script_is_done(&a->script))
        return false;
    if (p->state != AS_OK)
        return p->state != AS_NOT_READY || !*a->location;
    return !p->playing && has_video && has_mask;
}

/* ---------------------------------------------------------------------- start and end ---- */

/* Who counts pictures does not begin without the video; a window shows what comes of it. */
static bool open_video(app *a)
{
    a->video_problem[0] = '\0';
    a->video = video_open(a->options.video, a->video_problem, sizeof(a->video_problem));
    if (!a->video)
        return complain(a, CLI_USAGE, a->video_problem);
    if (!app_is_counting(a))
        return true;
    video_wait_open(a->video);
    return !video_is_refused(a->video, a->video_problem, sizeof(a->video_problem)) ||
           complain(a, CLI_USAGE, a->video_problem);
}

bool app_start(app *a, float text_scale)
{
    const options *o = &a->options;
    char why[APP_TEXT];
    a->scene.view = o->view;
    a->scene.eye = o->eye;
    a->scene.linear = o->linear;
    a->scene.background = o->background;
    memcpy(a->scene.colour, o->colour, sizeof(a->scene.colour));
    a->show_hud = a->show_timeline = o->hud;
    a->fullscreen = o->fullscreen;
    a->player.state = AS_NOT_READY;
    if (o->image) {
        if (!png_file_read(o->image, &a->image, why, sizeof(why)))
            return complain(a, CLI_USAGE, why);
        a->scene.image = &a->image;
    }
    if (o->video && !open_video(a))
        return false;
    if (o->script && !script_read(&a->script, o->script, why, sizeof(why)))
        return complain(a, CLI_USAGE, why);
    if (!o->headless && !app_scale(a, text_scale))
        return false;
    app_resize(a, a->scene.width, a->scene.height);
    if (o->location)
        app_open(a, o->location);
    return true;
}

const char *app_font(const app *a)
{
    return a->options.font ? a->options.font : VIEWER_FONT;
}

bool app_scale(app *a, float text_scale)
{
    char why[APP_TEXT];
    const float scale = text_scale < 0.25F ? 1.0F : text_scale > 16.0F ? 16.0F : text_scale;
    if (a->options.headless)
        return true;
    text_font *font =
        text_open(app_font(a), (unsigned)((float)TEXT_PIXELS * scale + 0.5F), why, sizeof(why));
    if (!font)
        return complain(a, CLI_USAGE, why);
    text_close(a->font);
    a->font = font;
    a->scale = scale;
    a->hud_at = a->clock; /* the overlays are made anew */
    return true;
}

void app_end(app *a)
{
    as_error error;
    if (a->renderer) {
        (void)a->options.renderer->use(a->renderer, NULL, &error); /* cannot fail with NULL */
        a->options.renderer->end(a->renderer);
    }
    player_close(&a->player);
    script_free(&a->script);
    video_close(a->video);
    text_close(a->font);
    paint_free(&a->image);
    for (int i = 0; i < PANEL_COUNT; i++)
        paint_free(&a->panels[i].picture);
}

void app_open(app *a, const char *location)
{
    as_error error;
    if ((a->options.renderer->use)(a->renderer, NULL, &error) != AS_OK)
        return;
    a->steps = 0;
    a->has_shown = false;
    a->frame_result = AS_NOT_READY;
    a->problem[0] = '\0';
    snprintf(a->location, sizeof(a->location), "%s", location);
    player_open(&a->player, &a->options, a->location,
                a->options.renderer == &renderer_cpu ? AS_PROCESS_BITMASK : AS_PROCESS_CANVASES);
}

void app_reload(app *a)
{
    char location[sizeof(a->location)];
    memcpy(location, a->location, sizeof(location));
    if (a->options.video && !a->video)
        (void)open_video(a);
    if (*location)
        app_open(a, location);
}

/* With a video it is not known from where to where before it has gone where it was sent. */
void app_step(app *a, int direction)
{
    if (!a->video || a->player.state != AS_OK) {
        player_step(&a->player, direction);
        return;
    }
    a->player.playing = false;
    if (a->steps < APP_STEPS)
        a->direction[a->steps++] = (signed char)direction;
}

void app_seek(app *a, uint64_t index)
{
    a->steps = 0;
    player_seek(&a->player, index);
}

void app_toggle(app *a)
{
    const player *p = &a->player;
    const bool at_last_picture = a->video && video_is_settled(a->video) &&
                                 video_next_pts(a->video) < 0 && p->media_ns >= video_pts(a->video);
    player_toggle(&a->player, at_last_picture);
}

void app_resize(app *a, int width, int height)
{
    if (width < 1 || height < 1)
        return; /* minimized */
    a->scene.width = width;
    a->scene.height = height;
    timeline_place(&a->timeline, width, height);
    if (a->renderer && a->options.renderer->resize)
        a->options.renderer->resize(a->renderer, width, height);
}

/* --------------------------------------------------------------------------------- mouse ---- */

static void seek_to(app *a, int x)
{
    if (a->player.state == AS_OK)
        app_seek(a, timeline_frame(&a->timeline, a->player.about.frame_count, x));
}

void app_press(app *a, int x, int y)
{
    if (a->show_timeline && timeline_contains(&a->timeline, x, y)) {
        a->dragging = true;
        seek_to(a, x);
    } else {
        app_toggle(a);
    }
}

void app_move(app *a, int x, int y)
{
    (void)y;
    if (a->dragging)
        seek_to(a, x);
}

void app_release(app *a)
{
    a->dragging = false;
}

/* --------------------------------------------------------------------------------- masks ---- */

/* The sentence for what did not work; "still opening" is none. */
static void set_problem(app *a, as_result result, const char *sentence)
{
    if (result == AS_OK || result == AS_NOT_READY)
        a->problem[0] = '\0';
    else
        snprintf(a->problem, sizeof(a->problem), "%s",
                 *sentence ? sentence : as_result_text(result));
}

static void get_strip(app *a)
{
    as_frame *strip = NULL;
    as_frame_info info;
    const renderer_ops *ops = a->options.renderer;
    const uint64_t timeout = app_is_counting(a) ? STRIP_WAIT_NS : AS_TIMEBOX;
    const double begin = app_thread_ms();
    const bool good = as_stream_get_strip(a->player.stream, a->shown, timeout, &strip) == AS_OK &&
                      as_frame_get_info(strip, &info) == AS_OK;
    a->library_now_ms += app_thread_ms() - begin;
    ops->set_strip(a->renderer, good ? &info : NULL); /* rather no lines than an earlier frame's */
    if (!good)
        as_stream_clear_error(a->player.stream);
    as_frame_unref(&strip);
}

/* Gets the mask that is due, if another one is drawn. */
static void get_mask(app *a)
{
    player *p = &a->player;
    as_error error = {.code = AS_OK};
    const bool is_there = a->has_shown && a->shown == p->due && !*a->problem;
    const bool is_early = has_failed(a) && a->clock < a->retry_at;
    if (p->state != AS_OK || is_there || is_early || (a->video && !video_is_ready(a->video)))
        return;
    const double before = now_ms(), begin = app_thread_ms();
    const uint64_t timeout = app_is_counting(a) ? COUNTING_WAIT_NS : AS_TIMEBOX;
    a->frame_result = a->options.renderer->get(a->renderer, p->due, timeout, &error);
    a->library_now_ms += app_thread_ms() - begin;
    meter_add(&a->get_ms, now_ms() - before);
    if (a->frame_result == AS_OK) {
        a->has_shown = true;
        a->shown = p->due;
        a->problem[0] = '\0';
    } else if (is_failure(a->frame_result)) {
        a->failed = p->due;
        a->retry_at = a->clock + RETRY_SECONDS;
        set_problem(a, a->frame_result, error.text);
    }
    if (a->frame_result == AS_ERROR_CHANGED)
        p->state = AS_NOT_READY; /* the new content's index is read again */
}

/* The first mask's number is known to be one only now. Where masks are counted, others would be
 * taken for those that were asked for. */
static void check_start(app *a)
{
    player *p = &a->player;
    const uint64_t start = a->options.start;
    if (start < p->about.frame_count)
        return;
    snprintf(p->error.text, sizeof(p->error.text),
             "--start %" PRIu64 " is past the end: the last frame is %" PRIu64, start,
             p->about.frame_count - 1);
    if (a->options.frames) {
        p->state = p->error.code = AS_ERROR_ARGUMENT; /* wrong use: the source is good */
    } else {
        fprintf(stderr, "alphastream-viewer: %s\n", p->error.text);
        app_notice(a, "%s", p->error.text);
    }
}

/* Looks how the open goes, and hands the stream to the renderer once it is there. */
static void poll_stream(app *a)
{
    as_error error;
    const as_result before = a->player.state;
    const double begin = app_thread_ms();
    if (player_poll(&a->player) && !a->has_shown) {
        const as_result result = a->options.renderer->use(a->renderer, a->player.stream, &error);
        if (result != AS_OK) {
            a->player.state = result;
            a->player.error = error;
        } else {
            check_start(a);
        }
    }
    a->library_now_ms += app_thread_ms() - begin;
    if (a->player.state != AS_OK || before != AS_OK)
        set_problem(a, a->player.state, a->player.error.text);
}

/* For --frames: the next one once this one has been shown, the end after the last. */
static void count_frames(app *a)
{
    const options *o = &a->options;
    if (a->player.state != AS_OK) {
        if (a->player.state != AS_NOT_READY) {
            complain(a, command_exit_code(a->player.state), a->problem);
            a->quit = true;
        }
        return;
    }
    if (is_failure(a->frame_result))
        complain(a, command_exit_code(a->frame_result), a->problem);
    else if (a->frame_result != AS_OK || !app_is_settled(a))
        return;
    else if (*app_problem(a))
        complain(a, CLI_DATA, app_problem(a));
    if (++a->counted >= o->frames) {
        a->quit = true;
        return;
    }
    player_seek(&a->player, (o->start + a->counted) % a->player.about.frame_count);
}

/* Goes to the video's picture for `media_ns`; without a video that can be opened, to none. */
static void go_in_video(app *a, int64_t media_ns, int64_t elapsed_ns)
{
    if (video_is_refused(a->video, a->video_problem, sizeof(a->video_problem))) {
        video_close(a->video);
        a->video = NULL;
        a->scene.video = NULL;
        a->steps = 0;
        a->player.video_ns = 0;
        return;
    }
    video_go(a->video, media_ns, app_is_counting(a) ? COUNTING_WAIT_NS : 0);
    a->player.video_ns = video_duration(a->video);
    a->waited = video_is_late(a->video) ? a->waited + (double)elapsed_ns / 1e9 : 0.0;
}

static bool has_picture(const app *a)
{
    return a->video && video_has_picture(a->video);
}

/* The video's picture that is due says which mask is; the clock, where there is none. */
static void follow_clock(app *a, int64_t elapsed_ns)
{
    player *p = &a->player;
    if (a->video)
        go_in_video(a, p->state == AS_OK ? p->media_ns + EARLY_NS : 0, elapsed_ns);
    const double begin = app_thread_ms();
    if (!a->options.frames && (!a->video || video_is_ready(a->video)))
        player_follow(p, has_picture(a) ? video_pts(a->video) : p->media_ns);
    a->library_now_ms += app_thread_ms() - begin;
}

/* The next one of the steps, from the picture that is there. */
static void make_step(app *a)
{
    player *p = &a->player;
    if (!a->steps || !a->video || p->state != AS_OK || !video_is_settled(a->video))
        return;
    const int64_t now = video_pts(a->video), next = video_next_pts(a->video);
    const int direction = a->direction[0];
    memmove(a->direction, a->direction + 1, (size_t)--a->steps);
    if (direction < 0 && now > 0)
        p->media_ns = now - 1 - EARLY_NS;
    else if (direction > 0 && next >= 0)
        p->media_ns = next;
    else if (direction > 0 && p->loop)
        p->media_ns = 0;
    follow_clock(a, 0);
}

/* A picture is shown with its mask, or not yet; with one that will never come, it is. */
static void show_video(app *a)
{
    const bool has_mask = a->has_shown && a->shown == a->player.due;
    if (!a->video || !video_is_ready(a->video))
        return;
    if (has_mask || is_failure(a->frame_result) || a->player.state != AS_OK)
        video_show(a->video);
    if (video_picture(a->video)->pixels)
        a->scene.video = video_picture(a->video);
}

/* ------------------------------------------------------------------------------ pictures ---- */

static void lay_out(app *a)
{
    scene *s = &a->scene;
    const as_stream_metadata *m = &a->player.about;
    const bool known = a->player.state == AS_OK || a->has_shown;
    s->shown = scene_fit(s->width, s->height, known ? m->width : 2, known ? m->height : 1, s->eye);
    s->panels = a->panels;
    s->panel_count = a->font ? PANEL_COUNT : 0;
}

/* Makes the scene fit size, view and mask as they are now: before each drawing, as keys and resizes
 * come at any time. */
static void prepare(app *a)
{
    if (a->scene.view == VIEW_STRIPS && a->has_shown && a->player.stream)
        get_strip(a);
    lay_out(a);
}

static void make_panels(app *a)
{
    if (!a->font)
        return;
    a->panels[PANEL_HUD].visible = a->show_hud && !a->show_help;
    a->panels[PANEL_HELP].visible = a->show_help;
    a->panels[PANEL_TIMELINE].visible = a->show_timeline;
    if (a->show_timeline)
        timeline_paint(a);
    hud_paint_message(a);
    if (a->clock < a->hud_at && a->clock > 0.0)
        return;
    a->hud_at = a->clock + 1.0 / OVERLAYS_PER_SECOND;
    if (a->show_hud)
        hud_paint_figures(a);
    if (a->show_help)
        hud_paint_keys(a);
}

static void log_state(app *a)
{
    char text[sizeof(a->state)];
    const player *p = &a->player;
    const box *bar = &a->timeline.bar;
    if (!a->options.log_state)
        return;
    snprintf(text, sizeof(text),
             "state open=%d frames=%" PRIu64 " due=%" PRIu64 " shown=%" PRId64
             " playing=%d speed=%g loop=%d view=%s eye=%s background=%s linear=%d hud=%d help=%d "
             "timeline=%d bar=%d,%d,%d,%d size=%dx%d fullscreen=%d scale=%g video=%" PRId64
             " waiting=%d idle=%d digits=%s result=%d problem=%s",
             p->state, p->state == AS_OK ? p->about.frame_count : 0, p->due,
             a->has_shown ? (int64_t)a->shown : -1, p->playing, p->speed, p->loop,
             options_view_name(a->scene.view), options_eye_name(a->scene.eye),
             options_background_name(a->scene.background), a->scene.linear, a->show_hud,
             a->show_help, a->show_timeline, bar->x, bar->y, bar->width, bar->height,
             a->scene.width, a->scene.height, a->fullscreen, (double)a->scale,
             a->scene.video ? video_shown_pts(a->video) : -1, app_is_waiting(a), app_is_idle(a),
             a->digits, a->frame_result, app_problem(a));
    if (strcmp(text, a->state) == 0)
        return;
    memcpy(a->state, text, sizeof(text));
    puts(text);
    fflush(stdout);
}

void app_log_total(const app *a)
{
    const renderer_times t = a->options.renderer->times(a->renderer);
    const double seconds = (now_ms() - a->first_ms) / 1e3;
    if (a->options.log_state)
        printf("total pictures=%" PRIu64 " seconds=%.3f rate=%.1f cpu_ms=%.3f library_ms=%.3f "
               "gpu_ms=%.3f\n",
               a->pictures, seconds, (double)a->pictures / (seconds > 0.0 ? seconds : 1.0),
               (double)meter_mean(&a->cpu_ms), (double)meter_part(&a->library_ms, 0.5), t.gpu_ms);
}

bool app_picture(app *a, int64_t elapsed_ns)
{
    char why[APP_TEXT];
    const double begin = now_ms();
    if (a->pictures++ == 0)
        a->first_ms = begin;
    else
        meter_add(&a->picture_ms, begin - a->begun_ms);
    a->begun_ms = begin;
    a->library_now_ms = 0.0;
    poll_stream(a);
    if (a->player.state != AS_NOT_READY || !*a->location) {
        a->clock += (double)elapsed_ns / 1e9;
        script_run(&a->script, a, a->clock);
    }
    const bool held = a->video && video_is_late(a->video);
    if (!a->options.frames)
        player_advance(&a->player, held ? 0 : elapsed_ns);
    follow_clock(a, elapsed_ns);
    make_step(a);
    get_mask(a);
    show_video(a);
    prepare(a);
    make_panels(a);
    if (!a->options.renderer->draw(a->renderer, &a->scene, why, sizeof(why)))
        return complain(a, CLI_USAGE, why);
    meter_add(&a->cpu_ms, now_ms() - begin);
    meter_add(&a->library_ms, a->library_now_ms);
    log_state(a);
    if (a->options.frames)
        count_frames(a);
    return true;
}

bool app_screenshot(app *a, const char *path)
{
    char why[APP_TEXT];
    prepare(a);
    scene s = a->scene;
    s.linear = false;
    s.panel_count = 0;
    uint8_t *rgb = malloc((size_t)s.width * (size_t)s.height * 3);
    bool done = false;
    if (!rgb)
        snprintf(why, sizeof(why), "out of memory for a picture of %d x %d", s.width, s.height);
    else
        done = a->options.renderer->read_back(a->renderer, &s, rgb, why, sizeof(why)) &&
               png_file_write(path, s.width, s.height, rgb, why, sizeof(why));
    free(rgb);
    if (done && a->options.log_state) {
        printf("screenshot %s\n", path);
        fflush(stdout);
    }
    if (done)
        app_notice(a, "written: %s", path);
    else
        fprintf(stderr, "alphastream-viewer: %s\n", why);
    if (!done)
        app_notice(a, "%s", why);
    return done;
}
