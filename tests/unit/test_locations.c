/* SPDX-License-Identifier: MIT
 *
 * Everything that a caller may name as the place of a container: paths, URLs, and what looks like
 * either. Whatever it is, it opens or fails with a sentence that a terminal can show and that has
 * no secret in it, through every call that takes a location.
 */
#include "tests/unit/io_fixture.h"

#include "tests/support/build_container.h"
#include "tests/support/failing_alloc.h"

#include <stdatomic.h>
#include <sys/stat.h>

#define SECRET "hunter2"
#define LONG ((size_t)1 << 20)

/* --------------------------------------------------------------------------------- checking -- */

/* No control character, not those behind U+0080 either, and not this test's secret. */
static bool is_clean(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F ||
            ((unsigned char)*c == 0xC2 && (unsigned char)c[1] < 0xA0))
            return false;
    return !strstr(text, SECRET);
}

static atomic_int unclean; /* messages, from any thread */

static void hear(void *user, as_log_level level, const char *message)
{
    (void)user, (void)level;
    unclean += !is_clean(message);
}

static void check_text(const char *location, const char *text, const char *part)
{
    if (!is_clean(text))
        fail_msg("%.300s: \"%s\" is not clean", location, text);
    if (!text[0] || !strstr(text, part))
        fail_msg("%.300s: \"%s\" does not say \"%s\"", location, text, part);
}

/* `text` NULL: it opens, and the name in the salt is `part`. */
static void try_source(const char *location, as_result wanted, const char *part)
{
    as_error error = {.text = ""};
    as_source *source = NULL;
    const as_result result = as_source_open(location, NULL, &source, &error);
    if (result != wanted)
        fail_msg("%.300s: %s, %s", location, as_result_text(result), error.text);
    if (result == AS_OK)
        assert_string_equal(as_source_name(source), part);
    else
        check_text(location, error.text, part);
    as_source_close(&source);
}

static void try_stream(const char *location, as_result wanted, const char *part)
{
    as_error error = {.text = ""};
    as_stream *stream = NULL;
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .location = location,
                                     .init_timeout_ms = 3600000,
                                     .threads = 1,
                                     .log = {.fn = hear, .level = AS_LOG_DEBUG}};
    const as_result result = as_stream_open(&params, &stream, &error);
    if (result != wanted)
        fail_msg("%.300s: %s, %s", location, as_result_text(result), error.text);
    if (result != AS_OK)
        check_text(location, error.text, part);
    as_stream_close(&stream);
    assert_int_equal(unclean, 0);
}

static void try_handle(const char *location, bool wanted, const char *part)
{
    AlphaStreamHandle *handle = CV_create();
    assert_non_null(handle);
    const bool good = CV_init(handle, location, 0, 0, 0, NULL, 0, 0, 0, 0, 3600000, 0);
    if (good != wanted)
        fail_msg("%.300s: CV_init gave %d, %s", location, good, CV_get_last_error_text(handle));
    if (!good)
        check_text(location, CV_get_last_error_text(handle), part);
    CV_destroy(handle);
}

static void try_everywhere(const char *location, as_result wanted, const char *part)
{
    try_source(location, wanted, part);
    try_stream(location, wanted, part);
    try_handle(location, wanted == AS_OK, part);
}

/* ------------------------------------------------------------------------------------ tests -- */

