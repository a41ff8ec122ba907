/* SPDX-License-Identifier: MIT */
#include "tests/support/codec.h"

#include <libdeflate.h>
#include <stdlib.h>

uint8_t *codec_deflate(const void *bytes, size_t size, size_t *out_size)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
    if (!compressor)
        return NULL;
    const size_t bound = libdeflate_zlib_compress_bound(compressor, size);
    uint8_t *out = malloc(bound);
    *out_size = out ? libdeflate_zlib_compress(compressor, bytes, size, out, bound) : 0;
    libdeflate_free_compressor(compressor);
    if (*out_size != 0)
        return out;
    free(out);
    return NULL;
}
