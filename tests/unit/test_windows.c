/* SPDX-License-Identifier: MIT
 *
 * What is Windows' own: paths in UTF-8 and beyond 260 characters, files that others rename and
 * delete while they are open, keys of threads, and what is not there.
 */
#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/base/thread.h"
#include "tests/support/build_container.h"
#include "tests/support/check.h"

#include <errno.h>
#include <stdbool.h>
#include <windows.h>

#define PLACE L"test-windows-\u00e4\u65e5\U0001F3A5"
#define PLACE_UTF8 "test-windows-\xC3\xA4\xE6\x97\xA5\xF0\x9F\x8E\xA5"

static as_error error;

static int make_place(void **state)
{
    (void)state;
    return CreateDirectoryW(PLACE, NULL) ? 0 : -1;
}

static int remove_place(void **state)
{
    (void)state;
    return RemoveDirectoryW(PLACE) ? 0 : -1;
}

static void write_container(const char *path)
{
    as_writer *writer;
    test_bytes payload = test_small_payload(1);
    assert_ok(as_writer_create(path, NULL, &writer, &error), &error);
    for (int i = 0; i < 3; i++)
        assert_ok(as_writer_add_payload(writer, payload.data, payload.size, &error), &error);
    assert_ok(as_writer_finish(&writer, &error), &error);
    test_bytes_free(&payload);
}

static void read_container(const char *path, bool map)
{
    as_source *source;
    as_container *container;
    as_container_info info;
    const as_file_params file = {.struct_size = sizeof(file), .map = map};
    assert_ok(as_source_open_file(path, &file, &source, &error), &error);
    assert_ok(as_container_open(source, NULL, &container, &error), &error);
    assert_ok(as_container_get_info(container, &info, &error), &error);
    assert_int_equal(info.frame_count, 3);
    as_container_close(&container);
    as_source_close(&source);
}

static void test_paths_are_utf8(void **state)
{
    (void)state;
    write_container(PLACE_UTF8 "/m\xC3\xA4ske.asvp");
    assert_true(GetFileAttributesW(PLACE L"\\m\u00e4ske.asvp") != INVALID_FILE_ATTRIBUTES);
    read_container(PLACE_UTF8 "/m\xC3\xA4ske.asvp", false);
    read_container(PLACE_UTF8 "\\m\xC3\xA4ske.asvp", true);
    write_container(PLACE_UTF8 "/m\xC3\xA4ske.asvp"); /* over the old one */
    as_source *source = NULL;
    assert_fails(as_source_open_file(PLACE_UTF8 "/m\xE4ske.asvp", NULL, &source, &error),
                 AS_ERROR_TRANSPORT, &error, "opening the file");
    assert_int_equal(error.system_error, EILSEQ);
    assert_true(DeleteFileW(PLACE L"\\m\u00e4ske.asvp"));
}

static void test_long_paths(void **state)
{
    (void)state;
    char path[512];
    wchar_t wide[1024] = L"\\\\?\\", inner[1024];
    const DWORD n = GetFullPathNameW(PLACE, 500, wide + 4, NULL);
    assert_in_range(n, 1, 499);
    wcscpy(inner, wide);
    wcscat(inner, L"\\");
    for (size_t i = wcslen(inner), end = i + 200; i < end; i++)
        inner[i] = L'n', inner[i + 1] = L'\0';
    assert_true(CreateDirectoryW(inner, NULL));
    snprintf(path, sizeof(path), "%s/", PLACE_UTF8);
    const size_t start = strlen(path);
    memset(path + start, 'n', 200);
    snprintf(path + start + 200, sizeof(path) - start - 200, "/../%.*s/long-name-of-a-file.asvp",
             200, path + start);
    write_container(path);
    read_container(path, true);
    as_file_remove(path);
    assert_true(RemoveDirectoryW(inner));
}

static size_t files_in_place(void)
{
    WIN32_FIND_DATAW found;
    size_t count = 1;
    const HANDLE list = FindFirstFileW(PLACE L"\\*", &found);
    assert_true(list != INVALID_HANDLE_VALUE);
    while (FindNextFileW(list, &found))
        count++;
    FindClose(list);
    return count - 2;
}

/* A container that is being read cannot be replaced, but deleted; nothing is left of the attempt.
 */
