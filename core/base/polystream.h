/* SPDX-License-Identifier: MIT
 *
 * A polystream: one frame's polylines as they stand in its inflated payload. The struct is a view
 * of bytes somebody else owns; it exists only for payloads that were checked, so that whoever
 * draws it need not check again.
 */
#ifndef AS_BASE_POLYSTREAM_H
#define AS_BASE_POLYSTREAM_H

#include "core/base/bytes.h"
#include "core/base/error.h"

#include <stddef.h>

typedef struct as_polystream {
    const uint8_t *sizes;   /* channels x u32: bytes of each record */
    const uint8_t *records; /* the records, one after another; their sizes add up exactly */
    uint32_t channels;
} as_polystream;

/* Views `size` bytes at `payload`. AS_ERROR_DECODE when they are malformed or have more than
 * max_channels channels. */
as_result as_polystream_parse(as_polystream *out, const uint8_t *payload, size_t size,
                              uint32_t max_channels, as_error *error);

/* One channel's record. */
typedef struct as_record {
    const uint8_t *bytes;
    uint32_t size;
    uint32_t points; /* 0 for a record under 4 bytes */
} as_record;

/* Walks the records: set *cursor to 0 before the first, call it `channels` times. */
static inline as_record as_polystream_next(const as_polystream *stream, uint32_t index,
                                           size_t *cursor)
{
    as_record record;
    record.size = as_get_u32(stream->sizes + 4 * (size_t)index);
    record.bytes = stream->records + *cursor;
    record.points = record.size < 4 ? 0 : 1 + (record.size - 4) / 2;
    *cursor += record.size;
    return record;
}

#endif
