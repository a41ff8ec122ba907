/* SPDX-License-Identifier: MIT
 *
 * core/io/disk_cache: what is kept, what is believed, and what happens where nothing can be kept.
 */
#include "tests/unit/disk_fixture.h"

#include <openssl/evp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void test_units_are_kept(void **state)
{
    (void)state;
    const char *path = path_of("kept");
    const uint64_t far = UINT64_MAX / UNIT;
    as_disk_cache *cache = open_cache(path, BUDGET, URL, VALIDATOR);
    assert_false(as_disk_has(cache, 0));
    assert_false(read_unit(cache, 0, UNIT, 1));
    write_unit(cache, 0, UNIT, 1);
    write_unit(cache, 7, UNIT, 1);
    write_unit(cache, far, 10, 1);
    for (int round = 0; round < 2; round++) {
        assert_true(as_disk_has(cache, 0) && as_disk_has(cache, 7) && as_disk_has(cache, far));
        assert_false(as_disk_has(cache, 1));
        assert_true(read_unit(cache, 0, UNIT, 1));
        assert_true(read_unit(cache, 7, UNIT, 1));
        assert_true(read_unit(cache, far, 10, 1));
        assert_int_equal(scratch[10], 0xEE);
        as_disk_close(cache);
        cache = open_cache(path, BUDGET, URL, VALIDATOR);
    }
    write_unit(cache, 7, UNIT, 1); /* once more */
    assert_true(read_unit(cache, 7, UNIT, 1));
    assert_int_equal(entries_of(path), 3);
    assert_int_equal(log_lines, 0);
    as_disk_close(cache);
    as_disk_close(NULL);
    test_remove_folder(path);
}

/* Units of this very version alone, and none past what there is room for. */
static void test_units_are_listed(void **state)
{
    (void)state;
    const char *path = path_of("listed");
    as_disk_cache *other = open_cache(path, BUDGET, URL "&x=1", VALIDATOR);
    write_unit(other, 2, UNIT, 1);
    as_disk_close(other);
    as_disk_cache *cache = open_cache(path, BUDGET, URL, VALIDATOR);
    uint8_t bits[3] = {0, 0, 0};
    as_disk_list(cache, bits, 16);
    assert_true(bits[0] == 0 && bits[1] == 0);
    write_unit(cache, 0, UNIT, 1);
    write_unit(cache, 9, UNIT, 1);
    write_unit(cache, 15, UNIT, 1);
    write_unit(cache, 16, UNIT, 1);
    write_unit(cache, UINT64_MAX / UNIT, 10, 1);
    as_disk_list(cache, bits, 16);
    assert_true(bits[0] == 0x01 && bits[1] == 0x82 && bits[2] == 0);
    as_disk_close(cache);
    test_remove_folder(path);
}

static void test_directories_are_made(void **state)
{
    (void)state;
    static const char *const paths[] = {"a", "a/", "a//b/c", "a/./../a/d//", "e/f"};
    struct stat info;
    char before[512];
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(folder), 0);
    for (size_t i = 0; i < COUNT(paths); i++) {
        as_disk_cache *cache = open_cache(i % 2 ? path_of(paths[i]) : paths[i], BUDGET, URL, "v");
        write_unit(cache, 1, 100, 1);
        assert_int_equal(stat(file_of(paths[i], 1), &info), 0);
        assert_int_equal(info.st_mode, S_IFREG | S_IRUSR | S_IWUSR);
        assert_int_equal(unlink(file_of(paths[i], 1)), 0);
        as_disk_close(cache);
    }
    static const char *const made[] = {"a/b/c", "a/b", "a/d", "a", "e/f", "e"};
    for (size_t i = 0; i < COUNT(made); i++) {
        assert_int_equal(stat(made[i], &info), 0);
        assert_int_equal(info.st_mode, S_IFDIR | S_IRWXU);
        assert_int_equal(rmdir(made[i]), 0);
    }
    assert_int_equal(chdir(before), 0);
}

