/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include "core/base/bytes.h"
#include "core/base/mem.h"
#include "core/crypto/crypto.h"

#include <libdeflate.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STORED = 65535, PATTERN = 65521 };

void fuzz_fail(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}

void fuzz_check_nothing_alive(void)
{
    /* Workers free what they carried after the last waiter was told. */
    for (int i = 0; i < 1000000 && as_mem_live() != 0; i++)
        (void)sched_yield();
    FUZZ_CHECK(as_mem_live() == 0);
}

/* ------------------------------------------------------------------------- reading input ---- */

static uint64_t take_number(fuzz_bytes *in, size_t bytes)
{
    uint64_t v = 0;
    const fuzz_bytes part = fuzz_take(in, bytes);
    for (size_t i = 0; i < part.left; i++)
        v |= (uint64_t)part.at[i] << (8 * i);
    return v;
}

uint8_t fuzz_u8(fuzz_bytes *in)
{
    return (uint8_t)take_number(in, 1);
}

uint16_t fuzz_u16(fuzz_bytes *in)
{
    return (uint16_t)take_number(in, 2);
}

uint32_t fuzz_u32(fuzz_bytes *in)
{
    return (uint32_t)take_number(in, 4);
}

uint64_t fuzz_u64(fuzz_bytes *in)
{
    return take_number(in, 8);
}

uint64_t fuzz_size(fuzz_bytes *in)
{
    const uint8_t kind = fuzz_u8(in);
    return kind < 248 ? kind : take_number(in, (size_t)kind - 247);
}

uint32_t fuzz_in(fuzz_bytes *in, uint32_t from, uint32_t to)
{
    const uint64_t count = (uint64_t)to - from + 1;
    const uint64_t v = count <= 256 ? fuzz_u8(in) : count <= 65536 ? fuzz_u16(in) : fuzz_u32(in);
    return from + (uint32_t)(v % count);
}

fuzz_bytes fuzz_take(fuzz_bytes *in, size_t most)
{
    const fuzz_bytes part = {in->at, most < in->left ? most : in->left};
    if (part.left != 0)
        in->at += part.left;
    in->left -= part.left;
    return part;
}

char *fuzz_text(fuzz_bytes *in, size_t most)
{
    const fuzz_bytes part = fuzz_take(in, most);
    char *text = malloc(part.left + 1);
    if (!text)
        FUZZ_FAIL("memory for a text");
    if (part.left)
        memcpy(text, part.at, part.left);
    text[part.left] = '\0';
    return text;
}

/* ------------------------------------------------------------------------- making things ---- */

void fuzz_add_zlib(test_bytes *out, const void *in, size_t size)
{
    static const uint8_t head[2] = {0x78, 0x01};
    const uint32_t sum = libdeflate_adler32(1, in, size);
    const uint8_t *at = in;
    test_bytes_add(out, head, sizeof(head));
    for (;;) {
        const uint16_t length = (uint16_t)(size < MOST_STORED ? size : MOST_STORED);
        const uint16_t other = (uint16_t)~length;
        const uint8_t block[5] = {length == size, (uint8_t)length, (uint8_t)(length >> 8),
                                  (uint8_t)other, (uint8_t)(other >> 8)};
        test_bytes_add(out, block, sizeof(block));
        test_bytes_add(out, at, length);
        if (length == size)
            break;
        at += length;
        size -= length;
    }
    const uint8_t tail[4] = {(uint8_t)(sum >> 24), (uint8_t)(sum >> 16), (uint8_t)(sum >> 8),
                             (uint8_t)sum};
    test_bytes_add(out, tail, sizeof(tail));
}

test_bytes fuzz_payload(fuzz_bytes *in, uint32_t most)
{
    test_bytes sizes = {0}, records = {0}, out = {0};
    const uint32_t channels = fuzz_in(in, 0, most);
    for (uint32_t i = 0; i < channels; i++) {
        const fuzz_bytes record = fuzz_take(in, fuzz_u8(in));
        test_bytes_add_u32(&sizes, (uint32_t)record.left);
        test_bytes_add(&records, record.at, record.left);
    }
    test_bytes_add_u32(&out, channels);
    test_bytes_add(&out, sizes.data, sizes.size);
    test_bytes_add(&out, records.data, records.size);
    test_bytes_free(&sizes);
    test_bytes_free(&records);
    return out;
}

static test_bytes make_block(fuzz_bytes *in, bool damage)
{
    const uint8_t kind = damage ? fuzz_u8(in) : 0;
    test_bytes block = {0}, payload = {0};
    if (kind & 1) {
        const fuzz_bytes raw = fuzz_take(in, fuzz_u8(in));
        test_bytes_add(&payload, raw.at, raw.left);
    } else {
        payload = fuzz_payload(in, 6);
    }
    uint32_t stated = (uint32_t)payload.size;
    if (kind & 2)
        stated += fuzz_u32(in);
    test_bytes_add_u32(&block, stated);
    if (kind & 4)
        test_bytes_add(&block, payload.data, payload.size);
    else
        fuzz_add_zlib(&block, payload.data, payload.size);
    if (kind & 8)
        block.size -= fuzz_u8(in) % (block.size + 1);
    test_bytes_free(&payload);
    return block;
}

