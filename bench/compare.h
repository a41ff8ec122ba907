/* SPDX-License-Identifier: MIT
 *
 * Other rasterizers that could fill the same polylines, one file each; which are there, CMake finds
 * out. Each fills every channel by itself, even-odd, into the same pixels (the union that a mask
 * is), the way its documentation calls fastest: one buffer for all frames, no antialiasing.
 */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct compare_point {
    int32_t x, y;
} compare_point;

/* As bench_lines of bench.h, in pixels of the output. */
typedef struct compare_lines {
    const compare_point *points;
    const size_t *ends;
    size_t channels;
} compare_lines;

/* Where x channel's points begin and how many there are. */
static inline size_t compare_channel(const compare_lines *lines, size_t channel,
                                     const compare_point **out_points)
{
    const size_t begin = channel ? lines->ends[channel - 1] : 0;
    *out_points = lines->points + begin;
    return lines->ends[channel] - begin;
}

typedef struct compare_rasterizer {
    const char *name;
    bool canvas_lines; /* takes points of the canvas and enlarges pixels itself */
    /* Draws to `pixels`, width * height bytes, which stay. NULL: it cannot. */
    void *(*open)(uint8_t *pixels, uint32_t width, uint32_t height);
    /* Optional: makes its own form of the points, which is not measured. */
    bool (*prepare)(void *self, const compare_lines *lines);
    /* Clears and draws the lines last prepared; false: it failed. */
    bool (*draw)(void *self, const compare_lines *lines);
    void (*close)(void *self); /* not NULL */
} compare_rasterizer;

extern const compare_rasterizer compare_opencv, compare_opencv_resize, compare_cairo,
    compare_freetype, compare_agg;

#ifdef __cplusplus
}
#endif

#endif
