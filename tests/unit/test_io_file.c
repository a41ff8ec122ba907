/* SPDX-License-Identifier: MIT
 *
 * Sources on files (buffered and mapped), the names of sources, file URLs.
 */
#include "tests/unit/io_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

/* ---------------------------------------------------------------------------------- names ---- */

static void test_salt_names(void **state)
{
    (void)state;
    static const struct {
        const char *location, *name;
    } rows[] = {
        {"https://cdn.example/v/85342/pov_mask.asvr?Sig=a/b", "pov_mask.asvr"},
        {"http://cdn.example/a%20b.asvr#x/y?z", "a%20b.asvr"},
        {"HTTPS://cdn.example/A.asvr?b#c", "A.asvr"},
        {"https://cdn.example/v/", ""},
        {"https://cdn.example", "cdn.example"},
        {"https://cdn.example/a\\b.asvr", "a\\b.asvr"},
        {"file:///tmp/a%20b.asvr?x/y", "a%20b.asvr"},
        {"file:/tmp/c.asvr#1", "c.asvr"},
        {"FILE:d.asvr", "d.asvr"},
        {"file:", ""},
        {"file:?x", ""},
        {"/srv/masks/e.asvr", "e.asvr"},
        {"/srv/what?/f#1?.asvr", "f#1?.asvr"},
        {"C:\\masks\\g.asvr", "g.asvr"},
        {"masks\\sub/h.asvr", "h.asvr"},
        {"sub/masks\\i.asvr", "i.asvr"},
        {"j.asvr", "j.asvr"},
        {"/srv/", ""},
        {"", ""},
        {"ftp://host/k.asvr?q", "k.asvr?q"},
        {"http:/l.asvr?q", "l.asvr?q"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t length = 99;
        const char *name = as_io_salt_name(rows[i].location, &length);
        if (length != strlen(rows[i].name) || memcmp(name, rows[i].name, length) != 0)
            fail_msg("%s gave %.*s", rows[i].location, (int)length, name);
        assert_true(name >= rows[i].location);
        assert_true(name + length <= rows[i].location + strlen(rows[i].location));
    }
}

static void test_is_url(void **state)
{
    (void)state;
    static const char *const urls[] = {"http://a", "file:a", "FILE:/a", "s3+x-y.z://b", "ftp://"};
    static const char *const paths[] = {"C:\\x",   "C:/x",     "c://x",  "/a/http://b", "http:a",
                                        "http:/a", "3d://x",   "",       "://x",        "a b://x",
                                        "file",    "./file:a", "files:a"};
    for (size_t i = 0; i < COUNT(urls); i++)
        if (!as_io_is_url(urls[i]))
            fail_msg("%s was not taken for a URL", urls[i]);
    for (size_t i = 0; i < COUNT(paths); i++)
        if (as_io_is_url(paths[i]))
            fail_msg("%s was taken for a URL", paths[i]);
}

static void test_file_url_paths(void **state)
{
    (void)state;
    static const struct {
        const char *url, *path;
    } good[] = {
        {"file:///a%20b.asvp", "/a b.asvp"},
        {"file:/a/b", "/a/b"},
        {"file://localhost/c", "/c"},
        {"FILE://LOCALHOST/c%2Fd", "/c/d"},
        {"file:///%C3%a4?query#part", "/\xC3\xA4"},
        {"file:///x#y?z", "/x"},
        {"file:///100%25", "/100%"},
        {"file:///", "/"},
    };
    static const struct {
        const char *url;
        as_result result;
        const char *text;
    } bad[] = {
        {"file:///a%", AS_ERROR_ARGUMENT, "two hexadecimal digits"},
        {"file:///a%4", AS_ERROR_ARGUMENT, "\"/a%4\""},
        {"file:///a%4g", AS_ERROR_ARGUMENT, "%25"},
        {"file:///a%g4", AS_ERROR_ARGUMENT, "%25"},
        {"file:///a%4?1", AS_ERROR_ARGUMENT, "%25"},
        {"file:///a%00b", AS_ERROR_ARGUMENT, "other than 00"},
        {"file://server/share", AS_ERROR_UNSUPPORTED, "the host \"server\""},
        {"file://localhost.x/share", AS_ERROR_UNSUPPORTED, "the host \"localhost.x\""},
        {"file://local/share", AS_ERROR_UNSUPPORTED, "this machine"},
        {"file:a?secret", AS_ERROR_ARGUMENT, "\"file:a\" has no absolute path"},
        {"file:", AS_ERROR_ARGUMENT, "file:///path"},
        {"file://localhost", AS_ERROR_ARGUMENT, "absolute path"},
        {"file://?/a", AS_ERROR_ARGUMENT, "absolute path"},
    };
    as_error error;
    char *path;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_ok(as_io_file_url_path(good[i].url, &path, &error), &error);
        assert_string_equal(path, good[i].path);
        as_mem_free(path);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_fails(as_io_file_url_path(bad[i].url, &path, &error), bad[i].result, &error,
                     bad[i].text);
        assert_null(path);
        assert_null(strstr(error.text, "secret"));
    }
}

