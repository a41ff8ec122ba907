/* SPDX-License-Identifier: MIT
 *
 * core/io/http_judge: what a response is taken for, which version it pins, and URLs in messages.
 */
#include "core/io/http_head.h"
#include "tests/support/check.h"

#include <stdbool.h>

#define ASKED_FIRST 65536
#define ASKED_LENGTH 65536
#define RANGE "Content-Range: bytes 65536-131071/1000000\n"

static const as_http_pin NO_PIN;

static as_http_head head_of(int status, const char *lines)
{
    as_http_head head = {0};
    char line[64];
    snprintf(line, sizeof(line), "HTTP/1.1 %d x", status);
    assert_true(as_http_head_line(&head, line, strlen(line), 0));
    while (*lines) {
        const size_t length = strcspn(lines, "\n");
        assert_true(as_http_head_line(&head, lines, length, 0));
        lines += length + (lines[length] == '\n');
    }
    assert_true(as_http_head_line(&head, "", 0, 0));
    return head;
}

/* The pin of a first response with these lines. */
static as_http_pin pin_of(int status, const char *lines)
{
    const as_http_head head = head_of(status, lines);
    as_http_pin pin = {0};
    as_http_pin_set(&pin, &head, status == 200 ? AS_HTTP_WHOLE : AS_HTTP_PART);
    assert_true(pin.known);
    return pin;
}

typedef struct judged {
    as_http_verdict verdict;
    uint64_t length;
    as_error error;
} judged;

static judged judge_range(int status, const char *lines, const as_http_pin *pin, uint64_t first,
                          uint64_t length)
{
    const as_http_head head = head_of(status, lines);
    judged j = {.length = 12345};
    memset(&j.error, 0, sizeof(j.error));
    j.verdict = as_http_judge(&head, first, length, pin, &j.length, &j.error);
    switch (j.verdict) {
    case AS_HTTP_PART:
    case AS_HTTP_WHOLE: assert_int_equal(j.error.code, AS_OK); break;
    case AS_HTTP_END:
        assert_int_equal(j.error.code, AS_OK);
        assert_int_equal(j.length, 0);
        break;
    default:
        assert_int_equal(j.error.code,
                         j.verdict == AS_HTTP_CHANGED ? AS_ERROR_CHANGED : AS_ERROR_TRANSPORT);
        assert_true(strlen(j.error.text) > 40 && strlen(j.error.text) < 250);
        assert_int_equal(j.length, 0);
    }
    return j;
}

static judged judge(int status, const char *lines, const as_http_pin *pin)
{
    return judge_range(status, lines, pin, ASKED_FIRST, ASKED_LENGTH);
}

#define assert_verdict(status, lines, pin, wanted)                                                 \
    assert_int_equal(judge((status), (lines), (pin)).verdict, (wanted))
#define assert_again(lines, part)                                                                  \
    do {                                                                                           \
        const judged judged_ = judge(206, (lines), &NO_PIN);                                       \
        assert_int_equal(judged_.verdict, AS_HTTP_AGAIN);                                          \
        assert_non_null(strstr(judged_.error.text, (part)));                                       \
    } while (0)

static void test_part(void **state)
{
    (void)state;
    judged j = judge(206, RANGE "Content-Length: 65536\nETag: \"a\"", &NO_PIN);
    assert_int_equal(j.verdict, AS_HTTP_PART);
    assert_int_equal(j.length, 65536);
    j = judge(206, RANGE, &NO_PIN); /* chunked: no length */
    assert_int_equal(j.verdict, AS_HTTP_PART);
    assert_int_equal(j.length, 65536);
    j = judge(206, "Content-Range: bytes 65536-131071/*", &NO_PIN);
    assert_int_equal(j.verdict, AS_HTTP_PART);
    /* Short where the content ends. */
    j = judge(206, "Content-Range: bytes 65536-69999/70000\nContent-Length: 4464", &NO_PIN);
    assert_int_equal(j.verdict, AS_HTTP_PART);
    assert_int_equal(j.length, 4464);
    /* Short, and nobody says where it ends: as given. */
    j = judge(206, "Content-Range: bytes 65536-69999/*", &NO_PIN);
    assert_int_equal(j.verdict, AS_HTTP_PART);
    assert_int_equal(j.length, 4464);
    /* Short although there is more: as given. */
    j = judge(206, "Content-Range: bytes 65536-131070/1000000\nContent-Length: 65535", &NO_PIN);
    assert_int_equal(j.verdict, AS_HTTP_PART);
    assert_int_equal(j.length, 65535);
    j = judge(206, "Content-Range: bytes 65536-65536/65538", &NO_PIN);
    assert_int_equal(j.verdict, AS_HTTP_PART);
    assert_int_equal(j.length, 1);
    j = judge_range(206, "Content-Range: bytes 0-9223372036854775806/9223372036854775807", &NO_PIN,
                    0, UINT64_MAX);
    assert_int_equal(j.verdict, AS_HTTP_PART);
    assert_true(j.length == INT64_MAX);
}

