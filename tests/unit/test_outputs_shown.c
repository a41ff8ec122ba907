/* SPDX-License-Identifier: MIT
 *
 * What buffers remember of the masks in them: which do, what that takes, and that it is what the
 * pixels are.
 */
#include "tests/unit/outputs_fixture.h"

#include "core/raster/r8.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/frame_memory.h"

enum { WIDTH = 320, HEIGHT = 200, PIXELS = WIDTH * HEIGHT };

static as_outputs *open_shown(uint32_t per_size, uint64_t most_bytes, as_scale_mode scale)
{
    const as_outputs_params params = {.per_size = per_size,
                                      .most_held = 4,
                                      .most_bytes = most_bytes,
                                      .canvas_width = WIDTH,
                                      .canvas_height = HEIGHT,
                                      .scale = scale};
    return as_outputs_create(&params);
}

/* Takes a buffer for `key` and gives it back; does it remember? */
static bool remembers(as_outputs *pool, as_output_key what)
{
    as_output *output;
    assert_int_equal(as_outputs_take(pool, what, NULL, NULL, &output), AS_OK);
    const bool does = as_output_shown(output) != NULL;
    as_outputs_give_back(pool, output);
    return does;
}

/* Masks that are large against the canvas; nothing else. */
static void test_which_remember(void **state)
{
    (void)state;
    const size_t shown = as_ras_shown_bytes(WIDTH, HEIGHT);
    as_outputs *pool = open_shown(1, 0, AS_SCALE_NEAREST);
    const uint32_t least = (uint32_t)(4 * shown);
    assert_true(remembers(pool, key_of(0, WIDTH, HEIGHT)));
    assert_true(remembers(pool, key_of(0, least, 1)));
    assert_false(remembers(pool, key_of(0, least - 64, 1)));
    assert_false(remembers(pool, key_of(0, WIDTH + 1, HEIGHT)));
    assert_false(remembers(pool, canvas_key(0, WIDTH, HEIGHT)));
    assert_false(remembers(pool, strip_key(0)));
    check_count(pool, 5,
                PIXELS + shown + least + shown + least - 64 + PIXELS + HEIGHT +
                    bytes_of(canvas_key(0, WIDTH, HEIGHT)),
                0);
    as_outputs_close(pool);
    pool = open_shown(1, 0, AS_SCALE_VECTOR);
    assert_true(remembers(pool, key_of(0, 64, 60)));
    check_count(pool, 1, 64 * 60 + as_ras_shown_bytes(64, 60), 0);
    as_outputs_close(pool);
    assert_int_equal(as_mem_live(), 0);
}

/* Shown by nobody yet. */
static void fill(as_outputs *pool, uint64_t index)
{
    as_output *output;
    assert_int_equal(as_outputs_take(pool, key_of(index, WIDTH, HEIGHT), NULL, NULL, &output),
                     AS_OK);
    as_outputs_publish(pool, output);
}

static void hand_out(as_outputs *pool, uint64_t index)
{
    as_frame *frame;
    assert_int_equal(as_outputs_get(pool, key_of(index, WIDTH, HEIGHT), &frame), AS_OK);
    as_output_frame_unref(frame);
}

static bool is_ready(as_outputs *pool, uint64_t index)
{
    return as_outputs_has(pool, key_of(index, WIDTH, HEIGHT));
}

/* The nearest to the next frame, as long as one was shown; then the oldest. */
static void test_what_was_shown_last_is_displaced_first(void **state)
{
    (void)state;
    as_outputs *pool = open_shown(4, 0, AS_SCALE_NEAREST);
    for (uint64_t i = 0; i < 4; i++)
        fill(pool, i);
    hand_out(pool, 1);
    hand_out(pool, 2);
    fill(pool, 4);
    assert_true(is_ready(pool, 1) && !is_ready(pool, 2));
    fill(pool, 5);
    assert_true(is_ready(pool, 0) && !is_ready(pool, 1));
    fill(pool, 6); /* what a buffer showed before does not count */
    assert_true(!is_ready(pool, 0) && is_ready(pool, 4) && is_ready(pool, 5));
    fill(pool, 7);
    assert_true(!is_ready(pool, 3) && is_ready(pool, 4));
    as_outputs_close(pool);
    assert_int_equal(as_mem_live(), 0);
}

/* The budget is one of all that a buffer takes. */
static void test_counted_in_the_budget(void **state)
{
    (void)state;
    const size_t bytes = PIXELS + as_ras_shown_bytes(WIDTH, HEIGHT);
    as_output *output;
    as_outputs *pool = open_shown(4, 2 * bytes - 1, AS_SCALE_NEAREST);
    assert_int_equal(as_outputs_take(pool, key_of(0, WIDTH, HEIGHT), NULL, NULL, &output), AS_OK);
    as_outputs_warm(pool, key_of(0, WIDTH, HEIGHT), 4);
    check_count(pool, 1, bytes, 0);
    as_outputs_give_back(pool, output);
    as_outputs_close(pool);
    pool = open_shown(4, bytes - 1, AS_SCALE_NEAREST);
    assert_int_equal(as_outputs_take(pool, key_of(0, WIDTH, HEIGHT), NULL, NULL, &output),
                     AS_ERROR_LIMIT);
    as_outputs_close(pool);
}

