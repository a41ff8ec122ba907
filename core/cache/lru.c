/* SPDX-License-Identifier: MIT
 *
 * Nodes live in one array and are linked by number: half the size of pointers, and a cache of a
 * million frames is two allocations. Two links order them by use, a third chains those whose keys
 * share a bucket.
 */
#include "core/cache/lru.h"

#include "core/base/buffer.h"
#include "core/base/mem.h"

#include <stdatomic.h>
#include <string.h>

#define NONE UINT32_MAX

struct as_blob {
    atomic_size_t references;
    as_buffer buffer;
};

typedef struct node {
    uint64_t key;
    as_blob *blob;
    uint32_t newer, older; /* a free node is newer than itself */
    uint32_t chain;        /* the next of this bucket, or of the free nodes */
} node;

struct as_lru {
    node *nodes;
    uint32_t *buckets; /* first node of each */
    size_t mask;       /* number of buckets - 1 */
    size_t max_count, count;
    uint64_t max_bytes, bytes;
    uint64_t hits, misses;
    uint32_t newest, oldest;
    uint32_t free;    /* nodes that were in use before */
    uint32_t touched; /* nodes from here on never were: their memory is not even resident */
};

as_blob *as_blob_create(as_buffer *buffer)
{
    as_blob *blob = as_mem_alloc(sizeof(*blob));
    if (!blob)
        return NULL;
    atomic_init(&blob->references, 1);
    blob->buffer = *buffer;
    *buffer = (as_buffer){0};
    return blob;
}

as_blob *as_blob_ref(as_blob *blob)
{
    atomic_fetch_add_explicit(&blob->references, 1, memory_order_relaxed);
    return blob;
}

void as_blob_unref(as_blob *blob)
{
    if (!blob || atomic_fetch_sub_explicit(&blob->references, 1, memory_order_acq_rel) != 1)
        return;
    as_buf_free(&blob->buffer);
    as_mem_free(blob);
}

const uint8_t *as_blob_data(const as_blob *blob)
{
    return blob->buffer.data;
}

size_t as_blob_size(const as_blob *blob)
{
    return blob->buffer.size;
}

as_lru *as_lru_create(size_t max_count, uint64_t max_bytes)
{
    if (max_count >= NONE || max_count > SIZE_MAX / sizeof(node))
        return NULL;
    size_t buckets = 2;
    while (buckets < 2 * max_count)
        buckets *= 2;
    as_lru *lru = as_mem_calloc(1, sizeof(*lru));
    if (!lru)
        return NULL;
    lru->nodes = as_mem_alloc(max_count * sizeof(*lru->nodes));
    lru->buckets = as_mem_alloc(buckets * sizeof(*lru->buckets));
    lru->mask = buckets - 1;
    lru->max_count = max_count;
    lru->max_bytes = max_bytes;
    lru->newest = lru->oldest = lru->free = NONE;
    if (!lru->nodes || !lru->buckets) {
        as_lru_destroy(lru);
        return NULL;
    }
    memset(lru->buckets, 0xFF, buckets * sizeof(*lru->buckets));
    return lru;
}

void as_lru_destroy(as_lru *lru)
{
    if (!lru)
        return;
    for (uint32_t at = lru->newest; at != NONE; at = lru->nodes[at].older)
        as_blob_unref(lru->nodes[at].blob);
    as_mem_free(lru->nodes);
    as_mem_free(lru->buckets);
    as_mem_free(lru);
}

/* The finalizer of splitmix64 (Sebastiano Vigna, public domain): every bit of a key reaches every
 * bit of the result, so that strided keys spread as well as others. */
static uint32_t *bucket_of(const as_lru *lru, uint64_t key)
{
    key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9u;
    key = (key ^ (key >> 27)) * 0x94D049BB133111EBu;
    return &lru->buckets[(size_t)(key ^ (key >> 31)) & lru->mask];
}

static uint32_t find(const as_lru *lru, uint64_t key)
{
    uint32_t at = *bucket_of(lru, key);
    while (at != NONE && lru->nodes[at].key != key)
        at = lru->nodes[at].chain;
    return at;
}