test_bytes fuzz_container(fuzz_bytes *in, uint32_t count, bool damage)
{
    test_bytes sizes = {0}, table = {0}, blocks = {0};
    for (uint32_t i = 0; i < count; i++) {
        test_bytes block = make_block(in, damage);
        test_bytes_add(&blocks, block.data, block.size);
        test_bytes_add_u64(&sizes, block.size);
        test_bytes_free(&block);
    }
    for (uint32_t i = damage ? fuzz_u8(in) % 4 : 0; i > 0 && count > 0; i--) {
        const uint32_t frame = fuzz_u8(in) % count;
        as_put_u64(sizes.data + 8 * (size_t)frame, fuzz_size(in));
    }
    fuzz_add_zlib(&table, sizes.data, sizes.size);
    test_bytes out = test_container_head("ASVP", damage ? fuzz_u8(in) : count, (uint32_t)table.size,
                                         table.data, table.size);
    test_bytes_add(&out, blocks.data, blocks.size);
    for (uint32_t i = damage ? fuzz_u8(in) % 8 : 0; i > 0; i--) {
        const size_t at = fuzz_u16(in) % out.size;
        out.data[at] = fuzz_u8(in);
    }
    test_bytes_free(&sizes);
    test_bytes_free(&table);
    test_bytes_free(&blocks);
    return out;
}

/* Made once, since a byte at a time would cost more than what is tested. */
static const uint8_t *content_from(uint32_t version, uint64_t offset, size_t *size)
{
    static uint8_t pattern[PATTERN];
    const size_t at = (size_t)((offset + (uint64_t)version * 3001) % PATTERN);
    if (pattern[0] == 0) {
        uint32_t state = 1;
        for (size_t i = 0; i < PATTERN; i++) {
            state = state * 1664525 + 1013904223;
            pattern[i] = (uint8_t)(state >> 24) | (i == 0);
        }
    }
    *size = *size < PATTERN - at ? *size : PATTERN - at;
    return pattern + at;
}

void fuzz_content(uint32_t version, uint64_t offset, uint8_t *out, size_t size)
{
    while (size != 0) {
        size_t piece = size;
        const uint8_t *from = content_from(version, offset, &piece);
        memcpy(out, from, piece);
        out += piece;
        offset += piece;
        size -= piece;
    }
}

bool fuzz_is_content(uint32_t version, uint64_t offset, const uint8_t *bytes, size_t size)
{
    while (size != 0) {
        size_t piece = size;
        const uint8_t *wanted = content_from(version, offset, &piece);
        if (memcmp(bytes, wanted, piece) != 0)
            return false;
        bytes += piece;
        offset += piece;
        size -= piece;
    }
    return true;
}

/* ---------------------------------------------------------------------------- encryption ---- */

as_key_params fuzz_key(void)
{
    return (as_key_params){.struct_size = sizeof(as_key_params),
                           .scene_id = 7,
                           .passphrase = "fuzz",
                           .passphrase_size = 4,
                           .version = "1.5.0",
                           .file_name = "fuzz.asvr"};
}

static void apply(as_cipher *cipher, const as_key *key, uint32_t id, uint8_t *bytes, size_t size)
{
    as_error error;
    FUZZ_CHECK(as_crypto_cipher_start(cipher, key, id, &error) == AS_OK);
    FUZZ_CHECK(as_crypto_cipher_apply(cipher, bytes, bytes, size, &error) == AS_OK);
}

/* The block of frame `index`, as far as the source has it. */
static void apply_to_frame(as_cipher *cipher, const as_key *key, const as_container *container,
                           uint32_t index, test_bytes *out)
{
    as_byte_range range;
    as_error error;
    FUZZ_CHECK(as_container_frame_range(container, index, &range, &error) == AS_OK);
    if (range.offset >= out->size)
        return;
    const uint64_t there = out->size - range.offset;
    apply(cipher, key, index, out->data + range.offset,
          (size_t)(range.length < there ? range.length : there));
}

test_bytes fuzz_encrypt(const uint8_t *bytes, size_t size, const as_container *container)
{
    const as_key_params params = fuzz_key();
    as_cipher *cipher;
    as_container_info info = {0};
    as_error error;
    as_key key;
    test_bytes out = {0};
    test_bytes_add(&out, bytes, size);
    FUZZ_CHECK(as_crypto_cipher_create(&cipher, &error) == AS_OK);
    FUZZ_CHECK(as_crypto_derive(&key, params.passphrase, params.passphrase_size, params.scene_id,
                                params.version, params.file_name, &error) == AS_OK);
    if (container)
        FUZZ_CHECK(as_container_get_info(container, &info, &error) == AS_OK);
    const uint64_t head = 16 + info.table_bytes;
    apply(cipher, &key, AS_KEY_ID_TABLE, out.data, container && head < size ? (size_t)head : size);
    for (uint64_t i = 0; i < info.frame_count; i++)
        apply_to_frame(cipher, &key, container, (uint32_t)i, &out);
    as_crypto_cipher_destroy(cipher);
    return out;
}
