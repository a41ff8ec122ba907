/* SPDX-License-Identifier: MIT */
#include "core/cache/pool.h"

#include "core/base/buffer.h"
#include "core/base/mem.h"

#include <string.h>

static bool make_frames(as_outputs *pool)
{
    const uint32_t count = pool->params.most_held;
    pool->frames = as_mem_calloc(count, sizeof(*pool->frames));
    if (!pool->frames)
        return false;
    for (uint32_t i = count; i-- > 0;) {
        pool->frames[i].next = pool->unused;
        pool->unused = &pool->frames[i];
    }
    return true;
}

as_outputs *as_outputs_create(const as_outputs_params *params)
{
    as_outputs *pool = as_mem_calloc(1, sizeof(*pool));
    if (!pool)
        return NULL;
    atomic_init(&pool->references, 1);
    pool->params = *params;
    if (params->allocator) {
        pool->allocator = *params->allocator;
        pool->params.allocator = &pool->allocator;
    }
    if (!make_frames(pool) || !as_mutex_init(&pool->lock, AS_LOCK_OUTPUTS)) {
        as_mem_free(pool->frames);
        as_mem_free(pool);
        return NULL;
    }
    return pool;
}

static void doom_all_idle(as_outputs *pool, as_output **doomed)
{
    while (pool->spare.newest)
        as_pool_doom_spare(pool, pool->spare.newest, doomed);
    for (as_output *at = pool->ready.newest, *next; at; at = next) {
        next = at->older;
        if (at->frames == 0)
            as_pool_doom_ready(pool, at, doomed);
    }
}

void as_outputs_close(as_outputs *outputs)
{
    if (!outputs)
        return;
    as_output *doomed = NULL;
    as_mutex_lock(&outputs->lock);
    outputs->closed = true;
    doom_all_idle(outputs, &doomed);
    as_pool_unlock(outputs, doomed);
    as_pool_drop(outputs);
}

static bool fits(const as_outputs *pool, uint64_t taken, uint64_t more)
{
    const uint64_t most = pool->params.most_bytes;
    return most == 0 || (taken <= most && more <= most - taken);
}

/* What else could be freed for a buffer of `group`. */
static bool doom_other_size(as_outputs *pool, const as_pool_group *group, as_pool_keeper keep,
                            as_output **doomed)
{
    for (as_output *at = pool->spare.oldest; at; at = at->newer)
        if (at->group != group) {
            as_pool_doom_spare(pool, at, doomed);
            return true;
        }
    for (as_output *at = pool->ready.oldest; at; at = at->newer)
        if (at->group != group && as_pool_may_displace(at, keep)) {
            as_pool_doom_ready(pool, at, doomed);
            return true;
        }
    return false;
}

static as_output *newest_spare(as_outputs *pool, const as_pool_group *group)
{
    as_output *at = pool->spare.newest;
    while (at && at->group != group)
        at = at->older;
    return at;
}

static bool may_take(const as_output *at, const as_pool_group *group, as_pool_keeper keep)
{
    return at->group == group && as_pool_may_displace(at, keep);
}

/* What callers gave back last, of masks that remember what they show: the nearer that is to the new
 * frame, the less is to be written. Else what was used longest ago. */
static as_output *least_wanted(as_outputs *pool, const as_pool_group *group, as_pool_keeper keep)
{
    as_output *at = pool->ready.newest;
    while (at && !(at->seen && at->shown && may_take(at, group, keep)))
        at = at->older;
    if (at)
        return at;
    at = pool->ready.oldest;
    while (at && !may_take(at, group, keep))
        at = at->newer;
    return at;
}

