/* SPDX-License-Identifier: MIT
 *
 * What the files behind stream.h and cv.h share.
 */
#ifndef AS_API_STREAM_H
#define AS_API_STREAM_H

#include "core/stream/stream.h"

/* Keeps the outcome of a call as the calling thread's last error; returns `result`. `error` is read
 * only on failure. */
as_result as_api_settle(as_stream *stream, as_result result, const as_error *error);
/* Replaces 0 x 0 by the stream's size; AS_ERROR_ARGUMENT for one that cannot be. */
as_result as_api_take_size(const as_stream *stream, uint32_t *width, uint32_t *height,
                           as_error *error);
/* stream_time.c: stats of any struct_size. */
as_result as_api_stats(as_stream *stream, as_stream_stats *out_stats, as_error *error);

#endif
