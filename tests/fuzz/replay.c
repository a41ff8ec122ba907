/* SPDX-License-Identifier: MIT
 *
 * Runs a fuzz target over files, or over all files of folders, without libFuzzer: for other
 * compilers, sanitizers and valgrind.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (!file || fstat(fileno(file), &status) != 0) {
        (void)fprintf(stderr, "%s cannot be opened\n", path);
        return -1;
    }
    /* Of exactly this size, so that a read past its end shows. */
    const size_t size = (size_t)status.st_size;
    uint8_t *bytes = malloc(size ? size : 1);
    const bool good = bytes && fread(bytes, 1, size, file) == size;
    (void)fclose(file);
    if (good) {
        (void)printf("%s\n", path);
        (void)fflush(stdout);
        (void)LLVMFuzzerTestOneInput(bytes, size);
    } else {
        (void)fprintf(stderr, "%s cannot be read\n", path);
    }
    free(bytes);
    return good ? 1 : -1;
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* How many files were run; -1: something cannot be read. */
static int replay(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return replay_file(path);
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, is_input, alphasort);
    int good = count < 0 ? -1 : 0;
    for (int i = 0; i < count; i++) {
        char name[4096];
        (void)snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        if (good >= 0)
            good = replay_file(name) < 0 ? -1 : good + 1;
        free(entries[i]);
    }
    free(entries);
    return good;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        const int count = replay(argv[i]);
        if (count < 0)
            return 1;
        total += count;
    }
    if (total == 0) {
        (void)fprintf(stderr, "usage: %s FILE_OR_FOLDER...; no inputs were found\n", argv[0]);
        return 1;
    }
    (void)printf("%d inputs\n", total);
    return 0;
}
