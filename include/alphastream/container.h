/* SPDX-License-Identifier: MIT
 *
 * Containers: reading and writing ASVP (plain) and ASVR (encrypted) files without a stream.
 * The format is described in docs/format.md.
 *
 *     as_source *source = NULL;
 *     as_container *container = NULL;
 *     as_buffer payload = {0};
 *     as_error error;
 *     if (as_source_open("people.asvp", NULL, &source, &error) == AS_OK &&
 *         as_container_open(source, NULL, &container, &error) == AS_OK &&
 *         as_container_read_payload(container, 0, &payload, &error) == AS_OK) {
 *         ... payload.data, payload.size go to as_canvas_draw (raster.h) ...
 *     } else {
 *         fprintf(stderr, "%s\n", error.text);
 *     }
 *     as_buffer_free(&payload);
 *     as_container_close(&container);
 *     as_source_close(&source);
 */
#ifndef ALPHASTREAM_CONTAINER_H
#define ALPHASTREAM_CONTAINER_H

#include "source.h"

AS_BEGIN_DECLS

/* Bytes that the library grows and the caller frees. Start with {0}, use it again and again, free
 * it with as_buffer_free. Not thread-safe: one thread at a time. */
typedef struct as_buffer {
    uint8_t *data;   /* NULL while capacity is 0; 64-byte aligned */
    size_t size;     /* bytes in use */
    size_t capacity; /* bytes allocated */
} as_buffer;

/* Frees the bytes and makes the buffer {0} again. NULL is ignored. */
AS_API void as_buffer_free(as_buffer *buffer);

/* Limits a reader enforces before it allocates; past one, the open or the frame fails with
 * AS_ERROR_DECODE and a text that names it. Each can be lowered; all but the payload can be
 * raised. Out of range: AS_ERROR_ARGUMENT. */
typedef struct as_limits {
    uint64_t table_bytes;   /* inflated sizes table; default 64 MiB (8 Mi frames), 8 .. 1 GiB */
    uint32_t payload_bytes; /* inflated payload; default and most 16 MiB, at least 4 */
    uint32_t block_bytes;   /* frame block as stored; default 16 MiB, 4 .. 1 GiB */
    uint32_t channels;      /* channels of a frame; default 65536, 1 .. 4194303 */
    uint32_t reserved;      /* 0 */
} as_limits;

/* What an encrypted container's key is made of (docs/format.md). The passphrase is a byte string;
 * the library keeps no copy of it once the key is derived. Given nowhere here, it is taken from
 * the environment: ALPHASTREAM_PASSPHRASE ("hex:" + hexadecimal, or the literal text) or
 * ALPHASTREAM_PASSPHRASE_FILE. Plain containers need none of this. */
typedef struct as_key_params {
    uint32_t struct_size;        /* sizeof(as_key_params) */
    uint32_t scene_id;           /* default 0 */
    const void *passphrase;      /* default NULL */
    size_t passphrase_size;      /* bytes */
    const char *passphrase_file; /* path of a file with the passphrase, without one trailing
                                    newline; content that begins "hex:" is decoded; at most 64 KiB.
                                    default NULL. Not together with passphrase */
    const char *version;         /* default "1.5.0" */
    const char *file_name;       /* default NULL: that of the source (or of the file written) */
} as_key_params;

/* A container that is open for reading. */
typedef struct as_container as_container;

/* Zero = default everywhere. */
typedef struct as_container_params {
    uint32_t struct_size;     /* sizeof(as_container_params) */
    uint32_t reserved;        /* 0 */
    const as_key_params *key; /* default NULL: defaults */
    as_limits limits;         /* 0 = default, field by field */
    as_log log;               /* default: silence */
} as_container_params;

/* What a container is. */
typedef struct as_container_info {
    uint64_t frame_count;  /* M */
    uint64_t table_bytes;  /* T, as stored */
    uint64_t blocks_bytes; /* sum of the sizes of all frame blocks */
    uint64_t source_bytes; /* size of the source when opened, or AS_SIZE_UNKNOWN */
    uint32_t encrypted;    /* 1: ASVR, 0: ASVP */
    uint32_t stated_count; /* the frame count the header states, 0 = none. A count that is not
                              frame_count was logged as a warning */
} as_container_info;

/* Reads header and sizes table, tells plain from encrypted, derives the key. Blocks while the
 * source does. The container keeps its own reference to the source; params need only live during
 * the call.
 * Errors: AS_ERROR_ARGUMENT; AS_ERROR_DECODE (not a container, damaged, passphrase missing or
 * wrong: the text says which it looks like); AS_ERROR_TRANSPORT, AS_ERROR_CANCELLED and
 * AS_ERROR_CHANGED from the source, the last also where its content was replaced meanwhile;
 * AS_ERROR_UNSUPPORTED (OpenSSL refuses the cipher, or params of a newer library);
 * AS_ERROR_OUT_OF_MEMORY. Memory: 8 bytes a frame. */
AS_API AS_NODISCARD as_result as_container_open(as_source *source,
                                                const as_container_params *params,
                                                as_container **out_container, as_error *error);

