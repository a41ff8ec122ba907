/* SPDX-License-Identifier: MIT
 *
 * The command line.
 */
#ifndef VIEWER_OPTIONS_H
#define VIEWER_OPTIONS_H

#include "renderer.h"

enum { OPTIONS_HEADERS = 16 };

typedef struct options {
    const char *location; /* NULL: none given */
    const renderer_ops *renderer;
    int width, height; /* of the window */
    bool fullscreen, headless, validate;
    bool paused, loop, linear, hud, log_state;
    double speed;
    uint64_t start;
    uint64_t frames; /* 0: not given */
    view_kind view;
    eye_kind eye;
    background_kind background;
    uint8_t colour[3];
    const char *image, *video, *font, *screenshot, *script, *json; /* NULL: none */
    uint32_t mask_width, mask_height, canvas_width, canvas_height;
    uint32_t fps_num, fps_den; /* 0: not given */
    as_scale_mode scale;
    as_combine combine;
    as_key_params key;
    const char *headers[OPTIONS_HEADERS];
    uint32_t header_count;
    const char *cache_dir;
} options;

/* What options_read gives besides 0 (go on). */
enum { OPTIONS_DONE = -1 };

/* Reads argv; strings stay argv's. 0: go on; OPTIONS_DONE: help or version was printed; 2: wrong
 * use, which was said on standard error. */
int options_read(options *o, int argc, char **argv);

/* Names as the command line and the log of states have them. */
const char *options_view_name(view_kind view);
const char *options_eye_name(eye_kind eye);
const char *options_background_name(background_kind background);

/* A whole number from low to high. */
bool options_number(const char *text, uint64_t low, uint64_t high, uint64_t *out);

#endif