/* A buffer there is, or *out = NULL with AS_OK: one of `bytes` is to be made, and counted. */
static as_result take_locked(as_outputs *pool, as_pool_group *group, size_t bytes,
                             as_pool_keeper keep, as_output **out, as_output **doomed)
{
    const bool may_add = group->idle < pool->params.per_size;
    const size_t need = may_add && group->spare == 0 ? bytes : 0;
    while (!fits(pool, pool->bytes, need) && doom_other_size(pool, group, keep, doomed)) {
    }
    if (may_add && group->spare) {
        *out = newest_spare(pool, group);
        as_pool_list_remove(&pool->spare, *out);
        group->spare--;
        group->idle++;
        return AS_OK;
    }
    *out = NULL;
    if (may_add && fits(pool, pool->bytes, need)) {
        group->idle++;
        pool->buffers++;
        pool->bytes += bytes;
        return AS_OK;
    }
    *out = least_wanted(pool, group, keep);
    if (*out) {
        as_pool_list_remove(&pool->ready, *out);
        return AS_OK;
    }
    return may_add && !fits(pool, pool->held_bytes, need) ? AS_ERROR_LIMIT : AS_NOT_READY;
}

static bool allocate(as_outputs *pool, as_output *output, as_output_key key)
{
    const as_pool_size shown = as_pool_shown_of(pool, key);
    output->size = as_pool_size_of(key);
    if (output->size != 0 && !(output->data = as_pool_allocate(pool, output->size)))
        return false;
    return shown.width == 0 || (output->shown = as_ras_shown_create(shown.width, shown.height));
}

/* Memory for a buffer that is counted already; NULL: it no longer is. Not under the lock. */
static as_output *make_output(as_outputs *pool, as_pool_group *group, as_output_key key)
{
    const size_t bytes = as_pool_bytes_of(pool, key);
    as_output *output = as_mem_calloc(1, sizeof(*output));
    if (output && !allocate(pool, output, key)) {
        as_pool_free_output(pool, output);
        output = NULL;
    }
    if (output) {
        output->pool = pool;
        output->group = group;
        output->bytes = bytes;
        return output;
    }
    as_mutex_lock(&pool->lock);
    group->idle--;
    pool->buffers--;
    pool->bytes -= bytes;
    as_pool_drop_group_if_empty(pool, group);
    as_mutex_unlock(&pool->lock);
    return NULL;
}

as_result as_outputs_take(as_outputs *outputs, as_output_key key,
                          bool (*keep)(void *user, as_output_key key), void *keep_user,
                          as_output **out_output)
{
    const size_t bytes = as_pool_bytes_of(outputs, key);
    const as_pool_keeper keeping = {.keep = keep, .user = keep_user};
    as_result result = AS_ERROR_OUT_OF_MEMORY;
    as_output *output = NULL, *doomed = NULL;
    as_buffer old_vertices = {0};
    *out_output = NULL;
    as_mutex_lock(&outputs->lock);
    as_pool_group *group = as_pool_group_of(outputs, key, keeping, &doomed);
    if (group) {
        result = take_locked(outputs, group, bytes, keeping, &output, &doomed);
        as_pool_drop_group_if_empty(outputs, group);
    }
    const uint64_t epoch = outputs->epoch;
    if (output && !output->data) { /* a strip's memory goes with what it showed */
        outputs->bytes -= output->bytes;
        output->bytes = 0;
        old_vertices = output->vertices;
        output->vertices = (as_buffer){0};
    }
    as_pool_unlock(outputs, doomed);
    as_buf_free(&old_vertices);
    if (result != AS_OK)
        return result;
    if (!output && !(output = make_output(outputs, group, key)))
        return AS_ERROR_OUT_OF_MEMORY;
    output->key = key;
    output->epoch = epoch;
    output->seen = false;
    as_pool_keep(outputs);
    *out_output = output;
    return AS_OK;
}

void *as_output_data(as_output *output)
{
    return output->data;
}

as_ras_shown *as_output_shown(as_output *output)
{
    return output->shown;
}

static void put_back(as_outputs *pool, as_output *output, as_output **doomed)
{
    output->group->idle--;
    as_pool_make_spare(pool, output, doomed);
}

static void publish(as_outputs *pool, as_output *output, as_output **doomed)
{
    if (pool->closed || output->epoch != pool->epoch) {
        put_back(pool, output, doomed);
        return;
    }
    as_output *twin = as_pool_find_ready(pool, output->key);
    if (twin && twin->frames == 0) {
        as_pool_list_remove(&pool->ready, twin);
        put_back(pool, twin, doomed);
    }
    as_pool_list_add(&pool->ready, output);
}

