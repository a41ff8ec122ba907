/* SPDX-License-Identifier: MIT
 *
 * core/io/http_head: header lines and dates, sane and insane.
 */
#include "core/io/http_head.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <stdbool.h>

static const int64_t NOW = 1700000000; /* Tue, 14 Nov 2023 22:13:20 GMT */

static bool add(as_http_head *head, const char *line)
{
    return as_http_head_line(head, line, strlen(line), NOW);
}

/* The head of a 206 with these lines ("\n" between them), and the empty one. */
static as_http_head head_of(const char *lines)
{
    as_http_head head = {0};
    assert_true(add(&head, "HTTP/1.1 206 Partial Content\r\n"));
    while (*lines) {
        const size_t length = strcspn(lines, "\n");
        assert_true(as_http_head_line(&head, lines, length, NOW));
        lines += length + (lines[length] == '\n');
    }
    assert_false(head.complete);
    assert_true(add(&head, "\r\n"));
    assert_true(head.complete);
    return head;
}

static void test_status_line(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        uint32_t status;
    } lines[] = {
        {"HTTP/1.1 206 Partial Content\r\n", 206},
        {"HTTP/1.0 200 OK\n", 200},
        {"HTTP/2 416", 416},
        {"HTTP/2 503 \r\n", 503},
        {"HTTP/1.1  404   Not here", 404},
        {"HTTP/1.1 999", 999},
        {"HTTP/1.1", 0},
        {"HTTP/1.1 ", 0},
        {"HTTP/1.1 2x6", 0},
        {"HTTP/1.1 206x", 0},
        {"HTTP/1.1 99", 0},
        {"HTTP/1.1 1000", 0},
        {"HTTP/1.1 -206", 0},
        {"HTTP/1.1 99999999999999999999999", 0},
        {"HTTP/", 0},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        as_http_head head = {.status = 7};
        assert_true(add(&head, lines[i].line));
        assert_int_equal(head.status, lines[i].status);
        assert_true(head.total == AS_SIZE_UNKNOWN);
        assert_int_equal(head.bytes, strlen(lines[i].line));
    }
}

