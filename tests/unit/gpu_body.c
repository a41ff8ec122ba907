/* SPDX-License-Identifier: MIT */
#include "tests/unit/gpu_body.h"

#include "tests/support/failing_alloc.h"
#include "tests/support/random.h"

#include <inttypes.h>
#include <stdbool.h>

gpu_maker gpu_under_test;

/* -------------------------------------------------------------------------------- canvases -- */

bits bits_make(uint32_t width, uint32_t height)
{
    const size_t stride = (width + 63) / 64 + 1; /* with a gap */
    bits b = {.words = malloc(stride * height * sizeof(uint64_t))};
    assert_non_null(b.words);
    memset(b.words, 0, stride * height * sizeof(uint64_t));
    b.view = (as_canvas_view){
        .words = b.words, .stride_words = stride, .width = width, .height = height};
    return b;
}

void bits_free(bits *b)
{
    free(b->words);
    b->words = NULL;
}

bits bits_copy(const bits *b)
{
    bits copy = bits_make(b->view.width, b->view.height);
    memcpy(copy.words, b->words, b->view.stride_words * b->view.height * sizeof(uint64_t));
    return copy;
}

void bits_fill(bits *b, uint32_t x0, uint32_t y0, uint32_t x1, uint32_t y1, bool value)
{
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t x = x0; x < x1; x++) {
            uint64_t *word = &b->words[y * b->view.stride_words + x / 64];
            const uint64_t bit = UINT64_C(1) << (x % 64);
            *word = value ? *word | bit : *word & ~bit;
        }
}

bool bits_get(const bits *b, uint32_t x, uint32_t y)
{
    return b->words[y * b->view.stride_words + x / 64] >> (x % 64) & 1;
}

void bits_expect(const bits *b, uint32_t to_width, uint32_t to_height, const uint8_t *pixels)
{
    const uint64_t width = b->view.width, height = b->view.height;
    for (uint32_t y = 0; y < to_height; y++)
        for (uint32_t x = 0; x < to_width; x++) {
            const uint8_t wanted =
                bits_get(b, (uint32_t)(x * width / to_width), (uint32_t)(y * height / to_height))
                    ? 255
                    : 0;
            if (pixels[(size_t)y * to_width + x] != wanted)
                fail_msg("pixel %" PRIu32 ", %" PRIu32 " of %" PRIu32 " x %" PRIu32
                         " is %d, not %d; canvas %" PRIu64 " x %" PRIu64,
                         x, y, to_width, to_height, pixels[(size_t)y * to_width + x], wanted, width,
                         height);
        }
}

static uint32_t in(test_random *random, uint32_t from, uint32_t to)
{
    return (uint32_t)test_random_in(random, from, to);
}

/* Turns a canvas into another one of a kind that may come next. */
static void change(bits *b, test_random *random)
{
    const uint32_t width = b->view.width, height = b->view.height;
    switch (in(random, 0, 7)) {
    case 0: bits_fill(b, 0, 0, width, height, false); break;
    case 1: bits_fill(b, 0, 0, width, height, true); break;
    case 2: /* noise */
        for (uint32_t y = 0; y < height; y++)
            for (uint32_t x = 0; x < width; x++)
                bits_fill(b, x, y, x + 1, y + 1, test_random_u64(random) >> 63);
        break;
    case 3: break; /* the same again */
    default:
        for (uint32_t n = in(random, 1, 12); n > 0; n--) {
            const uint32_t x0 = in(random, 0, width - 1), y0 = in(random, 0, height - 1);
            bits_fill(b, x0, y0, in(random, x0 + 1, width), in(random, y0 + 1, height),
                      test_random_u64(random) >> 63);
        }
    }
}

/* ----------------------------------------------------------------------------------- tests -- */

void gpu_expect(const bits *b, void *gpu, const gpu_image *image)
{
    uint8_t *pixels = gpu_under_test.read(gpu, image);
    bits_expect(b, image->width, image->height, pixels);
    free(pixels);
}

gpu_image gpu_show(void *gpu, const as_gpu_request *request, const bits *b)
{
    as_error error;
    gpu_image image = {.handle = NULL};
    assert_ok(gpu_under_test.show(gpu, request, b, &image, &error), &error);
    assert_non_null(image.handle);
    assert_int_equal(image.width, request->width);
    assert_int_equal(image.height, request->height);
    return image;
}

static as_gpu_request ask(uint64_t index, uint32_t width, uint32_t height)
{
    return (as_gpu_request){.stream = 1, .index = index, .width = width, .height = height};
}

static gpu_counts count(void *gpu)
{
    return gpu_under_test.count(gpu);
}

