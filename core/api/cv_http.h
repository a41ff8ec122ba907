/* SPDX-License-Identifier: MIT
 *
 * as_http_params as CV_set_option sets them: by name, from text. The struct owns what it points to;
 * start with {.struct_size = sizeof(as_http_params)}. Not thread-safe: the handle's lock guards it.
 */
#ifndef AS_API_CV_HTTP_H
#define AS_API_CV_HTTP_H

#include "alphastream/source.h"

#include <stdbool.h>

/* Does an option of this name belong here? */
bool as_cv_http_is_option(const char *name);
/* AS_ERROR_ARGUMENT: no such option, or not a value it may have; AS_ERROR_OUT_OF_MEMORY. Then http
 * is as it was. Header values show in no sentence. */
as_result as_cv_http_set(as_http_params *http, const char *name, const char *value,
                         as_error *error);
/* AS_ERROR_OUT_OF_MEMORY: *to holds nothing. */
as_result as_cv_http_copy(as_http_params *to, const as_http_params *from, as_error *error);
/* Wipes texts, which may be secrets, and leaves the defaults. */
void as_cv_http_free(as_http_params *http);

/* The name of option i, or NULL past the last; for documentation tests. */
const char *as_cv_http_name(size_t i);

#endif
