/* SPDX-License-Identifier: MIT */
#include "tests/stress/seek_stress.h"

#include <inttypes.h>

/* --------------------------------------------------------------------------- opening, closing --
 */

/* On a worker; it may call anything of the stream, which may not have been given to its opener
 * yet. */
static void take_event(void *user, uint64_t index, as_result result)
{
    (void)index;
    (void)result;
    atomic_fetch_add_explicit((atomic_uint *)user, 1, memory_order_relaxed);
}

static uint32_t among(actor *a, uint32_t from, uint32_t to)
{
    return (uint32_t)test_random_in(&a->random, from, to);
}

static as_stream_params any_params(actor *a, const mask_content *content)
{
    static const as_processing processing[] = {0, AS_PROCESS_TRIANGLES, AS_PROCESS_BOTH,
                                               AS_PROCESS_ON_DEMAND, AS_PROCESS_CANVASES};
    as_stream_params p = {.struct_size = sizeof(p),
                          .width = content->width,
                          .height = content->height,
                          .canvas_width = content->canvas_width,
                          .canvas_height = content->canvas_height,
                          .key = content->key,
                          .init_timeout_ms = 3600000,
                          .data_timeout_ms = 3600000,
                          .timebox_us = among(a, 100, 20000),
                          .threads = among(a, 1, 4),
                          .raster_tasks = among(a, 1, 3),
                          .io_requests = among(a, 1, 4),
                          .l0_frames = among(a, 1, 5),
                          .l1_frames = one_in(a, 2) ? among(a, 2, 24) : 0,
                          .prefetch_frames = among(a, 1, 100),
                          .held_frames = one_in(a, 3) ? among(a, 2, 8) : 64,
                          .start_frame = among(a, 0, 200),
                          .init_frames = one_in(a, 4) ? 2 : 0,
                          .processing = processing[below(a, COUNT(processing))]};
    if (one_in(a, 2)) {
        p.event = take_event;
        p.event_user = &a->world->events;
    }
    return p;
}

static void open_slot(actor *a, slot *s)
{
    s->content = &a->world->contents[one_in(a, 8) ? 1 : 2 * below(a, 2)];
    as_stream_params params = any_params(a, s->content);
    const as_frame_allocator allocator = test_frame_allocator_of(&a->world->memory);
    const as_file_params mapped = {.struct_size = sizeof(mapped), .map = 1};
    as_source *source = NULL;
    as_error error = {.code = AS_OK};
    as_result result = AS_OK;
    if (one_in(a, 4))
        params.frame_allocator = &allocator;
    switch (s->content->key ? 0 : below(a, 4)) {
    case 1:
        params.bytes = s->content->bytes;
        params.bytes_size = s->content->size;
        break;
    case 2: result = as_source_open_file(s->content->path, &mapped, &source, &error); break;
    case 3:
        test_source_init(&s->source, s->content->bytes, s->content->size, true);
        s->source.hinted = one_in(a, 2);
        s->source.versioned = one_in(a, 2);
        s->has_source = true;
        source = test_source_open(&s->source);
        break;
    default: params.location = s->content->path;
    }
    params.source = source;
    if (result == AS_OK)
        result = one_in(a, 3) ? as_stream_open_async(&params, &s->stream, &error)
                              : as_stream_open(&params, &s->stream, &error);
    as_source_close(&source);
    if (result != AS_OK)
        wrong(a, "%s does not open: %s", s->content->path, error.text);
    a->counts.opens++;
}

void close_slot(slot *s)
{
    as_stream_close(&s->stream);
    if (s->has_source)
        test_source_destroy(&s->source);
    s->has_source = false;
}

static void replace(actor *a, slot *s)
{
    atomic_store(&a->doing, "waiting to replace a stream");
    if (atomic_exchange(&s->gate.wanted, true))
        return;
    pthread_rwlock_wrlock(&s->gate.guard);
    atomic_store(&a->doing, "closing a stream");
    a->counts.closes += s->stream != NULL;
    close_slot(s);
    atomic_store(&a->doing, "opening a stream");
    open_slot(a, s);
    atomic_store(&s->gate.wanted, false);
    pthread_rwlock_unlock(&s->gate.guard);
}

/* -------------------------------------------------------------------------------------- frames --
 */

static void put_back(actor *a, kept *k)
{
    if (k->frame && mask_hash_frame(k->frame) != k->hash)
        wrong(a, "a frame that was kept has changed");
    as_frame_unref(&k->frame);
}

void give_back(actor *a)
{
    for (size_t i = 0; i < KEPT; i++)
        put_back(a, &a->kept[i]);
}

static as_result get_form(as_stream *stream, const mask_content *c, mask_form form, uint64_t index,
                          uint64_t timeout_ns, as_frame **out)
{
    switch (form) {
    case MASK_R8: return as_stream_get_frame(stream, index, 0, 0, timeout_ns, out);
    case MASK_R8_OTHER:
        return as_stream_get_frame(stream, index, c->other_width, c->other_height, timeout_ns, out);
    case MASK_CANVAS: return as_stream_get_canvas(stream, index, 0, 0, timeout_ns, out);
    default: return as_stream_get_strip(stream, index, timeout_ns, out);
    }
}