static void test_what_cannot_be_opened(void **state)
{
    (void)state;
    static const struct {
        const char *location;
        as_result result;
        const char *part;
    } rows[] = {
        /* Paths that are none, or lead nowhere. */
        {".", AS_ERROR_TRANSPORT, "is a directory"},
        {"..", AS_ERROR_TRANSPORT, "is a directory"},
        {"/", AS_ERROR_TRANSPORT, "is a directory"},
        {" ", AS_ERROR_TRANSPORT, "there is no file \" \""},
        {"no/such", AS_ERROR_TRANSPORT, "there is no file"},
        {"~/people.asvp", AS_ERROR_TRANSPORT, "there is no file \"~/people.asvp\""},
        {"%2e%2e", AS_ERROR_TRANSPORT, "there is no file \"%2e%2e\""},
        {"%s%n%n%n%n", AS_ERROR_TRANSPORT, "there is no file \"%s%n%n%n%n\""},
        {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", AS_ERROR_TRANSPORT,
         "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        {"Latin-1 \xE4", AS_ERROR_TRANSPORT, "\"Latin-1 ?\""},
        {"a\nb\r\x1B[31mc\x7F", AS_ERROR_TRANSPORT, "\"a?b??[31mc?\""},
        {"\xC2\x9B"
         "31m",
         AS_ERROR_TRANSPORT, "\"??31m\""},
        {"\\\\server\\share\\x", AS_ERROR_TRANSPORT, "there is no file"},
        {"//server/share", AS_ERROR_TRANSPORT, "there is no file"},
        /* file URLs. */
        {"file:", AS_ERROR_ARGUMENT, "has no absolute path"},
        {"file:people.asvp", AS_ERROR_ARGUMENT, "has no absolute path"},
        {"file:./people.asvp", AS_ERROR_ARGUMENT, "has no absolute path"},
        {"file:?" SECRET, AS_ERROR_ARGUMENT, "has no absolute path"},
        {"file:///", AS_ERROR_TRANSPORT, "is a directory"},
        {"file:///%00", AS_ERROR_ARGUMENT, "other than 00"},
        {"file:///a%00b?" SECRET, AS_ERROR_ARGUMENT, "other than 00"},
        {"file:///a%", AS_ERROR_ARGUMENT, "two hexadecimal digits"},
        {"file:///a%zz#" SECRET, AS_ERROR_ARGUMENT, "two hexadecimal digits"},
        {"file:///no%0Asuch%1B", AS_ERROR_TRANSPORT, "\"/no?such?\""},
        {"file:///no%2Fsuch%2E%2e", AS_ERROR_TRANSPORT, "\"/no/such..\""},
        {"file:///no%C2%9Bsuch", AS_ERROR_TRANSPORT, "\"/no??such\""},
        {"file:///no?" SECRET "#" SECRET, AS_ERROR_TRANSPORT, "there is no file \"/no\""},
        {"file://server/share", AS_ERROR_UNSUPPORTED, "the host \"server\""},
        {"file://127.0.0.1/x", AS_ERROR_UNSUPPORTED, "the host \"127.0.0.1\""},
        {"file://localhost", AS_ERROR_ARGUMENT, "has no absolute path"},
        {"file://localhost:80/x", AS_ERROR_UNSUPPORTED, "the host \"localhost:80\""},
        {"file://me:" SECRET "@host/x", AS_ERROR_UNSUPPORTED, "the host \"host\""},
        {"file://" SECRET "@me@host/x", AS_ERROR_UNSUPPORTED, "the host \"host\""},
        {"file://me:" SECRET "@", AS_ERROR_UNSUPPORTED, "the host \"\""},
        {"file://a\nb/x", AS_ERROR_UNSUPPORTED, "the host \"a?b\""},
        /* Other schemes, and what only looks like a URL. */
        {"ftp://me:" SECRET "@host/x", AS_ERROR_UNSUPPORTED, "the scheme \"ftp\""},
        {"data://" SECRET, AS_ERROR_UNSUPPORTED, "the scheme \"data\""},
        {"gopher://h/" SECRET, AS_ERROR_UNSUPPORTED, "the scheme \"gopher\""},
        {"://me:" SECRET "@host", AS_ERROR_TRANSPORT, "there is no file \"://...\""},
        {" https://me:" SECRET "@host/x?" SECRET, AS_ERROR_TRANSPORT, "\" https://...\""},
        {"\"https://me:" SECRET "@host/x\"", AS_ERROR_TRANSPORT, "https://..."},
        {"http:/me:" SECRET "@host/x", AS_ERROR_TRANSPORT, "\"http:...\""},
        {" https:/me:" SECRET "@host/x", AS_ERROR_TRANSPORT, "\" https:...\""},
        {"\t<HTTP:me:" SECRET "@host/x>", AS_ERROR_TRANSPORT, "\"?<HTTP:...\""},
        {"https:me:" SECRET "@host/x", AS_ERROR_TRANSPORT, "\"https:...\""},
#if TEST_FEATURES & 1 /* HTTP */
        {"http://", AS_ERROR_ARGUMENT, "the URL"},
        {"https:///x?" SECRET, AS_ERROR_ARGUMENT, "the URL"},
        {"https://?" SECRET, AS_ERROR_ARGUMENT, "the URL"},
        {"https://me:" SECRET "@", AS_ERROR_ARGUMENT, "the URL"},
        {"https://me:" SECRET "@host:99999/x", AS_ERROR_ARGUMENT, "the URL"},
        {"https://host/a\nb?" SECRET, AS_ERROR_ARGUMENT, "the URL"},
        {"https://host/\x1B[31m" SECRET, AS_ERROR_ARGUMENT, "the URL"},
        {"https://ho st/" SECRET, AS_ERROR_ARGUMENT, "the URL"},
        {"https://[::1/" SECRET, AS_ERROR_ARGUMENT, "the URL"},
        {"https://host%00/" SECRET, AS_ERROR_ARGUMENT, "the URL"},
#endif
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        try_everywhere(rows[i].location, rows[i].result, rows[i].part);
    try_source("", AS_ERROR_TRANSPORT, "there is no file \"\"");
    try_stream("", AS_ERROR_ARGUMENT, "location is empty");
    try_handle("", false, "empty");
    try_source(NULL, AS_ERROR_ARGUMENT, "location");
    try_handle(NULL, false, "nothing to open");
}

/* All the ways to say one file; every name is that of docs/format.md. */
static void test_what_opens(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after; /* of the folder */
        const char *name;
    } rows[] = {
        {"", "/a%20b c.asvp", "a%20b c.asvp"},
        {"", "/./a%20b c.asvp", "a%20b c.asvp"},
        {"", "//a%20b c.asvp", "a%20b c.asvp"},
        {"file://", "/a%2520b%20c.asvp", "a%2520b%20c.asvp"},
        {"file://localhost", "/a%2520b c.asvp", "a%2520b c.asvp"},
        {"FILE://LocalHost", "/%61%2520b%20c.asvp", "%61%2520b%20c.asvp"},
        {"file:", "/a%2520b%20c.asvp?x=%00/y#z", "a%2520b%20c.asvp"},
        {"", "/\n\x1B\xE4.asvp", "\n\x1B\xE4.asvp"},
        {"file://", "/%0a%1b%e4.asvp", "%0a%1b%e4.asvp"},
    };
    char location[800];
    test_bytes frames = test_three_frames(NULL);
    test_write_file(path_of("a%20b c.asvp"), frames.data, frames.size);
    test_write_file(path_of("\n\x1B\xE4.asvp"), frames.data, frames.size);
    test_bytes_free(&frames);
    for (size_t i = 0; i < COUNT(rows); i++) {
        snprintf(location, sizeof(location), "%s%s%s", rows[i].before, folder, rows[i].after);
        try_everywhere(location, AS_OK, rows[i].name);
    }
    /* Relative ones. */
    char before[512];
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(folder), 0);
    try_everywhere("a%20b c.asvp", AS_OK, "a%20b c.asvp");
    try_everywhere("./x/../a%20b c.asvp", AS_ERROR_TRANSPORT, "there is no file");
    assert_int_equal(mkdir("x", 0700), 0);
    try_everywhere("./x/../a%20b c.asvp", AS_OK, "a%20b c.asvp");
    assert_int_equal(rmdir("x"), 0);
    assert_int_equal(chdir(before), 0);
}

