/* SPDX-License-Identifier: MIT
 *
 * Which units a chunk cache has: a hash table from unit to chunk, and a list of chunks by use. Its
 * memory follows the number of chunks, whatever their unit numbers. Chunks are named by number:
 * pointers to them hold until the next as_chunk_table_add.
 */
#ifndef AS_IO_CHUNK_TABLE_H
#define AS_IO_CHUNK_TABLE_H

#include <stdint.h>

#define AS_NO_CHUNK UINT32_MAX
#define AS_MOST_CHUNKS ((uint32_t)1 << 31)

typedef struct as_chunk {
    uint64_t unit;
    uint8_t *bytes;  /* AS_UNIT_BYTES of memory, the cache's; NULL: in the temporary file ... */
    uint64_t slot;   /* ... here */
    uint32_t filled; /* bytes from the unit's start; 0: this chunk is not in use */
    uint32_t newer, older;
    uint32_t chain; /* the next of its bucket, or of those not in use */
} as_chunk;

typedef struct as_chunk_table {
    as_chunk *chunks;
    uint32_t *buckets; /* 2 * capacity of them: the first chunk of each */
    uint32_t capacity; /* a power of 2, or 0 */
    uint32_t touched;  /* chunks from here on were never in use */
    uint32_t unused;   /* chunks that were */
    uint32_t newest, oldest;
} as_chunk_table;

void as_chunk_table_init(as_chunk_table *table);
/* Frees the table's memory, not that of chunks, and leaves it as after init. */
void as_chunk_table_release(as_chunk_table *table);

uint32_t as_chunk_table_find(const as_chunk_table *table, uint64_t unit);
/* A chunk for a unit that has none, all zero but for `unit`, not in the list; the caller fills it
 * or removes it again. At most AS_MOST_CHUNKS. AS_NO_CHUNK: out of memory, nothing has changed. */
uint32_t as_chunk_table_add(as_chunk_table *table, uint64_t unit);
/* It must not be in the list any more. */
void as_chunk_table_remove(as_chunk_table *table, uint32_t at);

/* The list: those in memory, by use. */
void as_chunk_table_link(as_chunk_table *table, uint32_t at); /* as the newest */
void as_chunk_table_unlink(as_chunk_table *table, uint32_t at);

#endif
