/* SPDX-License-Identifier: MIT
 *
 * core/base/work.h: which item runs when, and how many at once.
 */
#include "tests/unit/work_fixture.h"

#include <sched.h>

static void test_urgent_first_then_in_order(void **state)
{
    (void)state;
    journal j;
    make_journal(&j);
    as_work_group *group = make_group(1, 1);
    as_work_queue *queue = make_queue(group, 20, 1, write_down, &j);
    hold_worker(&j, queue);
    const as_priority priorities[] = {AS_PRIORITY_PREFETCH, AS_PRIORITY_HINT, AS_PRIORITY_READY,
                                      AS_PRIORITY_WAITED};
    for (uint64_t i = 0; i < 20; i++)
        assert_true(as_work_push(queue, i, KIND_LOG, priorities[i % 4]));
    assert_int_equal(as_work_waiting(queue), 20);
    release_workers(&j);
    await_count(&j, 21);
    assert_int_equal(as_work_waiting(queue), 0);
    for (uint64_t i = 0; i < 20; i++) {
        assert_int_equal(j.entries[1 + i].priority, i / 5);
        assert_true(j.entries[1 + i].key == i % 5 * 4 + 3 - i / 5);
        assert_false(j.entries[1 + i].stale);
    }
    as_work_group_destroy(group);
    end_journal(&j);
}

static void test_full_queues_refuse(void **state)
{
    (void)state;
    journal j;
    make_journal(&j);
    as_work_group *group = make_group(1, 1);
    as_work_queue *queue = make_queue(group, 3, 1, write_down, &j);
    hold_worker(&j, queue);
    assert_true(as_work_push(queue, 0, KIND_LOG, AS_PRIORITY_PREFETCH));
    assert_true(as_work_push(queue, 1, KIND_LOG, AS_PRIORITY_HINT));
    assert_true(as_work_push(queue, 2, KIND_LOG, AS_PRIORITY_PREFETCH));
    for (as_priority p = AS_PRIORITY_READY; p < AS_PRIORITY_COUNT; p++)
        assert_false(as_work_push(queue, 9, KIND_LOG, p));
    for (uint64_t i = 3; i < 6; i++)
        assert_true(as_work_push(queue, i, KIND_LOG, AS_PRIORITY_WAITED));
    assert_false(as_work_push(queue, 9, KIND_LOG, AS_PRIORITY_WAITED));
    assert_int_equal(as_work_waiting(queue), 6);
    release_workers(&j);
    await_count(&j, 7);
    const uint64_t order[] = {3, 4, 5, 1, 0, 2};
    for (size_t i = 0; i < 6; i++)
        assert_true(j.entries[1 + i].key == order[i]);
    as_work_group_destroy(group);
    end_journal(&j);
}

/* Of a full queue: a raised item makes its own room. */
static void test_raised_items_leave_nothing_behind(void **state)
{
    (void)state;
    journal j;
    make_journal(&j);
    as_work_group *group = make_group(1, 1);
    as_work_queue *queue = make_queue(group, 4, 1, write_down, &j);
    hold_worker(&j, queue);
    for (uint64_t i = 0; i < 4; i++)
        assert_true(as_work_push(queue, i, KIND_LOG, AS_PRIORITY_PREFETCH));
    assert_true(as_work_raise(queue, 2, KIND_LOG, AS_PRIORITY_PREFETCH, AS_PRIORITY_READY));
    assert_true(as_work_raise(queue, 0, KIND_LOG, AS_PRIORITY_PREFETCH, AS_PRIORITY_READY));
    assert_true(as_work_raise(queue, 3, KIND_LOG, AS_PRIORITY_PREFETCH, AS_PRIORITY_WAITED));
    assert_int_equal(as_work_waiting(queue), 4);
    /* What is not there is pushed. */
    assert_false(as_work_raise(queue, 2, KIND_LOG, AS_PRIORITY_PREFETCH, AS_PRIORITY_READY));
    assert_true(as_work_raise(queue, 4, KIND_LOG, AS_PRIORITY_PREFETCH, AS_PRIORITY_WAITED));
    /* A stale one stays where it is. */
    as_work_cancel(queue);
    assert_true(as_work_raise(queue, 1, KIND_LOG, AS_PRIORITY_PREFETCH, AS_PRIORITY_WAITED));
    assert_int_equal(as_work_waiting(queue), 6);
    release_workers(&j);
    await_count(&j, 7);
    const uint64_t order[] = {3, 4, 1, 2, 0, 1};
    for (size_t i = 0; i < 6; i++) {
        assert_true(j.entries[1 + i].key == order[i]);
        assert_int_equal(j.entries[1 + i].stale, i != 2);
    }
    as_work_group_destroy(group);
    end_journal(&j);
}

