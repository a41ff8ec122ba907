/* SPDX-License-Identifier: MIT
 *
 * Plays a stream of masks in a window, over a background or its video: what a person looks at, and
 * what tests of pictures run.
 */
#include "headless.h"
#include "window.h"

#include "samples/common/command_line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What was printed must have got out. */
static int finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "alphastream-viewer: writing to standard output failed: %s; check free space\n",
            strerror(errno));
    return CLI_USAGE;
}

int main(int argc, char **argv)
{
    static app a;
    const int code = options_read(&a.options, argc, argv);
    if (code != 0)
        return finish(code == OPTIONS_DONE ? CLI_DONE : code);
    return finish(a.options.headless ? headless_run(&a) : window_run(&a));
}
