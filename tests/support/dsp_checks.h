/* SPDX-License-Identifier: MIT
 *
 * Versions of the inner loops (core/raster/dsp.h) against those in C: random and adversarial input,
 * many sizes and alignments, memory that begins or ends at a page nobody may touch. Needs no test
 * framework, so that it also runs by itself on another machine.
 */
#ifndef TEST_DSP_CHECKS_H
#define TEST_DSP_CHECKS_H

#include "core/raster/dsp.h"

#include <stdbool.h>

typedef struct dsp_check {
    const char *name; /* of the table, for messages */
    as_ras_dsp dsp;
    uint64_t seed;
    bool quiet;      /* no messages */
    bool brief;      /* fewer rounds */
    size_t failures; /* so far; the first ten are printed with their parameters */
} dsp_check;

/* Each adds to check->failures. A fault in a guard page prints the case before it goes on to
 * whoever handled it before. */
void dsp_check_bounds(dsp_check *check);
void dsp_check_fill(dsp_check *check);
void dsp_check_expand(dsp_check *check);
void dsp_check_sample(dsp_check *check);
void dsp_check_stream(dsp_check *check);
void dsp_check_differ(dsp_check *check);
void dsp_check_find(dsp_check *check);
void dsp_check_rewrite(dsp_check *check);
/* as_ras_to_r8 as a whole, with large masks among them. */
void dsp_check_r8(dsp_check *check);
/* as_ras_update_r8: one canvas after another onto two masks of different sizes in turn, against
 * writing each in full in C. */
void dsp_check_update(dsp_check *check);

/* Calls `each` with every table to check on this machine: each feature by itself, then all; the
 * check's other fields are those given. Returns how many tables. */
size_t dsp_for_tables(const dsp_check *given, void (*each)(dsp_check *check, void *user),
                      void *user);

#endif