/* ---------------------------------------------------------------------------------- files ---- */

static void test_file_reads(void **state)
{
    (void)state;
    for (uint32_t map = 0; map < 2; map++) {
        as_error error;
        as_source *source = NULL;
        const as_file_params params = {.struct_size = sizeof(params), .map = map};
        int fd = free_fd();
        const char *path = file_of("100%25 \\of#it?.asvr", FILE_BYTES);
        assert_ok(as_source_open_file(path, &params, &source, &error), &error);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        assert_string_equal(as_source_name(source), "of#it?.asvr");
        check_many_ranges(source);
        as_source_close(&source);
        assert_int_equal(free_fd(), fd);
    }
}

/* The first byte of a block, as the source gives it. */
static uint8_t first_of(as_source *source, uint64_t block)
{
    as_error error;
    uint8_t byte = 0;
    size_t got = 0;
    assert_ok(as_source_read(source, block * BLOCK, &byte, 1, &got, &error), &error);
    assert_int_equal(got, 1);
    return byte;
}

/* Small reads are served from the four blocks used last; memory for them is taken when needed. */
static void test_file_blocks(void **state)
{
    (void)state;
    as_error error;
    as_source *source = NULL;
    uint8_t *zeros = calloc(1, FILE_BYTES), *ones = malloc(FILE_BYTES);
    assert_true(zeros && ones);
    memset(ones, 1, FILE_BYTES);
    test_write_file(path_of("blocks"), zeros, FILE_BYTES);
    test_alloc_fail_at(UINT64_MAX);
    assert_ok(as_source_open_file(path_of("blocks"), NULL, &source, &error), &error);
    assert_true(test_alloc_bytes() < 4096);
    for (uint64_t block = 0; block < 4; block++)
        assert_int_equal(first_of(source, block), 0);
    int fd = open(path_of("blocks"), O_WRONLY);
    assert_int_equal(pwrite(fd, ones, FILE_BYTES, 0), FILE_BYTES);
    close(fd);
    assert_int_equal(first_of(source, 0), 0); /* held; block 1 is now the oldest */
    assert_int_equal(first_of(source, 4), 1);
    assert_int_equal(first_of(source, 0), 0);
    assert_int_equal(first_of(source, 3), 0);
    assert_int_equal(first_of(source, 2), 0);
    assert_int_equal(first_of(source, 1), 1); /* read anew, in the place of block 4 */
    assert_int_equal(first_of(source, 0), 0);
    assert_true(test_alloc_peak() < 4 * BLOCK + 4096);
    as_source_close(&source);
    test_alloc_restore();
    free(zeros);
    free(ones);
}

