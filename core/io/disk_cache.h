/* SPDX-License-Identifier: MIT
 *
 * Units of 64 KiB kept on disk between runs, for one version of one URL.
 *
 * Every unit is a file of its own, written under a temporary name and renamed, so that several
 * processes can share the directory and a crash leaves no half unit. A unit carries a SHA-256 of
 * its content together with the key and its place: what is damaged, or of another version, is
 * deleted and counts as missing. So does what another user owns. Over the budget, units not used
 * for longest (file times) are deleted, whichever URL they are of; two caches that write into one
 * directory at once keep to it together, each further one may pass it by a sixteenth for a while.
 * Neither URL nor validator can be read back from the directory: names are hashes. Files that are
 * not the cache's are left alone. Nothing here is an error for the caller: a full disk, or a
 * directory that was removed, means fewer hits; a log line tells once. Thread-safe; every call
 * works on files in its caller's thread, and a write now and then looks through the whole
 * directory.
 */
#ifndef AS_IO_DISK_CACHE_H
#define AS_IO_DISK_CACHE_H

#include "core/base/error.h"
#include "core/io/http_plan.h"

typedef struct as_disk_cache as_disk_cache;

/* Makes the directory (mode 0700, its parents too) if it is missing. `validator` is what the server
 * said of this version just now. `log` is copied. AS_ERROR_TRANSPORT: the directory cannot be made,
 * read or written; AS_ERROR_UNSUPPORTED: OpenSSL refuses; AS_ERROR_OUT_OF_MEMORY. */
as_result as_disk_open(const char *directory, uint64_t budget_bytes, const char *url,
                       const char *validator, const as_log *log, as_disk_cache **out_cache,
                       as_error *error);
void as_disk_close(as_disk_cache *cache); /* NULL is ignored */

/* Sets a bit for each of the first `units` units for which there is a file now. */
void as_disk_list(as_disk_cache *cache, uint8_t *bits, uint64_t units);
/* Is there a file for the unit? It may yet turn out damaged. */
bool as_disk_has(as_disk_cache *cache, uint64_t unit);
/* Reads a verified unit of `length` bytes (AS_UNIT_BYTES, or fewer for the last): false: not there,
 * and `to` may have been scribbled on. */
bool as_disk_read(as_disk_cache *cache, uint64_t unit, void *to, size_t length);
void as_disk_write(as_disk_cache *cache, uint64_t unit, const void *data, size_t length);

#endif
