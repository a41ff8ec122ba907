/* SPDX-License-Identifier: MIT
 *
 * Building payloads from points.
 */
#ifndef TEST_RECORDS_H
#define TEST_RECORDS_H

#include "tests/support/random.h"

#include <stddef.h>
#include <stdint.h>

typedef struct test_payload {
    uint8_t *bytes; /* malloc'd */
    size_t size;
} test_payload;

typedef struct test_point {
    int32_t x, y;
} test_point;

/* Collects channels; the first point must fit u16, steps must fit i8 (longer ones are walked in
 * several steps along the way, which adds points). */
typedef struct test_records {
    uint8_t *sizes, *bytes;
    size_t channels, size, sizes_capacity, capacity;
} test_records;

void test_records_add(test_records *records, const test_point *points, size_t count);
/* A record of any bytes. */
void test_records_add_raw(test_records *records, const void *bytes, size_t size);
/* The payload; empties the collection. */
test_payload test_records_finish(test_records *records);
void test_payload_free(test_payload *payload);

/* Channels of 0 to 40 points in several styles (tiny steps, wild steps, shapes far outside, odd
 * bytes, records under 4 bytes) around a canvas of width x height. */
test_payload test_random_payload(test_random *random, uint32_t width, uint32_t height);

#endif
