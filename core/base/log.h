/* SPDX-License-Identifier: MIT
 *
 * Messages to the caller's callback; nothing is formatted when the level is not wanted.
 */
#ifndef AS_BASE_LOG_H
#define AS_BASE_LOG_H

#include "alphastream/log.h"
#include "core/base/error.h"

void as_log_write(const as_log *log, as_log_level level, const char *format, ...) AS_PRINTF(3, 4);

#endif
