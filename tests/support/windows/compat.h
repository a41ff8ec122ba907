/* SPDX-License-Identifier: MIT
 *
 * Included before all else in tests for Windows: what POSIX has beyond C11 and mingw-w64 has not.
 */
#ifndef TEST_WINDOWS_COMPAT_H
#define TEST_WINDOWS_COMPAT_H

#include <direct.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

static inline int setenv(const char *name, const char *value, int overwrite)
{
    return overwrite || !getenv(name) ? _putenv_s(name, value) : 0;
}

static inline int unsetenv(const char *name)
{
    return _putenv_s(name, "");
}

static inline char *mkdtemp(char *path)
{
    return _mktemp_s(path, strlen(path) + 1) == 0 && _mkdir(path) == 0 ? path : NULL;
}

#endif
