/* SPDX-License-Identifier: MIT
 *
 * Writing containers: round trips, the same bytes every time, atomic on disk, errors.
 */
#include "core/base/bytes.h"
#include "tests/unit/writer_fixture.h"

#include <unistd.h>

static void test_round_trips(void **state)
{
    (void)state;
    const uint64_t seed = test_seed("writer");
    const as_writer_params encrypted = {.struct_size = sizeof(encrypted), .key = some_key()};
    const uint64_t counts[] = {0, 1, 2, 300};
    for (size_t i = 0; i < 4; i++) {
        assert_ok(write_frames(in_folder("a.asvp"), NULL, seed, counts[i]), &error);
        assert_frames(in_folder("a.asvp"), NULL, seed, counts[i]);
        assert_ok(write_frames(in_folder("a.asvr"), &encrypted, seed, counts[i]), &error);
        assert_frames(in_folder("a.asvr"), some_key(), seed, counts[i]);
    }
    assert_int_equal(files_in_folder(), 2);
}

static void test_headers(void **state)
{
    (void)state;
    size_t size;
    assert_ok(write_frames(in_folder("h.asvp"), NULL, 1, 5), &error);
    uint8_t *bytes = test_read_file(in_folder("h.asvp"), &size);
    assert_memory_equal(bytes, "ASVPPLN1", 8);
    assert_int_equal(as_get_u32(bytes + 8), 5);
    free(bytes);
    /* The first bytes of an ASVR do not say what it is. */
    const as_writer_params encrypted = {.struct_size = sizeof(encrypted), .key = some_key()};
    assert_ok(write_frames(in_folder("H.AsVr"), &encrypted, 1, 5), &error);
    bytes = test_read_file(in_folder("H.AsVr"), &size);
    assert_memory_not_equal(bytes, "ASVP", 4);
    free(bytes);
    as_container *container = open_path(in_folder("H.AsVr"), some_key());
    as_container_info info;
    assert_ok(as_container_get_info(container, &info, &error), &error);
    assert_int_equal(info.encrypted, 1);
    assert_int_equal(info.stated_count, 0);
    as_container_close(&container);
}

static void test_same_input_same_bytes(void **state)
{
    (void)state;
    const as_writer_params encrypted = {.struct_size = sizeof(encrypted), .key = some_key()};
    const as_writer_params *params[] = {NULL, &encrypted};
    const char *names[] = {"s.asvp", "s.asvr"};
    for (int i = 0; i < 2; i++) {
        size_t first_size, size;
        assert_ok(write_frames(in_folder(names[i]), params[i], 99, 40), &error);
        uint8_t *first = test_read_file(in_folder(names[i]), &first_size);
        assert_ok(write_frames(in_folder(names[i]), params[i], 99, 40), &error);
        uint8_t *again = test_read_file(in_folder(names[i]), &size);
        assert_int_equal(size, first_size);
        assert_same_bytes(again, first, size);
        free(first);
        free(again);
    }
}

/* Blocks go from one container to another as they are. */
static void test_blocks_pass_through(void **state)
{
    (void)state;
    as_container *from = open_path("samples/data/walkers.asvp", NULL);
    const as_writer_params encrypted = {.struct_size = sizeof(encrypted), .key = some_key()};
    as_writer *writer;
    as_buffer a = {0}, b = {0};
    assert_ok(as_writer_create(in_folder("w.asvr"), &encrypted, &writer, &error), &error);
    for (uint64_t i = 0; i < 720; i++) {
        assert_ok(as_container_read_block(from, i, &a, &error), &error);
        assert_ok(as_writer_add_block(writer, a.data, a.size, &error), &error);
    }
    assert_ok(as_writer_finish(&writer, &error), &error);
    assert_null(writer);
    as_container *to = open_path(in_folder("w.asvr"), some_key());
    for (uint64_t i = 0; i < 720; i++) {
        assert_ok(as_container_read_block(from, i, &a, &error), &error);
        assert_ok(as_container_read_block(to, i, &b, &error), &error);
        assert_int_equal(a.size, b.size);
        assert_same_bytes(b.data, a.data, a.size);
    }
    as_buffer_free(&a);
    as_buffer_free(&b);
    as_container_close(&from);
    as_container_close(&to);
}

