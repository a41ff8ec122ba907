/* SPDX-License-Identifier: MIT
 *
 * What --help prints.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

/* The text of the whole tool. */
void help_print(void);

/* `text` of one command, and the options that all of them take. */
void help_print_command(const char *text);

extern const char help_info[], help_verify[], help_framehash[], help_decode[], help_convert[],
    help_play[], help_gpus[];

#endif
