/* SPDX-License-Identifier: MIT
 *
 * In place of vk.c and vk_device.c in builds without Vulkan: no device, so nothing else either.
 */
#include "core/api/params.h"
#include "core/api/vk.h"
#include "core/base/error.h"

static as_result unsupported(as_error *error)
{
    as_error local;
    return as_err_set(as_api_error(error, &local), AS_ERROR_UNSUPPORTED,
                      "this libalphastream was built without Vulkan; build it with "
                      "-DALPHASTREAM_WITH_VULKAN=ON");
}

as_result as_vk_device_import(const as_vk_import *import, as_vk_device **out_device,
                              as_error *error)
{
    (void)import;
    if (out_device)
        *out_device = NULL;
    return unsupported(error);
}

as_result as_vk_device_create(const as_vk_create *create, as_vk_device **out_device,
                              as_error *error)
{
    (void)create;
    if (out_device)
        *out_device = NULL;
    return unsupported(error);
}

void as_vk_device_unref(as_vk_device **device)
{
    (void)device;
}

as_result as_vk_list_gpus(as_vk_get_proc get_instance_proc_addr, as_vk_gpu *gpus, uint32_t room,
                          uint32_t *out_count, as_error *error)
{
    (void)get_instance_proc_addr;
    (void)gpus;
    (void)room;
    if (out_count)
        *out_count = 0;
    return unsupported(error);
}

as_result as_vk_device_get_info(const as_vk_device *device, as_vk_device_info *out_info)
{
    (void)device;
    (void)out_info;
    return AS_ERROR_UNSUPPORTED;
}

void as_vk_device_lock_queue(as_vk_device *device)
{
    (void)device;
}

void as_vk_device_unlock_queue(as_vk_device *device)
{
    (void)device;
}

as_result as_vk_device_get_pipeline_cache(as_vk_device *device, void *bytes, size_t *size,
                                          as_error *error)
{
    (void)device;
    (void)bytes;
    if (size)
        *size = 0;
    return unsupported(error);
}

as_vk_device *as_api_vk_ref(as_vk_device *device)
{
    return device;
}

as_vk *as_api_vk_create(as_vk_device *device, const as_vk_params *params, as_error *error)
{
    (void)device;
    (void)params;
    (void)unsupported(error);
    return NULL;
}

as_result as_api_vk_get(as_vk *vk, as_stream *stream, uint64_t number, uint64_t index,
                        const as_vk_request *request, uint64_t timeout_ns, as_vk_image *out_image,
                        as_error *error)
{
    (void)vk;
    (void)stream;
    (void)number;
    (void)index;
    (void)request;
    (void)timeout_ns;
    *out_image = (as_vk_image){.index = 0};
    return unsupported(error);
}

as_result as_vk_attach(as_stream *stream, as_vk_device *device, const as_vk_params *params,
                       as_vk **out_vk, as_error *error)
{
    (void)stream;
    (void)device;
    (void)params;
    if (out_vk)
        *out_vk = NULL;
    return unsupported(error);
}

void as_vk_detach(as_vk **vk)
{
    (void)vk;
}

as_result as_vk_get_frame(as_vk *vk, uint64_t index, const as_vk_request *request,
                          uint64_t timeout_ns, as_vk_image *out_image, as_error *error)
{
    (void)vk;
    (void)index;
    (void)request;
    (void)timeout_ns;
    if (out_image)
        *out_image = (as_vk_image){.index = 0};
    return unsupported(error);
}

as_result as_vk_release(as_vk *vk, as_vk_image *image, const as_vk_done *done, as_error *error)
{
    (void)vk;
    (void)image;
    (void)done;
    (void)error;
    return AS_OK;
}

as_result as_vk_wait(as_vk *vk, const as_vk_image *image, uint64_t timeout_ns, as_error *error)
{
    (void)vk;
    (void)image;
    (void)timeout_ns;
    return unsupported(error);
}

as_result as_vk_export_memory(as_vk *vk, const as_vk_image *image, as_vk_memory *out_memory,
                              as_error *error)
{
    (void)vk;
    (void)image;
    (void)out_memory;
    return unsupported(error);
}

as_result as_vk_get_stats(as_vk *vk, as_vk_stats *out_stats)
{
    (void)vk;
    (void)out_stats;
    return AS_ERROR_UNSUPPORTED;
}