static void test_file_grows(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 100, BLOCK - 1, BLOCK, BLOCK + 5, FILE_BYTES};
    for (uint32_t map = 0; map < 2; map++) {
        as_error error;
        as_source *source = NULL;
        const as_file_params params = {.struct_size = sizeof(params), .map = map};
        const char *path = file_of("grows", 0);
        assert_ok(as_source_open_file(path, &params, &source, &error), &error);
        for (size_t i = 0; i < COUNT(sizes); i++) {
            int fd = open(path_of("grows"), O_WRONLY);
            assert_true(fd >= 0);
            assert_int_equal(pwrite(fd, content, sizes[i], 0), sizes[i]);
            close(fd);
            check_range(source, 0, 50, sizes[i]);
            check_range(source, 90, 50, sizes[i]);
            check_range(source, BLOCK - 10, 30, sizes[i]);
            check_range(source, 10, 3 * BLOCK, sizes[i]);
            check_size(source, sizes[i]);
        }
        as_source_close(&source);
    }
}

static void check_shorter(as_source *source, uint64_t offset, size_t length, const char *text)
{
    as_error error;
    size_t got = 9;
    uint8_t *buffer = malloc(length);
    assert_non_null(buffer);
    assert_fails(as_source_read(source, offset, buffer, length, &got, &error), AS_ERROR_TRANSPORT,
                 &error, "the file got shorter");
    assert_non_null(strstr(error.text, text));
    assert_int_equal(got, 0);
    assert_int_equal(error.offset, offset);
    free(buffer);
}

static void test_file_shrinks(void **state)
{
    (void)state;
    as_error error;
    uint64_t size;
    as_source *source = NULL;
    assert_ok(as_source_open_file(file_of("shrinks", 1000), NULL, &source, &error), &error);
    check_range(source, 0, 10, 1000); /* the block is held from here on */
    test_write_file(path_of("shrinks"), content, FILE_BYTES);
    check_size(source, FILE_BYTES); /* a later size counts as much as the first */
    assert_int_equal(truncate(path_of("shrinks"), 2 * BLOCK + 100), 0);
    check_shorter(source, 2 * BLOCK + 90, 20, "now ends at 262244");
    check_shorter(source, 2 * BLOCK + 101, 20, "now ends at 262244");
    check_shorter(source, 10, 3 * BLOCK, "had 667705 bytes");
    check_shorter(source, 4 * BLOCK, BLOCK, "\"");
    check_shorter(source, 4 * BLOCK, 10, "open it anew");
    check_range(source, 2 * BLOCK + 90, 10, FILE_BYTES); /* what is still there */
    check_range(source, 10, 2 * BLOCK, FILE_BYTES);
    check_range(source, 0, 1000, FILE_BYTES);
    check_range(source, FILE_BYTES, BLOCK, FILE_BYTES);
    assert_fails(as_source_size(source, &size, &error), AS_ERROR_TRANSPORT, &error,
                 "the file got shorter");
    assert_int_equal(size, AS_SIZE_UNKNOWN);
    as_source_close(&source);

    assert_ok(as_source_open_file(file_of("shrinks", 1000), NULL, &source, &error), &error);
    test_write_file(path_of("shrinks"), content, FILE_BYTES);
    check_range(source, FILE_BYTES - 10, 10, FILE_BYTES); /* the growth shows by reading alone */
    assert_int_equal(truncate(path_of("shrinks"), 2000), 0);
    check_shorter(source, 1990, 50, "had 667705 bytes and now ends at 2000");
    as_source_close(&source);
}

static void check_open_fails(const char *path, int system_error, const char *text)
{
    as_error error;
    as_source *source = (as_source *)&error;
    assert_fails(as_source_open_file(path, NULL, &source, &error), AS_ERROR_TRANSPORT, &error,
                 text);
    assert_null(source);
    assert_int_equal(error.system_error, system_error);
    assert_int_equal(error.frame, AS_NO_FRAME);
    assert_int_equal(error.offset, AS_NO_OFFSET);
}

