/* SPDX-License-Identifier: MIT
 *
 * Random numbers for tests: a seed that is printed and can be given back.
 */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdint.h>

typedef struct test_random {
    uint64_t state;
} test_random;

/* A seed from ALPHASTREAM_TEST_SEED, or else from the clock; printed with `what`. */
uint64_t test_seed(const char *what);
test_random test_random_from(uint64_t seed);
uint64_t test_random_u64(test_random *random);
/* from .. to, both included. */
int64_t test_random_in(test_random *random, int64_t from, int64_t to);

#endif
