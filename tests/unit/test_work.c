/* SPDX-License-Identifier: MIT
 *
 * core/base/work.h: the worker pool and its queues.
 */
#include "core/base/mem.h"
#include "core/base/thread.h"
#include "core/base/work.h"
#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"

#include <sched.h>
#include <stdatomic.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

#ifdef SANITIZED
#define POOLS 500
#else
#define POOLS 10000
#endif

enum { KIND_LOG, KIND_HOLD };

typedef struct ran {
    uint64_t key, generation;
    as_priority priority;
    bool stale;
} ran;

/* Writes down what runs; an item of KIND_HOLD first waits for `open`. Checks are made by the test's
 * own thread. */
typedef struct journal {
    as_mutex lock;
    as_cond changed;
    bool open;
    unsigned holding;
    size_t count;
    ran entries[256];
} journal;

static void make_journal(journal *j)
{
    memset(j, 0, sizeof(*j));
    assert_true(as_mutex_init(&j->lock));
    assert_true(as_cond_init(&j->changed));
}

static void end_journal(journal *j)
{
    as_cond_destroy(&j->changed);
    as_mutex_destroy(&j->lock);
}

static void write_down(void *user, const as_work_item *item, bool stale)
{
    journal *j = user;
    as_mutex_lock(&j->lock);
    if (item->kind == KIND_HOLD) {
        j->holding++;
        as_cond_broadcast(&j->changed);
        while (!j->open)
            (void)as_cond_wait_until(&j->changed, &j->lock, AS_NO_DEADLINE);
        j->holding--;
    }
    const ran entry = {item->key, item->generation, item->priority, stale};
    j->entries[j->count++ % 256] = entry;
    as_cond_broadcast(&j->changed);
    as_mutex_unlock(&j->lock);
}

static void await_count(journal *j, size_t count)
{
    as_mutex_lock(&j->lock);
    while (j->count < count)
        (void)as_cond_wait_until(&j->changed, &j->lock, AS_NO_DEADLINE);
    as_mutex_unlock(&j->lock);
}

/* Keeps one worker busy until release_workers. */
static void hold_worker(journal *j, as_work_queue *queue)
{
    assert_true(as_work_push(queue, 1000, KIND_HOLD, AS_PRIORITY_WAITED));
    as_mutex_lock(&j->lock);
    while (j->holding == 0)
        (void)as_cond_wait_until(&j->changed, &j->lock, AS_NO_DEADLINE);
    as_mutex_unlock(&j->lock);
}

static void release_workers(journal *j)
{
    as_mutex_lock(&j->lock);
    j->open = true;
    as_cond_broadcast(&j->changed);
    as_mutex_unlock(&j->lock);
}

static as_work_group *make_group(unsigned workers, unsigned max_parallel)
{
    as_work_group *group = NULL;
    assert_int_equal(as_work_group_create(workers, false, max_parallel, &group), AS_OK);
    assert_non_null(group);
    return group;
}

static as_work_queue *make_queue(as_work_group *group, size_t limit, unsigned max_parallel,
                                 as_work_fn *run, void *user)
{
    as_work_queue *queue = NULL;
    assert_int_equal(as_work_queue_create(group, limit, max_parallel, run, user, &queue), AS_OK);
    assert_non_null(queue);
    return queue;
}

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
    assert_true(as_mutex_init(&c->lock));
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

/* Stays on its worker until its group is being destroyed, which shows in the queue. */
typedef struct sitter {
    as_work_queue *queue;
    atomic_uint runs, refused, full;
} sitter;

static void sit(void *user, const as_work_item *item, bool stale)
{
    sitter *s = user;
    (void)stale;
    atomic_fetch_add(&s->runs, 1);
    while (atomic_load(&s->full) == 0 || as_work_waiting(s->queue) != 0)
        (void)sched_yield();
    if (!as_work_push(s->queue, item->key, KIND_LOG, AS_PRIORITY_WAITED))
        atomic_fetch_add(&s->refused, 1);
}

