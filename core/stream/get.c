/* SPDX-License-Identifier: MIT
 *
 * A caller asks for a frame: it is ready, or the caller leaves a demand and waits for it, at most
 * its time. What was begun is finished all the same, for the next call.
 */
#include "core/stream/stream.h"

#include "core/base/clock.h"
#include "core/io/io.h"

#include <inttypes.h>

/* What a get comes back with: a reference to one of the two. */
typedef struct found {
    as_frame *frame;
    as_blob *blob;
} found;

as_output_key as_st_mask_key(uint64_t index, uint32_t width, uint32_t height)
{
    return (as_output_key){.index = index, .width = width, .height = height, .kind = AS_OUTPUT_R8};
}

as_output_key as_st_strip_key(uint64_t index)
{
    return (as_output_key){.index = index, .kind = AS_OUTPUT_STRIP};
}

as_output_key as_st_canvas_key(const as_stream *stream, uint64_t index, uint32_t width,
                               uint32_t height)
{
    const as_stream_params *p = &stream->params;
    const bool vector = p->scale == AS_SCALE_VECTOR;
    return (as_output_key){.index = index,
                           .width = vector ? width : p->canvas_width,
                           .height = vector ? height : p->canvas_height,
                           .kind = AS_OUTPUT_CANVAS};
}

as_result as_st_check_ready(const as_stream *stream, as_error *error)
{
    if (stream->closing)
        return as_err_set(error, AS_ERROR_CANCELLED, "the stream is being closed");
    if (stream->state == AS_ST_OPENING)
        return as_err_set(error, AS_NOT_READY,
                          "the frame index is still being read; ask again, or wait for the open");
    if (stream->state == AS_ST_FAILED) {
        *error = stream->open_error;
        return error->code;
    }
    return AS_OK;
}

as_result as_st_check_index(const as_stream *stream, uint64_t index, as_error *error)
{
    if (index < stream->frames)
        return AS_OK;
    as_err_set(error, AS_ERROR_OUT_OF_RANGE,
               "frame %" PRIu64 " is past the end: the stream has %" PRIu64
               " frames, counted from 0",
               index, stream->frames);
    error->frame = index;
    return AS_ERROR_OUT_OF_RANGE;
}

/* When the source has used up its time for `index`. A read that has not begun is overdue when all
 * that keep it waiting are. Where nothing is late yet: when to look again, since nobody is woken
 * when a read begins. */
static uint64_t data_deadline(as_stream *stream, uint64_t index)
{
    const uint64_t limit = (uint64_t)stream->params.data_timeout_ms * UINT64_C(1000000);
    const as_task *task = as_st_find_task(stream, AS_ST_FETCH, as_st_whole(index));
    if (task && task->running)
        return task->started_ns + limit;
    uint64_t latest = 0;
    uint32_t running = 0;
    for (size_t i = 0; i < stream->task_count; i++) {
        const as_task *other = &stream->tasks[i];
        if (other->kind != AS_ST_FETCH || !other->running)
            continue;
        running++;
        if (other->started_ns > latest)
            latest = other->started_ns;
    }
    return (task && running >= stream->most_io ? latest : as_clock_ns()) + limit;
}

/* Why a frame is not there yet. */
static const char *cause(as_stream *stream, as_output_key key)
{
    if (stream->state != AS_ST_READY)
        return "the frame index of the source's new content is being read";
    const as_task *task = as_st_find_task(stream, AS_ST_DRAW, key);
    if (task)
        return task->running ? "it is being drawn" : "it waits for a worker to draw it";
    task = as_st_find_task(stream, AS_ST_FETCH, as_st_whole(key.index));
    if (task)
        return task->running ? "the source is still being read for it"
                             : "other reads from the source are ahead of it";
    return "the workers have more to do than they can";
}

static as_result too_late(as_stream *stream, as_output_key key, uint64_t timeout_ns,
                          as_error *error)
{
    if (timeout_ns == 0) {
        as_err_set(error, AS_NOT_READY,
                   "frame %" PRIu64 " is not ready: %s; ask again, or allow some time", key.index,
                   cause(stream, key));
    } else {
        stream->stats.late++;
        as_err_set(error, AS_TIMEOUT,
                   "frame %" PRIu64 " was not there within %" PRIu64
                   " us: %s; it has been raised to the front, ask again",
                   key.index, timeout_ns / 1000, cause(stream, key));
    }
    error->frame = key.index;
    return error->code;
}

