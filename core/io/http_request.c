/* SPDX-License-Identifier: MIT
 *
 * One request in terms of libcurl. Redirects are followed here, one transfer each, because libcurl
 * would send the caller's headers to any host that it is redirected to.
 */
#include "core/io/source_http.h"

#include "core/base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BUFFER_BYTES 65536
/* libcurl fills its buffer this often before it looks at the speed: a small one keeps the
 * burst to a quarter of a second's bytes. */
#define FILLS 100
#define LIMITED_BUFFER_PART (4 * FILLS)
#define LEAST_BUFFER_BYTES 1024

/* ------------------------------------------------------------------------------ URLs ---- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++) {
        const bool upper = *text >= 'A' && *text <= 'Z';
        hash = (hash ^ (unsigned char)(upper ? *text - 'A' + 'a' : *text)) * 0x100000001B3u;
    }
    return (hash ^ 0xFF) * 0x100000001B3u;
}

/* The scheme, host and port of a parsed URL as one number; 0: it is not http or https. */
static CURLUcode identify(CURLU *parts, bool *out_https, uint64_t *out_host)
{
    char *scheme = NULL, *host = NULL, *port = NULL;
    CURLUcode code = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
    if (code == CURLUE_OK)
        code = curl_url_get(parts, CURLUPART_HOST, &host, 0);
    if (code == CURLUE_OK)
        code = curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
    if (code == CURLUE_OK) {
        *out_https = strcmp(scheme, "https") == 0;
        if (!*out_https && strcmp(scheme, "http") != 0)
            code = CURLUE_UNSUPPORTED_SCHEME;
        *out_host = hash_text(hash_text(hash_text(0xCBF29CE484222325u, scheme), host), port);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    return code;
}

static as_result say_bad_url(CURLUcode code, as_error *error)
{
    if (code == CURLUE_OUT_OF_MEMORY)
        return as_err_no_memory(error, AS_HTTP_URL_MAX, "a URL's parts");
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "the URL is not one that can be asked for over HTTP (%s); give one like "
                      "https://host/path",
                      curl_url_strerror(code));
}

as_result as_http_check_url(const char *url, uint64_t *out_host, as_error *error)
{
    if (strlen(url) >= AS_HTTP_URL_MAX)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "the URL has %zu bytes; at most %d can be asked for", strlen(url),
                          AS_HTTP_URL_MAX - 1);
    /* libcurl would take one or three slashes for two. */
    const char *slashes = strstr(url, "://");
    if (!as_io_is_url(url) || !slashes || slashes[3] == '/')
        return say_bad_url(CURLUE_BAD_SLASHES, error);
    bool https;
    CURLU *parts = curl_url();
    CURLUcode code = parts ? curl_url_set(parts, CURLUPART_URL, url, 0) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK)
        code = identify(parts, &https, out_host);
    curl_url_cleanup(parts);
    return code == CURLUE_OK ? AS_OK : say_bad_url(code, error);
}

/* What `location` means, seen from `base`; NULL and why not. */
static char *resolve(const char *base, const char *location, const char **out_why)
{
    bool from_https = false, to_https = false;
    uint64_t host;
    char *text = NULL, *target = NULL;
    CURLU *parts = curl_url();
    CURLUcode code = parts ? curl_url_set(parts, CURLUPART_URL, base, 0) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK)
        code = identify(parts, &from_https, &host);
    if (code == CURLUE_OK)
        code = curl_url_set(parts, CURLUPART_URL, location, CURLU_URLENCODE | CURLU_ALLOW_SPACE);
    if (code == CURLUE_OK)
        code = identify(parts, &to_https, &host);
    if (code == CURLUE_OK)
        code = curl_url_get(parts, CURLUPART_URL, &text, 0);
    if (code == CURLUE_OK && from_https && !to_https)
        *out_why = "it redirects from https to http, which is not followed";
    else if (code == CURLUE_OUT_OF_MEMORY ||
             (code == CURLUE_OK && (target = as_mem_strdup(text)) == NULL))
        *out_why = NULL;
    else if (code != CURLUE_OK)
        *out_why = "it redirects to something that is not an http or https URL";
    curl_free(text);
    curl_url_cleanup(parts);
    return target;
}

bool as_http_follow(as_http_flight *flight)
{
    const char *why = "it redirects without end (more than 8 times)";
    char *target = NULL, *base = NULL;
    if (!flight->no_memory && flight->hops < AS_HTTP_HOPS &&
        curl_easy_getinfo(flight->transfer.easy, CURLINFO_EFFECTIVE_URL, &base) == CURLE_OK && base)
        target = resolve(base, flight->location, &why);
    if (flight->no_memory)
        why = NULL;
    as_mem_free(flight->location);
    flight->location = NULL;
    if (!target) {
        if (why)
            as_http_set_error(flight->source, &flight->error, AS_ERROR_TRANSPORT, why);
        else
            (void)as_err_no_memory(&flight->error, AS_HTTP_URL_MAX, "a redirect's target");
        return false;
    }
    as_mem_free(flight->hop_url);
    flight->hop_url = target;
    flight->hops++;
    return true;
}

/* --------------------------------------------------------------------------- options ---- */

static bool set_number(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

/* NULL leaves libcurl's default. */
static bool set_text(CURL *easy, CURLoption option, const char *text)
{
    return !text || curl_easy_setopt(easy, option, text) == CURLE_OK;
}

static bool append(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer)
        *list = longer;
    return longer != NULL;
}

