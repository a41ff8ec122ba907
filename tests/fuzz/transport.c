/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/transport.h"

#include "core/io/source_http.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    VERSIONS = 4,
    MOST_LINE = 400,
    MOST_PIECE = 65536,
    MOST_IDLE = 4,
    MOST_STEPS =
        20000, /* in one wait: with a server that does what it should, far more than needed */
    MS = 1000000
};

/* How a request is answered: what the low bits of a byte of the script stand for. */
typedef enum manner {
    PROPER,
    PROPER_TOO, /* twice as often */
    WHOLE,
    NO_LENGTH,
    SHORT_PART,
    STATUS,
    BROKEN_OFF,
    REPLACED,
    REDIRECT,
    RAW,
    ODD_PART,
    SILENT,
    MANNERS
} manner;

/* A transfer at the server. */
typedef struct answer {
    as_http_transfer *transfer;  /* NULL: none */
    bool judged, has_body, told; /* how long the body is */
    uint64_t at, end;            /* of the body, in the content */
    uint32_t version;
    CURLcode code; /* how it ends */
    uint64_t began_ns;
    bool silent;
} answer;

static struct {
    fuzz_bytes *script;
    uint64_t now_ns, sizes[VERSIONS];
    uint32_t version, steps, idle;
    bool honest, kicked, by_modified;
    as_http_user *user;
    answer answers[AS_HTTP_MOST_TRANSFERS];
    void (*waits)(void);
} net;

void fuzz_transport_begin(fuzz_bytes *script, uint64_t size, bool tags)
{
    memset(&net, 0, sizeof(net));
    net.script = script;
    net.now_ns = 1000 * (uint64_t)MS;
    net.honest = true;
    net.by_modified = !tags;
    net.sizes[0] = size;
}

void fuzz_transport_pass(uint64_t ns)
{
    net.now_ns += ns;
}

void fuzz_transport_on_wait(void (*waits)(void))
{
    net.waits = waits;
}

bool fuzz_transport_is_honest(void)
{
    return net.honest;
}

uint64_t fuzz_transport_size(void)
{
    return net.sizes[net.version];
}

bool fuzz_transport_is_content(uint64_t offset, const uint8_t *bytes, size_t size)
{
    bool is = !net.honest || size == 0;
    for (uint32_t v = 0; v <= net.version && !is; v++)
        is = offset <= net.sizes[v] && size <= net.sizes[v] - offset &&
             fuzz_is_content(v, offset, bytes, size);
    return is;
}

/* ------------------------------------------------------------------------------ heads ---- */

/* One header line; false: the source has seen enough. */
static bool send_line(answer *a, const char *line)
{
    char copy[MOST_LINE];
    const size_t length = strlen(line);
    memcpy(copy, line, length);
    if (as_http_on_header(copy, 1, length, a->transfer) == length)
        return true;
    a->code = CURLE_WRITE_ERROR;
    return false;
}

__attribute__((format(printf, 2, 3))) static bool say(answer *a, const char *format, ...)
{
    char line[MOST_LINE];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(line, sizeof(line), format, list);
    va_end(list);
    return send_line(a, line);
}

static bool send_validators(answer *a)
{
    if (net.by_modified)
        return say(a, "Last-Modified: Thu, 01 Jan 1970 00:00:%02" PRIu32 " GMT\r\n", net.version);
    return say(a, "ETag: \"v%" PRIu32 "\"\r\n", net.version);
}

static bool send_part(answer *a, uint64_t first, uint64_t last)
{
    a->has_body = a->told = true;
    a->at = first;
    a->end = last + 1;
    return say(a, "HTTP/1.1 206 Partial Content\r\n") && send_validators(a) &&
           say(a, "Content-Length: %" PRIu64 "\r\n", last - first + 1) &&
           say(a, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n", first, last,
               fuzz_transport_size()) &&
           say(a, "\r\n");
}

static bool send_whole(answer *a, bool length)
{
    a->has_body = true;
    a->told = length;
    a->at = 0;
    a->end = fuzz_transport_size();
    return say(a, "HTTP/1.1 200 OK\r\n") && send_validators(a) &&
           (!length || say(a, "Content-Length: %" PRIu64 "\r\n", a->end)) && say(a, "\r\n");
}

