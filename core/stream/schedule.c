/* SPDX-License-Identifier: MIT
 *
 * What workers shall do next. Everything here is under the stream's lock.
 *
 * as_st_pump goes through what is wanted in order of urgency and puts into the queues what is
 * neither there nor under way: demands, then L0 along the path (nearest first), hints, and L1
 * prefetch along the path. It is called whenever the head moves or work ends. It must come to rest:
 * whatever it starts leaves behind something it can see (a polystream, a frame, a failure, a
 * stall), so that the pump at its end does not start it again. Failures of the source are forgotten
 * after a while, so that what comes after an outage is prepared again.
 */
#include "core/stream/stream.h"

#include "core/base/mem.h"

#include <string.h>

/* ------------------------------------------------------------------------------- tasks ---- */

as_output_key as_st_whole(uint64_t index)
{
    return (as_output_key){.index = index, .kind = AS_OUTPUT_NONE};
}

as_task *as_st_find_task(as_stream *stream, as_st_kind kind, as_output_key key)
{
    for (size_t i = 0; i < stream->task_count; i++)
        if (stream->tasks[i].kind == kind && as_output_is_same(stream->tasks[i].key, key))
            return &stream->tasks[i];
    return NULL;
}

static as_work_queue *queue_of(const as_stream *stream, as_st_kind kind)
{
    return kind == AS_ST_OPEN || kind == AS_ST_FETCH ? stream->io_queue : stream->draw_queue;
}

/* A queue's item has one number beside the index: both kinds, and the size (up to 2^14 each way).
 */
static uint64_t pack_kind(as_st_kind kind, as_output_key key)
{
    return (uint64_t)kind << 48 | (uint64_t)key.kind << 32 | (uint64_t)key.width << 16 | key.height;
}

as_st_kind as_st_unpack(const as_work_item *item, as_output_key *out_key)
{
    *out_key = (as_output_key){.index = item->key,
                               .kind = (as_output_kind)(item->kind >> 32 & 0xFFFF),
                               .width = item->kind >> 16 & 0xFFFF,
                               .height = item->kind & 0xFFFF};
    return (as_st_kind)(item->kind >> 48);
}

static bool push(as_stream *stream, const as_task *task)
{
    if (as_work_push(queue_of(stream, task->kind), task->key.index,
                     pack_kind(task->kind, task->key), task->priority))
        return true;
    stream->starved = true;
    return false;
}

/* Its item is moved: one left behind would take up room until nothing more urgent is left. */
static void raise(as_stream *stream, as_task *task, as_priority priority)
{
    task->queued = as_work_raise(queue_of(stream, task->kind), task->key.index,
                                 pack_kind(task->kind, task->key), task->priority, priority);
    task->priority = priority;
    stream->starved = stream->starved || !task->queued;
}

static as_task *add_task(as_stream *stream, as_st_kind kind, as_output_key key)
{
    if (stream->task_count == stream->task_capacity) {
        stream->starved = true;
        return NULL;
    }
    as_task *task = &stream->tasks[stream->task_count++];
    *task = (as_task){.kind = kind, .key = key, .priority = AS_PRIORITY_PREFETCH};
    return task;
}

as_task *as_st_enqueue(as_stream *stream, as_st_kind kind, as_output_key key, as_priority priority)
{
    as_task *task = as_st_find_task(stream, kind, key);
    if (!task && !(task = add_task(stream, kind, key)))
        return NULL;
    if (task->running)
        return task;
    if (task->queued) {
        if (priority < task->priority)
            raise(stream, task, priority);
        return task;
    }
    if (priority < task->priority)
        task->priority = priority;
    task->queued = push(stream, task);
    return task;
}

static void drop_task(as_stream *stream, as_task *task)
{
    as_blob_unref(task->blob);
    *task = stream->tasks[--stream->task_count];
}

void as_st_end_task(as_stream *stream, as_st_kind kind, as_output_key key)
{
    as_task *task = as_st_find_task(stream, kind, key);
    if (task)
        drop_task(stream, task);
}

void as_st_signal(as_stream *stream)
{
    stream->changes++;
    as_cond_broadcast(&stream->changed);
}

/* ----------------------------------------------------------------------------- demands ---- */

as_demand *as_st_find_demand(as_stream *stream, as_output_key key)
{
    for (size_t i = 0; i < stream->demand_count; i++)
        if (as_output_is_same(stream->demands[i].key, key))
            return &stream->demands[i];
    return NULL;
}

void as_st_drop_demand(as_stream *stream, as_demand *demand)
{
    as_blob_unref(demand->blob);
    *demand = stream->demands[--stream->demand_count];
}

