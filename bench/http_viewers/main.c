/* SPDX-License-Identifier: MIT
 *
 * Viewers over HTTP, measured. run.py in this folder runs it with servers of its own.
 */
#include "http_viewers.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {{"long", command_long},
                {"viewers", command_viewers},
                {"link", command_link},
                {"many", command_many}};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    fprintf(stderr,
            "usage: alphastream-http-viewers COMMAND ...\n"
            "\n"
            "  long IN OUT SECONDS                  a longer container of the same frames\n"
            "  viewers URL [--viewers N] [--seconds S] [--speed X] [--join S] [--seek-every S]\n"
            "          [--seed N]                   viewers who join, play and seek\n"
            "  link URL FILE [--seeks N] [--seconds S] [--opens N]\n"
            "                                       first frame, seeks, late frames of one\n"
            "  many URL FILE [--streams N] [--seconds S]\n"
            "                                       streams at once, every mask compared\n");
    return 2;
}