static void test_destroy_waits_and_drops(void **state)
{
    (void)state;
    for (int round = 0; round < 100; round++) {
        sitter s = {.queue = NULL};
        as_work_group *group = make_group(2, 2);
        s.queue = make_queue(group, 10, 1, sit, &s);
        for (uint64_t i = 0; i < 10; i++)
            assert_true(as_work_push(s.queue, i, KIND_LOG, AS_PRIORITY_HINT));
        while (atomic_load(&s.runs) == 0)
            (void)sched_yield();
        atomic_store(&s.full, 1);
        as_work_group_destroy(group);
        assert_int_equal(atomic_load(&s.runs), 1);
        assert_int_equal(atomic_load(&s.refused), 1);
        assert_int_equal(as_mem_live(), 0);
    }
    as_work_group_destroy(NULL);
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
        assert_true(as_mutex_init(&c.lock));
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

static void count_run(void *user, const as_work_item *item, bool stale)
{
    (void)item;
    (void)stale;
    atomic_fetch_add((atomic_uint *)user, 1);
}

/* Groups come and go, with items left waiting, beside one that works. */
static void test_other_groups_are_not_disturbed(void **state)
{
    (void)state;
    journal j;
    make_journal(&j);
    as_work_group *group = make_group(3, 3);
    as_work_queue *queue = make_queue(group, 1000, 3, write_down, &j);
    atomic_uint runs = 0;
    for (uint64_t i = 0; i < 500; i++) {
        assert_true(as_work_push(queue, i, KIND_LOG, (as_priority)(i % 4)));
        as_work_group *guest = make_group(1, 2);
        assert_int_equal(as_work_group_workers(guest), 3);
        for (int k = 0; k < 3; k++) {
            as_work_queue *in_guest = make_queue(guest, 4, 2, count_run, &runs);
            assert_true(as_work_push(in_guest, 0, KIND_LOG, (as_priority)k));
        }
        as_work_group_destroy(guest);
    }
    await_count(&j, 500);
    assert_true(atomic_load(&runs) <= 1500);
    as_work_group_destroy(group);
    end_journal(&j);
}

static void test_pools_come_and_go(void **state)
{
    (void)state;
    atomic_uint runs = 0;
    for (int i = 0; i < POOLS; i++) {
        as_work_group *group = make_group(2, 2);
        assert_int_equal(as_work_group_workers(group), 2);
        if (i % 4 == 0)
            assert_true(as_work_push(make_queue(group, 1, 1, count_run, &runs), 0, KIND_LOG,
                                     AS_PRIORITY_READY));
        as_work_group_destroy(group);
    }
    assert_int_equal(as_mem_live(), 0);
}

/* Several threads that take part and leave, so that ends and starts of the pool meet. */
typedef struct user_of_pools {
    as_thread thread;
    unsigned failures;
} user_of_pools;

static void come_and_go(void *user)
{
    user_of_pools *u = user;
    for (int i = 0; i < POOLS / 10; i++) {
        journal j = {.open = true};
        as_work_group *group = NULL;
        as_work_queue *queue = NULL;
        if (!as_mutex_init(&j.lock) || !as_cond_init(&j.changed) ||
            as_work_group_create(2, i % 2 == 0, 1, &group) != AS_OK ||
            as_work_queue_create(group, 2, 1, write_down, &j, &queue) != AS_OK ||
            !as_work_push(queue, 77, KIND_HOLD, AS_PRIORITY_READY)) {
            u->failures++;
            return;
        }
        await_count(&j, 1);
        as_work_group_destroy(group);
        u->failures += j.count != 1 || j.entries[0].key != 77;
        end_journal(&j);
    }
}

static void test_pools_come_and_go_at_once(void **state)
{
    (void)state;
    user_of_pools users[4] = {{.failures = 0}};
    for (int i = 0; i < 4; i++)
        assert_true(as_thread_start(&users[i].thread, "user", come_and_go, &users[i]));
    for (int i = 0; i < 4; i++) {
        as_thread_join(&users[i].thread);
        assert_int_equal(users[i].failures, 0);
    }
    assert_int_equal(as_mem_live(), 0);
}

#define PUSHERS 8
#define PUSHES 2000

/* Every key must run exactly once though the queue is small and often full. */
typedef struct flood {
    as_mutex lock;
    as_cond room;
    as_work_queue *queue;
    unsigned done;
    unsigned char runs[PUSHERS * PUSHES];
    atomic_uint pushers;
} flood;

static void drain(void *user, const as_work_item *item, bool stale)
{
    flood *f = user;
    as_mutex_lock(&f->lock);
    f->done++;
    f->runs[item->key] += stale ? 2 : 1;
    as_cond_broadcast(&f->room);
    as_mutex_unlock(&f->lock);
}

static void pour(void *user)
{
    flood *f = user;
    const unsigned mine = atomic_fetch_add(&f->pushers, 1);
    for (unsigned i = 0; i < PUSHES; i++) {
        as_mutex_lock(&f->lock);
        /* Under the test's lock, so that the item that makes room cannot be missed. */
        while (!as_work_push(f->queue, mine * PUSHES + i, KIND_LOG, (as_priority)(i % 4)))
            (void)as_cond_wait_until(&f->room, &f->lock, AS_NO_DEADLINE);
        as_mutex_unlock(&f->lock);
    }
}

static void test_eight_threads_push_at_once(void **state)
{
    (void)state;
    flood *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    assert_true(as_mutex_init(&f->lock));
    assert_true(as_cond_init(&f->room));
    as_work_group *group = make_group(4, 4);
    f->queue = make_queue(group, 16, 4, drain, f);
    as_thread threads[PUSHERS];
    for (int i = 0; i < PUSHERS; i++)
        assert_true(as_thread_start(&threads[i], "pusher", pour, f));
    for (int i = 0; i < PUSHERS; i++)
        as_thread_join(&threads[i]);
    as_mutex_lock(&f->lock);
    while (f->done < PUSHERS * PUSHES)
        (void)as_cond_wait_until(&f->room, &f->lock, AS_NO_DEADLINE);
    as_mutex_unlock(&f->lock);
    as_work_group_destroy(group);
    for (size_t i = 0; i < sizeof(f->runs); i++)
        assert_int_equal(f->runs[i], 1);
    as_cond_destroy(&f->room);
    as_mutex_destroy(&f->lock);
    free(f);
}

static void test_numbers_of_workers(void **state)
{
    (void)state;
    const unsigned cores = as_thread_cores();
    as_work_group *group = make_group(0, 1);
    assert_int_equal(as_work_group_workers(group), cores < 8 ? cores : 8);
    as_work_group_destroy(group);
    group = make_group(1000, 0);
    assert_int_equal(as_work_group_workers(group), 256);
    as_work_queue *queue;
    assert_int_equal(as_work_queue_create(group, SIZE_MAX / 2, 1, count_run, NULL, &queue),
                     AS_ERROR_OUT_OF_MEMORY);
    assert_null(queue);
    as_work_group_destroy(group);
}

/* Two workers if all goes well; true when something could run. */
static bool use_pool(journal *j)
{
    as_work_group *group = NULL;
    as_work_queue *queue = NULL;
    as_result result = as_work_group_create(2, false, 2, &group);
    if (result == AS_OK) {
        result = as_work_queue_create(group, 4, 2, write_down, j, &queue);
        if (result == AS_OK) {
            assert_in_range(as_work_group_workers(group), 1, 2);
            j->count = 0;
            for (uint64_t i = 0; i < 4; i++)
                assert_true(as_work_push(queue, i, KIND_LOG, AS_PRIORITY_READY));
            await_count(j, 4);
        } else {
            assert_null(queue);
        }
    } else {
        assert_null(group);
    }
    assert_true(result == AS_OK || result == AS_ERROR_OUT_OF_MEMORY);
    as_work_group_destroy(group);
    assert_int_equal(as_mem_live(), 0);
    return result == AS_OK;
}

static void test_everything_fails_once(void **state)
{
    (void)state;
    journal j;
    make_journal(&j);
    unsigned refused = 0;
    uint64_t n = 0;
    for (;; n++) {
        test_alloc_fail_at(n);
        refused += !use_pool(&j);
        if (!test_alloc_failed())
            break;
    }
    /* Group, pool, two threads, queue; the second thread is no must. */
    assert_true(n == 5);
    assert_int_equal(refused, 4);
    test_alloc_restore();
    refused = 0;
    for (n = 0;; n++) {
        as_thread_test_fail_at(n);
        refused += !use_pool(&j);
        if (!as_thread_test_failed())
            break;
    }
    /* The group's condition, the pool's lock, two workers of a condition and a thread each. */
    assert_true(n == 6);
    assert_int_equal(refused, 4);
    as_thread_test_fail_at(UINT64_MAX);
    end_journal(&j);
}

static int nothing_alive_or_misused(void **state)
{
    return as_thread_test_misuses() == 0 ? test_nothing_alive(state) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urgent_first_then_in_order),
        cmocka_unit_test(test_full_queues_refuse),
        cmocka_unit_test(test_waited_items_alone_fill_both_rooms),
        cmocka_unit_test(test_order_stays_over_many_turns),
        cmocka_unit_test(test_parallel_limits),
        cmocka_unit_test(test_all_workers_are_woken),
        cmocka_unit_test(test_cancelled_items_surface_stale),
        cmocka_unit_test(test_destroy_waits_and_drops),
        cmocka_unit_test(test_workers_may_push),
        cmocka_unit_test(test_groups_take_turns),
        cmocka_unit_test(test_limits_do_not_block_others),
        cmocka_unit_test(test_other_groups_are_not_disturbed),
        cmocka_unit_test(test_pools_come_and_go),
        cmocka_unit_test(test_pools_come_and_go_at_once),
        cmocka_unit_test(test_eight_threads_push_at_once),
        cmocka_unit_test(test_numbers_of_workers),
        cmocka_unit_test(test_everything_fails_once),
    };
    return cmocka_run_group_tests_name("work", tests, NULL, nothing_alive_or_misused);
}
