/* SPDX-License-Identifier: MIT */
#include "core/base/log.h"

void as_log_write(const as_log *log, as_log_level level, const char *format, ...)
{
    if (!log->fn || level > log->level)
        return;
    char message[1024];
    va_list args;
    va_start(args, format);
    as_err_format(message, sizeof(message), format, args);
    va_end(args);
    log->fn(log->user, level, message);
}
