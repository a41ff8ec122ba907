/* SPDX-License-Identifier: MIT
 *
 * One lock guards all that workers and queues share: items take milliseconds, taking one less than
 * a microsecond.
 *
 * Waking. Whenever the lock is free: if some item may be taken and a worker is idle, then a worker
 * has been called and is on its way. Calling one at a time is enough, since who takes an item calls
 * the next one if there is more to take; so nobody is woken for nothing. Each worker has a
 * condition of its own: the one that went idle last is called, whose caches are warm.
 */
#include "core/base/work.h"

#include "core/base/mem.h"
#include "core/base/thread.h"

#define DEFAULT_WORKERS_MAX 8
#define WORKERS_MAX 256

typedef struct as_pool as_pool;

typedef struct as_worker {
    as_pool *pool;
    struct as_worker *below; /* in the stack of idle workers */
    as_thread thread;
    as_cond call;
    unsigned number;
    bool called;
} as_worker;

/* Items of one priority: a ring. */
typedef struct as_lane {
    as_work_item *items;
    size_t capacity, first, count;
} as_lane;

struct as_work_queue {
    as_work_group *group;
    as_work_queue *before, *after; /* in the pool's list */
    as_work_queue *sibling;        /* next of the group */
    as_work_fn *run;
    void *user;
    size_t limit, waiting;
    uint64_t generation;
    unsigned max_parallel, running;
    as_lane lanes[AS_PRIORITY_COUNT];
    as_work_item items[]; /* of all lanes */
};

struct as_work_group {
    as_pool *pool;
    as_work_queue *queues;
    as_cond idle; /* it is ending and nothing of it runs any more */
    unsigned max_parallel, running;
    bool ending;
};

struct as_pool {
    as_mutex lock;               /* of what follows but `groups`, and of groups and queues */
    as_work_queue *first, *last; /* the queue served longest ago comes first */
    as_worker *idle;             /* a stack */
    bool coming;                 /* a worker was called and is not here yet */
    bool stopping;
    bool pin;       /* set before the workers start, like `count` never changed after */
    unsigned count; /* of workers */
    size_t groups;  /* guarded by the door */
    as_worker workers[];
};

/* The way into the pool and out of it. A pool whose last group has left is no longer here while its
 * threads are being joined; who comes meanwhile starts another one. */
static struct {
    as_mutex lock;
    as_pool *pool;
} door = {.lock = AS_MUTEX_INITIALIZER(AS_LOCK_WORK_DOOR)};

static void lane_put(as_lane *lane, const as_work_item *item)
{
    size_t at = lane->first + lane->count++;
    if (at >= lane->capacity)
        at -= lane->capacity;
    lane->items[at] = *item;
}

static as_work_item lane_take(as_lane *lane)
{
    const as_work_item item = lane->items[lane->first];
    if (++lane->first == lane->capacity)
        lane->first = 0;
    lane->count--;
    return item;
}

/* Takes the first like this, generation and all, out of their midst; false: there is none. */
static bool lane_remove(as_lane *lane, const as_work_item *item)
{
    size_t at = lane->first;
    bool found = false;
    for (size_t i = 0; i < lane->count; i++) {
        const size_t next = at + 1 == lane->capacity ? 0 : at + 1;
        const as_work_item *here = &lane->items[at];
        found = found || (here->key == item->key && here->kind == item->kind &&
                          here->generation == item->generation);
        if (found && i + 1 < lane->count)
            lane->items[at] = lane->items[next];
        at = next;
    }
    lane->count -= found;
    return found;
}

static void list_append(as_pool *pool, as_work_queue *queue)
{
    queue->before = pool->last;
    queue->after = NULL;
    if (pool->last)
        pool->last->after = queue;
    else
        pool->first = queue;
    pool->last = queue;
}

static void list_remove(as_pool *pool, as_work_queue *queue)
{
    if (queue->before)
        queue->before->after = queue->after;
    else
        pool->first = queue->after;
    if (queue->after)
        queue->after->before = queue->before;
    else
        pool->last = queue->before;
}

static bool may_take_from(const as_work_queue *queue)
{
    return queue->waiting != 0 && queue->running < queue->max_parallel &&
           queue->group->running < queue->group->max_parallel;
}

static unsigned most_urgent(const as_work_queue *queue)
{
    unsigned priority = 0;
    while (queue->lanes[priority].count == 0)
        priority++;
    return priority;
}

/* The queue to serve next, or NULL. */
static as_work_queue *next_queue(const as_pool *pool)
{
    as_work_queue *best = NULL;
    unsigned best_priority = AS_PRIORITY_COUNT;
    for (as_work_queue *queue = pool->first; queue; queue = queue->after) {
        if (!may_take_from(queue))
            continue;
        const unsigned priority = most_urgent(queue);
        if (priority < best_priority) {
            best = queue;
            best_priority = priority;
        }
    }
    return best;
}

