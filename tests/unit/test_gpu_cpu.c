/* SPDX-License-Identifier: MIT
 *
 * The backend on plain memory, the measure for the others.
 */
#include "gpu/cpu/cpu.h"

#include "tests/unit/gpu_front.h"

static void *make(uint32_t textures, uint32_t room)
{
    const as_gpu_cpu_params params = {textures, room, AS_SIZE_MAX_PIXELS, AS_SIZE_MAX_PIXELS};
    as_gpu *gpu = NULL;
    as_error error;
    assert_ok(as_gpu_cpu_create(&params, &gpu, &error), &error);
    return gpu;
}

static as_result try_make(void **out_gpu, as_error *error)
{
    as_gpu *gpu = NULL;
    const as_gpu_cpu_params params = {2, 50, 100, 100};
    const as_result result = as_gpu_cpu_create(&params, &gpu, error);
    *out_gpu = gpu;
    return result;
}

static uint8_t *read_texture(void *gpu, const gpu_image *image)
{
    const size_t size = (size_t)image->width * image->height;
    uint8_t *pixels = malloc(size);
    (void)gpu;
    assert_non_null(pixels);
    memcpy(pixels, as_gpu_cpu_pixels(image->handle), size);
    return pixels;
}

static void test_foreign(void **state)
{
    as_gpu *gpu = make(1, 10);
    bits b = bits_make(8, 8);
    as_gpu_texture *texture;
    as_error error;
    const as_gpu_request request = {
        .stream = 1, .width = 8, .height = 8, .texture = 7, .unchanged = true};
    (void)state;
    assert_fails(as_gpu_show(gpu, &request, &b.view, &texture, &error), AS_ERROR_ARGUMENT, &error,
                 "no device");
    bits_free(&b);
    as_gpu_destroy(gpu, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {GPU_BODY_TESTS, GPU_FRONT_TESTS,
                                       cmocka_unit_test(test_foreign)};
    gpu_under_test = (gpu_maker){GPU_FRONT, .make = make, .try_make = try_make,
                                 .read = read_texture, .max_size = AS_SIZE_MAX_PIXELS};
    return cmocka_run_group_tests_name("gpu_cpu", tests, NULL, test_nothing_alive);
}
