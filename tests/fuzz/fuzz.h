/* SPDX-License-Identifier: MIT
 *
 * What the fuzz targets share. A target is one function over bytes, which libFuzzer or replay.c
 * calls again and again; it leaves nothing behind. README.md has the list.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "tests/support/build_container.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process with what was expected, so that the input is kept. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fuzz_fail(__FILE__, __LINE__, #condition);                                             \
    } while (0)
#define FUZZ_FAIL(text) fuzz_fail(__FILE__, __LINE__, text)
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/* A call that failed left a sentence and its code, one that did not left neither. */
#define FUZZ_CHECK_RESULT(result, error)                                                           \
    FUZZ_CHECK((result) == AS_OK || ((error)->code == (result) && (error)->text[0] != '\0'))

/* The library holds no memory. Where threads of a pool are still about to end, waits for that. */
void fuzz_check_nothing_alive(void);

/* ------------------------------------------------------------------------- reading input ---- */

/* The input as a program: what is read past its end is 0. */
typedef struct fuzz_bytes {
    const uint8_t *at;
    size_t left;
} fuzz_bytes;

uint8_t fuzz_u8(fuzz_bytes *in);
uint16_t fuzz_u16(fuzz_bytes *in);
uint32_t fuzz_u32(fuzz_bytes *in);
uint64_t fuzz_u64(fuzz_bytes *in);
/* Number of 0 .. 2^64 - 1, mostly small: one byte says how many follow. */
uint64_t fuzz_size(fuzz_bytes *in);
/* from .. to, both included; at most 2^32 apart. */
uint32_t fuzz_in(fuzz_bytes *in, uint32_t from, uint32_t to);
/* The next bytes, as many of `most` as there are. */
fuzz_bytes fuzz_take(fuzz_bytes *in, size_t most);
/* As text in malloc'd memory of its own. */
char *fuzz_text(fuzz_bytes *in, size_t most);

/* ------------------------------------------------------------------------- making things ---- */

/* A zlib stream of stored blocks: as cheap to make as to read. */
void fuzz_add_zlib(test_bytes *out, const void *in, size_t size);
/* A payload of channels that the input describes: always well-formed. At most `most` channels. */
test_bytes fuzz_payload(fuzz_bytes *in, uint32_t most);
/* A container of `count` frames of such payloads; of the frame blocks some may be damaged. */
test_bytes fuzz_container(fuzz_bytes *in, uint32_t count, bool damage);

/* Bytes of a content, of version 0, 1, ...: one place is not like another. */
void fuzz_content(uint32_t version, uint64_t offset, uint8_t *out, size_t size);
bool fuzz_is_content(uint32_t version, uint64_t offset, const uint8_t *bytes, size_t size);

/* The key by which fuzz_encrypt encrypts. */
as_key_params fuzz_key(void);
/* An encrypted container from a plain one's bytes, whose frames `container` knows; NULL: all bytes
 * are one ciphertext, that of header and table. */
test_bytes fuzz_encrypt(const uint8_t *bytes, size_t size, const as_container *container);

#endif
