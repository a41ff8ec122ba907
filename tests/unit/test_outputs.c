/* SPDX-License-Identifier: MIT
 *
 * core/cache/outputs: which buffers there are, what they show, and which of them gives way.
 */
#include "tests/unit/outputs_fixture.h"

#include "tests/support/failing_alloc.h"

static void test_take_publish_get(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(3, 4, 0);
    as_output *output;
    as_frame *frame = NULL;
    check_count(pool, 0, 0, 0);
    assert_int_equal(as_outputs_get(pool, key(7), &frame), AS_NOT_READY);
    assert_null(frame);
    assert_int_equal(as_outputs_take(pool, key(7), NULL, NULL, &output), AS_OK);
    check_count(pool, 1, BYTES, 0);
    assert_false(as_outputs_has(pool, key(7))); /* filling */
    paint(output, key(7));
    as_outputs_publish(pool, output);
    assert_true(as_outputs_has(pool, key(7)));
    assert_false(as_outputs_has(pool, key_of(7, H, W)));
    frame = get(pool, 7);
    as_frame *other = get(pool, 7); /* two frames on one buffer */
    assert_ptr_not_equal(frame, other);
    assert_ptr_equal(data_of(frame), data_of(other));
    check_frame(frame, key(7));
    check_count(pool, 1, BYTES, 2);
    assert_ptr_equal(as_output_frame_ref(frame), frame);
    as_output_frame_unref(frame);
    as_output_frame_unref(other);
    check_count(pool, 1, BYTES, 1);
    check_frame(frame, key(7));
    as_output_frame_unref(frame);
    check_count(pool, 1, BYTES, 0);
    assert_true(as_outputs_has(pool, key(7)));
    as_outputs_close(pool);
    as_outputs_close(NULL);
    assert_int_equal(as_mem_live(), 0);
}

static void test_the_least_recently_used_is_displaced(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(3, 4, 0);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(make(pool, i), AS_OK);
    as_output_frame_unref(get(pool, 0));
    assert_int_equal(make(pool, 3), AS_OK);
    assert_false(as_outputs_has(pool, key(1)));
    assert_int_equal(make(pool, 4), AS_OK);
    assert_false(as_outputs_has(pool, key(2)));
    assert_true(as_outputs_has(pool, key(0)));
    assert_int_equal(make(pool, 5), AS_OK);
    assert_false(as_outputs_has(pool, key(0)));
    check_count(pool, 3, 3 * BYTES, 0);
    as_outputs_close(pool);
}

static void test_kept_ones_are_not_displaced(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(3, 4, 0);
    as_output *output;
    int asked = 0;
    assert_int_equal(make(pool, 0), AS_OK);
    assert_int_equal(make(pool, 1), AS_OK);
    assert_int_equal(make(pool, 2), AS_OK);
    assert_int_equal(as_outputs_take(pool, key(4), keep_even, &asked, &output), AS_OK);
    assert_int_equal(asked, 2);
    assert_false(as_outputs_has(pool, key(1)));
    paint(output, key(4));
    as_outputs_publish(pool, output);
    assert_int_equal(as_outputs_take(pool, key(6), keep_even, &asked, &output), AS_NOT_READY);
    assert_null(output);
    for (uint64_t i = 0; i < 6; i += 2)
        assert_true(as_outputs_has(pool, key(i)));
    assert_int_equal(make(pool, 6), AS_OK);
    assert_false(as_outputs_has(pool, key(0)));
    as_outputs_close(pool);
}