/* One after the other, as after a change on the server. */
static void test_versions_and_urls_do_not_mix(void **state)
{
    (void)state;
    static const char *const urls[] = {URL, "https://cdn.example/other", URL "&x=1", ""};
    const char *path = path_of("versions");
    for (uint64_t i = 0; i < COUNT(urls); i++) {
        as_disk_cache *cache = open_cache(path, BUDGET, urls[i], VALIDATOR);
        assert_false(as_disk_has(cache, 3));
        write_unit(cache, 3, UNIT, i);
        as_disk_close(cache);
    }
    as_disk_cache *old = open_cache(path, BUDGET, URL, VALIDATOR);
    as_disk_cache *cache = open_cache(path, BUDGET, URL, "\"etag-of-version-2\"");
    assert_false(as_disk_has(cache, 3));
    assert_false(read_unit(cache, 3, UNIT, 77));
    assert_true(read_unit(old, 3, UNIT, 0));
    write_unit(cache, 4, UNIT, 77); /* and what is of the old version goes */
    assert_false(as_disk_has(old, 3));
    assert_false(as_disk_has(cache, 3));
    assert_true(read_unit(cache, 4, UNIT, 77));
    as_disk_close(old);
    as_disk_close(cache);
    for (uint64_t i = 1; i < COUNT(urls); i++) {
        cache = open_cache(path, BUDGET, urls[i], VALIDATOR);
        assert_true(read_unit(cache, 3, UNIT, i));
        as_disk_close(cache);
    }
    test_remove_folder(path);
}

/* --------------------------------------------------------------------------------- damage ---- */

static void damage(const char *file, size_t at)
{
    size_t size;
    uint8_t *bytes = test_read_file(file, &size);
    assert_true(at < size);
    bytes[at] ^= 1;
    test_write_file(file, bytes, size);
    free(bytes);
}

/* A read finds nothing and deletes what there was; the next write mends it. */
static void check_not_believed(as_disk_cache *cache, uint64_t unit, size_t length)
{
    assert_true(as_disk_has(cache, unit));
    assert_false(read_unit(cache, unit, length, 1));
    assert_false(as_disk_has(cache, unit));
    write_unit(cache, unit, length, 1);
    assert_true(read_unit(cache, unit, length, 1));
}

static void test_damaged_units(void **state)
{
    (void)state;
    static const size_t places[] = {0, 1, 31, 32, 33, 4096, 32 + UNIT - 1};
    static const off_t lengths[] = {0, 1, 31, 32, 33, 32 + (off_t)UNIT - 1, 32 + (off_t)UNIT + 1};
    const char *path = path_of("damaged");
    as_disk_cache *cache = open_cache(path, BUDGET, URL, VALIDATOR);
    write_unit(cache, 5, UNIT, 1);
    for (size_t i = 0; i < COUNT(places); i++) {
        damage(file_of(path, 5), places[i]);
        check_not_believed(cache, 5, UNIT);
    }
    for (size_t i = 0; i < COUNT(lengths); i++) {
        assert_int_equal(truncate(file_of(path, 5), lengths[i]), 0);
        check_not_believed(cache, 5, UNIT);
    }
    assert_false(read_unit(cache, 5, UNIT - 1, 1)); /* asked for with another length */
    assert_false(as_disk_has(cache, 5));
    as_disk_close(cache);
    test_remove_folder(path);
}

static void test_units_in_the_wrong_place(void **state)
{
    (void)state;
    const char *path = path_of("swapped"), *other_path = path_of("other");
    char one[900], two[900];
    as_disk_cache *cache = open_cache(path, BUDGET, URL, VALIDATOR);
    as_disk_cache *other = open_cache(other_path, BUDGET, URL, "another");
    write_unit(cache, 1, UNIT, 1);
    write_unit(cache, 2, UNIT, 1);
    write_unit(other, 1, UNIT, 1);
    snprintf(one, sizeof(one), "%s", file_of(path, 1));
    snprintf(two, sizeof(two), "%s", file_of(path, 2));
    assert_int_equal(rename(one, path_of("swap")), 0);
    assert_int_equal(rename(two, one), 0);
    assert_int_equal(rename(path_of("swap"), two), 0);
    check_not_believed(cache, 1, UNIT);
    check_not_believed(cache, 2, UNIT);
    assert_int_equal(rename(file_of(other_path, 1), one), 0); /* of another version */
    check_not_believed(cache, 1, UNIT);
    as_disk_close(cache);
    as_disk_close(other);
    test_remove_folder(path);
    test_remove_folder(other_path);
}

