/* SPDX-License-Identifier: MIT
 *
 * UTF-8 that comes from elsewhere: names of files, arguments, what servers say.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the UTF-8 character that `text`, which is not at its end, begins with; 0: there is none.
 */
size_t text_character(const char *text);
/* Does it begin with a control character, those from U+0080 to U+009F included? */
bool text_is_control(const char *text);
/* Bytes of the character that it begins with, if that may be shown on a terminal; 0 otherwise. */
size_t text_printable(const char *text);

#endif
