/* SPDX-License-Identifier: MIT
 *
 * Sources: where the bytes of a container come from. A file, memory, an http(s) URL, or anything
 * the caller implements behind as_source_vtable.
 *
 * A source is reference counted: an object opened on it keeps it alive, so the caller may close
 * its own handle at once. All functions are thread-safe unless they say otherwise.
 */
#ifndef ALPHASTREAM_SOURCE_H
#define ALPHASTREAM_SOURCE_H

#include "log.h"
#include "result.h"

AS_BEGIN_DECLS

/* Where bytes come from. */
typedef struct as_source as_source;

#define AS_SIZE_UNKNOWN UINT64_MAX /* a size that is not known (yet) */

/* A range of bytes: [offset, offset + length). */
typedef struct as_byte_range {
    uint64_t offset; /* of the first byte */
    uint64_t length; /* bytes */
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

    /* Optional. A hint, given in the order of need, that `ranges` are wanted soon; it replaces
     * earlier hints of the same generation. Returns at once and may do nothing. A larger `priority`
     * is more urgent. Ranges of an older `generation` than the newest seen are no longer wanted
     * (the player has sought elsewhere): a read that is blocked for bytes which no range of the
     * newest generation names may end with AS_ERROR_CANCELLED; who still wants it asks again. */
    void (*prefetch)(void *user, const as_byte_range *ranges, size_t count, int32_t priority,
                     uint64_t generation);

    /* Optional. From any thread, once or more: reads blocked now and all later ones return
     * AS_ERROR_CANCELLED soon. Without it, closing an object waits for the reads under way. */
    void (*cancel)(void *user);

    /* Optional. The last call on this source, when its last reference is gone: frees `user`. Runs
     * on whichever thread dropped that reference. */
    void (*close)(void *user);

    /* Optional (NULL, or a struct_size that ends before it: the content never changes). A number
     * that grows whenever the content is replaced by another. All bytes of one read are of one
     * version; a read that meets the change returns AS_ERROR_CHANGED. Cheap, does not block. */
    uint64_t (*version)(void *user);
} as_source_vtable;

/* Zero = default everywhere. */
typedef struct as_file_params {
    uint32_t struct_size; /* sizeof(as_file_params) */
    uint32_t map;         /* default 0: buffered reads of 128 KiB. 1: map the file into memory. Only
                             for files that nobody shortens meanwhile: reading a mapped page past
                             a new, earlier end raises SIGBUS, and the library installs no signal
                             handler */
} as_file_params;

/* Zero = default everywhere. */
typedef struct as_memory_params {
    uint32_t struct_size; /* sizeof(as_memory_params) */
    uint32_t copy;        /* default 0: borrowed, the bytes must stay valid and unchanged until
                             `release` is called (or, without one, until the last object on the
                             source is closed). 1: copied at once */
    const char *name;     /* file name for the salt of encrypted containers; default "" */
    void (*release)(void *user, const void *data); /* optional: borrowed bytes are done with */
    void *user;                                    /* handed to release */
} as_memory_params;

/* One request to a server, when it has ended. Nothing in it is secret: no URL, no header. */
typedef struct as_http_exchange {
    uint32_t struct_size;   /* set by the library */
    uint32_t status;        /* of the last response; 0: none came */
    uint64_t first, length; /* the range asked for; length 0: all from `first` on */
    uint64_t received;      /* bytes of body */
    uint64_t started_ns;    /* since the source was opened */
    uint64_t first_byte_ns; /* from the start to the first byte of body; 0: none came */
    uint64_t total_ns;      /* from the start to the end */
    uint32_t attempt;       /* 0: the first; n: the n-th retry */
    uint32_t connected;     /* 1: it made a new connection */
    as_result result;       /* AS_OK, AS_ERROR_CANCELLED, or why it failed */
    uint32_t reserved;      /* 0 */
} as_http_exchange;

