/* SPDX-License-Identifier: MIT
 *
 * core/cache/outputs: memory of the caller, several threads, frames that outlive the pool, and any
 * of it at random.
 */
#include "tests/unit/outputs_fixture.h"

#include "tests/support/frame_memory.h"
#include "tests/support/random.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

/* ----------------------------------------------------------------- a caller's allocator ---- */

static as_outputs *open_hosted(test_frame_memory *memory, uint32_t per_size)
{
    const as_frame_allocator allocator = test_frame_allocator_of(memory);
    const as_outputs_params params = {
        .per_size = per_size, .most_held = 16, .allocator = &allocator};
    as_outputs *pool = as_outputs_create(&params);
    assert_non_null(pool);
    return pool; /* the pool has its own copy of the allocator */
}

static void test_memory_of_the_caller(void **state)
{
    (void)state;
    test_frame_memory h = {.fail_at = -1};
    as_outputs *pool = open_hosted(&h, 2);
    as_output *filling;
    assert_int_equal(make(pool, 0), AS_OK);
    assert_int_equal(make_of(pool, key_of(1, 33, 3)), AS_OK);
    assert_int_equal(make_strip(pool, 2, 8), AS_OK); /* not from there */
    as_outputs_warm(pool, key_of(0, 5, 5), 1);
    assert_int_equal(atomic_load(&h.blocks), 3);
    assert_int_equal(atomic_load(&h.bytes), BYTES + 99 + 25);
    assert_int_equal(make_of(pool, canvas_key(2, 65, 3)), AS_OK);
    assert_int_equal(atomic_load(&h.blocks), 4);
    assert_int_equal(atomic_load(&h.bytes), BYTES + 99 + 25 + 48);
    as_frame *a = get(pool, 0), *b = get_of(pool, key_of(1, 33, 3));
    assert_int_equal(as_outputs_take(pool, key(3), NULL, NULL, &filling), AS_OK);
    as_outputs_close(pool);
    assert_int_equal(atomic_load(&h.blocks), 3); /* two held, one filling */
    check_frame(a, key(0));
    as_output_frame_unref(a);
    assert_int_equal(atomic_load(&h.blocks), 2);
    check_frame(b, key_of(1, 33, 3));
    as_output_frame_unref(b);
    assert_int_equal(atomic_load(&h.done), 0);
    paint(filling, key(3));
    as_outputs_publish(pool, filling);
    test_frame_memory_check_done(&h);
}

static void test_done_is_called_even_for_nothing(void **state)
{
    (void)state;
    test_frame_memory h = {.fail_at = -1};
    as_outputs_close(open_hosted(&h, 2));
    test_frame_memory_check_done(&h);
}

static void test_memory_of_the_caller_fails(void **state)
{
    (void)state;
    for (int n = 0; n < 3; n++) {
        test_frame_memory h = {.fail_at = n};
        as_outputs *pool = open_hosted(&h, 3);
        for (int i = 0; i < 3; i++)
            assert_int_equal(make(pool, (uint64_t)i), i == n ? AS_ERROR_OUT_OF_MEMORY : AS_OK);
        check_count(pool, 2, 2 * BYTES, 0);
        assert_int_equal(make(pool, 3), AS_OK);
        check_count(pool, 3, 3 * BYTES, 0);
        as_outputs_close(pool);
        test_frame_memory_check_done(&h);
    }
    assert_int_equal(as_mem_live(), 0);
}

static void test_misaligned_memory_is_refused(void **state)
{
    (void)state;
    test_frame_memory h = {.fail_at = -1, .offset = 32};
    as_outputs *pool = open_hosted(&h, 3);
    assert_int_equal(make(pool, 0), AS_ERROR_OUT_OF_MEMORY);
    as_outputs_warm(pool, key(0), 2);
    assert_int_equal(atomic_load(&h.calls), 2);
    assert_int_equal(atomic_load(&h.blocks), 0); /* and given back */
    check_count(pool, 0, 0, 0);
    as_outputs_close(pool);
    test_frame_memory_check_done(&h);
}

/* ----------------------------------------------------------------------------- threads ---- */

