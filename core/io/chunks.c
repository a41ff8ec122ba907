/* SPDX-License-Identifier: MIT */
#include "core/io/chunks.h"

#include "core/base/checked.h"
#include "core/base/mem.h"
#include "core/io/chunk_table.h"
#include "core/io/spill.h"

#include <inttypes.h>
#include <string.h>

struct as_chunks {
    as_chunk_table table;
    uint64_t in_memory, most_in_memory; /* units */
    as_spill spill;
    uint64_t size; /* AS_SIZE_UNKNOWN */
    uint64_t window_first, window_end;
    bool keep_all;
};

static void set_blank(as_chunks *chunks)
{
    as_chunk_table_init(&chunks->table);
    chunks->in_memory = 0;
    chunks->size = AS_SIZE_UNKNOWN;
    chunks->window_first = chunks->window_end = 0;
    chunks->keep_all = false;
}

as_chunks *as_chunks_create(uint64_t budget_bytes, uint64_t spill_bytes)
{
    as_chunks *chunks = as_mem_alloc(sizeof(*chunks));
    if (!chunks)
        return NULL;
    /* Both halves together are no more chunks than the table can number. */
    const uint64_t most = AS_MOST_CHUNKS / 2;
    const uint64_t units = budget_bytes / AS_UNIT_BYTES, slots = spill_bytes / AS_UNIT_BYTES;
    chunks->most_in_memory = units == 0 ? 1 : units < most ? units : most;
    chunks->spill = (as_spill){.fd = -1, .most = slots < most ? slots : most};
    set_blank(chunks);
    return chunks;
}

void as_chunks_clear(as_chunks *chunks)
{
    for (uint32_t at = 0; at < chunks->table.touched; at++)
        as_mem_free(chunks->table.chunks[at].bytes);
    as_chunk_table_release(&chunks->table);
    as_spill_clear(&chunks->spill);
    set_blank(chunks);
}

void as_chunks_destroy(as_chunks *chunks)
{
    if (!chunks)
        return;
    as_chunks_clear(chunks);
    as_mem_free(chunks);
}

void as_chunks_set_size(as_chunks *chunks, uint64_t size)
{
    chunks->size = size;
}

void as_chunks_set_window(as_chunks *chunks, uint64_t first, uint64_t end)
{
    chunks->window_first = first;
    chunks->window_end = end;
}

void as_chunks_keep_all(as_chunks *chunks)
{
    chunks->keep_all = true;
}

static const as_chunk *find(const as_chunks *chunks, uint64_t unit)
{
    const uint32_t at = as_chunk_table_find(&chunks->table, unit);
    return at == AS_NO_CHUNK ? NULL : &chunks->table.chunks[at];
}

static void touch(as_chunks *chunks, uint32_t at)
{
    if (chunks->table.newest == at)
        return;
    as_chunk_table_unlink(&chunks->table, at);
    as_chunk_table_link(&chunks->table, at);
}

/* The chunk in memory that is to go next; AS_NO_CHUNK: all are within the window. Those of the
 * window that stand in front of it count as used now: no later search meets them again soon. */
static uint32_t next_to_go(as_chunks *chunks)
{
    for (uint64_t n = chunks->in_memory; n > 0; n--) {
        const uint32_t at = chunks->table.oldest;
        const uint64_t unit = chunks->table.chunks[at].unit;
        if (unit < chunks->window_first || unit >= chunks->window_end)
            return at;
        touch(chunks, at);
    }
    return AS_NO_CHUNK;
}

/* Takes the memory of a chunk, which goes or, while everything is kept, moves to the file. */
static as_result take_from_another(as_chunks *chunks, uint8_t **out_bytes, as_error *error)
{
    uint32_t at = next_to_go(chunks);
    if (at == AS_NO_CHUNK && chunks->keep_all)
        at = chunks->table.oldest;
    if (at == AS_NO_CHUNK)
        return as_err_set(error, AS_ERROR_LIMIT,
                          "the cache of %" PRIu64 " bytes is full of what is needed next; raise "
                          "as_http_params.cache_bytes",
                          chunks->most_in_memory * AS_UNIT_BYTES);
    as_chunk *chunk = &chunks->table.chunks[at];
    if (chunks->keep_all) {
        const as_result result =
            as_spill_add(&chunks->spill, chunk->bytes, chunk->filled, &chunk->slot, error);
        if (result != AS_OK)
            return result;
    }
    *out_bytes = chunk->bytes;
    chunk->bytes = NULL;
    as_chunk_table_unlink(&chunks->table, at);
    if (!chunks->keep_all)
        as_chunk_table_remove(&chunks->table, at);
    return AS_OK;
}