static void test_all_fields(void **state)
{
    (void)state;
    const as_http_head head = head_of("Date: Tue, 14 Nov 2023 22:13:20 GMT\n"
                                      "Content-Range: bytes 65536-131071/1000000\n"
                                      "Content-Length: 65536\n"
                                      "ETag: \"abc-1\"\n"
                                      "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\n"
                                      "Retry-After: 7\n"
                                      "Content-Type: application/octet-stream\n"
                                      "Content-Encoding: identity\n"
                                      "X-Odd\n"
                                      ": odd\n"
                                      ":\n");
    assert_int_equal(head.status, 206);
    assert_true(head.has_range && head.has_length && head.has_retry_after);
    assert_false(head.bad_range || head.bad_length || head.encoded || head.multipart || head.weak);
    assert_int_equal(head.range_first, 65536);
    assert_int_equal(head.range_last, 131071);
    assert_int_equal(head.total, 1000000);
    assert_int_equal(head.length, 65536);
    assert_string_equal(head.tag, "\"abc-1\"");
    assert_string_equal(head.modified, "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_int_equal(head.retry_after_ms, 7000);
}

static void test_names_in_any_case_and_blanks(void **state)
{
    (void)state;
    const as_http_head head = head_of("cOnTeNt-RaNgE:BYTES  0-9/100 \t\r\n"
                                      "CONTENT-LENGTH \t:\t 10\r\n"
                                      "etag:  W/\"x\"  \n"
                                      "content-encoding: , Identity ,\n"
                                      "Content-Type: Multipart/ByteRanges; boundary=X\n");
    assert_true(head.has_range && head.has_length && head.weak && head.multipart);
    assert_false(head.encoded);
    assert_int_equal(head.range_last, 9);
    assert_int_equal(head.length, 10);
    assert_string_equal(head.tag, "\"x\"");
    /* Names that only begin or end alike are others. */
    const as_http_head other = head_of("Content-Ranges: bytes 0-9/100\n"
                                       "X-Content-Length: 10\n"
                                       "Content: 5\n"
                                       "ETa: \"x\"\n");
    assert_false(other.has_range || other.bad_range || other.has_length || other.tag[0]);
}

static void test_folded_lines(void **state)
{
    (void)state;
    as_http_head head = head_of("Content-Range:\n"
                                " bytes\n"
                                "\t0-9/100\n"
                                " \n"
                                "X-Other: a\n"
                                " Content-Length: 5\n"
                                "ETag: \"a\"\n"
                                " b\n");
    assert_true(head.has_range);
    assert_int_equal(head.total, 100);
    assert_false(head.has_length);
    assert_string_equal(head.tag, ""); /* no tag goes on after its quotes */
    /* Nothing there to go on with. */
    memset(&head, 0, sizeof(head));
    assert_true(add(&head, " Content-Length: 5"));
    assert_true(add(&head, "HTTP/1.1 200 OK"));
    assert_true(add(&head, " Content-Length: 5"));
    assert_true(add(&head, ""));
    assert_true(head.complete);
    assert_false(head.has_length);
}

static void test_ranges(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "bytes",
        "bytes ",
        "bytes 0-9",
        "0-9/100",
        "bytes0-9/100",
        "bytes=0-9/100",
        "items 0-9/100",
        "bytes 9-8/100",
        "bytes 0-100/100",
        "bytes 0-9/",
        "bytes 0-9/x",
        "bytes -9/100",
        "bytes 0-/100",
        "bytes 0 - 9/100",
        "bytes 0-9/100 x",
        "bytes 0-9/100, bytes 0-9/100",
        "bytes */*",
        "bytes */",
        "bytes */1x",
        "bytes 0-0/0",
        "bytes +0-9/100",
        "bytes 0x0-9/100",
        "bytes 0-9/-1",
        "bytes 0-9223372036854775808/*",
        "bytes 0-9/9223372036854775808",
        "bytes 18446744073709551616-18446744073709551617/*",
        "bytes 0-9/99999999999999999999999999999999999999",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char line[200];
        snprintf(line, sizeof(line), "Content-Range: %s", bad[i]);
        const as_http_head head = head_of(line);
        if (!head.bad_range || head.has_range || head.total != AS_SIZE_UNKNOWN)
            fail_msg("\"%s\" is taken", bad[i]);
    }
    as_http_head head = head_of("Content-Range: bytes 5-5/*");
    assert_true(head.has_range && head.total == AS_SIZE_UNKNOWN && !head.bad_range);
    head = head_of("Content-Range: bytes */1234");
    assert_true(!head.has_range && head.total == 1234 && !head.bad_range);
    head = head_of("Content-Range: bytes */0");
    assert_true(!head.has_range && head.total == 0 && !head.bad_range);
    head = head_of("Content-Range: bytes 0-9223372036854775806/9223372036854775807");
    assert_true(head.has_range && head.total == INT64_MAX && !head.bad_range);
}

static void test_duplicates(void **state)
{
    (void)state;
    as_http_head head = head_of("Content-Range: bytes 0-9/100\nContent-Range: bytes 00-9/100\n"
                                "Content-Length: 10\nContent-Length: 10\n");
    assert_true(head.has_range && !head.bad_range && head.has_length && !head.bad_length);
    static const char *const differing[] = {
        "Content-Range: bytes 0-9/100\nContent-Range: bytes 0-9/101",
        "Content-Range: bytes 0-9/100\nContent-Range: bytes 0-9/*",
        "Content-Range: bytes 0-9/*\nContent-Range: bytes 0-9/100",
        "Content-Range: bytes 0-9/100\nContent-Range: bytes 0-8/100",
        "Content-Range: bytes 1-9/100\nContent-Range: bytes 0-9/100",
        "Content-Range: bytes */100\nContent-Range: bytes 0-0/100",
        "Content-Range: bytes 0-9/100\nContent-Range: bytes 0-9/100\nContent-Range: nonsense",
    };
    for (size_t i = 0; i < sizeof(differing) / sizeof(differing[0]); i++)
        assert_true(head_of(differing[i]).bad_range);
    head = head_of("Content-Length: 10\nContent-Length: 11\nContent-Length: 10");
    assert_true(head.bad_length);
    head = head_of("Content-Encoding: gzip\nContent-Encoding: identity");
    assert_true(head.encoded);
}

