/* SPDX-License-Identifier: MIT
 *
 * What workers do. Each piece of work takes the lock to see whether it is still wanted, works
 * without it, and takes it again to hand over what came out and to queue what follows.
 */
#include "core/stream/stream.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/io/io.h"
#include "core/raster/r8.h"
#include "core/raster/strip.h"

#include <inttypes.h>
#include <string.h>

/* What is to be done at the end of a piece of work: queue what follows, wake who waits, and, if
 * somebody is to be told, one event. Unlocks. Who is woken finds the lock free: under it, he would
 * only go back to sleep. But to tell a source may take time, and nobody is to wait for that. */
static void finish(as_stream *stream, bool event, uint64_t index, as_result result)
{
    const bool tells = stream->ahead.takes;
    if (event)
        as_st_count_event(stream);
    as_st_pump(stream);
    stream->changes++;
    if (tells) {
        as_cond_broadcast(&stream->changed);
        as_st_tell_source(stream);
    }
    as_mutex_unlock(&stream->lock);
    if (!tells)
        as_cond_broadcast(&stream->changed); /* the stream lives as long as this work */
    if (event)
        as_st_send_event(stream, (as_st_event){index, result});
}

/* The same for a polystream that is there now, where whoever waits does so for what comes of it. */
static void finish_silently(as_stream *stream)
{
    as_st_pump(stream);
    as_st_tell_source(stream);
    as_mutex_unlock(&stream->lock);
}

/* An item surfaced for nothing; that makes room for one that found none. */
static void catch_up(as_stream *stream)
{
    as_mutex_lock(&stream->lock);
    if (stream->starved)
        as_st_pump(stream);
    as_mutex_unlock(&stream->lock);
}

/* The task, now running; NULL: not wanted any more, or another item was first. Under the lock. */
static as_task *begin(as_stream *stream, as_st_kind kind, as_output_key key)
{
    as_task *task = as_st_find_task(stream, kind, key);
    if (!task || task->running || stream->closing)
        return NULL;
    task->running = true;
    task->generation = stream->ahead.generation;
    task->started_ns = as_clock_ns();
    return task;
}

/* -------------------------------------------------------------------------------- OPEN ---- */

static void opened(as_stream *stream, as_container *container)
{
    stream->container = container;
    stream->frames = container->info.frame_count;
    stream->state = AS_ST_READY;
    if (stream->params.start_frame >= stream->frames) {
        stream->params.start_frame = 0;
        as_predict_start(&stream->predictor, 0);
    }
    as_st_warm(stream);
}

static void warn_of_start(const as_stream *stream, const as_container *container)
{
    const uint64_t frames = container->info.frame_count;
    if (stream->params.start_frame >= frames && frames != 0)
        as_log_write(&stream->params.log, AS_LOG_WARN,
                     "start_frame %" PRIu32 " is past the end (%" PRIu64 " frames); starting at 0",
                     stream->params.start_frame, frames);
}

/* What changes or is given up while it is read is tried once more. NULL: it failed. */
static as_container *read_index(as_stream *stream, const as_container *old, as_error *error)
{
    as_container *container = NULL;
    as_result result = AS_ERROR_CHANGED;
    for (int tries = 0;
         tries < 2 && (result == AS_ERROR_CHANGED ||
                       (result == AS_ERROR_CANCELLED && !as_io_is_cancelled(stream->source)));
         tries++)
        result = old ? as_fmt_reopen(old, &container, error)
                     : as_fmt_open(stream->source, &stream->key, &stream->params.limits,
                                   &stream->params.log, &container, error);
    if (old && result == AS_ERROR_CHANGED)
        as_err_set(error, AS_ERROR_TRANSPORT,
                   "the source's content is replaced faster than its index can be read; ask again");
    if (result == AS_ERROR_CANCELLED && !as_io_is_cancelled(stream->source))
        as_err_set(error, AS_ERROR_TRANSPORT,
                   "the source gave up reading the frame index twice; check the source");
    return container;
}

static void end_first_open(as_stream *stream, as_container *container, const as_error *error)
{
    if (container)
        warn_of_start(stream, container);
    as_mutex_lock(&stream->lock);
    as_st_free_key(stream);
    if (container) {
        opened(stream, container);
    } else {
        stream->state = AS_ST_FAILED;
        stream->reading = false;
        stream->open_error = *error;
    }
    as_st_end_task(stream, AS_ST_OPEN, as_st_whole(0));
    finish(stream, stream->announced, AS_NO_FRAME, container ? AS_OK : error->code);
}

