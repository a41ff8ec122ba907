/* SPDX-License-Identifier: MIT
 *
 * What the tests of sources share: random bytes, a folder for files with them, and comparing reads.
 */
#ifndef TEST_IO_FIXTURE_H
#define TEST_IO_FIXTURE_H

#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/random.h"

#include "core/base/mem.h"
#include "core/io/io.h"

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#define BLOCK ((size_t)128 * 1024)
#define FILE_BYTES (5 * BLOCK + 12345)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char folder[256];
static uint8_t *content; /* FILE_BYTES random ones */

static inline int setup(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("io"));
    test_make_folder(folder, sizeof(folder));
    content = malloc(FILE_BYTES);
    assert_non_null(content);
    for (size_t i = 0; i < FILE_BYTES; i++)
        content[i] = (uint8_t)test_random_u64(&random);
    return 0;
}

static inline int teardown(void **state)
{
    free(content);
    test_remove_folder(folder);
    return test_nothing_alive(state);
}

static inline const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static inline const char *file_of(const char *name, size_t size)
{
    test_write_file(path_of(name), content, size);
    return path_of(name);
}

/* Reads through the public call and compares with `content`, of which `size` bytes exist. */
static inline void check_range(as_source *source, uint64_t offset, size_t length, size_t size)
{
    as_error error;
    size_t got = 77;
    size_t wanted = offset >= size ? 0 : length < size - offset ? length : size - (size_t)offset;
    uint8_t *buffer = malloc(length + 1);
    assert_non_null(buffer);
    buffer[wanted] = 0xA5;
    assert_ok(as_source_read(source, offset, buffer, length, &got, &error), &error);
    assert_int_equal(got, wanted);
    if (wanted)
        assert_same_bytes(buffer, content + offset, wanted);
    assert_int_equal(buffer[wanted], 0xA5);
    free(buffer);
}

static inline void check_size(as_source *source, uint64_t wanted)
{
    as_error error;
    uint64_t size = 0;
    assert_ok(as_source_size(source, &size, &error), &error);
    assert_int_equal(size, wanted);
}

static inline void check_many_ranges(as_source *source)
{
    static const size_t lengths[] = {0, 1, 7, 4096, BLOCK - 1, BLOCK, BLOCK + 1, FILE_BYTES + 9};
    static const uint64_t around[] = {
        1, BLOCK, 3 * BLOCK + 1, 5 * BLOCK, FILE_BYTES, (uint64_t)1 << 40, INT64_MAX};
    for (size_t i = 0; i < COUNT(around); i++)
        for (uint64_t offset = around[i] - 1; offset <= around[i] + 1; offset++)
            for (size_t k = 0; k < COUNT(lengths); k++)
                check_range(source, offset, lengths[k], FILE_BYTES);
    for (size_t at = 0; at < FILE_BYTES; at += 50021) /* in order, as a player reads */
        check_range(source, at, 50021, FILE_BYTES);
    check_size(source, FILE_BYTES);
}

/* The lowest free descriptor: shows leaked ones. */
static inline int free_fd(void)
{
    int fd = open("/dev/null", O_RDONLY);
    assert_true(fd >= 0);
    close(fd);
    return fd;
}

typedef struct reader {
    as_source *source;
    uint8_t *buffer;
    size_t length;
    uint64_t seed;
    as_result result;
    as_error error;
    size_t wrong;
} reader;

static inline void *read_once(void *user)
{
    reader *r = user;
    size_t got;
    r->result = as_source_read(r->source, 0, r->buffer, r->length, &got, &r->error);
    return NULL;
}

/* -------------------------------------------------------------------------- out of memory ---- */

typedef as_result (*opener)(as_source **out, as_error *error);

static inline void open_and_read(opener open)
{
    as_error error = {0};
    as_source *source = NULL;
    as_result result = open(&source, &error);
    if (result != AS_OK) {
        assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
        assert_int_equal(error.code, AS_ERROR_OUT_OF_MEMORY);
        assert_non_null(strstr(error.text, "out of memory"));
        assert_null(source);
    } else {
        check_range(source, BLOCK - 5, 10, FILE_BYTES);
        check_range(source, 4 * BLOCK, 10, FILE_BYTES);
        check_range(source, 4 * BLOCK, 2 * BLOCK, FILE_BYTES);
    }
    as_source_close(&source);
}

/* Makes every allocation of opening and reading fail once. */
static inline void check_out_of_memory(opener open)
{
    uint64_t n = 0;
    for (; test_alloc_fail_at(n), open_and_read(open), test_alloc_failed(); n++)
        assert_int_equal(as_mem_live(), 0);
    assert_true(n > 0);
    assert_int_equal(as_mem_live(), 0);
    test_alloc_restore();
}

#endif