static bool make_room_for_demand(as_stream *stream)
{
    if (stream->demand_count < stream->demand_capacity)
        return true;
    const size_t bigger = stream->demand_capacity ? 2 * stream->demand_capacity : 32;
    as_demand *grown = as_mem_grow(stream->demands, stream->demand_count * sizeof(*grown),
                                   bigger * sizeof(*grown));
    if (!grown)
        return false;
    stream->demands = grown;
    stream->demand_capacity = bigger;
    return true;
}

/* Demands that nobody waits for are kept up to a number, then the oldest goes. */
static void drop_oldest_idle(as_stream *stream)
{
    as_demand *oldest = NULL;
    size_t idle = 0;
    for (size_t i = 0; i < stream->demand_count; i++) {
        as_demand *d = &stream->demands[i];
        if (d->waiters != 0)
            continue;
        idle++;
        if (!oldest || d->stamp < oldest->stamp)
            oldest = d;
    }
    if (idle >= AS_ST_IDLE_DEMANDS)
        as_st_drop_demand(stream, oldest);
}

as_demand *as_st_demand(as_stream *stream, as_output_key key)
{
    as_demand *demand = as_st_find_demand(stream, key);
    if (!demand) {
        drop_oldest_idle(stream);
        if (!make_room_for_demand(stream))
            return NULL;
        demand = &stream->demands[stream->demand_count++];
        *demand = (as_demand){.key = key};
    }
    demand->stamp = stream->gets;
    return demand;
}

static bool is_waited(const as_stream *stream, uint64_t index)
{
    for (size_t i = 0; i < stream->demand_count; i++)
        if (stream->demands[i].key.index == index && stream->demands[i].waiters != 0)
            return true;
    return false;
}

/* -------------------------------------------------------------------------------- sizes ---- */

void as_st_use_size(as_stream *stream, as_output_key key)
{
    const as_output_key first = as_output_at(key, 0);
    as_size_in_use *slot = &stream->sizes[0];
    if (key.kind == AS_OUTPUT_NONE)
        return; /* L1 has them all */
    for (uint32_t i = 0; i < stream->size_count; i++) {
        as_size_in_use *s = &stream->sizes[i];
        if (as_output_is_same(s->key, first)) {
            s->stamp = stream->gets;
            return;
        }
        if (s->stamp < slot->stamp)
            slot = s;
    }
    if (stream->size_count < AS_ST_SIZES)
        slot = &stream->sizes[stream->size_count++];
    *slot = (as_size_in_use){first, stream->gets};
}

static bool is_processed(const as_stream *stream, as_output_kind kind)
{
    switch (kind) {
    case AS_OUTPUT_R8: return stream->processing & AS_PROCESS_BITMASK;
    case AS_OUTPUT_CANVAS: return stream->processing & AS_PROCESS_CANVASES;
    case AS_OUTPUT_STRIP: return stream->processing & AS_PROCESS_TRIANGLES;
    case AS_OUTPUT_NONE: break;
    }
    return false;
}

void as_st_use_processed(as_stream *stream)
{
    const as_stream_params *p = &stream->params;
    if (is_processed(stream, AS_OUTPUT_R8))
        as_st_use_size(stream, as_st_mask_key(0, p->width, p->height));
    if (is_processed(stream, AS_OUTPUT_CANVAS))
        as_st_use_size(stream, as_st_canvas_key(stream, 0, p->width, p->height));
    if (is_processed(stream, AS_OUTPUT_STRIP))
        as_st_use_size(stream, as_st_strip_key(0));
}

static void forget_size(as_stream *stream, as_output_key key)
{
    for (uint32_t i = 0; i < stream->size_count; i++)
        if (as_output_is_same(stream->sizes[i].key, key)) {
            stream->sizes[i] = stream->sizes[--stream->size_count];
            return;
        }
}

/* Is this size prepared ahead: wanted by the processing type, and used lately? */
static bool is_prepared(const as_stream *stream, const as_size_in_use *size)
{
    return is_processed(stream, size->key.kind) &&
           stream->gets - size->stamp <= 16 * (uint64_t)AS_ST_SIZES;
}

void as_st_warm(as_stream *stream)
{
    for (uint32_t i = 0; i < stream->size_count; i++) {
        const as_size_in_use *size = &stream->sizes[i];
        if (is_prepared(stream, size) && size->key.kind != AS_OUTPUT_STRIP)
            (void)as_st_enqueue(stream, AS_ST_WARM, size->key, AS_PRIORITY_PREFETCH);
    }
}

