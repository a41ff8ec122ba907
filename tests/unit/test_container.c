/* SPDX-License-Identifier: MIT
 *
 * Reading containers: everything a file can get wrong, each with its message, and frames beside a
 * bad one.
 */
#include "core/base/bytes.h"
#include "tests/support/build_container.h"
#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"

#include <pthread.h>
#include <stdbool.h>

static as_error error;

/* Three frames; *out_blocks, when given, are kept for changes. */
static test_bytes three_frames(test_bytes blocks[3])
{
    for (uint32_t i = 0; i < 3; i++) {
        test_bytes payload = test_small_payload(100 + i);
        blocks[i] = test_block((uint32_t)payload.size, payload.data, payload.size);
        test_bytes_free(&payload);
    }
    return test_container(blocks, 3);
}

static void free_blocks(test_bytes blocks[3])
{
    for (int i = 0; i < 3; i++)
        test_bytes_free(&blocks[i]);
}

static void assert_frame(as_container *container, uint64_t index, uint32_t number)
{
    as_buffer payload = {0};
    test_bytes wanted = test_small_payload(number);
    assert_ok(as_container_read_payload(container, index, &payload, &error), &error);
    assert_int_equal(payload.size, wanted.size);
    assert_same_bytes(payload.data, wanted.data, wanted.size);
    as_buffer_free(&payload);
    test_bytes_free(&wanted);
}

static void assert_open_fails(const test_bytes *file, const char *part)
{
    as_container *container;
    assert_fails(test_open_bytes(file->data, file->size, "x.asvp", NULL, &container, &error),
                 AS_ERROR_DECODE, &error, part);
    assert_null(container);
}

/* --------------------------------------------------------------------------- good files ---- */

static void test_plain_container(void **state)
{
    (void)state;
    test_bytes blocks[3];
    test_bytes file = three_frames(blocks);
    as_container *container;
    as_container_info info;
    as_byte_range range;
    assert_ok(test_open_bytes(file.data, file.size, "", NULL, &container, &error), &error);
    assert_ok(as_container_get_info(container, &info, &error), &error);
    assert_int_equal(info.frame_count, 3);
    assert_int_equal(info.encrypted, 0);
    assert_int_equal(info.stated_count, 3);
    assert_int_equal(info.source_bytes, file.size);
    assert_int_equal(16 + info.table_bytes + info.blocks_bytes, file.size);
    assert_ok(as_container_frame_range(container, 1, &range, &error), &error);
    assert_int_equal(range.offset, 16 + info.table_bytes + blocks[0].size);
    assert_int_equal(range.length, blocks[1].size);
    for (uint32_t i = 3; i-- > 0;)
        assert_frame(container, i, 100 + i);
    as_container_close(&container);
    assert_null(container);
    free_blocks(blocks);
    test_bytes_free(&file);
}

static void test_unmarked_header_is_plain_too(void **state)
{
    (void)state;
    test_bytes blocks[3];
    test_bytes file = three_frames(blocks);
    as_container *container;
    memset(file.data, 0, 12); /* "Readers depend on bytes 12..15 alone" */
    assert_ok(test_open_bytes(file.data, file.size, "", NULL, &container, &error), &error);
    assert_frame(container, 2, 102);
    as_container_close(&container);
    free_blocks(blocks);
    test_bytes_free(&file);
}

static void test_empty_stream(void **state)
{
    (void)state;
    test_bytes file = test_container(NULL, 0);
    as_container *container;
    as_container_info info;
    as_buffer payload = {0};
    assert_ok(test_open_bytes(file.data, file.size, "", NULL, &container, &error), &error);
    assert_ok(as_container_get_info(container, &info, &error), &error);
    assert_int_equal(info.frame_count, 0);
    assert_fails(as_container_read_payload(container, 0, &payload, &error), AS_ERROR_OUT_OF_RANGE,
                 &error, "has 0 frames");
    as_container_close(&container);
    test_bytes_free(&file);
}

static void count_warnings(void *user, as_log_level level, const char *message)
{
    if (level == AS_LOG_WARN && strstr(message, "7 frames") && strstr(message, "has 3"))
        ++*(int *)user;
}

