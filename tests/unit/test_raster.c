/* SPDX-License-Identifier: MIT
 *
 * Canvas, R8 and runs against the naive renderer, on random and on extreme input.
 */
#include "core/base/bytes.h"
#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/naive_raster.h"
#include "tests/support/records.h"

#include <inttypes.h>

static uint8_t *canvas_pixels(const as_canvas *canvas, uint32_t width, uint32_t height)
{
    const size_t size = (size_t)width * height;
    uint8_t *pixels = malloc(size);
    as_error error;
    assert_non_null(pixels);
    assert_ok(as_canvas_to_r8(canvas, pixels, size, width, height, 0, &error), &error);
    return pixels;
}

static void draw(as_canvas *canvas, const test_payload *payload, const naive_params *p)
{
    const as_raster_params params = {.struct_size = sizeof(params),
                                     .combine = p->parity ? AS_COMBINE_PARITY : AS_COMBINE_UNION,
                                     .source_width = p->source_width,
                                     .source_height = p->source_height};
    as_error error;
    assert_ok(as_canvas_draw(canvas, payload->bytes, payload->size, &params, &error), &error);
}

/* Draws on `canvas`, which keeps what it showed before, and compares with the naive mask. */
static void compare_on(as_canvas *canvas, const test_payload *payload, const naive_params *p)
{
    uint8_t *wanted = naive_raster(payload->bytes, payload->size, p);
    draw(canvas, payload, p);
    uint8_t *got = canvas_pixels(canvas, p->width, p->height);
    assert_same_bytes(got, wanted, (size_t)p->width * p->height);
    free(got);
    free(wanted);
}

static void compare(const test_payload *payload, const naive_params *p)
{
    as_canvas *canvas;
    as_error error;
    assert_ok(as_canvas_create(p->width, p->height, &canvas, &error), &error);
    compare_on(canvas, payload, p);
    as_canvas_destroy(&canvas);
}

static void test_random_matches_naive(void **state)
{
    (void)state;
    const uint64_t seed = test_seed("raster");
    for (uint64_t round = 0; round < 3000; round++) {
        test_random random = test_random_from(seed + round);
        naive_params p = {.width = (uint32_t)test_random_in(&random, 1, 200),
                          .height = (uint32_t)test_random_in(&random, 1, 100)};
        uint32_t w = p.width, h = p.height;
        p.parity = test_random_in(&random, 0, 1);
        if (test_random_in(&random, 0, 2) == 0) {
            p.source_width = w = (uint32_t)test_random_in(&random, 1, 300);
            p.source_height = h = (uint32_t)test_random_in(&random, 1, 300);
        }
        test_payload payload = test_random_payload(&random, w, h);
        compare(&payload, &p);
        test_payload_free(&payload);
    }
}

/* Where a segment may begin that goes `d` on: at either border, or anywhere. */
static int32_t place(test_random *random, int kind, int32_t d, int32_t size)
{
    const int32_t first = d < 0 ? -d : 0, last = size - 1 - (d > 0 ? d : 0);
    return kind == 0 ? first : kind == 1 ? last : (int32_t)test_random_in(random, first, last);
}

/* Segments of a few pixels in all directions: within words, across two, near the borders. */
static void test_short_segments(void **state)
{
    enum { LONGEST = 10, SPAN = 2 * LONGEST + 1, PLACES = 12 };
    (void)state;
    const naive_params p = {.width = 140, .height = 30};
    test_random random = test_random_from(test_seed("short"));
    as_canvas *canvas;
    as_error error;
    assert_ok(as_canvas_create(p.width, p.height, &canvas, &error), &error);
    for (int i = 0; i < SPAN * SPAN * PLACES; i++) {
        const int32_t dx = i / PLACES % SPAN - LONGEST, dy = i / PLACES / SPAN - LONGEST;
        const int32_t x = place(&random, i % 4, dx, 140), y = place(&random, i % 3, dy, 30);
        const test_point points[] = {{x, y}, {x + dx, y + dy}, {70, 15}};
        test_records records = {0};
        test_records_add(&records, points, 2 + (size_t)(i % PLACES >= 4));
        test_payload payload = test_records_finish(&records);
        compare_on(canvas, &payload, &p);
        test_payload_free(&payload);
    }
    as_canvas_destroy(&canvas);
}