static void test_waited_items_alone_fill_both_rooms(void **state)
{
    (void)state;
    journal j;
    make_journal(&j);
    as_work_group *group = make_group(1, 1);
    as_work_queue *queue = make_queue(group, 3, 1, write_down, &j);
    as_work_queue *least = make_queue(group, 0, 0, write_down, &j);
    hold_worker(&j, queue);
    for (uint64_t i = 0; i < 6; i++)
        assert_true(as_work_push(queue, i, KIND_LOG, AS_PRIORITY_WAITED));
    for (as_priority p = AS_PRIORITY_WAITED; p < AS_PRIORITY_COUNT; p++)
        assert_false(as_work_push(queue, 9, KIND_LOG, p));
    assert_true(as_work_push(least, 6, KIND_LOG, AS_PRIORITY_PREFETCH));
    assert_false(as_work_push(least, 9, KIND_LOG, AS_PRIORITY_PREFETCH));
    release_workers(&j);
    await_count(&j, 8);
    for (size_t i = 0; i < 7; i++)
        assert_true(j.entries[1 + i].key == i);
    as_work_group_destroy(group);
    end_journal(&j);
}

/* The rings turn many times, at every filling. */
static void test_order_stays_over_many_turns(void **state)
{
    (void)state;
    journal j;
    make_journal(&j);
    as_work_group *group = make_group(1, 1);
    as_work_queue *queue = make_queue(group, 5, 1, write_down, &j);
    uint64_t next = 0;
    for (unsigned round = 0; round < 200; round++) {
        const uint64_t first = next;
        const as_priority priority = (as_priority)(round % 4);
        j.open = false;
        j.count = 0;
        hold_worker(&j, queue);
        for (unsigned i = 0; i <= round % 5; i++)
            assert_true(as_work_push(queue, next++, KIND_LOG, priority));
        release_workers(&j);
        await_count(&j, 1 + next - first);
        for (uint64_t i = first; i < next; i++)
            assert_true(j.entries[1 + i - first].key == i);
    }
    as_work_group_destroy(group);
    end_journal(&j);
}

/* Items that stay until as many run at once as may, and note the most there ever were. */
typedef struct crowd {
    as_mutex lock;
    as_cond changed;
    unsigned inside, most, wanted, left;
    unsigned inside_of[2], most_of[2];
} crowd;

typedef struct door_of_crowd {
    crowd *crowd;
    unsigned number;
} door_of_crowd;

static void mingle(void *user, const as_work_item *item, bool stale)
{
    (void)item;
    (void)stale;
    const door_of_crowd *door = user;
    crowd *c = door->crowd;
    const unsigned n = door->number;
    as_mutex_lock(&c->lock);
    c->inside++;
    c->inside_of[n]++;
    c->most = c->inside > c->most ? c->inside : c->most;
    c->most_of[n] = c->inside_of[n] > c->most_of[n] ? c->inside_of[n] : c->most_of[n];
    as_cond_broadcast(&c->changed);
    while (c->most < c->wanted)
        (void)as_cond_wait_until(&c->changed, &c->lock, AS_NO_DEADLINE);
    as_mutex_unlock(&c->lock);
    (void)sched_yield();
    as_mutex_lock(&c->lock);
    c->inside--;
    c->inside_of[n]--;
    c->left++;
    as_cond_broadcast(&c->changed);
    as_mutex_unlock(&c->lock);
}

static void make_crowd(crowd *c, unsigned wanted)
{
    memset(c, 0, sizeof(*c));
    assert_true(as_mutex_init(&c->lock, AS_LOCK_STREAM));
    assert_true(as_cond_init(&c->changed));
    c->wanted = wanted;
}