static void test_all_filling(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(2, 4, 0);
    as_output *a, *b, *c;
    assert_int_equal(as_outputs_take(pool, key(0), NULL, NULL, &a), AS_OK);
    assert_int_equal(as_outputs_take(pool, key(1), NULL, NULL, &b), AS_OK);
    assert_int_equal(as_outputs_take(pool, key(2), NULL, NULL, &c), AS_NOT_READY);
    as_outputs_give_back(pool, a);
    assert_int_equal(as_outputs_take(pool, key(2), NULL, NULL, &c), AS_OK);
    paint(c, key(2));
    as_outputs_publish(pool, c);
    as_outputs_give_back(pool, b);
    assert_false(as_outputs_has(pool, key(1)));
    assert_true(as_outputs_has(pool, key(2)));
    check_count(pool, 2, 2 * BYTES, 0);
    as_outputs_close(pool);
}

static void test_held_ones_count_apart(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(2, 8, 0);
    as_frame *frames[4];
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(make(pool, i), AS_OK);
        frames[i] = get(pool, i);
    }
    assert_int_equal(make(pool, 4), AS_OK);
    assert_int_equal(make(pool, 5), AS_OK);
    assert_int_equal(make(pool, 6), AS_OK); /* displaces 4, none that is held */
    assert_false(as_outputs_has(pool, key(4)));
    check_count(pool, 6, 6 * BYTES, 4);
    for (uint64_t i = 0; i < 4; i++) {
        assert_true(as_outputs_has(pool, key(i)));
        check_frame(frames[i], key(i));
    }
    /* Two others are ready: what is released now cannot stay. */
    as_output_frame_unref(frames[0]);
    assert_false(as_outputs_has(pool, key(0)));
    as_frame *six = get(pool, 6);
    as_output_frame_unref(frames[1]); /* but now there is room for one */
    assert_true(as_outputs_has(pool, key(1)));
    as_output_frame_unref(frames[2]);
    assert_false(as_outputs_has(pool, key(2)));
    as_output_frame_unref(frames[3]);
    as_output_frame_unref(six);
    assert_true(as_outputs_has(pool, key(5)));
    check_count(pool, 6, 6 * BYTES, 0);
    as_outputs_close(pool);
    assert_int_equal(as_mem_live(), 0);
}

static void test_too_many_held(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(2, 3, 0);
    as_frame *frames[3], *none;
    assert_int_equal(make(pool, 0), AS_OK);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++)
            frames[i] = get(pool, 0);
        assert_int_equal(as_outputs_get(pool, key(0), &none), AS_ERROR_LIMIT);
        assert_null(none);
        assert_int_equal(as_outputs_get(pool, key(1), &none), AS_ERROR_LIMIT);
        as_output_frame_ref(frames[0]); /* a reference is no frame of its own */
        as_output_frame_unref(frames[1]);
        frames[1] = get(pool, 0);
        as_output_frame_unref(frames[0]);
        assert_int_equal(as_outputs_get(pool, key(0), &none), AS_ERROR_LIMIT);
        for (int i = 0; i < 3; i++)
            as_output_frame_unref(frames[i]);
        check_count(pool, 1, BYTES, 0);
    }
    as_outputs_close(pool);
}

static void test_two_sizes(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(2, 4, 0);
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal(make_of(pool, key_of(i, 8, 8)), AS_OK);
        assert_int_equal(make_of(pool, key_of(i, 100, 50)), AS_OK);
    }
    check_count(pool, 4, 2 * 64 + 2 * 5000, 0);
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal(as_outputs_has(pool, key_of(i, 8, 8)), i >= 3);
        assert_int_equal(as_outputs_has(pool, key_of(i, 100, 50)), i >= 3);
    }
    as_frame *small = get_of(pool, key_of(4, 8, 8)), *large = get_of(pool, key_of(4, 100, 50));
    check_frame(small, key_of(4, 8, 8));
    check_frame(large, key_of(4, 100, 50));
    as_output_frame_unref(small);
    as_output_frame_unref(large);
    as_outputs_close(pool);
}

