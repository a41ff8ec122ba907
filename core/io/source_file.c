/* SPDX-License-Identifier: MIT */
#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/base/thread.h"
#include "core/io/io_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)128 * 1024)
#define BLOCK_COUNT 4
#define PART_BYTES ((size_t)4 * 1024 * 1024) /* at most: a cancel waits for one read */

typedef struct block {
    uint8_t *bytes; /* NULL until first used */
    uint64_t offset;
    size_t valid;  /* less than BLOCK_BYTES where the file ended when it was read */
    uint64_t used; /* `turn` of the last use */
} block;

typedef struct file_source {
    as_file handle;
    atomic_bool cancelled;
    atomic_uint_fast64_t largest; /* the largest size seen */
    const uint8_t *map;           /* NULL: not mapped */
    size_t map_size;
    as_mutex lock; /* of what follows */
    block blocks[BLOCK_COUNT];
    uint64_t turn;
    char shown[AS_IO_SHOWN]; /* the path for sentences */
} file_source;

static as_result say_errno(as_error *error, int number, const char *what, const char *shown,
                           const char *advice)
{
    char reason[128];
    return as_err_errno(error, AS_ERROR_TRANSPORT, number, "%s \"%s\" failed: %s (errno %d); %s",
                        what, shown, as_file_reason(number, reason, sizeof(reason)), number,
                        advice);
}

static as_result say_shorter(const file_source *file, uint64_t before, uint64_t now,
                             as_error *error)
{
    return as_err_set(error, AS_ERROR_TRANSPORT,
                      "the file got shorter while it was open: \"%s\" had %" PRIu64
                      " bytes and now ends at %" PRIu64 "; open it anew once it is whole",
                      file->shown, before, now);
}

static void saw_size(file_source *file, uint64_t size)
{
    uint_fast64_t largest = atomic_load(&file->largest);
    while (size > largest && !atomic_compare_exchange_weak(&file->largest, &largest, size)) {
    }
}

/* Reads until `length` bytes are there or the file ends. */
static as_result read_all(file_source *file, uint64_t offset, uint8_t *buffer, size_t length,
                          size_t *out_read, as_error *error)
{
    size_t got = 0;
    *out_read = 0;
    if (offset >= INT64_MAX) /* no file reaches there */
        return AS_OK;
    if (length > (uint64_t)INT64_MAX - offset)
        length = (size_t)((uint64_t)INT64_MAX - offset);
    while (got < length) {
        if (atomic_load(&file->cancelled))
            return as_err_set(error, AS_ERROR_CANCELLED, "reading \"%s\" was cancelled",
                              file->shown);
        const size_t part = length - got < PART_BYTES ? length - got : PART_BYTES;
        size_t n;
        const int number = as_file_read_at(file->handle, offset + got, buffer + got, part, &n);
        if (number != 0)
            return say_errno(error, number, "reading the file", file->shown,
                             "check the disk or network share that it lies on");
        if (n == 0)
            break;
        got += n;
    }
    if (got != 0)
        saw_size(file, offset + got);
    *out_read = got;
    return AS_OK;
}

static as_result read_direct(file_source *file, uint64_t offset, uint8_t *buffer, size_t length,
                             size_t *out_read, as_error *error)
{
    /* Taken before reading: a size that another thread sees later is growth, not a sign that this
     * read met a shortened file. */
    uint64_t before = atomic_load(&file->largest);
    as_result result = read_all(file, offset, buffer, length, out_read, error);
    if (result == AS_OK && *out_read < length && offset + *out_read < before)
        return say_shorter(file, before, offset + *out_read, error);
    return result;
}

/* The block that holds `offset`, or else the one least recently used, emptied for it; NULL without
 * memory. */
static block *take_block(file_source *file, uint64_t offset)
{
    block *oldest = &file->blocks[0];
    uint64_t start = offset - offset % BLOCK_BYTES;
    for (block *b = file->blocks; b < file->blocks + BLOCK_COUNT; b++) {
        if (b->bytes && b->offset == start)
            return b;
        if (b->used < oldest->used)
            oldest = b;
    }
    if (!oldest->bytes) {
        oldest->bytes = as_mem_alloc(BLOCK_BYTES);
        if (!oldest->bytes)
            return NULL;
    }
    oldest->offset = start;
    oldest->valid = 0;
    return oldest;
}