static as_result take_memory(as_chunks *chunks, uint8_t **out_bytes, as_error *error)
{
    if (chunks->in_memory == chunks->most_in_memory)
        return take_from_another(chunks, out_bytes, error);
    *out_bytes = as_mem_alloc(AS_UNIT_BYTES);
    if (!*out_bytes)
        return as_err_no_memory(error, AS_UNIT_BYTES, "the cache of a source");
    chunks->in_memory++;
    return AS_OK;
}

static as_result add_chunk(as_chunks *chunks, uint64_t unit, uint32_t *out_at, as_error *error)
{
    uint8_t *bytes = NULL;
    const uint32_t at = as_chunk_table_add(&chunks->table, unit);
    if (at == AS_NO_CHUNK)
        return as_err_no_memory(error, sizeof(as_chunk), "the table of a source's cache");
    const as_result result = take_memory(chunks, &bytes, error);
    if (result != AS_OK) {
        as_chunk_table_remove(&chunks->table, at);
        return result;
    }
    chunks->table.chunks[at].bytes = bytes;
    as_chunk_table_link(&chunks->table, at);
    *out_at = at;
    return AS_OK;
}

/* Bytes [from, from + length) of one unit. */
static as_result write_unit(as_chunks *chunks, uint64_t unit, size_t from, const uint8_t *data,
                            size_t length, size_t *out_new, as_error *error)
{
    uint32_t at = as_chunk_table_find(&chunks->table, unit);
    const size_t filled = at == AS_NO_CHUNK ? 0 : chunks->table.chunks[at].filled;
    *out_new = 0;
    if (from > filled)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "bytes of unit %" PRIu64
                          " from %zu on do not join the %zu that are there",
                          unit, from, filled);
    if (from + length <= filled)
        return AS_OK;
    const as_result added = at == AS_NO_CHUNK ? add_chunk(chunks, unit, &at, error) : AS_OK;
    if (added != AS_OK)
        return added;
    as_chunk *chunk = &chunks->table.chunks[at];
    const size_t count = from + length - filled;
    data += filled - from;
    if (chunk->bytes) {
        memcpy(chunk->bytes + filled, data, count);
        touch(chunks, at);
    } else {
        const as_result written =
            as_spill_write(&chunks->spill, chunk->slot, filled, data, count, error);
        if (written != AS_OK)
            return written;
    }
    chunk->filled += (uint32_t)count;
    *out_new = count;
    return AS_OK;
}

as_result as_chunks_write(as_chunks *chunks, uint64_t offset, const void *data, size_t length,
                          size_t *out_new, as_error *error)
{
    const uint8_t *from = data;
    uint64_t end;
    *out_new = 0;
    if (!as_add_u64(offset, length, &end) || end > chunks->size)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "%zu bytes at %" PRIu64 " are past the content's end", length, offset);
    while (offset < end) {
        const size_t at = (size_t)(offset % AS_UNIT_BYTES), room = AS_UNIT_BYTES - at;
        const size_t part = end - offset < room ? (size_t)(end - offset) : room;
        size_t fresh;
        const as_result result =
            write_unit(chunks, offset / AS_UNIT_BYTES, at, from, part, &fresh, error);
        if (result != AS_OK) {
            error->offset = offset;
            return result;
        }
        *out_new += fresh;
        from += part;
        offset += part;
    }
    return AS_OK;
}

uint64_t as_chunks_ready(const as_chunks *chunks, uint64_t offset, uint64_t most)
{
    uint64_t at = offset, end;
    if (!as_add_u64(offset, most, &end))
        end = UINT64_MAX;
    if (end > chunks->size)
        end = chunks->size;
    while (at < end) {
        const size_t within = (size_t)(at % AS_UNIT_BYTES);
        const as_chunk *chunk = find(chunks, at / AS_UNIT_BYTES);
        if (!chunk || chunk->filled <= within)
            break;
        at += chunk->filled - within;
        if (chunk->filled < AS_UNIT_BYTES)
            break;
    }
    return (at < end ? at : end) - (offset < end ? offset : end);
}

