/* SPDX-License-Identifier: MIT
 *
 * core/base/slots.h: what an object keeps for each thread.
 */
#include "core/base/mem.h"
#include "core/base/slots.h"
#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"

#include <pthread.h>
#include <stdatomic.h>

#define SLOT_SIZE 40
#define MANY_THREADS 1000
#define THREADS 8

/* One counter of releases for each number written into a slot. */
static atomic_int released[MANY_THREADS + 1];

static void count_release(void *slot)
{
    atomic_fetch_add(&released[*(const int *)slot], 1);
}

static void forget_releases(void)
{
    for (int i = 0; i <= MANY_THREADS; i++)
        atomic_store(&released[i], 0);
}

/* A thread that uses its slot of `slots` and then, if there is a gate, stays until it opens. */
typedef struct gate {
    as_mutex lock;
    as_cond changed;
    int arrived;
    bool open;
} gate;

typedef struct visitor {
    as_slots *slots;
    int number;
    gate *gate;
    as_thread thread;
    bool right;
    unsigned char *slot;
} visitor;

static void make_gate(gate *g)
{
    *g = (gate){.arrived = 0};
    assert_true(as_mutex_init(&g->lock, AS_LOCK_LAST));
    assert_true(as_cond_init(&g->changed));
}

static void end_gate(gate *g)
{
    as_cond_destroy(&g->changed);
    as_mutex_destroy(&g->lock);
}

static void wait_at(gate *g)
{
    as_mutex_lock(&g->lock);
    g->arrived++;
    as_cond_broadcast(&g->changed);
    while (!g->open)
        (void)as_cond_wait_until(&g->changed, &g->lock, AS_NO_DEADLINE);
    as_mutex_unlock(&g->lock);
}

static void await_arrivals(gate *g, int count)
{
    as_mutex_lock(&g->lock);
    while (g->arrived < count)
        (void)as_cond_wait_until(&g->changed, &g->lock, AS_NO_DEADLINE);
    as_mutex_unlock(&g->lock);
}

static void open_gate(gate *g)
{
    as_mutex_lock(&g->lock);
    g->open = true;
    as_cond_broadcast(&g->changed);
    as_mutex_unlock(&g->lock);
}

static void visit(void *user)
{
    visitor *v = user;
    v->right = as_slots_find(v->slots) == NULL;
    v->slot = as_slots_mine(v->slots);
    if (!v->slot)
        v->right = false;
    for (size_t i = 0; v->right && i < SLOT_SIZE; i++)
        v->right = v->slot[i] == 0;
    if (!v->right)
        return;
    *(int *)(void *)v->slot = v->number;
    for (int i = 0; i < 100; i++)
        v->right = v->right && as_slots_mine(v->slots) == v->slot;
    v->right = v->right && as_slots_find(v->slots) == v->slot;
    if (v->gate)
        wait_at(v->gate);
}

static void start_visit(visitor *v, as_slots *slots, int number, gate *g)
{
    *v = (visitor){.slots = slots, .number = number, .gate = g};
    assert_true(as_thread_start(&v->thread, "visitor", visit, v));
}

static void test_one_thread(void **state)
{
    (void)state;
    forget_releases();
    as_slots *slots = as_slots_create(SLOT_SIZE, count_release);
    assert_non_null(slots);
    assert_null(as_slots_find(slots));
    assert_int_equal(as_slots_count(slots), 0);
    int *mine = as_slots_mine(slots);
    assert_non_null(mine);
    assert_int_equal((uintptr_t)mine % _Alignof(max_align_t), 0);
    for (size_t i = 0; i < SLOT_SIZE / sizeof(*mine); i++)
        assert_int_equal(mine[i], 0);
    *mine = 7;
    assert_ptr_equal(as_slots_mine(slots), mine);
    assert_ptr_equal(as_slots_find(slots), mine);
    assert_int_equal(as_slots_count(slots), 1);
    as_slots_destroy(slots);
    assert_int_equal(atomic_load(&released[7]), 1);
    as_slots_destroy(NULL);
    assert_null(as_slots_create(SIZE_MAX, NULL));
    assert_int_equal(as_mem_live(), 0);
}

