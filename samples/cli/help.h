/* SPDX-License-Identifier: MIT
 *
 * What --help prints.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdbool.h>

/* The text of the whole tool. */
void help_print(void);

typedef struct command_help {
    const char *text;
    bool alone; /* without a SOURCE: options of all commands mean nothing to it */
    const char *examples;
} command_help;

/* The text of one command, the options that all of them take, and examples. */
void help_print_command(const command_help *help);

extern const command_help help_info, help_verify, help_framehash, help_decode, help_convert,
    help_play, help_gpus, help_doctor;

#endif
