/* SPDX-License-Identifier: MIT */
#include "tests/support/dsp_checks.h"

#include "core/cpu/cpu.h"
#include "core/raster/r8.h"
#include "tests/support/guard.h"
#include "tests/support/random.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MARGIN = 64, MOST_PRINTED = 10 };

/* ------------------------------------------------------------------------------- reporting -----
 */

static char case_text[256];
static struct sigaction handler_before;

/* What is being checked, for whoever finds a difference or faults. */
static void now_checking(const dsp_check *check, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = snprintf(case_text, sizeof(case_text), "%s: ", check->name);
    (void)vsnprintf(case_text + n, sizeof(case_text) - (size_t)n, format, args);
    va_end(args);
}

static void expect(dsp_check *check, bool same)
{
    if (same)
        return;
    if (check->failures++ < MOST_PRINTED && !check->quiet)
        printf("differs: %s, ALPHASTREAM_TEST_SEED=%" PRIu64 "\n", case_text, check->seed);
}

static void on_fault(int number)
{
    static const char text[] = "\nfault while checking ";
    (void)!write(2, text, sizeof(text) - 1);
    (void)!write(2, case_text, strlen(case_text));
    (void)!write(2, "\n", 1);
    (void)sigaction(number, &handler_before, NULL);
    (void)raise(number);
}

static void begin_faults(void)
{
    struct sigaction action = {.sa_handler = on_fault};
    (void)sigaction(SIGSEGV, &action, &handler_before);
}

static void end_faults(void)
{
    (void)sigaction(SIGSEGV, &handler_before, NULL);
}

/* -------------------------------------------------------------------------------- memory -------
 */

/* Bytes against one of two guard pages, `gap` bytes off it, and what lies around them. */
typedef struct slot {
    test_guard guard;
    uint8_t *at;
    size_t size;
    uint8_t *from; /* at and a margin on both sides */
    size_t span;
} slot;

static void open_slot(slot *s, size_t most)
{
    *s = (slot){.guard = test_guard_new(most + 2 * MARGIN)};
    if (!s->guard.start) {
        (void)fprintf(stderr, "no memory for guarded bytes\n");
        exit(1);
    }
}

static void place(slot *s, size_t size, size_t gap, bool at_end)
{
    uint8_t *const start = s->guard.start, *const end = start + s->guard.size;
    s->at = at_end ? end - gap - size : start + gap;
    s->size = size;
    s->from = s->at - start < MARGIN ? start : s->at - MARGIN;
    s->span = (size_t)((end - s->at) - (ptrdiff_t)size < MARGIN ? end - s->from
                                                                : s->at + size + MARGIN - s->from);
}

/* The same place and content as another slot of the same size. */
static void copy_slot(slot *s, const slot *other)
{
    s->at = s->guard.start + (other->at - other->guard.start);
    s->from = s->guard.start + (other->from - other->guard.start);
    s->size = other->size;
    s->span = other->span;
    memcpy(s->from, other->from, s->span);
}

static bool same_slots(const slot *a, const slot *b)
{
    return memcmp(a->from, b->from, a->span) == 0;
}

static void fill_random(test_random *random, void *bytes, size_t size)
{
    uint8_t *to = bytes;
    for (; size >= 8; size -= 8, to += 8) {
        const uint64_t v = test_random_u64(random);
        memcpy(to, &v, 8);
    }
    const uint64_t v = test_random_u64(random);
    memcpy(to, &v, size);
}

/* ------------------------------------------------------------------------------- content -------
 */

enum { BLANK, FULL, NOISE, SPARSE, LONG_RUNS, BITS_KINDS };

