/* SPDX-License-Identifier: MIT
 *
 * A contact sheet: evenly spaced frames in a grid, each with its number, in one picture.
 */
#ifndef CLI_SHEET_H
#define CLI_SHEET_H

#include "render.h"
#include "source_open.h"

typedef struct sheet {
    uint32_t width, height; /* pixels of the picture */
    uint64_t frames, bad;
} sheet;

/* Draws up to o->sheet_frames of `frames` of `in` into *png, a PNG file (bytes_free it in every
 * case). A bad frame leaves its tile empty. Returns an exit code; with CLI_DATA there is a picture
 * if png->size is not 0. */
int sheet_make(const opened *in, const options *o, const frames_list *frames, sheet *out,
               byte_array *png);

#endif
