/* SPDX-License-Identifier: MIT
 *
 * Writing containers. The sizes table stands before the blocks but is known only after them, so
 * blocks, compressed and encrypted as they come, wait in a spool: a file beside the destination
 * that has no name any more. Finishing writes header, table and spool to a temporary file, flushes
 * it and renames it into place. Memory: 8 bytes a frame and one frame.
 */
#include "core/format/format.h"

#include "core/base/bytes.h"
#include "core/base/mem.h"
#include "core/format/output.h"
#include "core/io/io.h"

#include <inttypes.h>
#include <string.h>

enum { COPY_BYTES = 256 << 10 };

/* A table of 64 MiB, the reader's default limit. */
static const size_t most_size_bytes = (size_t)AS_DEFAULT_TABLE_BYTES;

struct as_writer {
    as_output_file spool;
    char *path;
    as_container_format format;
    as_key key;
    as_cipher *cipher; /* NULL for ASVP */
    as_deflater *deflater;
    as_inflater *inflater; /* checks blocks that come ready */
    as_limits limits;
    as_buffer sizes;   /* u64 LE each */
    as_buffer block;   /* the one being made */
    as_buffer payload; /* of a block being checked */
    bool broken;       /* the spool could not be written: only abort is left */
};

static as_result derive_key(as_writer *writer, const as_key_params *params, as_error *error)
{
    as_passphrase passphrase = {0};
    as_result result = as_crypto_find_passphrase(params, &passphrase, error);
    if (result != AS_OK)
        return result;
    if (!passphrase.bytes)
        return as_err_set(error, AS_ERROR_DECODE,
                          "writing an encrypted container (ASVR) needs a passphrase, and none was "
                          "given: pass one (key params, ALPHASTREAM_PASSPHRASE or "
                          "ALPHASTREAM_PASSPHRASE_FILE)");
    const char *name =
        params && params->file_name ? params->file_name : as_out_base_name(writer->path);
    result = as_crypto_derive(&writer->key, passphrase.bytes, passphrase.size,
                              params ? params->scene_id : 0,
                              params && params->version ? params->version : "1.5.0", name, error);
    as_crypto_passphrase_free(&passphrase);
    return result == AS_OK ? as_crypto_cipher_create(&writer->cipher, error) : result;
}

static as_result prepare(as_writer *writer, const char *path, const as_key_params *key,
                         uint32_t level, as_error *error)
{
    writer->path = as_mem_strdup(path);
    if (!writer->path)
        return as_err_no_memory(error, strlen(path) + 1, "a path");
    as_result result = as_out_check_target(path, error);
    if (result == AS_OK && writer->format == AS_FORMAT_ASVR)
        result = derive_key(writer, key, error);
    if (result == AS_OK)
        result = as_fmt_deflater_create(level, &writer->deflater, error);
    if (result == AS_OK)
        result = as_fmt_inflater_create(&writer->inflater, error);
    if (result == AS_OK)
        result = as_out_open_spool(&writer->spool, path, error);
    return result;
}

as_result as_fmt_writer_create(const char *path, as_container_format format,
                               const as_key_params *key, uint32_t level, as_writer **out_writer,
                               as_error *error)
{
    as_writer *writer = as_mem_calloc(1, sizeof(*writer));
    if (!writer)
        return as_err_no_memory(error, sizeof(*writer), "a writer");
    writer->spool.file = AS_FILE_NONE;
    writer->format = format;
    writer->limits = (as_limits){.table_bytes = AS_DEFAULT_TABLE_BYTES,
                                 .payload_bytes = AS_MAX_PAYLOAD_BYTES,
                                 .block_bytes = AS_DEFAULT_BLOCK_BYTES,
                                 .channels = AS_MAX_CHANNELS};
    const as_result result = prepare(writer, path, key, level, error);
    if (result != AS_OK) {
        as_fmt_writer_abort(writer);
        return result;
    }
    *out_writer = writer;
    return AS_OK;
}

static uint64_t frame_count(const as_writer *writer)
{
    return writer->sizes.size / 8;
}

static as_result check_usable(const as_writer *writer, as_error *error)
{
    char shown[AS_IO_SHOWN];
    if (writer->broken)
        return as_err_set(error, AS_ERROR_TRANSPORT,
                          "an earlier write for \"%s\" failed; abort this writer",
                          as_io_shown_path(shown, writer->path));
    return AS_OK;
}

/* Encrypts writer->block and puts it behind the frames so far. */
static as_result append_block(as_writer *writer, as_error *error)
{
    const uint64_t index = frame_count(writer);
    as_buffer *block = &writer->block;
    as_result result = check_usable(writer, error);
    uint8_t size[8];
    as_put_u64(size, block->size);
    if (result == AS_OK)
        result = as_buf_reserve(&writer->sizes, writer->sizes.size + 8, most_size_bytes);
    if (result == AS_ERROR_LIMIT)
        return as_err_set(error, result, "a container holds at most %zu frames",
                          most_size_bytes / 8);
    if (result == AS_ERROR_OUT_OF_MEMORY)
        return as_err_no_memory(error, writer->sizes.size + 8, "the sizes table");
    if (result == AS_OK && writer->cipher)
        result = as_crypto_cipher_start(writer->cipher, &writer->key, (uint32_t)index, error);
    if (result == AS_OK && writer->cipher)
        result =
            as_crypto_cipher_apply(writer->cipher, block->data, block->data, block->size, error);
    if (result != AS_OK)
        return result;
    result = as_out_write(&writer->spool, block->data, block->size, error);
    if (result != AS_OK) {
        writer->broken = true;
        return result;
    }
    /* Room was reserved: cannot fail. */
    return as_buf_append(&writer->sizes, size, sizeof(size), most_size_bytes);
}

