/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "tests/fuzz/folder.h"

#include "tests/fuzz/fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DESCRIPTORS = 8 };

static char folder[FUZZ_PATH / 2];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind;
    return place->level > 0 ? remove(path) : 0;
}

static int count_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)path, (void)status, (void)kind;
    return place->level > 0;
}

void fuzz_folder_clear(void)
{
    FUZZ_CHECK(nftw(fuzz_folder(), remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0);
}

static void remove_folder(void)
{
    fuzz_folder_clear();
    (void)rmdir(folder);
}

const char *fuzz_folder(void)
{
    if (folder[0] == '\0') {
        const char *parent = getenv("TMPDIR");
        const int length = snprintf(folder, sizeof(folder), "%s/alphastream-fuzz-XXXXXX",
                                    parent && parent[0] ? parent : "/tmp");
        FUZZ_CHECK(length > 0 && (size_t)length < sizeof(folder) && mkdtemp(folder));
        (void)atexit(remove_folder);
    }
    return folder;
}

void fuzz_folder_path(char out[FUZZ_PATH], const char *name)
{
    const int length = snprintf(out, FUZZ_PATH, "%s/%s", fuzz_folder(), name);
    FUZZ_CHECK(length > 0 && length < FUZZ_PATH);
}

bool fuzz_folder_is_empty(void)
{
    return nftw(fuzz_folder(), count_one, DESCRIPTORS, FTW_PHYS) == 0;
}