/* Zero = default everywhere; strings and arrays are copied. docs/http.md says more of each. */
typedef struct as_http_params {
    uint32_t struct_size;       /* sizeof(as_http_params) */
    uint32_t header_count;      /* of `headers` */
    const char *const *headers; /* "Name: value" each, sent with every request to the first URL's
                                   host (and a refreshed URL's); not to hosts it redirects to */
    const char *user_agent;     /* default "libalphastream/" and the version */
    const char *proxy;          /* as curl's --proxy; default: the environment's (https_proxy, ...);
                                   "": none */
    const char *ca_file;        /* PEM file of certificate authorities; default: the system's */
    uint32_t insecure;          /* 1: accept any certificate; default 0 */
    uint32_t http2;             /* 1: HTTP/2 where the server has it; default 0: HTTP/1.1 */

    uint32_t connect_timeout_ms;  /* 1 .. 3600000; default 10000 */
    uint32_t stall_timeout_ms;    /* a request fails after so long without a byte, or below
                                     low_speed_bytes a second; 1 .. 3600000; default 10000 */
    uint32_t low_speed_bytes;     /* 1 .. 2^30; default 2048 */
    uint32_t retries;             /* 1 .. 100; default 3; AS_HTTP_NO_RETRIES: none */
    uint32_t retry_delay_ms;      /* doubles with each, full jitter; 1 .. 60000; default 250 */
    uint32_t retry_after_most_ms; /* cap on the server's Retry-After; 1 .. 3600000;
                                     default 30000 */
    uint32_t chunk_bytes;         /* of one request once ramped, in units of 64 KiB; 65536 .. 4 MiB;
                                     default 1 MiB */
    uint32_t requests;            /* in flight at once; 1 .. 16; default 4 */
    uint64_t cache_bytes;         /* of chunks in memory; 1 MiB .. 64 GiB; default 64 MiB */
    uint64_t spill_bytes;         /* where the server has no ranges: of the unlinked temporary file
                                     that takes what does not fit; default 4 GiB;
                                     1 .. 2^60; AS_HTTP_NO_SPILL: none */
    uint64_t bandwidth;           /* most bytes a second, a second's at once; default 0: no cap */
    const char *cache_dir;        /* directory for chunks on disk, made if missing; default NULL:
                                     none. May be shared by processes */
    uint64_t cache_dir_bytes;     /* its budget, over all files; 1 MiB .. 2^60; default 1 GiB */

    /* Optional: the server said 401, 403 or 410 (`status`) to `url`, the one in use. Writes another
     * URL of the same content, NUL-terminated, at most `capacity` bytes with the NUL, and returns
     * AS_OK; anything else means that there is none. Asked once for a URL until that has worked. On
     * a thread that reads; may block, and the read's caller and as_source_close wait for it. The
     * file name of encrypted containers' salt stays that of the first URL. */
    as_result (*refresh)(void *user, const char *url, uint32_t status, char *out_url,
                         size_t capacity);
    /* Optional: told of every request that has ended, on the network thread; quick. */
    void (*exchange)(void *user, const as_http_exchange *exchange);
    void *user; /* handed to refresh and exchange, which are not called after close */
    as_log log; /* default: silence */
} as_http_params;

#define AS_HTTP_NO_RETRIES UINT32_MAX /* as_http_params.retries: none, as 0 is the default */
#define AS_HTTP_NO_SPILL UINT64_MAX   /* as_http_params.spill_bytes: no temporary file */
#define AS_HTTP_URL_MAX 8192          /* bytes of a URL with its NUL; refresh's capacity */

/* What an HTTP source did so far. */
typedef struct as_http_stats {
    uint32_t struct_size;      /* set by the caller: sizeof(as_http_stats) */
    uint32_t ranges;           /* 1: the server answers ranges; 0: it does not, or not known yet */
    uint64_t requests;         /* begun, retries among them */
    uint64_t retries;          /* requests that repeated another */
    uint64_t received;         /* bytes of body */
    uint64_t useful;           /* those of them that went into the cache for the first time */
    uint64_t delivered;        /* bytes handed to readers */
    uint64_t cache_hits;       /* reads that did not wait */
    uint64_t cache_misses;     /* reads that did */
    uint64_t disk_hits;        /* units of 64 KiB that came from cache_dir */
    uint64_t connections;      /* made */
    uint64_t first_byte_ns;    /* of the latest request: from its start to the first byte of body */
    uint64_t bytes_per_second; /* measured lately; 0: not known */
    uint64_t memory_bytes;     /* chunks held now */
    uint64_t spilled_bytes;    /* in the temporary file */
    uint64_t refreshes;        /* new URLs from the callback */
    uint64_t version;          /* as_source_vtable.version */
} as_http_stats;

/* How as_source_open opens what it finds. Zero = default everywhere. */
typedef struct as_source_params {
    uint32_t struct_size;       /* sizeof(as_source_params) */
    uint32_t reserved;          /* 0 */
    const as_file_params *file; /* default NULL: defaults */
    const as_http_params *http; /* default NULL: defaults */
} as_source_params;

