/* SPDX-License-Identifier: MIT
 *
 * The CV_* functions that the closed library does not have.
 */
#include "core/api/cv.h"

#include "core/api/cv_http.h"
#include "core/api/stream.h"
#include "core/base/mem.h"
#include "core/stream/options.h"

#include <string.h>

void CV_clear_error(AlphaStreamHandle *handle)
{
    if (handle)
        (void)as_cv_settle(handle, AS_OK, NULL);
}

static bool fail(AlphaStreamHandle *handle, const char *text)
{
    as_error error;
    return as_cv_settle(handle, as_err_set(&error, AS_ERROR_ARGUMENT, "%s", text), &error);
}

static bool fail_memory(AlphaStreamHandle *handle, size_t size, const char *what)
{
    as_error error;
    return as_cv_settle(handle, as_err_no_memory(&error, size, what), &error);
}

/* ----------------------------------------------------------------------------- settings ---- */

bool CV_set_passphrase(AlphaStreamHandle *handle, const void *bytes, size_t size)
{
    if (!handle)
        return false;
    if (!bytes && size != 0)
        return fail(handle, "CV_set_passphrase: bytes is NULL with a size that is not 0");
    uint8_t *copy = NULL;
    if (bytes) {
        copy = as_mem_alloc(size ? size : 1);
        if (!copy)
            return fail_memory(handle, size, "a passphrase");
        if (size)
            as_crypto_copy(copy, bytes, size);
    }
    as_mutex_lock(&handle->lock);
    uint8_t *old = handle->passphrase;
    const size_t old_size = handle->passphrase_size;
    handle->passphrase = copy;
    handle->passphrase_size = size;
    as_mutex_unlock(&handle->lock);
    if (old)
        as_crypto_wipe(old, old_size);
    as_mem_free(old);
    return as_cv_settle(handle, AS_OK, NULL);
}

bool CV_set_file_name(AlphaStreamHandle *handle, const char *name)
{
    if (!handle)
        return false;
    char *copy = name ? as_mem_strdup(name) : NULL;
    if (name && !copy)
        return fail_memory(handle, strlen(name) + 1, "a file name");
    as_mutex_lock(&handle->lock);
    char *old = handle->file_name;
    handle->file_name = copy;
    as_mutex_unlock(&handle->lock);
    as_mem_free(old);
    return as_cv_settle(handle, AS_OK, NULL);
}

bool CV_set_canvas_size(AlphaStreamHandle *handle, unsigned width, unsigned height)
{
    if (!handle)
        return false;
    if ((width == 0) != (height == 0) || width > AS_SIZE_MAX_PIXELS || height > AS_SIZE_MAX_PIXELS)
        return fail(handle, "CV_set_canvas_size: width and height must both be 1 to 16384, or both "
                            "0 for 2048 x 1024");
    as_mutex_lock(&handle->lock);
    handle->params.canvas_width = width;
    handle->params.canvas_height = height;
    as_mutex_unlock(&handle->lock);
    return as_cv_settle(handle, AS_OK, NULL);
}

/* What can change while a stream is open. */
static void apply_to_open(AlphaStreamHandle *handle, uint32_t timebox_us)
{
    as_error error;
    as_cv_session *session = timebox_us ? as_cv_enter(handle, &error) : NULL;
    if (!session)
        return;
    as_mutex_lock(&session->stream->lock);
    session->stream->params.timebox_us = timebox_us;
    as_mutex_unlock(&session->stream->lock);
    as_cv_leave(handle, session);
}

bool CV_set_option(AlphaStreamHandle *handle, const char *name, const char *value)
{
    as_error error;
    if (!handle)
        return false;
    if (!name || !value)
        return fail(handle, "CV_set_option: name or value is NULL; pass two texts");
    as_mutex_lock(&handle->lock);
    const as_result result = as_cv_http_is_option(name)
                                 ? as_cv_http_set(&handle->http, name, value, &error)
                                 : as_options_set(&handle->params, name, value, &error);
    const uint32_t timebox_us = handle->params.timebox_us;
    as_mutex_unlock(&handle->lock);
    if (result == AS_OK)
        apply_to_open(handle, timebox_us);
    return as_cv_settle(handle, result, &error);
}

bool CV_init_memory(AlphaStreamHandle *handle, const void *bytes, size_t size, const char *name,
                    unsigned scene_id, unsigned width, unsigned height, const char *version,
                    unsigned start_frame, unsigned l0_buffer_length, unsigned l1_buffer_length,
                    unsigned l1_buffer_init_length, unsigned init_timeout_ms,
                    unsigned data_timeout_ms)
{
    if (!handle)
        return false;
    const as_stream_params source = {
        .struct_size = sizeof(source), .bytes = bytes, .bytes_size = size};
    const as_cv_args args = {.function = "CV_init_memory",
                             .scene_id = scene_id,
                             .name = name,
                             .width = width,
                             .height = height,
                             .version = version,
                             .start_frame = start_frame,
                             .l0_frames = l0_buffer_length,
                             .l1_frames = l1_buffer_length,
                             .init_frames = l1_buffer_init_length,
                             .init_timeout_ms = init_timeout_ms,
                             .data_timeout_ms = data_timeout_ms};
    return as_cv_init(handle, &source, &args);
}

