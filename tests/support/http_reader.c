/* SPDX-License-Identifier: MIT */
#include "tests/support/http_reader.h"

#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>

static void *read_part(void *user)
{
    http_reader *r = user;
    uint8_t *buffer = malloc(r->length);
    size_t got = 0;
    r->result =
        buffer ? as_source_read(r->probe->source, r->offset, buffer, r->length, &got, &r->error)
               : AS_ERROR_OUT_OF_MEMORY;
    r->wrong =
        r->result == AS_OK &&
        (got != r->length || memcmp(buffer, r->probe->content->bytes + r->offset, r->length) != 0);
    free(buffer);
    return NULL;
}

void http_reader_start(http_reader *reader, http_probe *probe, uint64_t offset, size_t length)
{
    *reader = (http_reader){.probe = probe, .offset = offset, .length = length};
    assert_int_equal(pthread_create(&reader->thread, NULL, read_part, reader), 0);
}

void http_reader_join(http_reader *reader)
{
    pthread_join(reader->thread, NULL);
    assert_ok(reader->result, &reader->error);
    assert_false(reader->wrong);
}

void http_read_at_once(http_probe *probe, size_t count, uint64_t step, size_t length)
{
    enum { MOST = 16 };
    http_reader readers[MOST];
    assert_true(count <= MOST);
    for (size_t i = 0; i < count; i++)
        http_reader_start(&readers[i], probe, step * i, length);
    for (size_t i = 0; i < count; i++)
        pthread_join(readers[i].thread, NULL);
    for (size_t i = 0; i < count; i++) {
        assert_ok(readers[i].result, &readers[i].error);
        assert_false(readers[i].wrong);
    }
}