static void test_part_that_is_wrong(void **state)
{
    (void)state;
    assert_again("Content-Length: 65536", "without a Content-Range");
    assert_again("Content-Range: bytes */1000000", "without a Content-Range");
    assert_again("Content-Range: bytes 0-65535/1000000", "another range");
    assert_again("Content-Range: bytes 65537-131071/1000000", "another range");
    assert_again("Content-Range: bytes 65535-131071/1000000", "another range");
    assert_again("Content-Range: bytes 65536-131072/1000000", "another range");
    assert_again("Content-Range: bytes 65536-131072/*", "another range");
    assert_again(RANGE "Content-Length: 65535", "Content-Length");
    assert_again(RANGE "Content-Length: 65537", "Content-Length");
    assert_again(RANGE "Content-Length: 1000000", "Content-Length");
    assert_again("Content-Range: bytes 65536-69999/70000\nContent-Length: 65536", "Content-Length");
    assert_again("Content-Range: bytes 65536-69999/1000000\nContent-Length: 65536",
                 "Content-Length");
    assert_again(RANGE "Content-Length: 65536\nContent-Length: 65537", "makes no sense");
    assert_again(RANGE "Content-Range: bytes 0-65535/1000000", "makes no sense");
    assert_again("Content-Range: lines 65536-131071/1000000", "makes no sense");
    assert_again(RANGE "Content-Type: multipart/byteranges; boundary=x", "several parts");
    assert_again("Content-Type: multipart/byteranges; boundary=x", "several parts");
    const judged j = judge(206, RANGE "Content-Encoding: gzip", &NO_PIN);
    assert_int_equal(j.verdict, AS_HTTP_REFUSED);
    assert_non_null(strstr(j.error.text, "compress"));
    /* A gzip variant has a tag of its own; that is no new version. */
    const as_http_pin pin = pin_of(206, RANGE "ETag: \"a\"");
    assert_verdict(206, RANGE "Content-Encoding: gzip\nETag: \"a-gzip\"", &pin, AS_HTTP_REFUSED);
    assert_verdict(200, "Content-Encoding: br\nETag: \"a-br\"", &pin, AS_HTTP_REFUSED);
}

static void test_whole(void **state)
{
    (void)state;
    judged j = judge(200, "Content-Length: 1000000", &NO_PIN);
    assert_int_equal(j.verdict, AS_HTTP_WHOLE);
    assert_int_equal(j.length, 1000000);
    j = judge(200, "", &NO_PIN);
    assert_int_equal(j.verdict, AS_HTTP_WHOLE);
    assert_true(j.length == AS_SIZE_UNKNOWN);
    j = judge(200, "Content-Length: 0", &NO_PIN);
    assert_int_equal(j.verdict, AS_HTTP_WHOLE);
    assert_int_equal(j.length, 0);
    j = judge(200, "Content-Range: bytes 0-99/100", &NO_PIN);
    assert_int_equal(j.verdict, AS_HTTP_WHOLE);
    assert_int_equal(j.length, 100);
    assert_verdict(200, "Content-Range: nonsense\nContent-Length: 9", &NO_PIN, AS_HTTP_WHOLE);
    /* A part that calls itself the whole. */
    assert_verdict(200, RANGE "Content-Length: 65536", &NO_PIN, AS_HTTP_AGAIN);
    assert_verdict(200, "Content-Range: bytes 0-99/1000\nContent-Length: 100", &NO_PIN,
                   AS_HTTP_AGAIN);
    assert_verdict(200, "Content-Range: bytes 0-99/*", &NO_PIN, AS_HTTP_AGAIN);
    assert_verdict(200, "Content-Length: 5\nContent-Length: 6", &NO_PIN, AS_HTTP_AGAIN);
    assert_verdict(200, "Content-Encoding: gzip", &NO_PIN, AS_HTTP_REFUSED);
}