/* Does the frame show what was painted? */
static bool shows(const as_frame *frame, uint64_t index)
{
    as_frame_info info;
    as_output_frame_info(frame, &info);
    bool right = info.index == index && info.width == W && info.height == H && info.stride == W;
    for (size_t i = 0; right && i < BYTES; i++)
        right = info.data[i] == (index & 0xFF);
    return right;
}

typedef struct handful {
    as_frame *frames[4];
    int right;
} handful;

static void *release_all(void *user)
{
    handful *all = user;
    for (uint64_t i = 0; i < 4; i++) {
        all->right += shows(all->frames[i], i);
        as_output_frame_unref(all->frames[i]);
    }
    return NULL;
}

static void test_frames_outlive_the_pool(void **state)
{
    (void)state;
    test_frame_memory h = {.fail_at = -1};
    as_outputs *pool = open_hosted(&h, 4);
    handful all = {0};
    pthread_t thread;
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(make(pool, i), AS_OK);
        all.frames[i] = get(pool, i);
    }
    as_outputs_close(pool);
    assert_int_equal(pthread_create(&thread, NULL, release_all, &all), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(all.right, 4);
    test_frame_memory_check_done(&h);
}

typedef struct shared {
    as_outputs *pool;
    atomic_uint_fast64_t newest;
    atomic_int wrong, got, running;
    uint64_t count;
} shared;

static void look_at(shared *s, const as_frame *frame, uint64_t index)
{
    if (!shows(frame, index))
        atomic_fetch_add(&s->wrong, 1);
}

/* Gets the newest few, hands a reference around, keeps one frame for longer. */
static void *consume(void *user)
{
    shared *s = user;
    as_frame *kept = NULL;
    uint64_t kept_index = 0;
    for (uint64_t n = 0; atomic_load(&s->newest) < s->count; n++) {
        const uint64_t newest = atomic_load(&s->newest);
        const uint64_t index = newest - (newest < n % 3 ? newest : n % 3);
        as_frame *frame;
        if (as_outputs_get(s->pool, key(index), &frame) != AS_OK)
            continue;
        atomic_fetch_add(&s->got, 1);
        as_frame *again = as_output_frame_ref(frame);
        look_at(s, frame, index);
        as_output_frame_unref(frame);
        look_at(s, again, index);
        if (n % 5 == 0) {
            if (kept) {
                look_at(s, kept, kept_index);
                as_output_frame_unref(kept);
            }
            kept = again;
            kept_index = index;
        } else {
            as_output_frame_unref(again);
        }
    }
    atomic_fetch_sub(&s->running, 1);
    while (atomic_load(&s->running) > 0) /* the last frames go while the pool is being closed */
        sched_yield();
    if (kept) {
        look_at(s, kept, kept_index);
        as_output_frame_unref(kept);
    }
    return NULL;
}

/* Waits for somebody to get something now and then, so that producing and consuming mix on any
 * machine. */
static void produce(shared *s)
{
    int got = 0;
    for (uint64_t index = 1; index <= s->count; index++) {
        as_output *output;
        while (as_outputs_take(s->pool, key(index), NULL, NULL, &output) != AS_OK)
            sched_yield();
        paint(output, key(index));
        as_outputs_publish(s->pool, output);
        atomic_store(&s->newest, index);
        while (index % 10 == 0 && index < s->count && atomic_load(&s->got) == got)
            sched_yield();
        got = atomic_load(&s->got);
        if (index % 500 == 0)
            as_outputs_invalidate(s->pool);
    }
}

static void test_eight_threads_get_while_one_publishes(void **state)
{
    (void)state;
    test_frame_memory h = {.fail_at = -1};
    shared s = {.count = 3000};
    pthread_t threads[8];
    s.pool = open_hosted(&h, 4);
    atomic_store(&s.running, 8 + 1);
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, consume, &s), 0);
    produce(&s);
    while (atomic_load(&s.running) > 1) /* nobody gets any more; some still hold */
        sched_yield();
    atomic_fetch_sub(&s.running, 1);
    as_outputs_close(s.pool);
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&s.wrong), 0);
    test_frame_memory_check_done(&h);
}

/* ------------------------------------------------------------------------------ random ---- */

#define HELD 6
#define SIZES 5

typedef struct play_ground {
    as_outputs *pool;
    as_frame *frames[HELD];
    as_output_key keys[HELD]; /* of these */
    as_output *filling[3];
    as_output_key filling_keys[3];
} play_ground;

