/* SPDX-License-Identifier: MIT
 *
 * Keeps what a command line asks for within the folder of folder.h: between begin and end, files
 * elsewhere cannot be opened, made, renamed or removed, and nobody sleeps for long. Linked in by
 * --wrap.
 */
#ifndef FUZZ_GUARD_FILES_H
#define FUZZ_GUARD_FILES_H

#include <stdbool.h>

void fuzz_guard_begin(void);
/* true: something in the folder may have been written. */
bool fuzz_guard_end(void);

#endif
