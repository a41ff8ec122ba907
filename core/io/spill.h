/* SPDX-License-Identifier: MIT
 *
 * The temporary file of a chunk cache: slots of one unit each, taken one after the other. It is
 * made when it is first needed, in $TMPDIR or else /tmp, and has no name: whatever becomes of the
 * process, its space is free again. Not thread-safe.
 */
#ifndef AS_IO_SPILL_H
#define AS_IO_SPILL_H

#include "core/base/error.h"

typedef struct as_spill {
    int fd;        /* -1: not made yet */
    uint64_t used; /* slots */
    uint64_t most;
} as_spill;

/* The first `length` bytes of a new slot. AS_ERROR_LIMIT: no slot is left; AS_ERROR_TRANSPORT: the
 * file cannot be made or written; no slot is taken then. */
as_result as_spill_add(as_spill *spill, const void *data, size_t length, uint64_t *out_slot,
                       as_error *error);
/* Bytes [at, at + length) of a slot that is in use. AS_ERROR_TRANSPORT. */
as_result as_spill_write(as_spill *spill, uint64_t slot, size_t at, const void *data, size_t length,
                         as_error *error);
as_result as_spill_read(const as_spill *spill, uint64_t slot, size_t at, void *to, size_t length,
                        as_error *error);
/* Frees all slots and their space. */
void as_spill_clear(as_spill *spill);

#endif