static void test_file_kinds(void **state)
{
    (void)state;
    int fd = free_fd();
    check_open_fails(path_of("missing"), ENOENT, "there is no file \"");
    check_open_fails("", ENOENT, "there is no file \"\"");
    check_open_fails(folder, 0, "is a directory, not a regular file");
    check_open_fails("/dev/null", 0, "\"/dev/null\" is a device, not a regular file");
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    alarm(20); /* without O_NONBLOCK this would wait for a writer for ever */
    check_open_fails(path_of("fifo"), 0, "is a pipe (fifo), not a regular file");
    alarm(0);
    assert_int_equal(symlink("loop", path_of("loop")), 0);
    check_open_fails(path_of("loop"), ELOOP, "check the path");
    char below[600];
    snprintf(below, sizeof(below), "%s/x", file_of("plain", 3));
    check_open_fails(below, ENOTDIR, "/plain/x\" failed: ");

    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/socket", folder);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    check_open_fails(address.sun_path, ENXIO, "is a socket");
    close(listener);

    /* A path that crowds out the sentence is shown from its end, in whole characters. */
    char path[6000] = "";
    for (int i = 0; i < 2500; i++)
        strcat(path, i % 50 ? "\xC3\xA4" : "/b\xC3\xA4");
    check_open_fails(path, ENAMETOOLONG, "opening the file \"...\xC3\xA4");
    path[240] = '\0';
    check_open_fails(path, ENOENT, "\"...\xC3\xA4");
    memcpy(path + 240, "x", 2); /* an odd length: the cut would fall into a character */
    check_open_fails(path, ENOENT, "\"...\xC3\xA4");
    path[238] = '\0';
    check_open_fails(path, ENOENT, "\"/b\xC3\xA4");
    assert_int_equal(free_fd(), fd);
}

/* Runs `body` in a child process and gives its exit status; 0 is good. */
static int in_child(int (*body)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(body());
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

static int refused_with(const as_file_params *params, const char *name, int system_error,
                        const char *text)
{
    as_error error = {0};
    as_source *source = NULL;
    as_result result = as_source_open_file(path_of(name), params, &source, &error);
    if (result == AS_ERROR_TRANSPORT && error.system_error == system_error && !source &&
        strstr(error.text, text))
        return 0;
    fprintf(stderr, "got %d, errno %d: %s\n", (int)result, (int)error.system_error, error.text);
    return 1;
}

static int open_without_permission(void)
{
    if (geteuid() == 0 && seteuid(65534) != 0)
        return 2;
    return refused_with(NULL, "secret", EACCES, "no permission to read the file");
}

static bool lower_limit(int resource, rlim_t most)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0)
        return false;
    limit.rlim_cur = most;
    return setrlimit(resource, &limit) == 0;
}

static int open_without_descriptors(void)
{
    if (!lower_limit(RLIMIT_NOFILE, 0))
        return 2;
    return refused_with(NULL, "secret", EMFILE, "raise the limit on open files");
}

static int map_without_room(void)
{
    const as_file_params params = {.struct_size = sizeof(params), .map = 1};
    if (!lower_limit(RLIMIT_AS, (rlim_t)1 << 30))
        return 2;
    return refused_with(&params, "huge", ENOMEM, "open it without as_file_params.map");
}

static void test_file_refusals(void **state)
{
    (void)state;
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(file_of("secret", 10), 0), 0);
    assert_int_equal(in_child(open_without_permission), 0);
    assert_int_equal(in_child(open_without_descriptors), 0);
    assert_int_equal(truncate(file_of("huge", 1), (off_t)3 << 30), 0);
    assert_int_equal(in_child(map_without_room), 0);

    /* A regular file whose first bytes can never be read. */
    as_error error;
    as_source *source = NULL;
    uint8_t buffer[16];
    size_t got;
    assert_ok(as_source_open_file("/proc/self/mem", NULL, &source, &error), &error);
    assert_fails(as_source_read(source, 8, buffer, 16, &got, &error), AS_ERROR_TRANSPORT, &error,
                 "reading the file \"/proc/self/mem\" failed");
    assert_int_equal(error.system_error, EIO);
    assert_int_equal(error.offset, 8);
    as_source_close(&source);
}

