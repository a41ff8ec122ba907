/* SPDX-License-Identifier: MIT */
#include "hud.h"

#include "app.h"
#include "input.h"
#include "png_file.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MARGIN = 12, GRAPH_HEIGHT = 48, LINES = 11, COLUMNS = 62, WIDE = 76 };

static const ink ground = {12, 14, 18, 200};
static const ink plain = {235, 238, 242, 255};
static const ink faint = {150, 158, 170, 255};
static const ink good = {90, 200, 120, 255};
static const ink warm = {255, 180, 60, 255};
static const ink bad = {255, 90, 80, 255};

/* Where the next line of a panel goes. */
typedef struct pen {
    picture *to;
    text_font *font;
    int x, y;
    const char *said; /* what is written is printed as well, after this name; NULL: it is not */
} pen;

static void say(const pen *p, const char *text)
{
    if (p->said)
        printf("figures %s: %s\n", p->said, text);
}

static void write_line(pen *p, ink colour, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    paint_text(p->to, p->font, p->x, p->y, colour, text);
    p->y += text_line_height(p->font);
    say(p, text);
}

static double percent(uint64_t part, uint64_t other)
{
    return part + other ? 100.0 * (double)part / (double)(part + other) : 0.0;
}

/* ------------------------------------------------------------------------------- figures ---- */

/* By how much the mask on screen is off from `wanted`. */
static void write_offset(pen *p, const app *a, uint64_t wanted)
{
    const int64_t offset = (int64_t)(a->shown - wanted);
    if (a->scene.video)
        write_line(p, offset ? warm : good, "video %.3f s   mask %" PRIu64 ", offset %+" PRId64,
                   player_seconds(video_shown_pts(a->video)), a->shown, offset);
    else
        write_line(p, offset ? warm : good, "offset %+" PRId64 " frames", offset);
}

static void write_place(pen *p, app *a)
{
    const player *y = &a->player;
    const uint64_t count = y->state == AS_OK ? y->about.frame_count : 0;
    write_line(p, plain, "frame %" PRIu64 " of %" PRIu64 "   %.3f s   %s %g x%s", y->due, count,
               player_seconds(y->media_ns), y->playing ? "playing" : "paused", y->speed,
               y->loop ? ", loop" : "");
    if (!a->has_shown)
        write_line(p, faint, "no mask yet");
    else if (a->scene.video)
        write_offset(p, a,
                     a->player.state == AS_OK
                         ? player_frame_at(&a->player, video_shown_pts(a->video))
                         : a->shown);
    else
        write_offset(p, a, y->due);
    write_line(p, faint, "%s, eye: %s, background: %s, %s edges", options_view_name(a->scene.view),
               options_eye_name(a->scene.eye), options_background_name(a->scene.background),
               a->scene.linear ? "soft" : "exact");
    write_line(p, faint, "%s", a->options.renderer->description(a->renderer));
}

static void write_stream(pen *p, app *a)
{
    as_stream_stats s = {.struct_size = sizeof(s)};
    as_http_stats h = {.struct_size = sizeof(h)};
    const double begin = app_thread_ms();
    if (!a->player.stream || as_stream_get_stats(a->player.stream, &s) != AS_OK)
        return;
    const bool remote = as_stream_get_http_stats(a->player.stream, &h) == AS_OK;
    if (!remote)
        as_stream_clear_error(a->player.stream);
    a->library_now_ms += app_thread_ms() - begin;
    write_line(p, plain, "hits: L0 %.1f %%, L1 %.1f %%   L1 %" PRIu64 " frames, %" PRIu64 " KiB",
               percent(s.l0_hits, s.l0_misses), percent(s.l1_hits, s.l1_misses), s.l1_frames,
               s.l1_bytes >> 10);
    write_line(p, plain, "draw %.2f ms, late %" PRIu64 ", dropped %" PRIu64 ", failed %" PRIu64,
               (double)s.draw.p50_ns / 1e6, s.late, s.dropped, s.failed);
    if (remote)
        write_line(p, plain,
                   "HTTP: %" PRIu64 " requests, %" PRIu64 " KiB, %.1f Mbit/s, %" PRIu64 " retries",
                   h.requests, h.received >> 10, (double)h.bytes_per_second * 8e-6, h.retries);
    else
        write_line(p, faint, "read %" PRIu64 " KiB", s.bytes_read >> 10);
}

