/* SPDX-License-Identifier: MIT */
#include "core/base/mem.h"
#include "core/io/io_internal.h"

#include <string.h>

static as_result open_file_url(const char *url, const as_file_params *params,
                               as_source **out_source, as_error *error)
{
    char *path;
    as_result result = as_io_file_url_path(url, &path, error);
    if (result != AS_OK)
        return result;
    size_t length;
    const char *start = as_io_salt_name(url, &length);
    char *name = as_mem_alloc(length + 1);
    if (name) {
        memcpy(name, start, length);
        name[length] = '\0';
        result = as_io_open_named_file(path, name, params, out_source, error);
    } else {
        result = as_err_no_memory(error, length + 1, "the name of a source");
    }
    as_mem_free(name);
    as_mem_free(path);
    return result;
}

/* Shows the scheme alone: what follows may hold a password. */
static as_result say_unsupported(const char *url, as_error *error)
{
    char scheme[AS_IO_SHOWN];
    return as_err_set(
        error, AS_ERROR_UNSUPPORTED,
        "URLs of the scheme \"%s\" cannot be read; give a path, a file, http or https "
        "URL, or bytes of your own through as_source_open_custom",
        as_io_shown(scheme, url, strcspn(url, ":")));
}

as_result as_io_open(const char *location, const as_source_params *params, as_source **out_source,
                     as_error *error)
{
    const as_file_params *file = params ? params->file : NULL;
    if (!as_io_is_url(location))
        return as_io_open_file(location, file, out_source, error);
    if (as_io_has_scheme(location, "file"))
        return open_file_url(location, file, out_source, error);
    if (as_io_has_scheme(location, "http") || as_io_has_scheme(location, "https"))
        return as_io_open_http(location, params ? params->http : NULL, out_source, error);
    return say_unsupported(location, error);
}