static void make_bits(test_random *random, int kind, uint64_t *words, size_t count)
{
    memset(words, kind == FULL ? 255 : 0, count * 8);
    if (kind == NOISE)
        fill_random(random, words, count * 8);
    for (size_t i = 0; kind == SPARSE && i < 1 + count / 8; i++) {
        const uint64_t at = test_random_u64(random) % (64 * count);
        words[at / 64] ^= UINT64_C(1) << at % 64;
    }
    if (kind == LONG_RUNS) {
        const uint64_t from = test_random_u64(random) % (64 * count);
        const uint64_t to = from + test_random_u64(random) % (64 * count - from + 1);
        for (uint64_t i = from; i < to; i++)
            words[i / 64] |= UINT64_C(1) << i % 64;
    }
}

enum { WILD, UNIT, MOST_LEFT, MOST_RIGHT, TO_AND_FRO, STEP_KINDS };

static void make_steps(test_random *random, int kind, uint8_t *steps, size_t count)
{
    for (size_t i = 0; i < 2 * count; i++) {
        const uint64_t any = test_random_u64(random);
        switch (kind) {
        case UNIT: steps[i] = (uint8_t)(any % 3 - 1); break;
        case MOST_LEFT: steps[i] = 0x80; break;
        case MOST_RIGHT: steps[i] = 0x7f; break;
        case TO_AND_FRO: steps[i] = any & 1 ? 0x80 : 0x7f; break;
        default: steps[i] = (uint8_t)any; break;
        }
    }
}

/* -------------------------------------------------------------------------------- checks -------
 */

static as_bounds random_bounds(test_random *random)
{
    enum { FAR = 1 << 29 };
    as_bounds b = {.last_x = (int32_t)test_random_in(random, -FAR, FAR),
                   .last_y = (int32_t)test_random_in(random, -FAR, FAR)};
    b.left = b.last_x - (int32_t)test_random_in(random, 0, 300);
    b.right = b.last_x + (int32_t)test_random_in(random, 0, 300);
    b.top = b.last_y - (int32_t)test_random_in(random, 0, 300);
    b.bottom = b.last_y + (int32_t)test_random_in(random, 0, 300);
    b.rows = test_random_u64(random) >> 20;
    b.columns = test_random_u64(random) >> 20;
    return b;
}

static bool same_bounds(const as_bounds *a, const as_bounds *b)
{
    return a->left == b->left && a->top == b->top && a->right == b->right &&
           a->bottom == b->bottom && a->last_x == b->last_x && a->last_y == b->last_y &&
           a->rows == b->rows && a->columns == b->columns && a->lengths == b->lengths;
}

void dsp_check_bounds(dsp_check *check)
{
    enum { MOST = 5000 };
    test_random random = test_random_from(check->seed);
    slot steps;
    open_slot(&steps, 2 * MOST);
    begin_faults();
    for (int i = 0; i < (check->brief ? 400 : 6000); i++) {
        const size_t count =
            i % 10 == 9 ? (size_t)test_random_in(&random, 300, MOST) : (size_t)(i / 10 % 301);
        const int kind = (int)test_random_in(&random, 0, STEP_KINDS - 1);
        const size_t gap = (size_t)test_random_in(&random, 0, 17);
        const bool at_end = i & 1;
        now_checking(check, "bounds, %zu steps of kind %d, gap %zu, at_end %d", count, kind, gap,
                     at_end);
        place(&steps, 2 * count, gap, at_end);
        make_steps(&random, kind, steps.at, count);
        as_bounds wanted = random_bounds(&random), got = wanted;
        as_ras_dsp_c.bounds(steps.at, count, &wanted);
        check->dsp.bounds(steps.at, count, &got);
        expect(check, same_bounds(&got, &wanted));
    }
    end_faults();
    test_guard_free(&steps.guard);
}

typedef struct fill_case {
    size_t words, rows, stride;
    uint64_t last_mask;
    int kind;
    bool at_end;
} fill_case;

static fill_case random_fill(test_random *random, size_t words)
{
    fill_case c = {.words = words,
                   .rows = (size_t)test_random_in(random, 1, 4),
                   .last_mask = ~UINT64_C(0) >> test_random_in(random, 0, 63),
                   .kind = (int)test_random_in(random, 0, BITS_KINDS - 1),
                   .at_end = test_random_in(random, 0, 1)};
    c.stride = words + (size_t)test_random_in(random, 0, 9);
    if (test_random_in(random, 0, 1))
        c.last_mask = ~UINT64_C(0);
    return c;
}