static void test_files_that_are_open(void **state)
{
    (void)state;
    const char *path = PLACE_UTF8 "/r.asvp";
    as_source *source;
    as_writer *writer;
    uint8_t start[4];
    size_t got;
    write_container(path);
    assert_ok(as_source_open_file(path, NULL, &source, &error), &error);
    assert_ok(as_writer_create(path, NULL, &writer, &error), &error);
    assert_fails(as_writer_finish(&writer, &error), AS_ERROR_TRANSPORT, &error, "writing \"");
    assert_int_equal(error.system_error, EACCES);
    assert_int_equal(files_in_place(), 1);
    as_file_remove(path);
    assert_ok(as_source_read(source, 0, start, sizeof(start), &got, &error), &error);
    assert_memory_equal(start, "ASVP", 4);
    as_source_close(&source);
    assert_int_equal(files_in_place(), 0);
}

static void test_file_urls_have_drives(void **state)
{
    (void)state;
    wchar_t wide[512];
    char path[1600] = "file:///";
    write_container(PLACE_UTF8 "/u.asvp");
    assert_in_range(GetFullPathNameW(PLACE L"\\u.asvp", 512, wide, NULL), 1, 511);
    assert_true(WideCharToMultiByte(CP_UTF8, 0, wide, -1, path + 8, 1500, NULL, NULL) > 0);
    for (char *c = path; *c; c++)
        *c = *c == '\\' ? '/' : *c;
    as_source *source;
    assert_ok(as_source_open(path, NULL, &source, &error), &error);
    as_source_close(&source);
    as_file_remove(PLACE_UTF8 "/u.asvp");
}

static void test_what_is_no_file(void **state)
{
    (void)state;
    as_source *source = NULL;
    assert_fails(as_source_open_file(PLACE_UTF8, NULL, &source, &error), AS_ERROR_TRANSPORT, &error,
                 "is a directory, not a regular file");
    assert_fails(as_source_open_file("NUL", NULL, &source, &error), AS_ERROR_TRANSPORT, &error,
                 "is a device, not a regular file");
    assert_fails(as_source_open_file(PLACE_UTF8 "/gone", NULL, &source, &error), AS_ERROR_TRANSPORT,
                 &error, "there is no file");
    assert_int_equal(error.system_error, ENOENT);
    assert_fails(as_source_open_file("Q:\\no:such|name?", NULL, &source, &error),
                 AS_ERROR_TRANSPORT, &error, "there is no file");
    assert_null(source);
}

static void test_http_says_that_it_is_missing(void **state)
{
    (void)state;
    as_source *source = NULL;
    assert_fails(as_source_open("https://host/a.asvp", NULL, &source, &error), AS_ERROR_UNSUPPORTED,
                 &error, "has no HTTP");
    assert_null(source);
}

static LONG ended;

static void count_end(void *value)
{
    InterlockedExchangeAdd(&ended, (LONG)(intptr_t)value);
}

static void use_key(void *user)
{
    const as_thread_key *key = user;
    if (!as_thread_key_get(key))
        (void)as_thread_key_set(key, (void *)(intptr_t)1);
    if (as_thread_key_get(key) != (void *)(intptr_t)1)
        InterlockedExchangeAdd(&ended, 1000);
}

/* Told when a thread ends, not when the key goes: this thread's value is given up in silence. */
static void test_keys_of_threads(void **state)
{
    (void)state;
    as_thread_key key;
    as_thread thread;
    assert_true(as_thread_key_create(&key, count_end));
    assert_null(as_thread_key_get(&key));
    assert_true(as_thread_key_set(&key, (void *)(intptr_t)100));
    for (int i = 0; i < 3; i++) {
        assert_true(as_thread_start(&thread, "key", use_key, &key));
        as_thread_join(&thread);
        assert_int_equal(ended, i + 1);
    }
    as_thread_key_delete(&key);
    assert_int_equal(ended, 3);
    assert_int_equal(as_mem_live(), 0);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_paths_are_utf8),        WITH_PLACE(test_long_paths),
        WITH_PLACE(test_files_that_are_open),   WITH_PLACE(test_file_urls_have_drives),
        WITH_PLACE(test_what_is_no_file),       cmocka_unit_test(test_http_says_that_it_is_missing),
        cmocka_unit_test(test_keys_of_threads),
    };
    return cmocka_run_group_tests_name("windows", tests, NULL, test_nothing_alive);
}