void as_outputs_publish(as_outputs *outputs, as_output *output)
{
    as_output *doomed = NULL;
    as_mutex_lock(&outputs->lock);
    publish(outputs, output, &doomed);
    as_pool_unlock(outputs, doomed);
    as_pool_drop(outputs);
}

void as_outputs_publish_strip(as_outputs *outputs, as_output *output, as_buffer *vertices)
{
    as_output *doomed = NULL;
    output->vertices = *vertices;
    *vertices = (as_buffer){0};
    as_mutex_lock(&outputs->lock);
    output->bytes = output->vertices.capacity;
    outputs->bytes += output->bytes;
    publish(outputs, output, &doomed);
    as_pool_unlock(outputs, doomed);
    as_pool_drop(outputs);
}

void as_outputs_give_back(as_outputs *outputs, as_output *output)
{
    as_output *doomed = NULL;
    as_mutex_lock(&outputs->lock);
    put_back(outputs, output, &doomed);
    as_pool_unlock(outputs, doomed);
    as_pool_drop(outputs);
}

void as_outputs_invalidate(as_outputs *outputs)
{
    as_output *doomed = NULL;
    as_mutex_lock(&outputs->lock);
    outputs->epoch++; /* no buffer of the old one is found any more */
    for (as_output *at = outputs->ready.oldest, *next; at; at = next) {
        next = at->newer;
        if (at->frames == 0) {
            as_pool_list_remove(&outputs->ready, at);
            put_back(outputs, at, &doomed);
        }
    }
    as_pool_unlock(outputs, doomed);
}

void as_outputs_warm(as_outputs *outputs, as_output_key key, uint32_t count)
{
    const size_t bytes = as_pool_bytes_of(outputs, key);
    const as_pool_keeper none = {0};
    for (bool more = bytes != 0; more;) {
        as_output *output = NULL, *doomed = NULL;
        as_mutex_lock(&outputs->lock);
        as_pool_group *group = as_pool_group_of(outputs, key, none, &doomed);
        more = group && group->spare < count &&
               (uint64_t)group->idle + group->spare < outputs->params.per_size &&
               fits(outputs, outputs->bytes, bytes);
        if (more) {
            group->idle++;
            outputs->buffers++;
            outputs->bytes += bytes;
        } else if (group) {
            as_pool_drop_group_if_empty(outputs, group);
        }
        as_pool_unlock(outputs, doomed);
        more = more && (output = make_output(outputs, group, key));
        if (!more)
            return;
        /* Page faults happen here instead of in the first frames. */
        memset(output->data, 0, output->size);
        if (output->shown)
            as_ras_shown_blank(output->shown);
        doomed = NULL;
        as_mutex_lock(&outputs->lock);
        put_back(outputs, output, &doomed);
        as_pool_unlock(outputs, doomed);
    }
}

void as_outputs_sweep(as_outputs *outputs, as_output_key key)
{
    const as_pool_keeper none = {0};
    const as_output_key first = as_output_at(key, 0);
    as_output *doomed = NULL;
    as_mutex_lock(&outputs->lock);
    as_pool_group *group = outputs->groups;
    while (group && !as_output_is_same(group->key, first))
        group = group->older;
    if (group)
        as_pool_sweep_group(outputs, group, none, &doomed);
    as_pool_unlock(outputs, doomed);
}

void as_outputs_each(as_outputs *outputs, void (*each)(void *user, as_output_key key), void *user)
{
    as_mutex_lock(&outputs->lock);
    for (const as_output *at = outputs->ready.newest; at; at = at->older)
        if (at->epoch == outputs->epoch)
            each(user, at->key);
    as_mutex_unlock(&outputs->lock);
}

as_outputs_numbers as_outputs_count(as_outputs *outputs)
{
    as_mutex_lock(&outputs->lock);
    const as_outputs_numbers numbers = {
        .buffers = outputs->buffers, .bytes = outputs->bytes, .held = outputs->held_frames};
    as_mutex_unlock(&outputs->lock);
    return numbers;
}
