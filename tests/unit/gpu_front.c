/* SPDX-License-Identifier: MIT */
#include "tests/unit/gpu_front.h"

/* ---------------------------------------------------------------------------------- adapter -- */

static gpu_image image_of(as_gpu_texture *texture)
{
    return (gpu_image){.handle = texture, .width = texture->width, .height = texture->height};
}

void gpu_front_destroy(void *gpu)
{
    as_gpu_destroy(gpu, false);
}

as_result gpu_front_find(void *gpu, const as_gpu_request *request, gpu_image *out_image,
                         as_error *error)
{
    as_gpu_texture *texture = NULL;
    const as_result result = as_gpu_find(gpu, request, &texture, error);
    if (result == AS_OK)
        *out_image = image_of(texture);
    return result;
}

as_result gpu_front_show(void *gpu, const as_gpu_request *request, const bits *b,
                         gpu_image *out_image, as_error *error)
{
    as_gpu_texture *texture = NULL;
    const as_result result = as_gpu_show(gpu, request, &b->view, &texture, error);
    if (result == AS_OK)
        *out_image = image_of(texture);
    return result;
}

void gpu_front_release(void *gpu, const gpu_image *image)
{
    as_gpu_release(gpu, image->handle, NULL);
}

gpu_counts gpu_front_count(void *gpu)
{
    const as_gpu_memory memory = as_gpu_count(gpu);
    return (gpu_counts){memory.textures, memory.held};
}

/* ------------------------------------------------------------------------------------ tests -- */

static as_gpu_request ask(uint64_t index, uint32_t width, uint32_t height)
{
    return (as_gpu_request){.stream = 1, .index = index, .width = width, .height = height};
}

void gpu_front_test_only_differences(void **state)
{
    as_gpu *gpu = gpu_under_test.make(1, 1000);
    bits b = bits_make(200, 100);
    const as_gpu_numbers *n = &gpu->numbers;
    (void)state;
    bits_fill(&b, 10, 10, 60, 90, true);
    as_gpu_request request = ask(0, 200, 100);
    gpu_image image = gpu_show(gpu, &request, &b);
    assert_int_equal(n->drawn_in_full, 1);
    assert_int_equal(n->rectangles, 1); /* 80 rows merged */
    assert_int_equal(n->last_upload_bytes, 8);
    assert_int_equal(n->draws, 1);
    assert_int_equal(n->clears, 1);
    gpu_under_test.release(gpu, &image);

    request.index = 1; /* the same picture */
    image = gpu_show(gpu, &request, &b);
    assert_int_equal(n->rectangles, 1);
    assert_int_equal(n->draws, 1);
    assert_int_equal(n->last_draws, 0);
    assert_int_equal(n->last_upload_bytes, 0);
    gpu_under_test.release(gpu, &image);

    request.index = 2; /* moved by two columns: some become set, some clear, in one draw */
    bits_fill(&b, 10, 10, 12, 90, false);
    bits_fill(&b, 60, 10, 62, 90, true);
    image = gpu_show(gpu, &request, &b);
    assert_int_equal(n->rectangles, 3);
    assert_int_equal(n->draws, 2);
    assert_int_equal(n->clears, 1);
    assert_int_equal(n->drawn_in_full, 1);
    gpu_expect(&b, gpu, &image);
    gpu_under_test.release(gpu, &image);

    request.index = 3; /* a checkerboard that goes: clearing is less */
    for (uint32_t y = 0; y < 100; y++)
        for (uint32_t x = y % 2; x < 200; x += 2)
            bits_fill(&b, x, y, x + 1, y + 1, !bits_get(&b, x, y));
    image = gpu_show(gpu, &request, &b);
    gpu_expect(&b, gpu, &image);
    gpu_under_test.release(gpu, &image);
    const uint64_t full = n->drawn_in_full, rectangles = n->rectangles;
    request.index = 4;
    bits_fill(&b, 0, 0, 200, 100, false);
    bits_fill(&b, 5, 5, 9, 9, true);
    image = gpu_show(gpu, &request, &b);
    assert_int_equal(n->drawn_in_full, full + 1);
    assert_int_equal(n->last_clears, 1);
    assert_int_equal(n->rectangles, rectangles + 1);
    gpu_expect(&b, gpu, &image);
    assert_int_equal(n->frames, 5);
    bits_free(&b);
    as_gpu_destroy(gpu, false);
}

/* More rectangles than are drawn at once. */
void gpu_front_test_many_rects(void **state)
{
    enum { WIDTH = 120, HEIGHT = 50, RUNS = WIDTH / 2 * HEIGHT };
    static const uint32_t rooms[] = {1, 7, RUNS - 1, RUNS, RUNS + 1};
    (void)state;
    for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++) {
        as_gpu *gpu = gpu_under_test.make(1, rooms[i]);
        bits b = bits_make(WIDTH, HEIGHT);
        const as_gpu_request request = ask(0, 2 * WIDTH, HEIGHT);
        for (uint32_t y = 0; y < HEIGHT; y++)
            for (uint32_t x = y % 2; x < WIDTH; x += 2)
                bits_fill(&b, x, y, x + 1, y + 1, true);
        gpu_image image = gpu_show(gpu, &request, &b);
        assert_int_equal(gpu->numbers.rectangles, RUNS);
        assert_int_equal(gpu->numbers.upload_bytes, RUNS * 8);
        assert_int_equal(gpu->numbers.draws, (RUNS + rooms[i] - 1) / rooms[i]);
        gpu_expect(&b, gpu, &image);
        bits_free(&b);
        as_gpu_destroy(gpu, false);
    }
}

void gpu_front_test_numbers(void **state)
{
    as_gpu *gpu = gpu_under_test.make(2, 100);
    bits b = bits_make(20, 20);
    const as_gpu_request small = ask(0, 20, 20), large = ask(1, 40, 40), third = ask(2, 30, 30);
    gpu_image found;
    as_error error;
    (void)state;
    gpu_image image = gpu_show(gpu, &small, &b);
    gpu_show(gpu, &large, &b);
    as_gpu_memory memory = as_gpu_count(gpu);
    assert_int_equal(memory.texture_bytes, 400 + 1600);
    assert_int_equal(memory.host_bytes, 2 * 20 * 8);
    assert_ok(gpu_under_test.find(gpu, &small, &found, &error), &error);
    assert_int_equal(gpu->numbers.shown_already, 1);
    assert_int_equal(gpu->numbers.frames, 3);
    gpu_under_test.release(gpu, &image);
    gpu_under_test.release(gpu, &found);
    gpu_show(gpu, &third, &b);
    assert_int_equal(as_gpu_count(gpu).texture_bytes, 900 + 1600);
    as_gpu_release(gpu, NULL, NULL);
    bits_free(&b);
    as_gpu_destroy(gpu, true);
    as_gpu_destroy(NULL, false);
}
