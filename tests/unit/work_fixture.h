/* SPDX-License-Identifier: MIT
 *
 * What the tests of the worker pool share: groups and queues, and a journal of what ran.
 */
#ifndef TEST_WORK_FIXTURE_H
#define TEST_WORK_FIXTURE_H

#include "core/base/thread.h"
#include "core/base/work.h"
#include "tests/support/check.h"

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

static inline void make_journal(journal *j)
{
    memset(j, 0, sizeof(*j));
    assert_true(as_mutex_init(&j->lock, AS_LOCK_STREAM));
    assert_true(as_cond_init(&j->changed));
}

static inline void end_journal(journal *j)
{
    as_cond_destroy(&j->changed);
    as_mutex_destroy(&j->lock);
}

static inline void write_down(void *user, const as_work_item *item, bool stale)
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

static inline void await_count(journal *j, size_t count)
{
    as_mutex_lock(&j->lock);
    while (j->count < count)
        (void)as_cond_wait_until(&j->changed, &j->lock, AS_NO_DEADLINE);
    as_mutex_unlock(&j->lock);
}

/* Keeps one worker busy until release_workers. */
static inline void hold_worker(journal *j, as_work_queue *queue)
{
    assert_true(as_work_push(queue, 1000, KIND_HOLD, AS_PRIORITY_WAITED));
    as_mutex_lock(&j->lock);
    while (j->holding == 0)
        (void)as_cond_wait_until(&j->changed, &j->lock, AS_NO_DEADLINE);
    as_mutex_unlock(&j->lock);
}

static inline void release_workers(journal *j)
{
    as_mutex_lock(&j->lock);
    j->open = true;
    as_cond_broadcast(&j->changed);
    as_mutex_unlock(&j->lock);
}

static inline as_work_group *make_group(unsigned workers, unsigned max_parallel)
{
    as_work_group *group = NULL;
    assert_int_equal(as_work_group_create(workers, false, max_parallel, &group), AS_OK);
    assert_non_null(group);
    return group;
}

static inline as_work_queue *make_queue(as_work_group *group, size_t limit, unsigned max_parallel,
                                        as_work_fn *run, void *user)
{
    as_work_queue *queue = NULL;
    assert_int_equal(as_work_queue_create(group, limit, max_parallel, run, user, &queue), AS_OK);
    assert_non_null(queue);
    return queue;
}

/* Group teardown. */
static inline int nothing_alive_or_misused(void **state)
{
    return as_thread_test_misuses() == 0 ? test_nothing_alive(state) : -1;
}

#endif