/* One image that goes through changing canvases of one size; then another size. */
void gpu_test_random(void **state)
{
    test_random random = test_random_from(test_seed("random canvases"));
    (void)state;
    for (int round = 0; round < (TEST_SANITIZED ? 4 : 8); round++) {
        void *gpu = gpu_under_test.make(1, in(&random, 1, 300));
        const uint32_t width = in(&random, 1, 200), height = in(&random, 1, 100);
        bits b = bits_make(width, height);
        for (uint64_t index = 0; index < 12; index++) {
            const bool same = in(&random, 0, 1);
            const as_gpu_request request =
                ask(index, same ? width : in(&random, 1, 500), same ? height : in(&random, 1, 400));
            change(&b, &random);
            gpu_image image = gpu_show(gpu, &request, &b);
            gpu_expect(&b, gpu, &image);
            gpu_under_test.release(gpu, &image);
        }
        bits_free(&b);
        gpu_under_test.destroy(gpu);
    }
}

/* 1 to 8 images held; the others go on showing what they did. */
void gpu_test_in_flight(void **state)
{
    enum { MOST = 8, FRAMES = TEST_SANITIZED ? 10 : 16 };
    test_random random = test_random_from(test_seed("images in flight"));
    (void)state;
    for (uint32_t count = 1; count <= MOST; count++) {
        void *gpu = gpu_under_test.make(count, 1000);
        bits b = bits_make(97, 61), shown[MOST] = {{0}};
        gpu_image held[MOST] = {{.handle = NULL}};
        for (uint64_t index = 0; index < FRAMES; index++) {
            const uint32_t at = in(&random, 0, count - 1);
            const as_gpu_request request = ask(index, 203, 77);
            if (held[at].handle) {
                gpu_under_test.release(gpu, &held[at]);
                bits_free(&shown[at]);
            }
            change(&b, &random);
            shown[at] = bits_copy(&b);
            held[at] = gpu_show(gpu, &request, &b);
            for (uint32_t i = 0; i < count; i++)
                if (held[i].handle)
                    gpu_expect(&shown[i], gpu, &held[i]);
        }
        for (uint32_t i = 0; i < count; i++)
            bits_free(&shown[i]);
        bits_free(&b);
        gpu_under_test.destroy(gpu);
    }
}

static void check_size(void *gpu, test_random *random, uint32_t canvas_width,
                       uint32_t canvas_height, uint32_t width, uint32_t height)
{
    const as_gpu_request first = ask(0, width, height), second = ask(1, width, height);
    bits b = bits_make(canvas_width, canvas_height);
    for (int i = 0; i < 3; i++) {
        const uint32_t x0 = in(random, 0, canvas_width - 1), y0 = in(random, 0, canvas_height - 1);
        bits_fill(&b, x0, y0, in(random, x0 + 1, canvas_width), in(random, y0 + 1, canvas_height),
                  true);
    }
    gpu_image image = gpu_show(gpu, &first, &b);
    gpu_expect(&b, gpu, &image);
    gpu_under_test.release(gpu, &image);
    bits_fill(&b, 0, 0, 1, canvas_height, true);
    bits_fill(&b, canvas_width - 1, 0, canvas_width, canvas_height, false);
    image = gpu_show(gpu, &second, &b);
    gpu_expect(&b, gpu, &image);
    gpu_under_test.release(gpu, &image);
    bits_free(&b);
}

