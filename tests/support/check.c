/* SPDX-License-Identifier: MIT */
#include "tests/support/check.h"

#include "core/base/file.h"
#include "core/base/mem.h"
#include "tests/support/codec.h"

#include <dirent.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

void test_assert_result(as_result got, as_result wanted, const as_error *error, const char *call,
                        const char *file, int line)
{
    if (got == wanted && (got == AS_OK || error->code == got))
        return;
    print_error("%s\n  gave %d (%s), wanted %d (%s); error code %d, text: %s\n", call, (int)got,
                as_result_text(got), (int)wanted, as_result_text(wanted),
                got == AS_OK ? 0 : (int)error->code, got == AS_OK ? "-" : error->text);
    _fail(file, line);
}

void test_assert_text(const char *text, const char *part, const char *call, const char *file,
                      int line)
{
    if (strlen(text) >= 12 && strstr(text, part))
        return;
    print_error("%s\n  said: %s\n  without: %s\n", call, text, part);
    _fail(file, line);
}

void test_assert_bytes(const void *got, const void *wanted, size_t size, const char *file, int line)
{
    const uint8_t *a = got, *b = wanted;
    for (size_t i = 0; i < size; i++) {
        if (a[i] == b[i])
            continue;
        size_t from = i < 4 ? 0 : i - 4;
        print_error("bytes differ at %zu of %zu:\n", i, size);
        for (size_t k = from; k < size && k < from + 12; k++)
            print_error("  [%zu] got %02x wanted %02x%s\n", k, a[k], b[k], k == i ? " <--" : "");
        _fail(file, line);
    }
}

uint8_t *test_read_file(const char *path, size_t *out_size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    uint8_t *bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), (size_t)size);
    bytes[size] = 0;
    fclose(file);
    *out_size = (size_t)size;
    return bytes;
}

void test_write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        fail_msg("cannot write %s", path);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void test_make_folder(char *out_path, size_t size)
{
    const char *base = getenv("TMPDIR");
    int n = snprintf(out_path, size, "%s/alphastream-test-XXXXXX", base ? base : "/tmp");
    assert_true(n > 0 && (size_t)n < size);
    assert_non_null(mkdtemp(out_path));
}

void test_remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char name[4096];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        as_file_remove(name);
        (void)rmdir(name); /* it may be a folder */
    }
    closedir(folder);
    assert_int_equal(rmdir(path), 0);
}

void test_sha256(const void *bytes, size_t size, char out_hex[65])
{
    uint8_t digest[32];
    assert_true(codec_sha256(bytes, size, digest));
    for (int i = 0; i < 32; i++)
        snprintf(out_hex + 2 * i, 3, "%02x", digest[i]);
}

int test_nothing_alive(void **state)
{
    (void)state;
    if (as_mem_live() == 0)
        return 0;
    print_error("the library still holds %" PRIu64 " blocks\n", as_mem_live());
    return -1;
}
