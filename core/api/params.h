/* SPDX-License-Identifier: MIT
 *
 * Taking arguments from callers that may have been compiled for another version of the library.
 */
#ifndef AS_API_PARAMS_H
#define AS_API_PARAMS_H

#include "alphastream/container.h"
#include "alphastream/source.h"

#include <stddef.h>

/* Fills the params struct `dst` of dst_size bytes from the caller's `src`, an older and shorter one
 * or a newer and longer one too; NULL leaves all defaults. dst's struct_size becomes dst_size.
 * `name` is the type's name for the sentence. AS_ERROR_ARGUMENT for a struct_size that cannot be,
 * AS_ERROR_UNSUPPORTED where a newer struct asks for something that this version does not know. */
as_result as_api_params(void *dst, size_t dst_size, const void *src, const char *name,
                        as_error *error);

/* Copies what fits the caller's struct of results, which begins with its struct_size; 0 where the
 * caller's is longer. AS_ERROR_ARGUMENT for a struct_size that cannot be. */
as_result as_api_give(void *out, const void *from, size_t size, const char *name, as_error *error);

/* The error to fill: the caller's, or one to throw away. */
static inline as_error *as_api_error(as_error *given, as_error *local)
{
    return given ? given : local;
}

/* As as_api_params, and each field is in its range (source_http.c). */
as_result as_api_http_params(as_http_params *out, const as_http_params *params, as_error *error);

/* Replaces limits of 0 by their defaults; AS_ERROR_ARGUMENT names one outside its range. */
as_result as_api_limits(as_limits *limits, as_error *error);

#endif