static void test_old_sizes_are_forgotten(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(2, 4, 0);
    assert_int_equal(make_of(pool, key_of(0, 1, 1)), AS_OK);
    as_frame *held = get_of(pool, key_of(0, 1, 1));
    for (uint32_t size = 2; size <= 200; size++) {
        assert_int_equal(make_of(pool, key_of(0, size, 1)), AS_OK);
        assert_int_equal(make_of(pool, key_of(1, size, 1)), AS_OK);
        as_output_frame_unref(get_of(pool, key_of(1, 2, 1))); /* which is using, as is taking: */
        assert_true(size <= 3 || as_outputs_has(pool, key_of(size - 1, 3, 1)));
        assert_int_equal(make_of(pool, key_of(size, 3, 1)), AS_OK);
        const uint64_t buffers = as_outputs_count(pool).buffers;
        assert_true(buffers <= 2 * AS_OUTPUTS_SIZES + 1);
    }
    check_frame(held, key_of(0, 1, 1));
    as_output_frame_unref(held);
    assert_true(as_outputs_has(pool, key_of(0, 2, 1)));
    assert_true(as_outputs_has(pool, key_of(199, 3, 1)));
    for (uint32_t size = 4; size <= 200; size++)
        assert_int_equal(as_outputs_has(pool, key_of(1, size, 1)),
                         size > 200 - (AS_OUTPUTS_SIZES - 2));
    as_outputs_close(pool);
    assert_int_equal(as_mem_live(), 0);
}

static void test_most_bytes_makes_other_sizes_give_way(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(4, 4, 1000);
    as_output *output;
    const as_output_key a = key_of(0, 10, 30), b = key_of(1, 10, 30), c = key_of(2, 10, 30);
    assert_int_equal(as_outputs_take(pool, a, NULL, NULL, &output), AS_OK);
    assert_int_equal(make_of(pool, b), AS_OK);
    assert_int_equal(make_of(pool, c), AS_OK);
    as_outputs_give_back(pool, output); /* spare */
    check_count(pool, 3, 900, 0);
    /* 100 are left: the spare one goes first, although it was there last. */
    assert_int_equal(make_of(pool, key_of(5, 20, 20)), AS_OK);
    check_count(pool, 3, 1000, 0);
    assert_true(as_outputs_has(pool, b) && as_outputs_has(pool, c));
    /* Then what was used longest ago. */
    as_output_frame_unref(get_of(pool, b));
    assert_int_equal(make_of(pool, key_of(6, 10, 10)), AS_OK);
    check_count(pool, 3, 800, 0);
    assert_true(as_outputs_has(pool, b));
    assert_false(as_outputs_has(pool, c));
    /* Held ones do not; then its own size is used again. */
    as_frame *held = get_of(pool, b);
    assert_int_equal(make_of(pool, key_of(7, 20, 20)), AS_OK);
    assert_false(as_outputs_has(pool, key_of(6, 10, 10)));
    check_count(pool, 2, 700, 1);
    assert_true(as_outputs_has(pool, key_of(7, 20, 20)));
    assert_false(as_outputs_has(pool, key_of(5, 20, 20)));
    as_output_frame_unref(held);
    as_outputs_close(pool);
}