static void test_only_regular_files_are_read(void **state)
{
    (void)state;
    const char *path = path_of("odd"), *aside = path_of("aside");
    char name[900];
    size_t size;
    as_disk_cache *cache = open_cache(path, BUDGET, URL, VALIDATOR);
    write_unit(cache, 1, UNIT, 1);
    snprintf(name, sizeof(name), "%s", file_of(path, 1));
    for (int written = 0; written < 2; written++) {
        assert_int_equal(rename(name, aside), 0);
        assert_int_equal(symlink(aside, name), 0); /* to a unit that is right */
        assert_false(as_disk_has(cache, 1));
        if (written)
            write_unit(cache, 1, UNIT, 1); /* in the place of the link */
        else
            assert_false(read_unit(cache, 1, UNIT, 1));
        assert_int_equal(entries_of(path), written);
        assert_int_equal(as_disk_has(cache, 1), written);
        uint8_t *bytes = test_read_file(aside, &size); /* where it points to, nothing changed */
        assert_int_equal(size, 32 + UNIT);
        assert_true(is_content(bytes + 32, UNIT, UNIT, 1));
        free(bytes);
        write_unit(cache, 1, UNIT, 1);
    }
    assert_int_equal(unlink(name), 0);
    assert_int_equal(mkfifo(name, 0600), 0); /* a read would wait for ever */
    assert_false(read_unit(cache, 1, UNIT, 1));
    assert_int_equal(entries_of(path), 0);
    assert_int_equal(mkdir(name, 0700), 0);
    assert_false(as_disk_has(cache, 1));
    assert_false(read_unit(cache, 1, UNIT, 1));
    write_unit(cache, 1, UNIT, 1);
    assert_int_equal(log_lines, 1);
    assert_int_equal(entries_of(path), 1); /* no temporary file stays behind */
    as_disk_close(cache);
    assert_int_equal(unlink(aside), 0);
    test_remove_folder(path);
}

static void test_nothing_is_revealed(void **state)
{
    (void)state;
    static const char *const secrets[] = {"cdn.example", "pov_mask", "s3cret", "etag-of", "85342"};
    const char *path = path_of("secrets");
    as_disk_cache *cache = open_cache(path, BUDGET, URL, VALIDATOR);
    memset(scratch, 0, sizeof(scratch));
    as_disk_write(cache, 1, scratch, UNIT);
    const char *file = file_of(path, 1), *name = strrchr(file, '/') + 1;
    assert_int_equal(strspn(name, "abcdef0123456789-s"), strlen(name));
    size_t size;
    uint8_t *bytes = test_read_file(file, &size);
    assert_int_equal(size, 32 + UNIT);
    for (size_t i = 0; i < COUNT(secrets); i++) {
        const size_t length = strlen(secrets[i]);
        assert_null(strstr(name, secrets[i]));
        for (size_t at = 0; at + length <= 32; at++)
            assert_memory_not_equal(bytes + at, secrets[i], length);
    }
    free(bytes);
    /* Even a validator that could be guessed does not show: the names of equal ones differ. */
    as_disk_cache *other = open_cache(path, BUDGET, "https://cdn.example/other", VALIDATOR);
    char first[80];
    snprintf(first, sizeof(first), "%s", name);
    assert_int_equal(unlink(file), 0);
    as_disk_write(other, 1, scratch, UNIT);
    name = strrchr(file_of(path, 1), '/') + 1;
    assert_int_equal(strlen(name), strlen(first));
    assert_memory_not_equal(name + 36, first + 36, 16);
    as_disk_close(cache);
    as_disk_close(other);
    test_remove_folder(path);
}

/* ---------------------------------------------------------------------- where nothing works ----
 */

static void check_no_cache(const char *path, int number)
{
    const as_log log = {0};
    as_disk_cache *cache = NULL;
    assert_fails(as_disk_open(path, BUDGET, URL, VALIDATOR, &log, &cache, &error),
                 AS_ERROR_TRANSPORT, &error, "cache_dir");
    assert_int_equal(error.system_error, number);
    assert_null(strstr(error.text, "s3cret"));
    assert_null(cache);
}

static void test_no_directory(void **state)
{
    (void)state;
    char longer[700];
    const int n = snprintf(longer, sizeof(longer), "%s/", folder);
    memset(longer + n, 'x', 300);
    longer[n + 300] = '\0';
    test_write_file(path_of("file"), "x", 1);
    assert_int_equal(symlink("nowhere", path_of("dangling")), 0);
    check_no_cache(path_of("file"), ENOTDIR);
    check_no_cache(path_of("file/below"), ENOTDIR);
    check_no_cache(path_of("dangling"), ENOENT);
    check_no_cache(longer, ENAMETOOLONG);
    check_no_cache("", ENOENT);
    check_no_cache("/dev/null", ENOTDIR);
    assert_int_equal(unlink(path_of("file")), 0);
    assert_int_equal(unlink(path_of("dangling")), 0);
}

