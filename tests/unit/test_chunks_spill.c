/* SPDX-License-Identifier: MIT
 *
 * core/io/chunks while everything is kept: the temporary file and what can go wrong with it.
 */
#include "tests/unit/chunks_fixture.h"

#include <signal.h>
#include <sys/resource.h>

static as_chunks *create_keeping(uint64_t units, uint64_t slots)
{
    as_chunks *chunks = as_chunks_create(units * UNIT, slots * UNIT);
    assert_non_null(chunks);
    as_chunks_keep_all(chunks);
    return chunks;
}

static int use_folder(void **state)
{
    assert_int_equal(setup(state), 0);
    for (int fd = 3; fd < 32; fd++) /* what the caller of this program left open */
        close(fd);
    return setenv("TMPDIR", folder, 1);
}

/* The descriptor of the temporary file, the only one that is open; -1: there is none. */
static int spill_fd(void)
{
    for (int fd = 3; fd < 32; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            return fd;
    return -1;
}

static void test_what_does_not_fit_spills(void **state)
{
    (void)state;
    as_chunks *chunks = create_keeping(3, 5);
    size_t fresh, length;
    put_units(chunks, 0, 3);
    assert_true(as_chunks_spilled(chunks) == 0);
    assert_int_equal(spill_fd(), -1); /* no file before it is needed */
    for (uint64_t at = 3 * UNIT; at < 8 * UNIT; at += 8192)
        put_new(chunks, at, 8192);
    assert_true(as_chunks_memory(chunks) == 3 * UNIT);
    assert_true(as_chunks_spilled(chunks) == 5 * UNIT);
    for (uint64_t unit = 0; unit < 8; unit++)
        assert_true(as_chunks_has(chunks, unit));
    assert_true(as_chunks_ready(chunks, 1, UINT64_MAX) == 8 * UNIT - 1);
    check_bytes(chunks, 1, 8 * UNIT - 2); /* from the file into memory's part */
    check_bytes(chunks, 5 * UNIT - 3, 6);
    assert_null(as_chunks_unit(chunks, 0, &length)); /* in the file */
    assert_non_null(as_chunks_unit(chunks, 7, &length));
    assert_fails(put(chunks, 8 * UNIT, 10, &fresh), AS_ERROR_LIMIT, &error, "spill_bytes");
    assert_int_equal(fresh, 0);
    assert_true(error.offset == 8 * UNIT);
    check_bytes(chunks, 0, 8 * UNIT - 1);
    as_chunks_destroy(chunks);
    assert_int_equal(spill_fd(), -1);
}

static void test_a_file_without_a_name(void **state)
{
    (void)state;
    struct stat info;
    as_chunks *chunks = create_keeping(1, 10);
    put_units(chunks, 0, 4);
    assert_int_equal(entries_of(folder), 0);
    const int fd = spill_fd();
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_nlink, 0);
    assert_int_equal(info.st_mode, S_IFREG | S_IRUSR | S_IWUSR);
    assert_int_equal(info.st_size, 3 * UNIT);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    as_chunks_clear(chunks); /* its space is free again */
    assert_int_equal(spill_fd(), -1);
    assert_true(as_chunks_spilled(chunks) == 0);
    put_units(chunks, 0, 2); /* nothing is kept any more */
    assert_false(as_chunks_has(chunks, 0));
    assert_int_equal(spill_fd(), -1);
    as_chunks_keep_all(chunks);
    put_units(chunks, 5, 7);
    check_bytes(chunks, UNIT, UNIT);
    check_bytes(chunks, 5 * UNIT, 2 * UNIT);
    as_chunks_destroy(chunks);
}

/* The oldest unit is moved although bytes of it are still to come. */
static void test_filling_a_unit_in_the_file(void **state)
{
    (void)state;
    as_chunks *chunks = create_keeping(2, 10);
    size_t fresh;
    put_new(chunks, 0, 1000);
    put_units(chunks, 5, 7);
    assert_true(as_chunks_spilled(chunks) == UNIT);
    check_bytes(chunks, 0, 1000);
    put_new(chunks, 1000, 500);
    assert_ok(put(chunks, 1400, 200, &fresh), &error);
    assert_int_equal(fresh, 100);
    put_new(chunks, 1600, UNIT - 1600);
    assert_true(as_chunks_has(chunks, 0));
    check_bytes(chunks, 0, UNIT);
    assert_true(as_chunks_spilled(chunks) == UNIT);
    as_chunks_destroy(chunks);
}

