/* SPDX-License-Identifier: MIT */
#include "core/api/params.h"

#include "core/base/error.h"

#include <inttypes.h>
#include <string.h>

#define LEAST_SIZE 8 /* struct_size and one more field: no version of any struct was shorter */

as_result as_api_params(void *dst, size_t dst_size, const void *src, const char *name,
                        as_error *error)
{
    uint32_t size = (uint32_t)dst_size;
    memset(dst, 0, dst_size);
    if (src)
        memcpy(&size, src, sizeof(size));
    if (size < LEAST_SIZE)
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
    size = (uint32_t)dst_size;
    memcpy(dst, &size, sizeof(size));
    return AS_OK;
}