static void test_lengths(void **state)
{
    (void)state;
    static const char *const absent[] = {"",
                                         "-1",
                                         "+1",
                                         "1.0",
                                         "0x10",
                                         "1 1",
                                         "1,1",
                                         "1k",
                                         "9223372036854775808",
                                         "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        char line[100];
        snprintf(line, sizeof(line), "Content-Length: %s", absent[i]);
        assert_false(head_of(line).has_length);
    }
    const as_http_head head = head_of("Content-Length: 9223372036854775807");
    assert_true(head.has_length && head.length == INT64_MAX);
}

static void test_encodings(void **state)
{
    (void)state;
    assert_true(head_of("Content-Encoding: gzip").encoded);
    assert_true(head_of("Content-Encoding: identity, br").encoded);
    assert_true(head_of("Content-Encoding: identity2").encoded);
    assert_true(head_of("Content-Encoding: x").encoded);
    assert_false(head_of("Content-Encoding:").encoded);
    assert_false(head_of("Content-Encoding: identity,identity").encoded);
    assert_false(head_of("Content-Type: multipart/mixed").multipart);
}

static void test_tags(void **state)
{
    (void)state;
    static const char *const none[] = {"",        "\"",        "abc",      "\"abc",
                                       "abc\"",   "W/",        "W/abc",    "\"a\"b\"",
                                       "\"a b\"", "\"a\x7F\"", "\"a\x01\""};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        char line[100];
        snprintf(line, sizeof(line), "ETag: %s", none[i]);
        const as_http_head head = head_of(line);
        assert_string_equal(head.tag, "");
        assert_false(head.weak);
    }
    as_http_head head = head_of("ETag: \"\"");
    assert_string_equal(head.tag, "\"\"");
    head = head_of("ETag: w/\"\xC3\xA4\"");
    assert_string_equal(head.tag, "\"\xC3\xA4\"");
    assert_true(head.weak);
    head = head_of("ETag: W/\"a\"\nETag: \"b\"");
    assert_string_equal(head.tag, "\"b\"");
    assert_false(head.weak);

    char line[600] = "ETag: \"";
    for (size_t length = AS_HTTP_TAG - 1; length <= AS_HTTP_TAG; length++) {
        memset(line + 7, 'x', length - 2);
        line[7 + length - 2] = '"';
        line[7 + length - 1] = '\0';
        head = head_of(line);
        assert_int_equal(strlen(head.tag), length < AS_HTTP_TAG ? length : 0);
    }
}

static void test_modified(void **state)
{
    (void)state;
    as_http_head head = head_of("Last-Modified: whatever it says");
    assert_string_equal(head.modified, "whatever it says");
    head = head_of("Last-Modified: a\nLast-Modified: a\x80");
    assert_string_equal(head.modified, "");
    char line[100] = "Last-Modified: ";
    memset(line + 15, 'x', 64);
    head = head_of(line);
    assert_string_equal(head.modified, "");
    line[15 + 63] = '\0';
    head = head_of(line);
    assert_int_equal(strlen(head.modified), 63);
}

