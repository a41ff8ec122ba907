/* SPDX-License-Identifier: MIT
 *
 * zlib streams over libdeflate or zlib, whole buffers at a time.
 */
#ifndef AS_FORMAT_DEFLATE_H
#define AS_FORMAT_DEFLATE_H

#include "core/base/buffer.h"
#include "core/base/error.h"

#include <stdbool.h>

/* Neither is thread-safe: one at a time. */
typedef struct as_inflater as_inflater;
typedef struct as_deflater as_deflater;

as_result as_fmt_inflater_create(as_inflater **out, as_error *error);
void as_fmt_inflater_destroy(as_inflater *inflater); /* NULL is ignored */

/* Do two bytes begin a zlib stream (deflate, window up to 32 KiB, no dictionary)? */
bool as_fmt_is_zlib_header(const uint8_t *bytes);

/* Inflates to exactly out_size bytes; what follows the stream is ignored. AS_ERROR_DECODE says in
 * which of the ways the stream is bad. */
as_result as_fmt_inflate_exact(as_inflater *inflater, const uint8_t *in, size_t in_size,
                               uint8_t *out, size_t out_size, as_error *error);

/* Inflates a sizes table, a stream of unknown length, at most `maximum` bytes; `guess` is tried
 * first. Leaves room for `spare` more bytes behind out->size. */
as_result as_fmt_inflate_table(as_inflater *inflater, const uint8_t *in, size_t in_size,
                               as_buffer *out, size_t guess, size_t maximum, size_t spare,
                               as_error *error);

/* level 1 .. 12; zlib has nine of them */
as_result as_fmt_deflater_create(uint32_t level, as_deflater **out, as_error *error);
void as_fmt_deflater_destroy(as_deflater *deflater); /* NULL is ignored */

/* Appends the zlib stream of `in` to out, which may not grow over `maximum`: AS_ERROR_LIMIT. */
as_result as_fmt_deflate(as_deflater *deflater, const void *in, size_t in_size, as_buffer *out,
                         size_t maximum, as_error *error);

#endif
