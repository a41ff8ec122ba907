/* SPDX-License-Identifier: MIT
 *
 * What a server's response says, and whether it answers what was asked: pure functions over header
 * lines (RFC 9110). Nothing a server sends is believed unchecked.
 */
#ifndef AS_IO_HTTP_HEAD_H
#define AS_IO_HTTP_HEAD_H

#include "core/base/error.h"
#include "core/io/io.h"

enum {
    AS_HTTP_TAG = 256,              /* longer entity tags count as none */
    AS_HTTP_FIELD = 512,            /* longer fields count as ones that make no sense */
    AS_HTTP_HEAD_BYTES = 64 * 1024, /* most of response headers, redirects' and trailers among
                                       them */
};

/* Gathered line by line; starts all zero. */
typedef struct as_http_head {
    uint32_t status; /* of the latest status line; 0: none yet, or one that makes no sense */
    bool complete;   /* the empty line after the fields has come */
    bool has_range;  /* a well-formed Content-Range: bytes first-last/total */
    uint64_t range_first, range_last;
    uint64_t total; /* Content-Range's (of a 416 too), AS_SIZE_UNKNOWN for '*' or none */
    bool has_length;
    uint64_t length;       /* Content-Length */
    bool bad_length;       /* two that differ */
    bool encoded;          /* a Content-Encoding other than identity */
    bool bad_range;        /* a Content-Range that makes no sense, or two that differ */
    bool multipart;        /* multipart/byteranges: the body is not the range alone */
    char tag[AS_HTTP_TAG]; /* ETag with its quotes, without W/; "": none */
    bool weak;             /* it was W/ */
    char modified[64];     /* Last-Modified as sent; "": none */
    bool has_retry_after;
    uint64_t retry_after_ms; /* a date in the past: 0 */
    size_t bytes;            /* of all lines */
    /* The latest field as far as there is room: the next line may go on with it. */
    char field[AS_HTTP_FIELD];
    size_t field_length;
} as_http_head;

/* One header line as it arrived, CRLF included or not, the empty one at the end too; a status line
 * ("HTTP/...") begins a new head but goes on counting bytes. unix_s: time now, for Retry-After
 * dates. false: over AS_HTTP_HEAD_BYTES; the transfer is to be given up. Lines that make no sense
 * count as absent (a Content-Range sets bad_range), and so do those after the empty line. */
bool as_http_head_line(as_http_head *head, const char *line, size_t length, int64_t unix_s);
/* A line of the trailer that may follow a chunked body: counted, and nothing more. false: as
 * as_http_head_line. */
bool as_http_trailer_line(as_http_head *head, size_t length);

/* A date of any of the three forms HTTP knows, as seconds since 1970; unix_s: now, for years of two
 * digits. false: none of them. */
bool as_http_date(const char *text, size_t length, int64_t unix_s, int64_t *out_unix_s);

/* Which version of the content is being read; all zero: none yet. */
typedef struct as_http_pin {
    bool known;
    char tag[AS_HTTP_TAG]; /* strong ETag, or "" */
    char modified[64];     /* Last-Modified, or "" */
    uint64_t total;        /* AS_SIZE_UNKNOWN until told */
} as_http_pin;

typedef enum as_http_verdict {
    AS_HTTP_PART,    /* 206: *out_length bytes from the first one asked for; fewer than asked where
                        the content ends, or where the server gives less at a time: ask on */
    AS_HTTP_WHOLE,   /* 200: the whole content from byte 0; *out_length or AS_SIZE_UNKNOWN */
    AS_HTTP_END,     /* 416, and what was asked for is at or past the end */
    AS_HTTP_CHANGED, /* 412 with a pin, or validators or size of another version */
    AS_HTTP_AGAIN,   /* worth a retry: 408, 425, 429, 5xx, and what a sane server would not send:
                        a range that is not the one asked for, 206 without Content-Range */
    AS_HTTP_DENIED,  /* 401, 403, 410: a new URL may help */
    AS_HTTP_REFUSED  /* no retry: every other status, gzip although identity was asked for, ... */
} as_http_verdict;

/* Judges the complete head of a response to "bytes first .. first + length - 1". `pin` may be of an
 * earlier version than the response: that is AS_HTTP_CHANGED. Two strong tags decide; a tag that is
 * weak or missing on either side leaves it to Last-Modified, in the same way, and a size that
 * differs is a change whatever else. *out_length is 0 but for PART and WHOLE. Sets *error for the
 * last four (a sentence without the URL, which the caller adds; error->code AS_ERROR_TRANSPORT or
 * AS_ERROR_CHANGED). */
as_http_verdict as_http_judge(const as_http_head *head, uint64_t first, uint64_t length,
                              const as_http_pin *pin, uint64_t *out_length, as_error *error);

/* The pin that an accepted response (PART, WHOLE) gives; other verdicts change nothing. A pin that
 * is known already keeps its validators (a request with If-Match may reach a server without) and
 * learns the total alone. */
void as_http_pin_set(as_http_pin *pin, const as_http_head *head, as_http_verdict verdict);
/* "etag size" / "modified size" of the pin for the disk cache's key; false: it has no validator. */
bool as_http_pin_validator(const as_http_pin *pin, char *out, size_t capacity);

/* `url` for logs and errors: without user info, query and fragment, cut in the middle beyond 240
 * bytes, control characters as '?'; returns `out`. Of a URL whose host and port make no sense only
 * the scheme is shown: there is no telling what in it is secret. */
const char *as_http_shown_url(char out[512], const char *url);

#endif
