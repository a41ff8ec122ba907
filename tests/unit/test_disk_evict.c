/* SPDX-License-Identifier: MIT
 *
 * core/io/disk_cache: the budget, and what is deleted for it.
 */
#include "tests/unit/disk_fixture.h"

#include "core/io/disk_evict.h"

static void test_what_names_stand_for(void **state)
{
    (void)state;
#define DIGITS32 "0123456789abcdef0123456789abcdef"
    static const char *const foreign[] = {
        "",
        ".",
        "..",
        "as-",
        "notes.txt",
        "as-" DIGITS32,
        "as-" DIGITS32 ".tmp2",
        "as-" DIGITS32 "0.tmp",
        "as-0123.tmp",
        "as-" DIGITS32 "-0123456789abcdef",
        "as-" DIGITS32 "-0123456789abcdef-",
        "as-" DIGITS32 "-0123456789abcdef-0123456789abcde",
        "as-" DIGITS32 "-0123456789abcdef-0123456789abcdef0",
        "as-" DIGITS32 "-0123456789abcdef-0123456789abcdeF",
        "as-" DIGITS32 "-0123456789abcdef-0123456789abcdef.bak",
        "as-" DIGITS32 "-0123456789abcdef_0123456789abcdef",
        "as_" DIGITS32 "-0123456789abcdef-0123456789abcdef",
        "xas-" DIGITS32 "-0123456789abcdef-0123456789abcdef",
    };
    as_disk_key key, other;
    char name[AS_DISK_NAME];
    assert_true(as_disk_key_make(&key, URL, VALIDATOR));
    assert_true(as_disk_key_make(&other, URL, "another"));
    for (size_t i = 0; i < COUNT(foreign); i++)
        if (as_disk_kind_of(&key, foreign[i]) != AS_DISK_FOREIGN)
            fail_msg("\"%s\" was taken for the cache's", foreign[i]);
    assert_int_equal(as_disk_kind_of(&key, "as-" DIGITS32 ".tmp"), AS_DISK_UNFINISHED);
    assert_int_equal(as_disk_kind_of(&key, "as-" DIGITS32 "-0123456789abcdef-0123456789abcdef"),
                     AS_DISK_UNIT);
    snprintf(name, sizeof(name), "%.60s0123456789abcdef", key.prefix);
    assert_int_equal(as_disk_kind_of(&key, name), AS_DISK_UNIT);
    assert_int_equal(as_disk_kind_of(&other, name), AS_DISK_OUTDATED);
    assert_true(as_disk_room(0) == 0);
    assert_true(as_disk_room(1) == 4096);
    assert_true(as_disk_room(4096) == 4096);
    assert_true(as_disk_room(UNIT + 32) == ROOM);
}

static void test_those_not_used_for_longest_go(void **state)
{
    (void)state;
    const char *path = path_of("oldest");
    const uint64_t budget = 32 * ROOM, count = 26;
    as_disk_cache *cache = open_cache(path, budget, URL, VALIDATOR);
    as_disk_cache *other = open_cache(path, budget, "https://cdn.example/other", VALIDATOR);
    for (uint64_t unit = 0; unit < count; unit++) {
        write_unit(cache, unit, UNIT, 1);
        set_age(file_of(path, unit), 100000 - (int64_t)unit * 10);
    }
    assert_int_equal(entries_of(path), count);
    assert_true(read_unit(cache, 0, UNIT, 1)); /* a use */
    assert_true(as_disk_has(cache, 1));        /* none */
    for (uint64_t unit = 100; unit < 110; unit++) {
        write_unit(other, unit, UNIT, 2);
        assert_true(room_of(path) <= budget - budget / 8 + 2 * ROOM);
    }
    for (uint64_t unit = 100; unit < 110; unit++)
        assert_true(read_unit(other, unit, UNIT, 2));
    assert_true(read_unit(cache, 0, UNIT, 1));
    assert_false(as_disk_has(cache, 1));
    for (uint64_t unit = 1; unit + 1 < count; unit++)
        assert_true(as_disk_has(cache, unit) <= as_disk_has(cache, unit + 1));
    assert_true(room_of(path) >= budget - budget / 8 - ROOM); /* and no more than needed */
    as_disk_close(cache);
    as_disk_close(other);
    test_remove_folder(path);
}

static void test_the_budget_is_kept(void **state)
{
    (void)state;
    const char *path = path_of("budget");
    const uint64_t budgets[] = {1024 * 1024, 40 * ROOM + 1, 10 * ROOM};
    for (size_t i = 0; i < COUNT(budgets); i++) {
        as_disk_cache *cache = open_cache(path, budgets[i], URL, VALIDATOR);
        write_unit(cache, 999, UNIT, 1); /* a smaller budget than before: at once */
        assert_true(room_of(path) <= budgets[i]);
        for (uint64_t unit = 0; unit < 100; unit++) {
            write_unit(cache, unit, UNIT, 1);
            assert_true(room_of(path) <= budgets[i]);
            assert_true(read_unit(cache, unit, UNIT, 1));
        }
        assert_true(room_of(path) >= budgets[i] / 4 * 3);
        as_disk_close(cache);
    }
    /* One that nothing fits into. */
    as_disk_cache *cache = open_cache(path, 1, URL, VALIDATOR);
    write_unit(cache, 1, UNIT, 1);
    assert_int_equal(entries_of(path), 0);
    assert_int_equal(log_lines, 0);
    as_disk_close(cache);
    test_remove_folder(path);
}

