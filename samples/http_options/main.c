/* SPDX-License-Identifier: MIT
 *
 * Plays a container over HTTP as an application does that has accounts and signed URLs: a header
 * with every request, what was fetched kept on disk, a new URL when the server says that the old
 * one is over, and at the end what it cost.
 *
 *     http_options URL [HEADER [CACHE_DIR [NEXT_URL]]]
 *
 * HEADER is "Name: value"; "" for HEADER or CACHE_DIR means none.
 */
#include <alphastream/alphastream.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_EVERY = 100 };

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

/* A real application asks its own server here; this one was told beforehand. `url` may hold a
 * signature, so it is not printed. Once: the same URL again would be refused again. */
static as_result refresh(void *user, const char *url, uint32_t status, char *out_url,
                         size_t capacity)
{
    const char **next = user;
    (void)url;
    if (!*next || strlen(*next) >= capacity)
        return AS_ERROR_TRANSPORT;
    printf("status %" PRIu32 ": going on with another URL\n", status);
    memcpy(out_url, *next, strlen(*next) + 1);
    *next = NULL;
    return AS_OK;
}

static void print_log(void *user, as_log_level level, const char *message)
{
    (void)user;
    fprintf(stderr, "%s: %s\n", level <= AS_LOG_WARN ? "warning" : "note", message);
}

/* Without a timebox: this program has no picture that must be on screen meanwhile. */
static as_result play(as_stream *stream, uint64_t count)
{
    uint64_t total = UINT64_C(14695981039346656037);
    for (uint64_t index = 0; index < count; index++) {
        as_frame *frame = NULL;
        as_frame_info info;
        as_result result = as_stream_get_frame(stream, index, 0, 0, AS_WAIT_FOREVER, &frame);
        if (result == AS_OK)
            result = as_frame_get_info(frame, &info);
        if (result == AS_OK) {
            const uint64_t sum = sum_of_frame(&info);
            total = add_to_sum(total, &sum, sizeof(sum));
            if (index % LINE_EVERY == 0)
                printf("frame %" PRIu64 " %016" PRIx64 "\n", index, sum);
        }
        as_frame_unref(&frame);
        if (result != AS_OK)
            return result;
    }
    printf("total %" PRIu64 " frames, 0 bad, %016" PRIx64 "\n", count, total);
    return AS_OK;
}

static as_result open_and_play(as_source *source, as_error *error)
{
    as_stream *stream = NULL;
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    const as_stream_params params = {.struct_size = sizeof(params), .source = source};
    as_result result = as_stream_open(&params, &stream, error);
    if (result != AS_OK)
        return result;
    result = as_stream_get_metadata(stream, &metadata);
    if (result == AS_OK)
        result = play(stream, metadata.frame_count);
    if (result != AS_OK)
        (void)as_stream_last_error(stream, error);
    as_stream_close(&stream);
    return result;
}

static void print_stats(as_source *source)
{
    as_http_stats stats = {.struct_size = sizeof(stats)};
    if (as_source_get_http_stats(source, &stats, NULL) != AS_OK)
        return;
    printf("%" PRIu64 " requests, %" PRIu64 " of them retries, %" PRIu64 " connections\n",
           stats.requests, stats.retries, stats.connections);
    printf("%" PRIu64 " bytes received, %" PRIu64 " units of 64 KiB from disk, %" PRIu64
           " new URLs\n",
           stats.received, stats.disk_hits, stats.refreshes);
}

static const char *argument(int argc, char **argv, int i)
{
    return i < argc && argv[i][0] ? argv[i] : NULL;
}

int main(int argc, char **argv)
{
    as_source *source = NULL;
    as_error error = {0};
    if (argc < 2 || argc > 5) {
        fprintf(stderr, "usage: http_options URL [HEADER [CACHE_DIR [NEXT_URL]]]\n");
        return 2;
    }
    const char *header = argument(argc, argv, 2), *next_url = argument(argc, argv, 4);
    const as_http_params params = {.struct_size = sizeof(params),
                                   .headers = &header,
                                   .header_count = header ? 1 : 0,
                                   .user_agent = "http_options/1.0",
                                   .retries = 5,
                                   .cache_dir = argument(argc, argv, 3),
                                   .cache_dir_bytes = UINT64_C(64) << 20,
                                   .refresh = refresh,
                                   .user = &next_url,
                                   .log = {.fn = print_log, .level = AS_LOG_WARN}};
    as_result result = as_source_open_http(argv[1], &params, &source, &error);
    if (result == AS_OK)
        result = open_and_play(source, &error);
    if (result == AS_OK)
        print_stats(source);
    else
        fprintf(stderr, "%s\n", error.text);
    as_source_close(&source);
    return result == AS_OK ? 0 : 1;
}
