/* SPDX-License-Identifier: MIT
 *
 * The CPU's part of a frame: one pass over the records' steps, which are uploaded as they are, with
 * the point at which each chunk of them begins and the box of each channel. With parity one box
 * serves all: what theirs cover together, known at the end.
 */
#include "core/base/bytes.h"
#include "gpu/vulkan/raster_internal.h"

#include <string.h>

enum {
    CHANNEL_WORDS = 5,
    CHUNK_WORDS = 4,
    CLOSED = 1 << 7 /* of a chunk, beside its count of steps */
};

/* Points within these bounds are drawn in 32-bit integers (shaders/segments.comp): unscaled, and
 * scaled. Canvases end at 2^14. */
#define FARTHEST (INT32_C(1) << 17)
#define FARTHEST_SCALED (INT64_C(1) << 29)

/* Pixels and rows that segments may cross, and words of boxes, before the GPU would be busy for so
 * long that drivers lose patience. */
#define MOST_STEPS (UINT64_C(1) << 27)
#define MOST_BOX_WORDS (UINT64_C(1) << 28)

bool as_vulkan_upload_layout(const as_polystream *stream, as_vulkan_upload *out_upload)
{
    uint64_t channels = 0, chunks = 0, steps = 0, points = 0;
    size_t cursor = 0;
    for (uint32_t i = 0; i < stream->channels; i++) {
        const as_record record = as_polystream_next(stream, i, &cursor);
        points += record.points;
        if (record.points < 2)
            continue;
        channels++;
        steps += record.points - 1;
        chunks += (record.points - 2) / AS_VULKAN_CHUNK_STEPS + 1;
    }
    const uint64_t words = CHANNEL_WORDS * channels + CHUNK_WORDS * chunks + (steps + 1) / 2;
    out_upload->points = points;
    if (words * 4 > AS_VULKAN_MOST_UPLOAD)
        return false;
    out_upload->channels = 0;
    out_upload->chunks = (uint32_t)(CHANNEL_WORDS * channels);
    out_upload->steps = out_upload->chunks + (uint32_t)(CHUNK_WORDS * chunks);
    out_upload->bytes = (size_t)words * 4;
    return true;
}

/* Words and rows of a box; end_word or end_row 0: there is none. */
typedef struct word_box {
    uint32_t first_word, end_word, first_row, end_row;
} word_box;

typedef struct writer {
    const as_vulkan_draw *draw;
    const as_vulkan_room *room;
    const as_ras_dsp *dsp;
    uint32_t *channels, *chunks;
    uint8_t *steps;
    as_vulkan_plan *plan;
    uint32_t channels_count, chunks_count, steps_count;
    uint32_t arena_used;
    uint64_t drawn_steps, box_words;
    word_box parity;   /* of all channels so far */
    bool parity_begun; /* a channel has the jobs of that box */
} writer;

/* Where a channel's pixels lie, scaled, and its box. */
typedef struct extent {
    int64_t left, top, right, bottom;
    uint32_t first_word, words, first_row, rows;
} extent;