static void test_wrong_stated_count_is_a_warning(void **state)
{
    (void)state;
    test_bytes blocks[3];
    test_bytes file = three_frames(blocks);
    int warnings = 0;
    const as_container_params params = {
        .struct_size = sizeof(params),
        .log = {.fn = count_warnings, .user = &warnings, .level = AS_LOG_DEBUG}};
    as_container *container;
    as_put_u32(file.data + 8, 7);
    assert_ok(test_open_bytes(file.data, file.size, "", &params, &container, &error), &error);
    assert_int_equal(warnings, 1);
    assert_frame(container, 0, 100);
    as_container_close(&container);
    as_put_u32(file.data + 8, 0xFFFFFFFF); /* a hint alone: no memory follows it */
    assert_ok(test_open_bytes(file.data, file.size, "", NULL, &container, &error), &error);
    as_container_close(&container);
    free_blocks(blocks);
    test_bytes_free(&file);
}

static void test_bytes_after_the_streams_are_ignored(void **state)
{
    (void)state;
    test_bytes payload = test_small_payload(7), sizes = {0}, table = {0};
    test_bytes block = test_block((uint32_t)payload.size, payload.data, payload.size);
    as_container *container;
    test_bytes_add(&block, "trailing", 8);
    test_bytes_add_u64(&sizes, block.size);
    test_bytes_add_zlib(&table, sizes.data, sizes.size);
    test_bytes_add(&table, "more", 4);
    test_bytes file = test_container_head("ASVP", 1, (uint32_t)table.size, table.data, table.size);
    test_bytes_add(&file, block.data, block.size);
    test_bytes_add(&file, "after the last frame", 20);
    assert_ok(test_open_bytes(file.data, file.size, "", NULL, &container, &error), &error);
    assert_frame(container, 0, 7);
    as_container_close(&container);
    test_bytes_free(&payload);
    test_bytes_free(&sizes);
    test_bytes_free(&table);
    test_bytes_free(&block);
    test_bytes_free(&file);
}

/* ------------------------------------------------------------------- damaged header, table -- */

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    test_bytes blocks[3];
    test_bytes file = three_frames(blocks);
    const size_t table = as_get_u32(file.data + 12);
    for (size_t size = 0; size <= file.size; size++) {
        /* Exact allocations, so that a sanitizer sees any read past the cut. */
        uint8_t *cut = malloc(size ? size : 1);
        as_container *container;
        assert_non_null(cut);
        memcpy(cut, file.data, size);
        const as_result result = test_open_bytes(cut, size, "", NULL, &container, &error);
        if (size < 16 + table) {
            const char *part = size == 0   ? "empty"
                               : size < 4  ? "not an AlphaStream container"
                               : size < 18 ? "damaged plain container"
                                           : "source ends after";
            test_assert_result(result, AS_ERROR_DECODE, &error, "open", __FILE__, __LINE__);
            test_assert_text(error.text, part, "open", __FILE__, __LINE__);
        } else {
            /* A file cut short keeps every frame that it does hold. */
            test_assert_result(result, AS_OK, &error, "open", __FILE__, __LINE__);
            size_t end = 16 + table;
            for (uint32_t i = 0; i < 3; i++) {
                as_buffer payload = {0};
                end += blocks[i].size;
                if (end <= size) {
                    assert_frame(container, i, 100 + i);
                } else {
                    assert_fails(as_container_read_payload(container, i, &payload, &error),
                                 AS_ERROR_DECODE, &error, "cut short");
                    assert_int_equal(error.frame, i);
                }
                as_buffer_free(&payload);
            }
        }
        as_container_close(&container);
        free(cut);
    }
    free_blocks(blocks);
    test_bytes_free(&file);
}

static void test_table_length_lies(void **state)
{
    (void)state;
    test_bytes blocks[3];
    test_bytes file = three_frames(blocks);
    const uint32_t table = as_get_u32(file.data + 12);
    as_put_u32(file.data + 12, 0);
    assert_open_fails(&file, "0 bytes");
    as_put_u32(file.data + 12, 0xFFFFFFFF);
    assert_open_fails(&file, "over the limit");
    as_put_u32(file.data + 12, (65u << 20) + 1);
    assert_open_fails(&file, "over the limit");
    as_put_u32(file.data + 12, (65u << 20));
    assert_open_fails(&file, "source ends after");
    as_put_u32(file.data + 12, (uint32_t)file.size - 15);
    assert_open_fails(&file, "source ends after");
    as_put_u32(file.data + 12, table - 1);
    assert_open_fails(&file, "Adler-32");
    as_put_u32(file.data + 12, table - 5);
    assert_open_fails(&file, "malformed");
    free_blocks(blocks);
    test_bytes_free(&file);
}

