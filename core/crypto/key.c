/* SPDX-License-Identifier: MIT */
#include "core/crypto/scrypt.h"

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/mem.h"

#include <string.h>

enum {
    TRACES_BYTES = 16 << 10, /* of stack: deriving a key takes less */
    VECTORS_BYTES = 256,     /* memcpy takes eight registers for them */
};

void as_crypto_copy(void *to, const void *from, size_t size)
{
    const volatile uint8_t *bytes = from;
    uint8_t *at = to;
    for (size_t i = 0; i < size; i++)
        at[i] = bytes[i];
}

static void wipe_stack_and_vectors(void)
{
    static void *(*const volatile copy)(void *to, const void *from, size_t size) = memcpy;
    uint8_t traces[TRACES_BYTES];
    as_crypto_wipe(traces, sizeof(traces));
    (void)copy(traces, traces + sizeof(traces) / 2, VECTORS_BYTES);
}

void as_crypto_wipe_traces(void)
{
    /* Not to be inlined: its frame has to lie where those of others were. */
    static void (*const volatile wipe)(void) = wipe_stack_and_vectors;
    wipe();
}

as_result as_crypto_derive(as_key *out_key, const void *passphrase, size_t passphrase_size,
                           uint32_t scene_id, const char *version, const char *name,
                           as_error *error)
{
    size_t version_size = strlen(version), name_size = strlen(name);
    size_t salt_size = 4 + version_size + name_size;
    uint8_t *salt = as_mem_alloc(salt_size);
    if (!salt)
        return as_err_no_memory(error, salt_size, "the salt of a key");
    as_put_u32(salt, scene_id);
    memcpy(salt + 4, version, version_size);
    memcpy(salt + 4 + version_size, name, name_size);

    const as_result result =
        as_crypto_scrypt(out_key, passphrase, passphrase_size, salt, salt_size, error);
    as_crypto_wipe_traces();
    as_mem_free(salt);
    return result;
}
