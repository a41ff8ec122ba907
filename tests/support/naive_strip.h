/* SPDX-License-Identifier: MIT
 *
 * What a triangle strip must cover, by a definition that shares nothing with the library: an
 * even-odd point test per channel, and an area from naive slabs.
 */
#ifndef TEST_NAIVE_STRIP_H
#define TEST_NAIVE_STRIP_H

#include "core/raster/scale.h"
#include "tests/support/records.h"

#include "alphastream/alphastream.h"

#include <stdbool.h>

typedef struct naive_segment naive_segment;

typedef struct naive_figure {
    naive_segment *segments;
    size_t count;
    uint32_t channels;
    double left, top, right, bottom; /* box of the segments */
    double longest;
} naive_figure;

/* scale->from_width 0: none. */
naive_figure naive_figure_of(const test_payload *payload, as_combine combine,
                             const as_scale *scale);
void naive_figure_free(naive_figure *f);
bool naive_is_inside(const naive_figure *f, double x, double y);
/* To the nearest segment. */
double naive_distance(const naive_figure *f, double x, double y);
double naive_area(const naive_figure *f);

#endif
