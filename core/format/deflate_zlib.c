/* SPDX-License-Identifier: MIT
 *
 * Where libdeflate is not there: zlib, whose sizes have 32 bits, so that all goes in parts.
 */
#include "core/format/deflate_body.h"

#include "core/base/mem.h"

#include <zlib.h>

enum { RAW_WINDOW = -15, MEMORY_LEVEL = 8, PART = 1 << 30 };

struct as_inflater {
    z_stream stream;
};

struct as_deflater {
    z_stream stream;
};

static void *allocate(void *user, unsigned count, unsigned size)
{
    (void)user;
    return as_mem_calloc(count, size);
}

static void release(void *user, void *memory)
{
    (void)user;
    as_mem_free(memory);
}

static unsigned part_of(size_t size)
{
    return size < PART ? (unsigned)size : PART;
}

as_result as_fmt_inflater_create(as_inflater **out, as_error *error)
{
    as_inflater *inflater = as_mem_alloc(sizeof(*inflater));
    if (inflater) {
        inflater->stream = (z_stream){.zalloc = allocate, .zfree = release};
        if (inflateInit2(&inflater->stream, RAW_WINDOW) == Z_OK) {
            *out = inflater;
            return AS_OK;
        }
    }
    as_mem_free(inflater);
    return as_err_no_memory(error, sizeof(*inflater), "a decompressor");
}

void as_fmt_inflater_destroy(as_inflater *inflater)
{
    if (!inflater)
        return;
    (void)inflateEnd(&inflater->stream);
    as_mem_free(inflater);
}

/* Inflates until the data or the output ends. */
static int inflate_parts(z_stream *z, const uint8_t *in, size_t in_size, uint8_t *out,
                         size_t out_size, size_t *out_used, size_t *out_got)
{
    size_t in_left = in_size, out_left = out_size;
    int result;
    do {
        const unsigned from = part_of(in_left), to = part_of(out_left);
        z->next_in = (uint8_t *)(uintptr_t)(in + (in_size - in_left));
        z->next_out = out + (out_size - out_left);
        z->avail_in = from;
        z->avail_out = to;
        result = inflate(z, Z_NO_FLUSH);
        in_left -= from - z->avail_in;
        out_left -= to - z->avail_out;
        if (from == z->avail_in && to == z->avail_out)
            break; /* nothing moves any more */
    } while (result == Z_OK && out_left > 0);
    *out_used = in_size - in_left;
    *out_got = out_size - out_left;
    return result;
}

as_result as_fmt_inflate_body(as_inflater *inflater, const uint8_t *in, size_t in_size,
                              size_t *out_used, uint8_t *out, size_t out_size, size_t *out_got,
                              bool *out_full, as_error *error)
{
    z_stream *z = &inflater->stream;
    *out_full = false;
    (void)inflateReset(z);
    int result = inflate_parts(z, in, in_size, out, out_size, out_used, out_got);
    /* What ends exactly with the output may need another call to see that it ends. */
    if ((result == Z_OK || result == Z_BUF_ERROR) && *out_got == out_size) {
        uint8_t more;
        size_t used, got;
        result = inflate_parts(z, in + *out_used, in_size - *out_used, &more, 1, &used, &got);
        *out_used += used;
        *out_full = got != 0;
    }
    if (result == Z_STREAM_END || *out_full)
        return AS_OK;
    if (result == Z_MEM_ERROR)
        return as_err_no_memory(error, (uint64_t)1 << -RAW_WINDOW, "a decompressor's window");
    return as_err_set(error, AS_ERROR_DECODE, "the compressed data is malformed or ends too early");
}

uint32_t as_fmt_adler32(const uint8_t *bytes, size_t size)
{
    unsigned long sum = adler32(0, NULL, 0);
    for (size_t at = 0; at < size; at += part_of(size - at))
        sum = adler32(sum, bytes + at, part_of(size - at));
    return (uint32_t)sum;
}

as_result as_fmt_deflater_create(uint32_t level, as_deflater **out, as_error *error)
{
    as_deflater *deflater = as_mem_alloc(sizeof(*deflater));
    if (deflater) {
        const int known = level < Z_BEST_COMPRESSION ? (int)level : Z_BEST_COMPRESSION;
        deflater->stream = (z_stream){.zalloc = allocate, .zfree = release};
        if (deflateInit2(&deflater->stream, known, Z_DEFLATED, -RAW_WINDOW, MEMORY_LEVEL,
                         Z_DEFAULT_STRATEGY) == Z_OK) {
            *out = deflater;
            return AS_OK;
        }
    }
    as_mem_free(deflater);
    return as_err_no_memory(error, sizeof(*deflater), "a compressor");
}

void as_fmt_deflater_destroy(as_deflater *deflater)
{
    if (!deflater)
        return;
    (void)deflateEnd(&deflater->stream);
    as_mem_free(deflater);
}

as_result as_fmt_deflate(as_deflater *deflater, const void *in, size_t in_size, as_buffer *out,
                         size_t maximum, as_error *error)
{
    z_stream *z = &deflater->stream;
    const size_t bound = in_size + in_size / 8 + in_size / 64 + 64; /* zlib's own, or more */
    if (as_buf_reserve(out, out->size + bound, SIZE_MAX / 2) != AS_OK)
        return as_err_no_memory(error, out->size + bound, "compressed data");
    const uint8_t *from = in;
    size_t left = in_size, got = 0;
    int result;
    (void)deflateReset(z);
    do {
        const unsigned part = part_of(left), room = part_of(bound - got);
        z->next_in = (uint8_t *)(uintptr_t)from;
        z->next_out = out->data + out->size + got;
        z->avail_in = part;
        z->avail_out = room;
        result = deflate(z, part == left ? Z_FINISH : Z_NO_FLUSH);
        from += part - z->avail_in;
        left -= part - z->avail_in;
        got += room - z->avail_out;
    } while (result == Z_OK);
    if (result != Z_STREAM_END || out->size + got > maximum)
        return as_err_set(error, AS_ERROR_LIMIT,
                          "compresses to more than %zu bytes, the most a frame block may have",
                          maximum);
    out->size += got;
    return AS_OK;
}
