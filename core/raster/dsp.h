/* SPDX-License-Identifier: MIT
 *
 * The inner loops that have one version per instruction set. The C versions are the reference;
 * every other one is equal to them bit for bit.
 */
#ifndef AS_RASTER_DSP_H
#define AS_RASTER_DSP_H

#include <stddef.h>
#include <stdint.h>

typedef struct as_ras_dsp {
    /* For each of `rows` rows of `words` words, `stride` words apart: ORs the prefix XOR of toggle
     * into bits, zeroes toggle. The last word of each row is ANDed with last_mask. */
    void (*fill)(uint64_t *bits, uint64_t *toggle, size_t stride, size_t words, size_t rows,
                 uint64_t last_mask);
    /* Bits to bytes 0 or 255: `width` pixels, reading whole words. */
    void (*expand)(uint8_t *pixels, const uint64_t *bits, size_t width);
    /* Nearest neighbour from source_width bits to `width` bytes. */
    void (*sample)(uint8_t *pixels, const uint64_t *bits, uint32_t source_width, uint32_t width);
} as_ras_dsp;

extern const as_ras_dsp as_ras_dsp_c;

/* The best table for a machine with these features (core/cpu/cpu.h), which must be there. */
as_ras_dsp as_ras_dsp_for(uint32_t features);
/* The best table for as_cpu_features(), made at the first call. Any thread. */
const as_ras_dsp *as_ras_dsp_select(void);

#endif
