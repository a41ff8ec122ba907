/* SPDX-License-Identifier: MIT */
#include "tests/support/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t test_seed(const char *what)
{
    const char *given = getenv("ALPHASTREAM_TEST_SEED");
    uint64_t seed;
    if (given) {
        seed = strtoull(given, NULL, 0);
    } else {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        seed = (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec;
    }
    printf("%s: seed ALPHASTREAM_TEST_SEED=%" PRIu64 "\n", what, seed);
    fflush(stdout);
    return seed;
}

test_random test_random_from(uint64_t seed)
{
    return (test_random){.state = seed};
}

/* splitmix64, Sebastiano Vigna, public domain algorithm. */
uint64_t test_random_u64(test_random *random)
{
    uint64_t z = (random->state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

int64_t test_random_in(test_random *random, int64_t from, int64_t to)
{
    uint64_t span = (uint64_t)to - (uint64_t)from + 1;
    return (int64_t)((uint64_t)from + (span ? test_random_u64(random) % span : 0));
}
