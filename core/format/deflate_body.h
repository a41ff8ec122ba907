/* SPDX-License-Identifier: MIT
 *
 * What deflate.c needs of a library, beside making and using deflaters and making inflaters
 * (deflate.h).
 */
#ifndef AS_FORMAT_DEFLATE_BODY_H
#define AS_FORMAT_DEFLATE_BODY_H

#include "core/format/deflate.h"

/* Inflates deflate data without zlib's frame. *out_full: `out` has no room for it all. Otherwise
 * *out_used is where the data ended in `in`, *out_got how much it gave. AS_ERROR_DECODE: it is
 * malformed or ends too early; AS_ERROR_OUT_OF_MEMORY. */
as_result as_fmt_inflate_body(as_inflater *inflater, const uint8_t *in, size_t in_size,
                              size_t *out_used, uint8_t *out, size_t out_size, size_t *out_got,
                              bool *out_full, as_error *error);
uint32_t as_fmt_adler32(const uint8_t *bytes, size_t size);

#endif