static void call(as_pool *pool)
{
    as_worker *worker = pool->idle;
    pool->idle = worker->below;
    pool->coming = true;
    worker->called = true;
    as_cond_signal(&worker->call);
}

static void wait_for_call(as_pool *pool, as_worker *self)
{
    self->called = false;
    self->below = pool->idle;
    pool->idle = self;
    while (!self->called)
        (void)as_cond_wait_until(&self->call, &pool->lock, AS_NO_DEADLINE);
    pool->coming = false;
}

/* Runs the first item of the queue, without the lock. */
static void serve(as_pool *pool, as_work_queue *queue)
{
    as_work_group *group = queue->group;
    const as_work_item item = lane_take(&queue->lanes[most_urgent(queue)]);
    const bool stale = item.generation != queue->generation;
    queue->waiting--;
    queue->running++;
    group->running++;
    list_remove(pool, queue);
    list_append(pool, queue);
    if (pool->idle && !pool->coming && next_queue(pool))
        call(pool);
    as_mutex_unlock(&pool->lock);
    queue->run(queue->user, &item, stale);
    as_mutex_lock(&pool->lock);
    queue->running--;
    group->running--;
    if (group->ending && group->running == 0)
        as_cond_signal(&group->idle);
}

static void work(void *user)
{
    as_worker *self = user;
    as_pool *pool = self->pool;
    (void)as_thread_give_way(); /* a wish only, like the next */
    if (pool->pin)
        (void)as_thread_pin(self->number % as_thread_cores());
    as_mutex_lock(&pool->lock);
    while (!pool->stopping) {
        as_work_queue *queue = next_queue(pool);
        if (queue)
            serve(pool, queue);
        else
            wait_for_call(pool, self);
    }
    as_mutex_unlock(&pool->lock);
}

static bool worker_start(as_pool *pool, unsigned number)
{
    as_worker *worker = &pool->workers[number];
    worker->pool = pool;
    worker->number = number;
    if (!as_cond_init(&worker->call))
        return false;
    if (as_thread_start(&worker->thread, "as-worker", work, worker))
        return true;
    as_cond_destroy(&worker->call);
    return false;
}

/* NULL: not even one worker. */
static as_pool *pool_start(unsigned workers, bool pin)
{
    if (workers == 0) {
        workers = as_thread_cores();
        workers = workers < DEFAULT_WORKERS_MAX ? workers : DEFAULT_WORKERS_MAX;
    }
    workers = workers < WORKERS_MAX ? workers : WORKERS_MAX;
    as_pool *pool = as_mem_calloc(1, sizeof(*pool) + workers * sizeof(*pool->workers));
    if (!pool)
        return NULL;
    if (!as_mutex_init(&pool->lock, AS_LOCK_WORK_POOL)) {
        as_mem_free(pool);
        return NULL;
    }
    pool->pin = pin;
    while (pool->count < workers && worker_start(pool, pool->count))
        pool->count++;
    if (pool->count != 0)
        return pool;
    as_mutex_destroy(&pool->lock);
    as_mem_free(pool);
    return NULL;
}

static void pool_end(as_pool *pool)
{
    as_mutex_lock(&pool->lock);
    pool->stopping = true;
    while (pool->idle)
        call(pool);
    as_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->count; i++) {
        as_thread_join(&pool->workers[i].thread);
        as_cond_destroy(&pool->workers[i].call);
    }
    as_mutex_destroy(&pool->lock);
    as_mem_free(pool);
}

static as_pool *pool_enter(unsigned workers, bool pin)
{
    as_mutex_lock(&door.lock);
    if (!door.pool)
        door.pool = pool_start(workers, pin);
    as_pool *pool = door.pool;
    if (pool)
        pool->groups++;
    as_mutex_unlock(&door.lock);
    return pool;
}

static void pool_leave(as_pool *pool)
{
    as_mutex_lock(&door.lock);
    const bool last = --pool->groups == 0;
    if (last && door.pool == pool) /* it may be a group's own */
        door.pool = NULL;
    as_mutex_unlock(&door.lock);
    if (last)
        pool_end(pool);
}

/* Of a pool that counts the group already; NULL is no pool. */
static as_result group_create(as_pool *pool, unsigned max_parallel, as_work_group **out_group)
{
    *out_group = NULL;
    if (!pool)
        return AS_ERROR_OUT_OF_MEMORY;
    as_work_group *group = as_mem_calloc(1, sizeof(*group));
    if (!group || !as_cond_init(&group->idle)) {
        as_mem_free(group);
        pool_leave(pool);
        return AS_ERROR_OUT_OF_MEMORY;
    }
    group->max_parallel = max_parallel != 0 ? max_parallel : 1;
    group->pool = pool;
    *out_group = group;
    return AS_OK;
}