static void test_nothing_appears_before_finish(void **state)
{
    (void)state;
    as_writer *writer;
    test_bytes payload = test_small_payload(1);
    size_t size;
    test_write_file(in_folder("t.asvp"), "old", 3);
    assert_ok(as_writer_create(in_folder("t.asvp"), NULL, &writer, &error), &error);
    assert_ok(as_writer_add_payload(writer, payload.data, payload.size, &error), &error);
    uint8_t *old = test_read_file(in_folder("t.asvp"), &size);
    assert_int_equal(size, 3);
    free(old);
#if defined(_WIN32)
    assert_int_equal(files_in_folder(), 2); /* the spool has a name until it is closed */
#else
    assert_int_equal(files_in_folder(), 1);
#endif
    as_writer_abort(&writer);
    assert_null(writer);
    old = test_read_file(in_folder("t.asvp"), &size);
    assert_int_equal(size, 3);
    free(old);
    assert_int_equal(files_in_folder(), 1);
    test_bytes_free(&payload);
}

/* Ciphertext of 64 bytes that does not look random, as one in a hundred does not: the right key
 * opens it all the same. */
static void test_small_encrypted_files_open(void **state)
{
    (void)state;
    const uint32_t scenes[] = {108, 178};
    const uint8_t payload[] = {1, 0, 0, 0, 10, 0, 0, 0, 5, 0, 5, 0, 1, 1, 2, 2, 3, 3};
    for (size_t i = 0; i < 2; i++) {
        const as_key_params key = {.struct_size = sizeof(key),
                                   .scene_id = scenes[i],
                                   .passphrase = "secret",
                                   .passphrase_size = 6};
        const as_writer_params params = {.struct_size = sizeof(params), .key = &key};
        as_writer *writer;
        as_buffer got = {0};
        assert_ok(as_writer_create(in_folder("t.asvr"), &params, &writer, &error), &error);
        assert_ok(as_writer_add_payload(writer, payload, sizeof(payload), &error), &error);
        assert_ok(as_writer_finish(&writer, &error), &error);
        as_container *container = open_path(in_folder("t.asvr"), &key);
        assert_ok(as_container_read_payload(container, 0, &got, &error), &error);
        assert_int_equal(got.size, sizeof(payload));
        as_buffer_free(&got);
        as_container_close(&container);
    }
}

static void test_longest_name(void **state)
{
    (void)state;
    char name[256];
    memset(name, 'n', 255);
    memcpy(name + 250, ".asvp", 6);
    assert_ok(write_frames(in_folder(name), NULL, 1, 1), &error);
    assert_frames(in_folder(name), NULL, 1, 1);
}

static void test_bad_frames_are_refused(void **state)
{
    (void)state;
    as_writer *writer;
    test_bytes payload = test_small_payload(1);
    test_bytes block = test_block((uint32_t)payload.size + 1, payload.data, payload.size);
    uint8_t lies[8] = {2, 0, 0, 0, 0, 0, 0, 0};
    uint8_t *huge = calloc(1, (16 << 20) + 1);
    assert_non_null(huge);
    assert_ok(as_writer_create(in_folder("b.asvp"), NULL, &writer, &error), &error);
    assert_ok(as_writer_add_payload(writer, payload.data, payload.size, &error), &error);
    assert_fails(as_writer_add_payload(writer, lies, 8, &error), AS_ERROR_DECODE, &error,
                 "frame 1: ");
    assert_fails(as_writer_add_payload(writer, huge, (16 << 20) + 1, &error), AS_ERROR_LIMIT,
                 &error, "frame 1: ");
    assert_fails(as_writer_add_block(writer, block.data, block.size, &error), AS_ERROR_DECODE,
                 &error, "frame 1: ");
    assert_fails(as_writer_add_block(writer, block.data, 2, &error), AS_ERROR_DECODE, &error,
                 "2 bytes");
    assert_fails(as_writer_add_block(writer, huge, (16 << 20) + 1, &error), AS_ERROR_LIMIT, &error,
                 "frame 1: ");
    assert_fails(as_writer_add_payload(writer, NULL, 4, &error), AS_ERROR_ARGUMENT, &error, "NULL");
    assert_ok(as_writer_add_payload(writer, payload.data, payload.size, &error), &error);
    assert_ok(as_writer_finish(&writer, &error), &error);
    as_container *container = open_path(in_folder("b.asvp"), NULL);
    as_container_info info;
    assert_ok(as_container_get_info(container, &info, &error), &error);
    assert_int_equal(info.frame_count, 2);
    as_container_close(&container);
    free(huge);
    test_bytes_free(&block);
    test_bytes_free(&payload);
}

