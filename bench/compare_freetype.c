/* SPDX-License-Identifier: MIT
 *
 * FreeType: its monochrome rasterizer, without drop-out control, then its bits to bytes by a table.
 * Outlines are made beforehand.
 */
#include "compare.h"

#include <ft2build.h>
#include <stdlib.h>
#include <string.h>

#include FT_FREETYPE_H
#include FT_OUTLINE_H

typedef struct freetype_state {
    FT_Library library;
    FT_Bitmap bitmap;
    uint8_t *pixels;
    FT_Outline *outlines;
    size_t channels;
    uint64_t bytes[256]; /* eight pixels, the first one in memory from the top bit */
} freetype_state;

static void free_outlines(freetype_state *s)
{
    for (size_t i = 0; i < s->channels; i++)
        FT_Outline_Done(s->library, &s->outlines[i]);
    free(s->outlines);
    s->outlines = NULL;
    s->channels = 0;
}

static void freetype_end(void *self)
{
    freetype_state *s = self;
    free_outlines(s);
    free(s->bitmap.buffer);
    FT_Done_FreeType(s->library);
    free(s);
}

static void *freetype_begin(uint8_t *pixels, uint32_t width, uint32_t height)
{
    freetype_state *s = calloc(1, sizeof(*s));
    if (!s || width % 8 != 0)
        return NULL;
    s->pixels = pixels;
    s->bitmap = (FT_Bitmap){.rows = height,
                            .width = width,
                            .pitch = (int)width / 8,
                            .buffer = calloc(height, width / 8),
                            .pixel_mode = FT_PIXEL_MODE_MONO};
    for (int i = 0; i < 256; i++) {
        uint8_t eight[8];
        for (int k = 0; k < 8; k++)
            eight[k] = i >> (7 - k) & 1 ? 255 : 0;
        memcpy(&s->bytes[i], eight, 8);
    }
    if (s->bitmap.buffer && FT_Init_FreeType(&s->library) == 0)
        return s;
    free(s->bitmap.buffer);
    free(s);
    return NULL;
}

/* y grows upwards there; points are centres of pixels, in 64ths. */
static bool make_outline(freetype_state *s, const compare_point *points, size_t count,
                         FT_Outline *outline)
{
    if (count > 32767 || FT_Outline_New(s->library, (FT_UInt)count, 1, outline) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        outline->points[i].x = 64 * (FT_Pos)points[i].x + 32;
        outline->points[i].y = 64 * ((FT_Pos)s->bitmap.rows - 1 - points[i].y) + 32;
        outline->tags[i] = FT_CURVE_TAG_ON;
    }
    outline->contours[0] = (short)(count - 1);
    outline->flags |= FT_OUTLINE_EVEN_ODD_FILL | FT_OUTLINE_IGNORE_DROPOUTS;
    return true;
}

static bool freetype_prepare(void *self, const compare_lines *lines)
{
    freetype_state *s = self;
    free_outlines(s);
    s->outlines = calloc(lines->channels + 1, sizeof(*s->outlines));
    for (size_t i = 0; s->outlines && i < lines->channels; i++) {
        const compare_point *points;
        const size_t count = compare_channel(lines, i, &points);
        if (count < 3)
            continue;
        if (!make_outline(s, points, count, &s->outlines[s->channels]))
            return false;
        s->channels++;
    }
    return s->outlines != NULL;
}

static bool freetype_draw(void *self, const compare_lines *lines)
{
    freetype_state *s = self;
    const size_t size = (size_t)s->bitmap.pitch * s->bitmap.rows;
    (void)lines;
    memset(s->bitmap.buffer, 0, size);
    for (size_t i = 0; i < s->channels; i++)
        if (FT_Outline_Get_Bitmap(s->library, &s->outlines[i], &s->bitmap) != 0)
            return false;
    for (size_t i = 0; i < size; i++)
        memcpy(s->pixels + 8 * i, &s->bytes[s->bitmap.buffer[i]], 8);
    return true;
}

const compare_rasterizer compare_freetype = {.name = "freetype",
                                             .open = freetype_begin,
                                             .prepare = freetype_prepare,
                                             .draw = freetype_draw,
                                             .close = freetype_end};
