/* SPDX-License-Identifier: MIT
 *
 * Files that somebody else put where the library's are to be: links, foreign files, pipes. Whoever
 * can write in the folder may stop a cache or a writer, but neither gets a file of another name
 * written, nor bytes believed, nor rights that the owner did not give.
 */
#define _FILE_OFFSET_BITS 64 /* as the library has it: the functions it calls are meant */

#include "tests/support/build_container.h"
#include "tests/support/check.h"

#include "core/io/disk_cache.h"
#include "core/io/http_plan.h"
#include "core/io/spill.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIT ((size_t)AS_UNIT_BYTES)
#define BUDGET ((uint64_t)64 << 20)
#define VICTIM "keep me as I am"

static as_error error;
static char folder[256], victim[300], target[300];
static uint8_t data[AS_UNIT_BYTES];

/* --------------------------------------------------------------------------------- planting -- */

typedef enum plant { LINK, DANGLING, HARD, PIPE, FOLDER, PLANTS } plant;

static int planting; /* so many files are still to be planted, just before they are made */
static plant kind;
static mode_t created;  /* of the last file that was made */
static uid_t pretended; /* added to the user's number */
static gid_t foreign;   /* added to that of the group of files that are looked at by name */
static int handed_over; /* files given to such a group; -1: that is refused */

static void put_plant(int directory, const char *name)
{
    int result = 0;
    switch (kind) {
    case LINK: result = symlinkat(victim, directory, name); break;
    case DANGLING: result = symlinkat(target, directory, name); break;
    case HARD: result = linkat(AT_FDCWD, victim, directory, name, 0); break;
    case PIPE: result = mkfifoat(directory, name, 0666); break;
    default: result = mkdirat(directory, name, 0777); break;
    }
    assert_int_equal(result, 0);
}

/* The linker leads the library's calls to these (tests/unit.cmake). */
#define WRAP(name, parameters, arguments, directory)                                               \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters;                                                                  \
    int __wrap_##name parameters                                                                   \
    {                                                                                              \
        if (flags & O_CREAT)                                                                       \
            see_creation(directory, path, flags, mode);                                            \
        return __real_##name arguments;                                                            \
    }

static void see_creation(int directory, const char *path, int flags, mode_t mode)
{
    assert_int_equal(flags & (O_EXCL | O_CLOEXEC | O_NOFOLLOW), O_EXCL | O_CLOEXEC | O_NOFOLLOW);
    created = mode;
    if (planting > 0) {
        planting--;
        put_plant(directory, path);
    }
}

WRAP(open, (const char *path, int flags, mode_t mode), (path, flags, mode), AT_FDCWD)
WRAP(open64, (const char *path, int flags, mode_t mode), (path, flags, mode), AT_FDCWD)
WRAP(openat, (int at, const char *path, int flags, mode_t mode), (at, path, flags, mode), at)
WRAP(openat64, (int at, const char *path, int flags, mode_t mode), (at, path, flags, mode), at)

uid_t __real_geteuid(void);
uid_t __wrap_geteuid(void);
uid_t __wrap_geteuid(void)
{
    return __real_geteuid() + pretended;
}

/* A file of another group, which only root could make. */
#define WRAP_LSTAT(name)                                                                           \
    int __real_##name(const char *path, struct stat *info);                                        \
    int __wrap_##name(const char *path, struct stat *info);                                        \
    int __wrap_##name(const char *path, struct stat *info)                                         \
    {                                                                                              \
        const int result = __real_##name(path, info);                                              \
        info->st_gid += result == 0 ? foreign : 0;                                                 \
        return result;                                                                             \
    }

WRAP_LSTAT(lstat)
WRAP_LSTAT(lstat64)

int __wrap_fchown(int file, uid_t user, gid_t group);
int __wrap_fchown(int file, uid_t user, gid_t group)
{
    struct stat info;
    assert_int_equal(fstat(file, &info), 0);
    assert_int_equal(info.st_mode, S_IFREG | S_IRUSR | S_IWUSR); /* not before it has the group */
    assert_int_equal(user, (uid_t)-1);
    assert_int_equal(group, info.st_gid + foreign);
    if (handed_over < 0)
        return -1;
    handed_over++;
    return 0;
}

static int setup(void **state)
{
    (void)state;
    test_make_folder(folder, sizeof(folder));
    snprintf(victim, sizeof(victim), "%s.victim", folder);
    snprintf(target, sizeof(target), "%s.target", folder);
    test_write_file(victim, VICTIM, strlen(VICTIM));
    assert_int_equal(chmod(victim, 0644), 0);
    memset(data, 0x5A, sizeof(data));
    (void)umask(0); /* rights are what the library asks for */
    return 0;
}

static int teardown(void **state)
{
    planting = 0;
    pretended = 0;
    assert_int_equal(unlink(victim), 0);
    test_remove_folder(folder);
    return test_nothing_alive(state);
}