static void test_versions(void **state)
{
    (void)state;
    const as_http_pin strong =
        pin_of(206, RANGE "ETag: \"a\"\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT");
    static const struct {
        const char *lines;
        bool same;
    } cases[] = {
        {"ETag: \"a\"\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT", true},
        {"ETag: \"a\"", true},
        {"ETag: \"a\"\nLast-Modified: Mon, 07 Nov 1994 08:49:37 GMT", true},
        {"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", true}, /* a server without tags */
        {"", true},
        {"ETag: W/\"z\"\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT", true},
        {"ETag: W/\"z\"", true},
        {"ETag: \"b\"\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT", false},
        {"ETag: \"A\"", false},
        {"Last-Modified: Mon, 07 Nov 1994 08:49:37 GMT", false},
        {"ETag: W/\"a\"\nLast-Modified: Mon, 07 Nov 1994 08:49:37 GMT", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char lines[300];
        snprintf(lines, sizeof(lines), RANGE "%s", cases[i].lines);
        assert_verdict(206, lines, &strong, cases[i].same ? AS_HTTP_PART : AS_HTTP_CHANGED);
        assert_verdict(206, lines, &NO_PIN, AS_HTTP_PART);
        snprintf(lines, sizeof(lines), "Content-Length: 1000000\n%s", cases[i].lines);
        assert_verdict(200, lines, &strong, cases[i].same ? AS_HTTP_WHOLE : AS_HTTP_CHANGED);
        assert_verdict(200, cases[i].lines, &strong,
                       cases[i].same ? AS_HTTP_WHOLE : AS_HTTP_CHANGED);
    }
    const judged j = judge(206, RANGE "ETag: \"b\"", &strong);
    assert_non_null(strstr(j.error.text, "ETag"));
}

static void test_weak_tags_that_rotate(void **state)
{
    (void)state;
    const as_http_pin pin = pin_of(206, RANGE "ETag: W/\"1\"\nLast-Modified: x");
    assert_string_equal(pin.tag, "");
    assert_verdict(206, RANGE "ETag: W/\"2\"\nLast-Modified: x", &pin, AS_HTTP_PART);
    assert_verdict(206, RANGE "ETag: \"2\"\nLast-Modified: x", &pin, AS_HTTP_PART);
    assert_verdict(206, RANGE "ETag: W/\"1\"\nLast-Modified: y", &pin, AS_HTTP_CHANGED);
    assert_verdict(206, "ETag: W/\"1\"\nContent-Range: bytes 65536-131071/1000001", &pin,
                   AS_HTTP_CHANGED);
}

static void test_sizes_that_change(void **state)
{
    (void)state;
    const as_http_pin bare = pin_of(206, RANGE);
    const as_http_pin tagged = pin_of(206, RANGE "ETag: \"a\"");
    const as_http_pin open = pin_of(206, "Content-Range: bytes 65536-131071/*\nETag: \"a\"");
    assert_verdict(206, "Content-Range: bytes 65536-131071/1000001", &bare, AS_HTTP_CHANGED);
    assert_verdict(206, "Content-Range: bytes 65536-131071/999999", &bare, AS_HTTP_CHANGED);
    assert_verdict(206, "ETag: \"a\"\nContent-Range: bytes 65536-131071/999999", &tagged,
                   AS_HTTP_CHANGED);
    /* Cut off within the range that was asked for. */
    assert_verdict(206, "Content-Range: bytes 65536-99999/100000", &bare, AS_HTTP_CHANGED);
    assert_verdict(200, "Content-Length: 999999", &bare, AS_HTTP_CHANGED);
    assert_verdict(206, "Content-Range: bytes 65536-131071/*", &bare, AS_HTTP_PART);
    assert_verdict(206, "Content-Range: bytes 65536-131071/5000000", &open, AS_HTTP_PART);
    assert_verdict(206, "Content-Range: bytes 65536-131070/*", &bare, AS_HTTP_PART);
    /* The pin knows where the content ends when the response does not. */
    judged j = judge_range(206, "Content-Range: bytes 999990-999999/*", &bare, 999990, 100);
    assert_int_equal(j.verdict, AS_HTTP_PART);
    assert_int_equal(j.length, 10);
    j = judge_range(206, "Content-Range: bytes 999990-1000000/*", &bare, 999990, 100);
    assert_int_equal(j.verdict, AS_HTTP_CHANGED);
}

static void test_416(void **state)
{
    (void)state;
    const as_http_pin small = pin_of(206, "Content-Range: bytes 0-9/50000\nETag: \"a\"");
    const as_http_pin large = pin_of(206, RANGE);
    const as_http_pin open = pin_of(206, "Content-Range: bytes 0-9/*");
    assert_verdict(416, "Content-Range: bytes */50000", &NO_PIN, AS_HTTP_END);
    assert_verdict(416, "Content-Range: bytes */65536", &NO_PIN, AS_HTTP_END);
    assert_verdict(416, "Content-Range: bytes */0", &NO_PIN, AS_HTTP_END);
    assert_verdict(416, "Content-Range: bytes */50000", &small, AS_HTTP_END);
    assert_verdict(416, "Content-Range: bytes */50000", &open, AS_HTTP_END);
    assert_verdict(416, "", &NO_PIN, AS_HTTP_END);
    assert_verdict(416, "", &small, AS_HTTP_END);
    assert_verdict(416, "Content-Range: bytes */x", &small, AS_HTTP_END);
    /* The page that says so may have a tag and a coding of its own. */
    assert_verdict(416, "ETag: \"b\"\nContent-Encoding: gzip\nContent-Length: 7", &small,
                   AS_HTTP_END);
    assert_verdict(416, "Content-Range: bytes */50000", &large, AS_HTTP_CHANGED);
    assert_verdict(416, "Content-Range: bytes */70000", &large, AS_HTTP_CHANGED);
    assert_verdict(416, "Content-Range: bytes */60000", &small, AS_HTTP_CHANGED);
    /* Not so: the range is within. */
    assert_verdict(416, "Content-Range: bytes */65537", &NO_PIN, AS_HTTP_REFUSED);
    assert_verdict(416, "Content-Range: bytes */1000000", &large, AS_HTTP_REFUSED);
    assert_verdict(416, "", &large, AS_HTTP_REFUSED);
}

static void test_statuses(void **state)
{
    (void)state;
    static const struct {
        int status;
        as_http_verdict verdict;
        const char *part;
    } cases[] = {
        {401, AS_HTTP_DENIED, "credentials"},    {403, AS_HTTP_DENIED, "expired"},
        {410, AS_HTTP_DENIED, "gone"},           {404, AS_HTTP_REFUSED, "check the URL"},
        {400, AS_HTTP_REFUSED, "check the URL"}, {405, AS_HTTP_REFUSED, "status 405"},
        {407, AS_HTTP_REFUSED, "proxy"},         {451, AS_HTTP_REFUSED, "legal"},
        {204, AS_HTTP_REFUSED, "status 204"},    {203, AS_HTTP_REFUSED, "status 203"},
        {301, AS_HTTP_REFUSED, "redirects"},     {302, AS_HTTP_REFUSED, "redirects"},
        {304, AS_HTTP_REFUSED, "redirects"},     {307, AS_HTTP_REFUSED, "redirects"},
        {308, AS_HTTP_REFUSED, "8 times"},       {999, AS_HTTP_AGAIN, "status 999"},
        {408, AS_HTTP_AGAIN, "later"},           {425, AS_HTTP_AGAIN, "later"},
        {429, AS_HTTP_AGAIN, "too many"},        {500, AS_HTTP_AGAIN, "status 500"},
        {502, AS_HTTP_AGAIN, "status 502"},      {503, AS_HTTP_AGAIN, "overloaded"},
        {504, AS_HTTP_AGAIN, "status 504"},      {100, AS_HTTP_AGAIN, "status 100"},
    };
    const as_http_pin pin = pin_of(206, RANGE "ETag: \"a\"");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judged j = judge(cases[i].status, "ETag: \"page\"\nContent-Length: 5", &NO_PIN);
        assert_int_equal(j.verdict, cases[i].verdict);
        if (!strstr(j.error.text, cases[i].part))
            fail_msg("status %d says: %s", cases[i].status, j.error.text);
        /* An error page's validators say nothing of the content's. */
        j = judge(cases[i].status, "ETag: \"page\"\nContent-Length: 5", &pin);
        assert_int_equal(j.verdict, cases[i].verdict);
    }
    assert_verdict(412, "", &pin, AS_HTTP_CHANGED);
    assert_verdict(412, "", &NO_PIN, AS_HTTP_REFUSED); /* nothing was there to change */
    as_http_head none = {0};
    as_error error;
    uint64_t length;
    assert_int_equal(as_http_judge(&none, 0, 1, &NO_PIN, &length, &error), AS_HTTP_AGAIN);
}

