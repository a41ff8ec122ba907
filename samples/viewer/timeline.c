/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include "app.h"

#include <stdio.h>

enum { HEIGHT = 28, MARGIN = 12, ROW = 6, MOST_RANGES = 256 };

void timeline_place(timeline *t, int width, int height)
{
    t->bar = (box){MARGIN, height - MARGIN - HEIGHT, width - 2 * MARGIN, HEIGHT};
    if (t->bar.width < 1)
        t->bar = (box){0, height - HEIGHT, width, HEIGHT};
}

bool timeline_contains(const timeline *t, int x, int y)
{
    const box *b = &t->bar;
    return x >= b->x && y >= b->y && x < b->x + b->width && y < b->y + b->height;
}

uint64_t timeline_frame(const timeline *t, uint64_t count, int x)
{
    const int64_t at = (int64_t)x - t->bar.x;
    if (count == 0 || at < 0)
        return 0;
    if (at >= t->bar.width)
        return count - 1;
    return (uint64_t)at * count / (uint64_t)t->bar.width;
}

/* The lower row: the source's bytes, and which of them are here. */
static void paint_cached(app *a, picture *p, int width)
{
    static as_byte_range ranges[MOST_RANGES];
    const uint64_t size = a->player.about.source_bytes;
    size_t count = 0;
    as_error error;
    if (!a->player.source || size == 0 || size == AS_SIZE_UNKNOWN)
        return;
    const as_result result =
        as_source_get_cached(a->player.source, ranges, MOST_RANGES, &count, &error);
    if (result != AS_OK && result != AS_ERROR_LIMIT)
        return;
    if (count > MOST_RANGES)
        count = MOST_RANGES;
    for (size_t i = 0; i < count; i++) {
        const double scale = (double)width / (double)size;
        const int from = (int)((double)ranges[i].offset * scale);
        int to = (int)((double)(ranges[i].offset + ranges[i].length) * scale);
        to = to > width ? width : to;
        paint_fill(p, (box){from, HEIGHT - ROW, to > from ? to - from : 1, ROW},
                   (ink){80, 150, 230, 255});
    }
}

void timeline_paint(app *a)
{
    panel *n = &a->panels[PANEL_TIMELINE];
    const box *b = &a->timeline.bar;
    const player *y = &a->player;
    n->x = b->x;
    n->y = b->y;
    if (!paint_resize(&n->picture, b->width, b->height))
        return;
    picture *p = &n->picture;
    paint_fill(p, (box){0, 0, b->width, b->height}, (ink){12, 14, 18, 200});
    if (y->state != AS_OK)
        return;
    const int at = (int)(y->due * (uint64_t)b->width / y->about.frame_count);
    paint_fill(p, (box){0, 0, at, HEIGHT - ROW}, (ink){70, 76, 88, 255});
    paint_cached(a, p, b->width);
    paint_fill(p, (box){at - 1, 0, 3, HEIGHT}, (ink){255, 255, 255, 255});
    if (!a->font)
        return;
    char text[64];
    snprintf(text, sizeof(text), "%.2f s", player_seconds(y->media_ns));
    const int width = text_width(a->font, text);
    const int x = at + 8 + width < b->width ? at + 8 : at - 8 - width;
    paint_text(p, a->font, x, (HEIGHT - ROW - text_line_height(a->font)) / 2,
               (ink){235, 238, 242, 255}, text);
}
