/* SPDX-License-Identifier: MIT */
#include "gpu/rects.h"

#include "core/base/error.h"
#include "core/base/mem.h"
#include "core/raster/runs.h"

#include <string.h>

/* A run that rows since y0 have had in common. */
typedef struct as_open_run {
    uint16_t x0, x1, y0;
} as_open_run;

/* The runs of one kind that reach down to the row before. */
typedef struct open_list {
    as_open_run *runs, *spare; /* both from the left; `spare` takes those of the next row */
    uint32_t count;
    uint16_t flag; /* AS_RECT_SET or 0 */
} open_list;

void as_rects_free(as_rect_scratch *scratch)
{
    as_mem_free(scratch->runs);
    as_mem_free(scratch->rows);
    *scratch = (as_rect_scratch){.runs = NULL};
}

as_result as_rects_reserve(as_rect_scratch *scratch, uint32_t width, as_error *error)
{
    const size_t runs = (size_t)4 * width, words = (size_t)2 * ((width + 63) / 64);
    if (width <= scratch->width)
        return AS_OK;
    as_rects_free(scratch);
    scratch->runs = as_mem_alloc(runs * sizeof(*scratch->runs));
    scratch->rows = as_mem_alloc(words * sizeof(*scratch->rows));
    if (!scratch->runs || !scratch->rows) {
        as_rects_free(scratch);
        return as_err_no_memory(error, runs * sizeof(*scratch->runs), "the runs of a row");
    }
    scratch->width = width;
    return AS_OK;
}

/* ---------------------------------------------------------------------------------- count -- */

/* Runs and pixels of one kind. */
typedef struct tally {
    uint64_t runs, pixels;
    uint64_t before; /* 1: the pixel before the next word is one */
} tally;

static inline void count_word(tally *t, uint64_t word)
{
    if (word == 0) {
        t->before = 0;
    } else if (word == ~UINT64_C(0)) {
        t->runs += 1 - t->before;
        t->pixels += 64;
        t->before = 1;
    } else {
        t->runs += as_popcount64(word & ~(word << 1 | t->before));
        t->pixels += as_popcount64(word);
        t->before = word >> 63;
    }
}

as_rect_counts as_rects_count(const as_canvas_view *canvas, const uint64_t *shown)
{
    const size_t words = (canvas->width + 63) / 64;
    tally full = {0}, set = {0}, clear = {0};
    as_rect_counts counts = {0};
    for (uint32_t y = 0; y < canvas->height; y++, shown += words) {
        const uint64_t *row = canvas->words + y * canvas->stride_words;
        uint64_t changed = 0;
        full.before = set.before = clear.before = 0;
        for (size_t w = 0; w < words; w++) {
            const uint64_t now = row[w], differs = now ^ shown[w];
            if ((now | differs) == 0) { /* as most words of most masks */
                full.before = set.before = clear.before = 0;
                continue;
            }
            changed |= differs;
            count_word(&full, now);
            count_word(&set, differs & now);
            count_word(&clear, differs & ~now);
        }
        if (changed) {
            counts.first_row = counts.end_row ? counts.first_row : y;
            counts.end_row = y + 1;
        }
    }
    counts.full = full.runs;
    counts.full_pixels = full.pixels;
    counts.difference = set.runs + clear.runs;
    counts.difference_pixels = set.pixels + clear.pixels;
    return counts;
}

/* ---------------------------------------------------------------------------------- write -- */

static as_result put(as_rect_sink *sink, const as_open_run *run, uint16_t flag, uint32_t y1,
                     as_error *error)
{
    if (sink->next == sink->end) {
        const as_result result = sink->flush(sink, error);
        if (result != AS_OK)
            return result;
    }
    *sink->next++ = (as_rect){(uint16_t)(run->x0 | flag), run->y0, run->x1, (uint16_t)y1};
    return AS_OK;
}

/* Row y has these pixels of the list's kind: runs that it continues stay open, the others end. */
static as_result add_row(open_list *list, const uint64_t *bits, uint32_t width, uint32_t y,
                         as_rect_sink *sink, as_error *error)
{
    uint32_t x0 = 0, x1 = 0, old = 0, count = 0;
    /* cppcheck-suppress unreadVariable ; the loops return it */
    as_result result = AS_OK;
    while (bits && as_ras_next_run(bits, width, &x0, &x1)) {
        uint16_t y0 = (uint16_t)y;
        for (; old < list->count && list->runs[old].x0 <= x0; old++) {
            if (list->runs[old].x0 == x0 && list->runs[old].x1 == x1)
                y0 = list->runs[old].y0;
            else if ((result = put(sink, &list->runs[old], list->flag, y, error)) != AS_OK)
                return result;
        }
        list->spare[count++] = (as_open_run){(uint16_t)x0, (uint16_t)x1, y0};
    }
    for (; old < list->count; old++)
        if ((result = put(sink, &list->runs[old], list->flag, y, error)) != AS_OK)
            return result;
    as_open_run *ended = list->runs;
    list->runs = list->spare;
    list->spare = ended;
    list->count = count;
    return AS_OK;
}

/* Splits a row's difference into pixels that become set and clear, and shows the row. */
static void take_row(const uint64_t *row, uint64_t *shown, size_t words, uint64_t *set,
                     uint64_t *clear)
{
    for (size_t w = 0; w < words; w++) {
        const uint64_t differs = row[w] ^ shown[w];
        set[w] = differs & row[w];
        clear[w] = differs & ~row[w];
        shown[w] = row[w];
    }
}

as_result as_rects_write(as_rect_scratch *scratch, const as_canvas_view *canvas, uint64_t *shown,
                         const as_rect_counts *counts, as_rect_sink *sink, as_error *error)
{
    const uint32_t width = canvas->width;
    const size_t words = (width + 63) / 64;
    uint64_t *set = scratch->rows, *clear = set + words;
    as_open_run *runs = scratch->runs;
    open_list sets = {runs, runs + width, 0, AS_RECT_SET};
    open_list clears = {runs + (size_t)2 * width, runs + (size_t)3 * width, 0, 0};
    as_result result = AS_OK;
    for (uint32_t y = counts->first_row; y < counts->end_row && result == AS_OK; y++) {
        const uint64_t *row = canvas->words + y * canvas->stride_words;
        uint64_t *shown_row = shown + y * words;
        const bool same = memcmp(row, shown_row, words * sizeof(*row)) == 0;
        if (!same)
            take_row(row, shown_row, words, set, clear);
        result = add_row(&sets, same ? NULL : set, width, y, sink, error);
        if (result == AS_OK)
            result = add_row(&clears, same ? NULL : clear, width, y, sink, error);
    }
    if (result == AS_OK)
        result = add_row(&sets, NULL, width, counts->end_row, sink, error);
    if (result == AS_OK)
        result = add_row(&clears, NULL, width, counts->end_row, sink, error);
    return result;
}
