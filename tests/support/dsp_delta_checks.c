/* SPDX-License-Identifier: MIT
 *
 * What deltas are made of, and deltas.
 */
#include "core/raster/r8.h"
#include "tests/support/dsp_slots.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void dsp_check_differ(dsp_check *check)
{
    enum { MOST = AS_RAS_MOST_WORDS };
    test_random random = test_random_from(check->seed);
    slot bits, shown[2];
    open_slot(&bits, 8 * MOST);
    open_slot(&shown[0], 8 * MOST);
    open_slot(&shown[1], 8 * MOST);
    begin_faults();
    for (int round = 0; round < (check->brief ? 600 : 9000); round++) {
        const size_t words = 1 + (size_t)round / 2 % (round % 2 ? MOST : 20);
        const int kind = (int)test_random_in(&random, 0, BITS_KINDS - 1);
        const bool at_end = test_random_in(&random, 0, 1);
        uint64_t difference[2][MOST] = {{0}}, changed[2][AS_RAS_SET_WORDS] = {{0}};
        now_checking(check, "differ, %zu words, kind %d, at_end %d", words, kind, at_end);
        place(&bits, 8 * words, 8 * (size_t)test_random_in(&random, 0, 7), at_end);
        place(&shown[0], 8 * words, 8 * (size_t)test_random_in(&random, 0, 7), at_end);
        fill_random(&random, shown[0].from, shown[0].span);
        make_bits(&random, kind, (uint64_t *)(void *)bits.at, words);
        for (size_t w = 0; w < words; w++) /* now what is to differ, soon what there is */
            ((uint64_t *)(void *)bits.at)[w] ^= ((uint64_t *)(void *)shown[0].at)[w];
        copy_slot(&shown[1], &shown[0]);
        memset(changed, 0xA5, sizeof(changed));
        const uint64_t *row = (const uint64_t *)(void *)bits.at;
        const bool wanted = as_ras_dsp_c.differ((uint64_t *)(void *)shown[0].at, row, words,
                                                difference[0], changed[0]);
        const bool got = check->dsp.differ((uint64_t *)(void *)shown[1].at, row, words,
                                           difference[1], changed[1]);
        const size_t sets = 8 * ((words + 63) / 64);
        expect(check, got == wanted && same_slots(&shown[0], &shown[1]) &&
                          memcmp(shown[1].at, row, 8 * words) == 0);
        expect(check,
               !wanted || (memcmp(difference[0], difference[1], sizeof(difference[0])) == 0 &&
                           memcmp(changed[0], changed[1], sets) == 0));
    }
    end_faults();
    test_guard_free(&bits.guard);
    test_guard_free(&shown[0].guard);
    test_guard_free(&shown[1].guard);
}

/* Is every line wanted that has a pixel which differs? */
static bool finds_all(const uint64_t *difference, const as_ras_sampling *s, const uint64_t *wanted)
{
    bool all = true;
    for (uint32_t x = 0; x < s->width; x++) {
        const uint64_t from = (uint64_t)x * s->source_width / s->width;
        const uint32_t line = x / AS_RAS_LINE;
        all = all &&
              (!(difference[from / 64] >> from % 64 & 1) || (wanted[line / 64] >> line % 64 & 1));
    }
    return all;
}

void dsp_check_find(dsp_check *check)
{
    test_random random = test_random_from(check->seed);
    as_ras_sampling *sampling = calloc(1, sizeof(*sampling));
    slot bits;
    size_t done = 0;
    open_slot(&bits, 8 * AS_RAS_MOST_WORDS);
    begin_faults();
    for (int round = 0; sampling && round < (check->brief ? 1000 : 8000); round++) {
        uint64_t wanted[AS_RAS_SET_WORDS] = {0}, got[AS_RAS_SET_WORDS] = {0};
        uint32_t from, to;
        random_sizes(&random, round, &from, &to);
        as_ras_sampling_set(sampling, from, to, check->dsp.window);
        if (check->dsp.window != 0 && !sampling->fit)
            continue; /* another way is taken then */
        done++;
        const int kind = (int)test_random_in(&random, 0, BITS_KINDS - 1);
        const bool at_end = test_random_in(&random, 0, 1);
        now_checking(check, "find, %" PRIu32 " to %" PRIu32 ", kind %d, at_end %d", from, to, kind,
                     at_end);
        place(&bits, 8 * as_ras_stride(from), 8 * (size_t)test_random_in(&random, 0, 7), at_end);
        uint64_t *row = (uint64_t *)(void *)bits.at;
        make_bits(&random, kind, row, as_ras_stride(from));
        /* Whether columns behind the last that is sampled count is not said. */
        const uint32_t last = (uint32_t)((uint64_t)(to - 1) * from / to);
        row[last / 64] &= ~UINT64_C(0) >> (63 - last % 64);
        for (size_t w = last / 64 + 1; w < as_ras_stride(from); w++)
            row[w] = 0;
        for (size_t w = 0; w < as_ras_stride(from); w++)
            wanted[w / 64] |= (uint64_t)(row[w] != 0) << w % 64;
        memcpy(got, wanted, sizeof(got));
        as_ras_dsp_c.find(row, sampling, wanted);
        check->dsp.find(row, sampling, got);
        expect(check, memcmp(wanted, got, 8 * ((as_ras_line_count(to) + 63) / 64)) == 0);
        expect(check, finds_all(row, sampling, wanted));
    }
    end_faults();
    now_checking(check, "find, %zu rounds had tables", done);
    expect(check, done >= 100);
    test_guard_free(&bits.guard);
    free(sampling);
}

