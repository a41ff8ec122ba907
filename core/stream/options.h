/* SPDX-License-Identifier: MIT
 *
 * The options of a stream as one table: name, default, range. as_stream_open checks params against
 * it, CV_set_option sets them by name.
 */
#ifndef AS_STREAM_OPTIONS_H
#define AS_STREAM_OPTIONS_H

#include "alphastream/stream.h"

/* Replaces zeros by defaults and checks every field's range and what depends on another.
 * AS_ERROR_ARGUMENT names option and range. `params` is a full struct. */
as_result as_options_complete(as_stream_params *params, as_error *error);

/* Sets an option from text. AS_ERROR_ARGUMENT: no such option, or not in its range. */
as_result as_options_set(as_stream_params *params, const char *name, const char *value,
                         as_error *error);

/* The text of the name of option i, or NULL past the last; for documentation tests. */
const char *as_options_name(size_t i);

#endif
