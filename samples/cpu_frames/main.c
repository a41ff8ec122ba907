/* SPDX-License-Identifier: MIT
 *
 * Plays all frames of a container through stream.h and prints checksums of what it got: the least
 * a program does that uses masks on the CPU.
 *
 *     cpu_frames SOURCE [SCENE]
 */
#include <alphastream/alphastream.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_EVERY = 100, MOST_TRIES = 500 };

/* FNV-1a of 64 bits, but eight bytes at a time; sizes here are multiples of that, or the rest is
 * left out. */
static uint64_t add_to_sum(uint64_t sum, const void *bytes, size_t size)
{
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, (const uint8_t *)bytes + i, sizeof(word));
        sum = (sum ^ word) * UINT64_C(1099511628211);
    }
    return sum;
}

static uint64_t sum_of_frame(const as_frame_info *info)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (uint32_t y = 0; y < info->height; y++)
        sum = add_to_sum(sum, info->data + (size_t)y * info->stride, info->width);
    return sum;
}

/* A frame that was not there within the timebox was raised to the front: show the one before once
 * more and ask again. Here there is nothing to show, so it just asks again. */
static as_result get_frame(as_stream *stream, uint64_t index, as_frame **out_frame)
{
    as_result result = AS_TIMEOUT;
    for (int i = 0; i < MOST_TRIES && result == AS_TIMEOUT; i++)
        result = as_stream_get_frame(stream, index, 0, 0, AS_TIMEBOX, out_frame);
    return result;
}

/* A bad frame is told and left out; the others are as good as ever. */
static uint64_t play(as_stream *stream, uint64_t count)
{
    uint64_t total = UINT64_C(14695981039346656037), bad = 0;
    for (uint64_t index = 0; index < count; index++) {
        as_frame *frame = NULL;
        as_frame_info info;
        as_error error;
        if (get_frame(stream, index, &frame) != AS_OK) {
            (void)as_stream_last_error(stream, &error);
            fprintf(stderr, "frame %" PRIu64 ": %s\n", index, error.text);
            bad++;
            continue;
        }
        if (as_frame_get_info(frame, &info) == AS_OK) {
            const uint64_t sum = sum_of_frame(&info);
            total = add_to_sum(total, &sum, sizeof(sum));
            if (index % LINE_EVERY == 0)
                printf("frame %" PRIu64 " %016" PRIx64 "\n", index, sum);
        }
        as_frame_unref(&frame);
    }
    printf("total %" PRIu64 " frames, %" PRIu64 " bad, %016" PRIx64 "\n", count, bad, total);
    return bad;
}

int main(int argc, char **argv)
{
    as_stream *stream = NULL;
    as_error error;
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: cpu_frames SOURCE [SCENE]\n");
        return 2;
    }
    const as_key_params key = {.struct_size = sizeof(key),
                               .scene_id = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0};
    const as_stream_params params = {
        .struct_size = sizeof(params), .location = argv[1], .key = &key};
    if (as_stream_open(&params, &stream, &error) != AS_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    uint64_t bad = 1;
    if (as_stream_get_metadata(stream, &metadata) == AS_OK) {
        printf("%" PRIu64 " frames of %" PRIu32 " x %" PRIu32 ", %s\n", metadata.frame_count,
               metadata.width, metadata.height, metadata.encrypted ? "encrypted" : "plain");
        bad = play(stream, metadata.frame_count);
    }
    if (as_stream_get_stats(stream, &stats) == AS_OK)
        fprintf(stderr, "%" PRIu64 " were ready when asked for, %" PRIu64 " had to be waited for\n",
                stats.l0_hits, stats.l0_misses);
    as_stream_close(&stream);
    return bad ? 1 : 0;
}