static void test_table_does_not_inflate(void **state)
{
    (void)state;
    test_bytes blocks[3];
    test_bytes file = three_frames(blocks);
    const uint32_t table = as_get_u32(file.data + 12);
    file.data[17] ^= 1;
    assert_open_fails(&file, "zlib header");
    file.data[17] ^= 1;
    const uint8_t before = file.data[18];
    file.data[18] = 0xFF;
    assert_open_fails(&file, "damaged plain container");
    file.data[18] = before;
    file.data[16 + table - 1] ^= 0x80;
    assert_open_fails(&file, "Adler-32");
    free_blocks(blocks);
    test_bytes_free(&file);
}

static void test_table_is_not_a_multiple_of_8(void **state)
{
    (void)state;
    test_bytes table = {0};
    test_bytes_add_zlib(&table, "123456789", 9);
    test_bytes file = test_container_head("ASVP", 1, (uint32_t)table.size, table.data, table.size);
    assert_open_fails(&file, "multiple of 8");
    test_bytes_free(&file);
    test_bytes_free(&table);
}

/* A table that inflates to more than the limit, from a few hundred KB. */
static void test_table_bomb(void **state)
{
    (void)state;
    const size_t size = (64u << 20) + 8;
    uint8_t *zeros = calloc(size, 1);
    test_bytes table = {0};
    assert_non_null(zeros);
    test_bytes_add_zlib(&table, zeros, size);
    test_bytes file = test_container_head("ASVP", 0, (uint32_t)table.size, table.data, table.size);
    assert_open_fails(&file, "limits.table_bytes");
    test_bytes_free(&file);
    test_bytes_free(&table);
    /* Exactly the limit is a container of 8 Mi empty blocks. */
    test_bytes_add_zlib(&table, zeros, size - 8);
    file = test_container_head("ASVP", 0, (uint32_t)table.size, table.data, table.size);
    as_container *container;
    as_container_info info;
    assert_ok(test_open_bytes(file.data, file.size, "", NULL, &container, &error), &error);
    assert_ok(as_container_get_info(container, &info, &error), &error);
    assert_int_equal(info.frame_count, 8u << 20);
    as_container_close(&container);
    /* A lower limit. */
    const as_container_params low = {.struct_size = sizeof(low), .limits = {.table_bytes = 8000}};
    assert_fails(test_open_bytes(file.data, file.size, "", &low, &container, &error),
                 AS_ERROR_DECODE, &error, "more than 8000");
    test_bytes_free(&file);
    test_bytes_free(&table);
    free(zeros);
}

static void test_sizes_overflow(void **state)
{
    (void)state;
    test_bytes sizes = {0}, table = {0};
    test_bytes_add_u64(&sizes, 100);
    test_bytes_add_u64(&sizes, UINT64_MAX - 50);
    test_bytes_add_zlib(&table, sizes.data, sizes.size);
    test_bytes file = test_container_head("ASVP", 2, (uint32_t)table.size, table.data, table.size);
    assert_open_fails(&file, "frame 1");
    test_bytes_free(&file);
    test_bytes_free(&table);
    test_bytes_free(&sizes);
}

/* ------------------------------------------------------------------------- damaged frames -- */

