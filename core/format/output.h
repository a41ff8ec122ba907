/* SPDX-License-Identifier: MIT
 *
 * Files a writer makes: a nameless spool, and a temporary that becomes the destination at once.
 */
#ifndef AS_FORMAT_OUTPUT_H
#define AS_FORMAT_OUTPUT_H

#include "core/base/error.h"
#include "core/base/file.h"

#include <stddef.h>
#include <stdint.h>

typedef struct as_output_file {
    as_file file;     /* AS_FILE_NONE: closed */
    char *name;       /* of a temporary that is not published yet; NULL otherwise */
    uint64_t written; /* bytes so far */
} as_output_file;

/* AS_ERROR_TRANSPORT when something other than a regular file is at `path` already: renaming over
 * a device or a folder would be wrong or fail at the very end. */
as_result as_out_check_target(const char *path, as_error *error);
/* What follows the last '/' or '\'. */
const char *as_out_base_name(const char *path);

as_result as_out_open_spool(as_output_file *out, const char *path, as_error *error);
as_result as_out_open_temporary(as_output_file *out, const char *path, as_error *error);
as_result as_out_write(as_output_file *out, const void *bytes, size_t size, as_error *error);
as_result as_out_read_back(const as_output_file *out, uint64_t offset, void *bytes, size_t size,
                           as_error *error);
/* Flushes to disk and renames to `path`. */
as_result as_out_publish(as_output_file *out, const char *path, as_error *error);
/* Closes; removes a temporary that was not published. Closed ones are ignored. */
void as_out_discard(as_output_file *out);

#endif