/* Long ones, flat and steep, to both sides: points of a small canvas, far apart on a large one. */
static void test_long_segments(void **state)
{
    enum { ROUNDS = 40, SOURCE = 120 };
    static const uint32_t sizes[][2] = {{16384, 11}, {13, 16384}, {960, 720}, {721, 958}};
    (void)state;
    test_random random = test_random_from(test_seed("long"));
    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        const naive_params p = {.width = sizes[s][0],
                                .height = sizes[s][1],
                                .source_width = SOURCE,
                                .source_height = SOURCE};
        as_canvas *canvas;
        as_error error;
        assert_ok(as_canvas_create(p.width, p.height, &canvas, &error), &error);
        for (int i = 0; i < ROUNDS; i++) {
            test_point points[3];
            for (int k = 0; k < 3; k++)
                points[k] = (test_point){(int32_t)test_random_in(&random, 0, SOURCE - 1),
                                         (int32_t)test_random_in(&random, 0, SOURCE - 1)};
            test_records records = {0};
            test_records_add(&records, points, 2 + (size_t)(i % 8 != 0));
            test_payload payload = test_records_finish(&records);
            compare_on(canvas, &payload, &p);
            test_payload_free(&payload);
        }
        as_canvas_destroy(&canvas);
    }
}

/* One canvas for many frames: nothing of one shows in the next. */
static void test_canvas_is_reusable(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("reuse"));
    const naive_params p = {.width = 130, .height = 70};
    as_canvas *canvas;
    as_error error;
    assert_ok(as_canvas_create(p.width, p.height, &canvas, &error), &error);
    for (int i = 0; i < 500; i++) {
        test_payload payload = test_random_payload(&random, p.width, p.height);
        compare_on(canvas, &payload, &p);
        test_payload_free(&payload);
    }
    as_canvas_destroy(&canvas);
}

static void test_random_sizes_match_naive(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("sizes"));
    for (int i = 0; i < 400; i++) {
        const naive_params p = {.width = (uint32_t)test_random_in(&random, 1, 200),
                                .height = (uint32_t)test_random_in(&random, 1, 60)};
        const uint32_t w = (uint32_t)test_random_in(&random, 1, 400);
        const uint32_t h = (uint32_t)test_random_in(&random, 1, 150);
        test_payload payload = test_random_payload(&random, p.width, p.height);
        uint8_t *mask = naive_raster(payload.bytes, payload.size, &p);
        uint8_t *wanted = naive_resize(mask, p.width, p.height, w, h);
        as_canvas *canvas;
        as_error error;
        assert_ok(as_canvas_create(p.width, p.height, &canvas, &error), &error);
        draw(canvas, &payload, &p);
        uint8_t *got = canvas_pixels(canvas, w, h);
        assert_same_bytes(got, wanted, (size_t)w * h);
        as_canvas_destroy(&canvas);
        free(got);
        free(wanted);
        free(mask);
        test_payload_free(&payload);
    }
}

/* Rows of noise take the pixel-by-pixel ways. */
static void test_noise_at_every_size(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("noise"));
    enum { W = 150, H = 8 };
    test_records records = {0};
    for (int i = 0; i < 500; i++) {
        const int32_t x = (int32_t)test_random_in(&random, 0, W - 1);
        const int32_t y = (int32_t)test_random_in(&random, 0, H - 1);
        const test_point pixel[2] = {{x, y}, {x, y}};
        test_records_add(&records, pixel, 2);
    }
    test_payload payload = test_records_finish(&records);
    const naive_params p = {.width = W, .height = H};
    uint8_t *mask = naive_raster(payload.bytes, payload.size, &p);
    as_canvas *canvas;
    as_error error;
    assert_ok(as_canvas_create(W, H, &canvas, &error), &error);
    draw(canvas, &payload, &p);
    for (uint32_t w = 1; w <= 320; w++) {
        uint8_t *wanted = naive_resize(mask, W, H, w, 11);
        uint8_t *got = canvas_pixels(canvas, w, 11);
        assert_same_bytes(got, wanted, (size_t)w * 11);
        free(got);
        free(wanted);
    }
    as_canvas_destroy(&canvas);
    free(mask);
    test_payload_free(&payload);
}

