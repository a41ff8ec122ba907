/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include "app.h"
#include "png_file.h"

#include <inttypes.h>
#include <stdio.h>

enum { MARGIN = 12, BODY = 22, ROW = 5, HEIGHT = BODY + TIMELINE_TIERS * ROW };
#define LOOK_SECONDS 0.1

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

static void forget(timeline *t)
{
    for (int tier = 0; tier < TIMELINE_TIERS; tier++)
        t->tiers[tier].count = 0;
    t->look_at = 0.0;
}

static void look_up(app *a)
{
    as_stream *stream = a->player.stream;
    for (as_tier which = 0; which < TIMELINE_TIERS; which++) {
        timeline_tier *tier = &a->timeline.tiers[which];
        const as_result result =
            as_stream_get_cached(stream, which, tier->ranges, TIMELINE_RANGES, &tier->count);
        if (result == AS_ERROR_LIMIT)
            tier->count = TIMELINE_RANGES;
        if (result != AS_OK)
            as_stream_clear_error(stream);
    }
    a->timeline.look_at = a->clock + LOOK_SECONDS;
}

/* The columns of its frames, in a row of its own. */
static void paint_tier(app *a, picture *p, as_tier which)
{
    static const ink inks[TIMELINE_TIERS] = {[AS_TIER_L0] = {90, 205, 110, 255},
                                             [AS_TIER_L1] = {235, 180, 60, 255},
                                             [AS_TIER_SOURCE] = {80, 150, 230, 255}};
    const uint64_t frames = a->player.about.frame_count, width = p->width;
    const timeline_tier *tier = &a->timeline.tiers[which];
    for (size_t i = 0; i < tier->count; i++) {
        const uint64_t end = tier->ranges[i].end < frames ? tier->ranges[i].end : frames;
        const int from = (int)(tier->ranges[i].first * width / frames);
        const int to = (int)(end * width / frames);
        paint_fill(p, (box){from, BODY + ROW * which, to > from ? to - from : 1, ROW}, inks[which]);
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
    if (y->state != AS_OK) {
        forget(&a->timeline);
        return;
    }
    const int at = (int)(y->due * (uint64_t)b->width / y->about.frame_count);
    paint_fill(p, (box){0, 0, at, BODY}, (ink){70, 76, 88, 255});
    if (a->clock >= a->timeline.look_at)
        look_up(a);
    for (as_tier tier = 0; tier < TIMELINE_TIERS; tier++)
        paint_tier(a, p, tier);
    paint_fill(p, (box){at - 1, 0, 3, HEIGHT}, (ink){255, 255, 255, 255});
    if (!a->font)
        return;
    char text[64];
    snprintf(text, sizeof(text), "%.2f s", player_seconds(y->media_ns));
    const int width = text_width(a->font, text);
    const int x = at + 8 + width < b->width ? at + 8 : at - 8 - width;
    paint_text(p, a->font, x, (BODY - text_line_height(a->font)) / 2, (ink){235, 238, 242, 255},
               text);
}

static void print_ranges(const timeline *t, const char *path)
{
    static const char *const names[TIMELINE_TIERS] = {"l0", "l1", "source"};
    printf("timeline %s", path);
    for (int tier = 0; tier < TIMELINE_TIERS; tier++) {
        printf(" %s=", names[tier]);
        for (size_t i = 0; i < t->tiers[tier].count; i++)
            printf("%s%" PRIu64 "-%" PRIu64, i ? "," : "", t->tiers[tier].ranges[i].first,
                   t->tiers[tier].ranges[i].end);
    }
    printf("\n");
    fflush(stdout);
}

void timeline_write(app *a, const char *path)
{
    char why[APP_TEXT];
    a->timeline.look_at = 0.0;
    timeline_paint(a);
    if (!png_file_write_picture(path, &a->panels[PANEL_TIMELINE].picture, why, sizeof(why)))
        fprintf(stderr, "alphastream-viewer: %s\n", why);
    else if (a->options.log_state)
        print_ranges(&a->timeline, path);
}
