/* SPDX-License-Identifier: MIT
 *
 * Textures of cv.h: an as_gl that belongs to the handle and outlives its sessions.
 */
#include "core/api/cv.h"

#include "core/api/stream.h"

typedef struct loader {
    as_gl_proc (*get_proc_address)(const char *name);
} loader;

static as_gl_proc load(void *user, const char *name)
{
    /* cppcheck-suppress CastIntegerToAddressAtReturn ; get_proc_address returns a pointer */
    return ((const loader *)user)->get_proc_address(name);
}

/* With gl_lock held. */
static void detach(AlphaStreamHandle *handle)
{
    as_error error;
    as_cv_session *session = handle->gl ? as_cv_enter(handle, &error) : NULL;
    if (session) {
        as_st_prefer_no_more(session->stream, AS_OUTPUT_CANVAS);
        as_cv_leave(handle, session);
    }
    as_gl_detach(&handle->gl);
    handle->gl_texture = (as_gl_texture){.index = 0};
}

bool CV_gl_attach(AlphaStreamHandle *handle, as_gl_proc (*get_proc_address)(const char *name))
{
    enum { TEXTURES = 4 };
    as_error error;
    as_result result = AS_OK;
    if (!handle)
        return false;
    loader own = {get_proc_address};
    const as_gl_params params = {.struct_size = sizeof(params),
                                 .textures = TEXTURES,
                                 .get_proc_address = load,
                                 .user = &own};
    as_mutex_lock(&handle->gl_lock);
    if (get_proc_address) {
        detach(handle);
        handle->gl = as_api_gl_create(&params, &error);
        if (!handle->gl)
            result = error.code;
    } else {
        result = as_err_set(&error, AS_ERROR_ARGUMENT,
                            "CV_gl_attach: get_proc_address is NULL; pass a function that finds GL "
                            "functions, like eglGetProcAddress");
    }
    as_mutex_unlock(&handle->gl_lock);
    return as_cv_settle(handle, result, &error);
}

/* With gl_lock held. */
static as_result get(AlphaStreamHandle *handle, uint64_t index, as_error *error)
{
    as_gl_texture texture;
    if (!handle->gl)
        return as_err_set(error, AS_ERROR_NOT_INITIALIZED,
                          "no OpenGL context is attached; call CV_gl_attach first and check its "
                          "result");
    as_cv_session *session = as_cv_enter(handle, error);
    if (!session)
        return error->code;
    const as_result result = as_api_gl_get(handle->gl, session->stream, session->number, index,
                                           NULL, AS_TIMEBOX, &texture, error);
    as_cv_leave(handle, session);
    if (result != AS_OK)
        return result;
    as_gl_release(handle->gl, &handle->gl_texture, NULL);
    handle->gl_texture = texture;
    return AS_OK;
}

unsigned CV_gl_get_frame_texture(AlphaStreamHandle *handle, unsigned long long frame_index,
                                 void **out_fence)
{
    as_error error;
    as_gl_texture given = {.index = 0};
    if (out_fence)
        *out_fence = NULL;
    if (!handle)
        return 0;
    as_mutex_lock(&handle->gl_lock);
    const as_result result = get(handle, frame_index, &error);
    if (result == AS_OK)
        given = handle->gl_texture;
    as_mutex_unlock(&handle->gl_lock);
    if (out_fence)
        *out_fence = given.fence;
    (void)as_cv_settle(handle, result, &error);
    return given.name;
}

void CV_gl_detach(AlphaStreamHandle *handle)
{
    if (!handle)
        return;
    as_mutex_lock(&handle->gl_lock);
    detach(handle);
    as_mutex_unlock(&handle->gl_lock);
    (void)as_cv_settle(handle, AS_OK, NULL);
}
