/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <stddef.h>

uint32_t scene_columns(uint32_t width, eye_kind eye, uint32_t *out_first)
{
    const uint32_t half = width / 2;
    *out_first = eye == EYE_RIGHT ? half : 0;
    if (eye == EYE_LEFT && half > 0)
        return half;
    return eye == EYE_RIGHT ? width - half : width;
}

box scene_fit(int target_width, int target_height, uint32_t width, uint32_t height, eye_kind eye)
{
    uint32_t first = 0;
    const int64_t w = scene_columns(width, eye, &first), h = height;
    const int64_t tw = target_width, th = target_height;
    box b = {0, 0, target_width, target_height};
    if (tw * h <= th * w)
        b.height = tw * h / w > 0 ? (int)(tw * h / w) : 1;
    else
        b.width = th * w / h > 0 ? (int)(th * w / h) : 1;
    b.x = (target_width - b.width) / 2;
    b.y = (target_height - b.height) / 2;
    return b;
}

scene_kind scene_kind_of(const scene *s, bool has_mask)
{
    scene_kind k = {.view = (int)s->view, .ground = (int)s->background};
    if (s->background == BACKGROUND_VIDEO && !s->video)
        k.ground = BACKGROUND_CHECKER; /* it is still being opened */
    k.soft = s->linear && has_mask && s->view <= VIEW_MASK;
    k.video = s->video != NULL;
    k.number = (unsigned)(((k.view * BACKGROUND_COUNT + k.ground) * 2 + k.soft) * 2 + k.video);
    return k;
}
