/* SPDX-License-Identifier: MIT
 *
 * The key and cipher of ASVR containers (docs/format.md, "Encryption"), over OpenSSL or libgcrypt,
 * and where passphrases come from; SHA-256.
 */
#ifndef AS_CRYPTO_CRYPTO_H
#define AS_CRYPTO_CRYPTO_H

#include "alphastream/container.h"

#include <stdbool.h>

#define AS_KEY_BYTES 32
#define AS_SHA256_BYTES 32
#define AS_KEY_ID_TABLE 0xFFFFFFFFu /* header and sizes table; frames use their index */

typedef struct as_key {
    uint8_t bytes[AS_KEY_BYTES];
} as_key;

/* scrypt(passphrase, salt = scene_id LE || version || name, N = 16384, r = 8, p = 1). Takes about
 * 34 ms and 16 MiB. AS_ERROR_OUT_OF_MEMORY, or AS_ERROR_UNSUPPORTED when the library refuses. */
as_result as_crypto_derive(as_key *out_key, const void *passphrase, size_t passphrase_size,
                           uint32_t scene_id, const char *version, const char *name,
                           as_error *error);

/* A keystream that can be taken up again: header and table share one. */
typedef struct as_cipher as_cipher;
as_result as_crypto_cipher_create(as_cipher **out_cipher, as_error *error);
/* Starts key_id's keystream at its first byte. */
as_result as_crypto_cipher_start(as_cipher *cipher, const as_key *key, uint32_t key_id,
                                 as_error *error);
/* out = in XOR keystream, going on where the last call ended; in place is fine. */
as_result as_crypto_cipher_apply(as_cipher *cipher, const void *in, void *out, size_t size,
                                 as_error *error);
void as_crypto_cipher_destroy(as_cipher *cipher); /* wipes; NULL is ignored */

/* false: the library refused, or had no memory; `out` is then of no use. */
bool as_crypto_sha256(const void *data, size_t size, uint8_t out[AS_SHA256_BYTES]);

/* Zeroes memory in a way no optimizer removes. */
void as_crypto_wipe(void *memory, size_t size);

/* Copies a secret byte by byte: memcpy would leave it in vector registers, which then are saved to
 * the stack by whatever comes (the dynamic linker, a signal). */
void as_crypto_copy(void *to, const void *from, size_t size);
/* Wipes what calls have left on the stack below this one and in vector registers. */
void as_crypto_wipe_traces(void);

/* A passphrase found, in memory of its own. */
typedef struct as_passphrase {
    uint8_t *bytes; /* NULL: none was given anywhere */
    size_t size;
} as_passphrase;

/* Looks in params (may be NULL), then in the environment. AS_ERROR_ARGUMENT (both given, bad
 * hexadecimal), AS_ERROR_DECODE (a file that cannot be read or is over 64 KiB: the container's
 * passphrase is what is missing), AS_ERROR_OUT_OF_MEMORY. No passphrase anywhere is AS_OK with
 * NULL. */
as_result as_crypto_find_passphrase(const as_key_params *params, as_passphrase *out,
                                    as_error *error);
void as_crypto_passphrase_free(as_passphrase *passphrase); /* wipes */

#endif
