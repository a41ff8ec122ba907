/* SPDX-License-Identifier: MIT
 *
 * The inner loops that have one version per instruction set. The C versions are the reference;
 * every other one is equal to them bit for bit, reads and writes nothing but what it is told to,
 * and takes pointers of any alignment.
 */
#ifndef AS_RASTER_DSP_H
#define AS_RASTER_DSP_H

#include "core/base/arch.h"
#include "core/raster/sampling.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a channel's points lie, before scaling. */
typedef struct as_bounds {
    int32_t left, top, right, bottom; /* all included */
    int32_t last_x, last_y;           /* the last point */
    uint64_t rows, columns;           /* sums of |dy| and |dx| over all segments */
    uint32_t lengths; /* |dx| and |dy| of all steps, ORed: 0 or 1 if none is longer */
} as_bounds;

/* Where lines of pixels (AS_RAS_LINE) are written. */
typedef struct as_ras_lines {
    uint8_t *pixels;
    size_t stride, rows;               /* rows, at least 1, that all get the same pixels */
    uint64_t wanted[AS_RAS_SET_WORDS]; /* the lines of a row; none past its end */
    bool past; /* they are whole cache lines and go past the caches where that can be */
} as_ras_lines;

typedef struct as_ras_dsp {
    /* Goes on from the last point of *bounds by `count` steps, pairs of signed bytes. Coordinates
     * stay within 2^31. */
    void (*bounds)(const uint8_t *steps, size_t count, as_bounds *bounds);
    /* For each of `rows` rows of `words` words (both at least 1), `stride` words apart: ORs the
     * prefix XOR of toggle into bits, zeroes toggle. The last word of each row is ANDed with
     * last_mask. */
    void (*fill)(uint64_t *bits, uint64_t *toggle, size_t stride, size_t words, size_t rows,
                 uint64_t last_mask);
    /* Bits to bytes 0 or 255: `width` pixels, reading whole words. */
    void (*expand)(uint8_t *pixels, const uint64_t *bits, size_t width);
    /* Nearest neighbour: a row of bits to sampling->width bytes, reading whole words. Other
     * versions than C's need sampling->window. */
    void (*sample)(uint8_t *pixels, const uint64_t *bits, const as_ras_sampling *sampling);
    /* Copies bytes to memory that is not read again soon, past the caches where that can be;
     * `settle`, after the last such call, puts them before whatever is written next. */
    void (*stream)(uint8_t *pixels, const uint8_t *row, size_t size);
    void (*settle)(void);
    /* Brings a row of `words` words (1 or more), `shown`, to `bits`. false: nothing differs, and
     * what is in `difference` and `changed` means nothing. Otherwise difference = shown ^ bits, and
     * changed, of a bit for each word and the rest of its last word 0, tells which differ. */
    bool (*differ)(uint64_t *shown, const uint64_t *bits, size_t words, uint64_t *difference,
                   uint64_t *changed);
    /* `wanted` comes as the words of `difference`, a row of bits, that are not 0 (differ's
     * `changed`), and becomes the lines of a row of pixels that show one of these bits. Other
     * versions than C's need sampling->fit. */
    void (*find)(const uint64_t *difference, const as_ras_sampling *sampling, uint64_t *wanted);
    /* As `sample`, but only the lines that are wanted, in each of the rows. Where the row has as
     * many pixels as bits, as `expand`. Other versions than C's need sampling->window. settle()
     * follows where they went past the caches. */
    void (*rewrite)(const as_ras_lines *lines, const uint64_t *bits,
                    const as_ras_sampling *sampling);
    /* Bytes of source that `sample` looks at at once, and pixels it makes of them. 0: plain C, to
     * which runs are dearer than pixels only where there are many. */
    uint32_t window;
} as_ras_dsp;

extern const as_ras_dsp as_ras_dsp_c;

/* Each puts its versions into the table, over what is there. */
#if AS_ARCH_X86
void as_ras_dsp_sse41(as_ras_dsp *dsp);
void as_ras_dsp_pclmul(as_ras_dsp *dsp);
void as_ras_dsp_avx2(as_ras_dsp *dsp);
void as_ras_dsp_avx512(as_ras_dsp *dsp);
#elif AS_ARCH_ARM64
void as_ras_dsp_neon(as_ras_dsp *dsp);
void as_ras_dsp_pmull(as_ras_dsp *dsp);
#endif

/* The best table for a machine with these features (core/cpu/cpu.h), which must be there. */
as_ras_dsp as_ras_dsp_for(uint32_t features);
/* The best table for as_cpu_features(), made at the first call. Any thread. */
const as_ras_dsp *as_ras_dsp_select(void);

#endif
