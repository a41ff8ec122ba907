/* SPDX-License-Identifier: MIT
 *
 * stream.h: the play head, metadata and statistics.
 */
#include "core/api/stream.h"

#include "core/api/params.h"
#include "core/base/clock.h"

#include <inttypes.h>
#include <string.h>

as_result as_stream_set_rate(as_stream *stream, uint32_t fps_num, uint32_t fps_den)
{
    as_error error;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    if (fps_num < 1 || fps_num > 1000000 || fps_den < 1 || fps_den > 1000000)
        return as_api_settle(stream,
                             as_err_set(&error, AS_ERROR_ARGUMENT,
                                        "a rate of %" PRIu32 " / %" PRIu32
                                        "; both must be 1 to 1000000",
                                        fps_num, fps_den),
                             &error);
    as_mutex_lock(&stream->lock);
    const uint64_t now = as_clock_ns();
    int64_t media;
    const uint64_t index =
        as_timebase_frame_at(&stream->timebase, as_playhead_position(&stream->playhead, now));
    stream->timebase.fps_num = fps_num;
    stream->timebase.fps_den = fps_den;
    if (as_timebase_time_of(&stream->timebase, index, &media))
        as_playhead_seek(&stream->playhead, now, media);
    as_mutex_unlock(&stream->lock);
    return as_api_settle(stream, AS_OK, NULL);
}

as_result as_stream_get_rate(as_stream *stream, uint32_t *out_fps_num, uint32_t *out_fps_den)
{
    as_error error;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    if (!out_fps_num || !out_fps_den)
        return as_api_settle(
            stream, as_err_set(&error, AS_ERROR_ARGUMENT, "as_stream_get_rate: a result is NULL"),
            &error);
    as_mutex_lock(&stream->lock);
    *out_fps_num = stream->timebase.fps_num;
    *out_fps_den = stream->timebase.fps_den;
    as_mutex_unlock(&stream->lock);
    return as_api_settle(stream, AS_OK, NULL);
}

as_result as_stream_play(as_stream *stream, double speed)
{
    as_error error;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    if (!(speed >= -16 && speed <= 16))
        return as_api_settle(stream,
                             as_err_set(&error, AS_ERROR_ARGUMENT,
                                        "a speed of %g, outside its range of -16 to 16", speed),
                             &error);
    as_mutex_lock(&stream->lock);
    if (speed == 0)
        as_playhead_pause(&stream->playhead, as_clock_ns());
    else
        as_playhead_play(&stream->playhead, as_clock_ns(), speed);
    if (speed != 0)
        as_st_turn(stream, speed < 0);
    as_st_tell_source(stream);
    as_mutex_unlock(&stream->lock);
    return as_api_settle(stream, AS_OK, NULL);
}

as_result as_stream_pause(as_stream *stream)
{
    return as_stream_play(stream, 0);
}

static as_result seek(as_stream *stream, uint64_t index, as_error *error)
{
    int64_t media;
    as_result result = as_st_check_ready(stream, error);
    if (result == AS_OK)
        result = as_st_check_index(stream, index, error);
    if (result != AS_OK)
        return result;
    if (as_timebase_time_of(&stream->timebase, index, &media))
        as_playhead_seek(&stream->playhead, as_clock_ns(), media);
    as_st_jump(stream, index);
    return AS_OK;
}

as_result as_stream_seek(as_stream *stream, uint64_t index)
{
    as_error error;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    as_mutex_lock(&stream->lock);
    const as_result result = seek(stream, index, &error);
    as_st_tell_source(stream);
    as_mutex_unlock(&stream->lock);
    return as_api_settle(stream, result, &error);
}

/* A host that asks for frames leads the way; the play head does where it has gone elsewhere. */
static void follow(as_stream *stream, int64_t media_ns, bool jumped)
{
    if (stream->state != AS_ST_READY)
        return;
    const uint64_t due = as_timebase_frame_at(&stream->timebase, media_ns);
    const uint64_t head = stream->predictor.head, away = due > head ? due - head : head - due;
    if (due < stream->frames && (jumped || away > stream->params.prefetch_frames / 2))
        as_st_jump(stream, due);
}

