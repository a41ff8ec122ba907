/* SPDX-License-Identifier: MIT
 *
 * What a host does with the library, from the open to the close, while something fails: each result
 * has to be one that is allowed, each frame right, and nothing may be left behind.
 */
#ifndef FAULT_SCENARIOS_H
#define FAULT_SCENARIOS_H

#include "tests/fault/link_faults.h"
#include "tests/support/mask_hash.h"

typedef struct fault_place {
    const char *name;
    mask_content *content;
    const char *location;       /* path or URL */
    bool mapped;                /* open the file mapped */
    bool only_read;             /* write no other container */
    const as_http_params *http; /* of a URL */
} fault_place;

typedef struct fault_case {
    link_call call;
    const as_result *allowed; /* beside AS_OK; ended by AS_OK */
    uint64_t lasting;         /* only the first so many fail for good; 0: each */
} fault_case;

/* Calls of that kind fail, once in turn and from then on: the first five and every power of two,
 * or, with ALPHASTREAM_TEST_FULL=1, each. Returns how many times one did, in all. */
uint64_t fault_play(const fault_case *c, const fault_place *place);

#endif