static void write_cost(pen *p, const app *a)
{
    const renderer_times t = a->options.renderer->times(a->renderer);
    char gpu[32] = "not measured";
    if (t.gpu_ms >= 0.0)
        snprintf(gpu, sizeof(gpu), "%.2f ms", t.gpu_ms);
    write_line(p, plain, "CPU %.2f ms (library %.2f)   GPU %s", (double)meter_latest(&a->cpu_ms, 0),
               (double)meter_part(&a->library_ms, 0.5), gpu);
    write_line(p, plain, "upload %" PRIu64 " B for this mask, %" PRIu64 " KiB in all",
               t.upload_bytes, t.upload_total >> 10);
}

static void paint_graph(pen *p, const meter *m, float most, ink colour, const char *name)
{
    const int width = METER_VALUES;
    paint_fill(p->to, (box){p->x, p->y, width, GRAPH_HEIGHT}, (ink){0, 0, 0, 120});
    for (int i = 0; i < width; i++) {
        float part = meter_latest(m, (unsigned)i) / most;
        part = part > 1.0F ? 1.0F : part;
        const int height = (int)(part * (float)GRAPH_HEIGHT + 0.5F);
        const box bar = {p->x + width - 1 - i, p->y + GRAPH_HEIGHT - height, 1, height};
        paint_fill(p->to, bar, part < 1.0F ? colour : bad);
    }
    char text[96];
    snprintf(text, sizeof(text), "%s %.2f ms (to %.0f)", name, (double)meter_mean(m), (double)most);
    paint_text(p->to, p->font, p->x, p->y + GRAPH_HEIGHT, faint, text);
    say(p, text);
}

static void paint_figures(app *a, const char *said)
{
    panel *n = &a->panels[PANEL_HUD];
    const int line = text_line_height(a->font), em = text_width(a->font, "m");
    int width = COLUMNS * em + 2 * MARGIN;
    if (width < 2 * METER_VALUES + 3 * MARGIN)
        width = 2 * METER_VALUES + 3 * MARGIN;
    n->x = n->y = MARGIN;
    if (!paint_resize(&n->picture, width, LINES * line + GRAPH_HEIGHT + 2 * MARGIN))
        return;
    pen p = {&n->picture, a->font, MARGIN, MARGIN, said};
    paint_fill(p.to, (box){0, 0, (int)p.to->width, (int)p.to->height}, ground);
    write_place(&p, a);
    write_stream(&p, a);
    write_cost(&p, a);
    p.y = MARGIN + (LINES - 1) * line;
    paint_graph(&p, &a->picture_ms, 50.0F, good, "picture");
    p.x += METER_VALUES + MARGIN;
    paint_graph(&p, &a->get_ms, 12.0F, warm, "get");
}

void hud_paint_figures(app *a)
{
    paint_figures(a, NULL);
}

void hud_write_figures(app *a, const char *path)
{
    char why[APP_TEXT];
    text_font *kept = a->font;
    if (!a->font)
        a->font = text_open(app_font(a), TEXT_PIXELS, why, sizeof(why));
    bool done = a->font != NULL;
    if (done) {
        paint_figures(a, a->options.log_state ? path : NULL);
        done = png_file_write_picture(path, &a->panels[PANEL_HUD].picture, why, sizeof(why));
        fflush(stdout);
    }
    if (!done)
        fprintf(stderr, "alphastream-viewer: %s\n", why);
    if (!kept)
        text_close(a->font);
    a->font = kept;
}

/* ---------------------------------------------------------------------------------- keys ---- */

