/* SPDX-License-Identifier: MIT
 *
 * The one folder that a fuzz target may write into: below $TMPDIR or /tmp, made when it is first
 * asked for, removed when the process ends well.
 */
#ifndef FUZZ_FOLDER_H
#define FUZZ_FOLDER_H

#include <stdbool.h>

enum { FUZZ_PATH = 512 };

const char *fuzz_folder(void);
/* The path of a file in it. */
void fuzz_folder_path(char out[FUZZ_PATH], const char *name);
bool fuzz_folder_is_empty(void);
/* Removes what is in it, folders too. */
void fuzz_folder_clear(void);

#endif
