/* SPDX-License-Identifier: MIT
 *
 * Growable byte buffers (as_buffer of container.h) that carry a maximum into every growth, so that
 * no length from outside decides how much memory is taken.
 */
#ifndef AS_BASE_BUFFER_H
#define AS_BASE_BUFFER_H

#include "alphastream/container.h"

/* Makes room for `capacity` bytes in all, keeping the first size ones. AS_ERROR_LIMIT above
 * `maximum`, AS_ERROR_OUT_OF_MEMORY; the buffer is then as it was. Grows by doubling. */
as_result as_buf_reserve(as_buffer *buffer, size_t capacity, size_t maximum);
/* Exactly as much as asked, without keeping the content: for buffers whose length is known. */
as_result as_buf_fit(as_buffer *buffer, size_t capacity, size_t maximum);
as_result as_buf_append(as_buffer *buffer, const void *bytes, size_t size, size_t maximum);
void as_buf_free(as_buffer *buffer);

#endif
