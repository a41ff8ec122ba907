/* SPDX-License-Identifier: MIT
 *
 * What several samples do beside what they show: read their command lines, and compare pixels with
 * the mask that the CPU makes.
 */
#ifndef SAMPLES_FRAMES_H
#define SAMPLES_FRAMES_H

#include <alphastream/stream.h>

#include <stdbool.h>
#include <string.h>

/* Whether each text is the number of a frame. */
static inline bool are_frames(int count, char **texts)
{
    for (int i = 0; i < count; i++)
        if (!*texts[i] || texts[i][strspn(texts[i], "0123456789")] != '\0')
            return false;
    return true;
}

/* Takes "--gl-api core|es" away from the front of count texts, if it is there. false: it is wrong.
 */
static inline bool take_gl_api(int *count, char ***texts, bool *out_es)
{
    *out_es = false;
    if (*count < 1 || strcmp(**texts, "--gl-api") != 0)
        return true;
    const char *api = *count > 1 ? (*texts)[1] : "";
    *out_es = strcmp(api, "es") == 0;
    *count -= 2;
    *texts += 2;
    return *out_es || strcmp(api, "core") == 0;
}

/* Whether width x height pixels are the mask of a frame, which is of that size. */
static inline bool is_mask(as_stream *stream, uint64_t index, const uint8_t *pixels, uint32_t width,
                           uint32_t height)
{
    as_frame *frame = NULL;
    as_frame_info info = {.index = 0};
    bool same = as_stream_get_frame(stream, index, 0, 0, AS_WAIT_FOREVER, &frame) == AS_OK &&
                as_frame_get_info(frame, &info) == AS_OK && info.width == width &&
                info.height == height;
    for (uint32_t y = 0; same && y < height; y++)
        same = memcmp(pixels + (size_t)y * width, info.data + y * info.stride, width) == 0;
    as_frame_unref(&frame);
    return same;
}

#endif
