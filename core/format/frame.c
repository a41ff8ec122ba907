/* SPDX-License-Identifier: MIT
 *
 * One frame: its block from the source, decrypted, inflated into a buffer of exactly its length,
 * checked. Nothing here outlives the call, so a bad frame cannot harm another.
 */
#include "core/format/format.h"

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

#include <inttypes.h>

as_result as_fmt_scratch_create(bool encrypted, as_scratch **out, as_error *error)
{
    as_scratch *scratch = as_mem_calloc(1, sizeof(*scratch));
    if (!scratch)
        return as_err_no_memory(error, sizeof(*scratch), "a frame reader");
    as_result result = as_fmt_inflater_create(&scratch->inflater, error);
    if (result == AS_OK && encrypted)
        result = as_crypto_cipher_create(&scratch->cipher, error);
    if (result != AS_OK) {
        as_fmt_scratch_destroy(scratch);
        return result;
    }
    *out = scratch;
    return AS_OK;
}

void as_fmt_scratch_destroy(as_scratch *scratch)
{
    as_buf_free(&scratch->block);
    as_fmt_inflater_destroy(scratch->inflater);
    as_crypto_cipher_destroy(scratch->cipher);
    as_mem_free(scratch);
}

/* There are never more than threads that were in here at once. */
static as_result borrow_scratch(as_container *container, as_scratch **out, as_error *error)
{
    as_mutex_lock(&container->lock);
    *out = container->idle;
    if (*out)
        container->idle = (*out)->next;
    as_mutex_unlock(&container->lock);
    return *out ? AS_OK : as_fmt_scratch_create(container->info.encrypted, out, error);
}

static void return_scratch(as_container *container, as_scratch *scratch)
{
    as_mutex_lock(&container->lock);
    scratch->next = container->idle;
    container->idle = scratch;
    as_mutex_unlock(&container->lock);
}

static as_result check_range(const as_container *container, uint64_t offset, uint64_t size,
                             as_error *error)
{
    if (size < 4)
        return as_err_set(error, AS_ERROR_DECODE,
                          "its block has %" PRIu64
                          " bytes, too few for a length; the container is damaged",
                          size);
    if (size > container->limits.block_bytes)
        return as_err_set(error, AS_ERROR_DECODE,
                          "its block has %" PRIu64 " bytes, over the limit of %" PRIu32
                          " (limits.block_bytes)",
                          size, container->limits.block_bytes);
    if (offset > UINT64_MAX - size) /* cannot be: offsets were summed with a check */
        return as_err_set(error, AS_ERROR_DECODE, "its block ends past 2^64");
    return AS_OK;
}

/* The block as stored. */
static as_result fetch_block(as_container *container, uint64_t index, as_buffer *out,
                             as_error *error)
{
    const uint64_t offset = container->offsets[index];
    const uint64_t size = container->offsets[index + 1] - offset;
    as_result result = check_range(container, offset, size, error);
    if (result != AS_OK)
        return result;
    /* A file still being written grows, so its size is asked for anew, and before any memory. */
    uint64_t available = AS_SIZE_UNKNOWN;
    result = as_fmt_size(container, &available, error);
    if (result != AS_OK)
        return result;
    size_t got = 0;
    if (offset + size <= available) { /* an unknown size is the largest there is */
        if (as_buf_fit(out, (size_t)size, container->limits.block_bytes) != AS_OK)
            return as_err_no_memory(error, size, "a frame block");
        result = as_fmt_read(container, offset, out->data, (size_t)size, &got, error);
        if (result != AS_OK)
            return result;
        available = offset + got;
    }
    if (got != size) {
        as_err_set(error, AS_ERROR_DECODE,
                   "its block lies at bytes %" PRIu64 " to %" PRIu64
                   ", but the source ends after %" PRIu64
                   "; it was cut short or is still being written",
                   offset, offset + size - 1, available);
        error->offset = offset;
        return AS_ERROR_DECODE;
    }
    out->size = got;
    return AS_OK;
}

static as_result fetch_plain_block(as_container *container, uint64_t index, as_scratch *scratch,
                                   as_buffer *out, as_fmt_times *times, as_error *error)
{
    const uint64_t start = as_clock_ns();
    as_result result = fetch_block(container, index, out, error);
    times->read_ns = as_clock_ns() - start;
    times->bytes = out->size;
    if (result == AS_OK && container->info.encrypted)
        result = as_crypto_cipher_start(scratch->cipher, &container->key, (uint32_t)index, error);
    if (result == AS_OK && container->info.encrypted)
        result = as_crypto_cipher_apply(scratch->cipher, out->data, out->data, out->size, error);
    return result;
}

as_result as_fmt_decode_block(as_inflater *inflater, const as_limits *limits, const uint8_t *block,
                              size_t size, as_buffer *out_payload, as_error *error)
{
    const uint32_t stated = size < 4 ? 0 : as_get_u32(block);
    if (size < 4)
        return as_err_set(error, AS_ERROR_DECODE, "the block has %zu bytes, too few for a length",
                          size);
    if (stated > limits->payload_bytes)
        return as_err_set(error, AS_ERROR_DECODE,
                          "it states a payload of %" PRIu32 " bytes, over the limit of %" PRIu32
                          " (limits.payload_bytes)",
                          stated, limits->payload_bytes);
    if (stated < 4)
        return as_err_set(error, AS_ERROR_DECODE,
                          "it states a payload of %" PRIu32
                          " bytes, too few for a channel count; the frame is damaged",
                          stated);
    if (as_buf_fit(out_payload, stated, limits->payload_bytes) != AS_OK)
        return as_err_no_memory(error, stated, "a payload");
    as_result result =
        as_fmt_inflate_exact(inflater, block + 4, size - 4, out_payload->data, stated, error);
    if (result == AS_ERROR_DECODE) {
        as_error why = *error;
        return as_err_set(error, result, "its block is damaged: %s", why.text);
    }
    as_polystream stream;
    if (result == AS_OK)
        result = as_polystream_parse(&stream, out_payload->data, stated, limits->channels, error);
    if (result == AS_OK)
        out_payload->size = stated;
    return result;
}

static as_result read_frame(as_container *container, uint64_t index, as_buffer *payload,
                            as_buffer *block, as_fmt_times *times, as_error *error)
{
    const uint64_t start = as_clock_ns();
    as_scratch *scratch;
    as_result result = borrow_scratch(container, &scratch, error);
    if (result != AS_OK)
        return result;
    as_buffer checked = {0}; /* a payload nobody asked for */
    as_buffer *where = block ? block : &scratch->block;
    result = fetch_plain_block(container, index, scratch, where, times, error);
    if (result == AS_OK)
        result = as_fmt_decode_block(scratch->inflater, &container->limits, where->data,
                                     where->size, payload ? payload : &checked, error);
    times->decode_ns = as_clock_ns() - start - times->read_ns;
    as_buf_free(&checked);
    return_scratch(container, scratch);
    if (result == AS_OK)
        return AS_OK;
    if (payload)
        payload->size = 0;
    if (block)
        block->size = 0;
    return as_err_at_frame(error, index);
}

as_result as_fmt_read_payload(as_container *container, uint64_t index, as_buffer *out_payload,
                              as_fmt_times *times, as_error *error)
{
    as_fmt_times unwanted;
    return read_frame(container, index, out_payload, NULL, times ? times : &unwanted, error);
}

as_result as_fmt_read_block(as_container *container, uint64_t index, as_buffer *out_block,
                            as_error *error)
{
    as_fmt_times unwanted;
    return read_frame(container, index, NULL, out_block, &unwanted, error);
}
