/* SPDX-License-Identifier: MIT
 *
 * libdeflate's zlib call says only "bad data"; taking header, deflate body and checksum one by one
 * costs nothing and tells the user which of them is damaged.
 */
#include "core/format/deflate.h"

#include "core/base/mem.h"

#include <libdeflate.h>

struct as_inflater {
    struct libdeflate_decompressor *handle;
};

struct as_deflater {
    struct libdeflate_compressor *handle;
};

enum { ZLIB_HEADER = 2, ZLIB_TRAILER = 4 };

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

bool as_fmt_is_zlib_header(const uint8_t *b)
{
    return (b[0] & 15) == 8 && b[0] >> 4 <= 7 && (b[0] << 8 | b[1]) % 31 == 0 && !(b[1] & 32);
}

static uint32_t get_u32_big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* One attempt; *out_full: the output has no room for it all. */
static as_result inflate_into(as_inflater *inflater, const uint8_t *in, size_t in_size,
                              uint8_t *out, size_t out_size, size_t *out_got, bool *out_full,
                              as_error *error)
{
    *out_full = false;
    if (in_size < ZLIB_HEADER || !as_fmt_is_zlib_header(in))
        return as_err_set(error, AS_ERROR_DECODE, "no zlib header where a zlib stream must begin");
    size_t used = 0;
    const enum libdeflate_result result = libdeflate_deflate_decompress_ex(
        inflater->handle, in + ZLIB_HEADER, in_size - ZLIB_HEADER, out, out_size, &used, out_got);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
        *out_full = true;
        return AS_OK;
    }
    if (result != LIBDEFLATE_SUCCESS)
        return as_err_set(error, AS_ERROR_DECODE,
                          "the compressed data is malformed or ends too early");
    if (in_size - ZLIB_HEADER - used < ZLIB_TRAILER)
        return as_err_set(error, AS_ERROR_DECODE,
                          "the compressed data ends before its Adler-32 checksum");
    const uint32_t stated = get_u32_big_endian(in + ZLIB_HEADER + used);
    const uint32_t actual = libdeflate_adler32(1, out, *out_got);
    if (stated != actual)
        return as_err_set(error, AS_ERROR_DECODE,
                          "the Adler-32 checksum is %08x where the data gives %08x", stated,
                          actual);
    return AS_OK;
}

as_result as_fmt_inflate_exact(as_inflater *inflater, const uint8_t *in, size_t in_size,
                               uint8_t *out, size_t out_size, as_error *error)
{
    size_t got = 0;
    bool full = false;
    const as_result result = inflate_into(inflater, in, in_size, out, out_size, &got, &full, error);
    if (result != AS_OK)
        return result;
    if (full)
        return as_err_set(error, AS_ERROR_DECODE, "inflates to more than the stated %zu bytes",
                          out_size);
    if (got != out_size)
        return as_err_set(error, AS_ERROR_DECODE, "inflates to %zu bytes where %zu are stated", got,
                          out_size);
    return AS_OK;
}

as_result as_fmt_inflate_table(as_inflater *inflater, const uint8_t *in, size_t in_size,
                               as_buffer *out, size_t guess, size_t maximum, size_t spare,
                               as_error *error)
{
    size_t room = guess < maximum ? guess : maximum;
    for (;;) {
        if (as_buf_fit(out, room + spare, SIZE_MAX) != AS_OK)
            return as_err_no_memory(error, room + spare, "inflated data");
        bool full = false;
        const as_result result =
            inflate_into(inflater, in, in_size, out->data, room, &out->size, &full, error);
        if (result != AS_OK || !full)
            return result;
        if (room == maximum)
            return as_err_set(error, AS_ERROR_DECODE,
                              "inflates to more than %zu bytes, its limit (limits.table_bytes)",
                              maximum);
        room = room > maximum / 2 ? maximum : room * 2;
    }
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