/* 1 MiB, of which nothing may be copied onto a stack or take more than a few copies. */
static void test_very_long_ones(void **state)
{
    (void)state;
    static const struct {
        const char *start, *fill;
        as_result result;
        const char *part;
    } rows[] = {
        {"", "a", AS_ERROR_TRANSPORT, "opening the file \"...aaa"},
        {"/", "b/", AS_ERROR_TRANSPORT, "opening the file \"...b/b"},
        {"", "../", AS_ERROR_TRANSPORT, "opening the file \"..."},
        {"", "\n", AS_ERROR_TRANSPORT, "opening the file \"...?"},
        {"file:///", "%41", AS_ERROR_TRANSPORT, "opening the file \"...AAA"},
        {"file:///", "%00", AS_ERROR_ARGUMENT, "other than 00"},
        {"file:///", "%4", AS_ERROR_ARGUMENT, "two hexadecimal digits"},
        {"file://", "h", AS_ERROR_UNSUPPORTED, "the host \"...hhh"},
        {"file:", "x", AS_ERROR_ARGUMENT, "has no absolute path"},
        {"", "scheme", AS_ERROR_TRANSPORT, "opening the file \"..."},
        {"x" SECRET "://", SECRET, AS_ERROR_UNSUPPORTED, "the scheme"},
#if TEST_FEATURES & 1 /* HTTP */
        {"https://host/", "c", AS_ERROR_ARGUMENT, "8191 can be asked for"},
        {"https://me:" SECRET "@", SECRET, AS_ERROR_ARGUMENT, "8191 can be asked for"},
#endif
    };
    char *location = malloc(LONG + 1);
    assert_non_null(location);
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t n = strlen(rows[i].start);
        const size_t step = strlen(rows[i].fill);
        memcpy(location, rows[i].start, n);
        for (; n + step <= LONG; n += step)
            memcpy(location + n, rows[i].fill, step);
        location[n] = '\0';
        as_error error = {.text = ""};
        as_source *source = NULL;
        test_alloc_fail_at(UINT64_MAX);
        assert_int_equal(as_source_open(location, NULL, &source, &error), rows[i].result);
        assert_true(test_alloc_peak() < 3 * LONG);
        test_alloc_restore();
        assert_null(source);
        if (rows[i].start[0] != 'x')
            try_everywhere(location, rows[i].result, rows[i].part);
    }
    free(location);
}