static void test_runs_rebuild_the_mask(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("runs"));
    for (int i = 0; i < 300; i++) {
        const naive_params p = {.width = (uint32_t)test_random_in(&random, 1, 200),
                                .height = (uint32_t)test_random_in(&random, 1, 60)};
        test_payload payload = test_random_payload(&random, p.width, p.height);
        uint8_t *wanted = naive_raster(payload.bytes, payload.size, &p);
        uint8_t *got = calloc(p.width, p.height);
        as_canvas *canvas;
        as_error error;
        size_t count = 0, again = 0;
        assert_non_null(got);
        assert_ok(as_canvas_create(p.width, p.height, &canvas, &error), &error);
        draw(canvas, &payload, &p);
        assert_ok(as_canvas_get_runs(canvas, NULL, 0, &count, &error), &error);
        as_run *runs = calloc(count + 1, sizeof(*runs));
        assert_non_null(runs);
        assert_ok(as_canvas_get_runs(canvas, runs, count, &again, &error), &error);
        assert_int_equal(count, again);
        for (size_t r = 0; r < count; r++) {
            assert_true(runs[r].x0 < runs[r].x1);
            if (r > 0 && runs[r].y == runs[r - 1].y)
                assert_true(runs[r].x0 > runs[r - 1].x1); /* as long as possible */
            memset(got + (size_t)runs[r].y * p.width + runs[r].x0, 255,
                   (size_t)(runs[r].x1 - runs[r].x0));
        }
        assert_same_bytes(got, wanted, (size_t)p.width * p.height);
        if (count > 1)
            assert_fails(as_canvas_get_runs(canvas, runs, 1, &again, &error), AS_ERROR_LIMIT,
                         &error, "runs");
        as_canvas_destroy(&canvas);
        free(runs);
        free(got);
        free(wanted);
        test_payload_free(&payload);
    }
}

static void test_view_matches_pixels(void **state)
{
    (void)state;
    const test_point triangle[3] = {{3, 2}, {99, 5}, {20, 9}}; /* beyond the right border */
    test_records records = {0};
    test_records_add(&records, triangle, 3);
    test_payload payload = test_records_finish(&records);
    const naive_params p = {.width = 70, .height = 12};
    uint8_t *wanted = naive_raster(payload.bytes, payload.size, &p);
    as_canvas *canvas;
    as_canvas_view view;
    as_error error;
    assert_ok(as_canvas_create(70, 12, &canvas, &error), &error);
    draw(canvas, &payload, &p);
    assert_ok(as_canvas_get_view(canvas, &view, &error), &error);
    assert_int_equal(view.width, 70);
    assert_int_equal(view.height, 12);
    assert_int_equal((uintptr_t)view.words % 64, 0);
    for (uint32_t y = 0; y < 12; y++)
        for (uint32_t x = 0; x < view.stride_words * 64; x++) {
            const int bit = view.words[y * view.stride_words + x / 64] >> (x % 64) & 1;
            assert_int_equal(bit, x < 70 && wanted[y * 70 + x] == 255);
        }
    as_canvas_destroy(&canvas);
    free(wanted);
    test_payload_free(&payload);
}

/* Channels whose box is large against their crossings, with spans that overlap a lot. */
static void test_sparse_channels(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("sparse"));
    const naive_params p = {.width = 3000, .height = 64};
    for (int round = 0; round < 20; round++) {
        test_records records = {0};
        for (int i = 0; i < 30; i++) {
            uint8_t record[10];
            const uint32_t x = (uint32_t)test_random_in(&random, 0, 3300);
            const uint32_t y = (uint32_t)test_random_in(&random, 0, 70);
            record[0] = (uint8_t)x;
            record[1] = (uint8_t)(x >> 8);
            record[2] = (uint8_t)y;
            record[3] = (uint8_t)(y >> 8);
            for (int k = 4; k < 10; k++)
                record[k] = (uint8_t)test_random_u64(&random);
            test_records_add_raw(&records, record, sizeof(record));
        }
        /* Wide ones: many steps to the right, then the closing segment all the way back. */
        for (int i = 0; i < 10; i++) {
            test_point points[3] = {{(int32_t)test_random_in(&random, 0, 900), 0},
                                    {(int32_t)test_random_in(&random, 1500, 3500), 0},
                                    {0, 0}};
            for (int k = 0; k < 3; k++)
                points[k].y = (int32_t)test_random_in(&random, 0, 63);
            points[2].x = points[0].x + 1;
            test_records_add(&records, points, 3);
        }
        test_payload payload = test_records_finish(&records);
        compare(&payload, &p);
        test_payload_free(&payload);
    }
}

