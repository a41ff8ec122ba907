/* SPDX-License-Identifier: MIT */
#include "tests/support/dsp_slots.h"

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

void now_checking(const dsp_check *check, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = snprintf(case_text, sizeof(case_text), "%s: ", check->name);
    (void)vsnprintf(case_text + n, sizeof(case_text) - (size_t)n, format, args);
    va_end(args);
}

void expect(dsp_check *check, bool same)
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

void begin_faults(void)
{
    struct sigaction action = {.sa_handler = on_fault};
    (void)sigaction(SIGSEGV, &action, &handler_before);
}

void end_faults(void)
{
    (void)sigaction(SIGSEGV, &handler_before, NULL);
}

/* -------------------------------------------------------------------------------- memory -------
 */

void open_slot(slot *s, size_t most)
{
    *s = (slot){.guard = test_guard_new(most + 2 * MARGIN)};
    if (!s->guard.start) {
        (void)fprintf(stderr, "no memory for guarded bytes\n");
        exit(1);
    }
}

void place(slot *s, size_t size, size_t gap, bool at_end)
{
    uint8_t *const start = s->guard.start, *const end = start + s->guard.size;
    s->at = at_end ? end - gap - size : start + gap;
    s->size = size;
    s->from = s->at - start < MARGIN ? start : s->at - MARGIN;
    s->span = (size_t)((end - s->at) - (ptrdiff_t)size < MARGIN ? end - s->from
                                                                : s->at + size + MARGIN - s->from);
}

void copy_slot(slot *s, const slot *other)
{
    s->at = s->guard.start + (other->at - other->guard.start);
    s->from = s->guard.start + (other->from - other->guard.start);
    s->size = other->size;
    s->span = other->span;
    memcpy(s->from, other->from, s->span);
}

bool same_slots(const slot *a, const slot *b)
{
    return memcmp(a->from, b->from, a->span) == 0;
}

void fill_random(test_random *random, void *bytes, size_t size)
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

void make_bits(test_random *random, int kind, uint64_t *words, size_t count)
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

void open_rows(row_slots *r, size_t most_words, size_t most_pixels)
{
    open_slot(&r->bits, 8 * most_words);
    open_slot(&r->wanted, most_pixels);
    open_slot(&r->got, most_pixels);
}

void close_rows(row_slots *r)
{
    test_guard_free(&r->bits.guard);
    test_guard_free(&r->wanted.guard);
    test_guard_free(&r->got.guard);
}

void place_rows(row_slots *r, test_random *random, int kind, size_t words, size_t pixels,
                size_t gap, bool at_end)
{
    place(&r->bits, 8 * words, 8 * (gap % 8), at_end);
    make_bits(random, kind, (uint64_t *)(void *)r->bits.at, words);
    place(&r->wanted, pixels, gap, at_end);
    fill_random(random, r->wanted.from, r->wanted.span);
    copy_slot(&r->got, &r->wanted);
}

void random_sizes(test_random *random, int round, uint32_t *from, uint32_t *to)
{
    static const uint32_t most[] = {300, 300, 1200, 16384};
    *from = (uint32_t)test_random_in(random, 1, most[round % 4]);
    *to = round % 4 < 2 ? 1 + (uint32_t)round / 4 % 300
                        : (uint32_t)test_random_in(random, 1 + *from / 8, most[round % 4]);
}

as_canvas *random_canvas(test_random *random, uint32_t width, uint32_t height)
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