as_result as_stream_sync(as_stream *stream, int64_t media_ns)
{
    if (!stream)
        return AS_ERROR_ARGUMENT;
    as_mutex_lock(&stream->lock);
    follow(stream, media_ns, as_playhead_sync(&stream->playhead, as_clock_ns(), media_ns));
    as_st_tell_source(stream);
    as_mutex_unlock(&stream->lock);
    return as_api_settle(stream, AS_OK, NULL);
}

static as_result null_result(as_stream *stream, const char *name)
{
    as_error error;
    return as_api_settle(
        stream, as_err_set(&error, AS_ERROR_ARGUMENT, "%s: the result is NULL", name), &error);
}

as_result as_stream_position(as_stream *stream, int64_t *out_media_ns)
{
    if (!stream)
        return AS_ERROR_ARGUMENT;
    if (!out_media_ns)
        return null_result(stream, "as_stream_position");
    as_mutex_lock(&stream->lock);
    *out_media_ns = as_playhead_position(&stream->playhead, as_clock_ns());
    as_mutex_unlock(&stream->lock);
    return as_api_settle(stream, AS_OK, NULL);
}

as_result as_stream_frame_at(as_stream *stream, int64_t media_ns, uint64_t *out_index)
{
    if (!stream)
        return AS_ERROR_ARGUMENT;
    if (!out_index)
        return null_result(stream, "as_stream_frame_at");
    as_mutex_lock(&stream->lock);
    *out_index = as_timebase_frame_at(&stream->timebase, media_ns);
    as_mutex_unlock(&stream->lock);
    return as_api_settle(stream, AS_OK, NULL);
}

as_result as_stream_time_of(as_stream *stream, uint64_t index, int64_t *out_media_ns)
{
    as_error error;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    if (!out_media_ns)
        return null_result(stream, "as_stream_time_of");
    as_mutex_lock(&stream->lock);
    const bool fits = as_timebase_time_of(&stream->timebase, index, out_media_ns);
    as_mutex_unlock(&stream->lock);
    return as_api_settle(stream,
                         fits ? AS_OK
                              : as_err_set(&error, AS_ERROR_ARGUMENT,
                                           "the time of frame %" PRIu64
                                           " does not fit 63 bits of nanoseconds",
                                           index),
                         &error);
}

/* ----------------------------------------------------------------------------- knowing ---- */

/* Offsets only grow: the frames past the end are the last ones. */
static uint64_t frames_past(const as_container *container, uint64_t end)
{
    uint64_t low = 0, high = container->info.frame_count;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (container->offsets[middle + 1] <= end)
            low = middle + 1;
        else
            high = middle;
    }
    return container->info.frame_count - low;
}

static as_result metadata(as_stream *stream, as_stream_metadata *m, as_error *error)
{
    const as_result result = as_st_check_ready(stream, error);
    if (result != AS_OK)
        return result;
    const as_container_info *info = &stream->container->info;
    const as_stream_params *p = &stream->params;
    const uint64_t pictures =
        (info->frame_count + p->frames_per_picture - 1) / p->frames_per_picture;
    as_timebase from_zero = stream->timebase;
    from_zero.offset_ns = 0;
    *m = (as_stream_metadata){.encrypted = info->encrypted,
                              .frame_count = info->frame_count,
                              .width = p->width,
                              .height = p->height,
                              .canvas_width = p->canvas_width,
                              .canvas_height = p->canvas_height,
                              .fps_num = stream->timebase.fps_num,
                              .fps_den = stream->timebase.fps_den,
                              .frames_per_picture = p->frames_per_picture,
                              .stated_count = info->stated_count,
                              .source_bytes = info->source_bytes,
                              .missing_frames = frames_past(stream->container, info->source_bytes)};
    if (!as_timebase_time_of(&from_zero, pictures * p->frames_per_picture, &m->duration_ns))
        m->duration_ns = INT64_MAX;
    return AS_OK;
}

as_result as_stream_get_metadata(as_stream *stream, as_stream_metadata *out_metadata)
{
    as_stream_metadata m;
    as_error error;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    if (!out_metadata)
        return null_result(stream, "as_stream_get_metadata");
    as_mutex_lock(&stream->lock);
    as_result result = metadata(stream, &m, &error);
    as_mutex_unlock(&stream->lock);
    if (result == AS_OK)
        result = as_api_give(out_metadata, &m, sizeof(m), "as_stream_metadata", &error);
    return as_api_settle(stream, result, &error);
}

