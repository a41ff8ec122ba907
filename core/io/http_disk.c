/* SPDX-License-Identifier: MIT
 *
 * The cache on disk of an HTTP source. Opening and writing may block for long, so a thread of its
 * own does it; loading is done by the reader that needs the unit.
 */
#include "core/io/source_http.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <string.h>

#define DRAIN_NS ((uint64_t)100 * 1000000) /* for writing what waits when the source closes */
#define VALIDATOR_BYTES (AS_HTTP_TAG + 128)

/* One version's. Asking the file system for a unit costs a call, so the answer is kept; which units
 * to ask for at all when they are listed is known from one look at the directory and from what was
 * written since. */
struct as_http_disk {
    as_disk_cache *cache;
    unsigned references; /* under the source's lock */
    uint64_t units;
    uint8_t *asked, *there; /* a bit for each unit; there, not asked: likely */
};

static bool get_bit(const uint8_t *bits, uint64_t n)
{
    return bits[n / 8] >> (n % 8) & 1;
}

static void put_bit(uint8_t *bits, uint64_t n, bool value)
{
    const uint8_t mask = (uint8_t)(1u << (n % 8));
    bits[n / 8] = (uint8_t)(value ? bits[n / 8] | mask : bits[n / 8] & ~mask);
}

static void note(as_http_disk *disk, uint64_t unit, bool there)
{
    put_bit(disk->asked, unit, true);
    put_bit(disk->there, unit, there);
}

static void free_disk(as_http_disk *disk)
{
    as_disk_close(disk->cache);
    as_mem_free(disk->asked);
    as_mem_free(disk->there);
    as_mem_free(disk);
}

static void unref(as_http_disk *disk)
{
    if (disk && --disk->references == 0)
        free_disk(disk);
}

/* Bytes of a unit of a content of this size. */
static size_t unit_length(uint64_t size, uint64_t unit)
{
    const uint64_t rest = size - unit * AS_UNIT_BYTES;
    return rest < AS_UNIT_BYTES ? (size_t)rest : AS_UNIT_BYTES;
}

/* -------------------------------------------------------------------------- its thread ---- */

static as_http_disk *open_disk(as_http_source *source, const char *validator, uint64_t size)
{
    as_error error;
    as_http_disk *disk = as_mem_calloc(1, sizeof(*disk));
    if (!disk)
        return NULL;
    disk->references = 1;
    disk->units = size / AS_UNIT_BYTES + (size % AS_UNIT_BYTES != 0);
    if (disk->units > AS_HTTP_DISK_UNITS)
        disk->units = AS_HTTP_DISK_UNITS;
    const size_t bytes = (size_t)(disk->units / 8 + 1);
    disk->asked = as_mem_calloc(1, bytes);
    disk->there = as_mem_calloc(1, bytes);
    if (!disk->asked || !disk->there ||
        as_disk_open(source->params.cache_dir, source->params.cache_dir_bytes, source->first_url,
                     validator, &source->params.log, &disk->cache, &error) != AS_OK) {
        free_disk(disk);
        return NULL;
    }
    as_disk_list(disk->cache, disk->there, disk->units);
    return disk;
}

/* Under the lock, which is released meanwhile. */
static void open_version(as_http_source *source)
{
    char validator[VALIDATOR_BYTES];
    const uint64_t version = atomic_load(&source->version), size = source->size;
    as_http_disk *disk = NULL;
    const bool known = as_http_pin_validator(&source->pin, validator, sizeof(validator));
    as_mutex_unlock(&source->lock);
    if (known)
        disk = open_disk(source, validator, size);
    as_mutex_lock(&source->lock);
    if (version != atomic_load(&source->version)) {
        unref(disk); /* for nothing; the newer one waits to be opened */
        return;
    }
    source->disk = disk;
    source->disk_state = disk ? AS_HTTP_DISK_READY : AS_HTTP_DISK_NONE;
    as_cond_broadcast(&source->changed);
    as_http_kick(&source->user);
}

/* Writes the unit that has waited longest. Under the lock, which is released meanwhile. */
static void write_next(as_http_source *source, uint8_t *copy)
{
    as_http_disk *disk = source->disk;
    const uint64_t unit = source->disk_queue[source->disk_first];
    source->disk_first = (source->disk_first + 1) % AS_HTTP_DISK_QUEUE;
    source->disk_count--;
    size_t length = 0;
    const uint8_t *bytes = as_chunks_unit(source->chunks, unit, &length);
    if (!bytes || unit >= disk->units || length != unit_length(source->size, unit))
        return;
    memcpy(copy, bytes, length);
    disk->references++;
    as_mutex_unlock(&source->lock);
    as_disk_write(disk->cache, unit, copy, length);
    as_mutex_lock(&source->lock);
    put_bit(disk->asked, unit, false); /* it may not have worked */
    put_bit(disk->there, unit, true);
    unref(disk);
}

