/* SPDX-License-Identifier: MIT
 *
 * Filling from sorted pairs: for channels whose box is large against their crossings, so that tens
 * of thousands of canvas-sized triangles do not cost a canvas each.
 *
 * Crossings are keys, row << 16 | x + 1 with x in -1 .. width; sorted, they pair up within their
 * rows. A pair sets two partial words and all words between. The words between are found through
 * `skip`, a union-find by distance: skip[w] != 0 says that the words w .. w + skip[w] - 1 are known
 * to be full. So a word is filled at most once a frame, however many spans cover it, and the whole
 * costs crossings plus one canvas. A row of skip has one entry more than words, always 0.
 */
#include "core/raster/canvas.h"

#include "core/base/mem.h"

#include <string.h>

bool as_ras_pairs_reserve(as_canvas *canvas, size_t crossings)
{
    const size_t entries = (canvas->stride + 1) * canvas->height;
    if (!canvas->skip) {
        canvas->skip = as_mem_alloc(entries * sizeof(*canvas->skip));
        if (!canvas->skip)
            return false;
        canvas->skip_clean = false;
    }
    if (!canvas->skip_clean) {
        memset(canvas->skip, 0, entries * sizeof(*canvas->skip));
        canvas->skip_clean = true;
    }
    if (crossings > canvas->keys_capacity) {
        uint32_t *keys = as_mem_alloc(2 * crossings * sizeof(*keys));
        if (!keys)
            return false;
        as_mem_free(canvas->keys);
        canvas->keys = keys;
        canvas->keys_capacity = crossings;
    }
    return true;
}

static void insertion_sort(uint32_t *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const uint32_t key = keys[i];
        size_t k = i;
        for (; k > 0 && keys[k - 1] > key; k--)
            keys[k] = keys[k - 1];
        keys[k] = key;
    }
}

/* Least significant byte first, four times: back in `keys` at the end. */
static void radix_sort(uint32_t *keys, uint32_t *other, size_t count)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        size_t place[256] = {0};
        for (size_t i = 0; i < count; i++)
            place[keys[i] >> shift & 255]++;
        size_t sum = 0;
        for (size_t b = 0; b < 256; b++) {
            const size_t n = place[b];
            place[b] = sum;
            sum += n;
        }
        for (size_t i = 0; i < count; i++)
            other[place[keys[i] >> shift & 255]++] = keys[i];
        uint32_t *t = keys;
        keys = other;
        other = t;
    }
}

/* The first word at or after w that is not known to be full. */
static size_t first_open(uint16_t *skip, size_t w)
{
    while (skip[w]) {
        const size_t next = w + skip[w];
        skip[w] = (uint16_t)(skip[w] + skip[next]);
        w = next;
    }
    return w;
}

/* Sets pixels left .. right of a row. */
static void fill_span(uint64_t *bits, uint16_t *skip, size_t left, size_t right)
{
    const size_t first = left / 64, last = right / 64;
    const uint64_t from = ~UINT64_C(0) << (left % 64), to = ~UINT64_C(0) >> (63 - right % 64);
    if (first == last) {
        bits[first] |= from & to;
        return;
    }
    bits[first] |= from;
    bits[last] |= to;
    for (size_t w = first_open(skip, first + 1); w < last; w = first_open(skip, w)) {
        bits[w] = ~UINT64_C(0);
        skip[w] = 1;
    }
}

void as_ras_pairs_fill(as_canvas *canvas, size_t count)
{
    uint32_t *keys = canvas->keys;
    if (count < 64)
        insertion_sort(keys, count);
    else
        radix_sort(keys, keys + canvas->keys_capacity, count);
    /* Polylines are closed: every row has an even number of crossings. */
    for (size_t i = 0; i + 1 < count; i += 2) {
        const size_t row = keys[i] >> 16;
        const uint32_t a = keys[i] & 0xFFFF, b = keys[i + 1] & 0xFFFF; /* x + 1 */
        const uint32_t left = a < 1 ? 0 : a - 1;
        const uint32_t end = b > canvas->width ? canvas->width : b;
        if (left < end)
            fill_span(canvas->bits + row * canvas->stride,
                      canvas->skip + row * (canvas->stride + 1), left, end - 1);
    }
}