static void test_pin(void **state)
{
    (void)state;
    as_http_pin pin = {0};
    as_http_head head = head_of(206, RANGE "ETag: \"a\"\nLast-Modified: x");
    for (int verdict = AS_HTTP_END; verdict <= AS_HTTP_REFUSED; verdict++) {
        as_http_pin_set(&pin, &head, (as_http_verdict)verdict);
        assert_false(pin.known);
    }
    head = head_of(206, "Content-Range: bytes 0-9/*\nETag: W/\"a\"\nLast-Modified: x");
    as_http_pin_set(&pin, &head, AS_HTTP_PART);
    assert_true(pin.known && pin.total == AS_SIZE_UNKNOWN);
    assert_string_equal(pin.tag, "");
    assert_string_equal(pin.modified, "x");
    /* Later responses add the total and nothing else. */
    head = head_of(206, RANGE "ETag: \"b\"\nLast-Modified: y");
    as_http_pin_set(&pin, &head, AS_HTTP_PART);
    assert_int_equal(pin.total, 1000000);
    assert_string_equal(pin.tag, "");
    assert_string_equal(pin.modified, "x");
    head = head_of(206, "Content-Range: bytes 0-9/*");
    as_http_pin_set(&pin, &head, AS_HTTP_PART);
    assert_int_equal(pin.total, 1000000);

    pin = pin_of(200, "Content-Length: 77\nETag: \"w\"");
    assert_int_equal(pin.total, 77);
    assert_string_equal(pin.tag, "\"w\"");
    pin = pin_of(200, "");
    assert_true(pin.total == AS_SIZE_UNKNOWN);
}

