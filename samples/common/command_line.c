/* SPDX-License-Identifier: MIT */
#include "command_line.h"

#include "suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MOST_OPTIONS = 96, LIST_SIZE = 128, ARGUMENT_SIZE = 64 };

int command_exit_code(as_result result)
{
    switch (result) {
    case AS_OK: return CLI_DONE;
    case AS_ERROR_DECODE:
    case AS_ERROR_OUT_OF_RANGE:
    case AS_ERROR_LIMIT: return CLI_DATA;
    case AS_TIMEOUT: /* of an open */
    case AS_ERROR_TRANSPORT:
    case AS_ERROR_UNSUPPORTED:
    case AS_ERROR_CANCELLED:
    case AS_ERROR_CHANGED: return CLI_SOURCE;
    default: return CLI_USAGE;
    }
}

/* No option is called `argument`, with its dashes; nor does only one begin so. */
static void refuse_long(const struct option *options, const char *argument, const char *program,
                        char *out, size_t size)
{
    const char *names[MOST_OPTIONS] = {NULL};
    char list[LIST_SIZE] = "";
    size_t count = 0, fitting = 0;
    for (; options[count].name && count < MOST_OPTIONS; count++) {
        names[count] = options[count].name;
        if (strncmp(names[count], argument + 2, strlen(argument + 2)) != 0)
            continue;
        const size_t used = strlen(list);
        snprintf(list + used, sizeof(list) - used, "%s--%s", fitting++ ? ", " : "", names[count]);
    }
    const char *meant = suggest(argument + 2, names, count);
    if (fitting > 1)
        snprintf(out, size, "option %s is the beginning of several: %s; write it in full", argument,
                 list);
    else if (meant)
        snprintf(out, size, "there is no option %s; did you mean --%s?", argument, meant);
    else
        snprintf(out, size, "there is no option %s; see %s --help", argument, program);
}

/* Does getopt_long know the value of optopt? A character that it does not know is none. */
static bool is_known(const struct option *options, int value)
{
    for (; options->name; options++)
        if (options->val == value)
            return true;
    return false;
}

void command_refuse_option(const struct option *options, const char *argument, const char *program,
                           char *out, size_t size)
{
    char name[ARGUMENT_SIZE]; /* a value behind "=" may be a secret */
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(argument, "="), argument);
    const bool is_long = strncmp(name, "--", 2) == 0 && (!optopt || is_known(options, optopt));
    if (is_long && optopt)
        snprintf(out, size, "option %s takes no value; see %s --help", name, program);
    else if (is_long)
        refuse_long(options, name, program, out, size);
    else
        snprintf(out, size, "there is no option -%c; see %s --help", optopt, program);
}
