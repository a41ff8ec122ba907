/* SPDX-License-Identifier: MIT
 *
 * The viewer without a window, by a clock that goes on 1/60 s with each picture, so that the same
 * command line gives the same pictures every time.
 */
#ifndef VIEWER_HEADLESS_H
#define VIEWER_HEADLESS_H

#include "app.h"

/* Shows --frames, or does what --script says until its end, and writes the screenshot. Returns the
 * exit code; what went wrong was said on standard error. */
int headless_run(app *a);

#endif
