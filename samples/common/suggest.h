/* SPDX-License-Identifier: MIT
 *
 * What somebody may have meant.
 */
#ifndef COMMON_SUGGEST_H
#define COMMON_SUGGEST_H

#include <stddef.h>

/* The one of `count` words (NULL ones are passed over) that `word` is most likely a slip of: a
 * beginning of it, or letters left out, added, changed or swapped, at most one in three. NULL: none
 * is near. */
const char *suggest(const char *word, const char *const *words, size_t count);

#endif
