/* SPDX-License-Identifier: MIT
 *
 * What a source that takes hints is asked to read ahead (as_source_vtable.prefetch): the bytes of
 * the frames callers wait for, of the next few along the path, of those that were requested, and of
 * the path as far as network_ahead_ms. That is further than L1 reads ahead, and costs the source's
 * memory only: so the reads that fill L1 find their bytes there.
 *
 * The source is told when there is news: another path, a sixteenth of the told path played, a frame
 * asked for that was not named. It is called without the stream's lock, by one thread at a time, so
 * that a newer hint cannot be overtaken by an older one.
 */
#include "core/stream/stream.h"

#include "core/io/io.h"

enum {
    PIECE_BYTES = 256 * 1024, /* backward: descending pieces of about this */
    GAP_BYTES = 64 * 1024,    /* closer ranges are one: cheaper than another request */
    AT_LEAST = 16,            /* times as far as L1: frames are small, requests are not */
    MOST_FRAMES = 65536
};

void as_st_new_path(as_stream *stream)
{
    stream->ahead.generation = as_io_next_generation(stream->source);
}

/* Frames along the path. What L1 reads ahead is named in any case: a read of bytes that nobody
 * named may be given up. */
static uint64_t reach_of(const as_stream *stream)
{
    const as_stream_params *p = &stream->params;
    const as_timebase *t = &stream->timebase;
    uint64_t most = (uint64_t)p->network_ahead_ms * t->fps_num * t->frames_per_picture /
                    ((uint64_t)t->fps_den * 1000);
    most = most > MOST_FRAMES ? MOST_FRAMES : most;
    most = most < p->prefetch_frames ? p->prefetch_frames : most;
    uint64_t reach = AT_LEAST * as_predict_reach(&stream->predictor, most);
    reach = reach < most ? reach : most;
    return stream->initial && reach < p->init_frames ? p->init_frames : reach;
}

/* ------------------------------------------------------------------------------- ranges ---- */

/* false: there is no room for it. */
static bool add_range(as_st_ahead *ahead, uint64_t offset, uint64_t length)
{
    if (ahead->count != 0) {
        as_byte_range *last = &ahead->ranges[ahead->count - 1];
        const uint64_t end = offset + length, last_end = last->offset + last->length;
        if (offset >= last->offset && offset - last->offset <= last->length + GAP_BYTES) {
            last->length = end > last_end ? end - last->offset : last->length;
            return true;
        }
        if (offset < last->offset && last->offset - offset <= length + GAP_BYTES &&
            last_end - offset <= PIECE_BYTES) {
            *last = (as_byte_range){offset, (end > last_end ? end : last_end) - offset};
            return true;
        }
    }
    if (ahead->count == AS_ST_RANGES)
        return false;
    ahead->ranges[ahead->count++] = (as_byte_range){offset, length};
    return true;
}

static bool needs_bytes(const as_stream *stream, uint64_t index)
{
    return index < stream->frames && !as_lru_has(stream->l1, index);
}

static bool add_frame(as_stream *stream, uint64_t index)
{
    if (!needs_bytes(stream, index))
        return true;
    const uint64_t offset = stream->container->offsets[index];
    const uint64_t length = stream->container->offsets[index + 1] - offset;
    if (length == 0 || length > stream->container->limits.block_bytes) /* it is never read */
        return true;
    return add_range(&stream->ahead, offset, length);
}

static void add_demands(as_stream *stream, bool waited)
{
    for (size_t i = 0; i < stream->demand_count; i++) {
        const as_demand *d = &stream->demands[i];
        if ((d->waiters != 0) == waited && !add_frame(stream, d->key.index))
            return;
    }
}

static bool add_path(as_stream *stream, uint64_t from, uint64_t to)
{
    uint64_t index;
    for (uint64_t i = from; i <= to; i++) {
        if (!as_predict_ahead(&stream->predictor, i, stream->frames, &index))
            return true;
        if (!add_frame(stream, index))
            return false;
    }
    return true;
}

/* Of as_stream_request: those on their way, then those that have to wait. */
static bool add_requests(as_stream *stream)
{
    for (size_t i = 0; i < stream->task_count; i++) {
        const as_task *task = &stream->tasks[i];
        if (task->kind == AS_ST_FETCH && task->notify && !add_frame(stream, task->key.index))
            return false;
    }
    for (uint32_t h = 0; h < stream->hint_count; h++)
        for (uint64_t i = stream->hints[h].next; i < stream->hints[h].end; i++)
            if (!add_frame(stream, i))
                return false;
    return true;
}

static void add_all(as_stream *stream, uint64_t reach)
{
    const uint64_t near = reach < stream->params.l0_frames ? reach : stream->params.l0_frames;
    stream->ahead.count = 0;
    add_demands(stream, true);
    add_demands(stream, false);
    if (add_path(stream, 0, near) && add_requests(stream))
        (void)add_path(stream, near + 1, reach);
}

/* ------------------------------------------------------------------------------ telling ---- */

/* Was a frame asked for since that was not named? Its demand has no earlier stamp than the get. */
static bool is_unnamed(const as_stream *stream, const as_demand *demand)
{
    const as_st_ahead *ahead = &stream->ahead;
    return demand->stamp > ahead->told_gets &&
           as_predict_distance(&ahead->told_path, demand->key.index) > ahead->told_reach &&
           needs_bytes(stream, demand->key.index);
}

static bool is_news(const as_stream *stream)
{
    const as_st_ahead *ahead = &stream->ahead;
    if (ahead->due || ahead->generation != ahead->told_generation ||
        stream->predictor.stride != ahead->told_path.stride)
        return true;
    if (as_predict_distance(&ahead->told_path, stream->predictor.head) > ahead->told_reach / 16)
        return true;
    for (size_t i = 0; i < stream->demand_count; i++)
        if (is_unnamed(stream, &stream->demands[i]))
            return true;
    return false;
}

/* Was a frame asked for whose bytes are not there? */
static bool is_urgent(const as_stream *stream)
{
    if (stream->predictor.moved && needs_bytes(stream, stream->predictor.head))
        return true;
    for (size_t i = 0; i < stream->demand_count; i++)
        if (needs_bytes(stream, stream->demands[i].key.index))
            return true;
    return false;
}

void as_st_tell_source(as_stream *stream)
{
    as_st_ahead *ahead = &stream->ahead;
    if (!ahead->takes || ahead->telling)
        return;
    ahead->telling = true;
    while (stream->state == AS_ST_READY && !stream->closing && is_news(stream)) {
        const uint64_t generation = ahead->generation;
        const int32_t priority = is_urgent(stream);
        ahead->due = false;
        ahead->told_generation = generation;
        ahead->told_gets = stream->gets;
        ahead->told_path = stream->predictor;
        ahead->told_reach = reach_of(stream);
        add_all(stream, ahead->told_reach);
        if (ahead->count == 0)
            break;
        as_mutex_unlock(&stream->lock);
        as_io_prefetch(stream->source, ahead->ranges, ahead->count, priority, generation);
        as_mutex_lock(&stream->lock);
    }
    ahead->telling = false;
}
