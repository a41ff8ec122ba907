/* SPDX-License-Identifier: MIT
 *
 * alphastream.h and version.h: what concerns the whole library.
 */
#include "alphastream/alphastream.h"

#include "core/base/mem.h"
#include "core/cpu/cpu.h"
#include "core/io/io.h"
#include "gpu/opengl/opengl.h"

#include <string.h>

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

/* snprintf's length. */
static size_t put(char *text, size_t size, size_t at, const char *word)
{
    const size_t length = strlen(word);
    for (size_t i = 0; i <= length && at + i < size; i++)
        text[at + i] = at + i + 1 < size ? word[i] : '\0';
    return at + length;
}

static size_t describe_cpu(char *text, size_t size)
{
    const uint32_t features = as_cpu_features();
    size_t length = put(text, size, 0, features ? "" : "c");
    for (uint32_t i = 0; i < AS_CPU_FEATURES; i++) {
        if (!(features >> i & 1))
            continue;
        length = put(text, size, length, length ? " " : "");
        length = put(text, size, length, as_cpu_name(i));
    }
    return length;
}

size_t as_describe(as_part part, char *text, size_t size)
{
    switch (part) {
    case AS_PART_CPU: return describe_cpu(text, size);
    case AS_PART_HTTP: return as_io_describe_http(false, text, size);
    case AS_PART_TLS: return as_io_describe_http(true, text, size);
    default: return put(text, size, 0, "");
    }
}