/* Thousands of wide, flat channels: all are filled from sorted pairs and share what is known to be
 * full. (That this does not cost a canvas each shows in bench/.) */
static void test_many_wide_channels(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("wide"));
    test_records records = {0};
    for (int32_t i = 0; i < 3000; i++) {
        const int32_t y = (int32_t)test_random_in(&random, 0, 39);
        const int32_t left = (int32_t)test_random_in(&random, 0, 3000);
        const test_point flat[3] = {{left, y}, {left + 1000, y + 3}, {left + 20, y + 1}};
        test_records_add(&records, flat, 3);
    }
    test_payload payload = test_records_finish(&records);
    const naive_params p = {.width = 4096, .height = 44};
    compare(&payload, &p);
    test_payload_free(&payload);
}

/* ----------------------------------------------------------------------------- extremes ---- */

static void test_one_pixel_canvas_to_16384(void **state)
{
    (void)state;
    const test_point square[4] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
    test_records records = {0};
    test_records_add(&records, square, 4);
    test_payload payload = test_records_finish(&records);
    const naive_params p = {.width = 16384, .height = 16384, .source_width = 1, .source_height = 1};
    as_canvas *canvas;
    as_canvas_view view;
    as_error error;
    assert_ok(as_canvas_create(p.width, p.height, &canvas, &error), &error);
    draw(canvas, &payload, &p);
    assert_ok(as_canvas_get_view(canvas, &view, &error), &error);
    /* Points become (0,0) .. (16384,16384): every pixel is inside. */
    for (size_t i = 0; i < view.stride_words * 16384; i++)
        assert_true(view.words[i] == UINT64_MAX);
    as_canvas_destroy(&canvas);
    test_payload_free(&payload);
}

static void test_largest_canvas_and_size(void **state)
{
    (void)state;
    const test_point shape[4] = {{0, 0}, {16383, 1}, {16383, 16383}, {5, 16383}};
    test_records records = {0};
    test_records_add(&records, shape, 4);
    test_payload payload = test_records_finish(&records);
    const naive_params p = {.width = 16384, .height = 16384};
    uint8_t *wanted = naive_raster(payload.bytes, payload.size, &p);
    as_canvas *canvas;
    as_error error;
    assert_ok(as_canvas_create(p.width, p.height, &canvas, &error), &error);
    draw(canvas, &payload, &p);
    uint8_t *got = canvas_pixels(canvas, p.width, p.height);
    assert_same_bytes(got, wanted, (size_t)p.width * p.height);
    as_canvas_destroy(&canvas);
    free(got);
    free(wanted);
    test_payload_free(&payload);
}

/* A polyline that walks hundreds of thousands of pixels away and is closed from there. */
static void test_far_outside(void **state)
{
    (void)state;
    const int8_t directions[4][2] = {{127, 3}, {-128, -5}, {2, 127}, {-3, -128}};
    for (int d = 0; d < 4; d++) {
        enum { STEPS = 200000 };
        uint8_t *record = malloc(4 + 2 * STEPS);
        assert_non_null(record);
        record[0] = 60;
        record[1] = 0;
        record[2] = 40;
        record[3] = 0;
        for (size_t i = 0; i < STEPS; i++) {
            record[4 + 2 * i] = (uint8_t)directions[d][0];
            record[5 + 2 * i] = (uint8_t)directions[d][1];
        }
        record[4 + 2 * STEPS - 2] = (uint8_t)(d < 2 ? 0 : 100); /* bends, so that it has an area */
        record[4 + 2 * STEPS - 1] = (uint8_t)(d < 2 ? 100 : 0);
        test_records records = {0};
        test_records_add_raw(&records, record, 4 + 2 * STEPS);
        test_payload payload = test_records_finish(&records);
        const naive_params plain = {.width = 128, .height = 90, .parity = d & 1};
        compare(&payload, &plain);
        const naive_params scaled = {
            .width = 200, .height = 130, .source_width = 3, .source_height = 2};
        compare(&payload, &scaled);
        test_payload_free(&payload);
        free(record);
    }
}