static void unlink_node(as_lru *lru, uint32_t at)
{
    const node *n = &lru->nodes[at];
    *(n->newer == NONE ? &lru->newest : &lru->nodes[n->newer].older) = n->older;
    *(n->older == NONE ? &lru->oldest : &lru->nodes[n->older].newer) = n->newer;
}

static void link_newest(as_lru *lru, uint32_t at)
{
    node *n = &lru->nodes[at];
    n->newer = NONE;
    n->older = lru->newest;
    *(lru->newest == NONE ? &lru->oldest : &lru->nodes[lru->newest].newer) = at;
    lru->newest = at;
}

static void touch(as_lru *lru, uint32_t at)
{
    if (lru->newest == at)
        return;
    unlink_node(lru, at);
    link_newest(lru, at);
}

static void evict_oldest(as_lru *lru)
{
    const uint32_t at = lru->oldest;
    node *n = &lru->nodes[at];
    uint32_t *link = bucket_of(lru, n->key);
    while (*link != at)
        link = &lru->nodes[*link].chain;
    *link = n->chain;
    unlink_node(lru, at);
    lru->count--;
    lru->bytes -= n->blob->buffer.capacity;
    as_blob_unref(n->blob);
    n->newer = at;
    n->chain = lru->free;
    lru->free = at;
}

static void insert(as_lru *lru, uint64_t key, as_blob *blob)
{
    uint32_t at = lru->free;
    if (at == NONE)
        at = lru->touched++;
    else
        lru->free = lru->nodes[at].chain;
    uint32_t *bucket = bucket_of(lru, key);
    node *n = &lru->nodes[at];
    n->key = key;
    n->blob = blob;
    n->chain = *bucket;
    *bucket = at;
    link_newest(lru, at);
    lru->count++;
}

as_blob *as_lru_get(as_lru *lru, uint64_t key)
{
    const uint32_t at = find(lru, key);
    if (at == NONE) {
        lru->misses++;
        return NULL;
    }
    lru->hits++;
    touch(lru, at);
    return lru->nodes[at].blob;
}

bool as_lru_has(const as_lru *lru, uint64_t key)
{
    return find(lru, key) != NONE;
}

size_t as_lru_keys(const as_lru *lru, size_t *at, size_t most, uint64_t *out_keys)
{
    const size_t end = most < lru->touched - *at ? *at + most : lru->touched;
    size_t count = 0;
    for (; *at < end; (*at)++)
        if (lru->nodes[*at].newer != *at)
            out_keys[count++] = lru->nodes[*at].key;
    if (end == lru->touched)
        *at = SIZE_MAX;
    return count;
}

size_t as_lru_put(as_lru *lru, uint64_t key, as_blob *blob)
{
    size_t evicted = 0;
    const uint32_t at = find(lru, key);
    as_blob_ref(blob); /* first: it may be the very one that is replaced */
    if (at != NONE) {
        as_blob *old = lru->nodes[at].blob;
        lru->nodes[at].blob = blob;
        lru->bytes -= old->buffer.capacity;
        as_blob_unref(old);
        touch(lru, at);
    } else {
        if (lru->count == lru->max_count) {
            evict_oldest(lru);
            evicted++;
        }
        insert(lru, key, blob);
    }
    lru->bytes += blob->buffer.capacity;
    for (; lru->bytes > lru->max_bytes && lru->count > 1; evicted++)
        evict_oldest(lru);
    return evicted;
}

void as_lru_clear(as_lru *lru)
{
    while (lru->count)
        evict_oldest(lru);
}

size_t as_lru_count(const as_lru *lru)
{
    return lru->count;
}

uint64_t as_lru_bytes(const as_lru *lru)
{
    return lru->bytes;
}

uint64_t as_lru_hits(const as_lru *lru)
{
    return lru->hits;
}

uint64_t as_lru_misses(const as_lru *lru)
{
    return lru->misses;
}
