/* SPDX-License-Identifier: MIT */
#include "core/cache/pool.h"

#include "core/base/buffer.h"
#include "core/base/mem.h"
#include "core/raster/canvas.h"

size_t as_pool_size_of(as_output_key key)
{
    switch (key.kind) {
    case AS_OUTPUT_R8: return (size_t)key.width * key.height;
    case AS_OUTPUT_CANVAS: return as_ras_stride(key.width) * sizeof(uint64_t) * key.height;
    case AS_OUTPUT_NONE:
    case AS_OUTPUT_STRIP: break;
    }
    return 0;
}

as_pool_size as_pool_shown_of(const as_outputs *pool, as_output_key key)
{
    const as_outputs_params *p = &pool->params;
    const bool vector = p->scale == AS_SCALE_VECTOR;
    const as_pool_size size = {vector ? key.width : p->canvas_width,
                               vector ? key.height : p->canvas_height};
    if (key.kind != AS_OUTPUT_R8 || size.width == 0 || size.height == 0 ||
        !as_ras_shown_pays(size.width, size.height, key.width, key.height))
        return (as_pool_size){0};
    return size;
}

size_t as_pool_bytes_of(const as_outputs *pool, as_output_key key)
{
    const as_pool_size shown = as_pool_shown_of(pool, key);
    return as_pool_size_of(key) + (shown.width ? as_ras_shown_bytes(shown.width, shown.height) : 0);
}

void *as_pool_allocate(const as_outputs *pool, size_t size)
{
    if (!pool->params.allocator)
        return as_mem_alloc(size);
    void *data = pool->allocator.allocate(pool->allocator.user, size);
    if (data && (uintptr_t)data % AS_MEM_ALIGN != 0) {
        pool->allocator.release(pool->allocator.user, data, size);
        return NULL;
    }
    return data;
}

void as_pool_free_output(const as_outputs *pool, as_output *output)
{
    if (output->data && pool->params.allocator)
        pool->allocator.release(pool->allocator.user, output->data, output->size);
    else
        as_mem_free(output->data);
    as_ras_shown_destroy(output->shown);
    as_buf_free(&output->vertices);
    as_mem_free(output);
}

static void free_doomed(const as_outputs *pool, as_output *doomed)
{
    while (doomed) {
        as_output *next = doomed->older;
        as_pool_free_output(pool, doomed);
        doomed = next;
    }
}

void as_pool_drop(as_outputs *pool)
{
    if (atomic_fetch_sub_explicit(&pool->references, 1, memory_order_acq_rel) != 1)
        return;
    if (pool->params.allocator && pool->allocator.done)
        pool->allocator.done(pool->allocator.user);
    as_mutex_destroy(&pool->lock);
    as_mem_free(pool->frames);
    as_mem_free(pool);
}

void as_pool_keep(as_outputs *pool)
{
    atomic_fetch_add_explicit(&pool->references, 1, memory_order_relaxed);
}

void as_pool_unlock(as_outputs *pool, as_output *doomed)
{
    as_mutex_unlock(&pool->lock);
    free_doomed(pool, doomed);
}

void as_pool_list_add(as_pool_list *list, as_output *output)
{
    output->newer = NULL;
    output->older = list->newest;
    *(list->newest ? &list->newest->newer : &list->oldest) = output;
    list->newest = output;
}

void as_pool_list_remove(as_pool_list *list, as_output *output)
{
    *(output->newer ? &output->newer->older : &list->newest) = output->older;
    *(output->older ? &output->older->newer : &list->oldest) = output->newer;
    output->newer = output->older = NULL;
}

as_output *as_pool_find_ready(const as_outputs *pool, as_output_key key)
{
    as_output *output = pool->ready.newest;
    while (output && !(as_output_is_same(output->key, key) && output->epoch == pool->epoch))
        output = output->older;
    return output;
}