/* Planes: bits and toggle as C leaves them, then as the version does. */
static void check_one_fill(dsp_check *check, test_random *random, const fill_case *c,
                           slot planes[4])
{
    const size_t size = 8 * ((c->rows - 1) * c->stride + c->words);
    for (int i = 0; i < 2; i++) {
        place(&planes[i], size, 8 * (size_t)test_random_in(random, 0, 7), c->at_end);
        fill_random(random, planes[i].from, planes[i].span);
    }
    for (size_t y = 0; y < c->rows; y++)
        make_bits(random, c->kind, (uint64_t *)(void *)planes[1].at + y * c->stride, c->words);
    copy_slot(&planes[2], &planes[0]);
    copy_slot(&planes[3], &planes[1]);
    as_ras_dsp_c.fill((uint64_t *)(void *)planes[0].at, (uint64_t *)(void *)planes[1].at, c->stride,
                      c->words, c->rows, c->last_mask);
    check->dsp.fill((uint64_t *)(void *)planes[2].at, (uint64_t *)(void *)planes[3].at, c->stride,
                    c->words, c->rows, c->last_mask);
    expect(check, same_slots(&planes[0], &planes[2]) && same_slots(&planes[1], &planes[3]));
}

void dsp_check_fill(dsp_check *check)
{
    test_random random = test_random_from(check->seed);
    slot planes[4];
    for (int i = 0; i < 4; i++)
        open_slot(&planes[i], sizeof(uint64_t) * 4 * (300 + 9));
    begin_faults();
    for (int round = 0; round < (check->brief ? 600 : 9000); round++) {
        const fill_case c = random_fill(&random, 1 + (size_t)round / 2 % (round % 2 ? 300 : 40));
        now_checking(check,
                     "fill, %zu words, %zu rows, stride %zu, last_mask %" PRIx64
                     ", kind %d, at_end %d",
                     c.words, c.rows, c.stride, c.last_mask, c.kind, c.at_end);
        check_one_fill(check, &random, &c, planes);
    }
    end_faults();
    for (int i = 0; i < 4; i++)
        test_guard_free(&planes[i].guard);
}

/* Pixels of a row by both tables, at the same place. */
typedef struct row_slots {
    slot bits, wanted, got;
} row_slots;

static void open_rows(row_slots *r, size_t most_words, size_t most_pixels)
{
    open_slot(&r->bits, 8 * most_words);
    open_slot(&r->wanted, most_pixels);
    open_slot(&r->got, most_pixels);
}

static void close_rows(row_slots *r)
{
    test_guard_free(&r->bits.guard);
    test_guard_free(&r->wanted.guard);
    test_guard_free(&r->got.guard);
}

static void place_rows(row_slots *r, test_random *random, int kind, size_t words, size_t pixels,
                       size_t gap, bool at_end)
{
    place(&r->bits, 8 * words, 8 * (gap % 8), at_end);
    make_bits(random, kind, (uint64_t *)(void *)r->bits.at, words);
    place(&r->wanted, pixels, gap, at_end);
    fill_random(random, r->wanted.from, r->wanted.span);
    copy_slot(&r->got, &r->wanted);
}

