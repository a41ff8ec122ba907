/* SPDX-License-Identifier: MIT */
#include "out_file.h"

#include "message.h"
#include "system.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_TRIES = 100, NAME_ROOM = 48 }; /* for a long, an unsigned and the rest */

/* What a signal has to remove. */
static const char *volatile unfinished;

static void remove_unfinished(int number)
{
    if (unfinished)
        system_remove(unfinished);
    raise(number); /* this time it ends the program: the handler is gone */
}

static void catch_signals(void)
{
    static bool done;
    if (!done)
        system_catch(remove_unfinished, true);
    done = true;
}

static int fail(const char *path, int system_error)
{
    return message_usage("writing \"%s\" failed: %s; check the folder, its permissions and free "
                         "space",
                         path, strerror(system_error));
}

static void forget(out_file *file)
{
    unfinished = NULL;
    free(file->temporary);
    *file = (out_file){0};
}

/* Creates a file that did not exist, in the folder of `path`. Its name is short, for that of `path`
 * may be as long as the file system allows. */
static int create_temporary(out_file *file, const char *path)
{
    static unsigned number;
    const bool is_private = system_is_kept_private(path);
    const size_t folder = system_folder_length(path);
    file->temporary = malloc(folder + NAME_ROOM);
    if (!file->temporary)
        return fail(path, ENOMEM);
    memcpy(file->temporary, path, folder);
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        snprintf(file->temporary + folder, NAME_ROOM, ".as-%ld-%u.tmp", (long)getpid(), number++);
        unfinished = file->temporary; /* a signal may come as soon as the file is there */
        file->fd = system_create(file->temporary, is_private);
        if (file->fd >= 0)
            return CLI_DONE;
        unfinished = NULL; /* another process's, or none */
        if (errno != EEXIST)
            break;
    }
    const int system_error = errno;
    forget(file);
    return fail(path, system_error);
}

int out_file_create(out_file *file, const char *path)
{
    *file = (out_file){.path = path, .fd = STDOUT_FILENO};
    if (!path)
        return CLI_DONE;
    const system_kind kind = system_look(path);
    if (kind == SYSTEM_OTHER)
        return message_usage("\"%s\" exists and is not a regular file; choose another name", path);
    catch_signals();
    const int code = create_temporary(file, path);
    if (code == CLI_DONE)
        system_take_permissions(file->fd, path);
    return code;
}

int out_file_write(out_file *file, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        const ssize_t n = write(file->fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            const int system_error = n < 0 ? errno : EIO;
            if (!file->path && message_is_closed(system_error))
                return CLI_USAGE;
            return fail(file->path ? file->path : "standard output", system_error);
        }
        at += n;
        size -= (size_t)n;
    }
    return CLI_DONE;
}

int out_file_commit(out_file *file)
{
    if (!file->temporary)
        return CLI_DONE;
    const int fd = file->fd;
    file->fd = -1;
    if (close(fd) == 0 && system_replace(file->temporary, file->path)) {
        forget(file);
        return CLI_DONE;
    }
    const int code = fail(file->path, errno);
    out_file_discard(file);
    return code;
}

void out_file_discard(out_file *file)
{
    if (!file->temporary)
        return;
    if (file->fd >= 0)
        close(file->fd);
    system_remove(file->temporary);
    forget(file);
}
