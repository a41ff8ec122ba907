/* SPDX-License-Identifier: MIT
 *
 * Containers (docs/format.md): opening, frames, writing. Arguments were checked by the api layer;
 * `error` is never NULL.
 */
#ifndef AS_FORMAT_FORMAT_H
#define AS_FORMAT_FORMAT_H

#include "alphastream/container.h"
#include "core/base/polystream.h"
#include "core/base/thread.h"
#include "core/crypto/crypto.h"
#include "core/format/deflate.h"

#include <stdatomic.h>
#include <stdbool.h>

#define AS_HEADER_BYTES 16u
#define AS_DEFAULT_TABLE_BYTES ((uint64_t)64 << 20)
#define AS_MAX_PAYLOAD_BYTES ((uint32_t)16 << 20)
#define AS_DEFAULT_BLOCK_BYTES ((uint32_t)16 << 20)
#define AS_DEFAULT_CHANNELS 65536u
#define AS_MAX_CHANNELS 4194303u /* as many as fit the largest payload */

/* What one thread needs to read a frame; containers keep idle ones in a list. */
typedef struct as_scratch {
    struct as_scratch *next;
    as_buffer block;
    as_inflater *inflater;
    as_cipher *cipher; /* NULL for plain containers */
} as_scratch;

struct as_container {
    atomic_uint references;
    as_source *source;
    uint64_t version; /* of the source's content: header, table and frames are all of it */
    as_limits limits; /* all set */
    as_log log;
    as_container_info info;
    uint64_t *offsets;      /* frame_count + 1: frame i is at offsets[i] .. offsets[i + 1] - 1 */
    as_buffer offset_bytes; /* the memory of offsets */
    as_key key;             /* of an encrypted container, or of the one this was reopened from */
    bool has_key;
    bool reopened; /* key is all there is: no passphrase was kept */
    as_mutex lock; /* guards idle */
    as_scratch *idle;
};

/* container.c. `key` may be NULL; limits are all set. */
as_result as_fmt_open(as_source *source, const as_key_params *key, const as_limits *limits,
                      const as_log *log, as_container **out_container, as_error *error);
/* What `old`'s source holds now, with its limits and log and, where it is encrypted, the key that
 * `old` was opened with. */
as_result as_fmt_reopen(const as_container *old, as_container **out_container, as_error *error);
as_container *as_fmt_ref(as_container *container);
/* Drops a reference; the last one frees. */
void as_fmt_close(as_container *container);

/* read.c: as_io_read, and AS_ERROR_CHANGED where the content is no longer the container's version.
 */
as_result as_fmt_read(const as_container *container, uint64_t offset, void *buffer, size_t length,
                      size_t *out_read, as_error *error);
/* as_io_size likewise. */
as_result as_fmt_size(const as_container *container, uint64_t *out_size, as_error *error);

/* detect.c: header and sizes table, plain or decrypted: sets info, key, and offset_bytes to the
 * inflated table, with room for 8 bytes more. */
as_result as_fmt_detect(as_container *container, const as_key_params *key, as_error *error);

/* How one frame was read. */
typedef struct as_fmt_times {
    uint64_t read_ns;   /* from the source */
    uint64_t decode_ns; /* decrypt, inflate, check */
    uint64_t bytes;     /* as stored */
} as_fmt_times;

/* frame.c: index was checked. `times` may be NULL. */
as_result as_fmt_read_payload(as_container *container, uint64_t index, as_buffer *out_payload,
                              as_fmt_times *times, as_error *error);
as_result as_fmt_read_block(as_container *container, uint64_t index, as_buffer *out_block,
                            as_error *error);
/* Inflates a decrypted block and checks the payload. */
as_result as_fmt_decode_block(as_inflater *inflater, const as_limits *limits, const uint8_t *block,
                              size_t size, as_buffer *out_payload, as_error *error);
as_result as_fmt_scratch_create(bool encrypted, as_scratch **out, as_error *error);
void as_fmt_scratch_destroy(as_scratch *scratch);

/* writer.c */
as_result as_fmt_writer_create(const char *path, as_container_format format,
                               const as_key_params *key, uint32_t level, as_writer **out_writer,
                               as_error *error);
as_result as_fmt_writer_add_payload(as_writer *writer, const void *payload, size_t size,
                                    as_error *error);
as_result as_fmt_writer_add_block(as_writer *writer, const void *block, size_t size,
                                  as_error *error);
as_result as_fmt_writer_finish(as_writer *writer, as_error *error); /* frees it */
void as_fmt_writer_abort(as_writer *writer);                        /* NULL is ignored */

#endif