static void quiet(void *user, as_log_level level, const char *message)
{
    (void)level, (void)message;
    ++*(int *)user;
}

/* Whether a user without rights is told so; 0: everything was as it should be. */
static int try_without_permission(const char *locked, const char *mine)
{
    int lines = 0;
    const as_log log = {.fn = quiet, .user = &lines, .level = AS_LOG_WARN};
    char below[600];
    as_disk_cache *cache = NULL;
    if (geteuid() == 0 && seteuid(65534) != 0)
        return 1;
    snprintf(below, sizeof(below), "%s/below", locked);
    if (as_disk_open(locked, BUDGET, URL, "v", &log, &cache, &error) != AS_ERROR_TRANSPORT ||
        error.system_error != EACCES)
        return 2;
    if (as_disk_open(below, BUDGET, URL, "v", &log, &cache, &error) != AS_ERROR_TRANSPORT ||
        error.system_error != EACCES)
        return 3;
    /* A directory that is locked later. */
    if (as_disk_open(mine, BUDGET, URL, "v", &log, &cache, &error) != AS_OK)
        return 4;
    as_disk_write(cache, 1, scratch, UNIT);
    if (!as_disk_read(cache, 1, scratch, UNIT) || chmod(mine, 0500) != 0)
        return 5;
    as_disk_write(cache, 2, scratch, UNIT);
    as_disk_write(cache, 3, scratch, UNIT);
    if (lines != 1 || as_disk_has(cache, 2) || !as_disk_read(cache, 1, scratch, UNIT))
        return 6;
    as_disk_close(cache);
    return chmod(mine, 0700) != 0;
}

static void test_no_permission(void **state)
{
    (void)state;
    const char *locked = path_of("locked"), *mine = path_of("mine");
    assert_int_equal(chmod(folder, 0777), 0);
    assert_int_equal(mkdir(locked, 0500), 0);
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(try_without_permission(locked, mine));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    if (geteuid() == 0) { /* what another user has put there is not believed */
        as_disk_cache *cache = open_cache(mine, BUDGET, URL, "v");
        assert_true(as_disk_has(cache, 1));
        assert_false(as_disk_read(cache, 1, scratch, UNIT));
        assert_false(as_disk_has(cache, 1));
        as_disk_close(cache);
    }
    assert_int_equal(chmod(folder, 0700), 0);
    test_remove_folder(mine);
    test_remove_folder(locked);
}

static void test_a_directory_that_vanishes(void **state)
{
    (void)state;
    const char *path = path_of("vanishes");
    as_disk_cache *cache = open_cache(path, BUDGET, URL, VALIDATOR);
    write_unit(cache, 1, UNIT, 1);
    test_remove_folder(path);
    assert_false(as_disk_has(cache, 1));
    assert_false(read_unit(cache, 1, UNIT, 1));
    for (uint64_t unit = 0; unit < 100; unit++)
        write_unit(cache, unit, UNIT, 1);
    assert_false(as_disk_has(cache, 1));
    assert_int_equal(log_lines, 1);
    assert_non_null(strstr(log_text, "/vanishes\" cannot be written"));
    assert_null(strstr(log_text, "s3cret"));
    as_disk_close(cache);
}

static void test_a_bad_disk(void **state)
{
    (void)state;
    const char *path = path_of("full");
    as_disk_cache *cache = open_cache(path, BUDGET, URL, VALIDATOR);
    begin_faults();
    faults.most = 1000;
    faults.between = 3;
    write_unit(cache, 1, UNIT, 1);
    assert_true(read_unit(cache, 1, UNIT, 1));
    assert_true(faults.calls > 2 * UNIT / 1000);
    assert_int_equal(log_lines, 0);
    begin_faults();
    faults.most = 1000;
    faults.nth = 5;
    faults.write = ENOSPC;
    write_unit(cache, 2, UNIT, 1);
    write_unit(cache, 1, UNIT, 2); /* the old one stays */
    write_unit(cache, 3, UNIT, 1);
    assert_int_equal(log_lines, 1);
    end_faults();
    assert_int_equal(entries_of(path), 1);
    assert_true(read_unit(cache, 1, UNIT, 1));
    assert_false(as_disk_has(cache, 2));
    write_unit(cache, 2, UNIT, 1);
    assert_true(read_unit(cache, 2, UNIT, 1));
    begin_faults();
    faults.nth = 1;
    faults.read = EIO;
    assert_false(read_unit(cache, 2, UNIT, 1));
    end_faults();
    assert_false(as_disk_has(cache, 2));
    as_disk_close(cache);
    test_remove_folder(path);
}