static void count_l1(const as_stream *stream, as_stream_stats *s)
{
    const uint64_t draws = stream->stats.draws;
    s->l1_misses = stream->stats.fetched_to_draw;
    s->l1_hits = draws > s->l1_misses ? draws - s->l1_misses : 0;
}

static void collect(as_stream *stream, as_stream_stats *s)
{
    const as_outputs_numbers outputs = as_outputs_count(stream->outputs);
    *s = (as_stream_stats){.threads = as_work_group_workers(stream->group),
                           .l0_hits = stream->stats.l0_hits,
                           .l0_misses = stream->stats.l0_misses,
                           .evictions = stream->stats.evictions,
                           .decoded = stream->stats.decoded,
                           .drawn = stream->stats.drawn,
                           .dropped = stream->stats.dropped,
                           .failed = stream->stats.failed,
                           .late = stream->stats.late,
                           .seeks = stream->stats.seeks,
                           .bytes_read = stream->stats.bytes_read,
                           .changes = stream->stats.changes,
                           .l1_frames = as_lru_count(stream->l1),
                           .l1_bytes = as_lru_bytes(stream->l1),
                           .l0_buffers = outputs.buffers,
                           .l0_bytes = outputs.bytes,
                           .held_frames = outputs.held,
                           .queued_io = as_work_waiting(stream->io_queue),
                           .queued_raster = as_work_waiting(stream->draw_queue),
                           .stride = stream->predictor.stride};
    count_l1(stream, s);
}

as_result as_api_stats(as_stream *stream, as_stream_stats *out_stats, as_error *error)
{
    as_stream_stats s;
    struct as_st_stats copy; /* sorting it may take a while: not under the lock */
    as_mutex_lock(&stream->lock);
    collect(stream, &s);
    copy = stream->stats;
    as_mutex_unlock(&stream->lock);
    as_times_sum_up(&copy.read, &s.read);
    as_times_sum_up(&copy.decode, &s.decode);
    as_times_sum_up(&copy.draw, &s.draw);
    as_times_sum_up(&copy.get, &s.get);
    return as_api_give(out_stats, &s, sizeof(s), "as_stream_stats", error);
}

static as_result get_cached(as_stream *stream, as_tier tier, as_frame_range *ranges,
                            size_t capacity, size_t *out_count, as_error *error)
{
    if (!out_count || (!ranges && capacity != 0))
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_stream_get_cached: %s is NULL; it must point to something",
                          out_count ? "ranges" : "out_count");
    if (tier != AS_TIER_L0 && tier != AS_TIER_L1 && tier != AS_TIER_SOURCE)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_stream_get_cached: tier is %" PRId32 "; there are AS_TIER_L0, "
                          "AS_TIER_L1 and AS_TIER_SOURCE",
                          tier);
    const as_result result = as_st_cached(stream, tier, ranges, capacity, out_count, error);
    if (result != AS_OK || *out_count <= capacity)
        return result;
    return as_err_set(error, AS_ERROR_LIMIT,
                      "as_stream_get_cached: there are %zu ranges, but room for %zu; pass a "
                      "larger array",
                      *out_count, capacity);
}

as_result as_stream_get_cached(as_stream *stream, as_tier tier, as_frame_range *ranges,
                               size_t capacity, size_t *out_count)
{
    as_error error;
    if (out_count)
        *out_count = 0;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    const as_result result = get_cached(stream, tier, ranges, capacity, out_count, &error);
    return as_api_settle(stream, result, &error);
}

as_result as_stream_get_http_stats(as_stream *stream, as_http_stats *out_stats)
{
    as_error error;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    return as_api_settle(stream, as_source_get_http_stats(stream->source, out_stats, &error),
                         &error);
}

as_result as_stream_get_stats(as_stream *stream, as_stream_stats *out_stats)
{
    as_error error;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    if (!out_stats)
        return null_result(stream, "as_stream_get_stats");
    return as_api_settle(stream, as_api_stats(stream, out_stats, &error), &error);
}