/* What a server that knows its business says. `most`: bytes of a part. */
static bool send_proper(answer *a, const as_http_flight *flight, uint64_t most)
{
    const uint64_t size = fuzz_transport_size();
    if (flight->matched && net.version != 0 && !net.by_modified) {
        char tag[AS_HTTP_TAG];
        (void)snprintf(tag, sizeof(tag), "\"v%" PRIu32 "\"", net.version);
        if (strcmp(flight->source->pin.tag, tag) != 0)
            return say(a, "HTTP/1.1 412 Precondition Failed\r\n") && say(a, "\r\n");
    }
    if (flight->whole || flight->end == AS_SIZE_UNKNOWN)
        return send_whole(a, true);
    if (flight->first >= size)
        return say(a, "HTTP/1.1 416 Range Not Satisfiable\r\n") && send_validators(a) &&
               say(a, "Content-Range: bytes */%" PRIu64 "\r\n", size) && say(a, "\r\n");
    uint64_t end = flight->end < size ? flight->end : size;
    if (end - flight->first > most)
        end = flight->first + most;
    return send_part(a, flight->first, end - 1);
}

static bool send_status(answer *a)
{
    static const uint32_t statuses[] = {400, 401, 403, 404, 408, 410, 412, 416,
                                        429, 500, 503, 204, 304, 206, 100, 103};
    const uint8_t which = fuzz_u8(net.script);
    const uint32_t status = statuses[which % 16];
    if (status == 206 || status == 412 || status == 416) /* of these some are lies */
        net.honest = false;
    if (!say(a, "HTTP/1.1 %" PRIu32 " Said\r\n", status))
        return false;
    if ((which & 16) && !say(a, "Retry-After: %u\r\n", (unsigned)fuzz_u8(net.script)))
        return false;
    if ((which & 32) && !say(a, "Content-Range: bytes */%" PRIu64 "\r\n", fuzz_size(net.script)))
        return false;
    return say(a, "\r\n");
}

/* One that fits a header, but not behind its host. */
static bool say_long_location(answer *a)
{
    static const char name[] = "Location: /";
    char line[sizeof(name) + AS_HTTP_URL_MAX];
    const size_t length = sizeof(name) - 1 + AS_HTTP_URL_MAX - 9;
    memset(line, 'a', length);
    memcpy(line, name, sizeof(name) - 1);
    memcpy(line + length, "\r\n", 2);
    return as_http_on_header(line, 1, length + 2, a->transfer) == length + 2;
}

static bool send_redirect(answer *a)
{
    static const char *const targets[] = {
        "/b.asvp", "http://other/c", "https://host/d", "ftp://x/", "//host:1", "", "http://",
        "?q#f"};
    const uint8_t which = fuzz_u8(net.script);
    if (!say(a, "HTTP/1.1 %u Elsewhere\r\n", which & 8 ? 301U : 307U))
        return false;
    return (which & 16 ? say_long_location(a) : say(a, "Location: %s\r\n", targets[which % 8])) &&
           say(a, "\r\n");
}

/* Lines of the input's own, and what it says is the body. */
static bool send_raw(answer *a)
{
    fuzz_bytes lines = fuzz_take(net.script, fuzz_u8(net.script));
    net.honest = false;
    a->has_body = true;
    a->at = fuzz_size(net.script);
    a->end = a->at + fuzz_size(net.script);
    while (lines.left != 0) {
        char line[MOST_LINE];
        size_t length = 0;
        while (lines.left != 0 && length < sizeof(line) - 1) {
            line[length++] = (char)fuzz_u8(&lines);
            if (line[length - 1] == '\n')
                break;
        }
        if (as_http_on_header(line, 1, length, a->transfer) != length) {
            a->code = CURLE_WRITE_ERROR;
            return false;
        }
    }
    return say(a, "\r\n");
}

