/* SPDX-License-Identifier: MIT
 *
 * Making and ending a stream. The source is opened by the caller's thread (a file is there or not);
 * the index is read by a worker, so that an open has a timeout and an asynchronous form.
 */
#include "core/stream/stream.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/io/io.h"

#include <inttypes.h>
#include <string.h>

void as_st_free_key(as_stream *stream)
{
    as_key_params *key = &stream->key;
    if (key->passphrase)
        as_crypto_wipe((void *)(uintptr_t)key->passphrase, key->passphrase_size);
    as_mem_free((void *)(uintptr_t)key->passphrase);
    as_mem_free((void *)(uintptr_t)key->passphrase_file);
    as_mem_free((void *)(uintptr_t)key->version);
    as_mem_free((void *)(uintptr_t)key->file_name);
    *key = (as_key_params){.struct_size = sizeof(*key)};
}

static bool copy_text(const char **to, const char *from)
{
    *to = from ? as_mem_strdup(from) : NULL;
    return !from || *to;
}

static as_result copy_key(as_key_params *to, const as_key_params *from, as_error *error)
{
    *to = (as_key_params){.struct_size = sizeof(*to)};
    if (!from)
        return AS_OK;
    to->scene_id = from->scene_id;
    bool enough = true;
    if (from->passphrase) {
        void *copy = as_mem_alloc(from->passphrase_size ? from->passphrase_size : 1);
        to->passphrase = copy;
        to->passphrase_size = copy ? from->passphrase_size : 0;
        enough = copy;
        if (copy && from->passphrase_size)
            as_crypto_copy(copy, from->passphrase, from->passphrase_size);
    }
    enough = copy_text(&to->passphrase_file, from->passphrase_file) && enough;
    enough = copy_text(&to->version, from->version) && enough;
    enough = copy_text(&to->file_name, from->file_name) && enough;
    return enough ? AS_OK : as_err_no_memory(error, 0, "the key's parameters");
}

static as_result open_source(as_stream *stream, const as_stream_params *params, as_error *error)
{
    if (params->source) {
        stream->source = as_io_ref(params->source);
        return AS_OK;
    }
    if (params->location) {
        const as_source_params source = {.struct_size = sizeof(source), .http = params->http};
        return as_io_open(params->location, &source, &stream->source, error);
    }
    const as_memory_params memory = {.struct_size = sizeof(memory)};
    return as_io_open_memory(params->bytes, params->bytes_size, &memory, &stream->source, error);
}

/* ---------------------------------------------------------------------- frame memory ---- */

/* The caller's allocator, whose `done` is not called when the open fails: it is the caller's alone
 * then, wherever the open got to. */
struct as_frame_memory {
    as_frame_allocator given;
    bool abandoned;
};

static void *allocate_frame(void *user, size_t size)
{
    const as_frame_memory *memory = user;
    return memory->given.allocate(memory->given.user, size);
}

static void release_frame(void *user, void *block, size_t size)
{
    const as_frame_memory *memory = user;
    memory->given.release(memory->given.user, block, size);
}

static void frames_done(void *user)
{
    as_frame_memory *memory = user;
    const as_frame_allocator given = memory->given;
    const bool tell = given.done && !memory->abandoned;
    as_mem_free(memory);
    if (tell)
        given.done(given.user);
}

static bool make_outputs(as_stream *stream)
{
    const as_stream_params *p = &stream->params;
    as_frame_allocator allocator = {.struct_size = sizeof(allocator),
                                    .allocate = allocate_frame,
                                    .release = release_frame,
                                    .done = frames_done};
    as_outputs_params params = {.per_size = p->l0_frames + 2,
                                .most_held = p->held_frames,
                                .most_bytes = p->l0_bytes,
                                .canvas_width = p->canvas_width,
                                .canvas_height = p->canvas_height,
                                .scale = p->scale};
    if (p->frame_allocator) {
        as_frame_memory *memory = as_mem_calloc(1, sizeof(*memory));
        if (!memory)
            return false;
        memory->given = *p->frame_allocator;
        allocator.user = memory;
        params.allocator = &allocator;
    }
    stream->outputs = as_outputs_create(&params);
    if (stream->outputs)
        stream->frame_memory = allocator.user;
    else
        as_mem_free(allocator.user);
    return stream->outputs;
}

/* ------------------------------------------------------------------------------- parts ---- */

/* Items that may wait; a few per worker are enough, the pump refills. L0 may want all its frames
 * at once. */
