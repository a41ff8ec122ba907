/* SPDX-License-Identifier: MIT */
#include "core/base/polystream.h"

#include <inttypes.h>

as_result as_polystream_parse(as_polystream *out, const uint8_t *payload, size_t size,
                              uint32_t max_channels, as_error *error)
{
    *out = (as_polystream){0};
    if (size < 4)
        return as_err_set(error, AS_ERROR_DECODE,
                          "the payload has %zu bytes, too few for a channel count; the frame is "
                          "damaged",
                          size);
    uint32_t channels = as_get_u32(payload);
    if (channels > max_channels)
        return as_err_set(error, AS_ERROR_DECODE,
                          "the payload states %" PRIu32 " channels, over the limit of %" PRIu32
                          " (limits.channels); the frame is damaged or the limit too low",
                          channels, max_channels);
    if (channels > (size - 4) / 4)
        return as_err_set(error, AS_ERROR_DECODE,
                          "the payload states %" PRIu32 " channels, whose sizes do not fit its %zu "
                          "bytes; the frame is damaged",
                          channels, size);
    const uint8_t *sizes = payload + 4;
    uint64_t sum = 0; /* at most 2^22 sizes under 2^32: cannot overflow */
    for (uint32_t i = 0; i < channels; i++)
        sum += as_get_u32(sizes + 4 * (size_t)i);
    size_t rest = size - 4 - 4 * (size_t)channels;
    if (sum != rest)
        return as_err_set(error, AS_ERROR_DECODE,
                          "the channels' sizes add up to %" PRIu64 " bytes, but the payload holds "
                          "%zu of them; the frame is damaged",
                          sum, rest);
    out->channels = channels;
    out->sizes = sizes;
    out->records = sizes + 4 * (size_t)channels;
    return AS_OK;
}