/* A canvas with one pixel, onto the output. */
static void show(as_output *output, as_canvas *canvas, uint32_t x)
{
    as_ras_clear(canvas);
    canvas->bits[x / 64] = UINT64_C(1) << x % 64;
    canvas->dirty_top = 0;
    canvas->dirty_bottom = 1;
    as_ras_update_r8(canvas, as_output_shown(output), as_output_data(output), WIDTH, HEIGHT, WIDTH);
}

static void check_shows(const uint8_t *pixels, uint32_t x)
{
    for (uint32_t i = 0; i < PIXELS; i++)
        if (pixels[i] != (i == x ? 255 : 0))
            fail_msg("pixel %u", i);
}

/* Through all that buffers go through: warmed, filled, given back, shown, forgotten, taken again.
 */
static void test_knows_what_is_there(void **state)
{
    (void)state;
    as_outputs *pool = open_shown(2, 0, AS_SCALE_NEAREST);
    as_canvas *canvas;
    as_error error;
    as_output *output;
    assert_ok(as_ras_create(WIDTH, HEIGHT, &canvas, &error), &error);
    as_outputs_warm(pool, key_of(0, WIDTH, HEIGHT), 1);
    for (uint32_t i = 0; i < 40; i++) {
        assert_int_equal(as_outputs_take(pool, key_of(i, WIDTH, HEIGHT), NULL, NULL, &output),
                         AS_OK);
        if (i % 3 != 0)
            show(output, canvas, 7 * i);
        if (i % 3 != 1) { /* not that one after all, pixels or none */
            as_outputs_give_back(pool, output);
            continue;
        }
        as_outputs_publish(pool, output);
        as_frame *frame = get_of(pool, key_of(i, WIDTH, HEIGHT));
        check_shows(data_of(frame), 7 * i);
        as_output_frame_unref(frame);
        if (i % 5 == 0)
            as_outputs_invalidate(pool);
    }
    as_ras_destroy(canvas);
    as_outputs_close(pool);
}

static void scenario(void)
{
    as_output *output = NULL;
    as_outputs *pool = open_shown(2, 0, AS_SCALE_NEAREST);
    if (!pool)
        return;
    as_outputs_warm(pool, key_of(0, WIDTH, HEIGHT), 1);
    for (uint64_t i = 0; i < 2; i++) {
        const as_outputs_numbers before = as_outputs_count(pool);
        if (as_outputs_take(pool, key_of(i, WIDTH, HEIGHT + i), NULL, NULL, &output) == AS_OK) {
            assert_non_null(as_output_shown(output));
            as_outputs_give_back(pool, output);
        } else { /* nothing is half there */
            assert_int_equal(as_outputs_count(pool).buffers, before.buffers);
            assert_int_equal(as_outputs_count(pool).bytes, before.bytes);
        }
    }
    as_outputs_close(pool);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    uint64_t n = 0;
    for (; test_alloc_fail_at(n), scenario(), test_alloc_failed(); n++)
        assert_int_equal(as_mem_live(), 0);
    test_alloc_restore();
    assert_true(n >= 10); /* pool, frames; each time: group, buffer, pixels, what they show */
}

/* A caller's memory gets no more than pixels, and all of it back. */
static void test_memory_of_the_caller(void **state)
{
    (void)state;
    test_frame_memory memory = {.fail_at = -1};
    const as_frame_allocator allocator = test_frame_allocator_of(&memory);
    const as_outputs_params params = {.per_size = 2,
                                      .most_held = 4,
                                      .canvas_width = WIDTH,
                                      .canvas_height = HEIGHT,
                                      .allocator = &allocator};
    as_outputs *pool = as_outputs_create(&params);
    assert_non_null(pool);
    assert_true(remembers(pool, key_of(0, WIDTH, HEIGHT)));
    assert_int_equal(atomic_load(&memory.bytes), PIXELS);
    as_outputs_close(pool);
    test_frame_memory_check_done(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_remember),
        cmocka_unit_test(test_what_was_shown_last_is_displaced_first),
        cmocka_unit_test(test_counted_in_the_budget),
        cmocka_unit_test(test_knows_what_is_there),
        cmocka_unit_test(test_every_allocation_fails_once),
        cmocka_unit_test(test_memory_of_the_caller),
    };
    return cmocka_run_group_tests_name("outputs shown", tests, NULL, test_nothing_alive);
}
