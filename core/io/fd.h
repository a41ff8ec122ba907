/* SPDX-License-Identifier: MIT
 *
 * Whole reads and writes of regular files, and temporary files, for the caches.
 */
#ifndef AS_IO_FD_H
#define AS_IO_FD_H

#include <stddef.h>
#include <stdint.h>

enum { AS_FD_NAME = 40 };

/* Both move all of `length` bytes or give the errno that stopped them; 0: done. Where the file ends
 * too soon, EIO. What would pass the process's limit on file sizes is EFBIG and not begun: the
 * system would raise SIGXFSZ, which ends a process that does not expect it. */
int as_fd_write(int fd, uint64_t offset, const void *data, size_t length);
int as_fd_read(int fd, uint64_t offset, void *to, size_t length);

/* Makes a file that did not exist, for its owner alone (mode 0600), in the directory open as
 * `directory`; `out_name`: "as-", 32 hexadecimal digits, ".tmp". 0 or an errno. */
int as_fd_create(int directory, char out_name[AS_FD_NAME], int *out_fd);

#endif
