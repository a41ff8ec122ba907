/* SPDX-License-Identifier: MIT */
#include "alphastream/source.h"

#include "core/api/params.h"
#include "core/base/error.h"
#include "core/io/io.h"

#include <inttypes.h>

static as_result say_null(as_error *error, const char *function, const char *parameter)
{
    return as_err_set(error, AS_ERROR_ARGUMENT, "%s: %s is NULL; it must point to something",
                      function, parameter);
}

static as_result say_not_zero(as_error *error, const char *field, uint32_t value)
{
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "%s is %" PRIu32 "; start from a zeroed struct and leave it 0", field, value);
}

static as_result say_not_a_switch(as_error *error, const char *field, uint32_t value)
{
    return as_err_set(error, AS_ERROR_ARGUMENT, "%s is %" PRIu32 "; it must be 0 or 1", field,
                      value);
}

static as_result take_file_params(as_file_params *out, const as_file_params *params,
                                  as_error *error)
{
    as_result result = as_api_params(out, sizeof(*out), params, "as_file_params", error);
    if (result == AS_OK && out->map > 1)
        return say_not_a_switch(error, "as_file_params.map", out->map);
    return result;
}

as_result as_source_open(const char *location, const as_source_params *params,
                         as_source **out_source, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!out_source)
        return say_null(error, __func__, "out_source");
    *out_source = NULL;
    if (!location)
        return say_null(error, __func__, "location");
    as_source_params own;
    as_file_params file;
    as_http_params http;
    as_result result = as_api_params(&own, sizeof(own), params, "as_source_params", error);
    if (result == AS_OK && own.reserved != 0)
        result = say_not_zero(error, "as_source_params.reserved", own.reserved);
    if (result == AS_OK)
        result = take_file_params(&file, own.file, error);
    if (result == AS_OK)
        result = as_api_http_params(&http, own.http, error);
    if (result != AS_OK)
        return result;
    own.file = &file;
    own.http = &http;
    return as_io_open(location, &own, out_source, error);
}

as_result as_source_open_file(const char *path, const as_file_params *params,
                              as_source **out_source, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!out_source)
        return say_null(error, __func__, "out_source");
    *out_source = NULL;
    if (!path)
        return say_null(error, __func__, "path");
    as_file_params own;
    as_result result = take_file_params(&own, params, error);
    if (result != AS_OK)
        return result;
    return as_io_open_file(path, &own, out_source, error);
}

as_result as_source_open_memory(const void *data, size_t size, const as_memory_params *params,
                                as_source **out_source, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!out_source)
        return say_null(error, __func__, "out_source");
    *out_source = NULL;
    if (!data && size != 0)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "%s: data is NULL, but size is %zu; pass the bytes, or size 0", __func__,
                          size);
    as_memory_params own;
    as_result result = as_api_params(&own, sizeof(own), params, "as_memory_params", error);
    if (result == AS_OK && own.copy > 1)
        result = say_not_a_switch(error, "as_memory_params.copy", own.copy);
    if (result != AS_OK)
        return result;
    return as_io_open_memory(data, size, &own, out_source, error);
}

as_result as_source_open_custom(const as_source_vtable *vtable, void *user, const char *name,
                                as_source **out_source, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!out_source)
        return say_null(error, __func__, "out_source");
    *out_source = NULL;
    if (!vtable)
        return say_null(error, __func__, "vtable");
    as_source_vtable own;
    as_result result = as_api_params(&own, sizeof(own), vtable, "as_source_vtable", error);
    if (result == AS_OK && own.reserved != 0)
        result = say_not_zero(error, "as_source_vtable.reserved", own.reserved);
    if (result == AS_OK && !own.read)
        result = say_null(error, __func__, "vtable->read");
    if (result != AS_OK)
        return result;
    return as_io_open_custom(&own, user, name ? name : "", out_source, error);
}

as_result as_source_read(as_source *source, uint64_t offset, void *buffer, size_t length,
                         size_t *out_read, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!out_read)
        return say_null(error, __func__, "out_read");
    *out_read = 0;
    if (!source)
        return say_null(error, __func__, "source");
    if (!buffer && length != 0)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "%s: buffer is NULL, but length is %zu; pass room for the bytes",
                          __func__, length);
    return as_io_read(source, offset, buffer, length, out_read, error);
}

as_result as_source_get_cached(as_source *source, as_byte_range *ranges, size_t capacity,
                               size_t *out_count, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!out_count)
        return say_null(error, __func__, "out_count");
    *out_count = 0;
    if (!source)
        return say_null(error, __func__, "source");
    if (!ranges && capacity != 0)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "%s: ranges is NULL, but capacity is %zu; pass room for the ranges",
                          __func__, capacity);
    const as_result result = as_io_cached(source, ranges, capacity, out_count, error);
    if (result != AS_OK || *out_count <= capacity)
        return result;
    return as_err_set(error, AS_ERROR_LIMIT,
                      "%s: there are %zu ranges, but room for %zu; pass a larger array", __func__,
                      *out_count, capacity);
}

as_result as_source_size(as_source *source, uint64_t *out_size, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!out_size)
        return say_null(error, __func__, "out_size");
    *out_size = AS_SIZE_UNKNOWN;
    if (!source)
        return say_null(error, __func__, "source");
    return as_io_size(source, out_size, error);
}

const char *as_source_name(const as_source *source)
{
    return source ? as_io_name(source) : "";
}

uint64_t as_source_version(as_source *source)
{
    return source ? as_io_version(source) : 0;
}

void as_source_prefetch(as_source *source, const as_byte_range *ranges, size_t count,
                        int32_t priority, uint64_t generation)
{
    if (source && ranges)
        as_io_prefetch(source, ranges, count, priority, generation);
}

void as_source_cancel(as_source *source)
{
    if (source)
        as_io_cancel(source);
}

void as_source_close(as_source **source)
{
    if (!source)
        return;
    as_io_unref(*source);
    *source = NULL;
}
