/* SPDX-License-Identifier: MIT
 *
 * A mask brought from what it shows to another canvas by writing only what differs.
 *
 * Each canvas row that both show is compared with what is remembered of it, which becomes the new
 * one on the way; where words differ, tables tell which lines of 64 pixels show one of the bits
 * that changed, and these lines are written whole. In a mask whose rows begin at cache lines they
 * go past the caches: a buffer comes round again after some others, so its lines would have to be
 * fetched from far to be written, even where all buffers fit the last cache. Rows above and below
 * all that either canvas drew are not looked at. When so much has changed that all is written
 * faster, the rest is written in full, and so is the next frame, until less changes again.
 *
 * On a Zen 5 at 6720 x 3360, seven buffers in turn, the recordings take 53 and 38 us (4 KiB pages:
 * 60 and 48) where full writes take 370 and memset 700; at 2048 x 1024 17 and 11 us, 25 and 17.
 *
 * Did not pay: five buffers in turn instead of seven, for a shorter way from frame to frame (2 to 8
 * %); the words that changed as the measure of what to write (twice the lines at 6720 x 3360).
 *
 * Where there are no tables for shuffling, the runs of bits that changed become runs of pixels, as
 * long as they are few.
 */
#include "core/raster/r8.h"

#include "core/base/bits.h"
#include "core/base/mem.h"
#include "core/raster/runs.h"

#include <string.h>

struct as_ras_shown {
    bool known;
    bool dense; /* so much changed last time that writing in full would have been cheaper */
    int64_t top, bottom; /* rows outside hold no pixels */
    size_t stride, height;
    uint64_t *bits;
};

static size_t head_bytes(void)
{
    return (sizeof(as_ras_shown) + AS_MEM_ALIGN - 1) / AS_MEM_ALIGN * AS_MEM_ALIGN;
}

size_t as_ras_shown_bytes(uint32_t canvas_width, uint32_t canvas_height)
{
    return head_bytes() + as_ras_stride(canvas_width) * canvas_height * sizeof(uint64_t);
}

bool as_ras_shown_pays(uint32_t canvas_width, uint32_t canvas_height, uint32_t width,
                       uint32_t height)
{
    return as_ras_shown_bytes(canvas_width, canvas_height) <= (uint64_t)width * height / 4 &&
           (width % AS_RAS_LINE == 0 || as_ras_is_large(width, height));
}

as_ras_shown *as_ras_shown_create(uint32_t canvas_width, uint32_t canvas_height)
{
    as_ras_shown *shown = as_mem_calloc(1, as_ras_shown_bytes(canvas_width, canvas_height));
    if (!shown)
        return NULL;
    shown->stride = as_ras_stride(canvas_width);
    shown->height = canvas_height;
    shown->bits = (uint64_t *)(void *)((uint8_t *)shown + head_bytes());
    return shown;
}

void as_ras_shown_destroy(as_ras_shown *shown)
{
    as_mem_free(shown);
}

static void *row_of(as_ras_shown *shown, int64_t y)
{
    return shown->bits + (size_t)y * shown->stride;
}

static size_t bytes_between(const as_ras_shown *shown, int64_t top, int64_t bottom)
{
    return top < bottom ? (size_t)(bottom - top) * shown->stride * sizeof(uint64_t) : 0;
}

void as_ras_shown_blank(as_ras_shown *shown)
{
    memset(row_of(shown, shown->top), 0, bytes_between(shown, shown->top, shown->bottom));
    shown->top = shown->bottom = 0;
    shown->known = true;
}

/* A mask of which nothing was known was written in full. */
static void remember(as_ras_shown *shown, const as_canvas *canvas)
{
    const int64_t top = canvas->dirty_top, bottom = canvas->dirty_bottom;
    as_ras_shown_blank(shown);
    if (top >= bottom)
        return;
    memcpy(row_of(shown, top), canvas->bits + (size_t)top * canvas->stride,
           bytes_between(shown, top, bottom));
    shown->top = top;
    shown->bottom = bottom;
}

/* ------------------------------------------------------------------------------- one row ---- */

typedef struct update {
    const as_canvas *canvas;
    as_ras_lines lines;
    size_t changed;                   /* words so far */
    uint64_t part[AS_RAS_MOST_WORDS]; /* of a row: what became set, or clear */
} update;

static void write_run(const update *u, uint32_t x0, uint32_t x1, int value)
{
    const uint32_t from = as_ras_column_of(x0, u->canvas->width, u->canvas->sampling->width);
    const uint32_t to = as_ras_column_of(x1, u->canvas->width, u->canvas->sampling->width);
    for (size_t y = 0; from < to && y < u->lines.rows; y++)
        memset(u->lines.pixels + y * u->lines.stride + from, value, to - from);
}

/* false: given up, there are many runs. */
static bool write_runs(update *u, const uint64_t *difference, const uint64_t *bits)
{
    const uint32_t width = u->canvas->width, mask_width = u->canvas->sampling->width;
    const uint32_t smaller = mask_width < width ? mask_width : width;
    uint32_t left = 1 + smaller / AS_RAS_PIXELS_PER_RUN;
    for (int value = 0; value <= 255; value += 255) {
        uint32_t x0 = 0, x1 = 0;
        for (size_t w = 0; w < u->canvas->stride; w++)
            u->part[w] = difference[w] & (value ? bits[w] : ~bits[w]);
        while (as_ras_next_run(u->part, width, &x0, &x1)) {
            if (left-- == 0)
                return false;
            write_run(u, x0, x1, value);
        }
    }
    return true;
}

