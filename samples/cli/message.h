/* SPDX-License-Identifier: MIT
 *
 * What the tool says: errors and log lines on standard error, results on standard output, and the
 * exit codes.
 */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include "samples/common/command_line.h"

#include "alphastream/log.h"
#include "alphastream/result.h"

#include <stdbool.h>
#include <stddef.h>

#if defined(__MINGW32__) /* where plain printf means Microsoft's older one */
#define MESSAGE_FORMAT __attribute__((format(gnu_printf, 1, 2)))
#elif defined(__GNUC__)
#define MESSAGE_FORMAT __attribute__((format(printf, 1, 2)))
#else
#define MESSAGE_FORMAT
#endif

/* One line on standard error, "alphastream: " before it. Control characters and what is not
 * UTF-8 become '?', a byte each, so that a file name cannot break the line. Any thread. */
void message_error(const char *format, ...) MESSAGE_FORMAT;

/* The same, returning CLI_USAGE. */
int message_usage(const char *format, ...) MESSAGE_FORMAT;

/* Prints error->text and returns the exit code of its result for something that was read. */
int message_fail(const as_error *error);

/* Whether `result` concerns one frame alone, so that the others are worth trying. */
bool message_is_bad_frame(as_result result);

/* A line on standard error without the prefix. */
void message_note(const char *format, ...) MESSAGE_FORMAT;

/* An as_log_fn. */
void message_log(void *user, as_log_level level, const char *message);

/* From now on the first sentence for standard error goes into `text`, `size` bytes, and the others
 * nowhere; with NULL to standard error again. */
void message_divert(char *text, size_t size);

typedef enum message_colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_BAD, COLOUR_DOUBT } message_colour;

/* A word to standard output, coloured on a terminal, unless NO_COLOR is set or TERM is "dumb". */
bool message_print_coloured(message_colour colour, const char *word);

/* Shows `text` as the last, unfinished line of standard error; "" takes it away. Errors and notes
 * go above it. */
void message_status(const char *text);

/* printf to standard output; false once standard output has failed. */
bool message_print(const char *format, ...) MESSAGE_FORMAT;

/* A file's name to standard output; the same become '?' there. */
bool message_print_name(const char *name);

/* Flushes standard output. Returns `code`, or CLI_USAGE if something printed did not get out: with
 * a sentence, but for a reader that went away. */
int message_finish(int code);

/* Whether a write to standard output that failed with `system_error` means that nobody reads it. */
bool message_is_closed(int system_error);

#endif