static void reopen(as_stream *stream, const as_container *old)
{
    as_error error;
    as_mutex_lock(&stream->lock);
    const bool unsent = stream->change_unsent;
    stream->change_unsent = false;
    if (unsent)
        as_st_count_event(stream);
    as_mutex_unlock(&stream->lock);
    if (unsent)
        as_st_send_event(stream, (as_st_event){AS_NO_FRAME, AS_ERROR_CHANGED});
    const uint64_t version = as_io_version(stream->source);
    as_container *container = read_index(stream, old, &error);
    as_mutex_lock(&stream->lock);
    as_container *unused = as_st_reopened(stream, container, version, &error);
    as_st_end_task(stream, AS_ST_OPEN, as_st_whole(0));
    finish(stream, true, AS_NO_FRAME, container ? AS_OK : error.code);
    if (unused)
        as_fmt_close(unused);
}

static void run_open(as_stream *stream, as_output_key key)
{
    as_error error;
    as_mutex_lock(&stream->lock);
    const bool wanted = begin(stream, AS_ST_OPEN, key);
    const as_container *old = stream->container; /* nobody else replaces it */
    as_mutex_unlock(&stream->lock);
    if (!wanted) {
        catch_up(stream);
    } else if (old) {
        reopen(stream, old);
    } else {
        as_container *container = read_index(stream, NULL, &error);
        end_first_open(stream, container, &error);
    }
}

/* ------------------------------------------------------------------------------- FETCH ---- */

static as_result read_blob(as_container *container, uint64_t index, as_blob **out,
                           as_fmt_times *times, as_error *error)
{
    as_buffer payload = {0};
    *out = NULL;
    as_result result = as_fmt_read_payload(container, index, &payload, times, error);
    if (result == AS_OK && !(*out = as_blob_create(&payload)))
        result = as_err_no_memory(error, payload.size, "a polystream");
    as_buf_free(&payload);
    return result;
}

/* Demands that a failure of `key` concerns have no use any more when nobody waits for them. Is
 * somebody to be told? */
static bool settle_demands(as_stream *stream, as_output_key key)
{
    const bool all = as_output_is_same(key, as_st_whole(key.index));
    bool tell = false;
    for (size_t i = 0; i < stream->demand_count;) {
        as_demand *demand = &stream->demands[i];
        if (demand->key.index != key.index || !(all || as_output_is_same(demand->key, key))) {
            i++;
            continue;
        }
        tell = tell || demand->notify;
        demand->notify = false;
        if (demand->waiters == 0)
            as_st_drop_demand(stream, demand);
        else
            i++;
    }
    return tell;
}

/* It is there; who waits finds `blob` (NULL: an output) also when L1 has evicted it by then. Is
 * somebody to be told? */
static bool settle_demand(as_stream *stream, as_output_key key, as_blob *blob)
{
    as_demand *demand = as_st_find_demand(stream, key);
    if (!demand)
        return false;
    const bool tell = demand->notify;
    demand->notify = false;
    if (demand->waiters == 0)
        as_st_drop_demand(stream, demand);
    else if (blob && !demand->blob)
        demand->blob = as_blob_ref(blob);
    return tell;
}

/* Is somebody to be told? */
static bool frame_failed(as_stream *stream, as_output_key key, const as_error *error)
{
    as_st_remember_failure(stream, key, error);
    return settle_demands(stream, key);
}

static void fetched(as_stream *stream, const as_task *task, as_blob *blob,
                    const as_fmt_times *times)
{
    stream->stats.evictions += as_lru_put(stream->l1, task->key.index, blob);
    stream->stats.decoded++;
    stream->stats.fetched_to_draw += task->wanted;
    stream->stats.bytes_read += times->bytes;
    as_times_add(&stream->stats.read, times->read_ns);
    as_times_add(&stream->stats.decode, times->decode_ns);
}

/* The source gave the read up: because the path is another one by now, or for reasons of its own.
 * What is still wanted is queued anew; for no reason that is known, only once. false: it failed. */
static bool try_again(as_stream *stream, as_task *task, as_error *error)
{
    const bool moved = task->generation != stream->ahead.generation;
    if (stream->closing || as_io_is_cancelled(stream->source))
        return false;
    if (!moved && task->given_up) {
        const as_error why = *error;
        as_err_set(error, AS_ERROR_TRANSPORT, "the source gave up reading it twice (%s); ask again",
                   why.text);
        (void)as_err_at_frame(error, task->key.index);
        return false;
    }
    stream->checked_ahead = 0;
    if (moved && !task->notify) {
        as_st_end_task(stream, AS_ST_FETCH, task->key);
    } else {
        task->given_up = !moved;
        task->running = task->queued = false;
    }
    return true;
}