static int64_t clamp_i64(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

static bool is_near(const as_bounds *b, const extent *e)
{
    return b->left > -FARTHEST && b->right < FARTHEST && b->top > -FARTHEST &&
           b->bottom < FARTHEST && e->left > -FARTHEST_SCALED && e->right < FARTHEST_SCALED &&
           e->top > -FARTHEST_SCALED && e->bottom < FARTHEST_SCALED;
}

static extent find_extent(const as_vulkan_draw *draw, const as_bounds *b, bool closed)
{
    const as_scale *s = draw->scale;
    const uint32_t width = draw->canvas_width, height = draw->canvas_height;
    extent e = {.left = b->left, .top = b->top, .right = b->right, .bottom = b->bottom};
    if (s) {
        e.left = as_scale_x(s, e.left);
        e.right = as_scale_x(s, e.right);
        e.top = as_scale_y(s, e.top);
        e.bottom = as_scale_y(s, e.bottom);
    }
    if (!closed || e.top == e.bottom)
        return e;
    const uint32_t last = (uint32_t)clamp_i64(e.right, 0, (int64_t)width - 1) / 32;
    e.first_word = (uint32_t)clamp_i64(e.left, 0, (int64_t)width - 1) / 32;
    e.words = last + 1 - e.first_word;
    e.first_row = (uint32_t)clamp_i64(e.top, 0, height);
    e.rows = (uint32_t)clamp_i64(e.bottom, 0, height) - e.first_row; /* that row is not crossed */
    if (e.rows == 0)
        e.words = 0;
    return e;
}

static bool is_visible(const as_vulkan_draw *draw, const extent *e)
{
    return e->right >= 0 && e->bottom >= 0 && e->left < draw->canvas_width &&
           e->top < draw->canvas_height;
}

/* As in shaders/raster.glsl and shaders/fill.comp. */
static uint32_t count_jobs(const writer *w, const extent *e)
{
    uint32_t lanes = 1;
    while (lanes < e->words && lanes < w->room->lanes)
        lanes *= 2;
    const uint32_t rows = 64 / lanes;
    return (e->rows + rows - 1) / rows;
}

/* ---------------------------------------------------------------------------- channels ------- */

/* Writes the chunks of a channel and finds its bounds on the way. */
static as_bounds write_chunks(writer *w, const as_record *record, bool closed)
{
    const bool has_jobs = closed && !w->parity_begun;
    const int32_t x = as_get_u16(record->bytes), y = as_get_u16(record->bytes + 2);
    const uint8_t *steps = record->bytes + 4;
    const uint32_t total = record->points - 1;
    uint32_t *chunk = w->chunks + CHUNK_WORDS * (size_t)w->chunks_count;
    as_bounds b = {.left = x, .right = x, .top = y, .bottom = y, .last_x = x, .last_y = y};
    for (uint32_t done = 0; done < total; done += AS_VULKAN_CHUNK_STEPS, chunk += CHUNK_WORDS) {
        const uint32_t rest = total - done;
        const uint32_t count = rest < AS_VULKAN_CHUNK_STEPS ? rest : AS_VULKAN_CHUNK_STEPS;
        const bool closes = count == rest && total >= 2;
        chunk[0] = (uint32_t)b.last_x;
        chunk[1] = (uint32_t)b.last_y;
        chunk[2] = w->channels_count << 8 | (closed ? (uint32_t)CLOSED : 0) | count;
        chunk[3] = (w->steps_count + done) << 2 | (uint32_t)(has_jobs && done == 0) << 1 | closes;
        w->dsp->bounds(steps + 2 * (size_t)done, count, &b);
    }
    return b;
}

/* Adds what a segment from the last point to the first one crosses. */
static uint64_t drawn_steps(const as_vulkan_draw *draw, const as_record *record, const as_bounds *b)
{
    uint64_t rows = b->rows + (uint64_t)b->bottom - (uint64_t)b->top;
    uint64_t columns = b->columns + (uint64_t)b->right - (uint64_t)b->left;
    if (draw->scale) {
        rows = rows * draw->scale->to_height / draw->scale->from_height;
        columns = columns * draw->scale->to_width / draw->scale->from_width;
    }
    return rows + columns + 2 * (uint64_t)record->points;
}

/* Room in the batch for a box, or in a new one. */
static bool make_room(writer *w, const extent *e)
{
    const uint32_t words = e->words * e->rows, jobs = count_jobs(w, e);
    as_vulkan_plan *plan = w->plan;
    as_vulkan_batch *batch = &plan->batches[plan->batches_count - 1];
    w->box_words += words;
    if (words <= w->room->arena_words - w->arena_used && jobs <= w->room->jobs - batch->jobs)
        return true;
    if (plan->batches_count == AS_VULKAN_MOST_BATCHES || w->box_words > MOST_BOX_WORDS)
        return false;
    plan->batches[plan->batches_count++] = (as_vulkan_batch){.first_chunk = w->chunks_count};
    w->arena_used = 0;
    return true;
}

static void mark_rows(writer *w, const extent *e)
{
    const int64_t height = w->draw->canvas_height;
    const uint32_t first = (uint32_t)clamp_i64(e->top, 0, height);
    const uint32_t end = (uint32_t)clamp_i64(e->bottom + 1, 0, height);
    as_vulkan_plan *plan = w->plan;
    if (plan->first_row == plan->end_row) {
        plan->first_row = first;
        plan->end_row = end;
        return;
    }
    plan->first_row = first < plan->first_row ? first : plan->first_row;
    plan->end_row = end > plan->end_row ? end : plan->end_row;
}

static void add_to_parity(writer *w, const extent *e)
{
    word_box *box = &w->parity;
    const uint32_t end_word = e->first_word + e->words, end_row = e->first_row + e->rows;
    const bool is_first = box->end_word == 0;
    if (e->words == 0)
        return;
    box->first_word = is_first || e->first_word < box->first_word ? e->first_word : box->first_word;
    box->first_row = is_first || e->first_row < box->first_row ? e->first_row : box->first_row;
    box->end_word = end_word > box->end_word ? end_word : box->end_word;
    box->end_row = end_row > box->end_row ? end_row : box->end_row;
}

/* The one box of parity, which all channels get: what of them is open does not look at it. */
static void write_parity_box(writer *w)
{
    const word_box *box = &w->parity;
    const extent e = {.first_word = box->first_word,
                      .words = box->end_word - box->first_word,
                      .first_row = box->first_row,
                      .rows = box->end_row - box->first_row};
    for (uint32_t i = 0; i < w->channels_count; i++) {
        uint32_t *channel = w->channels + CHANNEL_WORDS * (size_t)i;
        channel[0] = e.first_word | e.words << 16;
        channel[1] = e.first_row | e.rows << 16;
    }
    w->box_words = (uint64_t)e.words * e.rows;
    w->plan->batches[0].jobs = count_jobs(w, &e); /* within the room: it is for a canvas */
}

/* The channel whose chunks were written is there for good. */
static bool write_channel(writer *w, const as_record *record, const extent *e)
{
    const bool parity = w->draw->combine == AS_COMBINE_PARITY;
    const bool own_box = e->words != 0 && !parity;
    if (own_box && !make_room(w, e))
        return false;
    as_vulkan_batch *batch = &w->plan->batches[w->plan->batches_count - 1];
    uint32_t *channel = w->channels + CHANNEL_WORDS * (size_t)w->channels_count++;
    channel[0] = e->first_word | e->words << 16; /* parity: to be replaced, as the next one */
    channel[1] = e->first_row | e->rows << 16;
    channel[2] = w->arena_used;
    channel[3] = as_get_u16(record->bytes) | (uint32_t)as_get_u16(record->bytes + 2) << 16;
    channel[4] = batch->jobs;
    if (own_box) {
        w->arena_used += e->words * e->rows;
        batch->jobs += count_jobs(w, e);
    } else if (parity) {
        add_to_parity(w, e);
        w->parity_begun |= record->points >= 3;
    }
    const uint32_t steps = record->points - 1;
    const uint32_t chunks = (steps - 1) / AS_VULKAN_CHUNK_STEPS + 1;
    memcpy(w->steps + 2 * (size_t)w->steps_count, record->bytes + 4, 2 * (size_t)steps);
    w->steps_count += steps;
    w->chunks_count += chunks;
    batch->chunks += chunks;
    mark_rows(w, e);
    return true;
}

static bool plan_record(writer *w, const as_record *record)
{
    const bool closed = record->points >= 3;
    const as_bounds b = write_chunks(w, record, closed);
    const extent e = find_extent(w->draw, &b, closed);
    if (!is_visible(w->draw, &e)) /* its crossings cancel out */
        return true;
    if (!is_near(&b, &e))
        return false;
    w->drawn_steps += drawn_steps(w->draw, record, &b);
    return w->drawn_steps <= MOST_STEPS && write_channel(w, record, &e);
}

bool as_vulkan_plan_write(const as_vulkan_draw *draw, const as_vulkan_upload *upload,
                          /* NOLINTNEXTLINE(readability-non-const-parameter): w writes there */
                          const as_vulkan_room *room, uint32_t *map, as_vulkan_plan *out_plan)
{
    writer w = {.draw = draw,
                .room = room,
                .dsp = as_ras_dsp_select(),
                .channels = map + upload->channels,
                .chunks = map + upload->chunks,
                .steps = (uint8_t *)(map + upload->steps),
                .plan = out_plan};
    size_t cursor = 0;
    out_plan->batches[0] = (as_vulkan_batch){0};
    out_plan->batches_count = 1;
    out_plan->first_row = out_plan->end_row = 0;
    for (uint32_t i = 0; i < draw->stream->channels; i++) {
        const as_record record = as_polystream_next(draw->stream, i, &cursor);
        if (record.points >= 2 && !plan_record(&w, &record))
            return false;
    }
    if (draw->combine == AS_COMBINE_PARITY)
        write_parity_box(&w);
    out_plan->box_words = w.box_words;
    out_plan->bytes =
        4 * (CHANNEL_WORDS * (uint64_t)w.channels_count + CHUNK_WORDS * (uint64_t)w.chunks_count) +
        2 * (uint64_t)w.steps_count;
    return true;
}