static void test_retry_after(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool has;
        uint64_t ms;
    } cases[] = {
        {"0", true, 0},
        {"2", true, 2000},
        {"3600", true, 3600000},
        {"00120", true, 120000},
        {"99999999999999999999999999999", true, UINT64_C(2147483647000)},
        {"Tue, 14 Nov 2023 22:13:50 GMT", true, 30000},
        {"Tuesday, 14-Nov-23 22:14:20 GMT", true, 60000},
        {"Tue Nov 14 23:13:20 2023", true, 3600000},
        {"Tue, 14 Nov 2023 22:13:19 GMT", true, 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", true, 0},
        {"Fri, 31 Dec 9999 23:59:59 GMT", true, UINT64_C(2147483647000)},
        {"", false, 0},
        {"-1", false, 0},
        {"1.5", false, 0},
        {"2 s", false, 0},
        {"soon", false, 0},
        {"Tue, 14 Nov 2023 22:13:50", false, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char line[100];
        snprintf(line, sizeof(line), "Retry-After: %s", cases[i].value);
        const as_http_head head = head_of(line);
        assert_int_equal(head.has_retry_after, cases[i].has);
        assert_int_equal(head.retry_after_ms, cases[i].ms);
    }
    /* A clock that was never set. */
    static const int64_t clocks[] = {0, -1, INT64_MIN};
    for (size_t i = 0; i < 3; i++) {
        as_http_head head = {0};
        const char *line = "Retry-After: Thu, 01 Jan 1970 00:00:09 GMT";
        assert_true(as_http_head_line(&head, "HTTP/1.1 503", 12, clocks[i]));
        assert_true(as_http_head_line(&head, line, strlen(line), clocks[i]));
        assert_true(as_http_head_line(&head, "", 0, clocks[i]));
        assert_int_equal(head.retry_after_ms, 9000);
    }
}

static int64_t date(const char *text, int64_t now)
{
    int64_t seconds = 0;
    return as_http_date(text, strlen(text), now, &seconds) ? seconds : INT64_MIN;
}

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } dates[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
        {"Tue, 29 Feb 2000 12:00:00 GMT", 951825600},
        {"Wed, 01 Mar 2000 00:00:00 GMT", 951868800},
        {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
        {"Mon, 01 Mar 2100 00:00:00 GMT", 4107542400},
        {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
        {"Tue Feb 28 23:59:59 2023", 1677628799},
    };
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
        assert_int_equal(date(dates[i].text, NOW), dates[i].seconds);
    static const char *const none[] = {
        "",
        " ",
        "GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37 GMT GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Wed, 29 Feb 2023 08:49:37 GMT",
        "Thu, 29 Feb 2100 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 06 Nov 199 08:49:37 GMT",
        "Sun, 06 Nov 19944 08:49:37 GMT",
        "Sun, 006 Nov 1994 08:49:37 GMT",
        "Sun, x6 Nov 1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 94",
        "Sun, 06 Nov 1994 08-49-37 GMT",
        "Sun, 06 Nov 1994 08:49:3x GMT",
        "1994-11-06T08:49:37Z",
        "a b c d e f g h i j k l m n o p",
    };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        if (date(none[i], NOW) != INT64_MIN)
            fail_msg("\"%s\" is taken for a date", none[i]);
}

/* Years of two digits lie at most 50 years ahead of the clock. */
static void test_short_years(void **state)
{
    (void)state;
    static const struct {
        const char *year;
        int64_t now_year, meant;
    } cases[] = {{"94", 2023, 1994}, {"23", 2023, 2023}, {"73", 2023, 2073}, {"74", 2023, 1974},
                 {"00", 1999, 1900}, {"99", 1970, 1999}, {"01", 2050, 2001}, {"60", 2110, 2160}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[64], whole[64];
        snprintf(text, sizeof(text), "Friday, 02-Jan-%s 00:00:00 GMT", cases[i].year);
        snprintf(whole, sizeof(whole), "Fri, 02 Jan %04d 00:00:00 GMT", (int)cases[i].meant);
        const int64_t now = (cases[i].now_year - 1970) * 31556952 + 15778476;
        assert_int_equal(date(text, now), date(whole, now));
    }
    for (int year = 0; year < 100; year++) {
        char text[64];
        snprintf(text, sizeof(text), "Friday, 31-Dec-%02d 23:59:59 GMT", year);
        assert_true(date(text, INT64_MAX) > 0);
        assert_in_range(date(text, INT64_MIN) + 2 * 31556952LL * 50, 0, 200 * 31556952LL);
    }
}

/* Redirects and interim responses leave nothing behind but their bytes. */
static void test_next_head(void **state)
{
    (void)state;
    as_http_head head = head_of("Content-Range: bytes 0-9/100\nETag: W/\"a\"\nRetry-After: 3\n"
                                "Content-Encoding: gzip\nContent-Length: 1\nContent-Length: 2\n"
                                "Content-Type: multipart/byteranges\nLast-Modified: x\n");
    const size_t before = head.bytes;
    assert_true(add(&head, "HTTP/1.1 200 OK\r\n"));
    assert_int_equal(head.status, 200);
    assert_int_equal(head.bytes, before + 17);
    assert_false(head.complete || head.has_range || head.has_length || head.has_retry_after);
    assert_false(head.bad_range || head.bad_length || head.encoded || head.multipart || head.weak);
    assert_true(head.total == AS_SIZE_UNKNOWN);
    assert_int_equal(head.retry_after_ms, 0);
    assert_string_equal(head.tag, "");
    assert_string_equal(head.modified, "");
    /* A field that was not ended does not reach the next head. */
    assert_true(add(&head, "Content-Length: 5"));
    assert_true(add(&head, "HTTP/1.1 200 OK\r\n"));
    assert_true(add(&head, "\r\n"));
    assert_false(head.has_length);
    /* What follows the empty line (a chunked body's trailer) says nothing. */
    assert_true(add(&head, "Content-Range: bytes 0-9/100\r\n"));
    assert_true(add(&head, "\r\n"));
    assert_true(head.complete);
    assert_false(head.has_range || head.bad_range);
}

static void test_too_much(void **state)
{
    (void)state;
    static char line[AS_HTTP_HEAD_BYTES + 1];
    memset(line, 'a', sizeof(line));
    as_http_head head = {0};
    assert_true(as_http_head_line(&head, line, AS_HTTP_HEAD_BYTES, NOW));
    assert_true(as_http_head_line(&head, "", 0, NOW));
    assert_false(as_http_head_line(&head, "\n", 1, NOW));
    memset(&head, 0, sizeof(head));
    assert_false(as_http_head_line(&head, line, AS_HTTP_HEAD_BYTES + 1, NOW));
    assert_false(as_http_head_line(&head, "\n", 1, NOW)); /* it stays given up */
    memset(&head, 0, sizeof(head));
    assert_false(as_http_head_line(&head, line, SIZE_MAX, NOW));
    /* Redirects count too. */
    memset(&head, 0, sizeof(head));
    int heads = 0;
    while (add(&head, "HTTP/1.1 302 Found\r\n") && add(&head, "Location: /\r\n") &&
           add(&head, "\r\n"))
        heads++;
    assert_int_equal(heads, AS_HTTP_HEAD_BYTES / 35);
}

/* Counted with the head, and not read: it may look like another one. */
static void test_trailer(void **state)
{
    (void)state;
    as_http_head head = {0};
    assert_true(add(&head, "HTTP/1.1 206 x\r\n") && add(&head, "\r\n"));
    const size_t left = AS_HTTP_HEAD_BYTES - head.bytes;
    assert_true(as_http_trailer_line(&head, left - 1));
    assert_true(as_http_trailer_line(&head, 1));
    assert_true(head.complete && head.status == 206);
    assert_false(as_http_trailer_line(&head, 1));
    memset(&head, 0, sizeof(head));
    assert_false(as_http_trailer_line(&head, SIZE_MAX));
    assert_false(as_http_trailer_line(&head, 1)); /* it stays given up */
}

/* A field longer than there is room for is nonsense, but what its start says against the response
 * counts. */
static void test_long_fields(void **state)
{
    (void)state;
    static char line[60000];
    static const char *const starts[] = {"Content-Range: bytes 0-9/1000",
                                         "Content-Length: 10",
                                         "ETag: \"a\"",
                                         "Last-Modified: x",
                                         "Retry-After: 1",
                                         "Content-Encoding: gzip",
                                         "Content-Type: multipart/byteranges"};
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        const size_t length = strlen(starts[i]);
        memset(line, ' ', sizeof(line));
        memcpy(line, starts[i], length);
        memcpy(line + sizeof(line) - 5, "0\n 0", 5); /* and goes on in the next */
        const as_http_head head = head_of(line);
        assert_false(head.has_range || head.has_length || head.tag[0] || head.modified[0] ||
                     head.has_retry_after);
        assert_int_equal(head.bad_range, i == 0);
        assert_int_equal(head.encoded, i == 5);
        assert_int_equal(head.multipart, i == 6);
    }
}