static void test_most_bytes_at_its_end(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(4, 4, 1000);
    as_output *output, *filling;
    int asked = 0;
    assert_int_equal(make_of(pool, key_of(0, 1001, 1)), AS_ERROR_LIMIT);
    check_count(pool, 0, 0, 0);
    assert_int_equal(make_of(pool, key_of(0, 500, 1)), AS_OK);
    assert_int_equal(make_of(pool, key_of(2, 500, 1)), AS_OK);
    /* Kept, also by another size: later perhaps. */
    assert_int_equal(as_outputs_take(pool, key_of(4, 500, 1), keep_even, &asked, &output),
                     AS_NOT_READY);
    assert_int_equal(as_outputs_take(pool, key_of(4, 600, 1), keep_even, &asked, &output),
                     AS_NOT_READY);
    as_frame *a = get_of(pool, key_of(0, 500, 1));
    assert_int_equal(as_outputs_take(pool, key_of(4, 500, 1), NULL, NULL, &filling), AS_OK);
    assert_int_equal(make_of(pool, key_of(6, 500, 1)), AS_NOT_READY); /* filling: wait for it */
    assert_int_equal(make_of(pool, key_of(6, 501, 1)), AS_ERROR_LIMIT);
    paint(filling, key_of(4, 500, 1));
    as_outputs_publish(pool, filling);
    as_frame *b = get_of(pool, key_of(4, 500, 1));
    assert_int_equal(make_of(pool, key_of(6, 500, 1)), AS_ERROR_LIMIT); /* all of it is held */
    as_output_frame_unref(b);
    assert_int_equal(make_of(pool, key_of(6, 500, 1)), AS_OK);
    as_output_frame_unref(a);
    assert_int_equal(as_outputs_take(pool, key_of(8, 600, 1), keep_even, &asked, &output),
                     AS_NOT_READY); /* nothing is held any more, but kept */
    check_count(pool, 2, 1000, 0);
    as_outputs_close(pool);
    assert_int_equal(as_mem_live(), 0);
}

static bool keep_all(void *user, as_output_key what)
{
    (void)user;
    (void)what;
    return true;
}

/* So many can be taken without displacing any; they are given back. */
static void check_room(as_outputs *pool, int count)
{
    as_output *taken[8];
    for (int i = 0; i <= count; i++)
        assert_int_equal(as_outputs_take(pool, key(1000), keep_all, NULL, &taken[i]),
                         i < count ? AS_OK : AS_NOT_READY);
    for (int i = 0; i < count; i++)
        as_outputs_give_back(pool, taken[i]);
}

static void test_invalidate(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(3, 4, 0);
    as_output *filling;
    assert_int_equal(make(pool, 0), AS_OK);
    assert_int_equal(make(pool, 1), AS_OK);
    assert_int_equal(as_outputs_take(pool, key(2), NULL, NULL, &filling), AS_OK);
    as_frame *held = get(pool, 1), *none;
    as_outputs_invalidate(pool);
    assert_false(as_outputs_has(pool, key(0)));
    assert_false(as_outputs_has(pool, key(1)));
    assert_int_equal(as_outputs_get(pool, key(1), &none), AS_NOT_READY);
    check_frame(held, key(1));
    paint(filling, key(2)); /* from the old source */
    as_outputs_publish(pool, filling);
    assert_false(as_outputs_has(pool, key(2)));
    check_room(pool, 3);
    assert_int_equal(make(pool, 1), AS_OK); /* the new 1 beside the old */
    as_frame *fresh = get(pool, 1);
    assert_ptr_not_equal(data_of(fresh), data_of(held));
    as_output_frame_unref(held);
    check_frame(fresh, key(1));
    as_output_frame_unref(fresh);
    assert_true(as_outputs_has(pool, key(1)));
    check_count(pool, 4, 4 * BYTES, 0); /* one more, as check_room had three beside the held one */
    as_outputs_close(pool);
    assert_int_equal(as_mem_live(), 0);
}

static void test_the_same_frame_twice(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(3, 4, 0);
    as_output *a, *b, *c;
    assert_int_equal(as_outputs_take(pool, key(1), NULL, NULL, &a), AS_OK);
    assert_int_equal(as_outputs_take(pool, key(1), NULL, NULL, &b), AS_OK);
    assert_int_equal(as_outputs_take(pool, key(1), NULL, NULL, &c), AS_OK);
    paint(a, key(1));
    paint(b, key(1));
    paint(c, key(1));
    as_outputs_publish(pool, a);
    as_outputs_publish(pool, b); /* a gives way */
    check_room(pool, 1);
    as_frame *frame = get(pool, 1);
    assert_ptr_equal(data_of(frame), as_output_data(b));
    as_outputs_publish(pool, c);
    as_output_frame_unref(frame); /* c shows it as well, and is younger */
    frame = get(pool, 1);
    assert_ptr_equal(data_of(frame), as_output_data(c));
    as_output_frame_unref(frame);
    check_room(pool, 2);
    assert_int_equal(make(pool, 2), AS_OK);
    assert_int_equal(make(pool, 3), AS_OK);
    assert_true(as_outputs_has(pool, key(1)));
    check_count(pool, 3, 3 * BYTES, 0);
    as_outputs_close(pool);
}

