/* SPDX-License-Identifier: MIT
 *
 * What the source files of this folder share among themselves.
 */
#ifndef AS_IO_IO_INTERNAL_H
#define AS_IO_IO_INTERNAL_H

#include "core/base/error.h"
#include "core/io/io.h"

/* As as_io_open_file, under another name: that of the URL the path came from. */
as_result as_io_open_named_file(const char *path, const char *name, const as_file_params *params,
                                as_source **out_source, as_error *error);

/* The source is of the library's own kind: see as_io_is_local. */
void as_io_mark_local(as_source *source);

/* The implementation's pointer of a source that reads through this function; NULL: it is of another
 * kind. */
void *as_io_user(const as_source *source,
                 as_result (*read)(void *user, uint64_t offset, void *buffer, size_t length,
                                   size_t *out_read, as_error *error));

/* What follows the last '/' or '\' of a local path. */
const char *as_io_path_name(const char *path);

/* Does `location` begin with this scheme (lower case, no colon)? */
bool as_io_has_scheme(const char *location, const char *scheme);

#endif
