/* SPDX-License-Identifier: MIT
 *
 * Writing containers on POSIX systems: permissions, devices, a full disk, files with holes.
 */
#include "tests/unit/writer_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_new_file_follows_the_umask(void **state)
{
    (void)state;
    struct stat status;
    const mode_t before = umask(027);
    assert_ok(write_frames(in_folder("u.asvp"), NULL, 1, 1), &error);
    umask(before);
    assert_int_equal(stat(in_folder("u.asvp"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
}

static void test_replaced_file_keeps_its_mode(void **state)
{
    (void)state;
    struct stat status;
    test_write_file(in_folder("m.asvp"), "old", 3);
    assert_int_equal(chmod(in_folder("m.asvp"), 0600), 0);
    assert_ok(write_frames(in_folder("m.asvp"), NULL, 1, 1), &error);
    assert_int_equal(stat(in_folder("m.asvp"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_frames(in_folder("m.asvp"), NULL, 1, 1);
}

static void test_devices_are_no_destinations(void **state)
{
    (void)state;
    as_writer *writer;
    assert_fails(as_writer_create("/dev/null", NULL, &writer, &error), AS_ERROR_TRANSPORT, &error,
                 "not a regular file");
    assert_int_equal(files_in_folder(), 0);
}

/* The file-size limit of the process stands in for a full disk. */
static void test_full_disk(void **state)
{
    (void)state;
    struct rlimit before, small;
    as_writer *writer;
    test_random random = test_random_from(5);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    assert_ok(as_writer_create(in_folder("f.asvp"), NULL, &writer, &error), &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    as_result result = AS_OK;
    for (int i = 0; i < 1000 && result == AS_OK; i++) {
        test_payload payload = test_random_payload(&random, 300, 300);
        result = as_writer_add_payload(writer, payload.bytes, payload.size, &error);
        test_payload_free(&payload);
    }
    const as_error failure = error;
    test_payload payload = test_random_payload(&random, 300, 300);
    const as_result after = as_writer_add_payload(writer, payload.bytes, payload.size, &error);
    const as_error refusal = error;
    const as_result finish = as_writer_finish(&writer, &error);
    setrlimit(RLIMIT_FSIZE, &before); /* before any assertion: the log must go on */
    test_payload_free(&payload);
    assert_int_equal(result, AS_ERROR_TRANSPORT);
    assert_non_null(strstr(failure.text, "check free space"));
    assert_int_equal(after, AS_ERROR_TRANSPORT);
    assert_non_null(strstr(refusal.text, "abort this writer"));
    assert_int_equal(finish, AS_ERROR_TRANSPORT);
    assert_null(writer);
    assert_int_equal(files_in_folder(), 0);
}

/* 1 GiB of blocks that are mostly holes in a sparse file ("bytes of the block after the end of the
 * zlib stream are ignored"); decoding it all holds little memory. */
static void test_one_gibibyte_in_64_mebibytes(void **state)
{
    (void)state;
    enum { FRAMES = 1024, BLOCK = 1 << 20 };
    test_bytes sizes = {0}, table = {0}, payload = test_small_payload(3);
    test_bytes block = test_block((uint32_t)payload.size, payload.data, payload.size);
    for (int i = 0; i < FRAMES; i++)
        test_bytes_add_u64(&sizes, BLOCK);
    test_bytes_add_zlib(&table, sizes.data, sizes.size);
    test_bytes head =
        test_container_head("ASVP", FRAMES, (uint32_t)table.size, table.data, table.size);
    const int fd = open(in_folder("big.asvp"), O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, head.data, head.size, 0), head.size);
    for (off_t i = 0; i < FRAMES; i++)
        assert_int_equal(pwrite(fd, block.data, block.size, (off_t)head.size + i * BLOCK),
                         block.size);
    assert_int_equal(ftruncate(fd, (off_t)head.size + (off_t)FRAMES * BLOCK), 0);
    close(fd);

    test_alloc_fail_at(UINT64_MAX);
    as_container *container = open_path(in_folder("big.asvp"), NULL);
    as_canvas *canvas;
    as_buffer got = {0};
    uint8_t *pixels = malloc(2048 * 1024);
    assert_non_null(pixels);
    assert_ok(as_canvas_create(2048, 1024, &canvas, &error), &error);
    for (uint64_t i = 0; i < FRAMES; i++) {
        assert_ok(as_container_read_payload(container, i, &got, &error), &error);
        assert_int_equal(got.size, payload.size);
        assert_ok(as_canvas_draw(canvas, got.data, got.size, NULL, &error), &error);
    }
    assert_ok(as_canvas_to_r8(canvas, pixels, 2048 * 1024, 2048, 1024, 0, &error), &error);
    printf("1 GiB: at most %llu KiB of heap\n", (unsigned long long)test_alloc_peak() >> 10);
    assert_true(test_alloc_peak() < 64u << 20);
    as_canvas_destroy(&canvas);
    as_buffer_free(&got);
    as_container_close(&container);
    test_alloc_restore();
    free(pixels);
    test_bytes_free(&sizes);
    test_bytes_free(&table);
    test_bytes_free(&payload);
    test_bytes_free(&block);
    test_bytes_free(&head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_new_file_follows_the_umask),
        WITH_FOLDER(test_replaced_file_keeps_its_mode),
        WITH_FOLDER(test_devices_are_no_destinations),
        WITH_FOLDER(test_full_disk),
        WITH_FOLDER(test_one_gibibyte_in_64_mebibytes),
    };
    return cmocka_run_group_tests_name("writer_system", tests, NULL, test_nothing_alive);
}
