/* SPDX-License-Identifier: MIT
 *
 * Reading containers that are as they should be: plain and encrypted, by several threads, and what
 * callers get wrong. Damaged ones are in test_container_damage.c.
 */
#include "core/base/bytes.h"
#include "tests/support/build_container.h"
#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/process.h"

#include <stdbool.h>

static as_error error;

/* --------------------------------------------------------------------------- good files ---- */

static void test_plain_container(void **state)
{
    (void)state;
    test_bytes blocks[3];
    test_bytes file = test_three_frames(blocks);
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
        test_expect_small(container, i, 100 + i);
    as_container_close(&container);
    assert_null(container);
    test_free_blocks(blocks, 3);
    test_bytes_free(&file);
}

static void test_unmarked_header_is_plain_too(void **state)
{
    (void)state;
    test_bytes file = test_three_frames(NULL);
    as_container *container;
    memset(file.data, 0, 12); /* "Readers depend on bytes 12..15 alone" */
    assert_ok(test_open_bytes(file.data, file.size, "", NULL, &container, &error), &error);
    test_expect_small(container, 2, 102);
    as_container_close(&container);
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
    test_bytes file = test_three_frames(NULL);
    int warnings = 0;
    const as_container_params params = {
        .struct_size = sizeof(params),
        .log = {.fn = count_warnings, .user = &warnings, .level = AS_LOG_DEBUG}};
    as_container *container;
    as_put_u32(file.data + 8, 7);
    assert_ok(test_open_bytes(file.data, file.size, "", &params, &container, &error), &error);
    assert_int_equal(warnings, 1);
    test_expect_small(container, 0, 100);
    as_container_close(&container);
    as_put_u32(file.data + 8, 0xFFFFFFFF); /* a hint alone: no memory follows it */
    assert_ok(test_open_bytes(file.data, file.size, "", NULL, &container, &error), &error);
    as_container_close(&container);
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
    test_expect_small(container, 0, 7);
    as_container_close(&container);
    test_bytes_free(&payload);
    test_bytes_free(&sizes);
    test_bytes_free(&table);
    test_bytes_free(&block);
    test_bytes_free(&file);
}

/* ------------------------------------------------------------------------------ encrypted -- */

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
    as_key_params key = test_closeup_key();
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
    as_key_params key = test_closeup_key();
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
    as_key_params key = test_closeup_key();
    key.scene_id++;
    assert_fails(open_closeup(&key, &container), AS_ERROR_DECODE, &error, "scene (85343)");
    key = test_closeup_key();
    key.version = "1.5.1";
    assert_fails(open_closeup(&key, &container), AS_ERROR_DECODE, &error, "version (\"1.5.1\")");
    key = test_closeup_key();
    key.file_name = "other.asvr";
    assert_fails(open_closeup(&key, &container), AS_ERROR_DECODE, &error, "\"other.asvr\"");
    key = test_closeup_key();
    uint8_t other[32];
    memcpy(other, key.passphrase, sizeof(other));
    other[31] ^= 1;
    key.passphrase = other;
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
    as_container *container = (as_container *)(uintptr_t)1;
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
    test_bytes file = test_three_frames(NULL);
    reader readers[8];
    as_container *container;
    assert_ok(test_open_bytes(file.data, file.size, "", NULL, &container, &error), &error);
    for (size_t i = 0; i < 8; i++)
        readers[i] = (reader){.container = container, .seed = i};
    test_run_threads(read_many, readers, sizeof(*readers), 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(readers[i].wrong, 0);
    as_container_close(&container);
    test_bytes_free(&file);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    as_key_params key = test_closeup_key();
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
