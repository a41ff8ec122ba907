/* SPDX-License-Identifier: MIT
 *
 * Tests that every backend of gpu/ has to pass, those of gpu.h and Vulkan; each has a driver that
 * makes devices.
 */
#ifndef TEST_GPU_BODY_H
#define TEST_GPU_BODY_H

#include "gpu/gpu.h"
#include "tests/support/check.h"

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
/* Do the pixels show the canvas? docs/raster.md, one by one. */
void bits_expect(const bits *b, uint32_t to_width, uint32_t to_height, const uint8_t *pixels);

/* ----------------------------------------------------------------------------- backends ---- */

typedef struct gpu_image {
    void *handle;
    uint32_t serial, width, height;
} gpu_image;

typedef struct gpu_counts {
    uint64_t images, held;
} gpu_counts;

typedef struct gpu_maker {
    /* A device whose pool has so many images and which draws so many rectangles at once. */
    void *(*make)(uint32_t images, uint32_t room);
    /* May fail; for tests of failing allocations. */
    as_result (*try_make)(void **out_gpu, as_error *error);
    void (*destroy)(void *gpu);
    /* As as_gpu_find, as_gpu_show and as_gpu_release. */
    as_result (*find)(void *gpu, const as_gpu_request *request, gpu_image *out_image,
                      as_error *error);
    as_result (*show)(void *gpu, const as_gpu_request *request, const bits *b, gpu_image *out_image,
                      as_error *error);
    void (*release)(void *gpu, const gpu_image *image);
    /* width * height bytes, malloc'd. */
    uint8_t *(*read)(void *gpu, const gpu_image *image);
    gpu_counts (*count)(void *gpu);
    uint32_t max_size; /* of an image, both ways */
} gpu_maker;

/* The driver sets it before the tests run. */
extern gpu_maker gpu_under_test;

/* For tests of the driver's own: with what must be there asserted. */
gpu_image gpu_show(void *gpu, const as_gpu_request *request, const bits *b);
void gpu_expect(const bits *b, void *gpu, const gpu_image *image);

void gpu_test_random(void **state);
void gpu_test_in_flight(void **state);
void gpu_test_sizes(void **state);
void gpu_test_largest(void **state);
void gpu_test_pool(void **state);
void gpu_test_find(void **state);
void gpu_test_release(void **state);
void gpu_test_allocations(void **state);

#define GPU_BODY_TESTS                                                                             \
    cmocka_unit_test(gpu_test_random), cmocka_unit_test(gpu_test_in_flight),                       \
        cmocka_unit_test(gpu_test_sizes), cmocka_unit_test(gpu_test_largest),                      \
        cmocka_unit_test(gpu_test_pool), cmocka_unit_test(gpu_test_find),                          \
        cmocka_unit_test(gpu_test_release), cmocka_unit_test(gpu_test_allocations)

#endif
