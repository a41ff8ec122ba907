/* SPDX-License-Identifier: MIT
 *
 * The one thing about writing JSON that can go wrong: strings.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

/* Prints `text` to standard output as a JSON string with its quotes. Bytes that are not UTF-8
 * become U+FFFD. */
void json_print_string(const char *text);

#endif
