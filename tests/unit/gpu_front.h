/* SPDX-License-Identifier: MIT
 *
 * What backends of gpu/gpu.h have in common for the tests of gpu_body.h, and tests of their own:
 * that what differs is drawn, as rectangles.
 */
#ifndef TEST_GPU_FRONT_H
#define TEST_GPU_FRONT_H

#include "tests/unit/gpu_body.h"

void gpu_front_destroy(void *gpu);
as_result gpu_front_find(void *gpu, const as_gpu_request *request, gpu_image *out_image,
                         as_error *error);
as_result gpu_front_show(void *gpu, const as_gpu_request *request, const bits *b,
                         gpu_image *out_image, as_error *error);
void gpu_front_release(void *gpu, const gpu_image *image);
gpu_counts gpu_front_count(void *gpu);

#define GPU_FRONT                                                                                  \
    .destroy = gpu_front_destroy, .find = gpu_front_find, .show = gpu_front_show,                  \
    .release = gpu_front_release, .count = gpu_front_count

void gpu_front_test_only_differences(void **state);
void gpu_front_test_many_rects(void **state);
void gpu_front_test_numbers(void **state);

#define GPU_FRONT_TESTS                                                                            \
    cmocka_unit_test(gpu_front_test_only_differences),                                             \
        cmocka_unit_test(gpu_front_test_many_rects), cmocka_unit_test(gpu_front_test_numbers)

#endif