static void set_preference(as_stream *stream, as_output_kind kind)
{
    const as_stream_params *p = &stream->params;
    const as_output_key mask = as_st_mask_key(0, p->width, p->height);
    const as_output_key canvas = as_st_canvas_key(stream, 0, p->width, p->height);
    stream->preferred = kind;
    stream->processing = p->processing | (kind == AS_OUTPUT_CANVAS ? AS_PROCESS_CANVASES : 0);
    forget_size(stream, canvas);
    if (kind == AS_OUTPUT_R8)
        as_st_use_processed(stream);
    else
        forget_size(stream, mask);
    if (kind == AS_OUTPUT_CANVAS)
        as_st_use_size(stream, canvas);
    /* What is ready and no longer in use may make room for who found none. */
    stream->ready_stalled = false;
    stream->room_changes++;
    as_st_pump(stream);
}

/* `from`: only if that is preferred now. */
static void prefer(as_stream *stream, const as_output_kind *from, as_output_kind to)
{
    const as_stream_params *p = &stream->params;
    as_mutex_lock(&stream->lock);
    const bool changes = stream->preferred != to && p->processing != AS_PROCESS_ON_DEMAND &&
                         (!from || stream->preferred == *from);
    if (changes)
        set_preference(stream, to);
    as_mutex_unlock(&stream->lock);
    if (!changes || to == AS_OUTPUT_R8)
        return;
    /* Not under the lock: the caller's frame allocator may be called. */
    as_outputs_sweep(stream->outputs, as_st_mask_key(0, p->width, p->height));
    as_mutex_lock(&stream->lock);
    as_st_pump(stream); /* what somebody was about to take is drawn again */
    as_st_signal(stream);
    as_mutex_unlock(&stream->lock);
}

void as_st_prefer(as_stream *stream, as_output_kind kind)
{
    prefer(stream, NULL, kind);
}

void as_st_prefer_no_more(as_stream *stream, as_output_kind kind)
{
    prefer(stream, &kind, AS_OUTPUT_R8);
}

/* ----------------------------------------------------------------------------- planning ---- */

static as_task *fetch(as_stream *stream, uint64_t index, as_priority priority)
{
    return as_st_enqueue(stream, AS_ST_FETCH, as_st_whole(index), priority);
}

/* A frame whose failure is known is not tried again ahead of time. */
static bool is_fetchable(const as_stream *stream, uint64_t index)
{
    return !as_lru_has(stream->l1, index) && !as_st_failure(stream, as_st_whole(index));
}

/* false: its polystream is not there. From now on it cannot get lost. */
static bool enqueue_draw(as_stream *stream, as_output_key key, as_priority priority)
{
    const bool is_new = !as_st_find_task(stream, AS_ST_DRAW, key);
    if (is_new && !as_lru_has(stream->l1, key.index))
        return false;
    as_task *task = as_st_enqueue(stream, AS_ST_DRAW, key, priority);
    if (task && is_new) {
        task->blob = as_blob_ref(as_lru_get(stream->l1, key.index));
        stream->stats.draws++;
    }
    return true;
}

/* Gets a frame that is not there on its way, one step at a time. */
static void prepare(as_stream *stream, as_output_key key, as_priority priority)
{
    if (key.index >= stream->frames || as_st_failure(stream, key))
        return; /* past the end: asked for when the content was another */
    if (key.kind != AS_OUTPUT_NONE && enqueue_draw(stream, key, priority))
        return;
    as_task *task = fetch(stream, key.index, priority);
    if (task)
        task->wanted = true;
}

static bool is_there(const as_stream *stream, as_output_key key)
{
    return key.kind == AS_OUTPUT_NONE ? as_lru_has(stream->l1, key.index)
                                      : as_outputs_has(stream->outputs, key);
}

static void pump_demands(as_stream *stream)
{
    for (size_t i = 0; i < stream->demand_count; i++) {
        const as_demand *d = &stream->demands[i];
        if (!d->blob && !is_there(stream, d->key))
            prepare(stream, d->key, d->urgent ? AS_PRIORITY_WAITED : AS_PRIORITY_READY);
    }
}

static uint64_t l0_reach(const as_stream *stream)
{
    return as_predict_reach(&stream->predictor, stream->params.l0_frames);
}

static void prepare_missing(as_stream *stream, as_output_key *keys, size_t count)
{
    count = as_outputs_missing(stream->outputs, keys, count);
    for (size_t i = 0; i < count; i++)
        prepare(stream, keys[i], AS_PRIORITY_READY);
}