/* Some of the lines of a row of `width` pixels; often none or all. */
static void random_lines(test_random *random, uint32_t width, as_ras_lines *lines)
{
    const int64_t kind = test_random_in(random, 0, 4);
    for (size_t i = 0; i < AS_RAS_SET_WORDS; i++)
        lines->wanted[i] = kind == 0 ? 0 : kind == 1 ? ~UINT64_C(0) : test_random_u64(random);
    const size_t count = as_ras_line_count(width);
    for (size_t line = count; line < AS_RAS_MOST_WORDS; line++)
        lines->wanted[line / 64] &= ~(UINT64_C(1) << line % 64);
}

void dsp_check_rewrite(dsp_check *check)
{
    enum { MOST_ROWS = 3 };
    test_random random = test_random_from(check->seed);
    as_ras_sampling *sampling = calloc(1, sizeof(*sampling));
    row_slots r;
    size_t done = 0;
    open_rows(&r, 256, MOST_ROWS * (16384 + 64));
    begin_faults();
    for (int round = 0; sampling && round < (check->brief ? 500 : 5000); round++) {
        uint32_t from, to;
        as_ras_lines lines = {.rows = (size_t)test_random_in(&random, 1, MOST_ROWS)};
        random_sizes(&random, round, &from, &to);
        to = round % 3 == 0 ? from : to;
        lines.past = round % 5 == 0;
        to = lines.past ? (to + 63) / 64 * 64 : to;
        as_ras_sampling_set(sampling, from, to, check->dsp.window);
        if (check->dsp.window != 0 && sampling->window == 0)
            continue; /* another way is taken then */
        done++;
        random_lines(&random, to, &lines);
        lines.stride = to + (lines.past ? 64 : (size_t)test_random_in(&random, 0, 64));
        const size_t gap = lines.past ? 0 : (size_t)test_random_in(&random, 0, 63);
        const int kind = (int)test_random_in(&random, 0, BITS_KINDS - 1);
        const bool at_end = test_random_in(&random, 0, 1);
        now_checking(check,
                     "rewrite, %" PRIu32 " to %" PRIu32 ", %zu rows, gap %zu, kind %d, at_end %d, "
                     "past %d",
                     from, to, lines.rows, gap, kind, at_end, lines.past);
        place_rows(&r, &random, kind, as_ras_stride(from), (lines.rows - 1) * lines.stride + to,
                   gap, at_end);
        const uint64_t *bits = (const uint64_t *)(void *)r.bits.at;
        lines.pixels = r.wanted.at;
        as_ras_dsp_c.rewrite(&lines, bits, sampling);
        lines.pixels = r.got.at;
        check->dsp.rewrite(&lines, bits, sampling);
        check->dsp.settle();
        expect(check, same_slots(&r.got, &r.wanted));
    }
    end_faults();
    now_checking(check, "rewrite, %zu rounds had tables", done);
    expect(check, done >= 100);
    close_rows(&r);
    free(sampling);
}

/* A mask that is brought from canvas to canvas, and what it should be. */
typedef struct walked {
    slot wanted, got;
    as_ras_shown *shown;
    uint32_t width, height;
    size_t stride;
} walked;