static void test_destinations_that_cannot_be(void **state)
{
    (void)state;
    as_writer *writer;
    assert_fails(as_writer_create(in_folder("no/such/folder.asvp"), NULL, &writer, &error),
                 AS_ERROR_TRANSPORT, &error, "No such file");
    assert_null(writer);
    assert_fails(as_writer_create(folder, NULL, &writer, &error), AS_ERROR_TRANSPORT, &error,
                 "not a regular file");
    assert_fails(as_writer_create("", NULL, &writer, &error), AS_ERROR_ARGUMENT, &error, "empty");
    assert_fails(as_writer_create(NULL, NULL, &writer, &error), AS_ERROR_ARGUMENT, &error, "NULL");
    assert_fails(as_writer_create("x", NULL, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "out_writer");
    const as_writer_params level = {.struct_size = sizeof(level), .level = 13};
    assert_fails(as_writer_create("x", &level, &writer, &error), AS_ERROR_ARGUMENT, &error,
                 "1 to 12");
    const as_writer_params format = {.struct_size = sizeof(format), .format = 3};
    assert_fails(as_writer_create("x", &format, &writer, &error), AS_ERROR_ARGUMENT, &error,
                 "format");
    unsetenv("ALPHASTREAM_PASSPHRASE");
    unsetenv("ALPHASTREAM_PASSPHRASE_FILE");
    assert_fails(as_writer_create(in_folder("n.asvr"), NULL, &writer, &error), AS_ERROR_DECODE,
                 &error, "needs a passphrase");
    assert_fails(as_writer_finish(NULL, &error), AS_ERROR_ARGUMENT, &error, "writer");
    as_writer_abort(NULL);
    as_writer_abort(&writer);
    assert_int_equal(files_in_folder(), 0);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    const as_writer_params encrypted = {.struct_size = sizeof(encrypted), .key = some_key()};
    uint64_t n = 0;
    do {
        (void)unlink(in_folder("o.asvr"));
        test_alloc_fail_at(n++);
        const as_result result = write_frames(in_folder("o.asvr"), &encrypted, 3, 3);
        if (result != AS_OK) {
            assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
            assert_int_equal(files_in_folder(), 0);
        }
        assert_int_equal(test_alloc_bytes(), 0);
    } while (test_alloc_failed());
    assert_true(n > 10);
    test_alloc_restore();
    assert_frames(in_folder("o.asvr"), some_key(), 3, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_round_trips),
        WITH_FOLDER(test_headers),
        WITH_FOLDER(test_same_input_same_bytes),
        WITH_FOLDER(test_blocks_pass_through),
        WITH_FOLDER(test_nothing_appears_before_finish),
        WITH_FOLDER(test_small_encrypted_files_open),
        WITH_FOLDER(test_longest_name),
        WITH_FOLDER(test_bad_frames_are_refused),
        WITH_FOLDER(test_destinations_that_cannot_be),
        WITH_FOLDER(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, test_nothing_alive);
}
