/* SPDX-License-Identifier: MIT */
#include "core/base/mem.h"
#include "gpu/vulkan/raster_internal.h"

enum { LEAST_BYTES = 4096, MOST_RETIRED = 64 };

/* A power of two, so that sizes that creep up make few buffers. */
static uint64_t rounded(uint64_t bytes)
{
    uint64_t size = LEAST_BYTES;
    while (size < bytes)
        size *= 2;
    return size;
}

static void retire(as_vulkan_scratch *scratch, as_vulkan_buffer *buffer)
{
    if (buffer->buffer)
        scratch->retired[scratch->retired_count++] = *buffer;
    *buffer = (as_vulkan_buffer){0};
}

static as_result fit(as_vulkan_device *device, as_vulkan_scratch *scratch, as_vulkan_buffer *buffer,
                     uint64_t bytes, as_error *error)
{
    as_vulkan_buffer larger;
    if (bytes <= buffer->size)
        return AS_OK;
    if (scratch->retired_count == MOST_RETIRED)
        return as_err_set(error, AS_ERROR_LIMIT,
                          "frames of too many growing sizes are under way; wait for some");
    const as_result result = as_vulkan_buffer_create(device, rounded(bytes),
                                                     VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
                                                         VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                                                         VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
                                                     AS_VULKAN_PLACE_DEVICE, &larger, error);
    if (result != AS_OK)
        return result;
    retire(scratch, buffer);
    *buffer = larger;
    scratch->generation++;
    scratch->unknown = true;
    return AS_OK;
}

as_result as_vulkan_scratch_fit(as_vulkan_device *device, as_vulkan_scratch *scratch,
                                uint64_t canvas_words, uint64_t arena_bytes, uint64_t packed_bytes,
                                as_error *error)
{
    if (arena_bytes < canvas_words * 4)
        arena_bytes = canvas_words * 4;
    if (!scratch->retired) {
        scratch->retired = as_mem_calloc(MOST_RETIRED, sizeof(*scratch->retired));
        if (!scratch->retired)
            return as_err_no_memory(error, MOST_RETIRED * sizeof(*scratch->retired), "buffers");
    }
    as_result result = fit(device, scratch, &scratch->bits, canvas_words * 4, error);
    if (result == AS_OK)
        result = fit(device, scratch, &scratch->arena, arena_bytes, error);
    if (result == AS_OK) {
        /* Beside those of the words, one for each of many small boxes. */
        const uint64_t jobs = as_vulkan_most_jobs((uint32_t)(scratch->arena.size / 4)) + 4096;
        result = fit(device, scratch, &scratch->jobs,
                     4 * jobs > packed_bytes ? 4 * jobs : packed_bytes, error);
    }
    return result;
}

void as_vulkan_scratch_drop_retired(as_vulkan_device *device, as_vulkan_scratch *scratch)
{
    while (scratch->retired_count != 0)
        as_vulkan_buffer_destroy(device, &scratch->retired[--scratch->retired_count]);
}

void as_vulkan_scratch_destroy(as_vulkan_device *device, as_vulkan_scratch *scratch)
{
    as_vulkan_scratch_drop_retired(device, scratch);
    as_vulkan_buffer_destroy(device, &scratch->bits);
    as_vulkan_buffer_destroy(device, &scratch->arena);
    as_vulkan_buffer_destroy(device, &scratch->jobs);
    as_mem_free(scratch->retired);
    scratch->retired = NULL;
}