/* A part that is not the one asked for, or does not say the truth about itself. */
static bool send_odd_part(answer *a, const as_http_flight *flight)
{
    const uint8_t which = fuzz_u8(net.script);
    const uint64_t first = which & 1 ? fuzz_size(net.script) : flight->first;
    const uint64_t last = first + fuzz_size(net.script);
    const uint64_t total = which & 2 ? fuzz_size(net.script) : fuzz_transport_size();
    net.honest = false;
    a->has_body = true;
    a->at = first;
    a->end = first + (which & 4 ? fuzz_size(net.script) : last - first + 1);
    return say(a, "HTTP/1.1 206 Partial Content\r\n") &&
           (!(which & 8) || say(a, "ETag: %s\"x\"\r\n", which & 16 ? "W/" : "")) &&
           (!(which & 32) || say(a, "Content-Length: %" PRIu64 "\r\n", fuzz_size(net.script))) &&
           (!(which & 64) || say(a, "Content-Encoding: gzip\r\n")) &&
           (which & 128 ? say(a, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/*\r\n", first, last)
                        : say(a, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n",
                              first, last, total)) &&
           say(a, "\r\n");
}

static void replace_content(void)
{
    if (net.version + 1 == VERSIONS)
        return;
    net.version++;
    net.sizes[net.version] = (uint64_t)fuzz_u16(net.script) * 8;
}

static bool send_head(answer *a)
{
    const as_http_flight *flight = (const as_http_flight *)a->transfer;
    const uint8_t how = net.script->left ? fuzz_u8(net.script) : PROPER;
    if (how & 128)
        (void)(say(a, "HTTP/1.1 103 Early Hints\r\n") && say(a, "Link: x\r\n") && say(a, "\r\n"));
    switch ((manner)((how & 127) % MANNERS)) {
    case WHOLE: return send_whole(a, true);
    case NO_LENGTH: return send_whole(a, false);
    case SHORT_PART: return send_proper(a, flight, 1 + (uint64_t)fuzz_u8(net.script) * 64);
    case STATUS: return send_status(a);
    case REPLACED: replace_content(); return send_proper(a, flight, UINT64_MAX);
    case REDIRECT: return send_redirect(a);
    case RAW: return send_raw(a);
    case ODD_PART: return send_odd_part(a, flight);
    case SILENT: a->silent = true; return true;
    case BROKEN_OFF: a->code = (CURLcode)(fuzz_u8(net.script) % CURL_LAST); return false;
    default: return send_proper(a, flight, UINT64_MAX);
    }
}

/* ------------------------------------------------------------------------- transfers ---- */

/* Of the body, one piece; false: it is over. */
static bool send_piece(answer *a)
{
    static uint8_t piece[MOST_PIECE];
    const uint8_t how = net.script->left ? fuzz_u8(net.script) : 0;
    const uint64_t left = a->has_body && a->at < a->end ? a->end - a->at : 0;
    size_t size = how < 128 ? MOST_PIECE : (size_t)(how - 127) * 64;
    if (how == 127) { /* it ends early */
        a->code = CURLE_RECV_ERROR;
        return false;
    }
    if (!(how == 126 && a->told) && size > left) /* 126: more than was said */
        size = (size_t)left;
    if (size == 0)
        return false;
    fuzz_content(a->version, a->at, piece, size);
    if (as_http_on_body((char *)piece, 1, size, a->transfer) != size) {
        a->code = CURLE_WRITE_ERROR;
        return false;
    }
    a->at += size;
    return true;
}

static bool go_on(answer *a)
{
    if (a->judged)
        return send_piece(a);
    if (!send_head(a) || a->code != CURLE_OK)
        return false;
    a->judged = !a->silent;
    a->version = net.version;
    return true;
}

static answer *pick_answer(void)
{
    const uint8_t from = fuzz_u8(net.script);
    for (size_t i = 0; i < AS_HTTP_MOST_TRANSFERS; i++) {
        answer *a = &net.answers[(from + i) % AS_HTTP_MOST_TRANSFERS];
        if (a->transfer && !a->silent)
            return a;
    }
    return NULL;
}

static size_t count_answers(void)
{
    size_t count = 0;
    for (size_t i = 0; i < AS_HTTP_MOST_TRANSFERS; i++)
        count += net.answers[i].transfer != NULL;
    return count;
}

static void end_transfer(as_http_transfer *transfer)
{
    transfer->added = false;
    for (size_t i = 0; i < AS_HTTP_MOST_TRANSFERS; i++)
        if (net.answers[i].transfer == transfer)
            net.answers[i] = (answer){.transfer = NULL};
}

/* What the client's thread would do now. */
static bool serve(void)
{
    as_http_user *user = net.user;
    const bool turns = net.kicked || user->due_ns <= net.now_ns;
    const size_t before = count_answers();
    net.kicked = false;
    if (turns)
        user->turn(user, net.now_ns);
    if (user->wants && count_answers() < user->host_most)
        user->begin(user, net.now_ns);
    return count_answers() != before;
}

bool fuzz_transport_step(void)
{
    as_http_user *user = net.user;
    if (!user)
        return false;
    net.now_ns += 1000;
    if (serve())
        return true;
    answer *a = pick_answer();
    if (!a) {
        const bool later = user->due_ns != UINT64_MAX;
        if (later && user->due_ns > net.now_ns)
            net.now_ns = user->due_ns;
        return later;
    }
    net.now_ns += (uint64_t)fuzz_u8(net.script) * MS;
    if (go_on(a))
        return true;
    as_http_transfer *transfer = a->transfer;
    const CURLcode code = a->code;
    end_transfer(transfer);
    user->ended(user, transfer, code, net.now_ns);
    return true;
}

/* ------------------------------------------------------------- in place of the client ---- */

as_result __wrap_as_http_join(as_http_user *user, as_error *error);
void __wrap_as_http_kick(as_http_user *user);
void __wrap_as_http_leave(as_http_user *user);
bool __wrap_as_http_add(as_http_user *user, as_http_transfer *transfer);
void __wrap_as_http_remove(as_http_transfer *transfer);
uint64_t __wrap_as_clock_ns(void);
bool __wrap_as_cond_wait_until(as_cond *cond, as_mutex *mutex, uint64_t deadline_ns);
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);
CURLcode __real_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);

as_result __wrap_as_http_join(as_http_user *user, as_error *error)
{
    (void)error;
    FUZZ_CHECK(!net.user);
    net.user = user;
    return AS_OK;
}

void __wrap_as_http_kick(as_http_user *user)
{
    net.kicked = net.kicked || user == net.user;
}

void __wrap_as_http_leave(as_http_user *user)
{
    net.user = NULL;
    user->stop(user);
    FUZZ_CHECK(count_answers() == 0);
}

bool __wrap_as_http_add(as_http_user *user, as_http_transfer *transfer)
{
    FUZZ_CHECK(user == net.user && !transfer->added);
    for (size_t i = 0; i < AS_HTTP_MOST_TRANSFERS; i++)
        if (!net.answers[i].transfer) {
            net.answers[i] = (answer){.transfer = transfer, .began_ns = net.now_ns};
            transfer->user = user;
            transfer->host = user->host;
            transfer->added = true;
            return true;
        }
    return false;
}

void __wrap_as_http_remove(as_http_transfer *transfer)
{
    if (transfer->added)
        end_transfer(transfer);
}

uint64_t __wrap_as_clock_ns(void)
{
    return net.now_ns;
}

/* A reader: the network goes on until something happened that may concern it. */
bool __wrap_as_cond_wait_until(as_cond *cond, as_mutex *mutex, uint64_t deadline_ns)
{
    (void)cond, (void)deadline_ns;
    as_mutex_unlock(mutex);
    net.steps = net.script->left ? 0 : net.steps + 1;
    if (net.steps > MOST_STEPS)
        FUZZ_FAIL("a read ends, where the server answers as it should");
    if (net.waits)
        net.waits();
    /* What concerns it may have happened meanwhile, so it is asked again first. */
    net.idle = fuzz_transport_step() || net.kicked ? 0 : net.idle + 1;
    if (net.idle > MOST_IDLE)
        FUZZ_FAIL("whoever waits is served");
    as_mutex_lock(mutex);
    return true;
}

static as_http_flight *flight_of(CURL *easy)
{
    void *owner = NULL;
    (void)__real_curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
    return owner;
}

CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    const as_http_flight *flight = flight_of(easy);
    va_list list;
    va_start(list, info);
    void *out = va_arg(list, void *);
    va_end(list);
    if (!flight)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (info == CURLINFO_EFFECTIVE_URL)
        *(char **)out = flight->hop_url ? flight->hop_url : flight->source->url;
    else if (info == CURLINFO_NUM_CONNECTS)
        *(long *)out = flight->hops == 0 && flight->attempt == 0;
    else if (info == CURLINFO_PRETRANSFER_TIME_T)
        *(curl_off_t *)out = 1000;
    else
        *(long *)out = 0; /* CURLINFO_HTTP_VERSION, CURLINFO_OS_ERRNO */
    return CURLE_OK;
}