/* The head itself is left out once it was asked for: it is there, or a demand. */
static void pump_ready(as_stream *stream)
{
    enum { AT_ONCE = 16 };
    const uint64_t reach = l0_reach(stream);
    as_output_key keys[AT_ONCE];
    size_t count = 0;
    uint64_t index;
    if (stream->ready_stalled)
        return;
    for (uint64_t i = stream->predictor.moved ? 1 : 0; i <= reach; i++) {
        if (!as_predict_ahead(&stream->predictor, i, stream->frames, &index))
            break;
        for (uint32_t s = 0; s < stream->size_count; s++) {
            const as_size_in_use *size = &stream->sizes[s];
            if (!is_prepared(stream, size))
                continue;
            keys[count++] = as_output_at(size->key, index);
            if (count == AT_ONCE) {
                prepare_missing(stream, keys, count);
                count = 0;
            }
        }
    }
    prepare_missing(stream, keys, count);
}

/* Queued fetches beyond what the reads in parallel need would only have to be dropped on a seek. */
static bool enough_fetches(const as_stream *stream)
{
    size_t fetches = 0;
    for (size_t i = 0; i < stream->task_count; i++)
        fetches += stream->tasks[i].kind == AS_ST_FETCH;
    return fetches >= 2 * (size_t)stream->params.io_requests;
}

/* false: no more can be queued now. */
static bool pump_hint(as_stream *stream, as_hint *hint)
{
    for (; hint->next < hint->end; hint->next++) {
        /* Also one that is there already, or failed: its event is due. */
        as_task *task = enough_fetches(stream) ? NULL : fetch(stream, hint->next, AS_PRIORITY_HINT);
        if (!task)
            return false;
        task->notify = true;
    }
    return true;
}

static void pump_hints(as_stream *stream)
{
    uint32_t done = 0;
    while (done < stream->hint_count && pump_hint(stream, &stream->hints[done]))
        done++;
    stream->hint_count -= done;
    memmove(stream->hints, stream->hints + done, stream->hint_count * sizeof(*stream->hints));
}

/* As far as confidence, count and bytes of L1 go: who reads on past what L1 holds pushes out just
 * what comes next. The first frames count as asked for until somebody asks for others. */
static uint64_t prefetch_reach(const as_stream *stream)
{
    uint64_t reach = as_predict_reach(&stream->predictor, stream->params.prefetch_frames);
    if (stream->initial && stream->params.init_frames > reach + 1)
        reach = stream->params.init_frames - 1;
    const uint64_t count = as_lru_count(stream->l1);
    if (count != 0) {
        const uint64_t room = stream->params.l1_bytes / (as_lru_bytes(stream->l1) / count + 1);
        const uint64_t most = room > 2 ? room - 1 : 1;
        reach = reach < most ? reach : most;
    }
    return reach;
}

static void pump_prefetch(as_stream *stream)
{
    const uint64_t reach = prefetch_reach(stream);
    uint64_t index;
    for (uint64_t i = stream->checked_ahead; i <= reach; i++) {
        if (!as_predict_ahead(&stream->predictor, i, stream->frames, &index))
            return;
        if (is_fetchable(stream, index) &&
            (enough_fetches(stream) || !fetch(stream, index, AS_PRIORITY_PREFETCH)))
            return;
        stream->checked_ahead = i + 1;
    }
}

/* Work that found no room in its queue, or whose item became stale. */
static void pump_unqueued(as_stream *stream)
{
    for (size_t i = 0; i < stream->task_count; i++) {
        as_task *task = &stream->tasks[i];
        if (!task->running && !task->queued)
            task->queued = push(stream, task);
    }
}

void as_st_pump(as_stream *stream)
{
    if (stream->state == AS_ST_FAILED || stream->closing)
        return;
    stream->starved = false;
    pump_unqueued(stream);
    if (stream->state != AS_ST_READY)
        return;
    as_st_forget_passed(stream);
    pump_demands(stream);
    pump_ready(stream);
    pump_hints(stream);
    pump_prefetch(stream);
}

void as_st_plan_now(const as_stream *stream, as_st_plan *out)
{
    out->path = true;
    out->predictor = stream->predictor;
    out->reach = l0_reach(stream);
    out->in_use_count = stream->size_count;
    for (uint32_t i = 0; i < stream->size_count; i++)
        out->in_use[i] = stream->sizes[i].key;
    out->waited_count = 0;
    for (size_t i = 0; i < stream->demand_count && out->waited_count < AS_ST_WAITED; i++) {
        const as_demand *d = &stream->demands[i];
        if (d->waiters != 0 && as_outputs_has(stream->outputs, d->key))
            out->waited[out->waited_count++] = d->key;
    }
}