void dsp_check_expand(dsp_check *check)
{
    test_random random = test_random_from(check->seed);
    row_slots r;
    open_rows(&r, 256, 16384);
    begin_faults();
    for (int round = 0; round < (check->brief ? 2 * 300 : 2 * 64 * 300); round++) {
        const size_t width = round % 64 == 63 ? (size_t)test_random_in(&random, 301, 16384)
                                              : (size_t)(1 + round % 300);
        const size_t gap = (size_t)(round / 300 % 64);
        const int kind = (int)test_random_in(&random, 0, BITS_KINDS - 1);
        const bool at_end = test_random_in(&random, 0, 1);
        now_checking(check, "expand, %zu pixels, gap %zu, kind %d, at_end %d", width, gap, kind,
                     at_end);
        place_rows(&r, &random, kind, (width + 63) / 64, width, gap, at_end);
        const uint64_t *bits = (const uint64_t *)(void *)r.bits.at;
        as_ras_dsp_c.expand(r.wanted.at, bits, width);
        check->dsp.expand(r.got.at, bits, width);
        expect(check, same_slots(&r.got, &r.wanted));
    }
    end_faults();
    close_rows(&r);
}

/* Sizes that shuffles can do come often enough: canvases of a window and more, not too small a
 * picture. */
static void random_sizes(test_random *random, int round, uint32_t *from, uint32_t *to)
{
    static const uint32_t most[] = {300, 300, 1200, 16384};
    *from = (uint32_t)test_random_in(random, 1, most[round % 4]);
    *to = round % 4 < 2 ? 1 + (uint32_t)round / 4 % 300
                        : (uint32_t)test_random_in(random, 1 + *from / 8, most[round % 4]);
}

void dsp_check_sample(dsp_check *check)
{
    test_random random = test_random_from(check->seed);
    as_ras_sampling *sampling = calloc(1, sizeof(*sampling));
    row_slots r;
    size_t done = 0;
    open_rows(&r, 256, 16384);
    begin_faults();
    for (int round = 0; sampling && round < (check->brief ? 500 : 5000); round++) {
        uint32_t from, to;
        random_sizes(&random, round, &from, &to);
        as_ras_sampling_set(sampling, from, to, check->dsp.window);
        if (check->dsp.window != 0 && sampling->window == 0)
            continue; /* another way is taken then */
        done++;
        const size_t gap = (size_t)test_random_in(&random, 0, 63);
        const int kind = (int)test_random_in(&random, 0, BITS_KINDS - 1);
        const bool at_end = test_random_in(&random, 0, 1);
        now_checking(check, "sample, %" PRIu32 " to %" PRIu32 ", gap %zu, kind %d, at_end %d", from,
                     to, gap, kind, at_end);
        place_rows(&r, &random, kind, as_ras_stride(from), to, gap, at_end);
        const uint64_t *bits = (const uint64_t *)(void *)r.bits.at;
        as_ras_dsp_c.sample(r.wanted.at, bits, sampling);
        check->dsp.sample(r.got.at, bits, sampling);
        expect(check, same_slots(&r.got, &r.wanted));
    }
    end_faults();
    now_checking(check, "sample, %zu rounds had tables", done);
    expect(check, done >= 100);
    close_rows(&r);
    free(sampling);
}

void dsp_check_stream(dsp_check *check)
{
    test_random random = test_random_from(check->seed);
    row_slots r;
    open_rows(&r, 1024, 8192);
    begin_faults();
    for (int round = 0; round < (check->brief ? 301 : 64 * 301); round++) {
        const size_t size =
            round % 64 == 63 ? (size_t)test_random_in(&random, 300, 8192) : (size_t)(round % 301);
        const size_t gap = (size_t)(round / 301);
        const bool at_end = test_random_in(&random, 0, 1);
        now_checking(check, "stream, %zu bytes, gap %zu, at_end %d", size, gap, at_end);
        place_rows(&r, &random, BLANK, 1, size, gap, at_end);
        place(&r.bits, size, (size_t)test_random_in(&random, 0, 63), at_end);
        fill_random(&random, r.bits.from, r.bits.span);
        as_ras_dsp_c.stream(r.wanted.at, r.bits.at, size);
        check->dsp.stream(r.got.at, r.bits.at, size);
        check->dsp.settle();
        expect(check, same_slots(&r.got, &r.wanted));
    }
    end_faults();
    close_rows(&r);
}

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
        row[as_ras_stride(from) - 1] &= ~UINT64_C(0) >> (63 - (from - 1) % 64);
        memset(got, 0xA5, (as_ras_line_count(to) + 63) / 64 * sizeof(*got));
        as_ras_dsp_c.find(row, sampling, wanted);
        check->dsp.find(row, sampling, got);
        expect(check, memcmp(wanted, got, sizeof(got)) == 0);
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

