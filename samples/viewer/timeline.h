/* SPDX-License-Identifier: MIT
 *
 * The bar at the bottom: where play is, what of the source is here without the network, and the
 * place to seek by mouse.
 */
#ifndef VIEWER_TIMELINE_H
#define VIEWER_TIMELINE_H

#include "scene.h"

typedef struct app app;

typedef struct timeline {
    box bar; /* of the target: what can be pressed */
} timeline;

/* Puts the bar where the target's size wants it. */
void timeline_place(timeline *t, int width, int height);
void timeline_paint(app *a);

bool timeline_contains(const timeline *t, int x, int y);
/* The frame of `count` that column x stands for; beside the bar the first or last one. */
uint64_t timeline_frame(const timeline *t, uint64_t count, int x);

#endif