/* Is somebody to be told? */
static bool end_fetch(as_stream *stream, as_output_key key, as_blob *blob,
                      const as_fmt_times *times, as_error *error)
{
    as_task *task = as_st_find_task(stream, AS_ST_FETCH, key); /* others may have moved it */
    bool tell = task->notify;
    if (error->code == AS_ERROR_CANCELLED && try_again(stream, task, error))
        return false;
    if (blob)
        fetched(stream, task, blob, times);
    as_st_end_task(stream, AS_ST_FETCH, key);
    if (error->code == AS_OK && settle_demand(stream, key, blob))
        tell = true;
    if (error->code != AS_OK && frame_failed(stream, as_st_whole(key.index), error))
        tell = true;
    return tell;
}

static void run_fetch(as_stream *stream, as_output_key key)
{
    as_blob *blob = NULL;
    as_fmt_times times = {0};
    as_error error = {.code = AS_OK};
    as_mutex_lock(&stream->lock);
    const bool wanted = begin(stream, AS_ST_FETCH, key);
    const bool there = wanted && as_lru_has(stream->l1, key.index);
    const uint64_t epoch = atomic_load(&stream->epoch);
    as_container *container = wanted ? as_fmt_ref(stream->container) : NULL;
    as_mutex_unlock(&stream->lock);
    if (!wanted) {
        catch_up(stream);
        return;
    }
    if (!there)
        (void)read_blob(container, key.index, &blob, &times, &error);
    bool tell = false, silent = false;
    as_mutex_lock(&stream->lock);
    if (error.code == AS_ERROR_CHANGED)
        as_st_content_changed(stream, container);
    if (epoch == atomic_load(&stream->epoch)) {
        const as_demand *demand = as_st_find_demand(stream, key);
        /* The open waits for the first ones, as some do for any. */
        silent = error.code == AS_OK && !stream->initial && !(demand && demand->waiters != 0);
        tell = end_fetch(stream, key, blob, &times, &error);
    } else { /* what was read is the old content's */
        as_st_end_task(stream, AS_ST_FETCH, key);
        stream->checked_ahead = 0;
    }
    if (silent && !tell)
        finish_silently(stream);
    else
        finish(stream, tell, key.index, error.code);
    as_blob_unref(blob);
    as_fmt_close(container);
}

/* -------------------------------------------------------------------------------- DRAW ---- */

/* What a drawing worker needs; filled under the lock, used without it. */
typedef struct drawing {
    as_output_key key;
    as_blob *blob;
    as_st_canvas canvas;
    as_st_plan plan;
    uint64_t room_changes;
    uint64_t epoch;
    bool demanded;
} drawing;

/* Its address tells threads apart. */
static _Thread_local char this_thread;

/* Best the one that this thread drew on last, which is in its core's caches. */
static as_st_canvas take_canvas(as_stream *stream)
{
    as_st_canvas *idle = stream->canvases;
    if (stream->canvas_count == 0)
        return (as_st_canvas){.thread = &this_thread};
    as_st_canvas *last = &idle[--stream->canvas_count], *best = last;
    for (uint32_t i = 0; i < stream->canvas_count; i++)
        if (idle[i].thread == &this_thread)
            best = &idle[i];
    as_st_canvas canvas = *best;
    *best = *last;
    canvas.thread = &this_thread;
    return canvas;
}

/* false: nothing to draw (any more). */
static bool begin_draw(as_stream *stream, drawing *d)
{
    const as_task *task = begin(stream, AS_ST_DRAW, d->key);
    if (!task)
        return false;
    d->blob = as_blob_ref(task->blob);
    d->canvas = take_canvas(stream);
    as_st_plan_now(stream, &d->plan);
    d->room_changes = stream->room_changes;
    d->epoch = atomic_load(&stream->epoch);
    d->demanded = as_st_find_demand(stream, d->key);
    return true;
}

static void forget_drawn(as_st_canvas *canvas)
{
    as_blob_unref(canvas->shows);
    canvas->shows = NULL;
}

static as_result fit_canvas(as_st_canvas *c, uint32_t width, uint32_t height, as_error *error)
{
    if (c->canvas && c->canvas->width == width && c->canvas->height == height)
        return AS_OK;
    forget_drawn(c);
    as_ras_destroy(c->canvas);
    c->canvas = NULL;
    return as_ras_create(width, height, &c->canvas, error);
}

