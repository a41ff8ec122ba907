/* SPDX-License-Identifier: MIT
 *
 * What this machine's processor can do, in the steps in which there are versions of inner loops,
 * and less of it where a user or a test wants that.
 */
#ifndef AS_CPU_CPU_H
#define AS_CPU_CPU_H

#include <stdint.h>

/* Each stands for all that functions of that name may use; the operating system saves the registers
 * they need. The names are those of ALPHASTREAM_CPU. */
enum {
    AS_CPU_SSE41 = 1,   /* sse41: SSSE3 and SSE4.1 */
    AS_CPU_PCLMUL = 2,  /* pclmul: PCLMULQDQ, with the former's instructions */
    AS_CPU_AVX2 = 4,    /* avx2: AVX2, with the former two's instructions */
    AS_CPU_AVX512 = 8,  /* avx512: F, BW, DQ, VL, VBMI and GFNI (Ice Lake, Zen 4), with AVX2's */
    AS_CPU_NEON = 16,   /* neon: AArch64's, always there */
    AS_CPU_PMULL = 32,  /* pmull: its 64-bit carry-less multiplication, with NEON's */
    AS_CPU_FEATURES = 6 /* how many there are */
};

/* What the machine has: a sum of the above. Asks the processor each time. */
uint32_t as_cpu_detect(void);

/* What of `have` is left by a wish, names separated by commas: those named, none for "c"; without
 * any plain name all of them; less those with a '-' before their name. What the machine has not
 * cannot be wished for. Unknown names are passed over; a NULL wish changes nothing. Features do not
 * imply each other here: "avx2" is the AVX2 functions beside C ones, without any of SSE4.1. */
uint32_t as_cpu_choose(const char *wish, uint32_t have);

/* What the library uses: as_cpu_detect, less what the environment's ALPHASTREAM_CPU leaves out.
 * Made up once, at the first call; any thread. */
uint32_t as_cpu_features(void);

/* The name of bit `index` (0 .. AS_CPU_FEATURES - 1). */
const char *as_cpu_name(uint32_t index);

#endif
