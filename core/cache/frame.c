/* SPDX-License-Identifier: MIT */
#include "core/cache/pool.h"

#include "core/raster/canvas.h"

#define WINDOW 256 /* holds over which the most held at once is taken */

bool as_outputs_has(as_outputs *outputs, as_output_key key)
{
    as_mutex_lock(&outputs->lock);
    const bool has = as_pool_find_ready(outputs, key) != NULL;
    as_mutex_unlock(&outputs->lock);
    return has;
}

size_t as_outputs_missing(as_outputs *outputs, as_output_key *keys, size_t count)
{
    size_t missing = 0;
    as_mutex_lock(&outputs->lock);
    for (size_t i = 0; i < count; i++)
        if (!as_pool_find_ready(outputs, keys[i]))
            keys[missing++] = keys[i];
    as_mutex_unlock(&outputs->lock);
    return missing;
}

/* The first frame on this buffer. */
static void hold(as_outputs *pool, as_output *output, as_output **doomed)
{
    as_pool_group *group = output->group;
    group->idle--;
    group->held++;
    pool->held_bytes += output->bytes;
    if (++group->holds > WINDOW) {
        group->peak = group->peak_here;
        group->peak_here = group->held;
        group->holds = 1;
    }
    if (group->peak_here < group->held)
        group->peak_here = group->held;
    if (group->peak < group->peak_here)
        group->peak = group->peak_here;
    as_pool_trim(pool, group, doomed);
}

/* The last frame on this buffer is gone. */
static void unhold(as_outputs *pool, as_output *output, as_output **doomed)
{
    as_pool_group *group = output->group;
    group->held--;
    pool->held_bytes -= output->bytes;
    if (!pool->closed && as_pool_find_ready(pool, output->key) == output &&
        group->idle < pool->params.per_size) {
        group->idle++;
        return;
    }
    as_pool_list_remove(&pool->ready, output);
    as_pool_make_spare(pool, output, doomed);
}

as_result as_outputs_get(as_outputs *outputs, as_output_key key, as_frame **out_frame)
{
    as_output *doomed = NULL;
    as_frame *frame = NULL;
    as_mutex_lock(&outputs->lock);
    as_output *output = as_pool_find_ready(outputs, key);
    const as_result result = !outputs->unused ? AS_ERROR_LIMIT : !output ? AS_NOT_READY : AS_OK;
    if (result == AS_OK) {
        frame = outputs->unused;
        outputs->unused = frame->next;
        outputs->held_frames++;
        frame->output = output;
        atomic_store_explicit(&frame->references, 1, memory_order_relaxed);
        as_pool_list_remove(&outputs->ready, output);
        as_pool_list_add(&outputs->ready, output);
        as_pool_use_group(outputs, output->group);
        output->seen = true;
        if (output->frames++ == 0)
            hold(outputs, output, &doomed);
        as_pool_keep(outputs);
    }
    as_pool_unlock(outputs, doomed);
    *out_frame = frame;
    return result;
}

void as_output_frame_info(const as_frame *frame, as_frame_info *out_info)
{
    const as_output *output = frame->output;
    const as_outputs_params *params = &output->pool->params;
    const bool pixels = output->key.kind == AS_OUTPUT_R8;
    const bool strip = output->key.kind == AS_OUTPUT_STRIP;
    *out_info = (as_frame_info){.index = output->key.index,
                                .data = pixels ? output->data : NULL,
                                .vertices = output->vertices.size
                                                ? (const float *)(const void *)output->vertices.data
                                                : NULL,
                                .floats = output->vertices.size / sizeof(float),
                                .width = strip ? params->canvas_width : output->key.width,
                                .height = strip ? params->canvas_height : output->key.height,
                                .stride = pixels ? output->key.width : 0};
}

bool as_output_frame_canvas(const as_frame *frame, as_canvas_view *out_view)
{
    const as_output *output = frame->output;
    if (output->key.kind != AS_OUTPUT_CANVAS)
        return false;
    *out_view = (as_canvas_view){.words = output->data,
                                 .stride_words = as_ras_stride(output->key.width),
                                 .width = output->key.width,
                                 .height = output->key.height};
    return true;
}

as_frame *as_output_frame_ref(as_frame *frame)
{
    atomic_fetch_add_explicit(&frame->references, 1, memory_order_relaxed);
    return frame;
}

void as_output_frame_unref(as_frame *frame)
{
    if (atomic_fetch_sub_explicit(&frame->references, 1, memory_order_acq_rel) != 1)
        return;
    as_output *output = frame->output, *doomed = NULL;
    as_outputs *pool = output->pool;
    as_mutex_lock(&pool->lock);
    frame->output = NULL;
    frame->next = pool->unused;
    pool->unused = frame;
    pool->held_frames--;
    if (--output->frames == 0)
        unhold(pool, output, &doomed);
    as_pool_unlock(pool, doomed);
    as_pool_drop(pool);
}
