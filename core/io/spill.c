/* SPDX-License-Identifier: MIT */
#include "core/io/spill.h"

#include "core/base/file.h"
#include "core/io/fd.h"
#include "core/io/http_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* A variable set to nothing counts as not set. */
static const char *folder_of_temporary_files(void)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): races with hosts that change their environment */
    const char *folder = getenv("TMPDIR");
    return folder && folder[0] ? folder : "/tmp";
}

static as_result make_file(as_spill *spill, as_error *error)
{
    const char *folder = folder_of_temporary_files();
    char name[AS_FD_NAME], reason[128];
    int directory;
    do {
        directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } while (directory < 0 && errno == EINTR);
    int number = directory < 0 ? errno : as_fd_create(directory, name, &spill->fd);
    if (number == 0 && unlinkat(directory, name, 0) != 0) {
        number = errno;
        as_spill_clear(spill);
    }
    if (directory >= 0)
        (void)close(directory);
    if (number == 0)
        return AS_OK;
    return as_err_errno(error, AS_ERROR_TRANSPORT, number,
                        "making a temporary file for content from a server without ranges failed: "
                        "%s; check the folder \"%.200s\" (TMPDIR names it)",
                        as_file_reason(number, reason, sizeof(reason)), folder);
}

as_result as_spill_add(as_spill *spill, const void *data, size_t length, uint64_t *out_slot,
                       as_error *error)
{
    if (spill->used == spill->most)
        return as_err_set(
            error, AS_ERROR_LIMIT,
            "the server sends no ranges, and what it sends is more than the cache and "
            "the %" PRIu64 " bytes allowed for a temporary file hold; raise "
            "as_http_params.spill_bytes or cache_bytes",
            spill->most * AS_UNIT_BYTES);
    as_result result = spill->fd < 0 ? make_file(spill, error) : AS_OK;
    if (result == AS_OK)
        result = as_spill_write(spill, spill->used, 0, data, length, error);
    if (result == AS_OK)
        *out_slot = spill->used++;
    return result;
}

as_result as_spill_write(as_spill *spill, uint64_t slot, size_t at, const void *data, size_t length,
                         as_error *error)
{
    char reason[128];
    const int number = as_fd_write(spill->fd, slot * AS_UNIT_BYTES + at, data, length);
    if (number == 0)
        return AS_OK;
    return as_err_errno(error, AS_ERROR_TRANSPORT, number,
                        "writing the temporary file for content from a server without ranges "
                        "failed: %s; check free space where TMPDIR points and the limit on file "
                        "sizes, or raise as_http_params.cache_bytes",
                        as_file_reason(number, reason, sizeof(reason)));
}

as_result as_spill_read(const as_spill *spill, uint64_t slot, size_t at, void *to, size_t length,
                        as_error *error)
{
    char reason[128];
    const int number = as_fd_read(spill->fd, slot * AS_UNIT_BYTES + at, to, length);
    if (number == 0)
        return AS_OK;
    return as_err_errno(error, AS_ERROR_TRANSPORT, number,
                        "reading the temporary file for content from a server without ranges "
                        "failed: %s; check the disk that TMPDIR points to",
                        as_file_reason(number, reason, sizeof(reason)));
}

void as_spill_clear(as_spill *spill)
{
    if (spill->fd >= 0)
        (void)close(spill->fd);
    spill->fd = -1;
    spill->used = 0;
}
