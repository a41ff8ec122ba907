/* SPDX-License-Identifier: MIT
 *
 * core/cache/outputs: strips and canvases, beside masks.
 */
#include "tests/unit/outputs_fixture.h"

/* ------------------------------------------------------------------------------ strips ---- */

static void test_strips(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(2, 4, 0);
    as_frame_info info;
    assert_int_equal(make_strip(pool, 3, 16), AS_OK);
    assert_int_equal(make(pool, 3), AS_OK);
    assert_true(as_outputs_has(pool, strip_key(3)));
    check_count(pool, 2, BYTES + 64, 0);
    as_frame *strip = get_of(pool, strip_key(3));
    as_output_frame_info(strip, &info);
    assert_true(info.index == 3);
    assert_null(info.data);
    assert_int_equal(info.floats, 16);
    assert_true(info.vertices[15] == 3.0f);
    assert_int_equal(info.width, 2048);
    assert_int_equal(info.height, 1024);
    assert_int_equal(info.stride, 0);
    for (uint64_t i = 4; i < 8; i++)
        assert_int_equal(make_strip(pool, i, 0), AS_OK); /* an empty mask */
    assert_false(as_outputs_has(pool, strip_key(5)));
    as_frame *empty = get_of(pool, strip_key(7));
    as_output_frame_info(empty, &info);
    assert_null(info.vertices);
    assert_null(info.data);
    assert_int_equal(info.floats, 0);
    assert_int_equal(info.width, 2048);
    as_output_frame_unref(empty);
    for (uint64_t i = 8; i < 12; i++)
        assert_int_equal(make_strip(pool, i, 16), AS_OK);
    check_count(pool, 4, BYTES + 3 * 64, 1);
    as_outputs_invalidate(pool);
    check_count(pool, 2, BYTES + 64, 1); /* the held strip, the spare mask */
    as_outputs_close(pool);
    as_output_frame_info(strip, &info);
    assert_true(info.vertices[0] == 3.0f);
    as_output_frame_unref(strip);
    assert_int_equal(as_mem_live(), 0);
}

static void test_strips_count_against_the_bytes(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(3, 4, BYTES + 128);
    assert_int_equal(make(pool, 1), AS_OK);
    assert_int_equal(make_strip(pool, 1, 16), AS_OK);
    assert_int_equal(make_strip(pool, 2, 16), AS_OK);
    check_count(pool, 3, BYTES + 128, 0);
    assert_int_equal(make_strip(pool, 3, 16), AS_OK); /* too much, but that is known only now */
    check_count(pool, 4, BYTES + 192, 0);
    assert_int_equal(make_strip(pool, 4, 16), AS_OK);
    assert_false(as_outputs_has(pool, key(1)));
    assert_true(as_outputs_count(pool).bytes <= BYTES + 128);
    assert_int_equal(make(pool, 5), AS_OK);
    assert_true(as_outputs_count(pool).bytes <= BYTES + 128);
    as_outputs_close(pool);
    assert_int_equal(as_mem_live(), 0);
}

/* ---------------------------------------------------------------------------- canvases ---- */

static void test_canvases(void **state)
{
    (void)state;
    static const uint32_t widths[][2] = {{1, 1}, {63, 1}, {64, 1}, {65, 2}, {16384, 256}};
    as_outputs *pool = open_pool(2, 4, 0);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < 5; i++) {
        const as_output_key what = canvas_key(i, widths[i][0], 3);
        assert_int_equal(make_of(pool, what), AS_OK);
        bytes += 3 * 8 * widths[i][1];
        check_count(pool, i + 1, bytes, 0);
        as_frame *frame = get_of(pool, what);
        check_frame(frame, what);
        as_output_frame_unref(frame);
    }
    as_outputs_close(pool);
    assert_int_equal(as_mem_live(), 0);
}