/* The index of new content is not there: as look(). */
static as_result look_at_open(as_stream *stream, uint64_t *out_wake, as_error *error)
{
    const as_task *task = as_st_find_task(stream, AS_ST_OPEN, as_st_whole(0));
    const uint64_t limit = (uint64_t)stream->params.init_timeout_ms * UINT64_C(1000000);
    const uint64_t now = as_clock_ns();
    *out_wake = (task && task->running ? task->started_ns : now) + limit;
    if (now < *out_wake)
        return AS_NOT_READY;
    return as_err_set(error, AS_ERROR_TRANSPORT,
                      "the source did not give the frame index of its new content within %" PRIu32
                      " ms (init_timeout_ms); check the source, then ask again",
                      stream->params.init_timeout_ms);
}

static as_result source_silent(const as_stream *stream, uint64_t index, as_error *error)
{
    as_err_set(error, AS_ERROR_TRANSPORT,
               "frame %" PRIu64 ": the source did not answer a read within %" PRIu32
               " ms (data_timeout_ms); check the source, then ask again",
               index, stream->params.data_timeout_ms);
    error->frame = index;
    return error->code;
}

static as_result take_polystream(as_stream *stream, as_output_key key, as_blob **out_blob)
{
    const as_demand *demand = as_st_find_demand(stream, key);
    as_blob *blob = demand ? demand->blob : NULL;
    if (!blob && as_lru_has(stream->l1, key.index))
        blob = as_lru_get(stream->l1, key.index);
    if (!blob)
        return AS_NOT_READY;
    *out_blob = as_blob_ref(blob);
    return AS_OK;
}

/* Gives the lock up meanwhile, but for a polystream: the caller's frame allocator may be called. */
static as_result take_ready(as_stream *stream, as_output_key key, found *out, as_error *error)
{
    if (key.kind == AS_OUTPUT_NONE)
        return take_polystream(stream, key, &out->blob);
    as_mutex_unlock(&stream->lock);
    const as_result result = as_outputs_get(stream->outputs, key, &out->frame);
    as_mutex_lock(&stream->lock);
    if (result != AS_ERROR_LIMIT)
        return result;
    as_err_set(error, result,
               "frame %" PRIu64 ": callers hold %" PRIu32
               " frames already (held_frames); release some, then ask again",
               key.index, stream->params.held_frames);
    error->frame = key.index;
    return result;
}

/* Nothing is ready: AS_NOT_READY with *out_wake when to look again at the latest, or an error. */
static as_result look(as_stream *stream, as_output_key key, uint64_t *out_wake, as_error *error)
{
    if (stream->closing)
        return as_st_check_ready(stream, error);
    const as_failure *failure = as_st_failure(stream, key);
    if (failure) {
        *error = failure->error;
        return error->code;
    }
    *out_wake = data_deadline(stream, key.index);
    if (as_clock_ns() >= *out_wake)
        return source_silent(stream, key.index, error);
    return AS_NOT_READY;
}

/* Until the frame is there, the time is up (AS_NOT_READY) or something fails. */
static as_result wait_until(as_stream *stream, as_output_key key, uint64_t deadline, found *out,
                            as_error *error)
{
    bool helped = false;
    for (;;) {
        uint64_t wake = AS_NO_DEADLINE;
        as_st_pump(stream);
        as_st_tell_source(stream);
        const uint64_t changes = stream->changes;
        as_result result = as_st_check_frame(stream, key.index, error);
        const bool reopening = result == AS_NOT_READY;
        if (result == AS_OK)
            result = take_ready(stream, key, out, error);
        /* Looking gave up the lock: what came meanwhile told nobody, for nobody was to be told. */
        if (result == AS_NOT_READY && changes != stream->changes &&
            (as_clock_ns() < deadline || as_outputs_has(stream->outputs, key)))
            continue;
        if (result == AS_NOT_READY)
            result =
                reopening ? look_at_open(stream, &wake, error) : look(stream, key, &wake, error);
        const uint64_t now = as_clock_ns(), until = wake < deadline ? wake : deadline;
        if (result != AS_NOT_READY || now >= deadline)
            return result;
        if (!helped && now < until && as_st_help(stream, key, until - now))
            helped = true; /* with no buffer to draw into, the next turn waits */
        else
            (void)as_cond_wait_until(&stream->changed, &stream->lock, until);
    }
}