/* --------------------------------------------------------------------------------- time ---- */

/* Settles what a stream's function returned, whose sentence the stream keeps. */
static bool settle_stream(AlphaStreamHandle *handle, as_cv_session *session, as_result result)
{
    as_error error = {.code = AS_OK};
    if (result != AS_OK && as_stream_last_error(session->stream, &error) != result)
        as_err_set(&error, result, "%s", as_result_text(result)); /* no memory to keep more */
    as_cv_leave(handle, session);
    return as_cv_settle(handle, result, &error);
}

static as_cv_session *enter_or_settle(AlphaStreamHandle *handle)
{
    as_error error;
    if (!handle)
        return NULL;
    as_cv_session *session = as_cv_enter(handle, &error);
    if (!session)
        (void)as_cv_settle(handle, error.code, &error);
    return session;
}

bool CV_set_rate(AlphaStreamHandle *handle, unsigned fps_num, unsigned fps_den)
{
    as_cv_session *session = enter_or_settle(handle);
    return session &&
           settle_stream(handle, session, as_stream_set_rate(session->stream, fps_num, fps_den));
}

bool CV_get_rate(AlphaStreamHandle *handle, unsigned *out_fps_num, unsigned *out_fps_den)
{
    if (handle && (!out_fps_num || !out_fps_den))
        return fail(handle, "CV_get_rate: a result is NULL; pass the addresses of two variables");
    as_cv_session *session = enter_or_settle(handle);
    return session && settle_stream(handle, session,
                                    as_stream_get_rate(session->stream, out_fps_num, out_fps_den));
}

bool CV_sync(AlphaStreamHandle *handle, long long media_ns)
{
    as_cv_session *session = enter_or_settle(handle);
    return session && settle_stream(handle, session, as_stream_sync(session->stream, media_ns));
}

unsigned long long CV_frame_at(AlphaStreamHandle *handle, long long media_ns)
{
    uint64_t index = AS_NO_FRAME;
    as_cv_session *session = enter_or_settle(handle);
    if (session)
        (void)settle_stream(handle, session, as_stream_frame_at(session->stream, media_ns, &index));
    return index;
}

/* ----------------------------------------------------------------------- counted frames ---- */

typedef struct counted_frame {
    CV_Frame shown; /* first: CV_Frame_Release finds the rest behind it */
    as_frame *frame;
} counted_frame;

static const CV_Frame *wrap(as_frame *frame, counted_frame *counted)
{
    as_frame_info info;
    as_output_frame_info(frame, &info);
    counted->frame = frame;
    counted->shown = (CV_Frame){.data = info.data,
                                .width = info.width,
                                .height = info.height,
                                .stride = info.stride,
                                .index = info.index};
    return &counted->shown;
}

const CV_Frame *CV_Frame_Acquire(AlphaStreamHandle *handle, unsigned long long frame_index)
{
    as_error error;
    as_frame *frame = NULL;
    as_cv_session *session = enter_or_settle(handle);
    if (!session)
        return NULL;
    counted_frame *counted = as_mem_alloc(sizeof(*counted));
    if (!counted) {
        as_cv_leave(handle, session);
        (void)fail_memory(handle, sizeof(*counted), "a frame");
        return NULL;
    }
    const as_stream_params *p = &session->stream->params;
    const as_output_key key = as_st_mask_key(frame_index, p->width, p->height);
    const as_result result = as_st_get(session->stream, key, AS_TIMEBOX, &frame, &error);
    as_cv_leave(handle, session);
    if (as_cv_settle(handle, result, &error))
        return wrap(frame, counted);
    as_mem_free(counted);
    return NULL;
}

void CV_Frame_Release(const CV_Frame *frame)
{
    if (!frame)
        return;
    counted_frame *counted = (counted_frame *)(uintptr_t)frame;
    as_frame_unref(&counted->frame);
    as_mem_free(counted);
}

bool CV_get_stats(AlphaStreamHandle *handle, as_stream_stats *out_stats)
{
    if (handle && !out_stats)
        return fail(handle, "CV_get_stats: out_stats is NULL; pass the address of a struct");
    as_cv_session *session = enter_or_settle(handle);
    return session &&
           settle_stream(handle, session, as_stream_get_stats(session->stream, out_stats));
}