/* ------------------------------------------------------------------------------ memory ---- */

static void test_the_warmest_memory_is_used_first(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(4, 4, 0);
    as_output *taken[4], *again;
    const uint8_t *data[4];
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(as_outputs_take(pool, key(i), NULL, NULL, &taken[i]), AS_OK);
        data[i] = as_output_data(taken[i]);
    }
    const int order[4] = {2, 0, 3, 1};
    for (int i = 0; i < 4; i++)
        as_outputs_give_back(pool, taken[order[i]]);
    assert_int_equal(make_of(pool, key_of(0, 3, 3)), AS_OK); /* another size does not mix in */
    for (int i = 3; i >= 0; i--) {
        assert_int_equal(as_outputs_take(pool, key(9), NULL, NULL, &again), AS_OK);
        assert_ptr_equal(as_output_data(again), data[order[i]]);
        taken[i] = again;
    }
    for (int i = 0; i < 4; i++)
        as_outputs_give_back(pool, taken[i]);
    as_outputs_close(pool);
}

static void test_warm(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(3, 4, 3 * BYTES + 100);
    as_outputs_warm(pool, key(0), 2);
    check_count(pool, 2, 2 * BYTES, 0);
    as_outputs_warm(pool, key(0), 2);
    check_count(pool, 2, 2 * BYTES, 0);
    as_outputs_warm(pool, key(0), 100); /* per_size */
    check_count(pool, 3, 3 * BYTES, 0);
    as_outputs_warm(pool, key_of(0, 60, 1), 100); /* most_bytes */
    check_count(pool, 4, 3 * BYTES + 60, 0);
    as_outputs_warm(pool, key_of(0, 101, 1), 1);
    as_outputs_warm(pool, strip_key(0), 1);
    as_outputs_warm(pool, canvas_key(0, 64, 6), 1);
    as_outputs_warm(pool, key_of(0, 60, 1), 0);
    check_count(pool, 4, 3 * BYTES + 60, 0);
    for (uint64_t i = 0; i < 6; i++)
        assert_int_equal(make(pool, i), AS_OK);
    check_count(pool, 4, 3 * BYTES + 60, 0);
    as_outputs_warm(pool, canvas_key(0, 64, 5), 1);
    check_count(pool, 5, 3 * BYTES + 60 + 40, 0);
    as_outputs_close(pool);
    assert_int_equal(as_mem_live(), 0);
}

/* Spare buffers follow what callers hold, up and down. */
static void test_spare_ones_follow_what_is_held(void **state)
{
    (void)state;
    as_outputs *pool = open_pool(2, 8, 0);
    as_frame *frames[8];
    uint64_t index = 0;
    for (; index < 8; index++) {
        assert_int_equal(make(pool, index), AS_OK);
        frames[index] = get(pool, index);
    }
    assert_int_equal(make(pool, 8), AS_OK);
    assert_int_equal(make(pool, 9), AS_OK);
    for (int i = 0; i < 8; i++)
        as_output_frame_unref(frames[i]);
    check_count(pool, 10, 10 * BYTES, 0);
    for (index = 10; index < 800; index++) {
        assert_int_equal(make(pool, index), AS_OK);
        as_output_frame_unref(get(pool, index));
    }
    assert_in_range(as_outputs_count(pool).buffers, 2, 3);
    as_outputs_close(pool);
}