void hud_paint_keys(app *a)
{
    panel *n = &a->panels[PANEL_HELP];
    const int line = text_line_height(a->font), em = text_width(a->font, "m");
    size_t count = 0;
    int shown = 0;
    const input_key *keys = input_keys(&count);
    for (size_t i = 0; i < count; i++)
        shown += keys[i].help != NULL;
    if (!paint_resize(&n->picture, COLUMNS * em + 2 * MARGIN, shown * line + 2 * MARGIN))
        return;
    n->x = (a->scene.width - (int)n->picture.width) / 2;
    n->y = (a->scene.height - (int)n->picture.height) / 2;
    pen p = {&n->picture, a->font, MARGIN, MARGIN, NULL};
    paint_fill(p.to, (box){0, 0, (int)p.to->width, (int)p.to->height}, ground);
    for (size_t i = 0; i < count; i++) {
        if (!keys[i].help)
            continue;
        paint_text(p.to, p.font, p.x, p.y, warm, keys[i].name);
        paint_text(p.to, p.font, p.x + 12 * em, p.y, plain, keys[i].help);
        p.y += line;
    }
}

/* ------------------------------------------------------------------------------- message ---- */

/* The bytes of `text` that one line takes, broken at a space where there is one. */
static size_t line_length(const char *text, size_t most)
{
    const size_t length = strlen(text);
    if (length <= most)
        return length;
    for (size_t i = most; i > most / 2; i--)
        if (text[i] == ' ')
            return i;
    return most;
}

static void paint_sentence(app *a, const char *text, ink colour)
{
    panel *n = &a->panels[PANEL_MESSAGE];
    const int line = text_line_height(a->font), em = text_width(a->font, "m");
    const int room = (a->scene.width - 4 * MARGIN) / em;
    const size_t most = room < 16 ? 16 : room > WIDE ? WIDE : (size_t)room;
    const size_t length = strlen(text);
    int lines = 0;
    for (size_t at = 0; at < length; at += line_length(text + at, most))
        lines++;
    const int widest = (int)(length < most ? length : most) * em;
    if (!paint_resize(&n->picture, widest + 3 * MARGIN, lines * line + 2 * MARGIN))
        return;
    n->x = (a->scene.width - (int)n->picture.width) / 2;
    n->y = a->scene.height / 2 - (int)n->picture.height / 2;
    n->visible = true;
    paint_fill(&n->picture, (box){0, 0, (int)n->picture.width, (int)n->picture.height}, ground);
    paint_fill(&n->picture, (box){0, 0, MARGIN / 3, (int)n->picture.height}, colour);
    int y = MARGIN;
    for (size_t at = 0; at < length; y += line) {
        char part[WIDE + 1];
        const size_t count = line_length(text + at, most);
        memcpy(part, text + at, count);
        part[count] = '\0';
        paint_text(&n->picture, a->font, 2 * MARGIN, y, plain, part + (part[0] == ' '));
        at += count;
    }
}

void hud_paint_message(app *a)
{
    char text[APP_TEXT + 64];
    const char *problem = app_problem(a);
    a->panels[PANEL_MESSAGE].visible = false;
    if (*a->digits) {
        snprintf(text, sizeof(text), "go to frame %s (Enter)", a->digits);
        paint_sentence(a, text, warm);
    } else if (*problem && a->has_shown) {
        snprintf(text, sizeof(text), "%s (frame %" PRIu64 " is still shown)", problem, a->shown);
        paint_sentence(a, text, bad);
    } else if (*problem) {
        paint_sentence(a, problem, bad);
    } else if (!*a->location) {
        paint_sentence(a, "Drop a stream of masks here (.asvp, .asvr); H shows the keys", good);
    } else if (a->player.state == AS_NOT_READY) {
        snprintf(text, sizeof(text), "opening %.500s ...", a->location);
        paint_sentence(a, text, warm);
    } else if (app_is_waiting(a)) {
        snprintf(text, sizeof(text), "waiting for the video %.300s (%.0f s) ...", a->options.video,
                 a->waited);
        paint_sentence(a, text, warm);
    } else if (a->clock < a->notice_until) {
        paint_sentence(a, a->notice, good);
    }
}
