/* SPDX-License-Identifier: MIT
 *
 * Tells a source which bytes come next, so that one with a network behind it fetches them in large
 * pieces while frames are worked on. To others it means nothing.
 */
#ifndef CLI_AHEAD_H
#define CLI_AHEAD_H

#include "frames_list.h"

#include "alphastream/alphastream.h"

/* Start with the first three fields set. */
typedef struct ahead {
    as_source *source;
    as_container *container;
    const frames_list *frames;
    uint64_t renew; /* the position in them from which there is more to tell */
} ahead;

/* Frame `position` of the list is about to be read. */
void ahead_at(ahead *a, uint64_t position);

#endif
