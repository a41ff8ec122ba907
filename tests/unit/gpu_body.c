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

void bits_expect(const bits *b, const as_gpu_texture *t, const uint8_t *pixels)
{
    const uint64_t width = b->view.width, height = b->view.height;
    for (uint32_t y = 0; y < t->height; y++)
        for (uint32_t x = 0; x < t->width; x++) {
            const uint8_t wanted =
                bits_get(b, (uint32_t)(x * width / t->width), (uint32_t)(y * height / t->height))
                    ? 255
                    : 0;
            if (pixels[(size_t)y * t->width + x] != wanted)
                fail_msg("pixel %" PRIu32 ", %" PRIu32 " of %" PRIu32 " x %" PRIu32
                         " is %d, not %d; canvas %" PRIu64 " x %" PRIu64,
                         x, y, t->width, t->height, pixels[(size_t)y * t->width + x], wanted, width,
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

static void expect_shown(const bits *b, const as_gpu_texture *texture)
{
    uint8_t *pixels = gpu_under_test.read(texture);
    bits_expect(b, texture, pixels);
    free(pixels);
}

static as_gpu_request ask(uint64_t index, uint32_t width, uint32_t height)
{
    return (as_gpu_request){.stream = 1, .index = index, .width = width, .height = height};
}

static as_gpu_texture *show(as_gpu *gpu, const as_gpu_request *request, const bits *b)
{
    as_error error;
    as_gpu_texture *texture = NULL;
    assert_ok(as_gpu_show(gpu, request, &b->view, &texture, &error), &error);
    assert_non_null(texture);
    assert_int_equal(texture->width, request->width);
    assert_int_equal(texture->height, request->height);
    return texture;
}

/* One texture that goes through changing canvases of one size; then another size. */
void gpu_test_random(void **state)
{
    test_random random = test_random_from(test_seed("random canvases"));
    (void)state;
    for (int round = 0; round < 12; round++) {
        as_gpu *gpu = gpu_under_test.make(1, in(&random, 1, 300));
        const uint32_t width = in(&random, 1, 300), height = in(&random, 1, 200);
        bits b = bits_make(width, height);
        for (uint64_t index = 0; index < 12; index++) {
            const bool same = in(&random, 0, 1);
            const as_gpu_request request =
                ask(index, same ? width : in(&random, 1, 500), same ? height : in(&random, 1, 400));
            change(&b, &random);
            as_gpu_texture *texture = show(gpu, &request, &b);
            expect_shown(&b, texture);
            as_gpu_release(gpu, texture, NULL);
        }
        bits_free(&b);
        as_gpu_destroy(gpu, false);
    }
}

/* 1 to 8 textures held; the others go on showing what they did. */
void gpu_test_in_flight(void **state)
{
    enum { MOST = 8, FRAMES = 24 };
    test_random random = test_random_from(test_seed("textures in flight"));
    (void)state;
    for (uint32_t count = 1; count <= MOST; count++) {
        as_gpu *gpu = gpu_under_test.make(count, 1000);
        bits b = bits_make(97, 61), shown[MOST] = {{0}};
        as_gpu_texture *held[MOST] = {NULL};
        for (uint64_t index = 0; index < FRAMES; index++) {
            const uint32_t at = in(&random, 0, count - 1);
            const as_gpu_request request = ask(index, 203, 77);
            if (held[at]) {
                as_gpu_release(gpu, held[at], NULL);
                bits_free(&shown[at]);
            }
            change(&b, &random);
            shown[at] = bits_copy(&b);
            held[at] = show(gpu, &request, &b);
            for (uint32_t i = 0; i < count; i++)
                if (held[i])
                    expect_shown(&shown[i], held[i]);
        }
        for (uint32_t i = 0; i < count; i++)
            bits_free(&shown[i]);
        bits_free(&b);
        as_gpu_destroy(gpu, false);
    }
}

static void check_size(as_gpu *gpu, test_random *random, uint32_t canvas_width,
                       uint32_t canvas_height, uint32_t width, uint32_t height)
{
    const as_gpu_request first = ask(0, width, height), second = ask(1, width, height);
    bits b = bits_make(canvas_width, canvas_height);
    for (int i = 0; i < 3; i++) {
        const uint32_t x0 = in(random, 0, canvas_width - 1), y0 = in(random, 0, canvas_height - 1);
        bits_fill(&b, x0, y0, in(random, x0 + 1, canvas_width), in(random, y0 + 1, canvas_height),
                  true);
    }
    as_gpu_texture *texture = show(gpu, &first, &b);
    expect_shown(&b, texture);
    as_gpu_release(gpu, texture, NULL);
    bits_fill(&b, 0, 0, 1, canvas_height, true);
    bits_fill(&b, canvas_width - 1, 0, canvas_width, canvas_height, false);
    texture = show(gpu, &second, &b);
    expect_shown(&b, texture);
    as_gpu_release(gpu, texture, NULL);
    bits_free(&b);
}

void gpu_test_sizes(void **state)
{
    static const uint32_t sizes[][4] = {
        {1, 1, 1, 1},        {1, 1, 640, 3},      {640, 200, 1, 1},    {2048, 1024, 2047, 1023},
        {2048, 1024, 13, 7}, {320, 200, 1, 1000}, {320, 200, 1000, 1}, {63, 65, 64, 64},
        {65, 63, 641, 479},  {16384, 3, 640, 5},  {3, 16384, 5, 640},  {333, 77, 3, 5}};
    test_random random = test_random_from(test_seed("sizes"));
    as_gpu *gpu = gpu_under_test.make(2, 16384);
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        check_size(gpu, &random, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
    as_gpu_destroy(gpu, false);
}

/* Long and thin up to the device's limit, and an error beyond it. */
void gpu_test_largest(void **state)
{
    const uint32_t most = gpu_under_test.max_size;
    test_random random = test_random_from(test_seed("largest"));
    as_gpu *gpu = gpu_under_test.make(1, 16384);
    as_gpu_texture *texture;
    as_error error;
    (void)state;
    check_size(gpu, &random, 2048, 4, most, 3);
    check_size(gpu, &random, 4, 1024, 3, most);
    check_size(gpu, &random, most, 2, most, 2);
    check_size(gpu, &random, 2, most, 2, most);
    const as_gpu_request wide = ask(0, gpu->max_width, 1);
    bits b = bits_make(4, 4);
    gpu->max_width--;
    assert_fails(as_gpu_show(gpu, &wide, &b.view, &texture, &error), AS_ERROR_GPU, &error, "limit");
    bits_free(&b);
    as_gpu_destroy(gpu, false);
}

void gpu_test_only_differences(void **state)
{
    as_gpu *gpu = gpu_under_test.make(1, 1000);
    bits b = bits_make(200, 100);
    const as_gpu_numbers *n = &gpu->numbers;
    (void)state;
    bits_fill(&b, 10, 10, 60, 90, true);
    as_gpu_request request = ask(0, 200, 100);
    as_gpu_texture *texture = show(gpu, &request, &b);
    assert_int_equal(n->drawn_in_full, 1);
    assert_int_equal(n->rectangles, 1); /* 80 rows merged */
    assert_int_equal(n->last_upload_bytes, 8);
    assert_int_equal(n->draws, 1);
    assert_int_equal(n->clears, 1);
    as_gpu_release(gpu, texture, NULL);

    request.index = 1; /* the same picture */
    texture = show(gpu, &request, &b);
    assert_int_equal(n->rectangles, 1);
    assert_int_equal(n->draws, 1);
    assert_int_equal(n->last_draws, 0);
    assert_int_equal(n->last_upload_bytes, 0);
    as_gpu_release(gpu, texture, NULL);

    request.index = 2; /* moved by two columns: some become set, some clear, in one draw */
    bits_fill(&b, 10, 10, 12, 90, false);
    bits_fill(&b, 60, 10, 62, 90, true);
    texture = show(gpu, &request, &b);
    assert_int_equal(n->rectangles, 3);
    assert_int_equal(n->draws, 2);
    assert_int_equal(n->clears, 1);
    assert_int_equal(n->drawn_in_full, 1);
    expect_shown(&b, texture);
    as_gpu_release(gpu, texture, NULL);

    request.index = 3; /* a checkerboard that goes: clearing is less */
    for (uint32_t y = 0; y < 100; y++)
        for (uint32_t x = y % 2; x < 200; x += 2)
            bits_fill(&b, x, y, x + 1, y + 1, !bits_get(&b, x, y));
    texture = show(gpu, &request, &b);
    expect_shown(&b, texture);
    as_gpu_release(gpu, texture, NULL);
    const uint64_t full = n->drawn_in_full, rectangles = n->rectangles;
    request.index = 4;
    bits_fill(&b, 0, 0, 200, 100, false);
    bits_fill(&b, 5, 5, 9, 9, true);
    texture = show(gpu, &request, &b);
    assert_int_equal(n->drawn_in_full, full + 1);
    assert_int_equal(n->last_clears, 1);
    assert_int_equal(n->rectangles, rectangles + 1);
    expect_shown(&b, texture);
    assert_int_equal(n->frames, 5);
    bits_free(&b);
    as_gpu_destroy(gpu, false);
}

/* More rectangles than are drawn at once. */
void gpu_test_many_rects(void **state)
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
        as_gpu_texture *texture = show(gpu, &request, &b);
        assert_int_equal(gpu->numbers.rectangles, RUNS);
        assert_int_equal(gpu->numbers.upload_bytes, RUNS * 8);
        assert_int_equal(gpu->numbers.draws, (RUNS + rooms[i] - 1) / rooms[i]);
        expect_shown(&b, texture);
        bits_free(&b);
        as_gpu_destroy(gpu, false);
    }
}

void gpu_test_pool(void **state)
{
    as_gpu *gpu = gpu_under_test.make(2, 100);
    bits b = bits_make(20, 20);
    as_error error;
    as_gpu_texture *none = NULL;
    const as_gpu_request small = ask(0, 20, 20), large = ask(1, 40, 40), third = ask(2, 30, 30);
    (void)state;
    as_gpu_texture *first = show(gpu, &small, &b), *second = show(gpu, &large, &b);
    assert_ptr_not_equal(first, second);
    assert_fails(as_gpu_show(gpu, &third, &b.view, &none, &error), AS_ERROR_LIMIT, &error,
                 "all 2 textures are held; release one");
    as_gpu_memory memory = as_gpu_count(gpu);
    assert_int_equal(memory.textures, 2);
    assert_int_equal(memory.texture_bytes, 400 + 1600);
    assert_int_equal(memory.held, 2);
    assert_int_equal(memory.host_bytes, 2 * 20 * 8);
    as_gpu_release(gpu, first, NULL); /* of another size: gives way */
    first = show(gpu, &third, &b);
    memory = as_gpu_count(gpu);
    assert_int_equal(memory.textures, 2);
    assert_int_equal(memory.texture_bytes, 900 + 1600);
    as_gpu_release(gpu, first, NULL);
    as_gpu_release(gpu, second, NULL);
    const as_gpu_request again = ask(7, 30, 30);
    assert_ptr_equal(show(gpu, &again, &b), first); /* none is made while one is free */
    const as_gpu_request beside = ask(8, 30, 30);
    show(gpu, &beside, &b);
    assert_int_equal(as_gpu_count(gpu).textures, 2);
    bits_free(&b);
    as_gpu_destroy(gpu, false);
}

void gpu_test_find(void **state)
{
    as_gpu *gpu = gpu_under_test.make(3, 100);
    bits b = bits_make(20, 20);
    as_error error;
    as_gpu_texture *found = NULL;
    as_gpu_request request = ask(5, 20, 20);
    (void)state;
    assert_int_equal(as_gpu_find(gpu, &request, &found, &error), AS_NOT_READY);
    as_gpu_texture *texture = show(gpu, &request, &b);
    assert_ok(as_gpu_find(gpu, &request, &found, &error), &error);
    assert_ptr_equal(found, texture);
    assert_int_equal(found->held, 2);
    as_gpu_release(gpu, found, NULL);
    as_gpu_release(gpu, found, NULL);
    assert_ok(as_gpu_find(gpu, &request, &found, &error), &error); /* also when it is free */
    assert_int_equal(found->held, 1);
    assert_int_equal(gpu->numbers.shown_already, 2);
    assert_int_equal(gpu->numbers.frames, 3);
    request.width = 21;
    assert_int_equal(as_gpu_find(gpu, &request, &found, &error), AS_NOT_READY);
    request.width = 20;
    request.stream = 2;
    assert_int_equal(as_gpu_find(gpu, &request, &found, &error), AS_NOT_READY);
    request.stream = 1;
    request.index = 6;
    assert_int_equal(as_gpu_find(gpu, &request, &found, &error), AS_NOT_READY);
    bits_free(&b);
    as_gpu_destroy(gpu, false);
}

void gpu_test_release(void **state)
{
    as_gpu *gpu = gpu_under_test.make(1, 100), *other = gpu_under_test.make(1, 100);
    bits b = bits_make(20, 20);
    const as_gpu_request request = ask(5, 20, 20);
    (void)state;
    as_gpu_texture *texture = show(gpu, &request, &b);
    as_gpu_release(other, texture, NULL); /* not its own */
    assert_int_equal(texture->held, 1);
    as_gpu_release(gpu, texture, NULL);
    as_gpu_release(gpu, texture, NULL); /* once too often */
    as_gpu_release(gpu, NULL, NULL);
    assert_int_equal(texture->held, 0);
    bits_free(&b);
    as_gpu_destroy(other, false);
    as_gpu_destroy(gpu, true);
    as_gpu_destroy(NULL, false);
}

/* Each allocation fails once; after that the same device goes on. */
void gpu_test_allocations(void **state)
{
    bits b = bits_make(70, 30);
    (void)state;
    bits_fill(&b, 5, 5, 60, 20, true);
    const as_gpu_request request = ask(0, 33, 44);
    for (uint64_t n = 0;; n++) {
        as_gpu *gpu = NULL;
        as_gpu_texture *texture = NULL;
        as_error error;
        test_alloc_fail_at(n);
        as_result result = gpu_under_test.try_make(&gpu, &error);
        if (result == AS_OK)
            result = as_gpu_show(gpu, &request, &b.view, &texture, &error);
        const bool failed = test_alloc_failed();
        /* A backend may do without some memory. */
        assert_true(result == AS_OK || (failed && result == AS_ERROR_OUT_OF_MEMORY));
        if (gpu && failed)
            expect_shown(&b, show(gpu, &request, &b));
        as_gpu_destroy(gpu, false);
        if (!failed)
            break;
    }
    test_alloc_restore();
    bits_free(&b);
}