/* In the set that `differ` left. */
static size_t count_words(const update *u)
{
    size_t count = 0;
    for (size_t i = 0; 64 * i < u->canvas->stride; i++)
        count += as_popcount64(u->lines.wanted[i]);
    return count;
}

static void update_rows(update *u, as_ras_shown *shown, size_t source_y)
{
    const as_canvas *canvas = u->canvas;
    const as_ras_sampling *sampling = canvas->sampling;
    const uint64_t *bits = canvas->bits + source_y * canvas->stride;
    uint64_t difference[AS_RAS_MOST_WORDS];
    if (!canvas->dsp->differ(row_of(shown, (int64_t)source_y), bits, canvas->stride, difference,
                             u->lines.wanted))
        return;
    u->changed += count_words(u);
    if (sampling->window == 0 && write_runs(u, difference, bits))
        return;
    if (sampling->width != sampling->source_width)
        (sampling->fit ? canvas->dsp : &as_ras_dsp_c)->find(difference, sampling, u->lines.wanted);
    if (sampling->window == 0)
        as_ras_dsp_c.rewrite(&u->lines, bits, sampling);
    else
        canvas->dsp->rewrite(&u->lines, bits, sampling);
}

/* --------------------------------------------------------------------------------------------- */

/* Rows of the canvas in which something may differ. */
static void find_rows(const as_canvas *canvas, const as_ras_shown *shown, uint32_t *top,
                      uint32_t *bottom)
{
    int64_t from = canvas->dirty_top, to = canvas->dirty_bottom;
    if (from >= to) {
        from = shown->top;
        to = shown->bottom;
    } else if (shown->top < shown->bottom) {
        from = shown->top < from ? shown->top : from;
        to = shown->bottom > to ? shown->bottom : to;
    }
    *top = from < to ? (uint32_t)from : 0;
    *bottom = from < to ? (uint32_t)to : 0;
}

/* What is remembered follows from row `top` on, for a mask that is written in full there. */
static void follow(update *u, as_ras_shown *shown, uint32_t top, uint32_t bottom)
{
    uint64_t difference[AS_RAS_MOST_WORDS];
    const as_canvas *canvas = u->canvas;
    for (size_t y = top; y < bottom; y++)
        if (canvas->dsp->differ(row_of(shown, (int64_t)y), canvas->bits + y * canvas->stride,
                                canvas->stride, difference, u->lines.wanted))
            u->changed += count_words(u);
}

/* Words that may change before the rest is written in full. Past the caches, lines here and there
 * cost no more each than all of them; a mask that fits the caches can be written there, but what it
 * shows has to be compared all the same. Lines that are no cache lines are fetched to be written.
 */
static size_t most_words(const as_canvas *canvas, uint32_t width, uint32_t height, bool past)
{
    const size_t all = canvas->stride * canvas->height;
    return past && as_ras_is_large(width, height) ? all : past ? all / 3 * 2 : all / 8;
}

static void update_r8(const as_canvas *canvas, as_ras_shown *shown, uint8_t *pixels, uint32_t width,
                      uint32_t height, size_t stride)
{
    const bool past = width % AS_RAS_LINE == 0 && stride % AS_RAS_LINE == 0 &&
                      (uintptr_t)pixels % AS_RAS_LINE == 0;
    const size_t most = most_words(canvas, width, height, past);
    update u = {.canvas = canvas, .lines = {.stride = stride, .past = past}};
    const uint32_t step = canvas->height / height, rest = canvas->height % height;
    uint32_t top, bottom;
    find_rows(canvas, shown, &top, &bottom);
    uint32_t y = as_ras_column_of(top, canvas->height, height);
    /* source + frac / height is y * canvas->height / height. */
    uint32_t source = (uint32_t)((uint64_t)y * canvas->height / height);
    uint32_t frac = (uint32_t)((uint64_t)y * canvas->height % height);
    while (source < bottom && y < height && !shown->dense && u.changed <= most) {
        const uint32_t first = y, shown_by_first = source;
        do {
            y++;
            source += step;
            frac += rest;
            source += frac >= height;
            frac -= frac >= height ? height : 0;
        } while (source == shown_by_first);
        u.lines.pixels = pixels + first * stride;
        u.lines.rows = y - first;
        update_rows(&u, shown, shown_by_first);
    }
    if (past)
        canvas->dsp->settle();
    if (source < bottom && y < height) {
        as_ras_rows_to_r8(canvas, pixels, width, height, stride, y);
        follow(&u, shown, source, bottom);
    }
    shown->dense = u.changed > most;
    shown->top = canvas->dirty_top;
    shown->bottom = canvas->dirty_bottom;
}

void as_ras_update_r8(const as_canvas *canvas, as_ras_shown *shown, uint8_t *pixels, uint32_t width,
                      uint32_t height, size_t stride)
{
    if (shown && shown->known) {
        as_ras_sampling_set(canvas->sampling, canvas->width, width, canvas->dsp->window);
        update_r8(canvas, shown, pixels, width, height, stride);
        return;
    }
    as_ras_to_r8(canvas, pixels, width, height, stride);
    if (shown)
        remember(shown, canvas);
}