static void test_smallest_inputs(void **state)
{
    (void)state;
    const struct {
        const char *bytes;
        size_t size;
    } records_of[] = {{"", 0},
                      {"abc", 3},
                      {"\5\0\4\0", 4},
                      {"\5\0\4\0\1", 5},
                      {"\5\0\4\0\1\1", 6},
                      {"\5\0\4\0\1\1\377\377", 8},
                      {"\5\0\4\0\0\0\0\0\0\0", 10}};
    for (size_t i = 0; i < sizeof(records_of) / sizeof(*records_of); i++) {
        test_records records = {0};
        test_records_add_raw(&records, records_of[i].bytes, records_of[i].size);
        test_payload payload = test_records_finish(&records);
        const naive_params p = {.width = 9, .height = 7, .parity = i & 1};
        compare(&payload, &p);
        test_payload_free(&payload);
    }
}

/* ------------------------------------------------------------------------------ wrong use -- */

static void test_malformed_payloads(void **state)
{
    (void)state;
    as_canvas *canvas;
    as_error error;
    uint8_t p[64] = {0};
    assert_ok(as_canvas_create(64, 64, &canvas, &error), &error);
    assert_fails(as_canvas_draw(canvas, p, 3, NULL, &error), AS_ERROR_DECODE, &error, "3 bytes");
    as_put_u32(p, 1);
    assert_fails(as_canvas_draw(canvas, p, 4, NULL, &error), AS_ERROR_DECODE, &error, "1 channels");
    as_put_u32(p, 0xFFFFFFFF);
    assert_fails(as_canvas_draw(canvas, p, 64, NULL, &error), AS_ERROR_DECODE, &error,
                 "limit of 65536");
    const as_raster_params all = {.struct_size = sizeof(all), .max_channels = 4194303};
    as_put_u32(p, 4194303);
    assert_fails(as_canvas_draw(canvas, p, 64, &all, &error), AS_ERROR_DECODE, &error,
                 "do not fit");
    as_put_u32(p, 2);
    as_put_u32(p + 4, 0xFFFFFFFF); /* 2^32 - 1 + 53 wraps to 52 in 32 bits */
    as_put_u32(p + 8, 53);
    assert_fails(as_canvas_draw(canvas, p, 64, NULL, &error), AS_ERROR_DECODE, &error,
                 "add up to 4294967348");
    as_put_u32(p + 4, 20);
    as_put_u32(p + 8, 31);
    assert_fails(as_canvas_draw(canvas, p, 64, NULL, &error), AS_ERROR_DECODE, &error, "add up");
    as_put_u32(p + 8, 32);
    assert_ok(as_canvas_draw(canvas, p, 64, NULL, &error), &error);
    const as_raster_params few = {.struct_size = sizeof(few), .max_channels = 1};
    assert_fails(as_canvas_draw(canvas, p, 64, &few, &error), AS_ERROR_DECODE, &error,
                 "limit of 1");
    size_t runs = 1; /* after an error the canvas is blank */
    assert_ok(as_canvas_get_runs(canvas, NULL, 0, &runs, &error), &error);
    assert_int_equal(runs, 0);
    as_canvas_destroy(&canvas);
}