void as_pool_drop_group_if_empty(as_outputs *pool, as_pool_group *group)
{
    if (group->idle || group->held || group->spare)
        return;
    as_pool_group **link = &pool->groups;
    while (*link != group)
        link = &(*link)->older;
    *link = group->older;
    as_mem_free(group);
}

/* The output is in no list and no count of its group any more. The group may be gone after this. */
static void doom(as_outputs *pool, as_output *output, as_output **doomed)
{
    pool->buffers--;
    pool->bytes -= output->bytes;
    as_pool_drop_group_if_empty(pool, output->group);
    output->older = *doomed;
    *doomed = output;
}

void as_pool_doom_spare(as_outputs *pool, as_output *output, as_output **doomed)
{
    as_pool_list_remove(&pool->spare, output);
    output->group->spare--;
    doom(pool, output, doomed);
}

void as_pool_doom_ready(as_outputs *pool, as_output *output, as_output **doomed)
{
    as_pool_list_remove(&pool->ready, output);
    output->group->idle--;
    doom(pool, output, doomed);
}

void as_pool_trim(as_outputs *pool, as_pool_group *group, as_output **doomed)
{
    const uint64_t most = (uint64_t)pool->params.per_size + group->peak;
    for (as_output *at = pool->spare.oldest, *next; at; at = next) {
        next = at->newer;
        if ((uint64_t)group->idle + group->held + group->spare <= most)
            return;
        if (at->group == group)
            as_pool_doom_spare(pool, at,
                               doomed); /* never the last of the group: most is at least 1 */
    }
}

void as_pool_make_spare(as_outputs *pool, as_output *output, as_output **doomed)
{
    if (pool->closed || !output->data) {
        doom(pool, output, doomed);
        return;
    }
    as_pool_list_add(&pool->spare, output);
    output->group->spare++;
    as_pool_trim(pool, output->group, doomed);
}

bool as_pool_may_displace(const as_output *output, as_pool_keeper keep)
{
    return output->frames == 0 && !(keep.keep && keep.keep(keep.user, output->key));
}

void as_pool_sweep_group(as_outputs *pool, as_pool_group *group, as_pool_keeper keep,
                         as_output **doomed)
{
    group->idle++; /* so that it does not go with its last buffer, half way */
    for (as_output *at = pool->spare.oldest, *next; at; at = next) {
        next = at->newer;
        if (at->group == group)
            as_pool_doom_spare(pool, at, doomed);
    }
    for (as_output *at = pool->ready.oldest, *next; at; at = next) {
        next = at->newer;
        if (at->group == group && as_pool_may_displace(at, keep))
            as_pool_doom_ready(pool, at, doomed);
    }
    group->idle--;
    as_pool_drop_group_if_empty(pool, group);
}

static void sweep_old_groups(as_outputs *pool, as_pool_keeper keep, as_output **doomed)
{
    as_pool_group *group = pool->groups;
    for (uint32_t n = 0; group && n < AS_OUTPUTS_SIZES; n++)
        group = group->older;
    while (group) {
        as_pool_group *next = group->older;
        as_pool_sweep_group(pool, group, keep, doomed);
        group = next;
    }
}

void as_pool_use_group(as_outputs *pool, as_pool_group *group)
{
    as_pool_group **link = &pool->groups;
    while (*link && *link != group)
        link = &(*link)->older;
    if (*link)
        *link = group->older;
    group->older = pool->groups;
    pool->groups = group;
}

as_pool_group *as_pool_group_of(as_outputs *pool, as_output_key key, as_pool_keeper keep,
                                as_output **doomed)
{
    const as_output_key first = as_output_at(key, 0);
    as_pool_group *group = pool->groups;
    while (group && !as_output_is_same(group->key, first))
        group = group->older;
    const bool is_new = !group;
    if (is_new && !(group = as_mem_calloc(1, sizeof(*group))))
        return NULL;
    group->key = first;
    as_pool_use_group(pool, group);
    if (is_new)
        sweep_old_groups(pool, keep, doomed);
    return group;
}
