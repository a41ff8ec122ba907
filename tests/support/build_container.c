/* SPDX-License-Identifier: MIT */
#include "tests/support/build_container.h"

#include "core/base/bytes.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"

#include <stdlib.h>
#include <string.h>

void test_bytes_add(test_bytes *bytes, const void *more, size_t size)
{
    if (bytes->size + size > bytes->capacity) {
        bytes->capacity = 2 * (bytes->size + size) + 64;
        bytes->data = realloc(bytes->data, bytes->capacity);
        if (!bytes->data)
            abort();
    }
    if (size)
        memcpy(bytes->data + bytes->size, more, size);
    bytes->size += size;
}

void test_bytes_add_u32(test_bytes *bytes, uint32_t v)
{
    uint8_t b[4];
    as_put_u32(b, v);
    test_bytes_add(bytes, b, sizeof(b));
}

void test_bytes_add_u64(test_bytes *bytes, uint64_t v)
{
    uint8_t b[8];
    as_put_u64(b, v);
    test_bytes_add(bytes, b, sizeof(b));
}

void test_bytes_add_zlib(test_bytes *bytes, const void *in, size_t size)
{
    size_t got;
    uint8_t *out = codec_deflate(in, size, &got);
    if (!out)
        abort();
    test_bytes_add(bytes, out, got);
    free(out);
}

void test_bytes_free(test_bytes *bytes)
{
    free(bytes->data);
    *bytes = (test_bytes){0};
}

test_bytes test_block(uint32_t stated, const void *payload, size_t size)
{
    test_bytes block = {0};
    test_bytes_add_u32(&block, stated);
    test_bytes_add_zlib(&block, payload, size);
    return block;
}

test_bytes test_container_head(const char *mark, uint32_t stated_count, uint32_t table_size,
                               const void *table, size_t size)
{
    test_bytes out = {0};
    uint8_t first[8] = {0};
    if (mark) {
        memcpy(first, mark, 4);
        memcpy(first + 4, "PLN1", 4);
    }
    test_bytes_add(&out, first, 8);
    test_bytes_add_u32(&out, stated_count);
    test_bytes_add_u32(&out, table_size);
    test_bytes_add(&out, table, size);
    return out;
}

test_bytes test_container(const test_bytes *blocks, size_t count)
{
    test_bytes sizes = {0}, table = {0};
    for (size_t i = 0; i < count; i++)
        test_bytes_add_u64(&sizes, blocks[i].size);
    test_bytes_add_zlib(&table, sizes.data, sizes.size);
    test_bytes out =
        test_container_head("ASVP", (uint32_t)count, (uint32_t)table.size, table.data, table.size);
    for (size_t i = 0; i < count; i++)
        test_bytes_add(&out, blocks[i].data, blocks[i].size);
    test_bytes_free(&sizes);
    test_bytes_free(&table);
    return out;
}

test_bytes test_small_payload(uint32_t number)
{
    const uint8_t record[8] = {(uint8_t)number, (uint8_t)(number >> 8), 20, 0, 9, 1, 0xFE, 8};
    test_bytes out = {0};
    test_bytes_add_u32(&out, 1);
    test_bytes_add_u32(&out, sizeof(record));
    test_bytes_add(&out, record, sizeof(record));
    return out;
}

test_bytes test_small_block(uint32_t number)
{
    test_bytes payload = test_small_payload(number);
    const test_bytes block = test_block((uint32_t)payload.size, payload.data, payload.size);
    test_bytes_free(&payload);
    return block;
}

test_bytes test_three_frames(test_bytes blocks[3])
{
    test_bytes own[3];
    for (uint32_t i = 0; i < 3; i++)
        own[i] = test_small_block(100 + i);
    const test_bytes file = test_container(own, 3);
    if (blocks)
        memcpy(blocks, own, sizeof(own));
    else
        test_free_blocks(own, 3);
    return file;
}

void test_free_blocks(test_bytes *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        test_bytes_free(&blocks[i]);
}

void test_expect_small(as_container *container, uint64_t index, uint32_t number)
{
    as_buffer payload = {0};
    as_error error;
    test_bytes wanted = test_small_payload(number);
    assert_ok(as_container_read_payload(container, index, &payload, &error), &error);
    assert_int_equal(payload.size, wanted.size);
    assert_same_bytes(payload.data, wanted.data, wanted.size);
    as_buffer_free(&payload);
    test_bytes_free(&wanted);
}

as_key_params test_closeup_key(void)
{
    static const uint8_t passphrase[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                           11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                           22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
    return (as_key_params){.struct_size = sizeof(as_key_params),
                           .scene_id = 85342,
                           .passphrase = passphrase,
                           .passphrase_size = sizeof(passphrase)};
}

as_result test_open_bytes(const void *data, size_t size, const char *name,
                          const as_container_params *params, as_container **out, as_error *error)
{
    const as_memory_params memory = {.struct_size = sizeof(memory), .name = name};
    as_source *source = NULL;
    *out = NULL;
    as_result result = as_source_open_memory(data, size, &memory, &source, error);
    if (result == AS_OK)
        result = as_container_open(source, params, out, error);
    as_source_close(&source);
    return result;
}
