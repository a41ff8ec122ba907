/* SPDX-License-Identifier: MIT */
#include "core/base/mem.h"
#include "core/io/io_internal.h"

#include <string.h>

typedef struct memory_source {
    const uint8_t *data; /* the caller's bytes, or `copy` */
    size_t size;
    void (*release)(void *user, const void *data);
    void *release_user;
    const void *given; /* what release gets back */
    uint8_t copy[];
} memory_source;

static as_result memory_read(void *user, uint64_t offset, void *buffer, size_t length,
                             size_t *out_read, as_error *error)
{
    (void)error;
    const memory_source *memory = user;
    *out_read = 0;
    if (offset >= memory->size)
        return AS_OK;
    size_t rest = memory->size - (size_t)offset;
    *out_read = length < rest ? length : rest;
    memcpy(buffer, memory->data + offset, *out_read);
    return AS_OK;
}

static as_result memory_size(void *user, uint64_t *out_size, as_error *error)
{
    (void)error;
    *out_size = ((const memory_source *)user)->size;
    return AS_OK;
}

static void memory_close(void *user)
{
    memory_source *memory = user;
    if (memory->release)
        memory->release(memory->release_user, memory->given);
    as_mem_free(memory);
}

static const as_source_vtable memory_vtable = {
    .struct_size = sizeof(as_source_vtable),
    .read = memory_read,
    .size = memory_size,
    .close = memory_close,
};

as_result as_io_open_memory(const void *data, size_t size, const as_memory_params *params,
                            as_source **out_source, as_error *error)
{
    static const as_memory_params defaults = {.struct_size = sizeof(defaults)};
    if (!params)
        params = &defaults;
    size_t copied = params->copy ? size : 0;
    size_t wanted = sizeof(memory_source) + copied;
    memory_source *memory = wanted < copied ? NULL : as_mem_alloc(wanted);
    if (!memory)
        return as_err_no_memory(error, copied, "a copy of the container");
    *memory = (memory_source){
        .data = params->copy ? memory->copy : data,
        .size = size,
        .release = params->release,
        .release_user = params->user,
        .given = data,
    };
    if (copied != 0)
        memcpy(memory->copy, data, copied);
    as_result result = as_io_open_custom(&memory_vtable, memory, params->name ? params->name : "",
                                         out_source, error);
    if (result == AS_OK)
        as_io_mark_local(*out_source);
    else
        as_mem_free(memory);
    return result;
}