static as_result wait_for(as_stream *stream, as_output_key key, uint64_t timeout_ns,
                          uint64_t start_ns, found *out, as_error *error)
{
    const uint64_t deadline =
        timeout_ns >= AS_NO_DEADLINE - start_ns ? AS_NO_DEADLINE : start_ns + timeout_ns;
    as_demand *demand = as_st_demand(stream, key);
    if (!demand)
        return as_err_no_memory(error, sizeof(*demand), "a request for a frame");
    demand->waiters++;
    demand->urgent += timeout_ns != 0; /* who only asks is served along with L0 */
    as_result result = wait_until(stream, key, deadline, out, error);
    if (result == AS_NOT_READY)
        result = too_late(stream, key, timeout_ns, error);
    demand = as_st_find_demand(stream, key); /* others may have moved it */
    if (result == AS_TIMEOUT || result == AS_NOT_READY)
        demand->notify = true;
    demand->urgent -= timeout_ns != 0;
    if (--demand->waiters == 0 && !demand->notify)
        as_st_drop_demand(stream, demand);
    /* The frame need not be kept for the caller any more: others may have waited for its buffer. */
    stream->room_changes++;
    as_st_pump(stream);
    as_st_tell_source(stream);
    return result;
}

static as_result get_locked(as_stream *stream, as_output_key key, uint64_t timeout_ns,
                            uint64_t start_ns, found *out, as_error *error)
{
    as_result result = as_st_check_frame(stream, key.index, error);
    const bool reopening = result == AS_NOT_READY && as_st_is_reopening(stream);
    if (result != AS_OK && !reopening)
        return result;
    stream->gets++;
    as_st_use_size(stream, key);
    as_st_note(stream, key.index);
    as_st_forgive(stream, key);
    if (!reopening)
        result = take_ready(stream, key, out, error);
    if (result == AS_NOT_READY) {
        stream->stats.l0_misses++;
        return wait_for(stream, key, timeout_ns, start_ns, out, error);
    }
    stream->stats.l0_hits += result == AS_OK;
    as_st_pump(stream);
    as_st_tell_source(stream);
    return result;
}

/* A call has begun: takes the lock, and looks whether the source's content is another. */
static void enter(as_stream *stream)
{
    const uint64_t version = as_io_version(stream->source);
    as_mutex_lock(&stream->lock);
    stream->calls++;
    as_st_notice_version(stream, version);
}

static void leave(as_stream *stream)
{
    if (--stream->calls == 0 && stream->closing)
        as_st_signal(stream);
    as_mutex_unlock(&stream->lock);
}

uint64_t as_st_content(as_stream *stream)
{
    enter(stream);
    const uint64_t content = atomic_load(&stream->epoch);
    leave(stream);
    return content;
}

static as_result get(as_stream *stream, as_output_key key, uint64_t timeout_ns, found *out,
                     as_error *error)
{
    const uint64_t start = as_clock_ns();
    enter(stream);
    if (timeout_ns == AS_TIMEBOX)
        timeout_ns = (uint64_t)stream->params.timebox_us * 1000;
    const as_result result = get_locked(stream, key, timeout_ns, start, out, error);
    as_times_add(&stream->stats.get, as_clock_ns() - start);
    leave(stream);
    return result;
}

as_result as_st_get(as_stream *stream, as_output_key key, uint64_t timeout_ns, as_frame **out_frame,
                    as_error *error)
{
    found f = {NULL, NULL};
    const as_result result = get(stream, key, timeout_ns, &f, error);
    *out_frame = f.frame;
    return result;
}

as_result as_st_get_polystream(as_stream *stream, uint64_t index, uint64_t timeout_ns,
                               as_blob **out_blob, as_error *error)
{
    found f = {NULL, NULL};
    const as_result result = get(stream, as_st_whole(index), timeout_ns, &f, error);
    *out_blob = f.blob;
    return result;
}
