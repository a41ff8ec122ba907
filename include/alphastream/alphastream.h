/* SPDX-License-Identifier: MIT
 *
 * libalphastream: vector alpha masks for passthrough video. Umbrella header, and what concerns the
 * whole library.
 */
#ifndef ALPHASTREAM_ALPHASTREAM_H
#define ALPHASTREAM_ALPHASTREAM_H

#include "container.h"
#include "cv.h"
#include "frame.h"
#include "gl.h"
#include "log.h"
#include "raster.h"
#include "result.h"
#include "source.h"
#include "stream.h"
#include "version.h"
#include "vulkan.h"

AS_BEGIN_DECLS

/* Where the library's memory comes from; OpenSSL, libdeflate and other libraries keep their own. */
typedef struct as_allocator {
    uint32_t struct_size; /* sizeof(as_allocator) */
    uint32_t reserved;    /* 0 */
    /* `size` bytes (never 0) at a multiple of `alignment` (a power of two, at least 16), or NULL.
     * Any thread, several at once. */
    void *(*allocate)(void *user, size_t size, size_t alignment);
    /* Frees what allocate gave; never NULL. */
    void (*release)(void *user, void *memory);
    void *user; /* handed to both */
} as_allocator;

/* Makes the library use `allocator` (copied), or the C library's again with NULL. Process-wide:
 * call it before anything else is opened. Errors: AS_ERROR_ARGUMENT, also while the library holds
 * memory of the allocator before. */
AS_API AS_NODISCARD as_result as_set_allocator(const as_allocator *allocator);

/* Parts that can be left out of a build. */
enum {
    AS_FEATURE_HTTP = 1,   /* http and https URLs */
    AS_FEATURE_OPENGL = 2, /* gl.h */
    AS_FEATURE_VULKAN = 4  /* vulkan.h */
};
/* Those that this build has: a sum of AS_FEATURE_ bits. Thread-safe. */
AS_API uint32_t as_features(void);

/* What the library uses in this process, for reports. */
typedef enum as_part {
    AS_PART_CPU = 1, /* instruction sets, less what ALPHASTREAM_CPU leaves out: "sse41 avx2"; "c" */
    AS_PART_HTTP = 2, /* "libcurl 7.88.1" */
    AS_PART_TLS = 3   /* of HTTP: "OpenSSL/3.0.15" */
} as_part;

/* Writes it into `text`, `size` bytes with its NUL, cut if need be; "" where the build has no such
 * part, or there is none of that number. Returns the length of the whole. `text` may be NULL where
 * `size` is 0. Thread-safe. */
AS_API size_t as_describe(as_part part, char *text, size_t size);

AS_END_DECLS

#endif
