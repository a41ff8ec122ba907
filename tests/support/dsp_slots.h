/* SPDX-License-Identifier: MIT
 *
 * What the checks of dsp_checks.h share: saying what is being checked, bytes between guard pages,
 * and random bits.
 */
#ifndef TEST_DSP_SLOTS_H
#define TEST_DSP_SLOTS_H

#include "core/raster/canvas.h"
#include "tests/support/dsp_checks.h"
#include "tests/support/guard.h"
#include "tests/support/random.h"

/* What is being checked, for whoever finds a difference or faults. */
void now_checking(const dsp_check *check, const char *format, ...);
void expect(dsp_check *check, bool same);
/* Between these two a fault prints the case first. */
void begin_faults(void);
void end_faults(void);

/* Bytes against one of two guard pages, `gap` bytes off it, and what lies around them. */
typedef struct slot {
    test_guard guard;
    uint8_t *at;
    size_t size;
    uint8_t *from; /* at and a margin on both sides */
    size_t span;
} slot;

void open_slot(slot *s, size_t most);
void place(slot *s, size_t size, size_t gap, bool at_end);
/* The same place and content as another slot of the same size. */
void copy_slot(slot *s, const slot *other);
bool same_slots(const slot *a, const slot *b);
void fill_random(test_random *random, void *bytes, size_t size);

enum { BLANK, FULL, NOISE, SPARSE, LONG_RUNS, BITS_KINDS };
void make_bits(test_random *random, int kind, uint64_t *words, size_t count);

/* Pixels of a row by both tables, at the same place. */
typedef struct row_slots {
    slot bits, wanted, got;
} row_slots;

void open_rows(row_slots *r, size_t most_words, size_t most_pixels);
void close_rows(row_slots *r);
void place_rows(row_slots *r, test_random *random, int kind, size_t words, size_t pixels,
                size_t gap, bool at_end);

/* Sizes that shuffles can do come often enough: canvases of a window and more, not too small a
 * picture. */
void random_sizes(test_random *random, int round, uint32_t *from, uint32_t *to);
/* A canvas of noise and of blank and full rows, some of them not dirty. */
as_canvas *random_canvas(test_random *random, uint32_t width, uint32_t height);

#endif