static void run(void *user)
{
    as_http_source *source = user;
    uint8_t *copy = as_mem_alloc(AS_UNIT_BYTES);
    as_mutex_lock(&source->lock);
    for (;;) {
        const bool may_write = copy && source->disk_state == AS_HTTP_DISK_READY;
        if (source->disk_closing && as_clock_ns() >= source->disk_deadline_ns)
            break;
        if (source->disk_state == AS_HTTP_DISK_OPENING && !source->disk_closing)
            open_version(source);
        else if (may_write && source->disk_count != 0)
            write_next(source, copy);
        else if (source->disk_closing)
            break;
        else
            (void)as_cond_wait_until(&source->disk_work, &source->lock, AS_NO_DEADLINE);
    }
    as_mutex_unlock(&source->lock);
    as_mem_free(copy);
}

as_result as_http_disk_start(as_http_source *source, as_error *error)
{
    if (!source->params.cache_dir)
        return AS_OK;
    if (!as_cond_init(&source->disk_work))
        return as_err_no_memory(error, sizeof(source->disk_work), "a condition of the disk cache");
    source->disk_state = AS_HTTP_DISK_WAITS; /* before there is a thread that looks at it */
    if (!as_thread_start(&source->disk_thread, "as-http-disk", run, source)) {
        as_cond_destroy(&source->disk_work);
        return as_err_set(error, AS_ERROR_OUT_OF_MEMORY,
                          "out of memory: the disk cache's thread could not be started; free "
                          "memory or threads and open again, or leave cache_dir out");
    }
    source->disk_thread_runs = true;
    return AS_OK;
}

void as_http_disk_stop(as_http_source *source)
{
    if (!source->disk_thread_runs)
        return;
    as_mutex_lock(&source->lock);
    source->disk_closing = true;
    source->disk_deadline_ns = as_clock_ns() + DRAIN_NS;
    as_cond_broadcast(&source->disk_work);
    as_mutex_unlock(&source->lock);
    as_thread_join(&source->disk_thread);
    as_cond_destroy(&source->disk_work);
    unref(source->disk);
}

/* ------------------------------------------------------------------------ what happens ---- */

void as_http_disk_pinned(as_http_source *source)
{
    if (source->disk_state != AS_HTTP_DISK_WAITS || source->size == AS_SIZE_UNKNOWN)
        return;
    source->disk_state = AS_HTTP_DISK_OPENING;
    as_cond_broadcast(&source->disk_work);
}

void as_http_disk_changed(as_http_source *source)
{
    if (!source->disk_thread_runs)
        return;
    unref(source->disk);
    source->disk = NULL;
    source->disk_state = AS_HTTP_DISK_WAITS;
    source->disk_count = 0;
}

void as_http_disk_completed(as_http_source *source, uint64_t unit)
{
    const bool may_come = source->disk_state == AS_HTTP_DISK_WAITS ||
                          source->disk_state == AS_HTTP_DISK_OPENING ||
                          source->disk_state == AS_HTTP_DISK_READY;
    if (!may_come || source->disk_count == AS_HTTP_DISK_QUEUE)
        return;
    source->disk_queue[(source->disk_first + source->disk_count) % AS_HTTP_DISK_QUEUE] = unit;
    source->disk_count++;
    as_cond_broadcast(&source->disk_work);
}

bool as_http_disk_has(const as_http_source *source, uint64_t unit)
{
    as_http_disk *disk = source->disk;
    if (!disk || unit >= disk->units)
        return false;
    if (!get_bit(disk->asked, unit))
        note(disk, unit, as_disk_has(disk->cache, unit));
    return get_bit(disk->there, unit);
}

uint64_t as_http_disk_next(const as_http_source *source, uint64_t unit)
{
    const as_http_disk *disk = source->disk;
    for (; disk && unit < disk->units; unit++) {
        if (unit % 8 == 0 && disk->there[unit / 8] == 0)
            unit += 7;
        else if (get_bit(disk->there, unit) && as_http_disk_has(source, unit))
            return unit;
    }
    return UINT64_MAX;
}

bool as_http_disk_load(as_http_source *source, as_http_reader *reader)
{
    const uint64_t unit = reader->at / AS_UNIT_BYTES;
    if (!as_http_disk_has(source, unit))
        return false;
    as_http_disk *disk = source->disk;
    const size_t length = unit_length(source->size, unit);
    disk->references++;
    as_mutex_unlock(&source->lock);
    uint8_t *bytes = as_mem_alloc(AS_UNIT_BYTES);
    const bool there = bytes && as_disk_read(disk->cache, unit, bytes, length);
    as_mutex_lock(&source->lock);
    if (!there) {
        note(disk, unit, false);
    } else if (disk == source->disk) {
        as_error error;
        size_t fresh;
        source->stats.disk_hits++;
        /* It reaches the readers also when the cache has no room for it. */
        (void)as_chunks_write(source->chunks, unit * AS_UNIT_BYTES, bytes, length, &fresh, &error);
        as_http_deliver(source, unit * AS_UNIT_BYTES, bytes, length);
    }
    unref(disk);
    as_mem_free(bytes);
    return true;
}