/* Nothing was written through a link, and what is linked has its rights. */
static void check_victim(void)
{
    struct stat info;
    size_t size;
    uint8_t *bytes = test_read_file(victim, &size);
    assert_int_equal(size, strlen(VICTIM));
    assert_memory_equal(bytes, VICTIM, size);
    free(bytes);
    assert_int_equal(stat(victim, &info), 0);
    assert_int_equal(info.st_mode, S_IFREG | 0644);
    assert_int_equal(lstat(target, &info), -1);
}

/* Removes what was planted, and says how many files and the like there were. */
static int clear_folder(void)
{
    char path[600];
    int count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        assert_int_equal(remove(path), 0);
        count++;
    }
    closedir(entries);
    return count;
}

static void hear(void *user, as_log_level level, const char *message)
{
    (void)user, (void)level, (void)message;
}

static as_disk_cache *open_cache(void)
{
    const as_log log = {.fn = hear, .level = AS_LOG_WARN};
    as_disk_cache *cache = NULL;
    assert_ok(as_disk_open(folder, BUDGET, "https://host/x", "v", &log, &cache, &error), &error);
    return cache;
}

/* The path of the only unit there is. */
static const char *path_of_unit(void)
{
    static char path[600];
    int count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));)
        if (entry->d_name[0] != '.' && ++count)
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
    closedir(entries);
    assert_int_equal(count, 1);
    return path;
}

/* ------------------------------------------------------------------------ temporary names -- */

static void test_temporary_file_of_a_unit(void **state)
{
    (void)state;
    for (kind = LINK; kind < PLANTS; kind++) {
        as_disk_cache *cache = open_cache();
        planting = 3; /* another name is tried */
        as_disk_write(cache, 1, data, UNIT);
        assert_int_equal(planting, 0);
        assert_int_equal(created, S_IRUSR | S_IWUSR);
        assert_true(as_disk_read(cache, 1, data, UNIT));
        check_victim();
        planting = 1000; /* whatever name is tried: nothing is kept */
        as_disk_write(cache, 2, data, UNIT);
        assert_true(planting > 0 && planting < 1000);
        planting = 0;
        assert_false(as_disk_has(cache, 2));
        assert_true(as_disk_read(cache, 1, data, UNIT));
        as_disk_close(cache);
        check_victim();
        assert_true(clear_folder() > 4);
    }
}

static void test_spill(void **state)
{
    (void)state;
    char before[300];
    const char *value = getenv("TMPDIR");
    snprintf(before, sizeof(before), "%s", value ? value : "");
    assert_int_equal(setenv("TMPDIR", folder, 1), 0);
    for (kind = LINK; kind < PLANTS; kind++) {
        as_spill spill = {.fd = -1, .most = 4};
        uint64_t slot;
        planting = 3;
        assert_ok(as_spill_add(&spill, data, UNIT, &slot, &error), &error);
        assert_int_equal(created, S_IRUSR | S_IWUSR);
        as_spill_clear(&spill);
        check_victim();
        assert_int_equal(clear_folder(), 3);
        planting = 1000;
        assert_fails(as_spill_add(&spill, data, UNIT, &slot, &error), AS_ERROR_TRANSPORT, &error,
                     "TMPDIR");
        planting = 0;
        check_victim();
        assert_true(clear_folder() > 0);
    }
    assert_int_equal(before[0] ? setenv("TMPDIR", before, 1) : unsetenv("TMPDIR"), 0);
}

static as_result write_one(const char *path)
{
    as_writer *writer = NULL;
    test_bytes payload = test_small_payload(3);
    as_result result = as_writer_create(path, NULL, &writer, &error);
    if (result == AS_OK)
        result = as_writer_add_payload(writer, payload.data, payload.size, &error);
    if (result == AS_OK)
        result = as_writer_finish(&writer, &error);
    as_writer_abort(&writer);
    test_bytes_free(&payload);
    return result;
}

static void test_temporary_files_of_a_writer(void **state)
{
    (void)state;
    char path[300];
    snprintf(path, sizeof(path), "%s/w.asvp", folder);
    for (kind = LINK; kind < PLANTS; kind++) {
        planting = 5;
        assert_ok(write_one(path), &error);
        assert_int_equal(planting, 0);
        check_victim();
        assert_int_equal(clear_folder(), 6);
        planting = 1000;
        assert_int_equal(write_one(path), AS_ERROR_TRANSPORT);
        planting = 0;
        check_victim();
        assert_true(clear_folder() > 0);
    }
}

/* What replaces a file for its owner alone is so from the first moment, not only at the end. */
static void test_replacing_a_private_file(void **state)
{
    (void)state;
    char path[300];
    struct stat info;
    snprintf(path, sizeof(path), "%s/w.asvp", folder);
    assert_ok(write_one(path), &error);
    assert_int_equal(created, 0666);
    assert_int_equal(chmod(path, 0640), 0);
    assert_ok(write_one(path), &error);
    assert_int_equal(created, S_IRUSR | S_IWUSR);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode, S_IFREG | 0640);
    assert_int_equal(clear_folder(), 1);
}

