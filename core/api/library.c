/* SPDX-License-Identifier: MIT
 *
 * alphastream.h and version.h: what concerns the whole library.
 */
#include "alphastream/alphastream.h"

#include "core/base/mem.h"
#include "core/io/io.h"
#include "gpu/opengl/opengl.h"

uint32_t as_version_number(void)
{
    return AS_VERSION_NUMBER;
}

const char *as_version_string(void)
{
    return AS_VERSION_STRING;
}

as_result as_set_allocator(const as_allocator *allocator)
{
    if (allocator && (allocator->struct_size < sizeof(*allocator) || !allocator->allocate ||
                      !allocator->release))
        return AS_ERROR_ARGUMENT;
    return as_mem_set_allocator(allocator);
}

uint32_t as_features(void)
{
    return (as_io_has_http() ? AS_FEATURE_HTTP : 0) |
           (as_gpu_opengl_is_there() ? AS_FEATURE_OPENGL : 0) |
           (AS_WITH_VULKAN ? AS_FEATURE_VULKAN : 0);
}