static void await_left(crowd *c, unsigned count)
{
    as_mutex_lock(&c->lock);
    while (c->left < count)
        (void)as_cond_wait_until(&c->changed, &c->lock, AS_NO_DEADLINE);
    as_mutex_unlock(&c->lock);
}

static void end_crowd(crowd *c)
{
    as_cond_destroy(&c->changed);
    as_mutex_destroy(&c->lock);
}

static void test_parallel_limits(void **state)
{
    (void)state;
    crowd c;
    make_crowd(&c, 3);
    door_of_crowd doors[2] = {{&c, 0}, {&c, 1}};
    as_work_group *group = make_group(6, 3);
    assert_int_equal(as_work_group_workers(group), 6);
    as_work_queue *queues[2];
    for (unsigned i = 0; i < 2; i++)
        queues[i] = make_queue(group, 200, 2, mingle, &doors[i]);
    for (uint64_t i = 0; i < 400; i++)
        assert_true(as_work_push(queues[i % 2], i, KIND_LOG, (as_priority)(i / 2 % 4)));
    await_left(&c, 400);
    assert_int_equal(c.most, 3);
    assert_in_range(c.most_of[0], 1, 2);
    assert_in_range(c.most_of[1], 1, 2);
    as_work_group_destroy(group);
    end_crowd(&c);
}

/* Four items that wait for each other run only if all four workers come. */
static void test_all_workers_are_woken(void **state)
{
    (void)state;
    as_work_group *group = make_group(4, 4);
    crowd c;
    make_crowd(&c, 4);
    door_of_crowd door = {&c, 0};
    as_work_queue *queue = make_queue(group, 4, 4, mingle, &door);
    for (unsigned round = 0; round < 300; round++) {
        as_mutex_lock(&c.lock);
        c.most = 0;
        c.left = 0;
        as_mutex_unlock(&c.lock);
        for (uint64_t i = 0; i < 4; i++)
            assert_true(as_work_push(queue, i, KIND_LOG, AS_PRIORITY_HINT));
        await_left(&c, 4);
        assert_int_equal(c.most, 4);
    }
    as_work_group_destroy(group);
    end_crowd(&c);
}

static void test_cancelled_items_surface_stale(void **state)
{
    (void)state;
    journal j;
    make_journal(&j);
    as_work_group *group = make_group(1, 1);
    as_work_queue *queue = make_queue(group, 10, 1, write_down, &j);
    as_work_queue *other = make_queue(group, 10, 1, write_down, &j);
    assert_int_equal(as_work_cancel(queue), 0);
    hold_worker(&j, queue);
    for (uint64_t i = 0; i < 5; i++)
        assert_true(as_work_push(queue, i, KIND_LOG, AS_PRIORITY_READY));
    assert_true(as_work_push(other, 50, KIND_LOG, AS_PRIORITY_PREFETCH));
    assert_int_equal(as_work_cancel(queue), 5);
    for (uint64_t i = 5; i < 8; i++)
        assert_true(as_work_push(queue, i, KIND_LOG, AS_PRIORITY_READY));
    assert_int_equal(as_work_waiting(queue), 8);
    release_workers(&j);
    await_count(&j, 10);
    /* The one that ran when it was cancelled, five stale ones, three new ones. */
    assert_false(j.entries[0].stale);
    for (uint64_t i = 0; i < 8; i++) {
        assert_true(j.entries[1 + i].key == i);
        assert_int_equal(j.entries[1 + i].stale, i < 5);
        assert_true(j.entries[1 + i].generation == (i < 5 ? 1 : 2));
    }
    assert_true(j.entries[9].key == 50);
    assert_false(j.entries[9].stale);
    as_work_group_destroy(group);
    end_journal(&j);
}

/* Each item pushes the next one. */
typedef struct chain {
    as_mutex lock;
    as_cond changed;
    as_work_queue *queue;
    uint64_t reached;
} chain;

static void push_next(void *user, const as_work_item *item, bool stale)
{
    chain *c = user;
    (void)stale;
    if (item->key < 1000 && as_work_push(c->queue, item->key + 1, KIND_LOG, item->priority))
        return;
    as_mutex_lock(&c->lock);
    c->reached = item->key;
    as_cond_signal(&c->changed);
    as_mutex_unlock(&c->lock);
}

