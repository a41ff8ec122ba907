/* SPDX-License-Identifier: MIT
 *
 * Lists of frames: "0,5,9-12", in the order given, repeats included.
 */
#ifndef CLI_FRAMES_LIST_H
#define CLI_FRAMES_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMES_MOST ((uint64_t)16 << 20) /* frames of one list; a container has 8 Mi at most */

typedef struct frames_range {
    uint64_t first;
    uint64_t count;
    uint64_t position; /* of `first` in the list */
} frames_range;

/* Start with {0}. */
typedef struct frames_list {
    frames_range *ranges;
    size_t range_count;
    uint64_t total; /* frames in all ranges */
} frames_list;

/* Reads decimal digits at *text, which then stands behind them. Returns false if there are none or
 * their number is past UINT64_MAX. */
bool frames_read_number(const char **text, uint64_t *out);

/* Reads `text`. Returns NULL, or what is wrong with it in words (static). */
const char *frames_parse(const char *text, frames_list *list);

/* Makes it the frames 0 .. count - 1. Returns false without memory. */
bool frames_all(uint64_t count, frames_list *list);

/* The frame at `position`, which is below list->total. */
uint64_t frames_at(const frames_list *list, uint64_t position);

/* Makes *picked `most` frames of `list` at even distances, the first included, or all if there are
 * no more. Returns false without memory. */
bool frames_pick(const frames_list *list, uint64_t most, frames_list *picked);

/* Whether the list names a frame from `end` on; *out_index is the last of the first such range. */
bool frames_reach(const frames_list *list, uint64_t end, uint64_t *out_index);

/* Makes *copy the same. Returns false without memory. */
bool frames_copy(const frames_list *list, frames_list *copy);

void frames_free(frames_list *list);

#endif
