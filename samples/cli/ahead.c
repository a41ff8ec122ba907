/* SPDX-License-Identifier: MIT */
#include "ahead.h"

#define MOST_BYTES (UINT64_C(8) << 20)

enum { MOST_RANGES = 64, MOST_FRAMES = 16384, GENERATION = 1, PRIORITY = 0 };

/* Adds a frame's bytes; blocks that lie one behind another become one range. */
static bool add_range(as_byte_range *ranges, size_t *count, const as_byte_range *frame)
{
    if (*count > 0 && ranges[*count - 1].offset + ranges[*count - 1].length == frame->offset) {
        ranges[*count - 1].length += frame->length;
        return true;
    }
    if (*count == MOST_RANGES)
        return false;
    ranges[(*count)++] = *frame;
    return true;
}

void ahead_at(ahead *a, uint64_t position)
{
    as_byte_range ranges[MOST_RANGES];
    uint64_t bytes = 0, next = position;
    size_t count = 0;
    if (position < a->renew)
        return;
    for (; next < a->frames->total && next - position < MOST_FRAMES && bytes < MOST_BYTES; next++) {
        as_byte_range frame = {0};
        /* A frame that does not exist shows when it is read. */
        if (as_container_frame_range(a->container, frames_at(a->frames, next), &frame, NULL) !=
            AS_OK)
            continue;
        if (!add_range(ranges, &count, &frame))
            break;
        bytes += frame.length;
    }
    as_source_prefetch(a->source, ranges, count, PRIORITY, GENERATION);
    /* Again at half of it, so that the source always knows of what follows. */
    a->renew = position + (next - position + 1) / 2;
}
