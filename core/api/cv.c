/* SPDX-License-Identifier: MIT
 *
 * The functions of the closed library (cv.h), over the stream. Extensions are in cv_extensions.c,
 * handles and sessions in cv_handle.c.
 */
#include "core/api/cv.h"

#include "core/api/cv_http.h"
#include "core/api/stream.h"
#include "core/base/mem.h"

#include <limits.h>
#include <string.h>

const char *CV_get_name(AlphaStreamHandle *handle)
{
    (void)handle;
    return "libalphastream";
}

const char *CV_get_version(AlphaStreamHandle *handle)
{
    (void)handle;
    return AS_VERSION_STRING;
}

int CV_get_last_error_code(AlphaStreamHandle *handle)
{
    return handle ? as_cv_code(as_cv_last_error(handle)->code) : AS_ERROR_ARGUMENT;
}

const char *CV_get_last_error_text(AlphaStreamHandle *handle)
{
    return handle ? as_cv_last_error(handle)->text
                  : "the handle is NULL; create one with CV_create and check it";
}

unsigned CV_get_total_frames(AlphaStreamHandle *handle)
{
    as_error error;
    uint64_t frames = 0;
    if (!handle)
        return 0;
    as_cv_session *session = as_cv_enter(handle, &error);
    if (session) {
        as_mutex_lock(&session->stream->lock);
        frames = session->stream->frames;
        as_mutex_unlock(&session->stream->lock);
        as_cv_leave(handle, session);
    }
    (void)as_cv_settle(handle, session ? AS_OK : error.code, &error);
    return frames > UINT_MAX ? UINT_MAX : (unsigned)frames;
}

unsigned CV_get_frame_size(AlphaStreamHandle *handle)
{
    as_error error;
    unsigned size = 0;
    if (!handle)
        return 0;
    as_cv_session *session = as_cv_enter(handle, &error);
    if (session) {
        size = session->stream->params.width * session->stream->params.height; /* at most 2^28 */
        as_cv_leave(handle, session);
    }
    (void)as_cv_settle(handle, session ? AS_OK : error.code, &error);
    return size;
}

/* --------------------------------------------------------------------------------- init ---- */

/* A copy of the handle's settings: other threads may change them during CV_init. */
typedef struct settings {
    as_stream_params params;
    uint8_t *passphrase;
    size_t passphrase_size;
    char *file_name;
    as_http_params http;
} settings;

static void free_settings(settings *own)
{
    as_crypto_wipe(own->passphrase, own->passphrase_size);
    as_mem_free(own->passphrase);
    as_mem_free(own->file_name);
    as_cv_http_free(&own->http);
}

static as_result copy_settings(AlphaStreamHandle *handle, settings *own, as_error *error)
{
    bool enough = true;
    *own = (settings){.passphrase = NULL};
    as_mutex_lock(&handle->lock);
    own->params = handle->params;
    if (handle->passphrase) {
        const size_t size = handle->passphrase_size;
        own->passphrase = as_mem_alloc(size ? size : 1);
        enough = own->passphrase;
        if (enough && size)
            as_crypto_copy(own->passphrase, handle->passphrase, size);
        own->passphrase_size = enough ? size : 0;
    }
    if (handle->file_name)
        enough = (own->file_name = as_mem_strdup(handle->file_name)) && enough;
    const as_result result = as_cv_http_copy(&own->http, &handle->http, error);
    as_mutex_unlock(&handle->lock);
    return enough ? result : as_err_no_memory(error, 0, "a copy of the handle's settings");
}

static unsigned given_or(unsigned given, unsigned set)
{
    return given ? given : set;
}

/* Callers of the closed library pass what they like: a length or time out of range is brought to
 * the nearest one within it. Options set by name are not: those callers know the ranges. */
static void take_lengths(as_stream_params *params, const as_cv_args *args)
{
    enum { MOST_L0 = 64, LEAST_L1 = 2, MOST_L1 = 1048576, STANDARD_L1 = 512, HOUR_MS = 3600000 };
    if (args->l0_frames)
        params->l0_frames = args->l0_frames > MOST_L0 ? MOST_L0 : args->l0_frames;
    if (args->l1_frames)
        params->l1_frames = args->l1_frames < LEAST_L1  ? LEAST_L1
                            : args->l1_frames > MOST_L1 ? MOST_L1
                                                        : args->l1_frames;
    const unsigned l1 = params->l1_frames ? params->l1_frames : STANDARD_L1;
    if (args->init_frames)
        params->init_frames = args->init_frames > l1 ? l1 : args->init_frames;
    if (args->init_timeout_ms)
        params->init_timeout_ms = args->init_timeout_ms > HOUR_MS ? HOUR_MS : args->init_timeout_ms;
    if (args->data_timeout_ms)
        params->data_timeout_ms = args->data_timeout_ms > HOUR_MS ? HOUR_MS : args->data_timeout_ms;
}

