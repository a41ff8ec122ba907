/* SPDX-License-Identifier: MIT
 *
 * Containers made by hand, well-formed or wrong in a chosen way.
 */
#ifndef TEST_BUILD_CONTAINER_H
#define TEST_BUILD_CONTAINER_H

#include "alphastream/alphastream.h"

/* Growing malloc'd bytes. */
typedef struct test_bytes {
    uint8_t *data;
    size_t size, capacity;
} test_bytes;

void test_bytes_add(test_bytes *bytes, const void *more, size_t size);
void test_bytes_add_u32(test_bytes *bytes, uint32_t v);
void test_bytes_add_u64(test_bytes *bytes, uint64_t v);
/* The zlib stream of `size` bytes. */
void test_bytes_add_zlib(test_bytes *bytes, const void *in, size_t size);
void test_bytes_free(test_bytes *bytes);

/* A frame block: stated length, then the payload's zlib stream. */
test_bytes test_block(uint32_t stated, const void *payload, size_t size);
/* A plain container of these blocks. */
test_bytes test_container(const test_bytes *blocks, size_t count);
/* Header (with mark "ASVP" or none) and a table given as stored bytes; blocks may follow. */
test_bytes test_container_head(const char *mark, uint32_t stated_count, uint32_t table_size,
                               const void *table, size_t size);

/* A small payload that differs by number: one triangle. */
test_bytes test_small_payload(uint32_t number);

test_bytes test_small_block(uint32_t number);
/* Three frames of them, numbers 100 to 102; unless NULL, `blocks` are the caller's to free. */
test_bytes test_three_frames(test_bytes blocks[3]);
void test_free_blocks(test_bytes *blocks, size_t count);
/* Frame `index` must be the small payload of that number. */
void test_expect_small(as_container *container, uint64_t index, uint32_t number);

/* Of tests/data/closeup.asvr; the passphrase is static. */
as_key_params test_closeup_key(void);

/* Opens borrowed bytes; key may be NULL. */
as_result test_open_bytes(const void *data, size_t size, const char *name,
                          const as_container_params *params, as_container **out, as_error *error);

#endif
