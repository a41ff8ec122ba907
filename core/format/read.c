/* SPDX-License-Identifier: MIT
 *
 * Bytes of a container's source, as long as its content is the one whose frame index was read.
 */
#include "core/format/format.h"
#include "core/io/io.h"

static as_result check_version(const as_container *container, as_result result, uint64_t offset,
                               as_error *error)
{
    if (result != AS_ERROR_CHANGED && as_io_version(container->source) == container->version)
        return result;
    as_err_set(error, AS_ERROR_CHANGED,
               "the source's content was replaced by another since its frame index was read; open "
               "the container anew");
    error->offset = offset;
    return AS_ERROR_CHANGED;
}

as_result as_fmt_read(const as_container *container, uint64_t offset, void *buffer, size_t length,
                      size_t *out_read, as_error *error)
{
    const as_result result = as_io_read(container->source, offset, buffer, length, out_read, error);
    return check_version(container, result, offset, error);
}

as_result as_fmt_size(const as_container *container, uint64_t *out_size, as_error *error)
{
    const as_result result = as_io_size(container->source, out_size, error);
    return check_version(container, result, AS_NO_OFFSET, error);
}
