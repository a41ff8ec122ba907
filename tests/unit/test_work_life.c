/* SPDX-License-Identifier: MIT
 *
 * core/base/work.h: pools and groups that come and go, many threads, and everything failing once.
 */
#include "core/base/mem.h"
#include "tests/support/failing_alloc.h"
#include "tests/unit/work_fixture.h"

#include <sched.h>
#include <stdatomic.h>

enum { POOLS = TEST_SANITIZED ? 500 : 10000 };

static void count_run(void *user, const as_work_item *item, bool stale)
{
    (void)item;
    (void)stale;
    atomic_fetch_add((atomic_uint *)user, 1);
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
        if (!as_mutex_init(&j.lock, AS_LOCK_STREAM) || !as_cond_init(&j.changed) ||
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
    assert_true(as_mutex_init(&f->lock, AS_LOCK_STREAM));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_destroy_waits_and_drops),
        cmocka_unit_test(test_other_groups_are_not_disturbed),
        cmocka_unit_test(test_pools_come_and_go),
        cmocka_unit_test(test_pools_come_and_go_at_once),
        cmocka_unit_test(test_eight_threads_push_at_once),
        cmocka_unit_test(test_numbers_of_workers),
        cmocka_unit_test(test_everything_fails_once),
    };
    return cmocka_run_group_tests_name("work life", tests, NULL, nothing_alive_or_misused);
}