void gpu_test_sizes(void **state)
{
    static const uint32_t sizes[][4] = {
        {1, 1, 1, 1},        {1, 1, 640, 3},      {640, 200, 1, 1},    {2048, 1024, 2047, 1023},
        {2048, 1024, 13, 7}, {320, 200, 1, 1000}, {320, 200, 1000, 1}, {63, 65, 64, 64},
        {65, 63, 641, 479},  {16384, 3, 640, 5},  {3, 16384, 5, 640},  {333, 77, 3, 5}};
    test_random random = test_random_from(test_seed("sizes"));
    void *gpu = gpu_under_test.make(2, 16384);
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        check_size(gpu, &random, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
    gpu_under_test.destroy(gpu);
}

/* Long and thin up to the device's limit, and an error beyond it. */
void gpu_test_largest(void **state)
{
    const uint32_t most = gpu_under_test.max_size;
    test_random random = test_random_from(test_seed("largest"));
    void *gpu = gpu_under_test.make(1, 16384);
    const as_gpu_request wide = ask(0, most + 1, 1), high = ask(0, 1, most + 1);
    gpu_image none;
    as_error error;
    (void)state;
    check_size(gpu, &random, 2048, 4, most, 3);
    check_size(gpu, &random, 4, 1024, 3, most);
    check_size(gpu, &random, most, 2, most, 2);
    check_size(gpu, &random, 2, most, 2, most);
    bits b = bits_make(4, 4);
    assert_fails(gpu_under_test.show(gpu, &wide, &b, &none, &error), AS_ERROR_GPU, &error, "");
    assert_fails(gpu_under_test.show(gpu, &high, &b, &none, &error), AS_ERROR_GPU, &error, "");
    bits_free(&b);
    gpu_under_test.destroy(gpu);
}

void gpu_test_pool(void **state)
{
    void *gpu = gpu_under_test.make(2, 100);
    bits b = bits_make(20, 20);
    as_error error;
    gpu_image none;
    const as_gpu_request small = ask(0, 20, 20), large = ask(1, 40, 40), third = ask(2, 30, 30);
    (void)state;
    gpu_image first = gpu_show(gpu, &small, &b), second = gpu_show(gpu, &large, &b);
    assert_ptr_not_equal(first.handle, second.handle);
    assert_fails(gpu_under_test.show(gpu, &third, &b, &none, &error), AS_ERROR_LIMIT, &error,
                 "are held; release one");
    assert_int_equal(count(gpu).images, 2);
    assert_int_equal(count(gpu).held, 2);
    gpu_under_test.release(gpu, &first); /* of another size: gives way */
    first = gpu_show(gpu, &third, &b);
    assert_int_equal(count(gpu).images, 2);
    gpu_under_test.release(gpu, &first);
    gpu_under_test.release(gpu, &second);
    const as_gpu_request again = ask(7, 30, 30), beside = ask(8, 30, 30);
    second = gpu_show(gpu, &again, &b);
    assert_ptr_equal(second.handle, first.handle); /* none is made while one is free */
    gpu_expect(&b, gpu, &second);
    first = gpu_show(gpu, &beside, &b);
    assert_int_equal(count(gpu).images, 2);
    bits_free(&b);
    gpu_under_test.destroy(gpu); /* with both held */
}

void gpu_test_find(void **state)
{
    void *gpu = gpu_under_test.make(3, 100);
    bits b = bits_make(20, 20);
    as_error error;
    gpu_image found;
    as_gpu_request request = ask(5, 20, 20);
    (void)state;
    assert_int_equal(gpu_under_test.find(gpu, &request, &found, &error), AS_NOT_READY);
    gpu_image image = gpu_show(gpu, &request, &b);
    assert_ok(gpu_under_test.find(gpu, &request, &found, &error), &error);
    assert_ptr_equal(found.handle, image.handle);
    assert_int_equal(count(gpu).held, 2);
    gpu_under_test.release(gpu, &found);
    gpu_under_test.release(gpu, &image);
    assert_ok(gpu_under_test.find(gpu, &request, &found, &error), &error); /* also when free */
    assert_int_equal(count(gpu).held, 1);
    request.width = 21;
    assert_int_equal(gpu_under_test.find(gpu, &request, &image, &error), AS_NOT_READY);
    request.width = 20;
    request.stream = 2;
    assert_int_equal(gpu_under_test.find(gpu, &request, &image, &error), AS_NOT_READY);
    request.stream = 1;
    request.index = 6;
    assert_int_equal(gpu_under_test.find(gpu, &request, &image, &error), AS_NOT_READY);
    bits_free(&b);
    gpu_under_test.destroy(gpu);
}

void gpu_test_release(void **state)
{
    void *gpu = gpu_under_test.make(1, 100), *other = gpu_under_test.make(1, 100);
    bits b = bits_make(20, 20);
    const as_gpu_request request = ask(5, 20, 20);
    (void)state;
    gpu_image image = gpu_show(gpu, &request, &b);
    gpu_under_test.release(other, &image); /* not its own */
    assert_int_equal(count(gpu).held, 1);
    gpu_under_test.release(gpu, &image);
    gpu_under_test.release(gpu, &image); /* once too often */
    assert_int_equal(count(gpu).held, 0);
    bits_free(&b);
    gpu_under_test.destroy(other);
    gpu_under_test.destroy(gpu);
}

/* Each allocation fails once; after that the same device goes on. */
void gpu_test_allocations(void **state)
{
    bits b = bits_make(70, 30);
    (void)state;
    bits_fill(&b, 5, 5, 60, 20, true);
    const as_gpu_request request = ask(0, 33, 44);
    for (uint64_t n = 0;; n++) {
        void *gpu = NULL;
        gpu_image image;
        as_error error;
        test_alloc_fail_at(n);
        as_result result = gpu_under_test.try_make(&gpu, &error);
        if (result == AS_OK)
            result = gpu_under_test.show(gpu, &request, &b, &image, &error);
        const bool failed = test_alloc_failed();
        /* A backend may do without some memory. */
        assert_true(result == AS_OK || (failed && result == AS_ERROR_OUT_OF_MEMORY));
        if (gpu && failed) {
            image = gpu_show(gpu, &request, &b);
            gpu_expect(&b, gpu, &image);
        }
        if (gpu)
            gpu_under_test.destroy(gpu);
        if (!failed)
            break;
    }
    test_alloc_restore();
    bits_free(&b);
}
