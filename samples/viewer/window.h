/* SPDX-License-Identifier: MIT
 *
 * The viewer in a window, by GLFW.
 */
#ifndef VIEWER_WINDOW_H
#define VIEWER_WINDOW_H

#include "app.h"

/* Opens a window, plays until it is closed or the app is done, writes the screenshot that the
 * options ask for. Returns the exit code; what went wrong was said on standard error. */
int window_run(app *a);

#endif