/* -------------------------------------------------------------------------------- opening ---- */

static void test_open_locations(void **state)
{
    (void)state;
    as_error error;
    as_source *source = NULL;
    char url[700];
    (void)file_of("a b?.asvr", 100);
    snprintf(url, sizeof(url), "file://%s/a%%20b%%3f.asvr?x=y/z", folder);
    const as_file_params map = {.struct_size = sizeof(map), .map = 1};
    const as_source_params params = {.struct_size = sizeof(params), .file = &map};
    assert_ok(as_source_open(url, &params, &source, &error), &error);
    assert_string_equal(as_source_name(source), "a%20b%3f.asvr");
    check_range(source, 0, 200, 100);
    as_source_close(&source);
    assert_ok(as_source_open(path_of("a b?.asvr"), NULL, &source, &error), &error);
    assert_string_equal(as_source_name(source), "a b?.asvr");
    check_range(source, 0, 200, 100);
    as_source_close(&source);

    static const struct {
        const char *location;
        as_result result;
        const char *text;
    } rows[] = {
        {"ftp://me:pass@host/x", AS_ERROR_UNSUPPORTED, "the scheme \"ftp\" cannot be read"},
        {"file://elsewhere/x", AS_ERROR_UNSUPPORTED, "\"elsewhere\""},
        {"file:///nowhere%20at/all", AS_ERROR_TRANSPORT, "no file \"/nowhere at/all\""},
        {"C:\\x", AS_ERROR_TRANSPORT, "there is no file \"C:\\x\""},
        {"file:///", AS_ERROR_TRANSPORT, "is a directory"},
    };
    static const char *const without_http[][2] = {
        {"https://me:pass@cdn.example/v/m.asvr?pass",
         "\"m.asvr\" cannot be read by https, because this build of the library has no HTTP"},
        {"HTTP://me:pass@cdn.example", "use a build with HTTP"},
    };
    for (size_t i = 0; !(as_features() & AS_FEATURE_HTTP) && i < COUNT(without_http); i++) {
        assert_fails(as_source_open(without_http[i][0], NULL, &source, &error),
                     AS_ERROR_UNSUPPORTED, &error, without_http[i][1]);
        assert_null(strstr(error.text, "pass"));
        assert_fails(as_source_open_http(without_http[i][0], NULL, &source, &error),
                     AS_ERROR_UNSUPPORTED, &error, without_http[i][1]);
        assert_fails(as_source_open_http("pass", NULL, &source, &error), AS_ERROR_ARGUMENT, &error,
                     "URL");
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        source = (as_source *)&error;
        assert_fails(as_source_open(rows[i].location, NULL, &source, &error), rows[i].result,
                     &error, rows[i].text);
        assert_null(strstr(error.text, "pass"));
        assert_null(source);
    }
}

/* -------------------------------------------------------------------------------- threads ---- */

/* However far the read has come when the cancel arrives, it is cancelled or was done before. */
static void test_cancel_file(void **state)
{
    (void)state;
    const size_t size = (size_t)48 * 1024 * 1024;
    as_error error;
    reader r = {.length = size, .buffer = malloc(size)};
    assert_non_null(r.buffer);
    assert_int_equal(truncate(file_of("large", 1), (off_t)size), 0);
    assert_ok(as_source_open_file(path_of("large"), NULL, &r.source, &error), &error);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_once, &r), 0);
    as_source_cancel(r.source);
    pthread_join(thread, NULL);
    assert_true(r.result == AS_ERROR_CANCELLED || r.result == AS_OK);
    assert_fails(as_source_read(r.source, 0, r.buffer, 1, &r.wrong, &error), AS_ERROR_CANCELLED,
                 &error, "\"large\" was cancelled");
    as_source_close(&r.source);
    free(r.buffer);
}

