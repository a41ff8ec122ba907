/* SPDX-License-Identifier: MIT
 *
 * Writer round trip: what was added, as payload or as block, plain or encrypted, is what is read
 * again; the same calls give the same file; nothing is left of what was aborted.
 */
#include "tests/fuzz/fuzz.h"

#include "tests/fuzz/folder.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FRAMES = 24, ENCRYPTED = 1, ABORT = 2, TWICE = 4, LEVELS = 12 };

typedef struct frames {
    test_bytes payloads[MOST_FRAMES]; /* those that were taken */
    size_t count;
} frames;

static test_bytes take_payload(fuzz_bytes *in, bool raw)
{
    test_bytes payload = {0};
    if (!raw)
        return fuzz_payload(in, 8);
    const fuzz_bytes bytes = fuzz_take(in, fuzz_u8(in));
    test_bytes_add(&payload, bytes.at, bytes.left);
    return payload;
}

/* A frame as the input says; kept where the writer took it. */
static void add_frame(as_writer *writer, fuzz_bytes *in, frames *kept)
{
    const uint8_t kind = fuzz_u8(in);
    test_bytes payload = take_payload(in, kind & 1), block = {0};
    as_error error = {0};
    as_result result;
    if (kind & 2) {
        test_bytes_add_u32(&block, (uint32_t)payload.size + (kind & 4 ? fuzz_u8(in) : 0));
        fuzz_add_zlib(&block, payload.data, payload.size);
        block.size -= kind & 8 ? fuzz_u8(in) % block.size : 0;
        result = as_writer_add_block(writer, block.data, block.size, &error);
    } else {
        result = as_writer_add_payload(writer, payload.data ? payload.data : (const void *)"",
                                       payload.size, &error);
    }
    FUZZ_CHECK_RESULT(result, &error);
    FUZZ_CHECK(result == AS_OK || result == AS_ERROR_DECODE);
    FUZZ_CHECK(result == AS_OK || (kind & 15) != 0);
    test_bytes_free(&block);
    if (result == AS_OK)
        kept->payloads[kept->count++] = payload;
    else
        test_bytes_free(&payload);
}

static void write_file(const char *path, uint8_t flags, uint32_t level, fuzz_bytes in, frames *kept)
{
    const as_key_params key = fuzz_key();
    const as_writer_params params = {.struct_size = sizeof(params),
                                     .format = flags & ENCRYPTED ? AS_FORMAT_ASVR : AS_FORMAT_ASVP,
                                     .key = &key,
                                     .level = level};
    as_writer *writer = NULL;
    as_error error = {0};
    FUZZ_CHECK(as_writer_create(path, &params, &writer, &error) == AS_OK);
    while (in.left != 0 && kept->count < MOST_FRAMES)
        add_frame(writer, &in, kept);
    if (flags & ABORT)
        as_writer_abort(&writer);
    else
        FUZZ_CHECK(as_writer_finish(&writer, &error) == AS_OK);
    FUZZ_CHECK(!writer);
}

static void check_file(const char *path, const frames *wanted)
{
    const as_key_params key = fuzz_key();
    const as_container_params params = {.struct_size = sizeof(params), .key = &key};
    as_source *source = NULL;
    as_container *container = NULL;
    as_container_info info;
    as_buffer payload = {0};
    as_error error = {0};
    FUZZ_CHECK(as_source_open_file(path, NULL, &source, &error) == AS_OK);
    FUZZ_CHECK(as_container_open(source, &params, &container, &error) == AS_OK);
    as_source_close(&source);
    FUZZ_CHECK(as_container_get_info(container, &info, &error) == AS_OK);
    FUZZ_CHECK(info.frame_count == wanted->count);
    for (size_t i = 0; i < wanted->count; i++) {
        FUZZ_CHECK(as_container_read_payload(container, i, &payload, &error) == AS_OK);
        FUZZ_CHECK(payload.size == wanted->payloads[i].size);
        FUZZ_CHECK(memcmp(payload.data, wanted->payloads[i].data, payload.size) == 0);
    }
    as_buffer_free(&payload);
    as_container_close(&container);
}

static void free_frames(frames *f)
{
    for (size_t i = 0; i < f->count; i++)
        test_bytes_free(&f->payloads[i]);
    f->count = 0;
}

static void check_same_file(const char *path, const char *other)
{
    size_t size, other_size;
    uint8_t *bytes = test_read_file(path, &size), *others = test_read_file(other, &other_size);
    FUZZ_CHECK(size == other_size && memcmp(bytes, others, size) == 0);
    free(bytes);
    free(others);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    const uint8_t flags = fuzz_u8(&in);
    const uint32_t level = fuzz_in(&in, 0, LEVELS);
    char path[FUZZ_PATH], other[FUZZ_PATH];
    frames kept = {.count = 0};
    fuzz_folder_path(path, "one");
    fuzz_folder_path(other, "two");
    write_file(path, flags, level, in, &kept);
    if (!(flags & ABORT))
        check_file(path, &kept);
    free_frames(&kept);
    if ((flags & TWICE) && !(flags & ABORT)) {
        write_file(other, flags, level, in, &kept);
        check_same_file(path, other);
        free_frames(&kept);
    }
    (void)unlink(path);
    (void)unlink(other);
    FUZZ_CHECK(fuzz_folder_is_empty());
    fuzz_check_nothing_alive();
    return 0;
}