/* Past the process's limit on file sizes the system sends SIGXFSZ, which would end this process. */
static void test_a_limit_on_file_sizes(void **state)
{
    (void)state;
    struct rlimit before, small;
    const struct sigaction deadly = {.sa_handler = SIG_DFL};
    const char *path = path_of("limit");
    as_disk_cache *cache = open_cache(path, BUDGET, URL, VALIDATOR);
    assert_int_equal(sigaction(SIGXFSZ, &deadly, NULL), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = UNIT;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    write_unit(cache, 1, UNIT, 1);
    write_unit(cache, 2, UNIT - 32, 1);
    setrlimit(RLIMIT_FSIZE, &before); /* before any assertion: the log must go on */
    assert_int_equal(log_lines, 1);
    assert_false(as_disk_has(cache, 1));
    assert_true(read_unit(cache, 2, UNIT - 32, 1));
    assert_int_equal(entries_of(path), 1);
    as_disk_close(cache);
    test_remove_folder(path);
}

/* What cannot be verified is not served, and nothing is written that could not be sealed. */
static void test_without_hashes(void **state)
{
    (void)state;
    const char *path = path_of("hashes");
    const as_log log = {0};
    as_disk_cache *cache = open_cache(path, BUDGET, URL, VALIDATOR), *none = NULL;
    write_unit(cache, 1, UNIT, 1);
    assert_int_equal(EVP_set_default_properties(NULL, "provider=none"), 1);
    assert_fails(as_disk_open(path, BUDGET, URL, VALIDATOR, &log, &none, &error),
                 AS_ERROR_UNSUPPORTED, &error, "OpenSSL refused");
    assert_null(none);
    assert_false(read_unit(cache, 1, UNIT, 1));
    write_unit(cache, 2, UNIT, 1);
    assert_int_equal(log_lines, 1);
    assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
    assert_true(read_unit(cache, 1, UNIT, 1));
    assert_int_equal(entries_of(path), 1);
    as_disk_close(cache);
    test_remove_folder(path);
}

static void scenario(const char *path)
{
    const as_log log = {0};
    as_disk_cache *cache = NULL;
    const as_result result = as_disk_open(path, BUDGET, URL, VALIDATOR, &log, &cache, &error);
    if (result != AS_OK) {
        assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
        assert_int_equal(error.code, AS_ERROR_OUT_OF_MEMORY);
        assert_non_null(strstr(error.text, "out of memory"));
        assert_null(cache);
        return;
    }
    write_unit(cache, 1, UNIT, 1); /* tidying may not work; the write does */
    assert_true(read_unit(cache, 1, UNIT, 1));
    as_disk_close(cache);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    uint64_t n = 0;
    const char *path = path_of("memory");
    for (; test_alloc_fail_at(n), scenario(path), test_alloc_failed(); n++)
        assert_int_equal(as_mem_live(), 0);
    assert_int_equal(n, 3); /* the cache, the path, tidying */
    test_alloc_restore();
    test_remove_folder(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units_are_kept),
        cmocka_unit_test(test_units_are_listed),
        cmocka_unit_test(test_directories_are_made),
        cmocka_unit_test(test_versions_and_urls_do_not_mix),
        cmocka_unit_test(test_damaged_units),
        cmocka_unit_test(test_units_in_the_wrong_place),
        cmocka_unit_test(test_only_regular_files_are_read),
        cmocka_unit_test(test_nothing_is_revealed),
        cmocka_unit_test(test_no_directory),
        cmocka_unit_test(test_no_permission),
        cmocka_unit_test(test_a_directory_that_vanishes),
        cmocka_unit_test(test_a_bad_disk),
        cmocka_unit_test(test_a_limit_on_file_sizes),
        cmocka_unit_test(test_without_hashes),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests_name("disk_cache", tests, setup, teardown);
}