/* Right or wrong, it is kept for a while or given back at once. */
static void take_frame(actor *a, const slot *s, mask_form form, uint64_t index, as_frame *frame)
{
    as_frame_info info;
    const uint64_t hash = mask_hash_frame(frame);
    a->counts.masks++;
    if (as_frame_get_info(frame, &info) != AS_OK || info.index != index)
        wrong(a, "frame %" PRIu64 " says it is another one", index);
    else if (hash != mask_content_hash(s->content, &a->hasher, form, index))
        wrong(a, "%s: frame %" PRIu64 " in form %d shows something else", s->content->path, index,
              (int)form);
    if (one_in(a, 4)) {
        kept *k = &a->kept[below(a, KEPT)];
        put_back(a, k);
        *k = (kept){as_frame_ref(frame), hash};
    }
    as_frame_unref(&frame);
}

/* A call's result and the error that is kept of it are the same. */
static void check_last_error(actor *a, as_stream *stream, as_result result)
{
    as_error error;
    if (as_stream_last_error(stream, &error) != result)
        wrong(a, "a call gave %d, its error says %d: %s", (int)result, (int)error.code, error.text);
}

static void get_one(actor *a, const slot *s, uint64_t index)
{
    static const uint64_t timeouts[] = {0, 200000, AS_TIMEBOX, AS_WAIT_FOREVER, AS_WAIT_FOREVER};
    static const mask_form forms[] = {MASK_R8,     MASK_R8,     MASK_R8,   MASK_R8_OTHER,
                                      MASK_CANVAS, MASK_CANVAS, MASK_STRIP};
    const mask_form form = forms[below(a, COUNT(forms))];
    const uint64_t timeout = timeouts[below(a, COUNT(timeouts))];
    as_frame *frame = NULL;
    atomic_store(&a->doing, "getting a frame");
    const as_result result = get_form(s->stream, s->content, form, index, timeout, &frame);
    check_last_error(a, s->stream, result);
    a->counts.gets++;
    atomic_store(&a->doing, "looking at a frame");
    if (result == AS_OK)
        take_frame(a, s, form, index, frame);
    else if (!is_no_frame(a, result) || frame)
        wrong(a, "%s: frame %" PRIu64 " came to %d", s->content->path, index, (int)result);
    else if (result == AS_ERROR_LIMIT)
        give_back(a);
}

/* -------------------------------------------------------------------------------- other calls --
 */

static as_result set_any_rate(actor *a, as_stream *stream)
{
    static const uint32_t rates[][2] = {{24000, 1001}, {25, 1}, {30, 1}, {60, 1}, {120, 1}, {1, 3}};
    const uint32_t *rate = rates[below(a, COUNT(rates))];
    return as_stream_set_rate(stream, rate[0], rate[1]);
}

static as_result read_stats(as_stream *stream)
{
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    const as_result result = as_stream_get_stats(stream, &stats);
    const as_result other = as_stream_get_metadata(stream, &metadata);
    return result != AS_OK ? result : other;
}

static void call_another(actor *a, const slot *s)
{
    as_stream *stream = s->stream;
    const uint64_t index = next_frame(a, s->content->frames);
    int64_t media;
    uint32_t num, den;
    as_result result = AS_OK;
    atomic_store(&a->doing, "calling something else");
    switch (below(a, 10)) {
    case 0: result = set_any_rate(a, stream); break;
    case 1: result = as_stream_get_rate(stream, &num, &den); break;
    case 2: result = as_stream_play(stream, (double)test_random_in(&a->random, -8, 8) / 2); break;
    case 3: result = as_stream_pause(stream); break;
    case 4: result = as_stream_sync(stream, (int64_t)(index * 16 * MILLISECOND)); break;
    case 5: result = as_stream_position(stream, &media); break;
    case 6: result = as_stream_request(stream, index, 1 + below(a, 40)); break;
    case 7: result = read_stats(stream); break;
    case 8:
        if (as_stream_event_fd(stream) >= 0)
            (void)as_stream_drain_events(stream);
        break;
    default: result = as_stream_seek(stream, index); a->counts.seeks++;
    }
    a->counts.others++;
    if (result != AS_OK && result != AS_NOT_READY)
        wrong(a, "another call came to %d", (int)result);
}

void act_on_streams(actor *a)
{
    slot *s = &a->world->slots[below(a, SLOTS)];
    atomic_store(&a->doing, "choosing a stream");
    if (one_in(a, 24)) {
        replace(a, s);
        return;
    }
    if (!enter(&s->gate))
        return;
    for (uint64_t i = below(a, 24); s->stream && i > 0 && !atomic_load(&s->gate.wanted); i--)
        if (one_in(a, 4))
            call_another(a, s);
        else
            get_one(a, s, next_frame(a, s->content->frames));
    const bool empty = !s->stream; /* at first */
    leave(&s->gate);
    if (empty)
        replace(a, s);
}