/* Reads on from where the block's bytes end: the file ended there, and may have grown since. */
static as_result fill_block(file_source *file, block *b, as_error *error)
{
    size_t more;
    as_result result = read_all(file, b->offset + b->valid, b->bytes + b->valid,
                                BLOCK_BYTES - b->valid, &more, error);
    b->valid += more;
    return result;
}

/* Copies what one block holds of `length` bytes at `offset`. */
static as_result read_block(file_source *file, uint64_t offset, uint8_t *buffer, size_t length,
                            size_t *out_read, as_error *error)
{
    size_t at = (size_t)(offset % BLOCK_BYTES);
    if (length > BLOCK_BYTES - at)
        length = BLOCK_BYTES - at;
    uint64_t before = atomic_load(&file->largest); /* as in read_direct */
    block *b = take_block(file, offset);
    /* Without memory, or with a bad spot elsewhere in the block, the range itself may be had. */
    if (!b || (at + length > b->valid && fill_block(file, b, error) != AS_OK))
        return read_direct(file, offset, buffer, length, out_read, error);
    b->used = ++file->turn;
    size_t held = b->valid > at ? b->valid - at : 0;
    if (held < length && b->offset + b->valid < before)
        return say_shorter(file, before, b->offset + b->valid, error);
    *out_read = length < held ? length : held;
    memcpy(buffer, b->bytes + at, *out_read);
    return AS_OK;
}

static as_result read_buffered(file_source *file, uint64_t offset, uint8_t *buffer, size_t length,
                               size_t *out_read, as_error *error)
{
    as_result result = AS_OK;
    size_t got = 0;
    as_mutex_lock(&file->lock);
    while (got < length) {
        size_t part = 0;
        result = read_block(file, offset + got, buffer + got, length - got, &part, error);
        if (result != AS_OK)
            break;
        got += part;
        if (part == 0 || (offset + got) % BLOCK_BYTES != 0) /* all of it, or the file's end */
            break;
    }
    as_mutex_unlock(&file->lock);
    *out_read = got;
    return result;
}

static as_result file_read(void *user, uint64_t offset, void *buffer, size_t length,
                           size_t *out_read, as_error *error)
{
    file_source *file = user;
    if (offset <= file->map_size && length <= file->map_size - offset) {
        memcpy(buffer, file->map + offset, length);
        *out_read = length;
        return AS_OK;
    }
    if (length >= BLOCK_BYTES)
        return read_direct(file, offset, buffer, length, out_read, error);
    return read_buffered(file, offset, buffer, length, out_read, error);
}

static as_result file_size(void *user, uint64_t *out_size, as_error *error)
{
    file_source *file = user;
    as_file_info info;
    uint64_t before = atomic_load(&file->largest);
    const int number = as_file_get_info(file->handle, &info);
    if (number != 0)
        return say_errno(error, number, "asking for the size of", file->shown,
                         "check the disk or network share that it lies on");
    if (info.size < before)
        return say_shorter(file, before, info.size, error);
    saw_size(file, info.size);
    *out_size = info.size;
    return AS_OK;
}

static void file_cancel(void *user)
{
    atomic_store(&((file_source *)user)->cancelled, true);
}

static void file_close(void *user)
{
    file_source *file = user;
    if (file->map)
        as_file_unmap(file->map, file->map_size);
    for (size_t i = 0; i < BLOCK_COUNT; i++)
        as_mem_free(file->blocks[i].bytes);
    as_mutex_destroy(&file->lock);
    if (file->handle != AS_FILE_NONE)
        (void)as_file_close(file->handle);
    as_mem_free(file);
}

static const as_source_vtable file_vtable = {
    .struct_size = sizeof(as_source_vtable),
    .read = file_read,
    .size = file_size,
    .cancel = file_cancel,
    .close = file_close,
};