/* Opens what `location` names: a path, or a file URL ("file:///a%20b.asvp": percent escapes are
 * decoded for the file system). UTF-8. http(s) URLs need a build with HTTP.
 * Errors: AS_ERROR_ARGUMENT, AS_ERROR_TRANSPORT (missing, a directory, no permission, not a
 * regular file), AS_ERROR_UNSUPPORTED (a URL scheme this build cannot read, or
 * as as_source_open_http), AS_ERROR_OUT_OF_MEMORY. */
AS_API AS_NODISCARD as_result as_source_open(const char *location, const as_source_params *params,
                                             as_source **out_source, as_error *error);

/* Opens a regular file by its path (never read as a URL). The file stays open until the last
 * object on the source is closed. Errors: as as_source_open. This and the next two also give
 * AS_ERROR_UNSUPPORTED for params of a newer library. */
AS_API AS_NODISCARD as_result as_source_open_file(const char *path, const as_file_params *params,
                                                  as_source **out_source, as_error *error);

/* Opens an http or https URL (docs/http.md). Returns at once: the first read or prefetch connects,
 * and unreachable servers show there. Needs a build with HTTP.
 * Errors: AS_ERROR_ARGUMENT (not such a URL, a parameter outside its range, with its name),
 * AS_ERROR_UNSUPPORTED (no HTTP in this build, or a libcurl before 7.87 was loaded),
 * AS_ERROR_OUT_OF_MEMORY (or the network thread cannot be started). */
AS_API AS_NODISCARD as_result as_source_open_http(const char *url, const as_http_params *params,
                                                  as_source **out_source, as_error *error);

/* Reads what an HTTP source did; of any other, AS_ERROR_UNSUPPORTED. Errors: also
 * AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_source_get_http_stats(as_source *source, as_http_stats *out_stats,
                                                       as_error *error);

/* Where the source's bytes are without the network now, as ranges in ascending order: the first
 * `capacity` of them; *out_count is their number. A file or memory is one range. Errors:
 * AS_ERROR_ARGUMENT, AS_ERROR_LIMIT (more than capacity; those are written). */
AS_API AS_NODISCARD as_result as_source_get_cached(as_source *source, as_byte_range *ranges,
                                                   size_t capacity, size_t *out_count,
                                                   as_error *error);

/* Grows whenever the content is replaced by another (as_source_vtable.version); 0 for NULL and
 * where it never changes. */
AS_API uint64_t as_source_version(as_source *source);

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
 * gives AS_OK and *out_read 0. Errors: AS_ERROR_ARGUMENT; AS_ERROR_TRANSPORT; AS_ERROR_CANCELLED;
 * AS_ERROR_CHANGED; of HTTP also AS_ERROR_LIMIT (no room for what a server without ranges sends)
 * and AS_ERROR_OUT_OF_MEMORY; of a caller's source what that returns. */
AS_API AS_NODISCARD as_result as_source_read(as_source *source, uint64_t offset, void *buffer,
                                             size_t length, size_t *out_read, as_error *error);

/* *out_size: the size in bytes now, or AS_SIZE_UNKNOWN. Errors: AS_ERROR_ARGUMENT;
 * AS_ERROR_TRANSPORT: a file's size cannot be had; of a caller's source what that returns. */
AS_API AS_NODISCARD as_result as_source_size(as_source *source, uint64_t *out_size,
                                             as_error *error);

/* The file name that an encrypted container's salt takes from this source (docs/format.md); valid
 * as long as the caller's handle; "" for NULL. */
AS_API const char *as_source_name(const as_source *source);

/* Passes a hint on (see as_source_vtable.prefetch). NULL is ignored. Streams number their hints
 * themselves: of several on one source, the one that sought last is read ahead for, the others read
 * what they need when they need it. Give each a source of its own. */
AS_API void as_source_prefetch(as_source *source, const as_byte_range *ranges, size_t count,
                               int32_t priority, uint64_t generation);

/* Makes reads under way and all later ones return AS_ERROR_CANCELLED, for every object on this
 * source. NULL is ignored. */
AS_API void as_source_cancel(as_source *source);

/* Drops the caller's handle and writes NULL to it. NULL and a NULL handle are ignored. */
AS_API void as_source_close(as_source **source);

AS_END_DECLS

#endif