/* `home`: the request goes to the host of the source's own URL. */
static bool set_headers(as_http_flight *flight, bool home)
{
    const as_http_source *source = flight->source;
    curl_slist_free_all(flight->headers);
    flight->headers = NULL;
    bool enough = append(&flight->headers, "Accept-Encoding: identity");
    if (flight->matched) {
        char line[AS_HTTP_TAG + 16];
        (void)snprintf(line, sizeof(line), "If-Match: %s", source->pin.tag);
        enough = enough && append(&flight->headers, line);
    }
    for (uint32_t i = 0; home && enough && i < source->params.header_count; i++)
        enough = append(&flight->headers, source->params.headers[i]);
    return enough &&
           curl_easy_setopt(flight->transfer.easy, CURLOPT_HTTPHEADER, flight->headers) == CURLE_OK;
}

static bool set_range(const as_http_flight *flight)
{
    char range[48];
    if (flight->whole)
        return true;
    (void)snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, flight->first, flight->end - 1);
    return set_text(flight->transfer.easy, CURLOPT_RANGE, range);
}

/* How the connection is made. Options that this libcurl was built without are left alone. */
static bool set_connection(const as_http_flight *flight)
{
    const as_http_params *params = &flight->source->params;
    CURL *easy = flight->transfer.easy;
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                           params->http2 ? (long)CURL_HTTP_VERSION_2TLS
                                         : (long)CURL_HTTP_VERSION_1_1);
    (void)set_number(easy, CURLOPT_TCP_KEEPALIVE, 1);
    return set_number(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)params->connect_timeout_ms) &&
           set_number(easy, CURLOPT_FRESH_CONNECT, flight->fresh && flight->hops == 0) &&
           set_text(easy, CURLOPT_PROXY, params->proxy) &&
           set_text(easy, CURLOPT_CAINFO, params->ca_file) &&
           set_number(easy, CURLOPT_SSL_VERIFYPEER, params->insecure ? 0 : 1) &&
           set_number(easy, CURLOPT_SSL_VERIFYHOST, params->insecure ? 0 : 2);
}

static bool set_callbacks(as_http_flight *flight)
{
    CURL *easy = flight->transfer.easy;
    flight->curl_error[0] = '\0';
    return curl_easy_setopt(easy, CURLOPT_PRIVATE, (void *)&flight->transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, flight->curl_error) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, as_http_on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, flight) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, as_http_on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, flight) == CURLE_OK;
}

static bool set_options(as_http_flight *flight, const char *url, bool home)
{
    CURL *easy = flight->transfer.easy;
    return set_text(easy, CURLOPT_URL, url) &&
           set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https") &&
           set_number(easy, CURLOPT_NOSIGNAL, 1) && set_number(easy, CURLOPT_QUICK_EXIT, 1) &&
           set_number(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1) &&
           set_text(easy, CURLOPT_USERAGENT, flight->source->params.user_agent) &&
           set_connection(flight) && set_callbacks(flight) && set_range(flight) &&
           set_headers(flight, home);
}

static long buffer_bytes(const as_http_source *source)
{
    const uint64_t part = source->params.bandwidth / LIMITED_BUFFER_PART;
    if (source->params.bandwidth == 0 || part > BUFFER_BYTES)
        return BUFFER_BYTES;
    return part < LEAST_BUFFER_BYTES ? LEAST_BUFFER_BYTES : (long)part;
}

uint64_t as_http_burst_bytes(const as_http_source *source)
{
    return (uint64_t)FILLS * (uint64_t)buffer_bytes(source);
}

/* An easy handle without options of an earlier request. One that still has a buffer (after a name
 * was not found) takes no other and is replaced. */
static CURL *fresh_handle(CURL *easy, long bytes)
{
    if (easy) {
        curl_easy_reset(easy);
        if (set_number(easy, CURLOPT_BUFFERSIZE, bytes))
            return easy;
        curl_easy_cleanup(easy);
    }
    easy = curl_easy_init();
    if (easy)
        (void)set_number(easy, CURLOPT_BUFFERSIZE, bytes);
    return easy;
}

as_result as_http_send(as_http_flight *flight, uint64_t now_ns)
{
    as_http_source *source = flight->source;
    as_http_transfer *transfer = &flight->transfer;
    const char *url = flight->hop_url ? flight->hop_url : source->url;
    uint64_t host = 0;
    if (flight->hop_url && as_http_check_url(url, &host, &flight->error) != AS_OK)
        return flight->error.code;
    transfer->easy = fresh_handle(transfer->easy, buffer_bytes(source));
    flight->judged = false;
    flight->drained = 0;
    flight->hop_ns = transfer->alive_ns = now_ns;
    flight->window_ns = flight->window_bytes = 0;
    if (!transfer->easy || !set_options(flight, url, !flight->hop_url || host == flight->home) ||
        !as_http_add(&source->user, transfer))
        return as_err_no_memory(&flight->error, 0, "a request");
    flight->phase = AS_HTTP_RUNNING;
    as_http_share_bandwidth(source);
    return AS_OK;
}

void as_http_free_request(as_http_flight *flight)
{
    as_mem_free(flight->location);
    as_mem_free(flight->hop_url);
    curl_slist_free_all(flight->headers);
    flight->location = flight->hop_url = NULL;
    flight->headers = NULL;
}
