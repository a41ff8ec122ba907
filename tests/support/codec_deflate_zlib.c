/* SPDX-License-Identifier: MIT */
#include "tests/support/codec.h"

#include <stdlib.h>
#include <zlib.h>

uint8_t *codec_deflate(const void *bytes, size_t size, size_t *out_size)
{
    uLongf length = compressBound((uLong)size);
    uint8_t *out = malloc(length);
    if (!out || compress(out, &length, bytes, (uLong)size) != Z_OK) {
        free(out);
        return NULL;
    }
    *out_size = length;
    return out;
}
