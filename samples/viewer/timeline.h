/* SPDX-License-Identifier: MIT
 *
 * The bar at the bottom: where play is, which frames are finished, decoded, or here without the
 * network, and the place to seek by mouse.
 */
#ifndef VIEWER_TIMELINE_H
#define VIEWER_TIMELINE_H

#include "scene.h"

#include <alphastream/stream.h>

#include <stddef.h>

typedef struct app app;

enum { TIMELINE_TIERS = 3, TIMELINE_RANGES = 512 };

/* What is in a tier; of more ranges than fit, the first ones are shown. */
typedef struct timeline_tier {
    as_frame_range ranges[TIMELINE_RANGES];
    size_t count;
} timeline_tier;

typedef struct timeline {
    box bar;                             /* of the target: what can be pressed */
    timeline_tier tiers[TIMELINE_TIERS]; /* as painted last, by as_tier */
    double look_at;                      /* by the app's clock: they are looked up again */
} timeline;

/* Puts the bar where the target's size wants it. */
void timeline_place(timeline *t, int width, int height);
void timeline_paint(app *a);
/* Paints it and writes it, over black, to a PNG; with --log-state its ranges are printed. What does
 * not work is said on standard error. */
void timeline_write(app *a, const char *path);

bool timeline_contains(const timeline *t, int x, int y);
/* The frame of `count` that column x stands for; beside the bar the first or last one. */
uint64_t timeline_frame(const timeline *t, uint64_t count, int x);

#endif
