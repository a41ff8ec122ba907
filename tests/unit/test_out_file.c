/* SPDX-License-Identifier: MIT
 *
 * The tool's outputs (samples/cli/out_file.h): whose they are while they are written, and which
 * rights they have afterwards.
 */
#define _FILE_OFFSET_BITS 64 /* as the tool has it: the functions it calls are meant */

#include "tests/support/check.h"

#include "samples/cli/message.h"
#include "samples/cli/out_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256], path[300];
static mode_t created; /* of the last file that was made */

/* The linker leads the tool's calls to these (tests/unit.cmake). */
#define WRAP(name)                                                                                 \
    int __real_##name(const char *file, int flags, mode_t mode);                                   \
    int __wrap_##name(const char *file, int flags, mode_t mode);                                   \
    int __wrap_##name(const char *file, int flags, mode_t mode)                                    \
    {                                                                                              \
        if (flags & O_CREAT)                                                                       \
            created = mode;                                                                        \
        return __real_##name(file, flags, mode);                                                   \
    }
WRAP(open)
WRAP(open64)

static int setup(void **state)
{
    (void)state;
    test_make_folder(folder, sizeof(folder));
    snprintf(path, sizeof(path), "%s/x.gray", folder);
    (void)umask(027);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_remove_folder(folder);
    return 0;
}

static mode_t rights_when_written(void)
{
    out_file file;
    struct stat info;
    assert_int_equal(out_file_create(&file, path), CLI_DONE);
    assert_int_equal(out_file_write(&file, "abc", 3), CLI_DONE);
    assert_int_equal(out_file_commit(&file), CLI_DONE);
    assert_int_equal(lstat(path, &info), 0);
    assert_int_equal(info.st_size, 3);
    return info.st_mode;
}

static void test_rights(void **state)
{
    (void)state;
    assert_int_equal(rights_when_written(), S_IFREG | 0640);
    assert_int_equal(created, 0666);
    static const mode_t modes[] = {0600, 0640, 0664, 0444, 0666};
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(rights_when_written(), S_IFREG | modes[i]);
        assert_int_equal(created, 0600); /* nobody else may open it before it has its rights */
    }
    assert_int_equal(chmod(path, 06755), 0);
    assert_int_equal(rights_when_written(), S_IFREG | 0755);
}

/* A link has no rights; what it leads to says whether others may read. */
static void test_link(void **state)
{
    char other[300];
    (void)state;
    snprintf(other, sizeof(other), "%s/other", folder);
    test_write_file(other, "keep", 4);
    assert_int_equal(chmod(other, 0666), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(rights_when_written(), S_IFREG | 0640);
    assert_int_equal(chmod(other, 0660), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(rights_when_written(), S_IFREG | 0600);
    assert_int_equal(unlink(other), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_link),
    };
    return cmocka_run_group_tests_name("files of the tool", tests, setup, teardown);
}
