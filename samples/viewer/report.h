/* SPDX-License-Identifier: MIT
 *
 * What a run cost, as JSON.
 */
#ifndef VIEWER_REPORT_H
#define VIEWER_REPORT_H

#include "app.h"

/* Writes the figures of the latest METER_VALUES pictures to `path`. false: said on standard error.
 */
bool report_write(const app *a, const char *path);

#endif
