/* SPDX-License-Identifier: MIT
 *
 * Filling as_error. Internal functions take an `as_error *` that is never NULL; the api layer
 * stands in a local one where the caller gave none.
 */
#ifndef AS_BASE_ERROR_H
#define AS_BASE_ERROR_H

#include "alphastream/result.h"

#include <stdarg.h>

#if defined(__MINGW32__) /* where plain printf means Microsoft's older one */
#define AS_PRINTF(string, first) __attribute__((format(gnu_printf, string, first)))
#elif defined(__GNUC__)
#define AS_PRINTF(string, first) __attribute__((format(printf, string, first)))
#else
#define AS_PRINTF(string, first)
#endif

/* Both set every field (frame and offset to "none") and return `code`; the sentence is cut to fit
 * at a whole UTF-8 character, and cleaned as by as_err_format. */
as_result as_err_set(as_error *error, as_result code, const char *format, ...) AS_PRINTF(3, 4);
as_result as_err_errno(as_error *error, as_result code, int system_error, const char *format, ...)
    AS_PRINTF(4, 5);
/* Of `size` bytes wanted for `what`. */
as_result as_err_no_memory(as_error *error, uint64_t size, const char *what);
/* As vsnprintf, for texts that terminals and logs are going to show: names of files, what servers
 * and sources of callers say go into them. Control characters and what is not UTF-8 become '?', a
 * byte each (marks of the direction of writing are no such characters); a text that does not fit
 * ends with a whole character. */
void as_err_format(char *text, size_t size, const char *format, va_list args);
/* Adds the frame and "frame N: " before the text; keeps the code. */
as_result as_err_at_frame(as_error *error, uint64_t frame);

#endif