static size_t io_room(const as_stream_params *p)
{
    return 4 * (size_t)p->io_requests + AS_ST_IDLE_DEMANDS;
}

static size_t draw_room(const as_stream_params *p)
{
    return AS_ST_SIZES * ((size_t)p->l0_frames + 1) + AS_ST_IDLE_DEMANDS;
}

/* Files and memory are read by the process's workers, of which, where there are several, one is
 * kept from reading. A caller's source may block for as long as it likes: it has threads of its
 * own, so that neither this stream's drawing nor any other stream waits for it. */
static as_result make_io_queue(as_stream *stream, unsigned parallel)
{
    const as_stream_params *p = &stream->params;
    as_work_group *group = stream->group;
    unsigned workers = as_work_group_workers(group);
    workers = workers < parallel ? workers : parallel;
    stream->most_io = workers > p->io_requests ? p->io_requests : workers > 1 ? workers - 1 : 1;
    if (!as_io_is_local(stream->source)) {
        const as_result result = as_work_group_create_own(p->io_requests, &stream->io_group);
        if (result != AS_OK)
            return result;
        group = stream->io_group;
        stream->most_io = as_work_group_workers(group);
    }
    return as_work_queue_create(group, io_room(p), stream->most_io, as_st_run, stream,
                                &stream->io_queue);
}

static as_result make_queues(as_stream *stream, as_error *error)
{
    const as_stream_params *p = &stream->params;
    const unsigned cores = as_thread_cores();
    const unsigned parallel = p->threads ? p->threads : cores < 8 ? cores : 8;
    as_result result = as_work_group_create(p->threads, p->pin_threads, parallel, &stream->group);
    if (result == AS_OK)
        result = make_io_queue(stream, parallel);
    if (result == AS_OK)
        result = as_work_queue_create(stream->group, draw_room(p), p->raster_tasks, as_st_run,
                                      stream, &stream->draw_queue);
    if (result != AS_OK)
        return as_err_set(error, result,
                          "the worker threads could not be started: the system has "
                          "no memory or threads left");
    return AS_OK;
}

static as_result make_caches(as_stream *stream, as_error *error)
{
    const as_stream_params *p = &stream->params;
    /* Twice the room: waited items go beyond it. And what runs. */
    stream->task_capacity = 2 * (io_room(p) + draw_room(p)) + p->io_requests + p->raster_tasks;
    stream->tasks = as_mem_alloc(stream->task_capacity * sizeof(*stream->tasks));
    stream->slots = as_slots_create(sizeof(as_st_slot), NULL);
    stream->l1 = as_lru_create(p->l1_frames, p->l1_bytes);
    stream->canvases = as_mem_calloc(p->raster_tasks + 1, sizeof(*stream->canvases));
    if (!stream->tasks || !stream->slots || !stream->l1 || !stream->canvases ||
        !make_outputs(stream))
        return as_err_no_memory(error, p->l1_frames * UINT64_C(32), "a stream's caches");
    return AS_OK;
}

static as_result build(as_stream *stream, const as_stream_params *params, as_error *error)
{
    as_result result = copy_key(&stream->key, params->key, error);
    if (result == AS_OK)
        result = open_source(stream, params, error);
    if (result == AS_OK)
        result = make_caches(stream, error);
    if (result == AS_OK)
        result = make_queues(stream, error);
    if (result != AS_OK)
        return result;
    as_predict_start(&stream->predictor, params->start_frame);
    stream->initial = true;
    stream->ahead.takes = as_io_takes_hints(stream->source);
    as_st_new_path(stream);
    stream->processing = params->processing;
    stream->preferred = AS_OUTPUT_R8;
    as_st_use_processed(stream);
    return AS_OK;
}

as_result as_st_create(const as_stream_params *params, bool announced, as_stream **out_stream,
                       as_error *error)
{
    as_stream *stream = as_mem_calloc(1, sizeof(*stream));
    if (!stream)
        return as_err_no_memory(error, sizeof(*stream), "a stream");
    stream->params = *params;
    stream->announced = announced;
    atomic_init(&stream->epoch, 0);
    stream->wake = AS_WAKE_CLOSED;
    stream->timebase = (as_timebase){.fps_num = params->fps_num,
                                     .fps_den = params->fps_den,
                                     .offset_ns = params->offset_ns,
                                     .frames_per_picture = params->frames_per_picture};
    as_playhead_init(&stream->playhead);
    const bool lock = as_mutex_init(&stream->lock, AS_LOCK_STREAM);
    const bool changed = lock && as_cond_init(&stream->changed);
    if (!changed) {
        if (lock)
            as_mutex_destroy(&stream->lock);
        as_mem_free(stream);
        return as_err_set(error, AS_ERROR_OUT_OF_MEMORY,
                          "the system has no resources for another lock");
    }
    const as_result result = build(stream, params, error);
    if (result != AS_OK) {
        as_st_abandon(stream);
        return result;
    }
    *out_stream = stream; /* before the first event can come */
    as_mutex_lock(&stream->lock);
    stream->reading = true;
    /* There is room: nothing else is queued. */
    (void)as_st_enqueue(stream, AS_ST_OPEN, as_st_whole(0), AS_PRIORITY_WAITED);
    as_mutex_unlock(&stream->lock);
    return AS_OK;
}

