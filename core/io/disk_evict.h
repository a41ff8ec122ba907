/* SPDX-License-Identifier: MIT
 *
 * Keeping the disk cache's directory within its budget.
 */
#ifndef AS_IO_DISK_EVICT_H
#define AS_IO_DISK_EVICT_H

#include "core/io/disk_unit.h"

/* What a file of `size` bytes takes: whole blocks of 4 KiB. */
uint64_t as_disk_room(uint64_t size);

/* Looks through the directory open as `directory`, and deletes
 *  - unfinished files that are an hour older than `now`: their process is gone,
 *  - units of the key's URL that are of another version,
 *  - while units take more than `target` bytes, those not used for longest, whichever URL they are
 *    of.
 * Files that are not the cache's stay. Without memory, or where the directory cannot be read,
 * nothing happens. Takes time and, at most 1 MiB, memory with the number of files. Several may do
 * this at once. */
void as_disk_tidy(int directory, const as_disk_key *key, const struct timespec *now,
                  uint64_t target);

#endif