static void test_workers_may_push(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 3; workers++) {
        chain c = {.reached = 0};
        assert_true(as_mutex_init(&c.lock, AS_LOCK_STREAM));
        assert_true(as_cond_init(&c.changed));
        as_work_group *group = make_group(workers, workers);
        c.queue = make_queue(group, 1, 1, push_next, &c);
        assert_true(as_work_push(c.queue, 1, KIND_LOG, AS_PRIORITY_PREFETCH));
        as_mutex_lock(&c.lock);
        while (c.reached == 0)
            (void)as_cond_wait_until(&c.changed, &c.lock, AS_NO_DEADLINE);
        as_mutex_unlock(&c.lock);
        assert_true(c.reached == 1000);
        as_work_group_destroy(group);
        as_cond_destroy(&c.changed);
        as_mutex_destroy(&c.lock);
    }
}

static void test_groups_take_turns(void **state)
{
    (void)state;
    journal j;
    make_journal(&j);
    as_work_group *a = make_group(1, 1), *b = make_group(5, 1);
    assert_int_equal(as_work_group_workers(b), 1);
    as_work_queue *in_a = make_queue(a, 20, 1, write_down, &j);
    as_work_queue *in_b = make_queue(b, 20, 1, write_down, &j);
    hold_worker(&j, in_b);
    for (uint64_t i = 0; i < 20; i++)
        assert_true(as_work_push(in_a, i, KIND_LOG, AS_PRIORITY_READY));
    for (uint64_t i = 0; i < 10; i++)
        assert_true(as_work_push(in_b, 100 + i, KIND_LOG, AS_PRIORITY_READY));
    assert_true(as_work_push(in_b, 200, KIND_LOG, AS_PRIORITY_WAITED));
    release_workers(&j);
    await_count(&j, 32);
    assert_true(j.entries[1].key == 200);
    for (uint64_t i = 0; i < 20; i++)
        assert_true(j.entries[2 + i].key == (i % 2 == 0 ? i / 2 : 100 + i / 2));
    for (uint64_t i = 10; i < 20; i++)
        assert_true(j.entries[12 + i].key == i);
    as_work_group_destroy(a);
    as_work_group_destroy(b);
    end_journal(&j);
}

/* A queue at its limit does not keep workers from others, however urgent its items. */
static void test_limits_do_not_block_others(void **state)
{
    (void)state;
    journal j;
    make_journal(&j);
    as_work_group *group = make_group(2, 2);
    as_work_queue *narrow = make_queue(group, 10, 1, write_down, &j);
    as_work_queue *other = make_queue(group, 10, 1, write_down, &j);
    hold_worker(&j, narrow);
    for (uint64_t i = 0; i < 3; i++)
        assert_true(as_work_push(narrow, i, KIND_LOG, AS_PRIORITY_WAITED));
    for (uint64_t i = 10; i < 13; i++)
        assert_true(as_work_push(other, i, KIND_LOG, AS_PRIORITY_PREFETCH));
    await_count(&j, 3);
    for (uint64_t i = 0; i < 3; i++)
        assert_true(j.entries[i].key == 10 + i);
    release_workers(&j);
    await_count(&j, 7);
    for (uint64_t i = 0; i < 3; i++)
        assert_true(j.entries[4 + i].key == i);
    as_work_group_destroy(group);
    end_journal(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urgent_first_then_in_order),
        cmocka_unit_test(test_full_queues_refuse),
        cmocka_unit_test(test_raised_items_leave_nothing_behind),
        cmocka_unit_test(test_waited_items_alone_fill_both_rooms),
        cmocka_unit_test(test_order_stays_over_many_turns),
        cmocka_unit_test(test_parallel_limits),
        cmocka_unit_test(test_all_workers_are_woken),
        cmocka_unit_test(test_cancelled_items_surface_stale),
        cmocka_unit_test(test_workers_may_push),
        cmocka_unit_test(test_groups_take_turns),
        cmocka_unit_test(test_limits_do_not_block_others),
    };
    return cmocka_run_group_tests_name("work", tests, NULL, nothing_alive_or_misused);
}
