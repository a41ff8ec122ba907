/* SPDX-License-Identifier: MIT
 *
 * Images of cv.h: an as_vk that belongs to the handle and outlives its sessions.
 */
#include "core/api/cv.h"

#include "core/api/stream.h"

/* With vk_lock held. */
static void detach(AlphaStreamHandle *handle)
{
    as_error error;
    as_cv_session *session = handle->vk ? as_cv_enter(handle, &error) : NULL;
    if (session) {
        as_st_prefer_no_more(session->stream, AS_OUTPUT_NONE);
        as_cv_leave(handle, session);
    }
    as_vk_detach(&handle->vk);
}

bool CV_vk_attach(AlphaStreamHandle *handle, const as_vk_import *import)
{
    as_error error;
    as_vk_device *device = NULL;
    if (!handle)
        return false;
    as_mutex_lock(&handle->vk_lock);
    detach(handle);
    as_result result = as_vk_device_import(import, &device, &error);
    if (result == AS_OK) {
        handle->vk = as_api_vk_create(device, NULL, &error);
        if (!handle->vk)
            result = error.code;
    }
    as_vk_device_unref(&device);
    as_mutex_unlock(&handle->vk_lock);
    return as_cv_settle(handle, result, &error);
}

/* With vk_lock held. */
static as_result get(AlphaStreamHandle *handle, uint64_t index, as_vk_image *out_image,
                     as_error *error)
{
    if (!handle->vk)
        return as_err_set(error, AS_ERROR_NOT_INITIALIZED,
                          "no Vulkan device is attached; call CV_vk_attach first and check its "
                          "result");
    as_cv_session *session = as_cv_enter(handle, error);
    if (!session)
        return error->code;
    const as_result result = as_api_vk_get(handle->vk, session->stream, session->number, index,
                                           NULL, AS_TIMEBOX, out_image, error);
    as_cv_leave(handle, session);
    return result;
}

bool CV_vk_get_frame_image(AlphaStreamHandle *handle, unsigned long long frame_index,
                           as_vk_image *out_image)
{
    as_error error;
    if (out_image)
        *out_image = (as_vk_image){.index = 0};
    if (!handle)
        return false;
    if (!out_image)
        return as_cv_settle(
            handle,
            as_err_set(&error, AS_ERROR_ARGUMENT, "CV_vk_get_frame_image: out_image is NULL"),
            &error);
    as_mutex_lock(&handle->vk_lock);
    const as_result result = get(handle, frame_index, out_image, &error);
    as_mutex_unlock(&handle->vk_lock);
    return as_cv_settle(handle, result, &error);
}

bool CV_vk_release_frame_image(AlphaStreamHandle *handle, as_vk_image *image,
                               const as_vk_done *done)
{
    as_error error;
    if (!handle)
        return false;
    as_mutex_lock(&handle->vk_lock);
    const as_result result = as_vk_release(handle->vk, image, done, &error);
    as_mutex_unlock(&handle->vk_lock);
    return as_cv_settle(handle, result, &error);
}

void CV_vk_detach(AlphaStreamHandle *handle)
{
    if (!handle)
        return;
    as_mutex_lock(&handle->vk_lock);
    detach(handle);
    as_mutex_unlock(&handle->vk_lock);
    (void)as_cv_settle(handle, AS_OK, NULL);
}
