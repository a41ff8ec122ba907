/* SPDX-License-Identifier: MIT
 *
 * Containers: any bytes, and bytes that come close. What a plain one gives, its encrypted twin must
 * give, too.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum {
    ASSEMBLED = 1, /* a container that is put together as the input says */
    SMALL = 2,     /* low limits */
    OWN_SOURCE = 4,
    ENCRYPTED = 8, /* the input is ciphertext */
    FEW_FRAMES = 300
};

typedef struct view {
    const uint8_t *bytes;
    size_t size;
} view;

/* A source that does not know its size. */
static as_result read_view(void *user, uint64_t offset, void *buffer, size_t length,
                           size_t *out_read, as_error *error)
{
    const view *v = user;
    (void)error;
    *out_read = 0;
    if (offset >= v->size)
        return AS_OK;
    *out_read = length < v->size - offset ? length : (size_t)(v->size - offset);
    memcpy(buffer, v->bytes + offset, *out_read);
    return AS_OK;
}

static as_result open_view(view *v, uint8_t flags, const as_key_params *key, as_container **out,
                           as_error *error)
{
    const as_source_vtable table = {.struct_size = sizeof(table), .read = read_view};
    as_container_params params = {.struct_size = sizeof(params), .key = key};
    as_source *source;
    /* A table of 64 MiB is worth a try, but takes as long as thousands of others. */
    params.limits = (as_limits){.table_bytes = 1 << 20, .payload_bytes = 1 << 20};
    if (flags & SMALL)
        params.limits =
            (as_limits){.table_bytes = 64, .payload_bytes = 64, .block_bytes = 64, .channels = 3};
    if (flags & OWN_SOURCE)
        FUZZ_CHECK(as_source_open_custom(&table, v, "own", &source, error) == AS_OK);
    else
        FUZZ_CHECK(as_source_open_memory(v->bytes, v->size, NULL, &source, error) == AS_OK);
    const as_result result = as_container_open(source, &params, out, error);
    FUZZ_CHECK_RESULT(result, error);
    FUZZ_CHECK((result == AS_OK) == (*out != NULL));
    as_source_close(&source);
    return result;
}

/* A frame that was read is one that can be drawn, and its block says the same. */
static void check_frame(const as_buffer *payload, const as_buffer *block)
{
    as_error error;
    as_canvas *canvas;
    FUZZ_CHECK(block->size >= 4);
    FUZZ_CHECK((block->data[0] | block->data[1] << 8 | block->data[2] << 16 |
                (uint32_t)block->data[3] << 24) == payload->size);
    FUZZ_CHECK(as_canvas_create(16, 16, &canvas, &error) == AS_OK);
    FUZZ_CHECK(as_canvas_draw(canvas, payload->data, payload->size, NULL, &error) == AS_OK);
    as_canvas_destroy(&canvas);
}

static void compare_frame(as_container *container, as_container *twin, uint64_t index)
{
    as_buffer payload = {0}, other = {0}, block = {0};
    as_error error = {0};
    const as_result result = as_container_read_payload(container, index, &payload, &error);
    FUZZ_CHECK_RESULT(result, &error);
    FUZZ_CHECK(as_container_read_block(container, index, &block, &error) == result);
    if (result == AS_OK)
        check_frame(&payload, &block);
    if (twin) {
        FUZZ_CHECK(as_container_read_payload(twin, index, &other, &error) == result);
        FUZZ_CHECK(other.size == payload.size);
        FUZZ_CHECK(payload.size == 0 || memcmp(other.data, payload.data, payload.size) == 0);
    }
    as_buffer_free(&payload);
    as_buffer_free(&other);
    as_buffer_free(&block);
}

static void compare(as_container *container, as_container *twin)
{
    as_container_info info, other;
    as_byte_range range;
    as_error error;
    FUZZ_CHECK(as_container_get_info(container, &info, &error) == AS_OK);
    if (twin) {
        FUZZ_CHECK(as_container_get_info(twin, &other, &error) == AS_OK);
        FUZZ_CHECK(other.encrypted && other.frame_count == info.frame_count &&
                   other.blocks_bytes == info.blocks_bytes);
    }
    const uint64_t few = info.frame_count < FEW_FRAMES ? info.frame_count : FEW_FRAMES;
    for (uint64_t i = 0; i < few; i++)
        compare_frame(container, twin, i);
    if (info.frame_count > few)
        compare_frame(container, twin, info.frame_count - 1);
    FUZZ_CHECK(as_container_frame_range(container, info.frame_count, &range, &error) ==
               AS_ERROR_OUT_OF_RANGE);
}

/* Ciphertext that happens to begin with the mark of plain containers is one (docs/format.md). */
static bool is_marked(const test_bytes *bytes)
{
    return bytes->size >= 4 && memcmp(bytes->data, "ASVP", 4) == 0;
}

static void check_plain(view *v, uint8_t flags)
{
    const as_key_params key = fuzz_key();
    as_container *container = NULL, *twin = NULL;
    as_container_info info = {0};
    as_error error = {0};
    const as_result result = open_view(v, flags, NULL, &container, &error);
    if (result == AS_OK)
        FUZZ_CHECK(as_container_get_info(container, &info, &error) == AS_OK);
    if (v->size != 0 && info.frame_count <= FEW_FRAMES) {
        test_bytes bytes = fuzz_encrypt(v->bytes, v->size, container);
        view encrypted = {bytes.data, bytes.size};
        if (!is_marked(&bytes))
            FUZZ_CHECK(open_view(&encrypted, flags, &key, &twin, &error) == result);
        if (result == AS_OK)
            compare(container, twin);
        as_container_close(&twin);
        test_bytes_free(&bytes);
    } else if (result == AS_OK) {
        compare(container, NULL);
    }
    as_container_close(&container);
}

static void check_encrypted(view *v, uint8_t flags)
{
    const as_key_params key = fuzz_key();
    as_container *container = NULL;
    as_error error = {0};
    if (open_view(v, flags, &key, &container, &error) == AS_OK)
        compare(container, NULL);
    as_container_close(&container);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    const uint8_t flags = fuzz_u8(&in);
    test_bytes made = {0};
    view v = {in.at, in.left};
    if (flags & ASSEMBLED) {
        made = fuzz_container(&in, fuzz_in(&in, 0, 12), true);
        v = (view){made.data, made.size};
    }
    if (flags & ENCRYPTED)
        check_encrypted(&v, flags);
    else
        check_plain(&v, flags);
    test_bytes_free(&made);
    fuzz_check_nothing_alive();
    return 0;
}
