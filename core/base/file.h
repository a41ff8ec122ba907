/* SPDX-License-Identifier: MIT
 *
 * Files of the system, thin: own names over POSIX's calls, so that another system's can stand
 * beside. Paths are UTF-8. What fails gives an errno value, 0 is success; a call that a signal
 * interrupts is made again. No program started by the host inherits what is open here. Thread-safe,
 * but for closing a file that is in use.
 */
#ifndef AS_BASE_FILE_H
#define AS_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An open file: a descriptor, or what this system has instead. */
typedef intptr_t as_file;
#define AS_FILE_NONE ((as_file)-1)

typedef enum as_file_kind {
    AS_FILE_REGULAR,
    AS_FILE_FOLDER,
    AS_FILE_PIPE,
    AS_FILE_DEVICE,
    AS_FILE_OTHER,
} as_file_kind;

typedef struct as_file_info {
    as_file_kind kind;
    uint64_t size; /* of a regular file */
} as_file_info;

/* Opens for reading. Of what is no regular file it may be a folder or a device, too; a pipe is not
 * waited for. */
int as_file_open(const char *path, as_file *out_file);
/* The same, but waits for the other end of a pipe. */
int as_file_open_waiting(const char *path, as_file *out_file);
/* Makes a file that did not exist (EEXIST), open for reading and writing, with what rights any new
 * file gets; `of_owner`: for its owner alone. */
int as_file_create(const char *path, bool of_owner, as_file *out_file);
/* The same for the owner alone, and its name is gone at once, or at the latest when it is closed.
 */
int as_file_create_nameless(const char *path, as_file *out_file);
/* An error (of a network's file system) is told, the file is closed anyway. */
int as_file_close(as_file file);

int as_file_get_info(as_file file, as_file_info *out_info);
int as_file_look(const char *path, as_file_info *out_info);

/* Up to `length` bytes at `offset` (which, like its sum with length, is no more than INT64_MAX);
 * *out_read is 0 at the end alone. */
int as_file_read_at(as_file file, uint64_t offset, void *to, size_t length, size_t *out_read);
/* From where the last call ended; for pipes, too. Not for files that as_file_read_at reads. */
int as_file_read_on(as_file file, void *to, size_t length, size_t *out_read);
/* Writes some of `length` bytes, at least one. */
int as_file_write_at(as_file file, uint64_t offset, const void *from, size_t length,
                     size_t *out_written);
/* Waits until what was written is on the disk. */
int as_file_sync(as_file file);

/* The first `size` bytes in memory, until as_file_unmap, even if the file is closed before. */
int as_file_map(as_file file, size_t size, const void **out_memory);
void as_file_unmap(const void *memory, size_t size);

/* Has a file that takes the place of what is at `path` to be created for its owner alone? Yes where
 * as_file_take_rights has rights to give, or where not everybody can read what is there. */
bool as_file_is_kept_private(const char *path);
/* Gives the file the rights of the one at `path`, as far as that is possible: if that is a regular
 * file of this user, no link; without set-id bits, and those of a group only along with it. */
void as_file_take_rights(as_file file, const char *path);
/* `from` becomes `to`, in place of what may be there, at once for whoever looks. */
int as_file_replace(const char *from, const char *to);
void as_file_remove(const char *path);
/* So that a new name survives a power cut; `folder` may be "". Not every file system can. */
void as_file_sync_folder(const char *folder);

/* Where the folder in `path` ends: behind its last separator, 0 if it has none. */
size_t as_file_folder_length(const char *path);
/* What an errno value means, in English or the host's language. */
const char *as_file_reason(int number, char *out, size_t size);
/* A number that no other process has now. */
uint32_t as_file_process(void);

#endif
