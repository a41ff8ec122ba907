/* SPDX-License-Identifier: MIT */
#include "tests/support/records.h"

#include "core/base/bytes.h"

#include <stdlib.h>
#include <string.h>

static void append(uint8_t **bytes, size_t *size, size_t *capacity, const void *more, size_t n)
{
    if (*size + n > *capacity) {
        *capacity = (*size + n) * 2 + 64;
        *bytes = realloc(*bytes, *capacity);
        if (!*bytes)
            abort();
    }
    if (n)
        memcpy(*bytes + *size, more, n);
    *size += n;
}

static void finish_record(test_records *r, size_t record_size)
{
    uint8_t stated[4];
    size_t used = 4 * r->channels;
    as_put_u32(stated, (uint32_t)record_size);
    append(&r->sizes, &used, &r->sizes_capacity, stated, 4);
    r->channels++;
}

static int32_t clamp_step(int32_t d)
{
    return d > 127 ? 127 : d < -128 ? -128 : d;
}

void test_records_add(test_records *r, const test_point *points, size_t count)
{
    size_t before = r->size;
    if (count) {
        uint8_t first[4] = {(uint8_t)points[0].x, (uint8_t)(points[0].x >> 8), (uint8_t)points[0].y,
                            (uint8_t)(points[0].y >> 8)};
        append(&r->bytes, &r->size, &r->capacity, first, 4);
    }
    for (size_t i = 1; i < count; i++) {
        int32_t dx = points[i].x - points[i - 1].x, dy = points[i].y - points[i - 1].y;
        do {
            int32_t sx = clamp_step(dx), sy = clamp_step(dy);
            uint8_t step[2] = {(uint8_t)sx, (uint8_t)sy};
            append(&r->bytes, &r->size, &r->capacity, step, 2);
            dx -= sx;
            dy -= sy;
        } while (dx || dy);
    }
    finish_record(r, r->size - before);
}

void test_records_add_raw(test_records *r, const void *bytes, size_t size)
{
    append(&r->bytes, &r->size, &r->capacity, bytes, size);
    finish_record(r, size);
}

test_payload test_records_finish(test_records *r)
{
    test_payload payload = {.size = 4 + 4 * r->channels + r->size};
    payload.bytes = malloc(payload.size);
    if (!payload.bytes)
        abort();
    as_put_u32(payload.bytes, (uint32_t)r->channels);
    if (r->channels)
        memcpy(payload.bytes + 4, r->sizes, 4 * r->channels);
    if (r->size)
        memcpy(payload.bytes + 4 + 4 * r->channels, r->bytes, r->size);
    free(r->sizes);
    free(r->bytes);
    *r = (test_records){0};
    return payload;
}

void test_payload_free(test_payload *payload)
{
    free(payload->bytes);
    *payload = (test_payload){0};
}

static void random_record(test_random *random, test_records *records, uint32_t w, uint32_t h)
{
    uint8_t bytes[4 + 2 * 40 + 1];
    size_t steps = (size_t)test_random_in(random, 0, 39);
    int64_t reach = (int64_t[]){1, 2, 9, 40, 128}[test_random_in(random, 0, 4)];
    int64_t margin = test_random_in(random, 0, 5) == 0 ? 300 : 0;
    uint32_t x = (uint32_t)test_random_in(random, 0, (int64_t)w + margin) & 0xFFFF;
    uint32_t y = (uint32_t)test_random_in(random, 0, (int64_t)h + margin) & 0xFFFF;
    size_t size = 0;
    bytes[size++] = (uint8_t)x;
    bytes[size++] = (uint8_t)(x >> 8);
    bytes[size++] = (uint8_t)y;
    bytes[size++] = (uint8_t)(y >> 8);
    for (size_t i = 0; i < steps; i++) {
        bytes[size++] = (uint8_t)test_random_in(random, -reach, reach > 127 ? 127 : reach);
        bytes[size++] = (uint8_t)test_random_in(random, -reach, reach > 127 ? 127 : reach);
    }
    if (test_random_in(random, 0, 9) == 0)
        bytes[size++] = 77; /* an odd last byte is ignored */
    if (test_random_in(random, 0, 19) == 0)
        size = (size_t)test_random_in(random, 0, 3); /* no points at all */
    test_records_add_raw(records, bytes, size);
}

test_payload test_random_payload(test_random *random, uint32_t width, uint32_t height)
{
    test_records records = {0};
    int64_t channels = test_random_in(random, 0, 6);
    for (int64_t i = 0; i < channels; i++)
        random_record(random, &records, width, height);
    return test_records_finish(&records);
}