/* What goes with a location has to be as harmless. */
static void test_names_beside(void **state)
{
    (void)state;
    as_error error;
    as_source *source = NULL;
    as_container *container = NULL;
    as_writer *writer = NULL;
    size_t size;
    uint8_t *bytes = test_read_file("tests/data/closeup.asvr", &size);
    const as_memory_params named = {.struct_size = sizeof(named), .name = "a\n\x1B[31m\xE4"};
    as_key_params key = {.struct_size = sizeof(key),
                         .passphrase = SECRET "\0" SECRET,
                         .passphrase_size = sizeof(SECRET) * 2 - 1,
                         .version = "1\n2"};
    const as_container_params params = {.struct_size = sizeof(params), .key = &key};
    assert_ok(as_source_open_memory(bytes, size, &named, &source, &error), &error);
    assert_fails(as_container_open(source, &params, &container, &error), AS_ERROR_DECODE, &error,
                 "looks encrypted");
    check_text("a name", error.text, "(\"a??[31m?\")");
    check_text("a version", error.text, "\"1?2\"");
    as_source_close(&source);
    free(bytes);

    key = (as_key_params){.struct_size = sizeof(key), .passphrase_file = "no\nsuch\x1B"};
    const as_writer_params encrypted = {
        .struct_size = sizeof(encrypted), .format = AS_FORMAT_ASVR, .key = &key};
    assert_fails(as_writer_create(path_of("w.asvr"), &encrypted, &writer, &error), AS_ERROR_DECODE,
                 &error, "\"no?such?\"");
    check_text("a passphrase's file", error.text, "passphrase_file");
    assert_fails(as_writer_create("no\nsuch/x.asvp", NULL, &writer, &error), AS_ERROR_TRANSPORT,
                 &error, "no?such");
    check_text("a writer", error.text, "no?such/x.asvp");
}

/* A writer's place is a path; who gives a URL is told so without its password. */
static void test_url_as_an_output(void **state)
{
    (void)state;
    static const struct {
        const char *path, *part;
    } rows[] = {
        {"https://me:" SECRET "@host/x", "\"https://...\""},
        {"ftp://me:" SECRET "@host/x/", "\"ftp://...\""},
        {" http:/me:" SECRET "@host/x", "\" http:...\""},
        {"'https:me:" SECRET "@host/x'", "\"'https:...\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        as_error error = {.text = ""};
        as_writer *writer = NULL;
        assert_int_equal(as_writer_create(rows[i].path, NULL, &writer, &error), AS_ERROR_TRANSPORT);
        check_text(rows[i].path, error.text, rows[i].part);
        assert_null(writer);
    }
}

/* A passphrase is bytes and their number: what follows a NUL counts. */
static void test_nul_in_a_passphrase(void **state)
{
    (void)state;
    as_error error;
    as_source *source = NULL;
    as_writer *writer;
    as_container *container = NULL;
    as_key_params key = {
        .struct_size = sizeof(key), .passphrase = "one\0two", .passphrase_size = 7};
    const as_writer_params written = {.struct_size = sizeof(written), .key = &key};
    const as_container_params params = {.struct_size = sizeof(params), .key = &key};
    test_bytes payload = test_small_payload(1);
    assert_ok(as_writer_create(path_of("nul.asvr"), &written, &writer, &error), &error);
    assert_ok(as_writer_add_payload(writer, payload.data, payload.size, &error), &error);
    assert_ok(as_writer_finish(&writer, &error), &error);
    test_bytes_free(&payload);
    assert_ok(as_source_open_file(path_of("nul.asvr"), NULL, &source, &error), &error);
    assert_ok(as_container_open(source, &params, &container, &error), &error);
    as_container_close(&container);
    key.passphrase = "one\0TWO";
    assert_fails(as_container_open(source, &params, &container, &error), AS_ERROR_DECODE, &error,
                 "wrong passphrase");
    assert_null(strstr(error.text, "one"));
    key.passphrase_size = 3;
    assert_fails(as_container_open(source, &params, &container, &error), AS_ERROR_DECODE, &error,
                 "wrong passphrase");
    as_source_close(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_opened), cmocka_unit_test(test_what_opens),
        cmocka_unit_test(test_very_long_ones),        cmocka_unit_test(test_names_beside),
        cmocka_unit_test(test_url_as_an_output),      cmocka_unit_test(test_nul_in_a_passphrase),
    };
    return cmocka_run_group_tests_name("locations", tests, setup, teardown);
}
