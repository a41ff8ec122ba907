/* SPDX-License-Identifier: MIT
 *
 * Frames and media time. With t = media_ns - offset and a picture lasting D / N nanoseconds, where
 * D = fps_den * 10^9 and N = fps_num:
 *
 *     picture due at t     floor(t * N / D + 1/2) = floor((2 t N + D) / 2 D)
 *     time of picture p    offset + p * D / N, rounded
 *
 * Everything is an integer and nothing wraps: t needs 65 bits and sign, N and fps_den 32 each, so
 * the largest numbers, 2 p D and 2 t N + D, stay below 2^127.
 */
#include "core/stream/timebase.h"

#include "core/base/int128.h"

static as_int128 divisor(const as_timebase *timebase)
{
    return (as_int128)timebase->fps_den * 1000000000;
}

uint64_t as_timebase_frame_at(const as_timebase *timebase, int64_t media_ns)
{
    const as_int128 d = divisor(timebase);
    const as_int128 t = (as_int128)media_ns - timebase->offset_ns;
    const as_int128 doubled = 2 * t * timebase->fps_num + d;
    if (doubled < 0) /* before picture 0, and C would round toward zero */
        return 0;
    const as_int128 index = doubled / (2 * d) * timebase->frames_per_picture;
    return index > (as_int128)UINT64_MAX ? UINT64_MAX : (uint64_t)index;
}

bool as_timebase_time_of(const as_timebase *timebase, uint64_t index, int64_t *out_media_ns)
{
    const as_int128 n = timebase->fps_num;
    const as_int128 picture = index / timebase->frames_per_picture;
    const as_int128 scaled = timebase->offset_ns * n + picture * divisor(timebase);
    const as_int128 size = scaled < 0 ? -scaled : scaled;
    const as_int128 rounded = (2 * size + n) / (2 * n);
    const as_int128 media = scaled < 0 ? -rounded : rounded;
    if (media < INT64_MIN || media > INT64_MAX)
        return false;
    *out_media_ns = (int64_t)media;
    return true;
}