static as_result open_with(AlphaStreamHandle *handle, settings *own, const as_stream_params *source,
                           const as_cv_args *args, as_error *error)
{
    as_stream_params *params = &own->params;
    const as_key_params key = {.struct_size = sizeof(key),
                               .scene_id = args->scene_id,
                               .passphrase = own->passphrase,
                               .passphrase_size = own->passphrase_size,
                               .version = args->version && *args->version ? args->version : NULL,
                               .file_name = own->file_name ? own->file_name : args->name};
    params->location = source->location;
    params->bytes = source->bytes;
    params->bytes_size = source->bytes_size;
    params->key = &key;
    params->http = &own->http;
    params->width = args->width;
    params->height = args->height;
    params->start_frame = given_or(args->start_frame, params->start_frame);
    take_lengths(params, args);
    return as_cv_begin_session(handle, params, error);
}

bool as_cv_init(AlphaStreamHandle *handle, const as_stream_params *source, const as_cv_args *args)
{
    as_error error;
    settings own;
    as_result result;
    as_mutex_lock(&handle->opening);
    as_cv_end_session(handle);
    if (source->bytes || (source->location && *source->location)) {
        result = copy_settings(handle, &own, &error);
        if (result == AS_OK)
            result = open_with(handle, &own, source, args, &error);
        free_settings(&own);
    } else {
        result = as_err_set(&error, AS_ERROR_ARGUMENT, "%s: there is nothing to open; pass %s",
                            args->function,
                            source->location ? "a path or URL that is not empty"
                                             : "a path, a URL or bytes that are not NULL");
    }
    as_mutex_unlock(&handle->opening);
    return as_cv_settle(handle, result, &error);
}

bool CV_init(AlphaStreamHandle *handle, const char *base_url, unsigned scene_id, unsigned width,
             unsigned height, const char *version, unsigned start_frame, unsigned l0_buffer_length,
             unsigned l1_buffer_length, unsigned l1_buffer_init_length, unsigned init_timeout_ms,
             unsigned data_timeout_ms)
{
    if (!handle)
        return false;
    const as_stream_params source = {.struct_size = sizeof(source), .location = base_url};
    const as_cv_args args = {.function = "CV_init",
                             .scene_id = scene_id,
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

/* ------------------------------------------------------------------------------- frames ---- */

/* Gets a frame into this thread's slot, where it stays until the thread asks again. What is in it
 * is read before the session is left: a CV_init on another thread may then end it. */
static bool get_given(AlphaStreamHandle *handle, uint64_t index, bool strip,
                      as_frame_info *out_info)
{
    as_error error;
    as_cv_session *session = as_cv_enter(handle, &error);
    if (!session)
        return as_cv_settle(handle, error.code, &error);
    as_cv_given *given = as_slots_mine(session->given);
    as_result result = AS_OK;
    if (given) {
        /* The one before is the caller's no longer, whatever comes of this call. */
        as_frame **place = strip ? &given->strip : &given->mask;
        const as_stream_params *p = &session->stream->params;
        const as_output_key key =
            strip ? as_st_strip_key(index) : as_st_mask_key(index, p->width, p->height);
        as_frame_unref(place);
        result = as_st_get(session->stream, key, AS_TIMEBOX, place, &error);
        if (result == AS_OK)
            as_output_frame_info(*place, out_info);
    } else {
        result = as_err_no_memory(&error, sizeof(*given), "this thread's frame");
    }
    as_cv_leave(handle, session);
    if (strip && result == AS_ERROR_LIMIT)
        error.code = result = AS_ERROR_UNSUPPORTED;
    return as_cv_settle(handle, result, &error);
}

const void *CV_get_frame(AlphaStreamHandle *handle, unsigned long long frame_index)
{
    as_frame_info info = {.index = 0};
    return handle && get_given(handle, frame_index, false, &info) ? info.data : NULL;
}

bool CV_get_triangle_strip_vertices(AlphaStreamHandle *handle, unsigned long long frame_index,
                                    float **out_vertices, size_t *out_count)
{
    as_error error;
    as_frame_info info = {.index = 0};
    if (out_vertices)
        *out_vertices = NULL;
    if (out_count)
        *out_count = 0;
    if (!handle)
        return false;
    if (!out_vertices || !out_count)
        return as_cv_settle(handle,
                            as_err_set(&error, AS_ERROR_ARGUMENT,
                                       "CV_get_triangle_strip_vertices: %s is NULL; pass the "
                                       "address of a variable",
                                       out_vertices ? "out_count" : "out_vertices"),
                            &error);
    if (!get_given(handle, frame_index, true, &info))
        return false;
    /* The type is the closed library's; the vertices are for reading. */
    *out_vertices = (float *)(uintptr_t)info.vertices;
    *out_count = (size_t)info.floats;
    return true;
}