/* Frees the container, wiping its key, and writes NULL. NULL and NULL handles are ignored. No
 * other call on it may be under way. */
AS_API void as_container_close(as_container **container);

/* Fills *out_info. Thread-safe. Errors: AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_container_get_info(const as_container *container,
                                                    as_container_info *out_info, as_error *error);

/* Where frame `index` lies in the source. Thread-safe. Errors: AS_ERROR_ARGUMENT,
 * AS_ERROR_OUT_OF_RANGE. */
AS_API AS_NODISCARD as_result as_container_frame_range(const as_container *container,
                                                       uint64_t index, as_byte_range *out_range,
                                                       as_error *error);

/* Reads, decrypts, inflates and checks frame `index`; its payload (docs/format.md) replaces what
 * *out_payload held. Thread-safe, each thread with a buffer of its own. A bad frame leaves its
 * neighbours readable; after an error out_payload->size is 0.
 * Errors: AS_ERROR_ARGUMENT, AS_ERROR_OUT_OF_RANGE, AS_ERROR_DECODE (malformed, or past the end of
 * a source cut short), AS_ERROR_TRANSPORT, AS_ERROR_CANCELLED, AS_ERROR_CHANGED (the source's
 * content was replaced since the container was opened: every frame gives this from then on; open
 * another container on the same source and close this one), AS_ERROR_UNSUPPORTED (OpenSSL refuses
 * the cipher), AS_ERROR_OUT_OF_MEMORY. */
AS_API AS_NODISCARD as_result as_container_read_payload(as_container *container, uint64_t index,
                                                        as_buffer *out_payload, as_error *error);

/* As as_container_read_payload, but gives the frame block as stored, decrypted and still
 * compressed, for as_writer_add_block. Its content is checked all the same. */
AS_API AS_NODISCARD as_result as_container_read_block(as_container *container, uint64_t index,
                                                      as_buffer *out_block, as_error *error);

/* ------------------------------------------------------------------------------- writing ---- */

/* The two kinds of containers (docs/format.md). */
typedef int32_t as_container_format;
enum {
    AS_FORMAT_ASVP = 1, /* plain */
    AS_FORMAT_ASVR = 2  /* encrypted */
};

/* A container that is being written. */
typedef struct as_writer as_writer;

/* Zero = default everywhere. */
typedef struct as_writer_params {
    uint32_t struct_size;       /* sizeof(as_writer_params) */
    as_container_format format; /* default 0: ASVR for a path that ends in .asvr (any case), else
                                   ASVP */
    const as_key_params *key;   /* needed for ASVR; file_name defaults to the path's last part */
    uint32_t level;             /* deflate level 1 .. 12; default 0: 9 */
    uint32_t reserved;          /* 0 */
} as_writer_params;

/* Begins a container at `path`. Nothing appears under that name until as_writer_finish, which puts
 * the whole file there at once, replacing an existing one; frames wait in unnamed or
 * temporary files beside it. A file that is replaced keeps its permissions; a symbolic link is
 * replaced, not followed. The same frames give the same bytes every time. One thread at a time.
 * Rewriting an ASVR under the same passphrase, scene, version and name reuses its keystream: who
 * has both files can learn their difference.
 * Errors: AS_ERROR_ARGUMENT, AS_ERROR_DECODE (passphrase missing or unreadable),
 * AS_ERROR_TRANSPORT (cannot write there), AS_ERROR_UNSUPPORTED (OpenSSL refuses the cipher, or
 * params of a newer library), AS_ERROR_OUT_OF_MEMORY. */
AS_API AS_NODISCARD as_result as_writer_create(const char *path, const as_writer_params *params,
                                               as_writer **out_writer, as_error *error);

/* Adds one frame from its payload. Errors: AS_ERROR_ARGUMENT, AS_ERROR_DECODE (the payload is
 * malformed; nothing was added, the writer goes on), AS_ERROR_LIMIT (payload or compressed block
 * over 16 MiB, or 8 Mi frames), AS_ERROR_TRANSPORT (the writer is then unusable but for abort),
 * AS_ERROR_OUT_OF_MEMORY. */
AS_API AS_NODISCARD as_result as_writer_add_payload(as_writer *writer, const void *payload,
                                                    size_t size, as_error *error);

/* Adds one frame from a decrypted block of as_container_read_block, without compressing it anew.
 * Errors: as as_writer_add_payload. */
AS_API AS_NODISCARD as_result as_writer_add_block(as_writer *writer, const void *block, size_t size,
                                                  as_error *error);

/* Writes header and table, flushes to disk, renames into place, frees the writer (whatever comes
 * out) and writes NULL. Errors: AS_ERROR_ARGUMENT, AS_ERROR_TRANSPORT, AS_ERROR_OUT_OF_MEMORY; then
 * `path` is as it was before. */
AS_API AS_NODISCARD as_result as_writer_finish(as_writer **writer, as_error *error);

/* Throws everything away and writes NULL. NULL and NULL handles are ignored. */
AS_API void as_writer_abort(as_writer **writer);

AS_END_DECLS

#endif
