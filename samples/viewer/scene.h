/* SPDX-License-Identifier: MIT
 *
 * What a picture of the viewer is made of. Renderers draw it; docs/viewer.md has the rule for every
 * pixel. All sizes and positions are pixels of the target, origin at the top left.
 */
#ifndef VIEWER_SCENE_H
#define VIEWER_SCENE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum view_kind { VIEW_CUTOUT, VIEW_MASK, VIEW_OUTLINE, VIEW_STRIPS, VIEW_COUNT } view_kind;

/* Which half of a side-by-side picture is shown. */
typedef enum eye_kind { EYE_BOTH, EYE_LEFT, EYE_RIGHT, EYE_COUNT } eye_kind;

typedef enum background_kind {
    BACKGROUND_CHECKER,
    BACKGROUND_COLOUR,
    BACKGROUND_IMAGE,
    BACKGROUND_VIDEO,
    BACKGROUND_COUNT
} background_kind;

/* RGBA, 4 bytes a pixel, top row first, rows without gaps. */
typedef struct picture {
    uint8_t *pixels; /* NULL: none */
    uint32_t width, height;
    uint64_t serial; /* another one whenever the content is */
} picture;

/* A picture laid over everything at (x, y): colour times alpha (premultiplied). */
typedef struct panel {
    int x, y;
    bool visible;
    picture picture;
} panel;

typedef struct box {
    int x, y, width, height;
} box;

typedef struct scene {
    int width, height; /* of the target */
    box shown;         /* where the mask goes; black around it */
    view_kind view;
    eye_kind eye;
    bool linear; /* soft edges; else exact */
    background_kind background;
    uint8_t colour[3];
    const picture *image; /* NULL: none */
    const picture *video; /* NULL: none */
    const panel *panels;
    int panel_count;
} scene;

/* What a shader knows when it is compiled: kinds of pictures. */
enum { SCENE_KINDS = VIEW_COUNT * BACKGROUND_COUNT * 2 * 2 };
typedef struct scene_kind {
    unsigned number;               /* below SCENE_KINDS */
    int view, ground, soft, video; /* for shaders/scene.glsl */
} scene_kind;
scene_kind scene_kind_of(const scene *s, bool has_mask);

/* The largest box with the proportions of a width x height mask in the middle of the target; half
 * the width for one eye. */
box scene_fit(int target_width, int target_height, uint32_t width, uint32_t height, eye_kind eye);

/* Columns of a picture that `eye` shows: *out_first and how many (at least 1). */
uint32_t scene_columns(uint32_t width, eye_kind eye, uint32_t *out_first);

#endif
