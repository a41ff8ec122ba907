/* SPDX-License-Identifier: MIT
 *
 * The chunk cache of one HTTP source: units of 64 KiB, filled from their start, readable as far as
 * they are filled. Least recently used units give way to new ones beyond the budget, but none
 * within the window around the play head. For servers without ranges nothing is evicted: what
 * exceeds the budget spills into an unlinked temporary file. Not thread-safe: the source's lock
 * guards it.
 */
#ifndef AS_IO_CHUNKS_H
#define AS_IO_CHUNKS_H

#include "core/base/error.h"
#include "core/io/http_plan.h"

typedef struct as_chunks as_chunks;

/* Both are used in whole units; the budget is at least one. spill_bytes less than a unit: no
 * temporary file, which is made in $TMPDIR or else /tmp when it is first needed. NULL: out of
 * memory.
 */
as_chunks *as_chunks_create(uint64_t budget_bytes, uint64_t spill_bytes);
void as_chunks_destroy(as_chunks *chunks); /* NULL is ignored */
/* Another version of the content: everything is forgotten, the size too; the temporary file is
 * emptied. */
void as_chunks_clear(as_chunks *chunks);

/* The content's size once known, no less than what has been written: its last unit is complete when
 * filled up to there. */
void as_chunks_set_size(as_chunks *chunks, uint64_t size);

/* Bytes [offset, offset + length) arrived. What is there already is skipped; what does not join a
 * unit's filled part at its end, or is past the size, is an error of the caller's:
 * AS_ERROR_ARGUMENT. A unit may be evicted before it is complete, so who fills one in several calls
 * asks as_chunks_filled before each. *out_new: bytes that were new, also after an error.
 * AS_ERROR_OUT_OF_MEMORY; AS_ERROR_LIMIT: all units are within the window or, while keeping
 * everything, spill_bytes are used up; AS_ERROR_TRANSPORT: the temporary file cannot be made or
 * written. error->offset is where it stopped; what was stored before stays. */
as_result as_chunks_write(as_chunks *chunks, uint64_t offset, const void *data, size_t length,
                          size_t *out_new, as_error *error);

/* How many bytes from `offset` on can be read without a gap, at most `most`. */
uint64_t as_chunks_ready(const as_chunks *chunks, uint64_t offset, uint64_t most);
/* Copies them; their units become the most recently used. AS_ERROR_TRANSPORT: the temporary file
 * cannot be read; AS_ERROR_ARGUMENT: not all of them are there. */
as_result as_chunks_read(as_chunks *chunks, uint64_t offset, void *to, size_t length,
                         as_error *error);

/* Is the unit complete? How far is it filled (0: not there)? */
bool as_chunks_has(const as_chunks *chunks, uint64_t unit);
size_t as_chunks_filled(const as_chunks *chunks, uint64_t unit);
/* A complete unit's bytes, for the disk cache: valid until the next call; NULL: not in memory. */
const uint8_t *as_chunks_unit(const as_chunks *chunks, uint64_t unit, size_t *out_length);

/* Units [first, end) are not evicted from now on (until the next call); what is in the way of
 * nothing else stays too. A search for something to evict that passes them counts as their use. */
void as_chunks_set_window(as_chunks *chunks, uint64_t first, uint64_t end);
/* From now on nothing is evicted; see above. Until as_chunks_clear. */
void as_chunks_keep_all(as_chunks *chunks);

/* All bytes that can be read, as ascending ranges, adjacent ones joined: the first `capacity` of
 * them. Returns how many there are, also when that is more. */
size_t as_chunks_ranges(const as_chunks *chunks, as_byte_range *out, size_t capacity);

/* Bytes of units in memory and in the temporary file; each counts as a whole one. */
uint64_t as_chunks_memory(const as_chunks *chunks);
uint64_t as_chunks_spilled(const as_chunks *chunks);

#endif