static void *read_randomly(void *user)
{
    reader *r = user;
    test_random random = test_random_from(r->seed);
    uint8_t *buffer = malloc(2 * BLOCK);
    for (int i = 0; buffer && i < 400; i++) {
        uint64_t offset = (uint64_t)test_random_in(&random, 0, FILE_BYTES + 100);
        int64_t most = i % 8 == 0 ? (int64_t)(2 * BLOCK) : 9000;
        size_t length = (size_t)test_random_in(&random, 1, most), got = 0;
        size_t wanted = offset >= FILE_BYTES ? 0 : FILE_BYTES - (size_t)offset;
        wanted = length < wanted ? length : wanted;
        if (as_source_read(r->source, offset, buffer, length, &got, &r->error) != AS_OK ||
            got != wanted || memcmp(buffer, content + (wanted ? offset : 0), wanted) != 0)
            r->wrong++;
        as_io_unref(as_io_ref(r->source));
    }
    free(buffer);
    return buffer ? r : NULL;
}

static void test_many_threads(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    uint64_t seed = test_seed("many threads");
    const as_file_params mapped = {.struct_size = sizeof(mapped), .map = 1};
    for (int kind = 0; kind < 3; kind++) {
        as_error error;
        as_source *source = NULL;
        const char *path = file_of("threads", FILE_BYTES);
        assert_ok(kind == 0   ? as_source_open_file(path, NULL, &source, &error)
                  : kind == 1 ? as_source_open_file(path, &mapped, &source, &error)
                              : as_source_open_memory(content, FILE_BYTES, NULL, &source, &error),
                  &error);
        pthread_t threads[THREADS];
        reader readers[THREADS];
        for (int i = 0; i < THREADS; i++) {
            readers[i] = (reader){.source = source, .seed = seed + (uint64_t)i};
            assert_int_equal(pthread_create(&threads[i], NULL, read_randomly, &readers[i]), 0);
        }
        for (int i = 0; i < THREADS; i++) {
            void *result;
            assert_int_equal(pthread_join(threads[i], &result), 0);
            assert_non_null(result);
            assert_int_equal(readers[i].wrong, 0);
        }
        as_source_close(&source);
    }
}

/* -------------------------------------------------------------------------- out of memory ---- */

static as_result open_a_file(as_source **out, as_error *error)
{
    return as_source_open_file(path_of("memory"), NULL, out, error);
}

static as_result open_a_map(as_source **out, as_error *error)
{
    const as_file_params params = {.struct_size = sizeof(params), .map = 1};
    return as_source_open_file(path_of("memory"), &params, out, error);
}

static as_result open_a_url(as_source **out, as_error *error)
{
    char url[700];
    snprintf(url, sizeof(url), "file://%s", path_of("memory"));
    return as_source_open(url, NULL, out, error);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    int fd = free_fd();
    (void)file_of("memory", FILE_BYTES);
    check_out_of_memory(open_a_file);
    check_out_of_memory(open_a_map);
    check_out_of_memory(open_a_url);
    assert_int_equal(free_fd(), fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_salt_names),     cmocka_unit_test(test_is_url),
        cmocka_unit_test(test_file_url_paths), cmocka_unit_test(test_file_reads),
        cmocka_unit_test(test_file_blocks),    cmocka_unit_test(test_file_grows),
        cmocka_unit_test(test_file_shrinks),   cmocka_unit_test(test_file_kinds),
        cmocka_unit_test(test_file_refusals),  cmocka_unit_test(test_open_locations),
        cmocka_unit_test(test_cancel_file),    cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("io_file", tests, setup, teardown);
}
