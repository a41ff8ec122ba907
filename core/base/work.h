/* SPDX-License-Identifier: MIT
 *
 * The worker pool, one per process, and the queues that feed it.
 *
 * The pool starts with the first user and ends with the last. A queue belongs to one object; it is
 * bounded, has priorities, and items of an older generation are dropped when they surface. Queues
 * of one object form a group, whose parallel work is limited together.
 *
 * A free worker takes the item of highest priority over all queues that are below their limits
 * (first in, first out within a priority; of queues with equal priorities the one served longest
 * ago).
 *
 * Everything here is thread-safe unless it says otherwise. Not fork-safe: a child process has none
 * of the workers and may find locks held, so it must not use what it inherited.
 */
#ifndef AS_BASE_WORK_H
#define AS_BASE_WORK_H

#include "alphastream/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Smaller is more urgent. */
typedef enum as_priority {
    AS_PRIORITY_WAITED = 0, /* somebody waits for it */
    AS_PRIORITY_READY = 1,  /* L0 in play order */
    AS_PRIORITY_HINT = 2,   /* asked for ahead */
    AS_PRIORITY_PREFETCH = 3,
    AS_PRIORITY_COUNT = 4
} as_priority;

typedef struct as_work_item {
    uint64_t key;        /* what it is about; means nothing to the queue */
    uint64_t generation; /* set by the queue when pushed */
    uint64_t kind;       /* likewise */
    as_priority priority;
} as_work_item;

typedef struct as_work_group as_work_group; /* of one object */
typedef struct as_work_queue as_work_queue;

/* On a worker, outside the pool's lock. `stale`: the item is of an older generation; do nothing but
 * bookkeeping, quickly. May push. */
typedef void as_work_fn(void *user, const as_work_item *item, bool stale);

/* Takes part in the pool, starting it if need be with `workers` threads (0: logical cores, at most
 * 8; never more than 256), `pin` each to a core. When it runs already its number stays. At least
 * one thread must start: else AS_ERROR_OUT_OF_MEMORY; fewer than wanted is fine. max_parallel: how
 * many workers this group may use at once (0 counts as 1). */
as_result as_work_group_create(unsigned workers, bool pin, unsigned max_parallel,
                               as_work_group **out_group);
/* The same with a pool of `workers` threads (at least 1) that it shares with nobody: for work that
 * may block for long, so that it keeps no other group from working. */
as_result as_work_group_create_own(unsigned workers, as_work_group **out_group);
/* Threads the pool has. */
unsigned as_work_group_workers(const as_work_group *group);
/* Drops all items of all its queues without running them, waits for those that run, frees queues
 * and group; the last group ends the pool and joins its threads. Not from a worker; meanwhile only
 * items of the group that still run may use its queues. NULL is ignored. */
void as_work_group_destroy(as_work_group *group);

/* A queue of at most `limit` waiting items, of which at most max_parallel run at once (0 counts as
 * 1 in both). Lives as long as its group. */
as_result as_work_queue_create(as_work_group *group, size_t limit, unsigned max_parallel,
                               as_work_fn *run, void *user, as_work_queue **out_queue);

/* false: the queue is full, or its group is being destroyed. WAITED items have room for as many
 * again beyond the limit, so that prefetch cannot keep out whom somebody waits for. */
bool as_work_push(as_work_queue *queue, uint64_t key, uint64_t kind, as_priority priority);
/* Moves an item of this key and kind that waits at priority `from` and is not stale to the end of
 * those at `to`; if none does (any more), this is as_work_push with `to`. false: as as_work_push,
 * and the item is out of the queue. */
bool as_work_raise(as_work_queue *queue, uint64_t key, uint64_t kind, as_priority from,
                   as_priority to);
/* All items pushed so far are stale from now on (they surface with stale = true, in their turn, and
 * take up room until then); those running go on. Returns how many were waiting, stale or not. */
size_t as_work_cancel(as_work_queue *queue);
size_t as_work_waiting(const as_work_queue *queue);

#endif
