/* SPDX-License-Identifier: MIT
 *
 * What servers and users write: response heads, dates, entity tags, URLs. Pure functions, whose
 * promises are checked.
 */
#include "tests/fuzz/fuzz.h"

#include "core/base/mem.h"
#include "core/io/http_head.h"
#include "core/io/io_internal.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD, DATE, URL, KINDS };

static const int64_t NOW = INT64_C(1700000000);

/* Lines as they would arrive, each in memory of its own. */
static void take_head(as_http_head *head, fuzz_bytes *in)
{
    while (in->left != 0 && !head->complete) {
        const uint8_t *end = memchr(in->at, '\n', in->left);
        const fuzz_bytes line = fuzz_take(in, end ? (size_t)(end - in->at) + 1 : in->left);
        char *copy = malloc(line.left);
        FUZZ_CHECK(copy);
        memcpy(copy, line.at, line.left);
        const bool more = as_http_head_line(head, copy, line.left, NOW);
        free(copy);
        FUZZ_CHECK(more == (head->bytes <= AS_HTTP_HEAD_BYTES));
        FUZZ_CHECK(memchr(head->tag, '\0', sizeof(head->tag)));
        FUZZ_CHECK(memchr(head->modified, '\0', sizeof(head->modified)));
        FUZZ_CHECK(!head->has_range || head->range_first <= head->range_last);
    }
}

static void check_verdict(const as_http_head *head, uint64_t first, uint64_t length,
                          as_http_pin *pin)
{
    uint64_t out = 77;
    char validator[AS_HTTP_TAG + 64];
    as_error error = {0};
    const as_http_verdict verdict = as_http_judge(head, first, length, pin, &out, &error);
    if (verdict >= AS_HTTP_CHANGED)
        FUZZ_CHECK(error.text[0] != '\0' &&
                   (error.code == AS_ERROR_TRANSPORT || error.code == AS_ERROR_CHANGED));
    if (verdict == AS_HTTP_PART) {
        FUZZ_CHECK(head->status == 206 && head->has_range && head->range_first == first);
        FUZZ_CHECK(out != 0 && out <= length);
    } else if (verdict != AS_HTTP_WHOLE) {
        FUZZ_CHECK(out == 0);
    }
    as_http_pin_set(pin, head, verdict);
    if (as_http_pin_validator(pin, validator, sizeof(validator)))
        FUZZ_CHECK(memchr(validator, '\0', sizeof(validator)) && validator[0] != '\0');
    /* What was accepted is the version that is read from now on. */
    if (verdict == AS_HTTP_PART || verdict == AS_HTTP_WHOLE)
        FUZZ_CHECK(as_http_judge(head, first, length, pin, &out, &error) == verdict);
}

static void check_heads(fuzz_bytes *in)
{
    as_http_pin pin = {.total = AS_SIZE_UNKNOWN};
    for (int i = 0; i < 3 && in->left != 0; i++) {
        const uint64_t first = fuzz_size(in), length = 1 + fuzz_size(in);
        as_http_head head = {.status = 0};
        take_head(&head, in);
        check_verdict(&head, first, length ? length : 1, &pin);
    }
}

static void check_date(fuzz_bytes in)
{
    int64_t when = 0;
    char *text = malloc(in.left + 1);
    FUZZ_CHECK(text);
    if (in.left)
        memcpy(text, in.at, in.left);
    /* Years have four digits at most. */
    if (as_http_date(text, in.left, NOW, &when))
        FUZZ_CHECK(when > INT64_C(-70000000000) && when < INT64_C(260000000000));
    free(text);
}

/* URLs and paths; of what is shown, nothing may be secret or unprintable. */
static void check_url(fuzz_bytes *in)
{
    char *url = fuzz_text(in, in->left), shown[512];
    char *path = NULL;
    size_t length = 0;
    as_error error = {0};
    FUZZ_CHECK(as_http_shown_url(shown, url) == shown);
    FUZZ_CHECK(memchr(shown, '\0', sizeof(shown)));
    for (const char *c = shown; *c; c++)
        FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 127);
    const char *name = as_io_salt_name(url, &length);
    FUZZ_CHECK(name >= url && name + length <= url + strlen(url));
    const as_result result = as_io_is_url(url) ? as_io_file_url_path(url, &path, &error) : AS_OK;
    FUZZ_CHECK_RESULT(result, &error);
    as_mem_free(path);
    free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    switch (fuzz_u8(&in) % KINDS) {
    case HEAD: check_heads(&in); break;
    case DATE: check_date(in); break;
    default: check_url(&in); break;
    }
    fuzz_check_nothing_alive();
    return 0;
}
