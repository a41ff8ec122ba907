/* SPDX-License-Identifier: MIT
 *
 * stream.h: opening, frames, errors. Arguments are checked here, the work is in core/stream. Time
 * and statistics are in stream_time.c.
 */
#include "core/api/stream.h"

#include "core/api/params.h"
#include "core/stream/options.h"

#include <inttypes.h>
#include <string.h>

static void forget(as_error *error)
{
    error->code = AS_OK;
    error->system_error = 0;
    error->frame = AS_NO_FRAME;
    error->offset = AS_NO_OFFSET;
    error->text[0] = '\0';
}

as_result as_api_settle(as_stream *stream, as_result result, const as_error *error)
{
    as_st_slot *slot = as_slots_mine(stream->slots);
    if (result == AS_OK) {
        if (slot)
            forget(&slot->error);
        if (!atomic_load_explicit(&stream->latest_failed, memory_order_relaxed))
            return result;
    } else if (slot) {
        slot->error = *error;
    }
    as_mutex_lock(&stream->lock);
    if (result == AS_OK)
        forget(&stream->latest_error);
    else
        stream->latest_error = *error;
    atomic_store_explicit(&stream->latest_failed, result != AS_OK, memory_order_relaxed);
    as_mutex_unlock(&stream->lock);
    return result;
}

/* ----------------------------------------------------------------------------- opening ---- */

void as_stream_params_init(as_stream_params *params, size_t size)
{
    if (!params || size < sizeof(uint32_t) || size > UINT32_MAX)
        return;
    memset(params, 0, size);
    params->struct_size = (uint32_t)size;
}

static as_result check_reserved(const char *name, uint32_t value, as_error *error)
{
    if (value == 0)
        return AS_OK;
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "%s is %" PRIu32 "; start from a zeroed struct and leave it 0", name, value);
}

static as_result check_allocator(const as_frame_allocator *a, as_error *error)
{
    if (!a || (a->struct_size >= sizeof(*a) && a->allocate && a->release))
        return a ? check_reserved("as_frame_allocator.reserved", a->reserved, error) : AS_OK;
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "as_frame_allocator needs struct_size, allocate and release");
}

static as_result check_rest(const as_stream_params *p, as_error *error)
{
    const int sources = (p->location != NULL) + (p->source != NULL) + (p->bytes != NULL);
    if (sources != 1)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_stream_params: %s of location, source and bytes given; exactly one "
                          "must be",
                          sources == 0 ? "none" : "more than one");
    if (p->location && p->location[0] == '\0')
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_stream_params: location is empty");
    return check_allocator(p->frame_allocator, error);
}

/* A complete struct, whose log is the stream's where none is given. */
static as_result take_http(as_http_params *http, as_stream_params *p, as_error *error)
{
    const as_result result = as_api_http_params(http, p->http, error);
    if (!http->log.fn)
        http->log = p->log;
    p->http = http;
    return result;
}

static as_result create(const as_stream_params *params, bool announced, as_stream **out_stream,
                        as_error *error)
{
    as_stream_params p;
    as_key_params key;
    as_http_params http;
    as_result result = as_api_params(&p, sizeof(p), params, "as_stream_params", error);
    if (result == AS_OK)
        result = check_rest(&p, error);
    if (result == AS_OK)
        result = as_api_params(&key, sizeof(key), p.key, "as_key_params", error);
    if (result == AS_OK)
        result = take_http(&http, &p, error);
    if (result == AS_OK)
        result = as_options_complete(&p, error);
    if (result == AS_OK)
        result = as_api_limits(&p.limits, error);
    if (result != AS_OK)
        return result;
    p.key = &key;
    return as_st_create(&p, announced, out_stream, error);
}

static as_result check_open(const as_stream_params *params, as_stream **out_stream, as_error *error)
{
    if (out_stream)
        *out_stream = NULL;
    if (params && out_stream)
        return AS_OK;
    return as_err_set(error, AS_ERROR_ARGUMENT, "as_stream_open: %s is NULL",
                      params ? "out_stream" : "params");
}

as_result as_stream_open(const as_stream_params *params, as_stream **out_stream, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    as_stream *stream = NULL;
    as_result result = check_open(params, out_stream, error);
    if (result == AS_OK)
        result = create(params, false, &stream, error);
    if (result != AS_OK)
        return result;
    result = as_st_wait_open(stream, error);
    if (result == AS_OK)
        *out_stream = stream;
    else
        as_st_abandon(stream);
    return result;
}

as_result as_stream_open_async(const as_stream_params *params, as_stream **out_stream,
                               as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    const as_result result = check_open(params, out_stream, error);
    return result == AS_OK ? create(params, true, out_stream, error) : result;
}

void as_stream_close(as_stream **stream)
{
    if (!stream || !*stream)
        return;
    as_st_close(*stream);
    *stream = NULL;
}

