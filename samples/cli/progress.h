/* SPDX-License-Identifier: MIT
 *
 * A bar on standard error: on a terminal for anything over a second, or always, or never. Main
 * thread only.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "options.h"

typedef struct progress {
    const char *verb; /* static */
    uint64_t total;
    double started, shown; /* seconds; shown 0: not yet */
    double patience;       /* seconds before it appears */
    bool enabled;
} progress;

void progress_start(progress *p, const char *verb, uint64_t total, option_when when);
void progress_step(progress *p, uint64_t done);
/* Takes the bar away. */
void progress_end(progress *p);

/* Seconds on a clock that only goes forward. */
double progress_now(void);

#endif
