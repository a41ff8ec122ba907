/* SPDX-License-Identifier: MIT
 *
 * Every check on a triangle strip, against naive_strip.h.
 */
#ifndef TEST_STRIP_CHECKS_H
#define TEST_STRIP_CHECKS_H

#include "tests/support/naive_strip.h"
#include "tests/support/random.h"

/* The strip of a payload; scale->from_width 0: not scaled. */
as_result test_strip_make(const test_payload *payload, as_combine combine, const as_scale *scale,
                          as_buffer *out, as_error *error);
/* Makes it twice and checks that both are the same, its area, that all triangles turn one way, and
 * at `samples` random points that it covers once what is inside and nothing else; returns the
 * number of vertices. */
size_t test_strip_check(const test_payload *payload, as_combine combine, const as_scale *scale,
                        test_random *random, int samples);

#endif