static void test_validator(void **state)
{
    (void)state;
    char text[AS_HTTP_TAG + 64];
    assert_false(as_http_pin_validator(&NO_PIN, text, sizeof(text)));
    as_http_pin pin = pin_of(206, RANGE);
    assert_false(as_http_pin_validator(&pin, text, sizeof(text)));
    pin = pin_of(206, RANGE "ETag: W/\"a\"");
    assert_false(as_http_pin_validator(&pin, text, sizeof(text)));
    pin = pin_of(206, "Content-Range: bytes 0-9/*\nLast-Modified: x");
    assert_false(as_http_pin_validator(&pin, text, sizeof(text)));
    pin = pin_of(206, RANGE "ETag: W/\"a\"\nLast-Modified: Sun, 06");
    assert_true(as_http_pin_validator(&pin, text, sizeof(text)));
    assert_string_equal(text, "Sun, 06 1000000");
    assert_true(as_http_pin_validator(&pin, text, 16));
    assert_false(as_http_pin_validator(&pin, text, 15));
    pin = pin_of(206, RANGE "ETag: \"a\"\nLast-Modified: Sun, 06");
    assert_true(as_http_pin_validator(&pin, text, sizeof(text)));
    assert_string_equal(text, "\"a\" 1000000");
    pin.total = AS_SIZE_UNKNOWN;
    assert_true(as_http_pin_validator(&pin, text, sizeof(text)));
    assert_string_equal(text, "\"a\"");
    assert_false(as_http_pin_validator(&pin, text, 0));
}