/* More lists than a thread remembers, made and ended in all orders. */
static void test_many_lists(void **state)
{
    (void)state;
    as_slots *lists[20] = {0};
    void *slots[20] = {0};
    for (size_t round = 0; round < 2000; round++) {
        const size_t i = round * 7 % 20;
        as_slots_destroy(lists[i]);
        lists[i] = as_slots_create(sizeof(int), NULL);
        assert_non_null(lists[i]);
        assert_null(as_slots_find(lists[i]));
        slots[i] = as_slots_mine(lists[i]);
        for (size_t k = 0; k < 20; k++) {
            if (lists[k])
                assert_ptr_equal(as_slots_find(lists[k]), slots[k]);
        }
    }
    for (size_t i = 0; i < 20; i++)
        as_slots_destroy(lists[i]);
    assert_int_equal(as_mem_live(), 0);
}

static void test_threads_have_their_own(void **state)
{
    (void)state;
    forget_releases();
    gate g;
    make_gate(&g);
    visitor v[THREADS];
    as_slots *slots = as_slots_create(SLOT_SIZE, count_release);
    for (int i = 0; i < THREADS; i++)
        start_visit(&v[i], slots, i, &g);
    await_arrivals(&g, THREADS);
    assert_int_equal(as_slots_count(slots), THREADS);
    assert_null(as_slots_find(slots));
    for (int i = 0; i < THREADS; i++) {
        for (int k = 0; k < i; k++)
            assert_ptr_not_equal(v[i].slot, v[k].slot);
    }
    /* The list goes while those threads live on; then they end without it. */
    as_slots_destroy(slots);
    assert_int_equal(as_mem_live(), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(atomic_load(&released[i]), 1);
    open_gate(&g);
    for (int i = 0; i < THREADS; i++) {
        as_thread_join(&v[i].thread);
        assert_true(v[i].right);
    }
    end_gate(&g);
}

static void test_threads_that_ended_leave_few(void **state)
{
    (void)state;
    forget_releases();
    as_slots *slots = as_slots_create(SLOT_SIZE, count_release);
    int *mine = as_slots_mine(slots);
    assert_non_null(mine);
    *mine = MANY_THREADS;
    for (int i = 0; i < MANY_THREADS; i++) {
        visitor v;
        start_visit(&v, slots, i, NULL);
        as_thread_join(&v.thread);
        assert_true(v.right);
        assert_true(as_slots_count(slots) <= 2);
    }
    /* The one before the last was given up when the last came. */
    assert_int_equal(atomic_load(&released[MANY_THREADS - 2]), 1);
    assert_int_equal(atomic_load(&released[MANY_THREADS - 1]), 0);
    assert_ptr_equal(as_slots_mine(slots), mine);
    assert_int_equal(*mine, MANY_THREADS);
    as_slots_destroy(slots);
    for (int i = 0; i <= MANY_THREADS; i++)
        assert_int_equal(atomic_load(&released[i]), 1);
    assert_int_equal(as_mem_live(), 0);
}

static void test_threads_come_and_go_at_once(void **state)
{
    (void)state;
    forget_releases();
    as_slots *slots = as_slots_create(SLOT_SIZE, count_release);
    visitor v[THREADS];
    for (int i = 0; i < MANY_THREADS; i += THREADS) {
        for (int k = 0; k < THREADS; k++)
            start_visit(&v[k], slots, i + k, NULL);
        for (int k = 0; k < THREADS; k++) {
            as_thread_join(&v[k].thread);
            assert_true(v[k].right);
        }
        assert_true(as_slots_count(slots) <= 2 * THREADS);
    }
    as_slots_destroy(slots);
    for (int i = 0; i < MANY_THREADS; i++)
        assert_int_equal(atomic_load(&released[i]), 1);
    assert_int_equal(as_mem_live(), 0);
}

static void destroy(void *user)
{
    as_slots_destroy(user);
}

/* The main thread's slot is freed by another one; the main thread then uses a new list. */
static void test_destroy_from_another_thread(void **state)
{
    (void)state;
    forget_releases();
    for (int i = 0; i < 100; i++) {
        as_slots *slots = as_slots_create(SLOT_SIZE, count_release);
        int *mine = as_slots_mine(slots);
        assert_non_null(mine);
        assert_int_equal(*mine, 0);
        *mine = i;
        as_thread thread;
        assert_true(as_thread_start(&thread, "destroyer", destroy, slots));
        as_thread_join(&thread);
        assert_int_equal(as_mem_live(), 0);
        assert_int_equal(atomic_load(&released[i]), 1);
    }
}

/* Two lists that share threads: one goes, the other one stays as it is. */
static void test_lists_are_independent(void **state)
{
    (void)state;
    forget_releases();
    as_slots *a = as_slots_create(SLOT_SIZE, count_release);
    as_slots *b = as_slots_create(SLOT_SIZE, count_release);
    int *in_a = as_slots_mine(a), *in_b = as_slots_mine(b);
    assert_non_null(in_a);
    assert_non_null(in_b);
    *in_a = 1;
    *in_b = 2;
    as_slots_destroy(a);
    assert_int_equal(atomic_load(&released[1]), 1);
    assert_int_equal(atomic_load(&released[2]), 0);
    assert_ptr_equal(as_slots_find(b), in_b);
    assert_int_equal(*in_b, 2);
    as_slots_destroy(b);
    assert_int_equal(atomic_load(&released[2]), 1);
    assert_int_equal(as_mem_live(), 0);
}

#if !defined(_WIN32) /* where values of threads are given up in one round */

/* A host's destructor that runs when the library's has run already. */
static pthread_key_t late_key;
static as_slots *late_slots;
static bool late_right;

static void use_late(void *value)
{
    static _Thread_local int rounds;
    if (++rounds < 2) {
        (void)pthread_setspecific(late_key, value);
        return;
    }
    int *slot = as_slots_mine(late_slots);
    late_right = slot && *slot == 0;
}

static void set_late(void *user)
{
    int *slot = as_slots_mine(late_slots);
    if (slot)
        *slot = 5;
    (void)pthread_setspecific(late_key, user);
}

static void test_use_while_the_thread_ends(void **state)
{
    (void)state;
    forget_releases();
    late_slots = as_slots_create(SLOT_SIZE, count_release);
    assert_non_null(late_slots);
    assert_int_equal(pthread_key_create(&late_key, use_late), 0);
    as_thread thread;
    assert_true(as_thread_start(&thread, "late", set_late, &late_key));
    as_thread_join(&thread);
    assert_true(late_right);
    assert_int_equal(atomic_load(&released[5]), 1);
    assert_int_equal(as_slots_count(late_slots), 1);
    assert_non_null(as_slots_mine(late_slots));
    assert_int_equal(as_slots_count(late_slots), 1);
    as_slots_destroy(late_slots);
    assert_int_equal(pthread_key_delete(late_key), 0);
    assert_int_equal(as_mem_live(), 0);
}

#endif

static void use_one(void)
{
    as_slots *slots = as_slots_create(SLOT_SIZE, count_release);
    if (!slots)
        return;
    int *mine = as_slots_mine(slots);
    assert_ptr_equal(as_slots_find(slots), mine);
    assert_int_equal(as_slots_count(slots), mine ? 1 : 0);
    int *again = as_slots_mine(slots);
    assert_non_null(again);
    assert_true(!mine || again == mine);
    *again = 3;
    as_slots_destroy(slots);
}

static void test_everything_fails_once(void **state)
{
    (void)state;
    uint64_t n = 0;
    for (;; n++) {
        test_alloc_fail_at(n);
        use_one();
        assert_int_equal(as_mem_live(), 0);
        if (!test_alloc_failed())
            break;
    }
    assert_true(n == 3);
    test_alloc_restore();
    for (n = 0;; n++) {
        as_thread_test_fail_at(n);
        use_one();
        assert_int_equal(as_mem_live(), 0);
        if (!as_thread_test_failed())
            break;
    }
    assert_true(n == 1);
    as_thread_test_fail_at(UINT64_MAX);
}

static int nothing_alive_or_misused(void **state)
{
    return as_thread_test_misuses() == 0 ? test_nothing_alive(state) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_thread),
        cmocka_unit_test(test_many_lists),
        cmocka_unit_test(test_threads_have_their_own),
        cmocka_unit_test(test_threads_that_ended_leave_few),
        cmocka_unit_test(test_threads_come_and_go_at_once),
        cmocka_unit_test(test_destroy_from_another_thread),
        cmocka_unit_test(test_lists_are_independent),
#if !defined(_WIN32)
        cmocka_unit_test(test_use_while_the_thread_ends),
#endif
        cmocka_unit_test(test_everything_fails_once),
    };
    return cmocka_run_group_tests_name("slots", tests, NULL, nothing_alive_or_misused);
}
