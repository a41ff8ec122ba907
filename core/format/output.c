/* SPDX-License-Identifier: MIT */
#include "core/format/output.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/io/io.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static as_result fail(as_error *error, int system_error, const char *what, const char *path)
{
    char reason[128], shown[AS_IO_SHOWN];
    if (system_error == ENOMEM)
        return as_err_no_memory(error, strlen(path), what);
    return as_err_errno(error, AS_ERROR_TRANSPORT, system_error,
                        "%s \"%s\" failed: %s; check the folder, its permissions and free "
                        "space",
                        what, as_io_shown_path(shown, path),
                        as_file_reason(system_error, reason, sizeof(reason)));
}

const char *as_out_base_name(const char *path)
{
    const char *name = path;
    for (const char *p = path; *p; p++)
        if (*p == '/' || *p == '\\')
            name = p + 1;
    return name;
}

as_result as_out_check_target(const char *path, as_error *error)
{
    as_file_info info;
    char shown[AS_IO_SHOWN];
    const int number = as_file_look(path, &info);
    if (number == ENOENT)
        return AS_OK; /* a missing folder shows when the spool is opened */
    if (number != 0)
        return fail(error, number, "writing", path);
    if (info.kind != AS_FILE_REGULAR)
        return as_err_set(error, AS_ERROR_TRANSPORT,
                          "\"%s\" exists and is not a regular file; choose another name",
                          as_io_shown_path(shown, path));
    return AS_OK;
}

typedef enum output_kind {
    NAMELESS, /* for the owner alone, too */
    OF_OWNER,
    OF_ANYBODY /* less the umask */
} output_kind;

/* Creates a file that did not exist, beside `path`. The names need not be
 * secret, only new; they are short, for the destination's own may be as long as the file system
 * allows. */
static as_result create_beside(as_output_file *out, const char *path, output_kind kind,
                               as_error *error)
{
    const size_t folder = as_file_folder_length(path), size = folder + 64;
    char *name = as_mem_alloc(size);
    if (!name)
        return as_err_no_memory(error, size, "a path");
    *out = (as_output_file){.file = AS_FILE_NONE};
    memcpy(name, path, folder);
    int number, tries = 100;
    do {
        const uint64_t unique = as_clock_ns() ^ (uint64_t)(uintptr_t)name;
        snprintf(name + folder, size - folder, ".alphastream-%" PRIu32 "-%" PRIx64 ".tmp",
                 as_file_process(), unique);
        number = kind == NAMELESS ? as_file_create_nameless(name, &out->file)
                                  : as_file_create(name, kind == OF_OWNER, &out->file);
    } while (number == EEXIST && --tries > 0);
    if (number == 0 && kind != NAMELESS)
        out->name = name;
    else
        as_mem_free(name);
    return number == 0 ? AS_OK : fail(error, number, "creating a temporary file for", path);
}

as_result as_out_open_spool(as_output_file *out, const char *path, as_error *error)
{
    return create_beside(out, path, NAMELESS, error);
}

as_result as_out_open_temporary(as_output_file *out, const char *path, as_error *error)
{
    /* One that is replaced keeps its permissions; a file system without them is no reason to fail.
     * Until it has them nobody else may open the new one: he could read it ever after. */
    const bool private = as_file_is_kept_private(path);
    const as_result result = create_beside(out, path, private ? OF_OWNER : OF_ANYBODY, error);
    if (result == AS_OK)
        as_file_take_rights(out->file, path);
    return result;
}

as_result as_out_write(as_output_file *out, const void *bytes, size_t size, as_error *error)
{
    const uint8_t *at = bytes;
    while (size > 0) {
        char reason[128];
        size_t n;
        const int number = as_file_write_at(out->file, out->written, at, size, &n);
        if (number != 0)
            return as_err_errno(error, AS_ERROR_TRANSPORT, number,
                                "writing the container failed: %s; check free space",
                                as_file_reason(number, reason, sizeof(reason)));
        at += n;
        size -= n;
        out->written += n;
    }
    return AS_OK;
}

as_result as_out_read_back(const as_output_file *out, uint64_t offset, void *bytes, size_t size,
                           as_error *error)
{
    uint8_t *at = bytes;
    while (size > 0) {
        char reason[128];
        size_t n;
        int number = as_file_read_at(out->file, offset, at, size, &n);
        if (number == 0 && n == 0)
            number = EIO;
        if (number != 0)
            return as_err_errno(error, AS_ERROR_TRANSPORT, number,
                                "reading back the frames written so far failed: %s",
                                as_file_reason(number, reason, sizeof(reason)));
        at += n;
        size -= n;
        offset += n;
    }
    return AS_OK;
}

/* A folder whose name cannot be had stays as it is: the file is in place all the same. */
static void sync_folder(const char *path)
{
    const size_t length = as_file_folder_length(path);
    char *folder = as_mem_alloc(length + 1);
    if (!folder)
        return;
    memcpy(folder, path, length);
    folder[length] = '\0';
    as_file_sync_folder(folder);
    as_mem_free(folder);
}

as_result as_out_publish(as_output_file *out, const char *path, as_error *error)
{
    int number = as_file_sync(out->file);
    if (number != 0)
        return fail(error, number, "writing", path);
    number = as_file_close(out->file);
    out->file = AS_FILE_NONE;
    if (number == 0)
        number = as_file_replace(out->name, path);
    if (number != 0)
        return fail(error, number, "writing", path);
    as_mem_free(out->name);
    out->name = NULL;
    sync_folder(path);
    return AS_OK;
}

void as_out_discard(as_output_file *out)
{
    if (out->file != AS_FILE_NONE)
        (void)as_file_close(out->file);
    out->file = AS_FILE_NONE;
    if (out->name) {
        as_file_remove(out->name);
        as_mem_free(out->name);
        out->name = NULL;
    }
}
