/* SPDX-License-Identifier: MIT
 *
 * The viewer's state, and what keys, mouse and scripts do to it. One thread.
 */
#ifndef VIEWER_APP_H
#define VIEWER_APP_H

#include "hud.h"
#include "meter.h"
#include "options.h"
#include "player.h"
#include "script.h"
#include "timeline.h"
#include "video.h"

enum { PANEL_HUD, PANEL_HELP, PANEL_TIMELINE, PANEL_MESSAGE, PANEL_COUNT };
enum { APP_TEXT = 640, APP_DIGITS = 10, TEXT_PIXELS = 15, APP_STEPS = 32 };

/* What the window does when the app asks for it; NULL functions without one. */
typedef struct app_window {
    void *user;
    void (*set_fullscreen)(void *user, bool fullscreen);
} app_window;

typedef struct app {
    options options;
    renderer *renderer;
    app_window window;
    player player;
    scene scene;
    picture image;
    video *video;                   /* NULL: none */
    char video_problem[VIDEO_TEXT]; /* why there is none, where there should be; "": all is well */
    double waited;                  /* seconds for which the video has been late */
    panel panels[PANEL_COUNT];
    text_font *font; /* NULL: no overlays */
    float scale;     /* of the font; 0 without overlays */
    timeline timeline;
    script script;
    int exit_code;
    bool quit;
    bool fullscreen, show_hud, show_help, show_timeline;
    bool dragging; /* the timeline */
    int steps;     /* pictures of the video still to go on (1) or back (-1), one by one */
    signed char direction[APP_STEPS];
    char digits[APP_DIGITS]; /* of the frame to go to, while it is typed */
    char location[4096];     /* "": none */
    uint64_t shown;          /* frame of the mask that is drawn, if has_shown */
    bool has_shown;          /* false: no mask yet */
    uint64_t pictures;       /* drawn so far */
    double first_ms;         /* when the first one was begun */
    uint64_t counted;        /* frames shown for --frames */
    as_result frame_result;  /* of the frame that is due */
    char problem[APP_TEXT];  /* sentence on the masks; "": none */
    char notice[APP_TEXT];   /* what was done, for a few seconds */
    double notice_until;     /* by the app's clock */
    double clock;            /* seconds, real or virtual */
    uint64_t failed;         /* the frame of frame_result, where that is a failure */
    double retry_at;         /* when it is tried again, by the app's clock */
    double hud_at;           /* when the overlays were made last */
    double begun_ms;         /* when the latest picture was begun */
    double library_now_ms;   /* see app_thread_ms; of the picture that is being made */
    /* From picture to picture; getting a mask; all work on a picture; the library's part of this
     * thread's CPU time for it. */
    meter picture_ms, get_ms, cpu_ms, library_ms;
    char state[1024]; /* as printed last */
} app;

/* Takes options over; a->renderer is there already and its size is known. false: said on standard
 * error. */
bool app_start(app *a, float text_scale);
void app_end(app *a);

/* Opens another source in place of the present one. */
void app_open(app *a, const char *location);
/* The present one again, and the video, if it could not be opened. */
void app_reload(app *a);

/* The next picture, elapsed_ns after the one before: script, clock, mask, overlays, drawing. false:
 * the renderer failed, which was said. */
bool app_picture(app *a, int64_t elapsed_ns);

/* CPU time of the calling thread so far. What lies between two of them around calls of the library
 * is added to library_now_ms. */
double app_thread_ms(void);

/* For --log-state: how many pictures were made, how fast, at what cost. */
void app_log_total(const app *a);

/* Whether pictures come as fast as masks do, not by the clock. */
bool app_is_counting(const app *a);
/* Whether what is due is shown, masks and video, or never will be. */
bool app_is_settled(const app *a);
/* Whether the video has been waited for so long that it is said. */
bool app_is_waiting(const app *a);
/* The sentence for the window on what does not work, masks or video; "": none. */
const char *app_problem(const app *a);
/* Whether nothing would change in the next picture. */
bool app_is_idle(const app *a);

/* The file with the letters of the overlays. */
const char *app_font(const app *a);

void app_resize(app *a, int width, int height);
/* The overlays' text becomes text_scale times as large as on a common screen. false: the font
 * cannot be opened any more, which was said; the one before stays. */
bool app_scale(app *a, float text_scale);
/* Positions are pixels of the target. */
void app_press(app *a, int x, int y);
void app_move(app *a, int x, int y);
void app_release(app *a);

/* Pauses and goes one picture of the video on or back, one mask where there is no video. */
void app_step(app *a, int direction);
/* To a mask; steps that were not made yet are not. */
void app_seek(app *a, uint64_t index);
/* Plays or pauses; at the end, where it stops there, from the start. */
void app_toggle(app *a);

/* Writes what is shown without overlays and soft edges. Says in the window and, on failure, on
 * standard error how it went. */
bool app_screenshot(app *a, const char *path);

/* Shows a sentence for a few seconds. */
void app_notice(app *a, const char *format, ...);

#endif
