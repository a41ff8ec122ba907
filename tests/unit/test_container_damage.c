/* SPDX-License-Identifier: MIT
 *
 * Everything a container can get wrong, each with its message, and frames beside a bad one.
 */
#include "core/base/bytes.h"
#include "tests/support/build_container.h"
#include "tests/support/check.h"

#include <stdbool.h>

static as_error error;

static void assert_open_fails(const test_bytes *file, const char *part)
{
    as_container *container;
    assert_fails(test_open_bytes(file->data, file->size, "x.asvp", NULL, &container, &error),
                 AS_ERROR_DECODE, &error, part);
    assert_null(container);
}

/* ------------------------------------------------------------------- damaged header, table -- */

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    test_bytes blocks[3];
    test_bytes file = test_three_frames(blocks);
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
                    test_expect_small(container, i, 100 + i);
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
    test_free_blocks(blocks, 3);
    test_bytes_free(&file);
}

static void test_table_length_lies(void **state)
{
    (void)state;
    test_bytes file = test_three_frames(NULL);
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
    test_bytes_free(&file);
}

static void test_table_does_not_inflate(void **state)
{
    (void)state;
    test_bytes file = test_three_frames(NULL);
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
    test_bytes good = test_three_frames(blocks);
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
        test_expect_small(container, 0, 100);
        test_expect_small(container, last ? 1 : 2, 102);
    }
    as_buffer_free(&out);
    as_container_close(&container);
    test_free_blocks(blocks, 3);
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
    test_bytes file = test_three_frames(NULL);
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
    test_bytes_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests_name("container damage", tests, NULL, test_nothing_alive);
}
