/* SPDX-License-Identifier: MIT */
#include "core/api/params.h"

#include "core/base/error.h"
#include "core/format/format.h"

#include <inttypes.h>
#include <string.h>

#define LEAST_SIZE 8   /* struct_size and one more field: no version of any struct was shorter */
#define MOST_SIZE 4096 /* nor will be longer: a larger number was never set */

as_result as_api_params(void *dst, size_t dst_size, const void *src, const char *name,
                        as_error *error)
{
    uint32_t size = (uint32_t)dst_size;
    memset(dst, 0, dst_size);
    if (src)
        memcpy(&size, src, sizeof(size));
    if (size < LEAST_SIZE || size > MOST_SIZE)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "%s.struct_size is %" PRIu32 "; set struct_size to sizeof(%s)", name,
                          size, name);
    for (size_t i = dst_size; i < size; i++)
        if (((const uint8_t *)src)[i] != 0)
            return as_err_set(error, AS_ERROR_UNSUPPORTED,
                              "%s has fields set that this library does not know: the program was "
                              "compiled for a newer library; update the library",
                              name);
    if (src)
        memcpy(dst, src, size < dst_size ? size : dst_size);
    const uint32_t known = (uint32_t)dst_size;
    memcpy(dst, &known, sizeof(known));
    return AS_OK;
}

as_result as_api_give(void *out, const void *from, size_t size, const char *name, as_error *error)
{
    uint32_t wanted;
    memcpy(&wanted, out, sizeof(wanted));
    if (wanted < LEAST_SIZE || wanted > 1 << 16)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "%s.struct_size is %" PRIu32 "; set it to sizeof(%s)", name, wanted,
                          name);
    memset(out, 0, wanted);
    memcpy(out, from, wanted < size ? wanted : size);
    memcpy(out, &(uint32_t){wanted}, sizeof(wanted));
    return AS_OK;
}

/* A limit of 0 becomes the default; others must lie in their range. */
static as_result take_limit(const char *name, uint64_t *value, uint64_t standard, uint64_t low,
                            uint64_t high, as_error *error)
{
    if (*value == 0)
        *value = standard;
    if (*value >= low && *value <= high)
        return AS_OK;
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "limits.%s is %" PRIu64 ", outside its range of %" PRIu64 " to %" PRIu64,
                      name, *value, low, high);
}

as_result as_api_limits(as_limits *limits, as_error *error)
{
    uint64_t payload = limits->payload_bytes, block = limits->block_bytes;
    uint64_t channels = limits->channels;
    as_result result = take_limit("table_bytes", &limits->table_bytes, AS_DEFAULT_TABLE_BYTES, 8,
                                  (uint64_t)1 << 30, error);
    if (result == AS_OK)
        result = take_limit("payload_bytes", &payload, AS_MAX_PAYLOAD_BYTES, 4,
                            AS_MAX_PAYLOAD_BYTES, error);
    if (result == AS_OK)
        result =
            take_limit("block_bytes", &block, AS_DEFAULT_BLOCK_BYTES, 4, (uint64_t)1 << 30, error);
    if (result == AS_OK)
        result = take_limit("channels", &channels, AS_DEFAULT_CHANNELS, 1, AS_MAX_CHANNELS, error);
    limits->payload_bytes = (uint32_t)payload;
    limits->block_bytes = (uint32_t)block;
    limits->channels = (uint32_t)channels;
    return result;
}
