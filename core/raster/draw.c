/* SPDX-License-Identifier: MIT
 *
 * A polystream onto the canvas: for each channel a first pass over its steps (points.c) tells where
 * it lies, the second draws its outline and crossings (inside.c when it lies within the canvas),
 * then its fill.
 */
#include "core/raster/canvas.h"

/* A box of the toggle plane costs about a word's work per word, a sorted pair that of eight. */
enum { WORDS_PER_CROSSING = 8 };

/* Rows and columns that the segments of a frame may cross, clipped or not. Points on the canvas
 * they were made for stay far below (16 MiB of the longest steps: 2^31); scaled up without measure,
 * the same bytes would take hours. */
#define MOST_STEPS (UINT64_C(1) << 32)

typedef struct plan {
    as_canvas *canvas;
    const as_scale *scale; /* NULL: points are canvas pixels */
    as_combine combine;
    as_word_box parity; /* what parity has toggled so far */
    uint64_t steps;     /* of all channels so far, against MOST_STEPS */
} plan;

static int64_t clamp_i64(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

/* The bounds after scaling, which keeps order; int64 for all that follows. */
typedef struct scaled_bounds {
    int64_t left, top, right, bottom;
    uint64_t steps;     /* rows and columns its segments cross, about */
    uint64_t crossings; /* at least as many as the channel has on the canvas */
} scaled_bounds;

static scaled_bounds scale_bounds(const plan *p, const as_record *record, const as_bounds *b)
{
    scaled_bounds s = {b->left, b->top, b->right, b->bottom, b->rows + b->columns, b->rows};
    if (p->scale) {
        s.left = as_scale_x(p->scale, s.left);
        s.right = as_scale_x(p->scale, s.right);
        s.top = as_scale_y(p->scale, s.top);
        s.bottom = as_scale_y(p->scale, s.bottom);
        /* Truncation moves each end by less than a pixel. */
        s.crossings =
            b->rows * p->scale->to_height / p->scale->from_height + 2 * (uint64_t)record->points;
        s.steps = s.crossings + b->columns * p->scale->to_width / p->scale->from_width;
    }
    return s;
}

/* The words that fill can reach: from the leftmost crossing to the rightmost, or to the border. */
static as_word_box fill_box(const as_canvas *canvas, const scaled_bounds *b)
{
    as_word_box box = {0};
    const int64_t top = clamp_i64(b->top, 0, canvas->height);
    const int64_t bottom = clamp_i64(b->bottom, 0, canvas->height); /* its row is not crossed */
    if (top >= bottom || b->left >= canvas->width)
        return box;
    box.first_row = (size_t)top;
    box.rows = (size_t)(bottom - top);
    box.first_word = (size_t)clamp_i64(b->left, 0, canvas->width - 1) / 64;
    box.words = (size_t)clamp_i64(b->right, 0, canvas->width - 1) / 64 + 1 - box.first_word;
    return box;
}

static as_word_box unite(as_word_box a, as_word_box b)
{
    if (a.rows == 0)
        return b;
    if (b.rows == 0)
        return a;
    const size_t left = a.first_word < b.first_word ? a.first_word : b.first_word;
    const size_t top = a.first_row < b.first_row ? a.first_row : b.first_row;
    const size_t a_end = a.first_word + a.words, b_end = b.first_word + b.words;
    const size_t a_bottom = a.first_row + a.rows, b_bottom = b.first_row + b.rows;
    return (as_word_box){left, (a_end > b_end ? a_end : b_end) - left, top,
                         (a_bottom > b_bottom ? a_bottom : b_bottom) - top};
}

static void fill_box_rows(as_canvas *canvas, as_word_box box)
{
    const size_t at = box.first_row * canvas->stride + box.first_word;
    const bool to_border = box.first_word + box.words == canvas->stride;
    canvas->dsp->fill(canvas->bits + at, canvas->toggle + at, canvas->stride, box.words, box.rows,
                      to_border ? canvas->last_mask : ~UINT64_C(0));
}

/* ------------------------------------------------ channels that are scaled or may be cut -------
 */

/* Calls `each` with every segment of the record, the closing one included. */
typedef void segment_fn(void *user, int64_t x0, int64_t y0, int64_t x1, int64_t y1);

static void for_segments(const plan *p, const as_record *record, segment_fn *each, void *user)
{
    const uint8_t *steps = record->bytes + 4, *end = steps + 2 * (size_t)(record->points - 1);
    const as_scale *scale = p->scale;
    int32_t px = as_get_u16(record->bytes), py = as_get_u16(record->bytes + 2);
    const int64_t first_x = scale ? as_scale_x(scale, px) : px;
    const int64_t first_y = scale ? as_scale_y(scale, py) : py;
    int64_t x = first_x, y = first_y;
    for (; steps < end; steps += 2) {
        px += (int8_t)steps[0];
        py += (int8_t)steps[1];
        const int64_t nx = scale ? as_scale_x(scale, px) : px;
        const int64_t ny = scale ? as_scale_y(scale, py) : py;
        each(user, x, y, nx, ny);
        x = nx;
        y = ny;
    }
    if (record->points >= 3 && (x != first_x || y != first_y))
        each(user, x, y, first_x, first_y);
}

typedef struct target {
    as_canvas *canvas;
    bool fill;
} target;

/* Of a channel within the canvas. */
static void draw_inside(void *user, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
    const target *t = user;
    as_ras_segment_inside(t->canvas, (int32_t)x0, (int32_t)y0, (int32_t)x1, (int32_t)y1, t->fill);
}

static bool is_on(const as_canvas *canvas, int64_t x, int64_t y)
{
    return (uint64_t)x < canvas->width && (uint64_t)y < canvas->height;
}

/* Of one that leaves it, though most of its segments do not, mostly. */
static void draw_any(void *user, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
    const target *t = user;
    if (is_on(t->canvas, x0, y0) && is_on(t->canvas, x1, y1)) {
        draw_inside(user, x0, y0, x1, y1);
        return;
    }
    as_ras_outline(t->canvas, x0, y0, x1, y1);
    if (t->fill && y0 != y1)
        as_ras_cross(t->canvas, x0, y0, x1, y1);
}

typedef struct key_list {
    const as_canvas *canvas;
    uint32_t *keys;
    size_t count;
} key_list;

static void list_crossings(void *user, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
    key_list *list = user;
    if (y0 != y1)
        list->count = as_ras_cross_list(list->canvas, x0, y0, x1, y1, list->keys, list->count);
}

static as_result fill_from_pairs(const plan *p, const as_record *record, size_t crossings,
                                 as_error *error)
{
    if (!as_ras_pairs_reserve(p->canvas, crossings))
        return as_err_no_memory(error, 2 * crossings * sizeof(uint32_t),
                                "the crossings of a channel");
    key_list list = {p->canvas, p->canvas->keys, 0};
    for_segments(p, record, list_crossings, &list);
    as_ras_pairs_fill(p->canvas, list.count);
    return AS_OK;
}

/* --------------------------------------------------------------------------------------------- */

static void mark_dirty(as_canvas *canvas, const scaled_bounds *b)
{
    const int64_t top = clamp_i64(b->top, 0, canvas->height);
    const int64_t bottom = clamp_i64(b->bottom, -1, (int64_t)canvas->height - 1) + 1;
    if (top >= bottom)
        return;
    if (top < canvas->dirty_top)
        canvas->dirty_top = top;
    if (bottom > canvas->dirty_bottom)
        canvas->dirty_bottom = bottom;
}

static as_result draw_channel(plan *p, const as_record *record, as_error *error)
{
    as_canvas *canvas = p->canvas;
    const as_bounds bounds = as_ras_bounds(canvas->dsp, record);
    const scaled_bounds b = scale_bounds(p, record, &bounds);
    const bool closed = record->points >= 3, parity = p->combine == AS_COMBINE_PARITY;
    const as_word_box box = closed ? fill_box(canvas, &b) : (as_word_box){0};
    /* Too few crossings for this box; parity has one box for all channels, so toggles are right. */
    const bool pairs = !parity && b.crossings < box.rows * box.words / WORDS_PER_CROSSING;
    const bool inside =
        b.left >= 0 && b.top >= 0 && b.right < canvas->width && b.bottom < canvas->height;
    p->steps += b.steps;
    if (p->steps > MOST_STEPS)
        return as_err_set(error, AS_ERROR_LIMIT,
                          "the frame's outlines are too long to draw at this size: more than 2^32 "
                          "rows and columns; it is malformed, or the size too large");
    target t = {canvas, inside ? closed && !pairs : box.rows != 0 && !pairs};
    mark_dirty(canvas, &b);
    if (inside && !p->scale)
        as_ras_draw_inside(canvas, record, &bounds, t.fill);
    else
        for_segments(p, record, inside ? draw_inside : draw_any, &t);
    if (pairs)
        return fill_from_pairs(p, record, (size_t)b.crossings, error);
    if (parity)
        p->parity = unite(p->parity, box);
    else if (box.rows != 0)
        fill_box_rows(canvas, box);
    return AS_OK;
}

as_result as_ras_draw(as_canvas *canvas, const as_polystream *stream, as_combine combine,
                      const as_scale *scale, as_error *error)
{
    plan p = {.canvas = canvas, .scale = scale, .combine = combine};
    as_ras_clear(canvas);
    size_t cursor = 0;
    as_result result = AS_OK;
    for (uint32_t i = 0; i < stream->channels && result == AS_OK; i++) {
        const as_record record = as_polystream_next(stream, i, &cursor);
        if (record.points >= 2)
            result = draw_channel(&p, &record, error);
    }
    if (p.parity.rows != 0)
        fill_box_rows(canvas, p.parity);
    if (result != AS_OK)
        as_ras_clear(canvas);
    return result;
}
