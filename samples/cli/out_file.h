/* SPDX-License-Identifier: MIT
 *
 * A file being written: under a temporary name beside its own until it is whole. Errors, and the
 * signals that end a program, take it away.
 */
#ifndef CLI_OUT_FILE_H
#define CLI_OUT_FILE_H

#include <stddef.h>

/* Start with {0}. One at a time. */
typedef struct out_file {
    const char *path; /* borrowed; NULL: standard output */
    char *temporary;  /* NULL: not open, or standard output */
    int fd;
} out_file;

/* All of these return CLI_DONE, or CLI_USAGE after a sentence on standard error (none when the
 * reader of standard output went away). `path` must outlive the file; NULL is standard output. */
int out_file_create(out_file *file, const char *path);
int out_file_write(out_file *file, const void *data, size_t size);
/* Puts it in place, over an older one, whose permissions it has. After an error it is gone. */
int out_file_commit(out_file *file);

/* Throws it away; ignored after commit. */
void out_file_discard(out_file *file);

#endif