/* Is it drawn already? In a still scene frame after frame is the same, byte by byte. */
static bool is_drawn(const as_st_canvas *canvas, const as_blob *blob)
{
    const as_blob *shows = canvas->shows;
    return shows && as_blob_size(shows) == as_blob_size(blob) &&
           memcmp(as_blob_data(shows), as_blob_data(blob), as_blob_size(blob)) == 0;
}

static as_result draw_canvas(const as_stream *stream, drawing *d, const as_polystream *polystream,
                             as_output_key at, as_error *error)
{
    const as_stream_params *p = &stream->params;
    const as_scale scale = {p->canvas_width, p->canvas_height, at.width, at.height};
    const bool same = p->canvas_width == at.width && p->canvas_height == at.height;
    as_result result = fit_canvas(&d->canvas, at.width, at.height, error);
    if (result != AS_OK || is_drawn(&d->canvas, d->blob))
        return result;
    forget_drawn(&d->canvas);
    result = as_ras_draw(d->canvas.canvas, polystream, p->combine, same ? NULL : &scale, error);
    if (result == AS_OK)
        d->canvas.shows = as_blob_ref(d->blob);
    return result;
}

/* A mask, or the canvas it is sampled from. */
static as_result draw_pixels(const as_stream *stream, drawing *d, const as_polystream *polystream,
                             as_output *output, as_error *error)
{
    const as_output_key at = as_st_canvas_key(stream, d->key.index, d->key.width, d->key.height);
    const as_result result = draw_canvas(stream, d, polystream, at, error);
    const as_canvas *canvas = d->canvas.canvas;
    if (result != AS_OK)
        return result;
    if (d->key.kind == AS_OUTPUT_R8)
        as_ras_update_r8(canvas, as_output_shown(output), as_output_data(output), d->key.width,
                         d->key.height, d->key.width);
    else
        memcpy(as_output_data(output), canvas->bits,
               canvas->stride * sizeof(uint64_t) * canvas->height);
    return AS_OK;
}

/* A buffer for the frame; one that somebody asked for may displace what is only prepared ahead. */
static as_result take_output(as_stream *stream, drawing *d, as_output **out, as_error *error)
{
    as_result result = as_outputs_take(stream->outputs, d->key, as_st_is_planned, &d->plan, out);
    if (result != AS_OK && result != AS_ERROR_OUT_OF_MEMORY && d->demanded) {
        d->plan.path = false;
        result = as_outputs_take(stream->outputs, d->key, as_st_is_planned, &d->plan, out);
    }
    if (result == AS_OK && d->epoch != atomic_load(&stream->epoch)) {
        /* From here on as_outputs_invalidate finds it. */
        as_outputs_give_back(stream->outputs, *out);
        return as_err_set(error, AS_ERROR_CHANGED, "the source's content was replaced");
    }
    if (result == AS_OK || result == AS_NOT_READY)
        return result;
    return as_err_set(error, result,
                      "no output buffer of %" PRIu32 " x %" PRIu32
                      " pixels could be had (%s); release frames, or raise l0_bytes",
                      d->key.width, d->key.height, as_result_text(result));
}

static as_result draw(as_stream *stream, drawing *d, as_error *error)
{
    as_polystream polystream;
    as_output *output;
    as_buffer vertices = {0};
    /* It was checked when it was read, with the same limit. */
    as_result result =
        as_polystream_parse(&polystream, as_blob_data(d->blob), as_blob_size(d->blob),
                            stream->params.limits.channels, error);
    if (result == AS_OK)
        result = take_output(stream, d, &output, error);
    if (result != AS_OK)
        return result;
    const bool strip = d->key.kind == AS_OUTPUT_STRIP;
    if (!strip)
        result = draw_pixels(stream, d, &polystream, output, error);
    else
        result = as_ras_strip(&polystream, stream->params.combine, NULL, &vertices, error);
    if (result != AS_OK)
        as_outputs_give_back(stream->outputs, output);
    else if (!strip)
        as_outputs_publish(stream->outputs, output);
    else
        as_outputs_publish_strip(stream->outputs, output, &vertices);
    as_buf_free(&vertices);
    return result;
}

static void end_draw(as_stream *stream, const drawing *d)
{
    if (d->canvas.canvas)
        stream->canvases[stream->canvas_count++] = d->canvas;
    as_st_end_task(stream, AS_ST_DRAW, d->key);
}

