/* SPDX-License-Identifier: MIT
 *
 * Tests that every backend of gpu/ has to pass; each has a driver that makes devices.
 */
#ifndef TEST_GPU_BODY_H
#define TEST_GPU_BODY_H

#include "gpu/gpu.h"
#include "tests/support/check.h"

typedef struct gpu_maker {
    /* A device whose pool has so many textures and which draws so many rectangles at once. */
    as_gpu *(*make)(uint32_t textures, uint32_t room);
    /* May fail; for tests of failing allocations. */
    as_result (*try_make)(as_gpu **out_gpu, as_error *error);
    /* width * height bytes, malloc'd. */
    uint8_t *(*read)(const as_gpu_texture *texture);
    uint32_t max_size; /* of a texture, both ways */
} gpu_maker;

/* The driver sets it before the tests run. */
extern gpu_maker gpu_under_test;

void gpu_test_random(void **state);
void gpu_test_in_flight(void **state);
void gpu_test_sizes(void **state);
void gpu_test_largest(void **state);
void gpu_test_only_differences(void **state);
void gpu_test_many_rects(void **state);
void gpu_test_pool(void **state);
void gpu_test_find(void **state);
void gpu_test_release(void **state);
void gpu_test_allocations(void **state);

#define GPU_BODY_TESTS                                                                             \
    cmocka_unit_test(gpu_test_random), cmocka_unit_test(gpu_test_in_flight),                       \
        cmocka_unit_test(gpu_test_sizes), cmocka_unit_test(gpu_test_largest),                      \
        cmocka_unit_test(gpu_test_only_differences), cmocka_unit_test(gpu_test_many_rects),        \
        cmocka_unit_test(gpu_test_pool), cmocka_unit_test(gpu_test_find),                          \
        cmocka_unit_test(gpu_test_release), cmocka_unit_test(gpu_test_allocations)

/* ------------------------------------------------------------------- canvases for tests ---- */

typedef struct bits {
    uint64_t *words; /* malloc'd */
    as_canvas_view view;
} bits;

bits bits_make(uint32_t width, uint32_t height);
void bits_free(bits *b);
bits bits_copy(const bits *b);
void bits_fill(bits *b, uint32_t x0, uint32_t y0, uint32_t x1, uint32_t y1, bool value);
bool bits_get(const bits *b, uint32_t x, uint32_t y);
/* Does the texture show the canvas? docs/raster.md, pixel by pixel. */
void bits_expect(const bits *b, const as_gpu_texture *texture, const uint8_t *pixels);

#endif