/* Bytes [from, from + length) of one unit. */
static as_result read_unit(as_chunks *chunks, uint64_t unit, size_t from, uint8_t *to,
                           size_t length, as_error *error)
{
    const uint32_t at = as_chunk_table_find(&chunks->table, unit);
    if (at == AS_NO_CHUNK || from + length > chunks->table.chunks[at].filled)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "%zu bytes of unit %" PRIu64 " from %zu on are not in the cache", length,
                          unit, from);
    const as_chunk *chunk = &chunks->table.chunks[at];
    if (!chunk->bytes)
        return as_spill_read(&chunks->spill, chunk->slot, from, to, length, error);
    memcpy(to, chunk->bytes + from, length);
    touch(chunks, at);
    return AS_OK;
}

as_result as_chunks_read(as_chunks *chunks, uint64_t offset, void *to, size_t length,
                         as_error *error)
{
    uint8_t *out = to;
    while (length > 0) {
        const size_t at = (size_t)(offset % AS_UNIT_BYTES), room = AS_UNIT_BYTES - at;
        const size_t part = length < room ? length : room;
        const as_result result = read_unit(chunks, offset / AS_UNIT_BYTES, at, out, part, error);
        if (result != AS_OK) {
            error->offset = offset;
            return result;
        }
        out += part;
        offset += part;
        length -= part;
    }
    return AS_OK;
}

/* Of the unit, as far as the size is known; 0: it is past the end. */
static size_t whole_length(const as_chunks *chunks, uint64_t unit)
{
    if (unit >= chunks->size / AS_UNIT_BYTES)
        return unit > chunks->size / AS_UNIT_BYTES ? 0 : (size_t)(chunks->size % AS_UNIT_BYTES);
    return AS_UNIT_BYTES;
}

size_t as_chunks_filled(const as_chunks *chunks, uint64_t unit)
{
    const as_chunk *chunk = find(chunks, unit);
    return chunk ? chunk->filled : 0;
}

bool as_chunks_has(const as_chunks *chunks, uint64_t unit)
{
    const size_t filled = as_chunks_filled(chunks, unit);
    return filled != 0 && filled >= whole_length(chunks, unit);
}

const uint8_t *as_chunks_unit(const as_chunks *chunks, uint64_t unit, size_t *out_length)
{
    const as_chunk *chunk = find(chunks, unit);
    if (!chunk || !chunk->bytes || !as_chunks_has(chunks, unit))
        return NULL;
    *out_length = chunk->filled;
    return chunk->bytes;
}

/* Of a heap with the largest offset on top: moves range `at` down to its place. */
static void sift_down(as_byte_range *heap, size_t count, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].offset > heap[child].offset)
            child++;
        if (heap[at].offset >= heap[child].offset)
            return;
        const as_byte_range range = heap[at];
        heap[at] = heap[child];
        heap[child] = range;
    }
}

static void make_heap(as_byte_range *heap, size_t count)
{
    for (size_t at = count / 2; at > 0; at--)
        sift_down(heap, count, at - 1);
}

/* Of many ranges the first ones are kept: a heap of as many as there is room for, then sorted. It
 * needs no memory, and its cost does not depend on how scattered the units are. */
size_t as_chunks_ranges(const as_chunks *chunks, as_byte_range *out, size_t capacity)
{
    size_t count = 0, kept = 0;
    for (uint32_t at = 0; at < chunks->table.touched; at++) {
        const as_chunk *chunk = &chunks->table.chunks[at];
        const bool joins_another =
            chunk->unit > 0 && as_chunks_filled(chunks, chunk->unit - 1) == AS_UNIT_BYTES;
        if (chunk->filled == 0 || joins_another)
            continue;
        const uint64_t start = chunk->unit * AS_UNIT_BYTES;
        const as_byte_range range = {start, as_chunks_ready(chunks, start, UINT64_MAX)};
        count++;
        if (kept < capacity) {
            out[kept++] = range;
            if (kept == capacity)
                make_heap(out, kept);
        } else if (capacity > 0 && start < out[0].offset) {
            out[0] = range;
            sift_down(out, kept, 0);
        }
    }
    if (kept < capacity)
        make_heap(out, kept);
    for (size_t left = kept; left > 1;) {
        const as_byte_range last = out[0];
        out[0] = out[--left];
        out[left] = last;
        sift_down(out, left, 0);
    }
    return count;
}

uint64_t as_chunks_memory(const as_chunks *chunks)
{
    return chunks->in_memory * AS_UNIT_BYTES;
}

uint64_t as_chunks_spilled(const as_chunks *chunks)
{
    return chunks->spill.used * AS_UNIT_BYTES;
}