static void test_the_window_stays_in_memory(void **state)
{
    (void)state;
    as_chunks *chunks = create_keeping(3, 10);
    size_t length;
    put_units(chunks, 0, 3);
    as_chunks_set_window(chunks, 0, 2);
    put_units(chunks, 3, 5); /* 2 and 3 go */
    assert_non_null(as_chunks_unit(chunks, 0, &length));
    assert_non_null(as_chunks_unit(chunks, 1, &length));
    assert_null(as_chunks_unit(chunks, 3, &length));
    as_chunks_set_window(chunks, 0, 100); /* no error: it stays readable in the file */
    put_units(chunks, 5, 7);
    check_bytes(chunks, 0, 7 * UNIT);
    as_chunks_destroy(chunks);
}

static void test_without_a_file(void **state)
{
    (void)state;
    size_t fresh;
    for (uint64_t spill = 0; spill < UNIT; spill += UNIT - 1) {
        as_chunks *chunks = as_chunks_create(2 * UNIT, spill);
        assert_non_null(chunks);
        as_chunks_keep_all(chunks);
        put_units(chunks, 0, 2);
        assert_fails(put(chunks, 2 * UNIT, 1, &fresh), AS_ERROR_LIMIT, &error, "spill_bytes");
        assert_int_equal(spill_fd(), -1);
        as_chunks_destroy(chunks);
    }
    /* No number is too large. */
    as_chunks *chunks = as_chunks_create(UINT64_MAX, UINT64_MAX);
    assert_non_null(chunks);
    as_chunks_keep_all(chunks);
    put_new(chunks, 0, 1);
    as_chunks_destroy(chunks);
}

static void test_where_the_file_is(void **state)
{
    (void)state;
    static const char *const good[] = {"", NULL}; /* as if not set: /tmp */
    size_t fresh;
    as_chunks *chunks = create_keeping(1, 10);
    put_units(chunks, 0, 1);
    setenv("TMPDIR", path_of("missing"), 1);
    assert_fails(put(chunks, UNIT, 1, &fresh), AS_ERROR_TRANSPORT, &error, "/missing\" (TMPDIR");
    assert_int_equal(error.system_error, ENOENT);
    assert_true(error.offset == UNIT);
    check_bytes(chunks, 0, UNIT); /* nothing is lost, and it may work next time */
    setenv("TMPDIR", "/dev/null", 1);
    assert_fails(put(chunks, UNIT, 1, &fresh), AS_ERROR_TRANSPORT, &error, "TMPDIR");
    assert_int_equal(error.system_error, ENOTDIR);
    for (size_t i = 0; i < COUNT(good); i++) {
        if (good[i])
            setenv("TMPDIR", good[i], 1);
        else
            unsetenv("TMPDIR");
        put_units(chunks, 1, 3);
        check_bytes(chunks, 0, 3 * UNIT);
        as_chunks_clear(chunks);
        as_chunks_keep_all(chunks);
        put_units(chunks, 0, 1);
    }
    setenv("TMPDIR", folder, 1);
    as_chunks_destroy(chunks);
}

static void test_short_and_interrupted_calls(void **state)
{
    (void)state;
    as_chunks *chunks = create_keeping(1, 10);
    begin_faults();
    faults.most = 1000;
    faults.between = 3;
    for (uint64_t at = 0; at < 5 * UNIT; at += 16384)
        put_new(chunks, at, 16384);
    check_bytes(chunks, 0, 5 * UNIT);
    assert_true(faults.calls > 2 * 4 * UNIT / 1000);
    end_faults();
    as_chunks_destroy(chunks);
}

static void test_a_full_disk(void **state)
{
    (void)state;
    size_t fresh;
    as_chunks *chunks = create_keeping(2, 10);
    put_new(chunks, 0, 5000);
    put_units(chunks, 4, 6); /* 0 is in the file */
    begin_faults();
    faults.most = 3000;
    faults.nth = 2; /* some bytes find room yet */
    faults.write = ENOSPC;
    assert_fails(put(chunks, 6 * UNIT, 2 * UNIT, &fresh), AS_ERROR_TRANSPORT, &error,
                 "check free space");
    assert_int_equal(error.system_error, ENOSPC);
    assert_int_equal(fresh, 0);
    assert_fails(put(chunks, 5000, 5000, &fresh), AS_ERROR_TRANSPORT, &error, "check free space");
    assert_int_equal(fresh, 0);
    assert_int_equal(as_chunks_filled(chunks, 0), 5000);
    assert_true(as_chunks_spilled(chunks) == UNIT);
    end_faults();
    check_bytes(chunks, 0, 5000);
    check_bytes(chunks, 4 * UNIT, 2 * UNIT);
    put_new(chunks, 5000, 5000); /* room again */
    put_units(chunks, 6, 8);
    check_bytes(chunks, 0, 10000);
    check_bytes(chunks, 4 * UNIT, 4 * UNIT);
    as_chunks_destroy(chunks);
}