/* A mask, a canvas and a strip of one frame have nothing in common. */
static void test_kinds_are_told_apart(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(2, 4, 0);
    as_canvas_view view;
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal(make_of(pool, canvas_key(i, W, H)), AS_OK);
        assert_false(as_outputs_has(pool, key(i)));
        assert_int_equal(make(pool, i), AS_OK);
        assert_int_equal(make_strip(pool, i, 16), AS_OK);
    }
    check_count(pool, 6, 2 * (BYTES + 8 * H + 64), 0);
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal(as_outputs_has(pool, key(i)), i >= 3);
        assert_int_equal(as_outputs_has(pool, canvas_key(i, W, H)), i >= 3);
        assert_int_equal(as_outputs_has(pool, strip_key(i)), i >= 3);
    }
    as_frame *mask = get(pool, 4), *canvas = get_of(pool, canvas_key(4, W, H));
    as_frame *strip = get_of(pool, strip_key(4));
    check_frame(mask, key(4));
    check_frame(canvas, canvas_key(4, W, H));
    assert_false(as_output_frame_canvas(strip, &view));
    check_count(pool, 6, 2 * (BYTES + 8 * H + 64), 3);
    as_output_frame_unref(mask);
    as_output_frame_unref(strip);
    as_outputs_invalidate(pool);
    assert_false(as_outputs_has(pool, canvas_key(4, W, H)));
    check_frame(canvas, canvas_key(4, W, H));
    as_outputs_close(pool);
    check_frame(canvas, canvas_key(4, W, H));
    as_output_frame_unref(canvas);
    assert_int_equal(as_mem_live(), 0);
}

static void test_masks_give_way_to_canvases(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(4, 4, 2 * BYTES);
    int asked = 0;
    as_output *output;
    assert_int_equal(make(pool, 0), AS_OK);
    assert_int_equal(make(pool, 1), AS_OK);
    assert_int_equal(as_outputs_take(pool, canvas_key(5, W, H), keep_even, &asked, &output), AS_OK);
    paint(output, canvas_key(5, W, H));
    as_outputs_publish(pool, output);
    assert_true(as_outputs_has(pool, key(0)));
    assert_false(as_outputs_has(pool, key(1)));
    check_count(pool, 2, BYTES + 8 * H, 0);
    assert_int_equal(make_of(pool, canvas_key(6, W, 300)), AS_ERROR_LIMIT);
    as_outputs_close(pool);
}

/* -------------------------------------------------------------------------------- sweep ---- */

/* One kind and size goes, but for what is held. */
static void test_sweep(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(3, 4, 0);
    assert_int_equal(make(pool, 1), AS_OK);
    assert_int_equal(make(pool, 2), AS_OK);
    assert_int_equal(make_of(pool, canvas_key(1, W, H)), AS_OK);
    assert_int_equal(make_of(pool, key_of(1, W + 1, H)), AS_OK);
    as_frame *held = get_of(pool, key(2));
    as_outputs_warm(pool, key(0), 1); /* a spare one */
    const uint64_t rest = bytes_of(canvas_key(1, W, H)) + bytes_of(key_of(1, W + 1, H));
    check_count(pool, 5, 3 * BYTES + rest, 1);
    as_outputs_sweep(pool, key(7)); /* any index */
    check_count(pool, 3, BYTES + rest, 1);
    assert_false(as_outputs_has(pool, key(1)));
    assert_true(as_outputs_has(pool, canvas_key(1, W, H)));
    assert_true(as_outputs_has(pool, key_of(1, W + 1, H)));
    as_outputs_sweep(pool, key_of(1, W + 2, H)); /* there is none */
    as_output_frame_unref(held);
    as_outputs_sweep(pool, key(0));
    check_count(pool, 2, rest, 0);
    as_outputs_close(pool);
    assert_int_equal(as_mem_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strips),
        cmocka_unit_test(test_strips_count_against_the_bytes),
        cmocka_unit_test(test_canvases),
        cmocka_unit_test(test_kinds_are_told_apart),
        cmocka_unit_test(test_masks_give_way_to_canvases),
        cmocka_unit_test(test_sweep),
    };
    return cmocka_run_group_tests_name("outputs kinds", tests, NULL, test_nothing_alive);
}
