/* SPDX-License-Identifier: MIT
 *
 * The writing half of container.h: arguments are checked here, the work is in core/format.
 */
#include "core/api/params.h"
#include "core/format/format.h"

#include <inttypes.h>
#include <string.h>

static bool ends_in_asvr(const char *path)
{
    const size_t length = strlen(path);
    if (length < 5)
        return false;
    const char *wanted = ".asvr", *end = path + length - 5;
    for (size_t i = 0; i < 5; i++)
        if ((end[i] >= 'A' && end[i] <= 'Z' ? end[i] + 32 : end[i]) != wanted[i])
            return false;
    return true;
}

static as_result take_params(as_writer_params *p, as_key_params *key,
                             const as_writer_params *params, const char *path, as_error *error)
{
    as_result result = as_api_params(p, sizeof(*p), params, "as_writer_params", error);
    if (result == AS_OK)
        result = as_api_params(key, sizeof(*key), p->key, "as_key_params", error);
    if (result != AS_OK)
        return result;
    if (p->format == 0)
        p->format = ends_in_asvr(path) ? AS_FORMAT_ASVR : AS_FORMAT_ASVP;
    if (p->format != AS_FORMAT_ASVP && p->format != AS_FORMAT_ASVR)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_writer_params.format is %" PRId32
                          ", neither AS_FORMAT_ASVP nor AS_FORMAT_ASVR",
                          p->format);
    if (p->level == 0)
        p->level = 9;
    if (p->level > 12)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_writer_params.level is %" PRIu32 ", outside its range of 1 to 12",
                          p->level);
    return AS_OK;
}

as_result as_writer_create(const char *path, const as_writer_params *params, as_writer **out_writer,
                           as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (out_writer)
        *out_writer = NULL;
    if (!path || !*path || !out_writer)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_writer_create: %s",
                          out_writer ? "path is NULL or empty" : "out_writer is NULL");
    as_writer_params p;
    as_key_params key;
    const as_result result = take_params(&p, &key, params, path, error);
    if (result != AS_OK)
        return result;
    return as_fmt_writer_create(path, p.format, &key, p.level, out_writer, error);
}

typedef as_result add_fn(as_writer *writer, const void *bytes, size_t size, as_error *error);

static as_result add_checked(add_fn *add, const char *name, as_writer *writer, const void *bytes,
                             size_t size, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!writer || !bytes)
        return as_err_set(error, AS_ERROR_ARGUMENT, "%s: %s is NULL", name,
                          writer ? "the frame" : "writer");
    return add(writer, bytes, size, error);
}

as_result as_writer_add_payload(as_writer *writer, const void *payload, size_t size,
                                as_error *error)
{
    return add_checked(as_fmt_writer_add_payload, "as_writer_add_payload", writer, payload, size,
                       error);
}

as_result as_writer_add_block(as_writer *writer, const void *block, size_t size, as_error *error)
{
    return add_checked(as_fmt_writer_add_block, "as_writer_add_block", writer, block, size, error);
}

as_result as_writer_finish(as_writer **writer, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!writer || !*writer)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_writer_finish: writer is NULL");
    as_writer *finished = *writer;
    *writer = NULL;
    return as_fmt_writer_finish(finished, error);
}

void as_writer_abort(as_writer **writer)
{
    if (!writer)
        return;
    as_fmt_writer_abort(*writer);
    *writer = NULL;
}