/* All buffers are being filled, or are kept for other callers or for frames just ahead. Who makes
 * room looks again. To pump now would only turn round on the spot, unless that has happened
 * meanwhile. */
static void no_buffer(as_stream *stream, const drawing *d)
{
    as_mutex_lock(&stream->lock);
    end_draw(stream, d);
    stream->ready_stalled = stream->ready_stalled || !d->demanded;
    if (stream->room_changes != d->room_changes || !d->demanded || stream->starved)
        as_st_pump(stream);
    as_mutex_unlock(&stream->lock);
}

/* What begin_draw began. Not under the lock. */
static void complete_draw(as_stream *stream, drawing *d)
{
    as_error error;
    const uint64_t start = as_clock_ns();
    const as_result result = draw(stream, d, &error);
    const uint64_t ns = as_clock_ns() - start;
    as_blob_unref(d->blob);
    if (result == AS_NOT_READY) {
        no_buffer(stream, d);
        return;
    }
    if (result != AS_OK)
        (void)as_err_at_frame(&error, d->key.index);
    as_mutex_lock(&stream->lock);
    end_draw(stream, d);
    stream->room_changes++;
    bool tell = false;
    if (d->epoch != atomic_load(&stream->epoch)) {
        /* nobody has asked for that */
    } else if (result == AS_OK) {
        stream->stats.drawn++;
        as_times_add(&stream->stats.draw, ns);
        tell = settle_demand(stream, d->key, NULL);
    } else {
        stream->ready_stalled = stream->ready_stalled || !d->demanded;
        tell = frame_failed(stream, d->key, &error);
    }
    finish(stream, tell, d->key.index, result);
}

static void run_draw(as_stream *stream, as_output_key key)
{
    drawing d = {.key = key};
    as_mutex_lock(&stream->lock);
    const bool wanted = begin_draw(stream, &d);
    as_mutex_unlock(&stream->lock);
    if (wanted)
        complete_draw(stream, &d);
    else
        catch_up(stream);
}

/* ns that the drawing takes at the very most, as good as: each byte of the polystream may be a step
 * of 64 rows or columns, and each pixel be written. Usually it is a hundredth of that. */
static uint64_t most_draw_ns(const as_task *task)
{
    return (uint64_t)512 * as_blob_size(task->blob) + (uint64_t)task->key.width * task->key.height;
}

static uint32_t count_draws(const as_stream *stream)
{
    uint32_t running = 0;
    for (size_t i = 0; i < stream->task_count; i++)
        running += stream->tasks[i].kind == AS_ST_DRAW && stream->tasks[i].running;
    return running;
}

bool as_st_help(as_stream *stream, as_output_key key, uint64_t ns)
{
    drawing d = {.key = key};
    const as_task *task = as_st_find_task(stream, AS_ST_DRAW, key);
    if (!task || stream->helped || stream->params.event || key.kind == AS_OUTPUT_STRIP ||
        stream->params.scale == AS_SCALE_VECTOR || most_draw_ns(task) > ns ||
        count_draws(stream) >= stream->params.raster_tasks || !begin_draw(stream, &d))
        return false;
    stream->helped = true;
    as_mutex_unlock(&stream->lock);
    complete_draw(stream, &d);
    as_mutex_lock(&stream->lock);
    stream->helped = false;
    return true;
}

/* -------------------------------------------------------------------------------- WARM ---- */

static void run_warm(as_stream *stream, as_output_key key)
{
    as_mutex_lock(&stream->lock);
    const bool wanted = begin(stream, AS_ST_WARM, key);
    as_mutex_unlock(&stream->lock);
    if (!wanted) {
        catch_up(stream);
        return;
    }
    as_outputs_warm(stream->outputs, key, stream->params.l0_frames + 2);
    as_mutex_lock(&stream->lock);
    as_st_end_task(stream, AS_ST_WARM, key);
    stream->room_changes++; /* it had buffers too, which others may have found missing */
    stream->ready_stalled = false;
    finish(stream, false, 0, AS_OK);
}

void as_st_run(void *user, const as_work_item *item, bool stale)
{
    as_stream *stream = user;
    as_output_key key;
    if (stale) {
        catch_up(stream);
        return;
    }
    switch (as_st_unpack(item, &key)) {
    case AS_ST_OPEN: run_open(stream, key); break;
    case AS_ST_FETCH: run_fetch(stream, key); break;
    case AS_ST_DRAW: run_draw(stream, key); break;
    case AS_ST_WARM: run_warm(stream, key); break;
    }
}