static void test_arguments(void **state)
{
    (void)state;
    as_canvas *canvas = NULL;
    as_error error;
    as_canvas_view view;
    as_buffer strip = {.data = NULL};
    uint8_t payload[4] = {0}, pixels[64];
    size_t count;
    const uint32_t bad[] = {0, 16385, UINT32_MAX};
    for (int i = 0; i < 3; i++) {
        assert_fails(as_canvas_create(bad[i], 5, &canvas, &error), AS_ERROR_ARGUMENT, &error,
                     "1 to 16384");
        assert_fails(as_canvas_create(5, bad[i], &canvas, &error), AS_ERROR_ARGUMENT, &error,
                     "1 to 16384");
        assert_null(canvas);
    }
    assert_fails(as_canvas_create(1, 1, NULL, &error), AS_ERROR_ARGUMENT, &error, "out_canvas");
    assert_ok(as_canvas_create(8, 8, &canvas, &error), &error);
    assert_fails(as_canvas_draw(NULL, payload, 4, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "canvas");
    assert_fails(as_canvas_draw(canvas, NULL, 4, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "payload");
    as_raster_params params = {.struct_size = sizeof(params), .combine = 2};
    assert_fails(as_canvas_draw(canvas, payload, 4, &params, &error), AS_ERROR_ARGUMENT, &error,
                 "combine");
    params = (as_raster_params){.struct_size = sizeof(params), .source_width = 5};
    assert_fails(as_canvas_draw(canvas, payload, 4, &params, &error), AS_ERROR_ARGUMENT, &error,
                 "source");
    params = (as_raster_params){.struct_size = sizeof(params), .max_channels = 4194304};
    assert_fails(as_canvas_draw(canvas, payload, 4, &params, &error), AS_ERROR_ARGUMENT, &error,
                 "max_channels");
    params = (as_raster_params){.struct_size = 0xAAAAAAAA}; /* never set: nothing is read of it */
    assert_fails(as_canvas_draw(canvas, payload, 4, &params, &error), AS_ERROR_ARGUMENT, &error,
                 "struct_size");
    params = (as_raster_params){0};
    assert_fails(as_canvas_draw(canvas, payload, 4, &params, &error), AS_ERROR_ARGUMENT, &error,
                 "struct_size");
    assert_fails(as_canvas_to_r8(canvas, pixels, 63, 8, 8, 0, &error), AS_ERROR_ARGUMENT, &error,
                 "need 64");
    assert_fails(as_canvas_to_r8(canvas, pixels, 64, 8, 8, 7, &error), AS_ERROR_ARGUMENT, &error,
                 "stride");
    assert_fails(as_canvas_to_r8(canvas, pixels, 64, 8, 8, SIZE_MAX, &error), AS_ERROR_ARGUMENT,
                 &error, "stride");
    assert_fails(as_canvas_to_r8(canvas, pixels, 64, 0, 8, 0, &error), AS_ERROR_ARGUMENT, &error,
                 "1 to 16384");
    assert_fails(as_canvas_to_r8(canvas, NULL, 64, 8, 8, 0, &error), AS_ERROR_ARGUMENT, &error,
                 "pixels");
    assert_fails(as_canvas_get_runs(canvas, NULL, 3, &count, &error), AS_ERROR_ARGUMENT, &error,
                 "runs");
    assert_fails(as_canvas_get_view(canvas, NULL, &error), AS_ERROR_ARGUMENT, &error, "out_view");
    assert_fails(as_canvas_get_view(NULL, &view, &error), AS_ERROR_ARGUMENT, &error, "canvas");
    /* Refused for its size alone: none of it is read. */
    assert_fails(as_canvas_draw(canvas, payload, ((size_t)16 << 20) + 1, NULL, &error),
                 AS_ERROR_DECODE, &error, "over the limit");
    params =
        (as_raster_params){.struct_size = sizeof(params), .source_width = 8, .source_height = 8};
    assert_fails(as_triangle_strip(payload, 4, 8, 8, &params, NULL, &error), AS_ERROR_ARGUMENT,
                 &error, "out_vertices");
    assert_fails(as_triangle_strip(payload, 4, 0, 8, &params, &strip, &error), AS_ERROR_ARGUMENT,
                 &error, "1 to 16384");
    assert_int_equal(as_canvas_to_r8(NULL, NULL, 0, 0, 0, 0, NULL), AS_ERROR_ARGUMENT);
    as_canvas_destroy(&canvas);
    assert_null(canvas);
    as_canvas_destroy(&canvas);
    as_canvas_destroy(NULL);
}

/* A few KB that would take hours: long steps inflate from nothing, and are scaled up. */
static void test_endless_outlines_are_refused(void **state)
{
    (void)state;
    enum { STEPS = 1 << 18 };
    uint8_t *record = calloc(1, 4 + 2 * STEPS);
    assert_non_null(record);
    for (size_t i = 0; i < STEPS; i++)
        record[5 + 2 * i] = i & 1 ? 0x81 : 0x7F; /* 127 down, 127 up */
    test_records records = {0};
    test_records_add_raw(&records, record, 4 + 2 * STEPS);
    test_payload payload = test_records_finish(&records);
    const as_raster_params params = {
        .struct_size = sizeof(params), .source_width = 2048, .source_height = 32};
    as_canvas *canvas;
    as_error error;
    size_t runs = 1;
    assert_ok(as_canvas_create(16384, 16384, &canvas, &error), &error);
    assert_fails(as_canvas_draw(canvas, payload.bytes, payload.size, &params, &error),
                 AS_ERROR_LIMIT, &error, "2^32");
    assert_ok(as_canvas_get_runs(canvas, NULL, 0, &runs, &error), &error);
    assert_int_equal(runs, 0);
    assert_ok(as_canvas_draw(canvas, payload.bytes, payload.size, NULL, &error), &error);
    as_canvas_destroy(&canvas);
    test_payload_free(&payload);
    free(record);
}

/* Bytes between width and stride belong to the caller. */
static void test_stride_leaves_gaps_alone(void **state)
{
    (void)state;
    uint8_t pixels[3 * 10], payload[4] = {0};
    as_canvas *canvas;
    as_error error;
    memset(pixels, 7, sizeof(pixels));
    assert_ok(as_canvas_create(8, 8, &canvas, &error), &error);
    assert_ok(as_canvas_draw(canvas, payload, 4, NULL, &error), &error);
    assert_ok(as_canvas_to_r8(canvas, pixels, 24, 4, 3, 10, &error), &error);
    for (int i = 0; i < 30; i++)
        assert_int_equal(pixels[i], i % 10 < 4 ? 0 : 7);
    as_canvas_destroy(&canvas);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    const test_point sliver[3] = {{0, 0}, {2000, 1}, {1, 2}}; /* takes the sorted pairs */
    test_records records = {0};
    test_records_add(&records, sliver, 3);
    test_payload payload = test_records_finish(&records);
    uint64_t n = 0;
    do {
        test_alloc_fail_at(n++);
        as_canvas *canvas = NULL;
        as_error error;
        as_result result = as_canvas_create(2048, 64, &canvas, &error);
        if (result == AS_OK)
            result = as_canvas_draw(canvas, payload.bytes, payload.size, NULL, &error);
        if (result != AS_OK) {
            assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
            assert_non_null(strstr(error.text, "memory"));
        }
        if (result != AS_OK && canvas) { /* still usable */
            test_alloc_failed();
            assert_ok(as_canvas_draw(canvas, payload.bytes, payload.size, NULL, &error), &error);
        }
        as_canvas_destroy(&canvas);
        assert_int_equal(test_alloc_bytes(), 0);
    } while (test_alloc_failed());
    assert_true(n > 5);
    test_alloc_restore();
    test_payload_free(&payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_matches_naive),
        cmocka_unit_test(test_short_segments),
        cmocka_unit_test(test_long_segments),
        cmocka_unit_test(test_canvas_is_reusable),
        cmocka_unit_test(test_random_sizes_match_naive),
        cmocka_unit_test(test_noise_at_every_size),
        cmocka_unit_test(test_runs_rebuild_the_mask),
        cmocka_unit_test(test_view_matches_pixels),
        cmocka_unit_test(test_sparse_channels),
        cmocka_unit_test(test_many_wide_channels),
        cmocka_unit_test(test_one_pixel_canvas_to_16384),
        cmocka_unit_test(test_largest_canvas_and_size),
        cmocka_unit_test(test_far_outside),
        cmocka_unit_test(test_smallest_inputs),
        cmocka_unit_test(test_endless_outlines_are_refused),
        cmocka_unit_test(test_malformed_payloads),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_stride_leaves_gaps_alone),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests_name("raster", tests, NULL, test_nothing_alive);
}
