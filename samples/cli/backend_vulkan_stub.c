/* SPDX-License-Identifier: MIT
 *
 * A build without Vulkan.
 */
#include "backend_vulkan.h"

#include "message.h"

bool backend_vulkan_built(void)
{
    return false;
}

int backend_vulkan_open(const options *o, backend_vulkan **out)
{
    (void)o;
    *out = NULL;
    return message_usage("this build has no vulkan backend (ALPHASTREAM_WITH_VULKAN); use "
                         "--backend cpu");
}

int backend_vulkan_attach(backend_vulkan *vulkan, as_stream *stream)
{
    (void)vulkan;
    (void)stream;
    return CLI_USAGE;
}

as_result backend_vulkan_read(backend_vulkan *vulkan, uint64_t frame, uint8_t *pixels,
                              as_error *error)
{
    (void)vulkan;
    (void)frame;
    (void)pixels;
    (void)error;
    return AS_ERROR_UNSUPPORTED;
}

as_result backend_vulkan_show(backend_vulkan *vulkan, uint64_t frame, uint64_t timeout_ns,
                              as_error *error)
{
    (void)vulkan;
    (void)frame;
    (void)timeout_ns;
    (void)error;
    return AS_ERROR_UNSUPPORTED;
}

void backend_vulkan_stats(const backend_vulkan *vulkan, as_vk_stats *stats)
{
    (void)vulkan;
    *stats = (as_vk_stats){.struct_size = sizeof(*stats)};
}

const char *backend_vulkan_name(const backend_vulkan *vulkan)
{
    (void)vulkan;
    return "";
}

void backend_vulkan_close(backend_vulkan **vulkan)
{
    *vulkan = NULL;
}

int backend_vulkan_list(as_vk_gpu **out_gpus, uint32_t *out_count)
{
    *out_gpus = NULL;
    *out_count = 0;
    return message_usage("this build has no Vulkan (ALPHASTREAM_WITH_VULKAN)");
}
