/* SPDX-License-Identifier: MIT
 *
 * Plays a container that lies inside of a larger file, as in an application's package of assets,
 * through a source of the program's own: functions that the library calls for bytes.
 *
 *     custom_source PACKAGE OFFSET SIZE NAME [SCENE]
 *
 * NAME is the container's file name: an encrypted one's key is made of it.
 */
#include <alphastream/alphastream.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_EVERY = 100 };

/* What the functions get as `user`. They are called by several threads at once. */
typedef struct package {
    int fd;
    uint64_t offset, size;
} package;

/* All of `length`, unless the end comes before. A program's own sentence is passed on to whoever
 * asked for the frame. */
static as_result read_package(void *user, uint64_t offset, void *buffer, size_t length,
                              size_t *out_read, as_error *error)
{
    package *p = user;
    if (offset >= p->size)
        return AS_OK; /* *out_read is 0: the end */
    if (length > p->size - offset)
        length = (size_t)(p->size - offset);
    size_t done = 0;
    while (done < length) {
        const ssize_t got =
            pread(p->fd, (char *)buffer + done, length - done, (off_t)(p->offset + offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            error->system_error = got < 0 ? errno : 0;
            snprintf(error->text, sizeof(error->text),
                     "the package ends, or cannot be read, at byte %" PRIu64,
                     p->offset + offset + done);
            return AS_ERROR_TRANSPORT;
        }
        done += (size_t)got;
    }
    *out_read = done;
    return AS_OK;
}

static as_result size_of_package(void *user, uint64_t *out_size, as_error *error)
{
    (void)error;
    *out_size = ((const package *)user)->size;
    return AS_OK;
}

/* Nobody uses the source any more: not the program, not a stream. */
static void close_package(void *user)
{
    package *p = user;
    close(p->fd);
    free(p);
    printf("the package is closed\n");
}

/* Reads that may block for long would have `cancel` too, and sources that are slow `prefetch`. */
static as_result open_package(char **argv, as_source **out_source, as_error *error)
{
    static const as_source_vtable functions = {.struct_size = sizeof(functions),
                                               .read = read_package,
                                               .size = size_of_package,
                                               .close = close_package};
    package *p = calloc(1, sizeof(*p));
    as_result result = AS_ERROR_TRANSPORT;
    snprintf(error->text, sizeof(error->text), "%s cannot be opened", argv[1]);
    if (!p || (p->fd = open(argv[1], O_RDONLY | O_CLOEXEC)) < 0) {
        free(p);
        return result;
    }
    p->offset = strtoull(argv[2], NULL, 10);
    p->size = strtoull(argv[3], NULL, 10);
    result = as_source_open_custom(&functions, p, argv[4], out_source, error);
    if (result != AS_OK) { /* else it is the source's */
        close(p->fd);
        free(p);
    }
    return result;
}

/* FNV-1a of 64 bits, but eight bytes at a time. Rows lie without gaps, and a mask's size is a
 * multiple of that here. */
static uint64_t sum_of(uint64_t sum, const void *bytes, size_t size)
{
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, (const uint8_t *)bytes + i, sizeof(word));
        sum = (sum ^ word) * UINT64_C(1099511628211);
    }
    return sum;
}

static as_result play(as_stream *stream)
{
    const uint64_t start = UINT64_C(14695981039346656037);
    as_stream_metadata about = {.struct_size = sizeof(about)};
    uint64_t total = start;
    as_result result = as_stream_get_metadata(stream, &about);
    for (uint64_t i = 0; result == AS_OK && i < about.frame_count; i++) {
        as_frame *frame = NULL;
        as_frame_info info;
        result = as_stream_get_frame(stream, i, 0, 0, AS_WAIT_FOREVER, &frame);
        if (result == AS_OK && (result = as_frame_get_info(frame, &info)) == AS_OK) {
            const uint64_t sum = sum_of(start, info.data, (size_t)info.stride * info.height);
            total = sum_of(total, &sum, sizeof(sum));
            if (i % LINE_EVERY == 0)
                printf("frame %" PRIu64 " %016" PRIx64 "\n", i, sum);
        }
        as_frame_unref(&frame);
    }
    if (result == AS_OK)
        printf("total %" PRIu64 " frames, 0 bad, %016" PRIx64 "\n", about.frame_count, total);
    return result;
}

int main(int argc, char **argv)
{
    as_error error;
    as_source *source = NULL;
    as_stream *stream = NULL;
    if (argc < 5 || argc > 6) {
        fprintf(stderr, "usage: custom_source PACKAGE OFFSET SIZE NAME [SCENE]\n");
        return 2;
    }
    const as_key_params key = {.struct_size = sizeof(key),
                               .scene_id = argc > 5 ? (uint32_t)strtoul(argv[5], NULL, 10) : 0};
    as_result result = open_package(argv, &source, &error);
    const as_stream_params params = {.struct_size = sizeof(params), .source = source, .key = &key};
    if (result == AS_OK)
        result = as_stream_open(&params, &stream, &error);
    as_source_close(&source); /* the stream keeps it */
    if (result == AS_OK && (result = play(stream)) != AS_OK)
        as_stream_last_error(stream, &error);
    if (result != AS_OK)
        fprintf(stderr, "%s\n", error.text);
    as_stream_close(&stream);
    return result == AS_OK ? 0 : 1;
}