/* ------------------------------------------------------------------------------- frames ---- */

as_result as_api_take_size(const as_stream *stream, uint32_t *width, uint32_t *height,
                           as_error *error)
{
    if (*width == 0 && *height == 0) {
        *width = stream->params.width;
        *height = stream->params.height;
    }
    if (*width >= 1 && *width <= AS_SIZE_MAX_PIXELS && *height >= 1 &&
        *height <= AS_SIZE_MAX_PIXELS)
        return AS_OK;
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "a frame of %" PRIu32 " x %" PRIu32
                      " pixels; each side must be 1 to %d, or both 0 for the stream's size",
                      *width, *height, AS_SIZE_MAX_PIXELS);
}

as_result as_stream_get_frame(as_stream *stream, uint64_t index, uint32_t width, uint32_t height,
                              uint64_t timeout_ns, as_frame **out_frame)
{
    as_error error;
    if (out_frame)
        *out_frame = NULL;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    as_result result =
        out_frame ? as_api_take_size(stream, &width, &height, &error)
                  : as_err_set(&error, AS_ERROR_ARGUMENT, "as_stream_get_frame: out_frame is NULL");
    if (result == AS_OK)
        result =
            as_st_get(stream, as_st_mask_key(index, width, height), timeout_ns, out_frame, &error);
    return as_api_settle(stream, result, &error);
}

as_result as_stream_get_canvas(as_stream *stream, uint64_t index, uint32_t width, uint32_t height,
                               uint64_t timeout_ns, as_frame **out_frame)
{
    as_error error;
    if (out_frame)
        *out_frame = NULL;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    as_result result = out_frame ? as_api_take_size(stream, &width, &height, &error)
                                 : as_err_set(&error, AS_ERROR_ARGUMENT,
                                              "as_stream_get_canvas: out_frame is NULL");
    if (result == AS_OK)
        result = as_st_get(stream, as_st_canvas_key(stream, index, width, height), timeout_ns,
                           out_frame, &error);
    return as_api_settle(stream, result, &error);
}

as_result as_stream_get_strip(as_stream *stream, uint64_t index, uint64_t timeout_ns,
                              as_frame **out_frame)
{
    as_error error;
    if (out_frame)
        *out_frame = NULL;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    const as_result result =
        out_frame ? as_st_get(stream, as_st_strip_key(index), timeout_ns, out_frame, &error)
                  : as_err_set(&error, AS_ERROR_ARGUMENT, "as_stream_get_strip: out_frame is NULL");
    return as_api_settle(stream, result, &error);
}

static as_result request(as_stream *stream, uint64_t first, uint64_t count, as_error *error)
{
    as_result result = as_st_check_ready(stream, error);
    if (result == AS_OK)
        result = as_st_check_index(stream, first, error);
    if (result != AS_OK)
        return result;
    if (count > stream->frames - first)
        count = stream->frames - first;
    if (count > stream->params.prefetch_frames)
        count = stream->params.prefetch_frames;
    if (stream->hint_count == AS_ST_HINTS) { /* the oldest gives way */
        stream->hint_count--;
        memmove(stream->hints, stream->hints + 1, stream->hint_count * sizeof(*stream->hints));
    }
    stream->hints[stream->hint_count++] = (as_hint){first, first + count};
    stream->ahead.due = true;
    as_st_pump(stream);
    return AS_OK;
}

as_result as_stream_request(as_stream *stream, uint64_t first, uint64_t count)
{
    as_error error;
    if (!stream)
        return AS_ERROR_ARGUMENT;
    as_mutex_lock(&stream->lock);
    const as_result result = request(stream, first, count, &error);
    as_st_tell_source(stream);
    as_mutex_unlock(&stream->lock);
    return as_api_settle(stream, result, &error);
}

int32_t as_stream_event_fd(as_stream *stream)
{
    return stream ? as_st_event_fd(stream) : -1;
}

uint64_t as_stream_drain_events(as_stream *stream)
{
    return stream ? as_st_drain_events(stream) : 0;
}

/* ------------------------------------------------------------------------------- errors ---- */

as_result as_stream_last_error(as_stream *stream, as_error *out_error)
{
    as_error local;
    out_error = as_api_error(out_error, &local);
    if (!stream)
        return as_err_set(out_error, AS_ERROR_ARGUMENT, "as_stream_last_error: stream is NULL");
    const as_st_slot *slot = as_slots_find(stream->slots);
    if (slot) {
        *out_error = slot->error;
        return out_error->code;
    }
    as_mutex_lock(&stream->lock);
    *out_error = stream->latest_error;
    as_mutex_unlock(&stream->lock);
    return out_error->code;
}

void as_stream_clear_error(as_stream *stream)
{
    if (stream)
        (void)as_api_settle(stream, AS_OK, NULL);
}