/* Frame 1 is `bad` (with `size` in the table); it must fail with `part`, its neighbours not. */
static void assert_bad_frame(const test_bytes *bad, uint64_t size, const char *part)
{
    test_bytes blocks[3], sizes = {0}, table = {0};
    test_bytes good = three_frames(blocks);
    test_bytes_add_u64(&sizes, blocks[0].size);
    test_bytes_add_u64(&sizes, bad->size);
    test_bytes_add_u64(&sizes, blocks[2].size);
    if (size != bad->size) { /* stated beyond the end: it must be the last then */
        as_put_u64(sizes.data + 8, blocks[2].size);
        as_put_u64(sizes.data + 16, size);
    }
    test_bytes_add_zlib(&table, sizes.data, sizes.size);
    test_bytes file = test_container_head("ASVP", 3, (uint32_t)table.size, table.data, table.size);
    const bool last = size != bad->size;
    test_bytes_add(&file, blocks[0].data, blocks[0].size);
    test_bytes_add(&file, last ? blocks[2].data : bad->data, last ? blocks[2].size : bad->size);
    test_bytes_add(&file, last ? bad->data : blocks[2].data, last ? bad->size : blocks[2].size);
    as_container *container;
    as_buffer out = {0};
    const uint64_t index = last ? 2 : 1;
    assert_ok(test_open_bytes(file.data, file.size, "", NULL, &container, &error), &error);
    for (int round = 0; round < 2; round++) {
        assert_fails(as_container_read_payload(container, index, &out, &error), AS_ERROR_DECODE,
                     &error, part);
        assert_int_equal(error.frame, index);
        assert_int_equal(out.size, 0);
        assert_fails(as_container_read_block(container, index, &out, &error), AS_ERROR_DECODE,
                     &error, last ? "frame 2: " : "frame 1: ");
        assert_frame(container, 0, 100);
        assert_frame(container, last ? 1 : 2, 102);
    }
    as_buffer_free(&out);
    as_container_close(&container);
    free_blocks(blocks);
    test_bytes_free(&good);
    test_bytes_free(&sizes);
    test_bytes_free(&table);
    test_bytes_free(&file);
}

static void test_block_too_small(void **state)
{
    (void)state;
    test_bytes bad = {0};
    assert_bad_frame(&bad, 0, "0 bytes, too few");
    test_bytes_add(&bad, "\0\0\0", 3);
    assert_bad_frame(&bad, 3, "3 bytes, too few");
    test_bytes_add(&bad, "\0", 1);
    assert_bad_frame(&bad, 4, "too few for a channel count");
    as_put_u32(bad.data, 100);
    assert_bad_frame(&bad, 4, "zlib header");
    test_bytes_free(&bad);
}

static void test_block_past_the_end(void **state)
{
    (void)state;
    test_bytes bad = {0};
    test_bytes_add(&bad, "abc", 3);
    assert_bad_frame(&bad, 100, "cut short");
    assert_bad_frame(&bad, (uint64_t)1 << 20, "cut short");
    assert_bad_frame(&bad, (uint64_t)1 << 40, "over the limit of 16777216 (limits.block_bytes)");
    test_bytes_free(&bad);
}

