/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include "ahead.h"
#include "message.h"
#include "progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define RING_BYTES ((size_t)256 << 20)

typedef struct slot {
    pool_result result;
    bool ready;
} slot;

typedef struct pool {
    const pool_params *params;
    pthread_mutex_t lock;
    pthread_cond_t space; /* a slot was consumed, or stop */
    pthread_cond_t ready; /* a slot was filled */
    slot *slots;
    uint64_t slot_count;
    uint64_t claimed, consumed; /* positions; claimed - consumed <= slot_count */
    ahead ahead;
    bool stop;
} pool;

static ahead ahead_of(const pool_params *p)
{
    return (ahead){
        .source = p->gpu ? NULL : p->source, .container = p->container, .frames = p->frames};
}

static void work_on(const pool_params *p, renderer *r, uint64_t position, pool_result *result)
{
    result->position = position;
    result->frame = frames_at(p->frames, position);
    result->error = (as_error){0};
    result->result = p->work(r, p->user, result->frame, &result->data, &result->error);
}

static void *worker(void *user)
{
    pool *q = user;
    renderer r = {.container = q->params->container, .o = q->params->o};
    pthread_mutex_lock(&q->lock);
    for (;;) {
        while (!q->stop && q->claimed < q->params->frames->total &&
               q->claimed - q->consumed >= q->slot_count)
            pthread_cond_wait(&q->space, &q->lock);
        if (q->stop || q->claimed >= q->params->frames->total)
            break;
        const uint64_t position = q->claimed++;
        ahead_at(&q->ahead, position);
        slot *s = &q->slots[position % q->slot_count];
        pthread_mutex_unlock(&q->lock);
        work_on(q->params, &r, position, &s->result);
        pthread_mutex_lock(&q->lock);
        s->ready = true;
        pthread_cond_signal(&q->ready);
    }
    pthread_mutex_unlock(&q->lock);
    render_free(&r);
    return NULL;
}

/* What the calling thread does with one result: reports, hands on, notes the code. */
static int settle(const pool_params *p, const pool_result *result, uint64_t *bad)
{
    if (result->result != AS_OK) {
        if (!message_is_bad_frame(result->result))
            return message_fail(&result->error);
        if (++*bad <= POOL_MOST_NAMED)
            message_fail(&result->error);
    }
    return p->consume ? p->consume(p->user, result) : CLI_DONE;
}

static int run_alone(const pool_params *p, progress *bar, uint64_t *bad)
{
    renderer r = {.container = p->container, .gpu = p->gpu, .o = p->o};
    pool_result result = {0};
    ahead next = ahead_of(p);
    int code = CLI_DONE;
    for (uint64_t i = 0; i < p->frames->total && code == CLI_DONE; i++) {
        ahead_at(&next, i);
        work_on(p, &r, i, &result);
        code = settle(p, &result, bad);
        progress_step(bar, i + 1);
    }
    bytes_free(&result.data);
    render_free(&r);
    return code;
}

static int consume_all(pool *q, progress *bar, uint64_t *bad)
{
    int code = CLI_DONE;
    for (uint64_t i = 0; i < q->params->frames->total && code == CLI_DONE; i++) {
        slot *s = &q->slots[i % q->slot_count];
        pthread_mutex_lock(&q->lock);
        while (!s->ready)
            pthread_cond_wait(&q->ready, &q->lock);
        pthread_mutex_unlock(&q->lock);
        code = settle(q->params, &s->result, bad);
        pthread_mutex_lock(&q->lock);
        s->ready = false;
        q->consumed = i + 1;
        pthread_cond_broadcast(&q->space);
        pthread_mutex_unlock(&q->lock);
        progress_step(bar, i + 1);
    }
    return code;
}

static void stop_all(pool *q, const pthread_t *threads, unsigned count)
{
    pthread_mutex_lock(&q->lock);
    q->stop = true;
    pthread_cond_broadcast(&q->space);
    pthread_mutex_unlock(&q->lock);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static int run_threads(const pool_params *p, unsigned count, progress *bar, uint64_t *bad)
{
    pthread_t threads[MOST_THREADS];
    pool q = {.params = p, .slot_count = (uint64_t)count * 2, .ahead = ahead_of(p)};
    const size_t fits = RING_BYTES / (p->bytes_per_result ? p->bytes_per_result : 1);
    if (q.slot_count > fits)
        q.slot_count = fits ? fits : 1;
    q.slots = calloc((size_t)q.slot_count, sizeof(*q.slots));
    if (!q.slots)
        return message_usage("out of memory; use fewer --threads");
    pthread_mutex_init(&q.lock, NULL);
    pthread_cond_init(&q.space, NULL);
    pthread_cond_init(&q.ready, NULL);
    unsigned started = 0;
    while (started < count && pthread_create(&threads[started], NULL, worker, &q) == 0)
        started++;
    /* Fewer threads than asked for do the same work; none at all cannot. */
    const int code = started ? consume_all(&q, bar, bad) : run_alone(p, bar, bad);
    stop_all(&q, threads, started);
    pthread_cond_destroy(&q.ready);
    pthread_cond_destroy(&q.space);
    pthread_mutex_destroy(&q.lock);
    for (uint64_t i = 0; i < q.slot_count; i++)
        bytes_free(&q.slots[i].result.data);
    free(q.slots);
    return code;
}

int pool_run(const pool_params *params, uint64_t *out_bad)
{
    progress bar;
    uint64_t bad = 0;
    const uint64_t total = params->frames->total;
    const unsigned count = params->o->threads < total ? params->o->threads : (unsigned)total;
    progress_start(&bar, params->verb, total, params->o->progress);
    int code = count > 1 && !params->gpu ? run_threads(params, count, &bar, &bad)
                                         : run_alone(params, &bar, &bad);
    progress_end(&bar);
    if (bad > POOL_MOST_NAMED)
        message_error("%" PRIu64 " more frames are bad and are not named", bad - POOL_MOST_NAMED);
    *out_bad = bad;
    return code == CLI_DONE && bad ? CLI_DATA : code;
}