static void test_nul_bytes(void **state)
{
    (void)state;
    static const char lines[] = "Content-Range: bytes 0-9/100\0\n"
                                "Content-Length: 1\0000\n"
                                "ETag: \"a\0b\"\n"
                                "Last-Modified: a\0b\n"
                                "Content-Length\0: 5\n"
                                "\0\n";
    as_http_head head = {0};
    assert_true(add(&head, "HTTP/1.1 206\r\n"));
    for (const char *at = lines; at < lines + sizeof(lines) - 1;) {
        const char *end = memchr(at, '\n', (size_t)(lines + sizeof(lines) - at));
        assert_true(as_http_head_line(&head, at, (size_t)(end + 1 - at), NOW));
        at = end + 1;
    }
    assert_true(add(&head, "\r\n"));
    assert_true(head.complete && head.bad_range);
    assert_false(head.has_length || head.tag[0] || head.modified[0]);
}

/* Bytes at random, many of them of the kind that headers are made of. */
static void test_random_lines(void **state)
{
    (void)state;
    static const char *const pieces[] = {"HTTP/1.1 ",
                                         "206",
                                         "\r\n",
                                         "\n",
                                         "Content-Range",
                                         ":",
                                         " ",
                                         "bytes",
                                         "0-9",
                                         "/",
                                         "*",
                                         "-",
                                         "Content-Length",
                                         "999999999999999999",
                                         "ETag",
                                         "W/",
                                         "\"",
                                         "Last-Modified",
                                         "Retry-After",
                                         "Sun, 06 Nov 1994 08:49:37 GMT",
                                         "Nov",
                                         "Content-Encoding",
                                         "gzip",
                                         ",",
                                         "\t",
                                         "Content-Type: multipart/byteranges"};
    test_random random = test_random_from(test_seed("http_head"));
    as_http_head head = {0};
    for (int i = 0; i < 100000; i++) {
        char line[1200];
        size_t length = 0;
        for (int64_t n = test_random_in(&random, 0, 12); n > 0; n--) {
            const char *piece = pieces[test_random_in(&random, 0, 25)];
            memcpy(line + length, piece, strlen(piece));
            length += strlen(piece);
            if (test_random_in(&random, 0, 9) == 0)
                line[length++] = (char)test_random_in(&random, 0, 255);
        }
        /* From the heap and of just this length, so that a sanitizer sees a byte too far. */
        char *exact = malloc(length + 1);
        assert_non_null(exact);
        memcpy(exact, line, length);
        char *placed = realloc(exact, length ? length : 1);
        assert_non_null(placed);
        if (!as_http_head_line(&head, placed, length, (int64_t)test_random_u64(&random)))
            memset(&head, 0, sizeof(head));
        free(placed);
        assert_true(head.bytes <= AS_HTTP_HEAD_BYTES);
        assert_non_null(memchr(head.tag, '\0', sizeof(head.tag)));
        assert_non_null(memchr(head.modified, '\0', sizeof(head.modified)));
        if (head.has_range) {
            assert_true(head.range_first <= head.range_last);
            assert_true(head.range_last < head.total);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_line),
        cmocka_unit_test(test_all_fields),
        cmocka_unit_test(test_names_in_any_case_and_blanks),
        cmocka_unit_test(test_folded_lines),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_modified),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_short_years),
        cmocka_unit_test(test_next_head),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_trailer),
        cmocka_unit_test(test_long_fields),
        cmocka_unit_test(test_nul_bytes),
        cmocka_unit_test(test_random_lines),
    };
    return cmocka_run_group_tests_name("http_head", tests, NULL, test_nothing_alive);
}
