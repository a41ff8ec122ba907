/* SPDX-License-Identifier: MIT
 *
 * How much the GPU is given to do: the words of the boxes that it fills follow from what is drawn,
 * not from the canvas. Without a GPU.
 */
#include "core/base/bytes.h"
#include "gpu/vulkan/raster_internal.h"
#include "tests/support/check.h"
#include "tests/support/records.h"

enum { LANES = 32 };

typedef struct sheet {
    uint32_t width, height;
    const as_scale *scale;
    as_combine combine;
} sheet;

static as_vulkan_plan plan; /* too large for a stack */

/* Plans the payload, has `look` look at it, and frees it. */
static void make_plan(const sheet *s, test_payload *payload,
                      void (*look)(const sheet *s, const as_polystream *stream, void *user),
                      void *user)
{
    const uint32_t words = as_vulkan_stride(s->width) * s->height;
    const as_vulkan_room room = {words, as_vulkan_most_jobs(words), LANES};
    as_polystream stream;
    as_vulkan_upload upload;
    as_error error;
    assert_ok(as_polystream_parse(&stream, payload->bytes, payload->size, 1 << 20, &error), &error);
    const as_vulkan_draw draw = {.stream = &stream,
                                 .canvas_width = s->width,
                                 .canvas_height = s->height,
                                 .scale = s->scale,
                                 .combine = s->combine};
    assert_true(as_vulkan_upload_layout(&stream, &upload));
    uint32_t *map = malloc(upload.bytes + 4);
    assert_non_null(map);
    assert_true(as_vulkan_plan_write(&draw, &upload, &room, map, &plan));
    assert_true(plan.bytes <= upload.bytes);
    if (look)
        look(s, &stream, user);
    free(map);
    test_payload_free(payload);
}

static uint64_t count_jobs(void)
{
    uint64_t jobs = 0;
    for (uint32_t i = 0; i < plan.batches_count; i++)
        jobs += plan.batches[i].jobs;
    return jobs;
}

/* ----------------------------------------------------------------------------- by hand ------- */

static void test_small_triangle(void **state)
{
    static const as_combine ways[] = {AS_COMBINE_UNION, AS_COMBINE_PARITY};
    const test_point triangle[3] = {{5000, 4000}, {5009, 4003}, {5002, 4010}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        const sheet s = {.width = 8192, .height = 8192, .combine = ways[i]};
        test_records records = {0};
        test_records_add(&records, triangle, 3);
        test_payload payload = test_records_finish(&records);
        make_plan(&s, &payload, NULL, NULL);
        assert_int_equal(plan.box_words, 10); /* columns 4992 .. 5023, rows 4000 .. 4009 */
        assert_int_equal(count_jobs(), 1);
        assert_int_equal(plan.end_row - plan.first_row, 11);
    }
}

/* What encloses nothing, or lies outside, takes no part in the box. */
static void test_nothing_to_fill(void **state)
{
    const test_point line[2] = {{3, 3}, {120, 90}}, flat[3] = {{5, 9}, {800, 9}, {400, 9}};
    const test_point left[3] = {{0, 0}, {-50, 10}, {-20, 400}};
    const sheet s = {.width = 1000, .height = 800, .combine = AS_COMBINE_PARITY};
    test_records records = {0};
    (void)state;
    test_records_add(&records, line, 2);
    test_records_add(&records, flat, 3);
    test_payload payload = test_records_finish(&records);
    make_plan(&s, &payload, NULL, NULL);
    assert_int_equal(plan.box_words, 0);
    assert_int_equal(count_jobs(), 0);
    test_records_add(&records, line, 2);
    test_records_add(&records, left, 3);
    payload = test_records_finish(&records);
    make_plan(&s, &payload, NULL, NULL);
    assert_int_equal(plan.box_words, 400); /* a word of each row that it crosses */
    assert_int_equal(plan.batches_count, 1);
}

