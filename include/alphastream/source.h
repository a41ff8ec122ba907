/* SPDX-License-Identifier: MIT
 *
 * Sources: where the bytes of a container come from. A file, memory, or anything the caller
 * implements behind as_source_vtable.
 *
 * A source is reference counted: an object opened on it keeps it alive, so the caller may close
 * its own handle at once. All functions are thread-safe unless they say otherwise.
 */
#ifndef ALPHASTREAM_SOURCE_H
#define ALPHASTREAM_SOURCE_H

#include "log.h"
#include "result.h"

AS_BEGIN_DECLS

typedef struct as_source as_source;

#define AS_SIZE_UNKNOWN UINT64_MAX

/* A range of bytes: [offset, offset + length). */
typedef struct as_byte_range {
    uint64_t offset;
    uint64_t length;
} as_byte_range;

/* How a caller implements a source of its own. All functions get the `user` pointer of
 * as_source_open_custom. `error` is never NULL; an implementation that fails sets error->text (a
 * sentence) if it can and returns the result; the library fills the other fields. */
typedef struct as_source_vtable {
    uint32_t struct_size; /* sizeof(as_source_vtable) */
    uint32_t reserved;    /* 0 */

    /* Required. Reads up to `length` (never 0) bytes at `offset` into `buffer` and sets *out_read.
     *
     *  - Blocks until all of `length` is there, the end is reached, or it fails.
     *  - *out_read < length with AS_OK means that the source ends at offset + *out_read, for now.
     *  - At or past the end: AS_OK with *out_read 0. That is not an error here.
     *  - A source whose size was known and that got shorter returns AS_ERROR_TRANSPORT (or
     *    AS_ERROR_CHANGED where it knows that the content is another), never a short read.
     *  - Called by several threads at once, at any offsets, in any order. The same bytes come back
     *    for the same range every time.
     *  - After `cancel`: AS_ERROR_CANCELLED, also for reads blocked at that moment. */
    as_result (*read)(void *user, uint64_t offset, void *buffer, size_t length, size_t *out_read,
                      as_error *error);

    /* Optional (NULL: never known). Sets *out_size to the size in bytes, or AS_SIZE_UNKNOWN while
     * it is not known. May grow between calls (a file being written); cheap, does not block on the
     * network. */
    as_result (*size)(void *user, uint64_t *out_size, as_error *error);

    /* Optional. A hint, given in the order of need, that `ranges` are wanted soon. Returns at once
     * and may do nothing. A larger `priority` is more urgent. Ranges of an older `generation` than
     * the newest seen are no longer wanted (the player has sought elsewhere). */
    void (*prefetch)(void *user, const as_byte_range *ranges, size_t count, int32_t priority,
                     uint64_t generation);

    /* Optional. From any thread, once or more: reads blocked now and all later ones return
     * AS_ERROR_CANCELLED soon. Without it, closing an object waits for the reads under way. */
    void (*cancel)(void *user);

    /* Optional. The last call on this source, when its last reference is gone: frees `user`. Runs
     * on whichever thread dropped that reference. */
    void (*close)(void *user);
} as_source_vtable;

typedef struct as_file_params {
    uint32_t struct_size; /* sizeof(as_file_params) */
    uint32_t map;         /* default 0: buffered reads of 128 KiB. 1: map the file into memory. Only
                             for files that nobody shortens meanwhile: reading a mapped page past
                             a new, earlier end raises SIGBUS, and the library installs no signal
                             handler */
} as_file_params;

typedef struct as_memory_params {
    uint32_t struct_size; /* sizeof(as_memory_params) */
    uint32_t copy;        /* default 0: borrowed, the bytes must stay valid and unchanged until
                             `release` is called (or, without one, until the last object on the
                             source is closed). 1: copied at once */
    const char *name;     /* file name for the salt of encrypted containers; default "" */
    void (*release)(void *user, const void *data); /* optional: borrowed bytes are done with */
    void *user;                                    /* handed to release */
} as_memory_params;

typedef struct as_source_params {
    uint32_t struct_size;       /* sizeof(as_source_params) */
    uint32_t reserved;          /* 0 */
    const as_file_params *file; /* default NULL: defaults */
} as_source_params;

/* Opens what `location` names: a path, or a file URL ("file:///a%20b.asvp": percent escapes are
 * decoded for the file system). UTF-8. http(s) URLs need a build with HTTP.
 * Errors: AS_ERROR_ARGUMENT, AS_ERROR_TRANSPORT (missing, a directory, no permission, not a
 * regular file), AS_ERROR_UNSUPPORTED (a URL scheme this build cannot read),
 * AS_ERROR_OUT_OF_MEMORY. */
AS_API AS_NODISCARD as_result as_source_open(const char *location, const as_source_params *params,
                                             as_source **out_source, as_error *error);

/* Opens a regular file by its path (never read as a URL). The file stays open until the last
 * object on the source is closed. Errors: as as_source_open. This and the next two also give
 * AS_ERROR_UNSUPPORTED for params of a newer library. */
AS_API AS_NODISCARD as_result as_source_open_file(const char *path, const as_file_params *params,
                                                  as_source **out_source, as_error *error);

/* Reads from `size` bytes at `data` (NULL only with size 0). Errors: AS_ERROR_ARGUMENT,
 * AS_ERROR_OUT_OF_MEMORY; after an error `release` has not been called. */
AS_API AS_NODISCARD as_result as_source_open_memory(const void *data, size_t size,
                                                    const as_memory_params *params,
                                                    as_source **out_source, as_error *error);

/* Reads through the caller's functions; `vtable` is copied, `user` belongs to the source from now
 * on until vtable->close (after an error it still belongs to the caller). `name` is the file name
 * for the salt of encrypted containers, copied; NULL = "". Errors: AS_ERROR_ARGUMENT,
 * AS_ERROR_OUT_OF_MEMORY. */
AS_API AS_NODISCARD as_result as_source_open_custom(const as_source_vtable *vtable, void *user,
                                                    const char *name, as_source **out_source,
                                                    as_error *error);

/* Reads up to `length` bytes at `offset`; the contract is that of as_source_vtable.read. length 0
 * gives AS_OK and *out_read 0. */
AS_API AS_NODISCARD as_result as_source_read(as_source *source, uint64_t offset, void *buffer,
                                             size_t length, size_t *out_read, as_error *error);

/* *out_size: the size in bytes now, or AS_SIZE_UNKNOWN. */
AS_API AS_NODISCARD as_result as_source_size(as_source *source, uint64_t *out_size,
                                             as_error *error);

/* The file name that an encrypted container's salt takes from this source (docs/format.md); valid
 * as long as the caller's handle; "" for NULL. */
AS_API const char *as_source_name(const as_source *source);

/* Passes a hint on (see as_source_vtable.prefetch). NULL is ignored. */
AS_API void as_source_prefetch(as_source *source, const as_byte_range *ranges, size_t count,
                               int32_t priority, uint64_t generation);

/* Makes reads under way and all later ones return AS_ERROR_CANCELLED, for every object on this
 * source. NULL is ignored. */
AS_API void as_source_cancel(as_source *source);

/* Drops the caller's handle and writes NULL to it. NULL and a NULL handle are ignored. */
AS_API void as_source_close(as_source **source);

AS_END_DECLS

#endif