as_result as_fmt_writer_add_payload(as_writer *writer, const void *payload, size_t size,
                                    as_error *error)
{
    const uint64_t index = frame_count(writer);
    if (size > AS_MAX_PAYLOAD_BYTES) {
        as_err_set(error, AS_ERROR_LIMIT, "a payload of %zu bytes; the format allows %" PRIu32,
                   size, AS_MAX_PAYLOAD_BYTES);
        return as_err_at_frame(error, index);
    }
    as_polystream stream;
    as_result result = as_polystream_parse(&stream, payload, size, AS_MAX_CHANNELS, error);
    uint8_t stated[4];
    as_put_u32(stated, (uint32_t)size);
    writer->block.size = 0;
    if (result == AS_OK &&
        as_buf_append(&writer->block, stated, sizeof(stated), AS_DEFAULT_BLOCK_BYTES) != AS_OK)
        result = as_err_no_memory(error, sizeof(stated), "a frame block");
    if (result == AS_OK)
        result = as_fmt_deflate(writer->deflater, payload, size, &writer->block,
                                AS_DEFAULT_BLOCK_BYTES, error);
    if (result == AS_OK)
        result = append_block(writer, error);
    return result == AS_OK ? AS_OK : as_err_at_frame(error, index);
}

as_result as_fmt_writer_add_block(as_writer *writer, const void *block, size_t size,
                                  as_error *error)
{
    const uint64_t index = frame_count(writer);
    if (size > AS_DEFAULT_BLOCK_BYTES) {
        as_err_set(error, AS_ERROR_LIMIT, "a block of %zu bytes; a container allows %" PRIu32, size,
                   AS_DEFAULT_BLOCK_BYTES);
        return as_err_at_frame(error, index);
    }
    as_result result = as_fmt_decode_block(writer->inflater, &writer->limits, block, size,
                                           &writer->payload, error);
    writer->block.size = 0;
    if (result == AS_OK &&
        as_buf_append(&writer->block, block, size, AS_DEFAULT_BLOCK_BYTES) != AS_OK)
        result = as_err_no_memory(error, size, "a frame block");
    if (result == AS_OK)
        result = append_block(writer, error);
    return result == AS_OK ? AS_OK : as_err_at_frame(error, index);
}

/* writer->block becomes header and table, as stored. */
static as_result make_head(as_writer *writer, as_error *error)
{
    as_buffer *head = &writer->block;
    uint8_t header[AS_HEADER_BYTES] = {0};
    head->size = 0;
    if (as_buf_append(head, header, sizeof(header), SIZE_MAX) != AS_OK)
        return as_err_no_memory(error, sizeof(header), "a header");
    as_result result = as_fmt_deflate(writer->deflater, writer->sizes.data, writer->sizes.size,
                                      head, SIZE_MAX / 2, error);
    if (result != AS_OK)
        return result;
    if (writer->format == AS_FORMAT_ASVP) {
        memcpy(header, "ASVPPLN1", 8);
        as_put_u32(header + 8, (uint32_t)frame_count(writer));
    } else {
        as_put_u32(header, 4); /* as files of version 1.5.0 have it */
    }
    as_put_u32(header + 12, (uint32_t)(head->size - sizeof(header)));
    memcpy(head->data, header, sizeof(header));
    if (writer->cipher)
        result = as_crypto_cipher_start(writer->cipher, &writer->key, AS_KEY_ID_TABLE, error);
    if (result == AS_OK && writer->cipher)
        result = as_crypto_cipher_apply(writer->cipher, head->data, head->data, head->size, error);
    return result;
}

static as_result copy_spool(as_writer *writer, as_output_file *out, as_error *error)
{
    as_buffer *chunk = &writer->payload;
    if (as_buf_fit(chunk, COPY_BYTES, SIZE_MAX) != AS_OK)
        return as_err_no_memory(error, COPY_BYTES, "copying");
    as_result result = AS_OK;
    for (uint64_t at = 0; at < writer->spool.written && result == AS_OK;) {
        const uint64_t left = writer->spool.written - at;
        const size_t n = left < COPY_BYTES ? (size_t)left : COPY_BYTES;
        result = as_out_read_back(&writer->spool, at, chunk->data, n, error);
        if (result == AS_OK)
            result = as_out_write(out, chunk->data, n, error);
        at += n;
    }
    return result;
}

as_result as_fmt_writer_finish(as_writer *writer, as_error *error)
{
    as_output_file out = {.file = AS_FILE_NONE};
    as_result result = check_usable(writer, error);
    if (result == AS_OK)
        result = make_head(writer, error);
    if (result == AS_OK)
        result = as_out_open_temporary(&out, writer->path, error);
    if (result == AS_OK)
        result = as_out_write(&out, writer->block.data, writer->block.size, error);
    if (result == AS_OK)
        result = copy_spool(writer, &out, error);
    if (result == AS_OK)
        result = as_out_publish(&out, writer->path, error);
    as_out_discard(&out);
    as_fmt_writer_abort(writer);
    return result;
}

void as_fmt_writer_abort(as_writer *writer)
{
    if (!writer)
        return;
    as_out_discard(&writer->spool);
    as_crypto_wipe(&writer->key, sizeof(writer->key));
    as_crypto_cipher_destroy(writer->cipher);
    as_fmt_deflater_destroy(writer->deflater);
    as_fmt_inflater_destroy(writer->inflater);
    as_buf_free(&writer->sizes);
    as_buf_free(&writer->block);
    as_buf_free(&writer->payload);
    as_mem_free(writer->path);
    as_mem_free(writer);
}