/* As a player: the next frame is got, one is prepared, the frame before is released. */
static void play(uint64_t rounds)
{
    const as_outputs_params params = {.per_size = 4, .most_held = 4};
    as_outputs *pool = as_outputs_create(&params);
    if (!pool)
        return;
    as_frame *last = NULL;
    for (uint64_t i = 0; i < rounds; i++) {
        as_frame *frame;
        (void)make(pool, i);
        (void)make_of(pool, key_of(i, 7, 7));
        if (as_outputs_get(pool, key(i), &frame) != AS_OK)
            continue;
        if (as_outputs_has(pool, key_of(i, 7, 7)))
            as_output_frame_unref(get_of(pool, key_of(i, 7, 7)));
        if (last)
            as_output_frame_unref(last);
        last = frame;
    }
    if (last)
        as_output_frame_unref(last);
    as_outputs_close(pool);
    assert_int_equal(as_mem_live(), 0);
}

static void test_playing_on_allocates_nothing(void **state)
{
    (void)state;
    uint64_t n = 0; /* allocations up to when all is there */
    for (; test_alloc_fail_at(n), play(12), test_alloc_failed(); n++) {
    }
    assert_in_range(n, 2 + 2 + 2 * 4, 2 + 2 + 2 * 2 * 6);
    test_alloc_fail_at(n);
    play(5000);
    assert_false(test_alloc_failed());
    test_alloc_restore();
}

static void scenario(void)
{
    const as_outputs_params params = {.per_size = 2, .most_held = 4, .most_bytes = 6000};
    as_outputs *pool = as_outputs_create(&params);
    as_frame *frames[4] = {0};
    if (!pool)
        return;
    as_outputs_warm(pool, key(0), 1);
    for (uint64_t i = 0; i < 4; i++) {
        const as_result result = make(pool, i);
        assert_true(result == AS_OK || result == AS_ERROR_OUT_OF_MEMORY);
        if (result == AS_OK && i == 1)
            frames[0] = get(pool, i);
    }
    if (make_strip(pool, 0, 100) == AS_OK)
        frames[1] = get_of(pool, strip_key(0));
    if (make_of(pool, key_of(0, 50, 50)) == AS_OK)
        frames[2] = get_of(pool, key_of(0, 50, 50));
    if (make_of(pool, canvas_key(0, 100, 10)) == AS_OK)
        frames[3] = get_of(pool, canvas_key(0, 100, 10));
    as_outputs_close(pool);
    if (frames[0])
        check_frame(frames[0], key(1));
    for (int i = 0; i < 4; i++)
        if (frames[i])
            as_output_frame_unref(frames[i]);
    assert_int_equal(as_mem_live(), 0);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    uint64_t n = 0;
    for (; test_alloc_fail_at(n), scenario(), test_alloc_failed(); n++) {
    }
    assert_true(n > 10);
    test_alloc_restore();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_publish_get),
        cmocka_unit_test(test_the_least_recently_used_is_displaced),
        cmocka_unit_test(test_kept_ones_are_not_displaced),
        cmocka_unit_test(test_all_filling),
        cmocka_unit_test(test_held_ones_count_apart),
        cmocka_unit_test(test_too_many_held),
        cmocka_unit_test(test_two_sizes),
        cmocka_unit_test(test_old_sizes_are_forgotten),
        cmocka_unit_test(test_most_bytes_makes_other_sizes_give_way),
        cmocka_unit_test(test_most_bytes_at_its_end),
        cmocka_unit_test(test_invalidate),
        cmocka_unit_test(test_the_same_frame_twice),
        cmocka_unit_test(test_the_warmest_memory_is_used_first),
        cmocka_unit_test(test_warm),
        cmocka_unit_test(test_spare_ones_follow_what_is_held),
        cmocka_unit_test(test_playing_on_allocates_nothing),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests_name("outputs", tests, NULL, test_nothing_alive);
}