static void test_unfinished_and_foreign_files(void **state)
{
    (void)state;
    static const char *const foreign[] = {"notes.txt", "as-notes", "as-0123.tmp", "x.tmp"};
    const char *path = path_of("mixed"), *link = path_of("mixed/as-" DIGITS32 "-"
                                                         "0123456789abcdef-"
                                                         "0123456789abcdef");
    const char *old = path_of("mixed/as-" DIGITS32 ".tmp");
    const char *young = path_of("mixed/as-fedcba9876543210fedcba9876543210.tmp");
    const char *future = path_of("mixed/as-00000000000000000000000000000000.tmp");
    char name[700];
    as_disk_cache *cache = open_cache(path, 10 * ROOM, URL, VALIDATOR);
    for (size_t i = 0; i < COUNT(foreign); i++) {
        snprintf(name, sizeof(name), "%s/%s", path, foreign[i]);
        test_write_file(name, scratch, UNIT);
        set_age(name, 1000000);
    }
    assert_int_equal(symlink("notes.txt", link), 0); /* none of the cache's either */
    set_age(link, 1000000);
    test_write_file(old, scratch, 100);
    test_write_file(young, scratch, 100);
    test_write_file(future, scratch, 100);
    set_age(old, 60 * 60 + 60);
    set_age(young, 60 * 60 - 60);
    set_age(future, -1000000);
    for (uint64_t unit = 0; unit < 50; unit++)
        write_unit(cache, unit, UNIT, 1);
    assert_int_equal(access(old, F_OK), -1);
    assert_int_equal(access(young, F_OK), 0);
    assert_int_equal(access(future, F_OK), 0);
    assert_int_equal(access(link, F_OK), 0);
    for (size_t i = 0; i < COUNT(foreign); i++) {
        size_t size;
        snprintf(name, sizeof(name), "%s/%s", path, foreign[i]);
        free(test_read_file(name, &size));
        assert_int_equal(size, UNIT);
    }
    as_disk_close(cache);
    test_remove_folder(path);
}

/* Seen by an unfinished file: it goes when the directory is looked through. */
static void test_the_directory_is_searched_rarely(void **state)
{
    (void)state;
    const char *path = path_of("rarely"), *old = path_of("rarely/as-" DIGITS32 ".tmp");
    as_disk_cache *cache = open_cache(path, 1600 * ROOM, URL, VALIDATOR);
    assert_int_equal(entries_of(path), 0);
    for (int round = 0; round < 3; round++) {
        test_write_file(old, scratch, 1);
        set_age(old, 1000000);
        (void)as_disk_has(cache, 1);
        (void)read_unit(cache, 1, UNIT, 1);
        for (uint64_t unit = 0; unit < 99 && round > 0; unit++)
            write_unit(cache, unit % 3, UNIT, 1);
        assert_int_equal(access(old, F_OK), 0);
        write_unit(cache, 1, UNIT, 1); /* the first of all, and every hundredth */
        assert_int_equal(access(old, F_OK), -1);
    }
    as_disk_close(cache);
    test_remove_folder(path);
}

/* Files 0 .. FILES - 1, of which each AGES-th has the same age: links to one file. */
enum { AGES = 100, FILES = 34000 };

static const char *linked_name(unsigned i)
{
    static char names[2][128];
    char *name = names[i % 2];
    snprintf(name, sizeof(names[0]), "as-" DIGITS32 "-0123456789abcdef-%016x", i);
    return name;
}

static void make_linked_files(int directory)
{
    for (unsigned i = 0; i < FILES; i++) {
        const unsigned age = i % AGES;
        const struct timespec times[2] = {{.tv_sec = age * 37 % AGES}, {.tv_sec = age * 37 % AGES}};
        if (i >= AGES) {
            char first[128];
            snprintf(first, sizeof(first), "%s", linked_name(age));
            assert_int_equal(linkat(directory, first, directory, linked_name(i), 0), 0);
            continue;
        }
        const int fd = openat(directory, linked_name(i), O_WRONLY | O_CREAT | O_EXCL, 0600);
        assert_true(fd >= 0);
        assert_int_equal(ftruncate(fd, (off_t)UNIT + 32), 0);
        assert_int_equal(futimens(fd, times), 0);
        close(fd);
    }
}

/* More files than ages are remembered at once. */
static void test_many_files(void **state)
{
    (void)state;
    const char *path = path_of("many");
    unsigned left[AGES] = {0};
    struct stat info;
    assert_int_equal(mkdir(path, 0700), 0);
    const int directory = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(directory >= 0);
    make_linked_files(directory);
    test_alloc_fail_at(UINT64_MAX);
    as_disk_cache *cache = open_cache(path, 800 * ROOM, URL, VALIDATOR);
    write_unit(cache, 0x12345678, UNIT, 1);
    assert_true(test_alloc_peak() < 1024 * 1024);
    assert_int_equal(entries_of(path), 700);
    assert_true(read_unit(cache, 0x12345678, UNIT, 1));
    as_disk_close(cache);
    test_alloc_restore();
    for (unsigned i = 0; i < FILES; i++)
        if (fstatat(directory, linked_name(i), &info, 0) == 0)
            left[info.st_mtim.tv_sec]++;
    assert_int_equal(left[AGES - 1], FILES / AGES); /* the youngest */
    assert_int_equal(left[AGES - 2], FILES / AGES);
    assert_int_equal(left[AGES - 3], 699 - 2 * (FILES / AGES));
    close(directory);
    test_remove_folder(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_names_stand_for),
        cmocka_unit_test(test_those_not_used_for_longest_go),
        cmocka_unit_test(test_the_budget_is_kept),
        cmocka_unit_test(test_unfinished_and_foreign_files),
        cmocka_unit_test(test_the_directory_is_searched_rarely),
        cmocka_unit_test(test_many_files),
    };
    return cmocka_run_group_tests_name("disk_evict", tests, setup, teardown);
}