static void test_a_file_that_cannot_be_read(void **state)
{
    (void)state;
    as_chunks *chunks = create_keeping(1, 10);
    put_units(chunks, 0, 3);
    begin_faults();
    faults.read = EIO;
    assert_fails(as_chunks_read(chunks, UNIT - 5, scratch, 10, &error), AS_ERROR_TRANSPORT, &error,
                 "reading the temporary file");
    assert_int_equal(error.system_error, EIO);
    assert_true(error.offset == UNIT - 5);
    end_faults();
    assert_int_equal(ftruncate(spill_fd(), (off_t)UNIT + 9), 0); /* whoever does such a thing */
    check_bytes(chunks, 0, UNIT + 9);
    assert_fails(as_chunks_read(chunks, UNIT, scratch, 10, &error), AS_ERROR_TRANSPORT, &error,
                 "reading the temporary file");
    as_chunks_destroy(chunks);
}

/* Past the process's limit on file sizes the system sends SIGXFSZ, which would end this process. */
static void test_a_limit_on_file_sizes(void **state)
{
    (void)state;
    struct rlimit before, small;
    size_t fresh, fresh_later;
    as_chunks *chunks = create_keeping(1, 10);
    const struct sigaction deadly = {.sa_handler = SIG_DFL};
    assert_int_equal(sigaction(SIGXFSZ, &deadly, NULL), 0);
    put_units(chunks, 0, 2);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 2 * UNIT + 10;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const as_result fits = put(chunks, 2 * UNIT, UNIT, &fresh);
    const as_result too_long = put(chunks, 3 * UNIT, UNIT, &fresh_later);
    setrlimit(RLIMIT_FSIZE, &before); /* before any assertion: the log must go on */
    assert_int_equal(fits, AS_OK);
    assert_int_equal(fresh, UNIT);
    assert_int_equal(too_long, AS_ERROR_TRANSPORT);
    assert_non_null(strstr(error.text, "limit on file sizes"));
    assert_int_equal(error.system_error, EFBIG);
    assert_int_equal(fresh_later, 0);
    put_units(chunks, 3, 4);
    check_bytes(chunks, 0, 4 * UNIT);
    as_chunks_destroy(chunks);
}

static void scenario(void)
{
    as_chunks *chunks = as_chunks_create(2 * UNIT, 100 * UNIT);
    size_t fresh;
    uint64_t stored = 0;
    if (!chunks)
        return;
    as_chunks_keep_all(chunks);
    for (uint64_t unit = 0; unit < 20; unit++) {
        const as_result result = put(chunks, stored * UNIT, UNIT, &fresh);
        if (result == AS_OK)
            stored++;
        else
            check_no_memory(result);
    }
    assert_true(stored >= 19);
    assert_true(as_chunks_ready(chunks, 0, UINT64_MAX) == stored * UNIT);
    for (uint64_t unit = 0; unit < stored; unit++)
        check_bytes(chunks, unit * UNIT, UNIT);
    as_chunks_destroy(chunks);
    assert_int_equal(as_mem_live(), 0);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    uint64_t n = 0;
    for (; test_alloc_fail_at(n), scenario(), test_alloc_failed(); n++) {
    }
    assert_int_equal(n, 1 + 2 * 2 + 2); /* the cache; table of 16 and 32; units */
    test_alloc_restore();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_does_not_fit_spills),
        cmocka_unit_test(test_a_file_without_a_name),
        cmocka_unit_test(test_filling_a_unit_in_the_file),
        cmocka_unit_test(test_the_window_stays_in_memory),
        cmocka_unit_test(test_without_a_file),
        cmocka_unit_test(test_where_the_file_is),
        cmocka_unit_test(test_short_and_interrupted_calls),
        cmocka_unit_test(test_a_full_disk),
        cmocka_unit_test(test_a_file_that_cannot_be_read),
        cmocka_unit_test(test_a_limit_on_file_sizes),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests_name("chunks_spill", tests, use_folder, teardown);
}
