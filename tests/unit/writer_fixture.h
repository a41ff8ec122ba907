/* SPDX-License-Identifier: MIT
 *
 * What the tests of the writer share: a folder, containers of random frames in it, reading them
 * back.
 */
#ifndef TEST_WRITER_FIXTURE_H
#define TEST_WRITER_FIXTURE_H

#include "tests/support/build_container.h"
#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/records.h"

#include <dirent.h>

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

static as_error error;
static char folder[256];

static inline const char *in_folder(const char *name)
{
    static char paths[4][640];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static inline int make_folder(void **state)
{
    (void)state;
    test_make_folder(folder, sizeof(folder));
    return 0;
}

static inline int remove_folder(void **state)
{
    (void)state;
    test_remove_folder(folder);
    return 0;
}

static inline size_t files_in_folder(void)
{
    size_t count = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    while (readdir(d))
        count++;
    closedir(d);
    return count - 2;
}

static inline const as_key_params *some_key(void)
{
    static const as_key_params key = {.struct_size = sizeof(key),
                                      .scene_id = 7,
                                      .passphrase = "open \0 sesame",
                                      .passphrase_size = 13,
                                      .version = "2.0"};
    return &key;
}

/* Frames 0 .. count - 1 of random payloads. */
static inline as_result write_frames(const char *path, const as_writer_params *params,
                                     uint64_t seed, uint64_t count)
{
    as_writer *writer = NULL;
    test_random random = test_random_from(seed);
    as_result result = as_writer_create(path, params, &writer, &error);
    for (uint64_t i = 0; i < count && result == AS_OK; i++) {
        test_payload payload = test_random_payload(&random, 320, 200);
        result = as_writer_add_payload(writer, payload.bytes, payload.size, &error);
        test_payload_free(&payload);
    }
    if (result == AS_OK)
        return as_writer_finish(&writer, &error);
    as_writer_abort(&writer);
    return result;
}

static inline as_container *open_path(const char *path, const as_key_params *key)
{
    as_source *source;
    as_container *container;
    const as_container_params params = {.struct_size = sizeof(params), .key = key};
    assert_ok(as_source_open(path, NULL, &source, &error), &error);
    assert_ok(as_container_open(source, &params, &container, &error), &error);
    as_source_close(&source);
    return container;
}

static inline void assert_frames(const char *path, const as_key_params *key, uint64_t seed,
                                 uint64_t count)
{
    as_container *container = open_path(path, key);
    test_random random = test_random_from(seed);
    as_container_info info;
    as_buffer got = {0};
    assert_ok(as_container_get_info(container, &info, &error), &error);
    assert_int_equal(info.frame_count, count);
    for (uint64_t i = 0; i < count; i++) {
        test_payload wanted = test_random_payload(&random, 320, 200);
        assert_ok(as_container_read_payload(container, i, &got, &error), &error);
        assert_int_equal(got.size, wanted.size);
        assert_same_bytes(got.data, wanted.bytes, wanted.size);
        test_payload_free(&wanted);
    }
    as_buffer_free(&got);
    as_container_close(&container);
}

#endif
