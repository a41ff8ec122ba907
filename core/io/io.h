/* SPDX-License-Identifier: MIT
 *
 * Sources inside the library: as source.h, with arguments trusted (the api layer checks them) and
 * `error` never NULL.
 */
#ifndef AS_IO_IO_H
#define AS_IO_IO_H

#include "alphastream/source.h"

#include <stdbool.h>

/* source.c: the counted front. */
as_result as_io_open_custom(const as_source_vtable *vtable, void *user, const char *name,
                            as_source **out_source, as_error *error);
as_result as_io_read(as_source *source, uint64_t offset, void *buffer, size_t length,
                     size_t *out_read, as_error *error);
as_result as_io_size(as_source *source, uint64_t *out_size, as_error *error);
const char *as_io_name(const as_source *source);
/* Grows when the content is replaced: bytes read between two calls that return the same number are
 * of that version. */
uint64_t as_io_version(as_source *source);
/* Is it one of the library's own for files and memory, whose reads end soon? A caller's may block.
 */
bool as_io_is_local(const as_source *source);
/* What as_source_get_cached tells; *out_count may be more than capacity. AS_OK, or why the size of
 * a local source cannot be had. */
as_result as_io_cached(as_source *source, as_byte_range *ranges, size_t capacity, size_t *out_count,
                       as_error *error);
void as_io_prefetch(as_source *source, const as_byte_range *ranges, size_t count, int32_t priority,
                    uint64_t generation);
/* Does as_io_prefetch reach anybody? */
bool as_io_takes_hints(const as_source *source);
/* A generation for as_io_prefetch that is newer than all before it; thread-safe. */
uint64_t as_io_next_generation(as_source *source);
void as_io_cancel(as_source *source);
/* Was it cancelled for good? A read that ends with AS_ERROR_CANCELLED otherwise was given up by the
 * source itself (as_source_vtable.prefetch). */
bool as_io_is_cancelled(const as_source *source);
as_source *as_io_ref(as_source *source);
void as_io_unref(as_source *source); /* NULL is ignored */

/* source_file.c, source_memory.c, source_url.c */
as_result as_io_open_file(const char *path, const as_file_params *params, as_source **out_source,
                          as_error *error);
as_result as_io_open_memory(const void *data, size_t size, const as_memory_params *params,
                            as_source **out_source, as_error *error);
as_result as_io_open(const char *location, const as_source_params *params, as_source **out_source,
                     as_error *error);

/* source_http.c, or source_http_stub.c in a build without HTTP. params: ranges checked, 0 or NULL
 * for defaults; NULL: all defaults. */
bool as_io_has_http(void);
/* What as_describe says of AS_PART_HTTP, or with `tls` of AS_PART_TLS. */
size_t as_io_describe_http(bool tls, char *text, size_t size);
as_result as_io_open_http(const char *url, const as_http_params *params, as_source **out_source,
                          as_error *error);
/* AS_ERROR_UNSUPPORTED: not an HTTP source. */
as_result as_io_http_stats(const as_source *front, as_http_stats *out_stats, as_error *error);
/* as_io_cached of an HTTP source. false: it is not one. */
bool as_io_http_cached(const as_source *source, as_byte_range *ranges, size_t capacity,
                       size_t *out_count);

/* source_name.c: pure functions on locations. */
/* Is it "scheme://..." or "file:..."? A Windows drive letter is not a scheme. */
bool as_io_is_url(const char *location);
/* The file name of the key's salt (docs/format.md) within `location`: sets *out_length, returns its
 * start (not NUL-terminated). */
const char *as_io_salt_name(const char *location, size_t *out_length);
/* The path a file URL names, percent escapes decoded, in memory of as_mem_alloc. */
as_result as_io_file_url_path(const char *url, char **out_path, as_error *error);

#define AS_IO_SHOWN 240
/* `text` for a sentence: its end alone, behind "...", where it would crowd out the rest. */
const char *as_io_shown(char out[AS_IO_SHOWN], const char *text, size_t length);
/* The same of a local path, but for one that looks like a URL mistyped (" https://me:pass@host/"),
 * of which only the scheme is shown: there is no telling what in it is secret. */
const char *as_io_shown_path(char out[AS_IO_SHOWN], const char *path);

#endif
