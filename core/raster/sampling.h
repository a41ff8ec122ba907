/* SPDX-License-Identifier: MIT
 *
 * Which bit of a canvas row each pixel of an output row shows, as tables for shuffling: pixels are
 * made in groups of `window`, from `window` bytes of the row that begin at first[group]; pixel x is
 * the bit mask[x] of byte index[x] of these. Beside them, which bits each line of pixels shows.
 */
#ifndef AS_RASTER_SAMPLING_H
#define AS_RASTER_SAMPLING_H

#include "alphastream/raster.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AS_RAS_LEAST_WINDOW = 16,
    AS_RAS_LINE = 64, /* pixels that changes are found and written by: a cache line of a row that
                         begins at one */
    AS_RAS_MOST_WORDS =
        AS_SIZE_MAX_PIXELS / 64,              /* of a row of bits, and lines of a row of pixels */
    AS_RAS_SET_WORDS = AS_RAS_MOST_WORDS / 64 /* of a set of either, a bit for each */
};

typedef struct as_ras_sampling { /* what is loaded in vectors first, aligned as the whole is */
    uint8_t index[AS_SIZE_MAX_PIXELS];
    uint8_t mask[AS_SIZE_MAX_PIXELS];
    uint8_t row[AS_SIZE_MAX_PIXELS]; /* the user's, for a row of pixels */
    uint16_t first[AS_SIZE_MAX_PIXELS / AS_RAS_LEAST_WINDOW];
    /* Pixels of line l show bits of the words line_first[l] .. line_last[l]: of these two words at
     * most those in the masks (of one word: in either), of those between them any. */
    uint64_t line_first_mask[AS_RAS_MOST_WORDS], line_last_mask[AS_RAS_MOST_WORDS];
    uint8_t line_first[AS_RAS_MOST_WORDS], line_last[AS_RAS_MOST_WORDS];
    /* The other way round, where width < source_width: bits word_split[w] of word w are shown by
     * pixels of line word_line[w], or by none, the others by the line after it, if at all. */
    uint64_t word_split[AS_RAS_MOST_WORDS];
    uint8_t word_line[AS_RAS_MOST_WORDS];
    /* The same for shuffling, where fit is true, a vector of window / 8 lines at a time: of the
     * window of bytes that begins at line_window[vector], those at line_index[8 * l] and on are the
     * eight that hold the bits of line l, which are line_bits[l]. */
    uint8_t line_index[8 * AS_RAS_MOST_WORDS];
    uint64_t line_bits[AS_RAS_MOST_WORDS];
    uint16_t line_window[8 * AS_RAS_MOST_WORDS / AS_RAS_LEAST_WINDOW];
    bool fit; /* a line's bits lie within eight bytes, a vector's within a window */
    uint32_t source_width, width;
    uint32_t window; /* 0: there are no tables but those of lines by words */
} as_ras_sampling;

/* Lines of a row of `width` pixels; the last one may be shorter than the others. */
static inline size_t as_ras_line_count(uint32_t width)
{
    return ((size_t)width + AS_RAS_LINE - 1) / AS_RAS_LINE;
}

/* Makes the tables for rows of source_width bits and of `width` pixels and groups of `window`
 * pixels (16 or more), unless they are there. There are none for shuffling where a group's bits
 * span more than a window, which begins at about 7 bits a pixel, where a canvas row is shorter than
 * a window, and for a window of 0. */
void as_ras_sampling_set(as_ras_sampling *sampling, uint32_t source_width, uint32_t width,
                         uint32_t window);

#endif
