/* SPDX-License-Identifier: MIT
 *
 * What is behind an AlphaStreamHandle: settings for the next CV_init, the session that is open, and
 * each thread's last error.
 */
#ifndef AS_API_CV_HANDLE_H
#define AS_API_CV_HANDLE_H

#include "alphastream/cv.h"
#include "core/api/gl.h"
#include "core/api/vk.h"
#include "core/base/slots.h"
#include "core/base/thread.h"

/* Of one thread on one handle. */
typedef struct as_cv_error {
    as_error error;
    bool own; /* from a call of this thread; else a copy of the handle's latest */
} as_cv_error;

/* What one thread was given and keeps until it asks again. */
typedef struct as_cv_given {
    as_frame *mask, *strip;
} as_cv_given;

/* One open stream. Calls in progress are counted, so that another CV_init can wait for them. */
typedef struct as_cv_session {
    as_stream *stream;
    as_slots *given; /* as_cv_given */
    uint64_t number; /* counted from 1, of the handle's */
    uint32_t calls;
} as_cv_session;

struct AlphaStreamHandle {
    as_mutex opening;        /* held by CV_init as a whole, before `lock`: one at a time */
    as_mutex lock;           /* of everything below but errors, which has its own */
    as_cond idle;            /* a session's calls are 0 */
    as_slots *errors;        /* as_cv_error */
    as_error latest;         /* of any thread */
    as_cv_session *session;  /* NULL: not initialized */
    uint64_t sessions;       /* so far */
    as_stream_params params; /* settings by CV_set_option; location and the like are unused */
    as_http_params http;     /* likewise (cv_http.h) */
    uint8_t *passphrase;     /* NULL: from the environment */
    size_t passphrase_size;
    char *file_name;          /* NULL: from the URL */
    as_mutex gl_lock;         /* held by CV_gl_* as a whole, before `lock` */
    as_gl *gl;                /* NULL: nothing is attached */
    as_gl_texture gl_texture; /* given last; zeroed: none */
    as_mutex vk_lock;         /* held by CV_vk_* as a whole, before `lock` */
    as_vk *vk;                /* NULL: nothing is attached */
};

/* The session, its call counted, or NULL with the error set. */
as_cv_session *as_cv_enter(AlphaStreamHandle *handle, as_error *error);
void as_cv_leave(AlphaStreamHandle *handle, as_cv_session *session);
/* Keeps the outcome as this thread's last error; true: AS_OK. */
bool as_cv_settle(AlphaStreamHandle *handle, as_result result, const as_error *error);
/* The error that the calling thread is to see. */
const as_error *as_cv_last_error(AlphaStreamHandle *handle);
/* Ends the session, if there is one, once nobody is in it; callers that wait in it for a frame are
 * woken and told. */
void as_cv_end_session(AlphaStreamHandle *handle);
/* Puts a new session in place of none; `opening` is held. */
as_result as_cv_begin_session(AlphaStreamHandle *handle, const as_stream_params *params,
                              as_error *error);
/* The CV_* number of a result; strips have one of their own for a limit. */
int as_cv_code(as_result result);

#endif