static void start_walk(walked *w, test_random *random, const as_canvas *canvas, bool large)
{
    w->width = (uint32_t)test_random_in(random, 1, 300);
    w->height = (uint32_t)test_random_in(random, 1, 60);
    if (large || test_random_in(random, 0, 3) == 0) { /* whole lines */
        w->width = 64 * (uint32_t)test_random_in(random, large ? 33 : 1, large ? 40 : 5);
        w->height = large ? (uint32_t)test_random_in(random, 2000, 2200) : w->height;
    } else if (test_random_in(random, 0, 2) == 0) {
        w->width = canvas->width < 300 ? canvas->width : 300;
        w->height = canvas->height < 60 ? canvas->height : 60;
    }
    w->stride = w->width + (large ? 0 : (size_t)test_random_in(random, 0, 2) * 32);
    w->shown = as_ras_shown_create(canvas->width, canvas->height);
    if (!w->shown)
        exit(1);
    place(&w->wanted, w->stride * (w->height - 1) + w->width,
          large ? 0 : 32 * (size_t)test_random_in(random, 0, 3), test_random_in(random, 0, 1));
    fill_random(random, w->wanted.from, w->wanted.span);
    copy_slot(&w->got, &w->wanted);
}

/* The next frame: the same, a little different, another one, none. */
static void step_canvas(test_random *random, as_canvas *canvas)
{
    const int64_t kind = test_random_in(random, 0, 9);
    const uint32_t height = canvas->height;
    if (kind <= 1) {
        as_canvas *next = random_canvas(random, canvas->width, height);
        uint64_t *bits = canvas->bits;
        canvas->bits = next->bits;
        canvas->dirty_top = next->dirty_top;
        canvas->dirty_bottom = next->dirty_bottom;
        next->bits = bits;
        as_ras_destroy(next);
    } else if (kind == 2) {
        as_ras_clear(canvas);
    } else if (kind > 3 && canvas->dirty_top < canvas->dirty_bottom) {
        for (int64_t i = test_random_in(random, 1, 40); i > 0; i--) {
            const int64_t y = test_random_in(random, canvas->dirty_top, canvas->dirty_bottom - 1);
            const uint64_t x = test_random_u64(random) % canvas->width;
            uint64_t *word = canvas->bits + (size_t)y * canvas->stride + x / 64;
            *word ^= kind > 6 ? UINT64_C(1) << x % 64 : UINT64_MAX << x % 64;
            word[canvas->stride - 1 - x / 64] &= canvas->last_mask;
        }
    }
}

static void check_one_walk(dsp_check *check, test_random *random, bool large, walked masks[2])
{
    const uint32_t most = large ? 3000 : 300;
    as_canvas *canvas = random_canvas(random, (uint32_t)test_random_in(random, 1, most),
                                      (uint32_t)test_random_in(random, 1, most));
    for (int i = 0; i < 2; i++)
        start_walk(&masks[i], random, canvas, large && i == 0);
    for (int step = 0; step < (large ? 12 : 40); step++) {
        walked *w = &masks[test_random_in(random, 0, 2) == 0];
        now_checking(
            check, "update %d, %" PRIu32 " x %" PRIu32 " to %" PRIu32 " x %" PRIu32 ", stride %zu",
            step, canvas->width, canvas->height, w->width, w->height, w->stride);
        if (test_random_in(random, 0, 19) == 0) {
            for (size_t y = 0; y < w->height; y++)
                memset(w->got.at + y * w->stride, 0, w->width);
            as_ras_shown_blank(w->shown);
        }
        canvas->dsp = &as_ras_dsp_c;
        as_ras_to_r8(canvas, w->wanted.at, w->width, w->height, w->stride);
        canvas->dsp = &check->dsp;
        as_ras_update_r8(canvas, w->shown, w->got.at, w->width, w->height, w->stride);
        expect(check, same_slots(&w->got, &w->wanted));
        step_canvas(random, canvas);
    }
    as_ras_destroy(canvas);
    for (int i = 0; i < 2; i++)
        as_ras_shown_destroy(masks[i].shown);
}

void dsp_check_update(dsp_check *check)
{
    enum { MOST_LARGE = 64 * 40 * 2200, MOST_SMALL = (320 + 64) * 60 };
    test_random random = test_random_from(check->seed);
    walked masks[2];
    for (int i = 0; i < 2; i++) {
        open_slot(&masks[i].wanted, i == 0 ? MOST_LARGE : MOST_SMALL);
        open_slot(&masks[i].got, i == 0 ? MOST_LARGE : MOST_SMALL);
    }
    begin_faults();
    for (int round = 0; round < (check->brief ? 41 : 410); round++)
        check_one_walk(check, &random, round % 41 == 40, masks);
    end_faults();
    for (int i = 0; i < 2; i++) {
        test_guard_free(&masks[i].wanted.guard);
        test_guard_free(&masks[i].got.guard);
    }
}
