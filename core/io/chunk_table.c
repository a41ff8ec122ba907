/* SPDX-License-Identifier: MIT */
#include "core/io/chunk_table.h"

#include "core/base/checked.h"
#include "core/base/mem.h"

#include <stdbool.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

void as_chunk_table_init(as_chunk_table *table)
{
    *table = (as_chunk_table){.unused = AS_NO_CHUNK, .newest = AS_NO_CHUNK, .oldest = AS_NO_CHUNK};
}

void as_chunk_table_release(as_chunk_table *table)
{
    as_mem_free(table->chunks);
    as_mem_free(table->buckets);
    as_chunk_table_init(table);
}

/* Fibonacci hashing: the upper bits of the product depend on all of the number's, and units in a
 * row spread evenly. */
static uint32_t *bucket_of(const as_chunk_table *table, uint64_t unit)
{
    const uint64_t hash = unit * UINT64_C(0x9E3779B97F4A7C15) >> 32;
    return &table->buckets[(uint64_t)table->capacity * 2 * hash >> 32];
}

uint32_t as_chunk_table_find(const as_chunk_table *table, uint64_t unit)
{
    if (table->capacity == 0)
        return AS_NO_CHUNK;
    uint32_t at = *bucket_of(table, unit);
    while (at != AS_NO_CHUNK && table->chunks[at].unit != unit)
        at = table->chunks[at].chain;
    return at;
}

static void put_in_bucket(as_chunk_table *table, uint32_t at)
{
    uint32_t *bucket = bucket_of(table, table->chunks[at].unit);
    table->chunks[at].chain = *bucket;
    *bucket = at;
}

/* Called when every chunk is in use. */
static bool grow(as_chunk_table *table)
{
    const uint32_t capacity = table->capacity ? 2 * table->capacity : FIRST_CAPACITY;
    size_t chunk_bytes; /* more than those of the buckets */
    if (table->capacity >= AS_MOST_CHUNKS || !as_mul_size(capacity, sizeof(as_chunk), &chunk_bytes))
        return false;
    const size_t bucket_bytes = (size_t)2 * capacity * sizeof(*table->buckets);
    uint32_t *buckets = as_mem_alloc(bucket_bytes);
    if (!buckets)
        return false;
    as_chunk *chunks = as_mem_grow(table->chunks, table->capacity * sizeof(*chunks), chunk_bytes);
    if (!chunks) {
        as_mem_free(buckets);
        return false;
    }
    as_mem_free(table->buckets);
    memset(buckets, 0xFF, bucket_bytes);
    table->chunks = chunks;
    table->buckets = buckets;
    table->capacity = capacity;
    for (uint32_t at = 0; at < table->touched; at++)
        put_in_bucket(table, at);
    return true;
}

uint32_t as_chunk_table_add(as_chunk_table *table, uint64_t unit)
{
    if (table->unused == AS_NO_CHUNK && table->touched == table->capacity && !grow(table))
        return AS_NO_CHUNK;
    uint32_t at = table->unused;
    if (at == AS_NO_CHUNK)
        at = table->touched++;
    else
        table->unused = table->chunks[at].chain;
    table->chunks[at] = (as_chunk){.unit = unit};
    put_in_bucket(table, at);
    return at;
}

void as_chunk_table_remove(as_chunk_table *table, uint32_t at)
{
    as_chunk *chunk = &table->chunks[at];
    uint32_t *link = bucket_of(table, chunk->unit);
    while (*link != at)
        link = &table->chunks[*link].chain;
    *link = chunk->chain;
    *chunk = (as_chunk){.chain = table->unused};
    table->unused = at;
}

void as_chunk_table_link(as_chunk_table *table, uint32_t at)
{
    as_chunk *chunk = &table->chunks[at];
    chunk->newer = AS_NO_CHUNK;
    chunk->older = table->newest;
    *(table->newest == AS_NO_CHUNK ? &table->oldest : &table->chunks[table->newest].newer) = at;
    table->newest = at;
}

void as_chunk_table_unlink(as_chunk_table *table, uint32_t at)
{
    const as_chunk *chunk = &table->chunks[at];
    *(chunk->newer == AS_NO_CHUNK ? &table->newest : &table->chunks[chunk->newer].older) =
        chunk->older;
    *(chunk->older == AS_NO_CHUNK ? &table->oldest : &table->chunks[chunk->older].newer) =
        chunk->newer;
}