/* A canvas of noise and of blank and full rows, some of them not dirty. */
static as_canvas *random_canvas(test_random *random, uint32_t width, uint32_t height)
{
    as_canvas *canvas;
    as_error error;
    if (as_ras_create(width, height, &canvas, &error) != AS_OK)
        exit(1);
    canvas->dirty_top = test_random_in(random, 0, height);
    canvas->dirty_bottom = test_random_in(random, canvas->dirty_top, height);
    for (int64_t y = canvas->dirty_top; y < canvas->dirty_bottom; y++) {
        uint64_t *row = canvas->bits + (size_t)y * canvas->stride;
        make_bits(random, (int)test_random_in(random, 0, BITS_KINDS - 1), row, canvas->stride);
        row[canvas->stride - 1] &= canvas->last_mask;
    }
    return canvas;
}

static void check_one_r8(dsp_check *check, test_random *random, bool large, slot *wanted, slot *got)
{
    const uint32_t most = large ? 3000 : 300;
    const uint32_t from_width = (uint32_t)test_random_in(random, 1, most);
    const uint32_t from_height = (uint32_t)test_random_in(random, 1, most);
    const uint32_t width = (uint32_t)test_random_in(random, large ? 2100 : 1, most);
    const uint32_t height = (uint32_t)test_random_in(random, large ? 2000 : 1, large ? 2200 : 40);
    const size_t stride = width + (size_t)test_random_in(random, 0, 70);
    const bool at_end = test_random_in(random, 0, 1);
    as_canvas *canvas = random_canvas(random, from_width, from_height);
    now_checking(
        check, "r8, %" PRIu32 " x %" PRIu32 " to %" PRIu32 " x %" PRIu32 ", stride %zu, at_end %d",
        from_width, from_height, width, height, stride, at_end);
    place(wanted, stride * (height - 1) + width, (size_t)test_random_in(random, 0, 63), at_end);
    fill_random(random, wanted->from, wanted->span);
    copy_slot(got, wanted);
    canvas->dsp = &as_ras_dsp_c;
    as_ras_to_r8(canvas, wanted->at, width, height, stride);
    canvas->dsp = &check->dsp;
    as_ras_to_r8(canvas, got->at, width, height, stride);
    expect(check, same_slots(got, wanted));
    as_ras_destroy(canvas);
}

void dsp_check_r8(dsp_check *check)
{
    enum { MOST_BYTES = (3000 + 70) * 2200 };
    test_random random = test_random_from(check->seed);
    slot wanted, got;
    open_slot(&wanted, MOST_BYTES);
    open_slot(&got, MOST_BYTES);
    begin_faults();
    for (int round = 0; round < (check->brief ? 62 : 310); round++)
        check_one_r8(check, &random, round % 62 == 61, &wanted, &got);
    end_faults();
    test_guard_free(&wanted.guard);
    test_guard_free(&got.guard);
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

size_t dsp_for_tables(const dsp_check *given, void (*each)(dsp_check *check, void *user),
                      void *user)
{
    const uint32_t have = as_cpu_detect();
    size_t count = 0;
    for (uint32_t i = 0; i <= AS_CPU_FEATURES; i++) {
        const uint32_t features = i < AS_CPU_FEATURES ? have & UINT32_C(1) << i : have;
        if (features == 0)
            continue;
        dsp_check check = *given;
        check.name = i < AS_CPU_FEATURES ? as_cpu_name(i) : "all";
        check.dsp = as_ras_dsp_for(features);
        each(&check, user);
        count++;
    }
    return count;
}
