/* SPDX-License-Identifier: MIT
 *
 * Reads of one part of a probe's content, each on a thread of its own.
 */
#ifndef TEST_HTTP_READER_H
#define TEST_HTTP_READER_H

#include "tests/support/http_source.h"

typedef struct http_reader {
    http_probe *probe;
    pthread_t thread;
    uint64_t offset;
    size_t length;
    as_result result;
    as_error error;
    bool wrong; /* other bytes came than the content's */
} http_reader;

/* Begins to read; *reader must stay where it is until it is joined. */
void http_reader_start(http_reader *reader, http_probe *probe, uint64_t offset, size_t length);
/* Waits for the end; the test fails unless all the bytes came and are right. */
void http_reader_join(http_reader *reader);
/* `count` at once (at most 16), from offsets 0, step, 2 * step .. on. */
void http_read_at_once(http_probe *probe, size_t count, uint64_t step, size_t length);

#endif
