/* SPDX-License-Identifier: MIT
 *
 * What the tool and the viewer have in common for whoever types their commands: exit codes, and
 * what is said of an option that does not exist.
 */
#ifndef COMMON_COMMAND_LINE_H
#define COMMON_COMMAND_LINE_H

#include <alphastream/result.h>

#include <getopt.h>
#include <stddef.h>

enum {
    CLI_DONE = 0,   /* all went well */
    CLI_DATA = 1,   /* the data was bad, a missing or wrong passphrase included */
    CLI_USAGE = 2,  /* wrong use, an unusable backend, an output that cannot be written */
    CLI_SOURCE = 3, /* the source cannot be reached or read */
};

/* The exit code of a result: AS_OK 0, malformed data 1, an unreachable source 3, the rest 2. */
int command_exit_code(as_result result);

/* After getopt_long gave '?', with opterr 0: the sentence about `argument`, which is what it gave
 * up on, or stands before it (of several characters behind one "-" none but the last moves optind).
 * `program` is whose --help it points to. */
void command_refuse_option(const struct option *options, const char *argument, const char *program,
                           char *out, size_t size);

#endif
