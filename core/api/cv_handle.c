/* SPDX-License-Identifier: MIT */
#include "core/api/cv_handle.h"

#include "core/api/cv_http.h"
#include "core/api/stream.h"
#include "core/base/mem.h"
#include "core/crypto/crypto.h"

#include <string.h>

static void release_given(void *slot)
{
    as_cv_given *given = slot;
    as_frame_unref(&given->mask);
    as_frame_unref(&given->strip);
}

static bool make_locks(AlphaStreamHandle *handle)
{
    as_mutex *const locks[] = {&handle->opening, &handle->gl_lock, &handle->vk_lock, &handle->lock};
    static const as_lock_rank ranks[] = {AS_LOCK_CV_OPENING, AS_LOCK_CV_TEXTURES,
                                         AS_LOCK_CV_TEXTURES, AS_LOCK_CV_HANDLE};
    enum { LOCKS = sizeof(locks) / sizeof(*locks) };
    size_t made = 0;
    while (made < LOCKS && as_mutex_init(locks[made], ranks[made]))
        made++;
    if (made == LOCKS && as_cond_init(&handle->idle))
        return true;
    while (made-- > 0)
        as_mutex_destroy(locks[made]);
    return false;
}

AlphaStreamHandle *CV_create(void)
{
    AlphaStreamHandle *handle = as_mem_calloc(1, sizeof(*handle));
    if (!handle)
        return NULL;
    handle->errors = as_slots_create(sizeof(as_cv_error), NULL);
    if (handle->errors && make_locks(handle)) {
        handle->params.struct_size = sizeof(handle->params);
        handle->http.struct_size = sizeof(handle->http);
        /* Each thread keeps the frame it was given last: room for many of them. */
        handle->params.held_frames = 256;
        return handle;
    }
    as_slots_destroy(handle->errors);
    as_mem_free(handle);
    return NULL;
}

void CV_destroy(AlphaStreamHandle *handle)
{
    if (!handle)
        return;
    as_gl_abandon(&handle->gl);
    as_vk_detach(&handle->vk);
    as_cv_end_session(handle);
    as_slots_destroy(handle->errors);
    as_cond_destroy(&handle->idle);
    as_mutex_destroy(&handle->lock);
    as_mutex_destroy(&handle->gl_lock);
    as_mutex_destroy(&handle->vk_lock);
    as_mutex_destroy(&handle->opening);
    if (handle->passphrase)
        as_crypto_wipe(handle->passphrase, handle->passphrase_size);
    as_mem_free(handle->passphrase);
    as_mem_free(handle->file_name);
    as_cv_http_free(&handle->http);
    as_mem_free(handle);
}

as_cv_session *as_cv_enter(AlphaStreamHandle *handle, as_error *error)
{
    as_mutex_lock(&handle->lock);
    as_cv_session *session = handle->session;
    if (session)
        session->calls++;
    as_mutex_unlock(&handle->lock);
    if (!session)
        as_err_set(error, AS_ERROR_NOT_INITIALIZED,
                   "nothing is open on this handle; call CV_init first and check its result");
    return session;
}

void as_cv_leave(AlphaStreamHandle *handle, as_cv_session *session)
{
    as_mutex_lock(&handle->lock);
    if (--session->calls == 0)
        as_cond_broadcast(&handle->idle);
    as_mutex_unlock(&handle->lock);
}

bool as_cv_settle(AlphaStreamHandle *handle, as_result result, const as_error *error)
{
    static const as_error none = {.frame = AS_NO_FRAME, .offset = AS_NO_OFFSET};
    const as_error *outcome = result == AS_OK ? &none : error;
    as_cv_error *slot = as_slots_mine(handle->errors);
    if (slot) {
        if (result == AS_OK) {
            slot->error.code = AS_OK;
            slot->error.text[0] = '\0';
        } else {
            slot->error = *outcome;
        }
        slot->own = true;
    }
    as_mutex_lock(&handle->lock);
    if (result != AS_OK || handle->latest.code != AS_OK)
        handle->latest = *outcome;
    as_mutex_unlock(&handle->lock);
    return result == AS_OK;
}

const as_error *as_cv_last_error(AlphaStreamHandle *handle)
{
    static const as_error no_memory = {.code = AS_ERROR_OUT_OF_MEMORY,
                                       .text = "out of memory: not even for the last error"};
    as_cv_error *slot = as_slots_mine(handle->errors);
    if (!slot)
        return &no_memory;
    if (!slot->own) {
        as_mutex_lock(&handle->lock);
        slot->error = handle->latest;
        as_mutex_unlock(&handle->lock);
    }
    return &slot->error;
}

static void free_session(as_cv_session *session)
{
    as_slots_destroy(session->given);
    as_stream_close(&session->stream);
    as_mem_free(session);
}

/* Who waits for a frame gets AS_ERROR_CANCELLED at once. */
static void wake_callers(as_stream *stream)
{
    as_mutex_lock(&stream->lock);
    stream->closing = true;
    as_cond_broadcast(&stream->changed);
    as_mutex_unlock(&stream->lock);
}

void as_cv_end_session(AlphaStreamHandle *handle)
{
    as_mutex_lock(&handle->lock);
    as_cv_session *session = handle->session;
    handle->session = NULL;
    as_mutex_unlock(&handle->lock);
    if (!session)
        return;
    wake_callers(session->stream);
    as_mutex_lock(&handle->lock);
    while (session->calls != 0)
        (void)as_cond_wait_until(&handle->idle, &handle->lock, AS_NO_DEADLINE);
    as_mutex_unlock(&handle->lock);
    free_session(session);
}

as_result as_cv_begin_session(AlphaStreamHandle *handle, const as_stream_params *params,
                              as_error *error)
{
    as_cv_session *session = as_mem_calloc(1, sizeof(*session));
    if (!session)
        return as_err_no_memory(error, sizeof(*session), "a session");
    session->given = as_slots_create(sizeof(as_cv_given), release_given);
    as_result result =
        session->given ? AS_OK : as_err_no_memory(error, sizeof(as_cv_given), "a session");
    if (result == AS_OK)
        result = as_stream_open(params, &session->stream, error);
    if (result != AS_OK) {
        free_session(session);
        return result;
    }
    as_mutex_lock(&handle->lock);
    session->number = ++handle->sessions;
    handle->session = session;
    as_mutex_unlock(&handle->lock);
    return AS_OK;
}

int as_cv_code(as_result result)
{
    switch (result) {
    case AS_ERROR_LIMIT: return AS_ERROR_DECODE;
    case AS_ERROR_CANCELLED: return AS_TIMEOUT;
    case AS_ERROR_CHANGED: return AS_ERROR_TRANSPORT;
    default: return result;
    }
}
