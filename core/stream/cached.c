/* SPDX-License-Identifier: MIT
 *
 * Which frames the caches have. They are marked in a bit set, in whatever order they come, and the
 * ranges are read from that. L1 may be large and is looked through in slices, the lock held for one
 * of them at a time.
 */
#include "core/stream/stream.h"

#include "core/base/bits.h"
#include "core/base/error.h"
#include "core/base/mem.h"
#include "core/io/io.h"

enum { SLICE = 512, SPARE_RANGES = 16 };

typedef struct marks {
    uint64_t *words;
    uint64_t frames;
} marks;

static void mark(marks *m, uint64_t index)
{
    if (index < m->frames)
        m->words[index / 64] |= UINT64_C(1) << (index % 64);
}

static void mark_output(void *user, as_output_key key)
{
    mark(user, key.index);
}

static void mark_l1(as_stream *stream, marks *m)
{
    uint64_t keys[SLICE];
    for (size_t at = 0; at != SIZE_MAX;) {
        as_mutex_lock(&stream->lock);
        const size_t count = as_lru_keys(stream->l1, &at, SLICE, keys);
        as_mutex_unlock(&stream->lock);
        for (size_t i = 0; i < count; i++)
            mark(m, keys[i]);
    }
}

/* *out_ranges: the caller's to free; NULL where there are none. */
static as_result list_bytes(as_source *source, as_byte_range **out_ranges, size_t *out_count,
                            as_error *error)
{
    as_byte_range *ranges = NULL;
    size_t capacity = 0;
    as_result result = as_io_cached(source, NULL, 0, out_count, error);
    while (result == AS_OK && *out_count > capacity) {
        capacity = *out_count + *out_count / 8 + SPARE_RANGES; /* more may come meanwhile */
        as_mem_free(ranges);
        ranges = as_mem_calloc(capacity, sizeof(*ranges));
        result = ranges ? as_io_cached(source, ranges, capacity, out_count, error)
                        : as_err_no_memory(error, capacity * sizeof(*ranges), "ranges of bytes");
    }
    if (result != AS_OK) {
        as_mem_free(ranges);
        ranges = NULL;
    }
    *out_ranges = ranges;
    return result;
}

/* Frames lie one behind the other, and so do ranges; an empty frame is never read. */
static as_result mark_source(const as_container *container, marks *m, as_error *error)
{
    const uint64_t *offsets = container->offsets;
    as_byte_range *ranges;
    size_t count, at = 0;
    const as_result result = list_bytes(container->source, &ranges, &count, error);
    if (result != AS_OK)
        return result;
    for (uint64_t i = 0; ranges && i < m->frames; i++) {
        while (at < count && ranges[at].offset + ranges[at].length < offsets[i + 1])
            at++;
        if (at == count)
            break;
        if (ranges[at].offset <= offsets[i] && offsets[i] < offsets[i + 1])
            mark(m, i);
    }
    as_mem_free(ranges);
    return AS_OK;
}

/* The first frame from `from` on that is marked, or is not; m->frames: there is none. */
static uint64_t find(const marks *m, uint64_t from, bool marked)
{
    const uint64_t flip = marked ? 0 : UINT64_MAX;
    while (from < m->frames) {
        const uint64_t word = (m->words[from / 64] ^ flip) >> (from % 64);
        if (word != 0) {
            from += as_ctz64(word);
            break;
        }
        from += 64 - from % 64;
    }
    return from < m->frames ? from : m->frames;
}

static size_t write_ranges(const marks *m, as_frame_range *ranges, size_t capacity)
{
    size_t count = 0;
    for (uint64_t at = find(m, 0, true); at < m->frames; count++) {
        const as_frame_range range = {.first = at, .end = find(m, at, false)};
        if (count < capacity)
            ranges[count] = range;
        at = find(m, range.end, true);
    }
    return count;
}

/* The content as it is now, counted; NULL: there is none to ask about. */
static as_container *take_content(as_stream *stream, as_result *out_result, as_error *error)
{
    as_mutex_lock(&stream->lock);
    *out_result = as_st_check_ready(stream, error);
    as_container *container = *out_result == AS_OK ? as_fmt_ref(stream->container) : NULL;
    as_mutex_unlock(&stream->lock);
    return container;
}

/* What was marked is of `container`, if the stream still plays that: it is replaced before what was
 * made of it is forgotten. */
static as_result check_content(as_stream *stream, const as_container *container, as_error *error)
{
    as_mutex_lock(&stream->lock);
    as_result result = as_st_check_ready(stream, error);
    if (result == AS_OK && stream->container != container)
        result = as_err_set(error, AS_NOT_READY,
                            "the source's content was replaced meanwhile; ask again");
    as_mutex_unlock(&stream->lock);
    return result;
}

static as_result mark_tier(as_stream *stream, const as_container *container, as_tier tier, marks *m,
                           as_error *error)
{
    switch (tier) {
    case AS_TIER_L0: as_outputs_each(stream->outputs, mark_output, m); break;
    case AS_TIER_L1: mark_l1(stream, m); break;
    default: return mark_source(container, m, error);
    }
    return AS_OK;
}

as_result as_st_cached(as_stream *stream, as_tier tier, as_frame_range *ranges, size_t capacity,
                       size_t *out_count, as_error *error)
{
    as_result result;
    *out_count = 0;
    as_container *container = take_content(stream, &result, error);
    if (!container)
        return result;
    marks m = {.frames = container->info.frame_count};
    const size_t words = (size_t)(m.frames / 64 + 1);
    m.words = as_mem_calloc(words, sizeof(*m.words));
    if (!m.words) {
        as_fmt_close(container);
        return as_err_no_memory(error, words * sizeof(*m.words), "the list of frames");
    }
    result = mark_tier(stream, container, tier, &m, error);
    if (result == AS_OK)
        result = check_content(stream, container, error);
    if (result == AS_OK)
        *out_count = write_ranges(&m, ranges, capacity);
    as_mem_free(m.words);
    as_fmt_close(container);
    return result;
}