static void test_stated_length_lies(void **state)
{
    (void)state;
    test_bytes payload = test_small_payload(5);
    const uint32_t size = (uint32_t)payload.size;
    const struct {
        uint32_t stated;
        const char *part;
    } cases[] = {
        {size - 1, "more than the stated"},          {size + 1, "where 17 are stated"},
        {0x80000000u, "over the limit of 16777216"}, /* 2 GiB */
        {0xFFFFFFFFu, "over the limit of 16777216"}, {16u << 20, "where 16777216 are stated"},
        {3, "too few for a channel count"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        test_bytes bad = test_block(cases[i].stated, payload.data, payload.size);
        assert_bad_frame(&bad, bad.size, cases[i].part);
        test_bytes_free(&bad);
    }
    test_bytes_free(&payload);
}

static void test_block_is_damaged(void **state)
{
    (void)state;
    test_bytes payload = test_small_payload(5);
    test_bytes bad = test_block((uint32_t)payload.size, payload.data, payload.size);
    bad.data[bad.size - 1] ^= 1;
    assert_bad_frame(&bad, bad.size, "Adler-32");
    bad.data[bad.size - 1] ^= 1;
    bad.data[4] = 0x77;
    assert_bad_frame(&bad, bad.size, "zlib header");
    bad.data[4] = 0x78;
    bad.data[6] = 0x07; /* a block of type 3, which does not exist */
    assert_bad_frame(&bad, bad.size, "malformed");
    test_bytes_free(&bad);
    bad = test_block((uint32_t)payload.size, payload.data, payload.size);
    bad.size -= 2;
    assert_bad_frame(&bad, bad.size, "before its Adler-32");
    test_bytes_free(&bad);
    test_bytes_free(&payload);
}

static void test_channels_lie(void **state)
{
    (void)state;
    uint8_t p[24] = {0};
    const struct {
        uint32_t count, first, second;
        const char *part;
    } cases[] = {{1, 15, 0, "add up to 15"},
                 {1, 0xFFFFFFFF, 0, "add up to 4294967295"},
                 {2, 0xFFFFFFFF, 13, "add up to 4294967308"},
                 {6, 0, 0, "do not fit"},
                 {65537, 0, 0, "over the limit of 65536"},
                 {0xFFFFFFFF, 0, 0, "over the limit"},
                 {0, 0, 0, "add up to 0"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        as_put_u32(p, cases[i].count);
        as_put_u32(p + 4, cases[i].first);
        as_put_u32(p + 8, cases[i].second);
        test_bytes bad = test_block(sizeof(p), p, sizeof(p));
        assert_bad_frame(&bad, bad.size, cases[i].part);
        test_bytes_free(&bad);
    }
}

static void test_limits(void **state)
{
    (void)state;
    test_bytes blocks[3];
    test_bytes file = three_frames(blocks);
    const struct {
        as_limits limits;
        const char *part;
    } cases[] = {{{.payload_bytes = 10}, "limit of 10 (limits.payload_bytes)"},
                 {{.block_bytes = 10}, "limit of 10 (limits.block_bytes)"}};
    as_container *container;
    as_buffer payload = {0};
    for (size_t i = 0; i < 2; i++) {
        const as_container_params params = {.struct_size = sizeof(params),
                                            .limits = cases[i].limits};
        assert_ok(test_open_bytes(file.data, file.size, "", &params, &container, &error), &error);
        assert_fails(as_container_read_payload(container, 1, &payload, &error), AS_ERROR_DECODE,
                     &error, cases[i].part);
        as_container_close(&container);
    }
    const as_limits wrong[] = {
        {.payload_bytes = (16 << 20) + 1},        {.payload_bytes = 3}, {.table_bytes = 7},
        {.table_bytes = ((uint64_t)1 << 30) + 1}, {.block_bytes = 3},   {.channels = 4194304}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        const as_container_params params = {.struct_size = sizeof(params), .limits = wrong[i]};
        assert_fails(test_open_bytes(file.data, file.size, "", &params, &container, &error),
                     AS_ERROR_ARGUMENT, &error, "outside its range");
    }
    as_buffer_free(&payload);
    free_blocks(blocks);
    test_bytes_free(&file);
}

/* ------------------------------------------------------------------------------ encrypted -- */

static uint8_t pass[32];

static as_key_params closeup_key(void)
{
    for (size_t i = 0; i < sizeof(pass); i++)
        pass[i] = (uint8_t)i;
    return (as_key_params){.struct_size = sizeof(as_key_params),
                           .scene_id = 85342,
                           .passphrase = pass,
                           .passphrase_size = sizeof(pass)};
}

static as_result open_closeup(const as_key_params *key, as_container **out)
{
    const as_container_params params = {.struct_size = sizeof(params), .key = key};
    as_source *source;
    *out = NULL;
    assert_ok(as_source_open("tests/data/closeup.asvr", NULL, &source, &error), &error);
    const as_result result = as_container_open(source, &params, out, &error);
    as_source_close(&source);
    return result;
}

static void test_encrypted_opens_and_equals_plain(void **state)
{
    (void)state;
    as_key_params key = closeup_key();
    as_container *container, *plain;
    as_container_info info;
    as_source *source;
    as_buffer a = {0}, b = {0};
    assert_ok(open_closeup(&key, &container), &error);
    assert_ok(as_source_open("tests/data/closeup.asvp", NULL, &source, &error), &error);
    assert_ok(as_container_open(source, NULL, &plain, &error), &error);
    as_source_close(&source);
    assert_ok(as_container_get_info(container, &info, &error), &error);
    assert_int_equal(info.encrypted, 1);
    assert_int_equal(info.frame_count, 600);
    for (uint64_t i = 0; i < 600; i++) {
        assert_ok(as_container_read_block(container, i, &a, &error), &error);
        assert_ok(as_container_read_block(plain, i, &b, &error), &error);
        assert_int_equal(a.size, b.size);
        assert_same_bytes(a.data, b.data, b.size);
    }
    as_buffer_free(&a);
    as_buffer_free(&b);
    as_container_close(&plain);
    as_container_close(&container);
}

/* "A successful call leaves it alone", also where a plain container was tried first. */
static void test_success_leaves_the_error_alone(void **state)
{
    (void)state;
    as_error before;
    as_container *container;
    as_key_params key = closeup_key();
    memset(&error, 0x55, sizeof(error));
    before = error;
    assert_int_equal(open_closeup(&key, &container), AS_OK);
    assert_memory_equal(&error, &before, sizeof(error));
    as_container_close(&container);
}

static void test_wrong_keys(void **state)
{
    (void)state;
    as_container *container;
    unsetenv("ALPHASTREAM_PASSPHRASE");
    unsetenv("ALPHASTREAM_PASSPHRASE_FILE");
    assert_fails(open_closeup(NULL, &container), AS_ERROR_DECODE, &error, "no passphrase");
    as_key_params key = closeup_key();
    key.scene_id++;
    assert_fails(open_closeup(&key, &container), AS_ERROR_DECODE, &error, "scene (85343)");
    key = closeup_key();
    key.version = "1.5.1";
    assert_fails(open_closeup(&key, &container), AS_ERROR_DECODE, &error, "version (\"1.5.1\")");
    key = closeup_key();
    key.file_name = "other.asvr";
    assert_fails(open_closeup(&key, &container), AS_ERROR_DECODE, &error, "\"other.asvr\"");
    key = closeup_key();
    pass[31] ^= 1;
    assert_fails(open_closeup(&key, &container), AS_ERROR_DECODE, &error, "wrong passphrase");
    assert_null(strstr(error.text, "hex:"));
    key.passphrase_size = 0;
    assert_fails(open_closeup(&key, &container), AS_ERROR_DECODE, &error, "wrong passphrase");
}

static void test_passphrase_from_environment(void **state)
{
    (void)state;
    as_container *container;
    const as_key_params key = {.struct_size = sizeof(key), .scene_id = 85342};
    setenv("ALPHASTREAM_PASSPHRASE",
           "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 1);
    assert_ok(open_closeup(&key, &container), &error);
    as_container_close(&container);
    setenv("ALPHASTREAM_PASSPHRASE", "something else", 1);
    assert_fails(open_closeup(&key, &container), AS_ERROR_DECODE, &error, "wrong passphrase");
    assert_null(strstr(error.text, "something else"));
    unsetenv("ALPHASTREAM_PASSPHRASE");
}

static void test_other_files_are_not_containers(void **state)
{
    (void)state;
    static const char text[] = "Once upon a time there was a text file, and it was long enough to "
                               "be looked at, though it held no polylines whatsoever.\n";
    as_container *container;
    assert_fails(test_open_bytes(text, sizeof(text) - 1, "", NULL, &container, &error),
                 AS_ERROR_DECODE, &error, "not an AlphaStream container");
    uint8_t zeros[4096] = {0};
    assert_fails(test_open_bytes(zeros, sizeof(zeros), "", NULL, &container, &error),
                 AS_ERROR_DECODE, &error, "not an AlphaStream container");
}

/* ---------------------------------------------------------------------------- other cares -- */

static void test_arguments(void **state)
{
    (void)state;
    as_container *container = (as_container *)(void *)pass;
    as_container_info info;
    as_byte_range range;
    as_buffer out = {0};
    assert_fails(as_container_open(NULL, NULL, &container, &error), AS_ERROR_ARGUMENT, &error,
                 "source");
    assert_null(container);
    assert_fails(as_container_get_info(NULL, &info, &error), AS_ERROR_ARGUMENT, &error,
                 "container");
    assert_fails(as_container_frame_range(NULL, 0, &range, &error), AS_ERROR_ARGUMENT, &error,
                 "container");
    assert_fails(as_container_read_payload(NULL, 0, &out, &error), AS_ERROR_ARGUMENT, &error,
                 "container");
    assert_int_equal(as_container_read_block(NULL, 0, NULL, NULL), AS_ERROR_ARGUMENT);
    test_bytes file = test_container(NULL, 0);
    as_container_params params = {0};
    assert_fails(test_open_bytes(file.data, file.size, "", &params, &container, &error),
                 AS_ERROR_ARGUMENT, &error, "struct_size");
    assert_ok(test_open_bytes(file.data, file.size, "", NULL, &container, &error), &error);
    assert_fails(as_container_get_info(container, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "out_info");
    assert_fails(as_container_read_payload(container, 0, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "buffer");
    assert_fails(as_container_frame_range(container, UINT64_MAX, &range, &error),
                 AS_ERROR_OUT_OF_RANGE, &error, "18446744073709551615");
    as_container_close(&container);
    as_container_close(&container);
    as_container_close(NULL);
    as_buffer_free(NULL);
    test_bytes_free(&file);
}

typedef struct reader {
    as_container *container;
    as_canvas *canvas;
    uint64_t seed;
    int wrong;
} reader;

static void *read_many(void *user)
{
    reader *r = user;
    as_buffer payload = {0};
    as_error own;
    for (uint64_t i = 0; i < 300; i++) {
        r->seed = r->seed * 6364136223846793005u + 1442695040888963407u;
        const uint64_t index = (r->seed >> 33) % 3;
        test_bytes wanted = test_small_payload(100 + (uint32_t)index);
        if (as_container_read_payload(r->container, index, &payload, &own) != AS_OK ||
            payload.size != wanted.size || memcmp(payload.data, wanted.data, wanted.size) != 0)
            r->wrong++;
        test_bytes_free(&wanted);
    }
    as_buffer_free(&payload);
    return NULL;
}

static void test_eight_threads(void **state)
{
    (void)state;
    test_bytes blocks[3];
    test_bytes file = three_frames(blocks);
    pthread_t threads[8];
    reader readers[8];
    as_container *container;
    assert_ok(test_open_bytes(file.data, file.size, "", NULL, &container, &error), &error);
    for (size_t i = 0; i < 8; i++) {
        readers[i] = (reader){.container = container, .seed = i};
        assert_int_equal(pthread_create(&threads[i], NULL, read_many, &readers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(readers[i].wrong, 0);
    }
    as_container_close(&container);
    free_blocks(blocks);
    test_bytes_free(&file);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    as_key_params key = closeup_key();
    uint64_t n = 0;
    do {
        as_container *container = NULL;
        as_source *source = NULL;
        as_buffer payload = {0};
        const as_container_params params = {.struct_size = sizeof(params), .key = &key};
        test_alloc_fail_at(n++);
        as_result result = as_source_open("tests/data/closeup.asvr", NULL, &source, &error);
        if (result == AS_OK)
            result = as_container_open(source, &params, &container, &error);
        if (result == AS_OK)
            result = as_container_read_payload(container, 9, &payload, &error);
        if (result != AS_OK)
            assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
        if (result != AS_OK && container) /* nothing is lost: the next try works */
            assert_ok(as_container_read_payload(container, 9, &payload, &error), &error);
        as_buffer_free(&payload);
        as_container_close(&container);
        as_source_close(&source);
        assert_int_equal(test_alloc_bytes(), 0);
    } while (test_alloc_failed());
    assert_true(n > 10);
    test_alloc_restore();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_container),
        cmocka_unit_test(test_unmarked_header_is_plain_too),
        cmocka_unit_test(test_empty_stream),
        cmocka_unit_test(test_wrong_stated_count_is_a_warning),
        cmocka_unit_test(test_bytes_after_the_streams_are_ignored),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_table_length_lies),
        cmocka_unit_test(test_table_does_not_inflate),
        cmocka_unit_test(test_table_is_not_a_multiple_of_8),
        cmocka_unit_test(test_table_bomb),
        cmocka_unit_test(test_sizes_overflow),
        cmocka_unit_test(test_block_too_small),
        cmocka_unit_test(test_block_past_the_end),
        cmocka_unit_test(test_stated_length_lies),
        cmocka_unit_test(test_block_is_damaged),
        cmocka_unit_test(test_channels_lie),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_encrypted_opens_and_equals_plain),
        cmocka_unit_test(test_success_leaves_the_error_alone),
        cmocka_unit_test(test_wrong_keys),
        cmocka_unit_test(test_passphrase_from_environment),
        cmocka_unit_test(test_other_files_are_not_containers),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_eight_threads),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests_name("container", tests, NULL, test_nothing_alive);
}
