/* SPDX-License-Identifier: MIT
 *
 * In place of OpenSSL's scrypt, which takes 34 ms on purpose: as many bytes that depend on
 * passphrase and salt. Linked in by --wrap.
 */
#include <stddef.h>
#include <stdint.h>

int __wrap_EVP_PBE_scrypt(const char *passphrase, size_t passphrase_size, const unsigned char *salt,
                          size_t salt_size, uint64_t n, uint64_t r, uint64_t p, uint64_t most,
                          unsigned char *key, size_t key_size);

static uint64_t mix(uint64_t state, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        state = (state ^ bytes[i]) * UINT64_C(0x100000001b3);
    return (state ^ size) * UINT64_C(0x100000001b3);
}

int __wrap_EVP_PBE_scrypt(const char *passphrase, size_t passphrase_size, const unsigned char *salt,
                          size_t salt_size, uint64_t n, uint64_t r, uint64_t p, uint64_t most,
                          unsigned char *key, size_t key_size)
{
    uint64_t state =
        mix(UINT64_C(0xcbf29ce484222325), (const unsigned char *)passphrase, passphrase_size);
    (void)n, (void)r, (void)p, (void)most;
    state = mix(state, salt, salt_size);
    for (size_t i = 0; i < key_size; i++) {
        state = (state ^ i) * UINT64_C(0x100000001b3);
        key[i] = (unsigned char)(state >> 56);
    }
    return 1;
}
