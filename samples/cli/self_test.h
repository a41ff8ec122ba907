/* SPDX-License-Identifier: MIT
 *
 * Whether a backend draws exactly: built-in frames against hashes of masks that another program
 * calculated from docs/raster.md (tests/data/golden.tsv).
 */
#ifndef CLI_SELF_TEST_H
#define CLI_SELF_TEST_H

#include "options.h"

typedef enum self_test_verdict {
    SELF_TEST_PASS,
    SELF_TEST_FAIL,    /* pixels differ, or a frame could not be drawn */
    SELF_TEST_UNUSABLE /* there is no such backend here */
} self_test_verdict;

typedef struct self_test {
    self_test_verdict verdict;
    uint64_t frames; /* drawn */
    char name[320];  /* of what drew: "OpenGL 4.5 ..., llvmpipe"; "" for the CPU */
    char why[512];   /* of verdicts but SELF_TEST_PASS: a sentence */
} self_test;

/* Draws by o->backend, with o->gl_es and o->device; the rest of *o does not matter. Says nothing on
 * standard error. */
void self_test_run(const options *o, self_test *test);

#endif
