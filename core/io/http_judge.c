/* SPDX-License-Identifier: MIT
 *
 * Does a response answer what was asked, and is it of the version that is being read?
 */
#include "core/io/http_head.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 240 }; /* of a URL: leaves a sentence room for the rest */

static as_http_verdict say_again(as_error *error, const char *what)
{
    as_err_set(error, AS_ERROR_TRANSPORT,
               "the server's answer cannot be used: %s; if that stays so, the server or a proxy in "
               "between must be mended",
               what);
    return AS_HTTP_AGAIN;
}

static as_http_verdict say_changed(as_error *error, const char *how)
{
    as_err_set(error, AS_ERROR_CHANGED,
               "the content on the server is no longer what was opened (%s); what was read before "
               "and what is read from now on are different versions",
               how);
    return AS_HTTP_CHANGED;
}

/* The size of the whole content as an accepted head tells it. */
static uint64_t content_total(const as_http_head *head, as_http_verdict verdict)
{
    if (verdict != AS_HTTP_WHOLE || !head->has_length)
        return head->total;
    return head->length;
}

/* How does a version of `total` bytes differ from the pinned one? NULL: it does not. Two strong
 * tags decide; but some servers of a group may leave theirs out, or give weak ones that change with
 * every answer. */
static const char *difference(const as_http_pin *pin, const as_http_head *head, uint64_t total)
{
    if (!pin->known)
        return NULL;
    if (pin->total != AS_SIZE_UNKNOWN && total != AS_SIZE_UNKNOWN && pin->total != total)
        return "its size has changed";
    if (pin->tag[0] && head->tag[0] && !head->weak)
        return strcmp(pin->tag, head->tag) != 0 ? "its ETag has changed" : NULL;
    if (pin->modified[0] && head->modified[0] && strcmp(pin->modified, head->modified) != 0)
        return "its Last-Modified has changed";
    return NULL;
}

static uint64_t known_total(const as_http_head *head, const as_http_pin *pin)
{
    return head->total == AS_SIZE_UNKNOWN && pin->known ? pin->total : head->total;
}

static as_http_verdict refuse_encoded(as_error *error)
{
    as_err_set(error, AS_ERROR_TRANSPORT,
               "the server compressed its answer although it was asked not to, so that its bytes "
               "are not the content's; switch compression off for this file on the server");
    return AS_HTTP_REFUSED;
}

static as_http_verdict judge_part(const as_http_head *head, uint64_t first, uint64_t length,
                                  const as_http_pin *pin, uint64_t *out_length, as_error *error)
{
    if (head->encoded)
        return refuse_encoded(error);
    if (head->multipart)
        return say_again(error, "it has several parts where one range was asked for");
    if (head->bad_range || head->bad_length)
        return say_again(error, "its Content-Range or Content-Length makes no sense");
    if (!head->has_range)
        return say_again(error, "it is a part (status 206) without a Content-Range");
    const char *changed = difference(pin, head, head->total);
    if (changed)
        return say_changed(error, changed);

    const uint64_t got = head->range_last - head->range_first + 1;
    const uint64_t total = known_total(head, pin);
    if (head->range_first != first || got > length)
        return say_again(error, "it is another range than was asked for");
    if (total != AS_SIZE_UNKNOWN && head->range_last >= total)
        return say_changed(error, "it has grown");
    if (head->has_length && head->length != got)
        return say_again(error, "its Content-Length is not that of its range");
    *out_length = got;
    return AS_HTTP_PART;
}

static as_http_verdict judge_whole(const as_http_head *head, const as_http_pin *pin,
                                   uint64_t *out_length, as_error *error)
{
    if (head->encoded)
        return refuse_encoded(error);
    if (head->bad_length)
        return say_again(error, "it has two Content-Lengths");
    const uint64_t total = content_total(head, AS_HTTP_WHOLE);
    if (head->has_range && (head->range_first != 0 || head->range_last + 1 != total ||
                            head->range_last + 1 != head->total))
        return say_again(error, "it claims to be the whole (status 200) but has a Content-Range");
    const char *changed = difference(pin, head, total);
    if (changed)
        return say_changed(error, changed);
    *out_length = total;
    return AS_HTTP_WHOLE;
}

static as_http_verdict judge_end(const as_http_head *head, uint64_t first, const as_http_pin *pin,
                                 as_error *error)
{
    /* Validators would be those of the page that says so. */
    const uint64_t total = known_total(head, pin);
    if (pin->known && pin->total != AS_SIZE_UNKNOWN && total != pin->total)
        return say_changed(error, "its size has changed");
    if (total == AS_SIZE_UNKNOWN || first >= total)
        return AS_HTTP_END;
    as_err_set(error, AS_ERROR_TRANSPORT,
               "the server does not give byte %" PRIu64 " (status 416) of content that has %" PRIu64
               "; it, or a proxy in between, must be mended",
               first, total);
    return AS_HTTP_REFUSED;
}