static const char *text_of(as_file_kind kind)
{
    switch (kind) {
    case AS_FILE_FOLDER: return "a directory";
    case AS_FILE_PIPE: return "a pipe (fifo)";
    case AS_FILE_DEVICE: return "a device";
    default: return "no file of bytes";
    }
}

static as_result say_open_failed(as_error *error, int number, const char *shown)
{
    switch (number) {
    case ENOENT:
        return as_err_errno(error, AS_ERROR_TRANSPORT, number,
                            "there is no file \"%s\"; check the path", shown);
    case EACCES:
        return as_err_errno(error, AS_ERROR_TRANSPORT, number,
                            "no permission to read the file \"%s\"; check its mode, its owner and "
                            "those of the folders above it",
                            shown);
    case ENXIO: /* what a socket gives */
        return as_err_errno(error, AS_ERROR_TRANSPORT, number,
                            "\"%s\" is a socket or a missing device, not a regular file; copy its "
                            "bytes to a file first",
                            shown);
    case ENOMEM: return as_err_no_memory(error, strlen(shown), "opening a file");
    case EMFILE:
    case ENFILE:
        return say_errno(error, number, "opening the file", shown,
                         "close others first or raise the limit on open files");
    default: return say_errno(error, number, "opening the file", shown, "check the path");
    }
}

/* Opens a regular file and sets *out_size. */
static as_result open_regular(const char *path, const char *shown, as_file *out_file,
                              uint64_t *out_size, as_error *error)
{
    as_file file;
    as_file_info info;
    as_result result = AS_OK;
    int number = as_file_open(path, &file);
    if (number != 0)
        return say_open_failed(error, number, shown);
    number = as_file_get_info(file, &info);
    if (number != 0)
        result = say_errno(error, number, "asking for the size of", shown, "check the path");
    else if (info.kind != AS_FILE_REGULAR)
        result = as_err_set(error, AS_ERROR_TRANSPORT,
                            "\"%s\" is %s, not a regular file; give the path of a container, or "
                            "copy its bytes to a file first",
                            shown, text_of(info.kind));
    if (result != AS_OK) {
        (void)as_file_close(file);
        return result;
    }
    *out_file = file;
    *out_size = info.size;
    return AS_OK;
}

static as_result map_file(file_source *file, uint64_t size, as_error *error)
{
    if (size == 0)
        return AS_OK;
    const void *map = NULL;
    const int number = size > SIZE_MAX ? EFBIG : as_file_map(file->handle, (size_t)size, &map);
    if (number != 0)
        return say_errno(error, number, "mapping into memory the file", file->shown,
                         "open it without as_file_params.map");
    file->map = map;
    file->map_size = (size_t)size;
    return AS_OK;
}

as_result as_io_open_named_file(const char *path, const char *name, const as_file_params *params,
                                as_source **out_source, as_error *error)
{
    file_source *file = as_mem_calloc(1, sizeof(*file));
    if (!file)
        return as_err_no_memory(error, sizeof(*file), "a file source");
    if (!as_mutex_init(&file->lock, AS_LOCK_FILE)) {
        as_mem_free(file);
        return as_err_no_memory(error, sizeof(as_mutex), "the lock of a file source");
    }
    file->handle = AS_FILE_NONE;
    (void)as_io_shown_path(file->shown, path);
    uint64_t size = 0;
    as_result result = open_regular(path, file->shown, &file->handle, &size, error);
    if (result == AS_OK) {
        saw_size(file, size);
        if (params && params->map)
            result = map_file(file, size, error);
    }
    if (result == AS_OK)
        result = as_io_open_custom(&file_vtable, file, name, out_source, error);
    if (result == AS_OK)
        as_io_mark_local(*out_source);
    else
        file_close(file);
    return result;
}

as_result as_io_open_file(const char *path, const as_file_params *params, as_source **out_source,
                          as_error *error)
{
    return as_io_open_named_file(path, as_io_path_name(path), params, out_source, error);
}
