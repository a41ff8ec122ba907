/* SPDX-License-Identifier: MIT
 *
 * container.h: arguments are checked here, the work is in core/format.
 */
#include "core/api/params.h"
#include "core/base/buffer.h"
#include "core/format/format.h"

#include <inttypes.h>

as_result as_container_open(as_source *source, const as_container_params *params,
                            as_container **out_container, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (out_container)
        *out_container = NULL;
    if (!source || !out_container)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_container_open: %s is NULL",
                          source ? "out_container" : "source");
    as_container_params p;
    as_key_params key;
    as_result result = as_api_params(&p, sizeof(p), params, "as_container_params", error);
    if (result == AS_OK)
        result = as_api_params(&key, sizeof(key), p.key, "as_key_params", error);
    if (result == AS_OK)
        result = as_api_limits(&p.limits, error);
    if (result != AS_OK)
        return result;
    return as_fmt_open(source, &key, &p.limits, &p.log, out_container, error);
}

void as_container_close(as_container **container)
{
    if (!container || !*container)
        return;
    as_fmt_close(*container);
    *container = NULL;
}

as_result as_container_get_info(const as_container *container, as_container_info *out_info,
                                as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!container || !out_info)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_container_get_info: %s is NULL",
                          container ? "out_info" : "container");
    *out_info = container->info;
    return AS_OK;
}

static as_result check_index(const as_container *container, uint64_t index, as_error *error)
{
    if (index < container->info.frame_count)
        return AS_OK;
    as_err_set(error, AS_ERROR_OUT_OF_RANGE,
               "frame %" PRIu64 " is past the end: the container has %" PRIu64
               " frames, counted from 0",
               index, container->info.frame_count);
    error->frame = index;
    return AS_ERROR_OUT_OF_RANGE;
}

as_result as_container_frame_range(const as_container *container, uint64_t index,
                                   as_byte_range *out_range, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!container || !out_range)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_container_frame_range: %s is NULL",
                          container ? "out_range" : "container");
    const as_result result = check_index(container, index, error);
    if (result == AS_OK)
        *out_range =
            (as_byte_range){.offset = container->offsets[index],
                            .length = container->offsets[index + 1] - container->offsets[index]};
    return result;
}

typedef as_result read_fn(as_container *container, uint64_t index, as_buffer *out, as_error *error);

static as_result read_checked(read_fn *read, const char *name, as_container *container,
                              uint64_t index, as_buffer *out, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!container || !out)
        return as_err_set(error, AS_ERROR_ARGUMENT, "%s: %s is NULL", name,
                          container ? "the buffer" : "container");
    out->size = 0;
    const as_result result = check_index(container, index, error);
    return result == AS_OK ? read(container, index, out, error) : result;
}

static as_result read_payload(as_container *container, uint64_t index, as_buffer *out,
                              as_error *error)
{
    return as_fmt_read_payload(container, index, out, NULL, error);
}

as_result as_container_read_payload(as_container *container, uint64_t index, as_buffer *out_payload,
                                    as_error *error)
{
    return read_checked(read_payload, "as_container_read_payload", container, index, out_payload,
                        error);
}

as_result as_container_read_block(as_container *container, uint64_t index, as_buffer *out_block,
                                  as_error *error)
{
    return read_checked(as_fmt_read_block, "as_container_read_block", container, index, out_block,
                        error);
}

void as_buffer_free(as_buffer *buffer)
{
    if (buffer)
        as_buf_free(buffer);
}