bool as_st_is_planned(void *user, as_output_key key)
{
    const as_st_plan *plan = user;
    for (size_t i = 0; i < plan->waited_count; i++)
        if (as_output_is_same(plan->waited[i], key))
            return true;
    if (!plan->path || as_predict_distance(&plan->predictor, key.index) > plan->reach)
        return false;
    const as_output_key first = as_output_at(key, 0);
    for (size_t i = 0; i < plan->in_use_count; i++)
        if (as_output_is_same(plan->in_use[i], first))
            return true;
    return false;
}

/* ------------------------------------------------------------------------------ moving ---- */

/* Somebody waits for it, an event was promised, or it has nothing to do with the head. */
static bool outlives_jump(const as_stream *stream, const as_task *task)
{
    return task->running || task->kind == AS_ST_OPEN || task->kind == AS_ST_WARM || task->notify ||
           is_waited(stream, task->key.index);
}

static bool outlives_content(const as_stream *stream, const as_task *task)
{
    (void)stream;
    return task->running || task->kind == AS_ST_WARM;
}

/* What is queued is stale: its items surface and do nothing. What is still wanted is queued anew by
 * the next pump. */
static void drop_tasks(as_stream *stream, bool (*outlives)(const as_stream *, const as_task *))
{
    (void)as_work_cancel(stream->io_queue);
    (void)as_work_cancel(stream->draw_queue);
    for (size_t i = 0; i < stream->task_count;) {
        as_task *task = &stream->tasks[i];
        if (outlives(stream, task)) {
            task->queued = false;
            i++;
        } else {
            drop_task(stream, task);
            stream->stats.dropped++;
        }
    }
    stream->checked_ahead = 0;
    as_st_new_path(stream);
}

/* Demands that nobody waits for, but those asked for at `since` or later. */
static void drop_idle(as_stream *stream, uint64_t since)
{
    for (size_t i = 0; i < stream->demand_count;)
        if (stream->demands[i].waiters == 0 && stream->demands[i].stamp < since)
            as_st_drop_demand(stream, &stream->demands[i]);
        else
            i++;
}

/* The head is elsewhere. */
static void drop_queued(as_stream *stream, uint64_t since)
{
    stream->stats.seeks++;
    drop_idle(stream, since);
    drop_tasks(stream, outlives_jump);
}

void as_st_drop_work(as_stream *stream)
{
    drop_idle(stream, UINT64_MAX);
    for (size_t i = 0; i < stream->demand_count; i++) {
        as_blob_unref(stream->demands[i].blob);
        stream->demands[i].blob = NULL;
    }
    drop_tasks(stream, outlives_content);
}

void as_st_note(as_stream *stream, uint64_t index)
{
    const uint64_t head = stream->predictor.head;
    const int64_t stride = stream->predictor.stride;
    stream->initial = stream->initial && index == head;
    stream->ready_stalled = false;
    if (as_predict_note(&stream->predictor, index)) {
        /* A host that asks now here, now there, gets both: what was asked for just before stays. */
        const uint64_t kept = stream->params.io_requests / 4;
        drop_queued(stream, stream->gets > kept ? stream->gets - kept : 0);
    } else if (stream->predictor.stride != stride) {
        stream->checked_ahead = 0;
        stream->stats.seeks += (stream->predictor.stride < 0) != (stride < 0);
    } else if (index != head) {
        /* One step on the path, as a rule; any other small one starts looking anew. */
        const bool one_step = index - head == (uint64_t)stride && stream->checked_ahead > 0;
        stream->checked_ahead = one_step ? stream->checked_ahead - 1 : 0;
    }
}

void as_st_jump(as_stream *stream, uint64_t index)
{
    if (as_predict_distance(&stream->predictor, index) > l0_reach(stream))
        drop_queued(stream, UINT64_MAX);
    const int64_t stride = stream->predictor.stride;
    as_predict_start(&stream->predictor, index);
    stream->predictor.stride = stride < 0 ? -1 : 1;
    stream->predictor.confidence = 6;
    stream->initial = false;
    stream->ready_stalled = false;
    stream->checked_ahead = 0;
    as_st_pump(stream);
}

void as_st_turn(as_stream *stream, bool backward)
{
    as_predictor *p = &stream->predictor;
    if (stream->state != AS_ST_READY || (p->stride < 0) == backward)
        return;
    p->stride = -p->stride;
    stream->checked_ahead = 0;
    as_st_pump(stream);
}