static as_http_verdict judge_status(uint32_t status, as_error *error)
{
    static const struct {
        uint32_t status;
        as_http_verdict verdict;
        const char *text;
    } known[] = {
        {401, AS_HTTP_DENIED, "wants credentials; give them in a header or in the URL"},
        {403, AS_HTTP_DENIED,
         "denies access; a signed URL may have expired: give a new one, or a refresh callback"},
        {404, AS_HTTP_REFUSED, "has nothing under this URL; check the URL"},
        {407, AS_HTTP_REFUSED,
         "is not reached: the proxy wants credentials; give them in the proxy's URL"},
        {408, AS_HTTP_AGAIN, "waited too long for the request; try again later"},
        {410, AS_HTTP_DENIED,
         "says the content is gone for good; give a new URL, or a refresh callback"},
        {425, AS_HTTP_AGAIN, "does not want to answer so early; try again later"},
        {429, AS_HTTP_AGAIN, "says these are too many requests; try again later"},
        {451, AS_HTTP_REFUSED, "must not give the content for legal reasons; ask its operator"},
        {503, AS_HTTP_AGAIN, "is overloaded or being maintained; try again later"},
    };
    as_http_verdict verdict = AS_HTTP_REFUSED;
    const char *text = "does not give the content; check the URL and the headers sent with it";
    if (status >= 300 && status < 400)
        text = "redirects where that is not followed: more than 8 times, from https to http, or to "
               "no address; give the URL it should end at";
    if (status >= 500 || status < 200) {
        verdict = AS_HTTP_AGAIN;
        text = "failed; try again later, or ask its operator";
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].status == status) {
            verdict = known[i].verdict;
            text = known[i].text;
        }
    as_err_set(error, AS_ERROR_TRANSPORT, "status %" PRIu32 ": the server %s", status, text);
    return verdict;
}

as_http_verdict as_http_judge(const as_http_head *head, uint64_t first, uint64_t length,
                              const as_http_pin *pin, uint64_t *out_length, as_error *error)
{
    *out_length = 0;
    switch (head->status) {
    case 0: return say_again(error, "it is no HTTP response");
    case 200: return judge_whole(head, pin, out_length, error);
    case 206: return judge_part(head, first, length, pin, out_length, error);
    case 416: return judge_end(head, first, pin, error);
    case 412:
        if (pin->known)
            return say_changed(error, "status 412");
        return judge_status(412, error);
    default: return judge_status(head->status, error);
    }
}

void as_http_pin_set(as_http_pin *pin, const as_http_head *head, as_http_verdict verdict)
{
    if (verdict != AS_HTTP_PART && verdict != AS_HTTP_WHOLE)
        return;
    if (!pin->known) {
        *pin = (as_http_pin){.known = true, .total = AS_SIZE_UNKNOWN};
        if (!head->weak)
            memcpy(pin->tag, head->tag, sizeof(pin->tag));
        memcpy(pin->modified, head->modified, sizeof(pin->modified));
    }
    const uint64_t total = content_total(head, verdict);
    if (total != AS_SIZE_UNKNOWN)
        pin->total = total;
}

bool as_http_pin_validator(const as_http_pin *pin, char *out, size_t capacity)
{
    int length;
    if (!pin->known)
        return false;
    /* The size, too, where it is known: a file that was cut short may have kept its tag. */
    if (pin->tag[0] && pin->total == AS_SIZE_UNKNOWN)
        length = snprintf(out, capacity, "%s", pin->tag);
    else if (pin->tag[0])
        length = snprintf(out, capacity, "%s %" PRIu64, pin->tag, pin->total);
    else if (pin->modified[0] && pin->total != AS_SIZE_UNKNOWN)
        length = snprintf(out, capacity, "%s %" PRIu64, pin->modified, pin->total);
    else
        return false;
    return length >= 0 && (size_t)length < capacity;
}

/* Where the host begins: behind the user info. NULL: `authority` makes no sense, so that a password
 * with a '/', '?' or '#' in it might be what looks like its end. */
static const char *find_host(const char *authority, const char *end)
{
    const char *host = authority;
    for (const char *p = authority; p < end; p++)
        if (*p == '@')
            host = p + 1;
    const char *colon = NULL;
    for (const char *p = host; p < end; p++)
        colon = *p == ':' ? p : *p == ']' ? NULL : colon;
    for (const char *p = colon ? colon + 1 : end; p < end; p++)
        if (*p < '0' || *p > '9')
            return NULL;
    return host;
}

static bool goes_on(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80; /* within a UTF-8 character */
}

/* Appends `length` bytes of `text`, which fit. */
static size_t append(char *out, size_t at, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        out[at++] = c < 0x20 || c == 0x7F ? '?' : (char)c;
    }
    out[at] = '\0';
    return at;
}

const char *as_http_shown_url(char out[512], const char *url)
{
    const char *end = url + strcspn(url, "?#");
    const char *slashes = strstr(url, "://");
    const char *authority = slashes && slashes < end ? slashes + 3 : url;
    const size_t scheme = (size_t)(authority - url);
    const char *host = find_host(authority, authority + strcspn(authority, "/?#"));
    size_t n = append(out, 0, url, scheme < SHOWN / 8 ? scheme : 0);
    if (!host) {
        (void)append(out, n, "...", 3);
        return out;
    }
    const size_t length = (size_t)(end - host);
    if (length <= SHOWN - n) {
        (void)append(out, n, host, length);
        return out;
    }
    size_t head = SHOWN / 2 - n, tail = SHOWN / 2 - 3;
    while (head != 0 && goes_on(host[head]))
        head--;
    while (tail != 0 && goes_on(end[-(ptrdiff_t)tail]))
        tail--;
    n = append(out, n, host, head);
    n = append(out, n, "...", 3);
    (void)append(out, n, end - tail, tail);
    return out;
}
