/* SPDX-License-Identifier: MIT
 *
 * A zlib call says only "bad data"; taking header, deflate body and checksum one by one costs
 * nothing and tells the user which of them is damaged.
 */
#include "core/format/deflate_body.h"

enum { ZLIB_HEADER = 2, ZLIB_TRAILER = 4 };

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
    const as_result result = as_fmt_inflate_body(inflater, in + ZLIB_HEADER, in_size - ZLIB_HEADER,
                                                 &used, out, out_size, out_got, out_full, error);
    if (result != AS_OK || *out_full)
        return result;
    if (in_size - ZLIB_HEADER - used < ZLIB_TRAILER)
        return as_err_set(error, AS_ERROR_DECODE,
                          "the compressed data ends before its Adler-32 checksum");
    const uint32_t stated = get_u32_big_endian(in + ZLIB_HEADER + used);
    const uint32_t actual = as_fmt_adler32(out, *out_got);
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