/* ------------------------------------------------------------------------------ random ------- */

typedef struct box {
    int64_t left, top, right, bottom; /* bottom: behind the last row */
} box;

static int64_t clamp(int64_t v, int64_t most)
{
    return v < 0 ? 0 : v > most ? most : v;
}

/* Of a closed channel, point by point. false: there is nothing to fill. */
static bool find_box(const sheet *s, const as_record *record, box *b)
{
    int64_t x = as_get_u16(record->bytes), y = as_get_u16(record->bytes + 2);
    *b = (box){INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN};
    for (uint32_t i = 0; i < record->points; i++) {
        if (i != 0) {
            x += (int8_t)record->bytes[2 + 2 * (size_t)i];
            y += (int8_t)record->bytes[3 + 2 * (size_t)i];
        }
        const int64_t px = s->scale ? as_scale_x(s->scale, x) : x;
        const int64_t py = s->scale ? as_scale_y(s->scale, y) : y;
        b->left = px < b->left ? px : b->left;
        b->right = px > b->right ? px : b->right;
        b->top = py < b->top ? py : b->top;
        b->bottom = py > b->bottom ? py : b->bottom;
    }
    const bool is_seen = b->right >= 0 && b->left < s->width && b->bottom > 0 && b->top < s->height;
    b->left = clamp(b->left, s->width - 1) / 32;
    b->right = clamp(b->right, s->width - 1) / 32 + 1;
    b->top = clamp(b->top, s->height);
    b->bottom = clamp(b->bottom, s->height);
    return record->points >= 3 && is_seen && b->top < b->bottom;
}

static void expect_box_words(const sheet *s, const as_polystream *stream, void *user)
{
    box all = {INT64_MAX, INT64_MAX, 0, 0};
    int64_t sum = 0;
    size_t cursor = 0;
    for (uint32_t i = 0; i < stream->channels; i++) {
        const as_record record = as_polystream_next(stream, i, &cursor);
        box b;
        if (record.points < 2 || !find_box(s, &record, &b))
            continue;
        sum += (b.right - b.left) * (b.bottom - b.top);
        all.left = b.left < all.left ? b.left : all.left;
        all.right = b.right > all.right ? b.right : all.right;
        all.top = b.top < all.top ? b.top : all.top;
        all.bottom = b.bottom > all.bottom ? b.bottom : all.bottom;
    }
    if (s->combine == AS_COMBINE_PARITY && sum != 0)
        sum = (all.right - all.left) * (all.bottom - all.top);
    assert_int_equal(plan.box_words, sum);
    assert_true(count_jobs() <= (uint64_t)sum / 32 + stream->channels);
    *(uint64_t *)user += (uint64_t)sum;
}

static void test_random_boxes(void **state)
{
    const uint64_t seed = test_seed("boxes");
    uint64_t words = 0;
    (void)state;
    for (uint64_t round = 0; round < 400; round++) {
        test_random random = test_random_from(seed + round);
        sheet s = {.width = (uint32_t)test_random_in(&random, 1, 900),
                   .height = (uint32_t)test_random_in(&random, 1, 500),
                   .combine = (as_combine)(round & 1)};
        const as_scale scale = {(uint32_t)test_random_in(&random, 1, 900),
                                (uint32_t)test_random_in(&random, 1, 500), s.width, s.height};
        const bool scaled = round % 3 == 0;
        s.scale = scaled ? &scale : NULL;
        test_payload payload = test_random_payload(&random, scaled ? scale.from_width : s.width,
                                                   scaled ? scale.from_height : s.height);
        make_plan(&s, &payload, expect_box_words, &words);
    }
    assert_true(words > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_small_triangle),
                                       cmocka_unit_test(test_nothing_to_fill),
                                       cmocka_unit_test(test_random_boxes)};
    return cmocka_run_group_tests_name("vk_plan", tests, NULL, NULL);
}
