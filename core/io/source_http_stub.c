/* SPDX-License-Identifier: MIT
 *
 * In the place of the HTTP source in a build with ALPHASTREAM_WITH_HTTP=OFF.
 */
#include "core/io/io_internal.h"

#include <string.h>

bool as_io_has_http(void)
{
    return false;
}

size_t as_io_describe_http(bool tls, char *text, size_t size)
{
    (void)tls;
    if (size > 0)
        *text = '\0';
    return 0;
}

/* Shows the scheme and the file name alone: hosts may carry a password, queries a signature. */
as_result as_io_open_http(const char *url, const as_http_params *params, as_source **out_source,
                          as_error *error)
{
    (void)params;
    (void)out_source;
    const bool http = as_io_has_scheme(url, "http") || as_io_has_scheme(url, "https");
    if (!http || !as_io_is_url(url))
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "the location is not an http or https URL; give one like "
                          "https://host/path");
    char scheme[AS_IO_SHOWN], name[AS_IO_SHOWN];
    size_t length;
    const char *start = as_io_salt_name(url, &length);
    const bool is_host = start[-1] == '/' && start[-2] == '/';
    return as_err_set(error, AS_ERROR_UNSUPPORTED,
                      "\"%s\" cannot be read by %s, because this build of the library has no HTTP; "
                      "download it and open the file, or use a build with HTTP",
                      as_io_shown(name, start, is_host ? 0 : length),
                      as_io_shown(scheme, url, strcspn(url, ":")));
}

as_result as_io_http_stats(const as_source *front, as_http_stats *out_stats, as_error *error)
{
    (void)out_stats;
    return as_err_set(error, AS_ERROR_UNSUPPORTED,
                      "\"%s\" is not read over HTTP; only such sources have these statistics",
                      as_io_name(front));
}

bool as_io_http_cached(const as_source *source, as_byte_range *ranges, size_t capacity,
                       size_t *out_count)
{
    (void)source;
    (void)ranges;
    (void)capacity;
    (void)out_count;
    return false;
}