as_result as_work_group_create(unsigned workers, bool pin, unsigned max_parallel,
                               as_work_group **out_group)
{
    return group_create(pool_enter(workers, pin), max_parallel, out_group);
}

as_result as_work_group_create_own(unsigned workers, as_work_group **out_group)
{
    as_pool *pool = pool_start(workers != 0 ? workers : 1, false);
    if (pool)
        pool->groups = 1; /* nobody else knows it: no need for the door */
    return group_create(pool, workers, out_group);
}

unsigned as_work_group_workers(const as_work_group *group)
{
    return group->pool->count;
}

void as_work_group_destroy(as_work_group *group)
{
    if (!group)
        return;
    as_pool *pool = group->pool;
    as_mutex_lock(&pool->lock);
    group->ending = true;
    for (as_work_queue *queue = group->queues; queue; queue = queue->sibling) {
        list_remove(pool, queue);
        queue->waiting = 0;
    }
    while (group->running != 0)
        (void)as_cond_wait_until(&group->idle, &pool->lock, AS_NO_DEADLINE);
    as_mutex_unlock(&pool->lock);
    while (group->queues) {
        as_work_queue *queue = group->queues;
        group->queues = queue->sibling;
        as_mem_free(queue);
    }
    as_cond_destroy(&group->idle);
    as_mem_free(group);
    pool_leave(pool);
}

as_result as_work_queue_create(as_work_group *group, size_t limit, unsigned max_parallel,
                               as_work_fn *run, void *user, as_work_queue **out_queue)
{
    *out_queue = NULL;
    limit = limit != 0 ? limit : 1;
    /* Twice the limit of waited items, once that of each other priority. */
    const size_t room = AS_PRIORITY_COUNT + 1;
    if (limit > (SIZE_MAX - sizeof(as_work_queue)) / sizeof(as_work_item) / room)
        return AS_ERROR_OUT_OF_MEMORY;
    as_work_queue *queue = as_mem_calloc(1, sizeof(*queue) + limit * room * sizeof(*queue->items));
    if (!queue)
        return AS_ERROR_OUT_OF_MEMORY;
    queue->group = group;
    queue->run = run;
    queue->user = user;
    queue->limit = limit;
    queue->max_parallel = max_parallel != 0 ? max_parallel : 1;
    as_work_item *items = queue->items;
    for (unsigned i = 0; i < AS_PRIORITY_COUNT; i++) {
        queue->lanes[i].items = items;
        queue->lanes[i].capacity = i == AS_PRIORITY_WAITED ? 2 * limit : limit;
        items += queue->lanes[i].capacity;
    }
    as_mutex_lock(&group->pool->lock);
    queue->sibling = group->queues;
    group->queues = queue;
    list_append(group->pool, queue);
    as_mutex_unlock(&group->pool->lock);
    *out_queue = queue;
    return AS_OK;
}

/* Under the lock. */
static bool push(as_work_queue *queue, uint64_t key, uint64_t kind, as_priority priority)
{
    as_pool *pool = queue->group->pool;
    const size_t limit = priority == AS_PRIORITY_WAITED ? 2 * queue->limit : queue->limit;
    if (queue->group->ending || queue->waiting >= limit)
        return false;
    const as_work_item item = {
        .key = key, .generation = queue->generation, .kind = kind, .priority = priority};
    lane_put(&queue->lanes[priority], &item);
    queue->waiting++;
    if (pool->idle && !pool->coming && may_take_from(queue))
        call(pool);
    return true;
}

bool as_work_push(as_work_queue *queue, uint64_t key, uint64_t kind, as_priority priority)
{
    as_pool *pool = queue->group->pool;
    as_mutex_lock(&pool->lock);
    const bool taken = push(queue, key, kind, priority);
    as_mutex_unlock(&pool->lock);
    return taken;
}

bool as_work_raise(as_work_queue *queue, uint64_t key, uint64_t kind, as_priority from,
                   as_priority to)
{
    as_pool *pool = queue->group->pool;
    as_mutex_lock(&pool->lock);
    const as_work_item old = {.key = key, .generation = queue->generation, .kind = kind};
    queue->waiting -= !queue->group->ending && lane_remove(&queue->lanes[from], &old);
    const bool taken = push(queue, key, kind, to);
    as_mutex_unlock(&pool->lock);
    return taken;
}

size_t as_work_cancel(as_work_queue *queue)
{
    as_pool *pool = queue->group->pool;
    as_mutex_lock(&pool->lock);
    queue->generation++;
    const size_t waiting = queue->waiting;
    as_mutex_unlock(&pool->lock);
    return waiting;
}

size_t as_work_waiting(const as_work_queue *queue)
{
    as_pool *pool = queue->group->pool;
    as_mutex_lock(&pool->lock);
    const size_t waiting = queue->waiting;
    as_mutex_unlock(&pool->lock);
    return waiting;
}
