/* SPDX-License-Identifier: MIT
 *
 * Plays a stream of masks in a window, over a background or its video: what a person looks at, and
 * what tests of pictures run.
 */
#include "headless.h"
#include "window.h"

int main(int argc, char **argv)
{
    static app a;
    const int code = options_read(&a.options, argc, argv);
    if (code != 0)
        return code == OPTIONS_DONE ? 0 : code;
    return a.options.headless ? headless_run(&a) : window_run(&a);
}
