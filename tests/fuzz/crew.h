/* SPDX-License-Identifier: MIT
 *
 * A few threads that do what the input's program says, one thing after another or at once.
 */
#ifndef FUZZ_CREW_H
#define FUZZ_CREW_H

#include <stddef.h>

enum { FUZZ_CREW = 3 };

/* Hands a job to thread `index` (0 .. FUZZ_CREW - 1), which starts with its first; waits first for
 * the one that it is at. */
void fuzz_crew_start(size_t index, void (*run)(void *job), void *job);
/* The same, and waits for all. Where nobody else works, thread 0's job runs in the caller's, which
 * costs no change of threads. */
void fuzz_crew_run(size_t index, void (*run)(void *job), void *job);
/* Until its job is done; until all are. */
void fuzz_crew_wait_for(size_t index);
void fuzz_crew_wait(void);
/* Waits and ends the threads. */
void fuzz_crew_end(void);

#endif
