/* SPDX-License-Identifier: MIT
 *
 * A strict LRU map from frame index to polystream, capped by count and by bytes. Not thread-safe:
 * the stream's lock guards it.
 *
 * Values are counted blobs: one that is evicted or replaced while somebody draws it lives until it
 * is released (as_blob_unref needs no lock).
 */
#ifndef AS_CACHE_LRU_H
#define AS_CACHE_LRU_H

#include "alphastream/container.h"

#include <stdbool.h>
#include <stdint.h>

/* Immutable bytes with a count. */
typedef struct as_blob as_blob;

/* Takes over buffer's memory (buffer becomes {0}). NULL: out of memory, buffer stays. */
as_blob *as_blob_create(as_buffer *buffer);
as_blob *as_blob_ref(as_blob *blob);
void as_blob_unref(as_blob *blob); /* NULL is ignored; thread-safe */
const uint8_t *as_blob_data(const as_blob *blob);
size_t as_blob_size(const as_blob *blob);

typedef struct as_lru as_lru;

/* All memory but the blobs is allocated here. max_count: 1 .. UINT32_MAX - 1. A blob counts with
 * the memory its buffer has (capacity), which is its size when the buffer was fitted to it. NULL:
 * out of memory. */
as_lru *as_lru_create(size_t max_count, uint64_t max_bytes);
void as_lru_destroy(as_lru *lru); /* unrefs all; NULL is ignored */

/* The blob of `key`, now the most recently used, or NULL; the reference stays the cache's. Counts a
 * hit or a miss. */
as_blob *as_lru_get(as_lru *lru, uint64_t key);
/* Is it there? Neither counts nor touches. */
bool as_lru_has(const as_lru *lru, uint64_t key);
/* Writes the keys that are in the next `most` places, from place *at on (0 at first), in no order.
 * Returns how many; *at becomes the place to go on from, SIZE_MAX where there are no more. What is
 * put in between two calls may be missed, or come twice. */
size_t as_lru_keys(const as_lru *lru, size_t *at, size_t most, uint64_t *out_keys);
/* Puts `blob` (the cache takes a reference of its own) in front, replacing the key's old one, and
 * evicts from the other end until both caps hold; a blob larger than max_bytes alone stays as the
 * only one. Returns how many were evicted (the replaced one is not). Never fails. */
size_t as_lru_put(as_lru *lru, uint64_t key, as_blob *blob);
/* Forgets all; hits and misses go on counting. */
void as_lru_clear(as_lru *lru);

size_t as_lru_count(const as_lru *lru);
/* As they count against max_bytes. */
uint64_t as_lru_bytes(const as_lru *lru);
uint64_t as_lru_hits(const as_lru *lru);
uint64_t as_lru_misses(const as_lru *lru);

#endif