static bool is_fetching(const as_stream *stream)
{
    for (size_t i = 0; i < stream->task_count; i++)
        if (stream->tasks[i].kind == AS_ST_FETCH)
            return true;
    return false;
}

/* Is one of the frames from *at to before `end` still to come? *at moves past those that were seen.
 * When nothing is on its way any more, L1 has no room for them all. Under the lock. */
static bool init_frames_missing(const as_stream *stream, uint64_t *at, uint64_t end)
{
    while (*at < end && *at < stream->frames &&
           (as_lru_has(stream->l1, *at) || as_st_failure(stream, as_st_whole(*at))))
        ++*at;
    return *at < end && *at < stream->frames && is_fetching(stream);
}

as_result as_st_wait_open(as_stream *stream, as_error *error)
{
    const uint64_t deadline =
        as_clock_ns() + (uint64_t)stream->params.init_timeout_ms * UINT64_C(1000000);
    as_result result = AS_OK;
    bool in_time = true;
    as_mutex_lock(&stream->lock);
    while (in_time && stream->state == AS_ST_OPENING)
        in_time = as_cond_wait_until(&stream->changed, &stream->lock, deadline);
    uint64_t at = stream->params.start_frame;
    const uint64_t end = at + stream->params.init_frames;
    while (in_time && stream->state == AS_ST_READY && init_frames_missing(stream, &at, end))
        in_time = as_cond_wait_until(&stream->changed, &stream->lock, deadline);
    if (stream->container) {
        /* The index was read; what has come of it since is for the first get. */
    } else if (stream->state == AS_ST_FAILED) {
        *error = stream->open_error;
        result = error->code;
    } else {
        result = as_err_set(error, AS_TIMEOUT,
                            "the source did not give the frame index within %" PRIu32
                            " ms; check that it can be reached, or allow more (init_timeout_ms)",
                            stream->params.init_timeout_ms);
    }
    as_mutex_unlock(&stream->lock);
    return result;
}

static void free_parts(as_stream *stream)
{
    as_outputs_close(stream->outputs);
    as_slots_destroy(stream->slots);
    as_lru_destroy(stream->l1);
    for (size_t i = 0; i < stream->task_count; i++)
        as_blob_unref(stream->tasks[i].blob);
    for (uint32_t i = 0; i < stream->canvas_count; i++) {
        as_ras_destroy(stream->canvases[i].canvas);
        as_blob_unref(stream->canvases[i].shows);
    }
    as_mem_free(stream->canvases);
    as_mem_free(stream->tasks);
    as_mem_free(stream->demands);
    if (stream->container)
        as_fmt_close(stream->container);
    as_io_unref(stream->source);
    as_st_free_key(stream);
    as_wake_close(&stream->wake);
}

void as_st_close(as_stream *stream)
{
    as_mutex_lock(&stream->lock);
    stream->closing = true;
    as_st_signal(stream);
    const bool reading = stream->reading;
    as_mutex_unlock(&stream->lock);
    if (reading)
        as_io_cancel(stream->source);
    as_work_group_destroy(stream->io_group); /* first: what it runs may yet queue a drawing */
    as_work_group_destroy(stream->group);
    as_mutex_lock(&stream->lock);
    while (stream->calls != 0) /* they have been told; forgiving a host that closes too early */
        (void)as_cond_wait_until(&stream->changed, &stream->lock, AS_NO_DEADLINE);
    as_mutex_unlock(&stream->lock);
    free_parts(stream);
    as_cond_destroy(&stream->changed);
    as_mutex_destroy(&stream->lock);
    as_mem_free(stream);
}

void as_st_abandon(as_stream *stream)
{
    if (stream->frame_memory)
        stream->frame_memory->abandoned = true; /* read when the last buffer goes: in the close */
    as_st_close(stream);
}