static mode_t rights_of(const char *path)
{
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    return info.st_mode;
}

/* Rights come from files of the user himself, and as they were meant. */
static void test_rights_of_what_is_replaced(void **state)
{
    (void)state;
    char path[300];
    snprintf(path, sizeof(path), "%s/w.asvp", folder);
    (void)umask(027);
    assert_ok(write_one(path), &error);
    assert_int_equal(rights_of(path), S_IFREG | 0640);
    assert_int_equal(chmod(path, 06777), 0);
    assert_ok(write_one(path), &error);
    assert_int_equal(rights_of(path), S_IFREG | 0777);

    /* Another user's file: as any new one, but not readable to more than that one was. */
    pretended = 1;
    assert_ok(write_one(path), &error);
    assert_int_equal(rights_of(path), S_IFREG | 0640);
    assert_int_equal(created, 0666);
    assert_int_equal(chmod(path, 0660), 0);
    assert_ok(write_one(path), &error);
    assert_int_equal(rights_of(path), S_IFREG | 0600);
    pretended = 0;

    /* Another group's: its rights go with it or not at all. */
    foreign = 1;
    assert_int_equal(chmod(path, 0664), 0);
    assert_ok(write_one(path), &error);
    assert_int_equal(handed_over, 1);
    assert_int_equal(rights_of(path), S_IFREG | 0664);
    handed_over = -1;
    assert_ok(write_one(path), &error);
    assert_int_equal(rights_of(path), S_IFREG | 0604);
    handed_over = 0;
    foreign = 0;
    (void)umask(0);
    assert_int_equal(clear_folder(), 1);
}

/* -------------------------------------------------------------------------------- final names --
 */

static void test_in_the_place_of_a_unit(void **state)
{
    (void)state;
    char path[600];
    for (kind = LINK; kind < PLANTS; kind++) {
        as_disk_cache *cache = open_cache();
        as_disk_write(cache, 1, data, UNIT);
        snprintf(path, sizeof(path), "%s", path_of_unit());
        for (int written = 0; written < 2; written++) {
            assert_int_equal(unlink(path), 0);
            put_plant(AT_FDCWD, path);
            if (written)
                as_disk_write(cache, 1, data, UNIT);
            assert_int_equal(as_disk_read(cache, 1, data, UNIT), written && kind != FOLDER);
            check_victim();
            if (kind == FOLDER)
                assert_int_equal(rmdir(path), 0);
            as_disk_write(cache, 1, data, UNIT);
            assert_true(as_disk_read(cache, 1, data, UNIT));
            check_victim();
        }
        as_disk_close(cache);
        assert_int_equal(clear_folder(), 1);
    }
}

static void test_in_the_place_of_a_container(void **state)
{
    (void)state;
    char path[300];
    struct stat info;
    snprintf(path, sizeof(path), "%s/w.asvp", folder);
    (void)umask(077);
    for (kind = LINK; kind < PLANTS; kind++) {
        put_plant(AT_FDCWD, path);
        const bool replaced = kind == LINK || kind == DANGLING || kind == HARD;
        assert_int_equal(write_one(path), replaced ? AS_OK : AS_ERROR_TRANSPORT);
        check_victim();
        assert_int_equal(lstat(path, &info), 0);
        assert_int_equal(S_ISREG(info.st_mode), replaced);
        if (replaced) /* another name of the user's own file has its rights, a link has none */
            assert_int_equal(info.st_mode, S_IFREG | (kind == HARD ? 0644 : 0600));
        assert_int_equal(clear_folder(), 1);
    }
    (void)umask(0);
}

/* A unit that is right in every way but that it is another user's: who can write here can make
 * seals, too. */
static void test_units_of_another_user(void **state)
{
    (void)state;
    struct stat info;
    as_disk_cache *cache = open_cache();
    as_disk_write(cache, 1, data, UNIT);
    assert_int_equal(stat(path_of_unit(), &info), 0);
    assert_int_equal(info.st_mode, S_IFREG | S_IRUSR | S_IWUSR);
    assert_true(as_disk_read(cache, 1, data, UNIT));
    pretended = 1;
    assert_false(as_disk_read(cache, 1, data, UNIT));
    pretended = 0;
    assert_false(as_disk_has(cache, 1));
    as_disk_close(cache);
    assert_int_equal(clear_folder(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_temporary_file_of_a_unit),
        cmocka_unit_test(test_spill),
        cmocka_unit_test(test_temporary_files_of_a_writer),
        cmocka_unit_test(test_replacing_a_private_file),
        cmocka_unit_test(test_rights_of_what_is_replaced),
        cmocka_unit_test(test_in_the_place_of_a_unit),
        cmocka_unit_test(test_in_the_place_of_a_container),
        cmocka_unit_test(test_units_of_another_user),
    };
    return cmocka_run_group_tests_name("planted", tests, setup, teardown);
}