static void test_shown_url(void **state)
{
    (void)state;
    static const struct {
        const char *url, *shown;
    } cases[] = {
        {"https://cdn.example/v/1/a.asvr", "https://cdn.example/v/1/a.asvr"},
        {"https://cdn.example:8443/a.asvr?Sig=secret", "https://cdn.example:8443/a.asvr"},
        {"https://cdn.example/a.asvr#secret", "https://cdn.example/a.asvr"},
        {"https://cdn.example?secret", "https://cdn.example"},
        {"https://me:secret@cdn.example/a@b.asvr", "https://cdn.example/a@b.asvr"},
        {"https://me:sec@ret@cdn.example:1/a", "https://cdn.example:1/a"},
        {"https://secret@[::1]:80/a?b=://c", "https://[::1]:80/a"},
        {"https://[::1]/a", "https://[::1]/a"},
        {"https://me:sec/ret@cdn.example/a", "https://..."},
        {"https://me:sec?ret@cdn.example/a", "https://..."},
        {"https://me:sec#ret@cdn.example/a", "https://..."},
        {"file.asvp?secret", "file.asvp"},
        {"a?secret://b@c", "a"},
        {"http://h/a\r\nb\x7F", "http://h/a??b?"},
        {"http://", "http://"},
        {"", ""},
    };
    char out[512];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_ptr_equal(as_http_shown_url(out, cases[i].url), out);
        assert_string_equal(out, cases[i].shown);
    }
}

static void test_shown_long_url(void **state)
{
    (void)state;
    char out[512];
    static char url[9000];
    /* Every length around the limit, and characters of two bytes across both cuts. */
    for (size_t length = 200; length < 300; length++)
        for (int wide = 0; wide < 2; wide++) {
            strcpy(url, "https://me:secret@cdn.example/");
            for (size_t i = strlen(url); i < length; i++)
                url[i] = wide ? (i & 1 ? '\xC3' : '\xA4') : 'x';
            url[length] = '\0';
            strcat(url, "/name.asvr?secret");
            as_http_shown_url(out, url);
            assert_true(strlen(out) <= 240);
            assert_null(strstr(out, "secret"));
            assert_memory_equal(out, "https://cdn.example/", 20);
            assert_string_equal(out + strlen(out) - 10, "/name.asvr");
            const size_t whole = length - strlen("me:secret@") + strlen("/name.asvr");
            assert_int_equal(strlen(out) == whole, whole <= 240);
            const char *dots = strstr(out, "...");
            assert_int_equal(dots != NULL, whole > 240);
            if (dots && wide) {
                assert_int_equal((unsigned char)dots[-1], 0xA4);
                assert_int_equal((unsigned char)dots[3], 0xC3);
            }
        }
    memset(url, ':', sizeof(url) - 1);
    assert_true(strlen(as_http_shown_url(out, url)) <= 240);
    memset(url, 'h', sizeof(url) - 1);
    memcpy(url + 8000, "://", 3);
    assert_true(strlen(as_http_shown_url(out, url)) <= 240);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_part),
        cmocka_unit_test(test_part_that_is_wrong),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_weak_tags_that_rotate),
        cmocka_unit_test(test_sizes_that_change),
        cmocka_unit_test(test_416),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_pin),
        cmocka_unit_test(test_validator),
        cmocka_unit_test(test_shown_url),
        cmocka_unit_test(test_shown_long_url),
    };
    return cmocka_run_group_tests_name("http_judge", tests, NULL, test_nothing_alive);
}
