/* SPDX-License-Identifier: MIT */
#include "core/format/deflate_body.h"

#include "core/base/mem.h"

#include <libdeflate.h>

struct as_inflater {
    struct libdeflate_decompressor *handle;
};

struct as_deflater {
    struct libdeflate_compressor *handle;
};

as_result as_fmt_inflater_create(as_inflater **out, as_error *error)
{
    as_inflater *inflater = as_mem_alloc(sizeof(*inflater));
    if (inflater && (inflater->handle = libdeflate_alloc_decompressor())) {
        *out = inflater;
        return AS_OK;
    }
    as_mem_free(inflater);
    return as_err_no_memory(error, sizeof(*inflater), "a decompressor");
}

void as_fmt_inflater_destroy(as_inflater *inflater)
{
    if (!inflater)
        return;
    libdeflate_free_decompressor(inflater->handle);
    as_mem_free(inflater);
}

as_result as_fmt_inflate_body(as_inflater *inflater, const uint8_t *in, size_t in_size,
                              size_t *out_used, uint8_t *out, size_t out_size, size_t *out_got,
                              bool *out_full, as_error *error)
{
    const enum libdeflate_result result = libdeflate_deflate_decompress_ex(
        inflater->handle, in, in_size, out, out_size, out_used, out_got);
    *out_full = result == LIBDEFLATE_INSUFFICIENT_SPACE;
    if (result != LIBDEFLATE_SUCCESS && !*out_full)
        return as_err_set(error, AS_ERROR_DECODE,
                          "the compressed data is malformed or ends too early");
    return AS_OK;
}

uint32_t as_fmt_adler32(const uint8_t *bytes, size_t size)
{
    return libdeflate_adler32(1, bytes, size);
}

as_result as_fmt_deflater_create(uint32_t level, as_deflater **out, as_error *error)
{
    as_deflater *deflater = as_mem_alloc(sizeof(*deflater));
    if (deflater && (deflater->handle = libdeflate_alloc_compressor((int)level))) {
        *out = deflater;
        return AS_OK;
    }
    as_mem_free(deflater);
    return as_err_no_memory(error, sizeof(*deflater), "a compressor");
}

void as_fmt_deflater_destroy(as_deflater *deflater)
{
    if (!deflater)
        return;
    libdeflate_free_compressor(deflater->handle);
    as_mem_free(deflater);
}

as_result as_fmt_deflate(as_deflater *deflater, const void *in, size_t in_size, as_buffer *out,
                         size_t maximum, as_error *error)
{
    const size_t bound = libdeflate_zlib_compress_bound(deflater->handle, in_size);
    if (as_buf_reserve(out, out->size + bound, SIZE_MAX / 2) != AS_OK)
        return as_err_no_memory(error, out->size + bound, "compressed data");
    const size_t got = libdeflate_zlib_compress(deflater->handle, in, in_size,
                                                out->data + out->size, out->capacity - out->size);
    if (got == 0 || out->size + got > maximum)
        return as_err_set(error, AS_ERROR_LIMIT,
                          "compresses to more than %zu bytes, the most a frame block may have",
                          maximum);
    out->size += got;
    return AS_OK;
}
