/* SPDX-License-Identifier: MIT */
#include "core/base/buffer.h"

#include "core/base/mem.h"

#include <string.h>

as_result as_buf_reserve(as_buffer *buffer, size_t capacity, size_t maximum)
{
    if (capacity > maximum)
        return AS_ERROR_LIMIT;
    if (capacity <= buffer->capacity)
        return AS_OK;
    size_t bigger = buffer->capacity < 64 ? 64 : buffer->capacity;
    while (bigger < capacity)
        bigger = bigger > maximum / 2 ? maximum : bigger * 2;
    if (bigger > maximum)
        bigger = maximum;
    uint8_t *data = as_mem_grow(buffer->data, buffer->size, bigger);
    if (!data)
        return AS_ERROR_OUT_OF_MEMORY;
    buffer->data = data;
    buffer->capacity = bigger;
    return AS_OK;
}

as_result as_buf_fit(as_buffer *buffer, size_t capacity, size_t maximum)
{
    if (capacity > maximum)
        return AS_ERROR_LIMIT;
    buffer->size = 0;
    if (capacity <= buffer->capacity)
        return AS_OK;
    as_buf_free(buffer);
    buffer->data = as_mem_alloc(capacity);
    if (!buffer->data)
        return AS_ERROR_OUT_OF_MEMORY;
    buffer->capacity = capacity;
    return AS_OK;
}

as_result as_buf_append(as_buffer *buffer, const void *bytes, size_t size, size_t maximum)
{
    if (size == 0)
        return AS_OK;
    if (size > maximum || buffer->size > maximum - size)
        return AS_ERROR_LIMIT;
    as_result result = as_buf_reserve(buffer, buffer->size + size, maximum);
    if (result != AS_OK)
        return result;
    memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    return AS_OK;
}

void as_buf_free(as_buffer *buffer)
{
    as_mem_free(buffer->data);
    *buffer = (as_buffer){0};
}
