/* SPDX-License-Identifier: MIT */
#include "core/format/format.h"

#include "core/base/bytes.h"
#include "core/base/checked.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/io/io.h"

#include <inttypes.h>

/* Turns the inflated table of sizes into offsets, in place: entry i is read before it is written.
 */
static as_result index_frames(as_container *container, as_error *error)
{
    as_buffer *bytes = &container->offset_bytes;
    const uint64_t count = bytes->size / 8;
    uint64_t *offsets = (uint64_t *)(void *)bytes->data;
    uint64_t at = AS_HEADER_BYTES + container->info.table_bytes;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t size = as_get_u64(bytes->data + 8 * i);
        offsets[i] = at;
        if (!as_add_u64(at, size, &at))
            return as_err_set(error, AS_ERROR_DECODE,
                              "the sizes table is damaged: up to frame %" PRIu64
                              " the sizes add up to more than 2^64 bytes",
                              i);
    }
    offsets[count] = at;
    container->offsets = offsets;
    container->info.frame_count = count;
    container->info.blocks_bytes = at - AS_HEADER_BYTES - container->info.table_bytes;
    return AS_OK;
}

/* Inflating had to guess the table's size; give back what was guessed too much. */
static as_result trim_table(as_buffer *bytes, as_error *error)
{
    const size_t needed = bytes->size + 8;
    if (bytes->capacity / 2 <= needed)
        return AS_OK;
    uint8_t *data = as_mem_grow(bytes->data, bytes->size, needed);
    if (!data)
        return as_err_no_memory(error, needed, "the frame index");
    bytes->data = data;
    bytes->capacity = needed;
    return AS_OK;
}

static void note(const as_container *container)
{
    const as_container_info *info = &container->info;
    as_log_write(&container->log, AS_LOG_INFO,
                 "opened %s container: %" PRIu64 " frames, %" PRIu64 " bytes of blocks",
                 info->encrypted ? "encrypted (ASVR)" : "plain (ASVP)", info->frame_count,
                 info->blocks_bytes);
    if (info->stated_count != 0 && info->stated_count != info->frame_count)
        as_log_write(&container->log, AS_LOG_WARN,
                     "the header states %" PRIu32 " frames, the sizes table has %" PRIu64
                     "; the table counts",
                     info->stated_count, info->frame_count);
}

/* NULL: *error says why. */
static as_container *create(as_source *source, const as_limits *limits, const as_log *log,
                            as_error *error)
{
    as_container *container = as_mem_calloc(1, sizeof(*container));
    if (!container) {
        as_err_no_memory(error, sizeof(*container), "a container");
        return NULL;
    }
    if (!as_mutex_init(&container->lock, AS_LOCK_CONTAINER)) {
        as_mem_free(container);
        as_err_set(error, AS_ERROR_OUT_OF_MEMORY, "the system has no resources for another lock");
        return NULL;
    }
    atomic_init(&container->references, 1);
    container->source = as_io_ref(source);
    container->version = as_io_version(source);
    container->limits = *limits;
    container->log = *log;
    return container;
}

/* Frees the container where it cannot be read. */
static as_result read_index(as_container *container, const as_key_params *key,
                            as_container **out_container, as_error *error)
{
    as_result result = as_fmt_detect(container, key, error);
    if (result == AS_OK)
        result = trim_table(&container->offset_bytes, error);
    if (result == AS_OK)
        result = index_frames(container, error);
    if (result != AS_OK) {
        as_fmt_close(container);
        return result;
    }
    note(container);
    *out_container = container;
    return AS_OK;
}

as_result as_fmt_open(as_source *source, const as_key_params *key, const as_limits *limits,
                      const as_log *log, as_container **out_container, as_error *error)
{
    as_container *container = create(source, limits, log, error);
    return container ? read_index(container, key, out_container, error) : error->code;
}

as_result as_fmt_reopen(const as_container *old, as_container **out_container, as_error *error)
{
    as_container *container = create(old->source, &old->limits, &old->log, error);
    if (!container)
        return error->code;
    container->reopened = true;
    container->has_key = old->has_key;
    container->key = old->key;
    return read_index(container, NULL, out_container, error);
}

as_container *as_fmt_ref(as_container *container)
{
    (void)atomic_fetch_add_explicit(&container->references, 1, memory_order_relaxed);
    return container;
}

void as_fmt_close(as_container *container)
{
    if (atomic_fetch_sub_explicit(&container->references, 1, memory_order_acq_rel) != 1)
        return;
    while (container->idle) {
        as_scratch *scratch = container->idle;
        container->idle = scratch->next;
        as_fmt_scratch_destroy(scratch);
    }
    as_crypto_wipe(&container->key, sizeof(container->key));
    as_buf_free(&container->offset_bytes);
    as_io_unref(container->source);
    as_mutex_destroy(&container->lock);
    as_mem_free(container);
}