static as_output_key random_key(test_random *random)
{
    const as_output_key sizes[SIZES] = {key(0), key_of(0, 16, 16), key_of(0, 100, 3),
                                        canvas_key(0, 16, 16), canvas_key(0, 100, 3)};
    const size_t size = (size_t)test_random_in(random, 0, SIZES - 1);
    return as_output_at(sizes[size], (uint64_t)test_random_in(random, 0, 11));
}

static void random_hold(play_ground *g, test_random *random)
{
    const size_t i = (size_t)test_random_in(random, 0, HELD - 1);
    if (g->frames[i]) {
        check_frame(g->frames[i], g->keys[i]);
        as_output_frame_unref(g->frames[i]);
        g->frames[i] = NULL;
        return;
    }
    g->keys[i] = random_key(random);
    const bool has = as_outputs_has(g->pool, g->keys[i]);
    assert_int_equal(as_outputs_get(g->pool, g->keys[i], &g->frames[i]),
                     has ? AS_OK : AS_NOT_READY);
    if (has)
        check_frame(g->frames[i], g->keys[i]);
}

static void random_fill(play_ground *g, test_random *random)
{
    const size_t i = (size_t)test_random_in(random, 0, 2);
    int asked = 0;
    if (!g->filling[i]) {
        g->filling_keys[i] = random_key(random);
        const as_result result = as_outputs_take(g->pool, g->filling_keys[i],
                                                 test_random_in(random, 0, 3) ? NULL : keep_even,
                                                 &asked, &g->filling[i]);
        assert_true(result == AS_OK || result == AS_NOT_READY || result == AS_ERROR_LIMIT);
        if (result == AS_OK)
            paint(g->filling[i], g->filling_keys[i]);
        return;
    }
    if (test_random_in(random, 0, 5) == 0)
        as_outputs_give_back(g->pool, g->filling[i]);
    else
        as_outputs_publish(g->pool, g->filling[i]);
    g->filling[i] = NULL;
}

static void random_check(const play_ground *g, uint32_t per_size, uint64_t most_bytes)
{
    const as_outputs_numbers n = as_outputs_count(g->pool);
    uint64_t held = 0;
    for (size_t i = 0; i < HELD; i++)
        held += g->frames[i] != NULL;
    assert_true(n.held == held);
    assert_true(most_bytes == 0 || n.bytes <= most_bytes);
    assert_true(n.buffers <= SIZES * (uint64_t)(per_size + HELD));
}

static void test_random_operations(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("outputs"));
    for (int round = 0; round < 30; round++) {
        const uint32_t per_size = (uint32_t)test_random_in(&random, 1, 5);
        const uint64_t most_bytes = round % 2 ? (uint64_t)test_random_in(&random, 300, 4000) : 0;
        play_ground g = {.pool = open_pool(per_size, HELD + 1, most_bytes)};
        for (int i = 0; i < 3000; i++) {
            const int64_t what = test_random_in(&random, 0, 1000);
            if (what == 0)
                as_outputs_invalidate(g.pool);
            else if (what < 10)
                as_outputs_warm(g.pool, key_of(0, 16, 16), (uint32_t)what);
            else if (what < 500)
                random_hold(&g, &random);
            else
                random_fill(&g, &random);
            random_check(&g, per_size, most_bytes);
        }
        for (size_t i = 0; i < 3; i++)
            if (g.filling[i])
                as_outputs_give_back(g.pool, g.filling[i]);
        as_outputs_close(g.pool);
        for (size_t i = 0; i < HELD; i++)
            if (g.frames[i]) {
                check_frame(g.frames[i], g.keys[i]);
                as_output_frame_unref(g.frames[i]);
            }
        assert_int_equal(as_mem_live(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_of_the_caller),
        cmocka_unit_test(test_done_is_called_even_for_nothing),
        cmocka_unit_test(test_memory_of_the_caller_fails),
        cmocka_unit_test(test_misaligned_memory_is_refused),
        cmocka_unit_test(test_frames_outlive_the_pool),
        cmocka_unit_test(test_eight_threads_get_while_one_publishes),
        cmocka_unit_test(test_random_operations),
    };
    return cmocka_run_group_tests_name("outputs_life", tests, NULL, test_nothing_alive);
}
