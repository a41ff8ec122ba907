/* SPDX-License-Identifier: MIT
 *
 * A network without one: in place of the HTTP client's thread and of libcurl's transfers, a server
 * that does what an input says, on a clock of its own. Everything happens in the calling thread:
 * whoever waits for the network lets it go on. Linked in by --wrap.
 */
#ifndef FUZZ_TRANSPORT_H
#define FUZZ_TRANSPORT_H

#include "tests/fuzz/fuzz.h"

/* For an input: what is in it decides how requests are answered; once it is used up, the server
 * answers as it should. The content of version 0 has `size` bytes; with `tags`, versions have
 * entity tags, otherwise dates. */
void fuzz_transport_begin(fuzz_bytes *script, uint64_t size, bool tags);
/* One event on the network. false: there is nothing that could happen. */
bool fuzz_transport_step(void);
void fuzz_transport_pass(uint64_t ns);
/* Called whenever a reader waits. */
void fuzz_transport_on_wait(void (*waits)(void));

/* Are `size` bytes at `offset` those of one version that there was? Always true after an answer
 * that no honest server gives. */
bool fuzz_transport_is_content(uint64_t offset, const uint8_t *bytes, size_t size);
bool fuzz_transport_is_honest(void);
/* Of the content as it is now. */
uint64_t fuzz_transport_size(void);

#endif
