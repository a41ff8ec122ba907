/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <windows.h>

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <psapi.h>
#include <shellapi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static char *narrow(const wchar_t *wide)
{
    const int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = size > 0 ? malloc((size_t)size) : NULL;
    if (text)
        (void)WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
    return text;
}

/* NULL: no UTF-8, or out of memory; errno says so. The caller frees it. */
static wchar_t *widen(const char *text)
{
    const int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    wchar_t *wide = length > 0 ? malloc((size_t)length * sizeof(*wide)) : NULL;
    if (wide)
        (void)MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, length);
    else
        errno = length > 0 ? ENOMEM : EILSEQ;
    return wide;
}

/* What main was given is in the system's code page. */
static void take_arguments(int *argc, char ***argv)
{
    int count = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **texts = wide ? calloc((size_t)count + 1, sizeof(*texts)) : NULL;
    bool whole = texts;
    for (int i = 0; whole && i < count; i++)
        whole = (texts[i] = narrow(wide[i]));
    (void)LocalFree(wide);
    if (!whole) /* without memory nothing else will go far either */
        return;
    *argc = count;
    *argv = texts;
}

void system_start(int *argc, char ***argv)
{
    (void)_setmode(0, _O_BINARY);
    (void)_setmode(1, _O_BINARY);
    (void)SetConsoleOutputCP(CP_UTF8);
    take_arguments(argc, argv);
}

void system_sleep_until(uint64_t ns, const volatile sig_atomic_t *interrupted)
{
    enum { PART = 50 }; /* an interruption wakes nobody here */
    struct timespec t;
    while (!*interrupted && clock_gettime(CLOCK_MONOTONIC, &t) == 0) {
        const uint64_t now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
        const uint64_t left = ns > now ? (ns - now + 999999) / 1000000 : 0;
        if (left == 0)
            return;
        Sleep(left < PART ? (DWORD)left : PART);
    }
}

unsigned system_cores(void)
{
    const DWORD active = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    return active > 0 ? active : 1;
}

uint64_t system_peak_bytes(void)
{
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof(memory)};
    return K32GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof(memory))
               ? memory.PeakWorkingSetSize
               : 0;
}

/* C's own signals: the handler is taken away before it runs. */
void system_catch(void (*handler)(int number), bool any_end)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGBREAK};
    for (size_t i = 0; i < (any_end ? sizeof(numbers) / sizeof(*numbers) : 1); i++)
        if (signal(numbers[i], handler) == SIG_IGN)
            (void)signal(numbers[i], SIG_IGN);
}

system_kind system_look(const char *path)
{
    wchar_t *wide = widen(path);
    const DWORD found = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
    free(wide);
    if (found == INVALID_FILE_ATTRIBUTES)
        return SYSTEM_NONE;
    return found & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_DEVICE) ? SYSTEM_OTHER : SYSTEM_FILE;
}

bool system_can_read(const char *path)
{
    char byte;
    wchar_t *wide = widen(path);
    const int fd = wide ? _wopen(wide, _O_RDONLY | _O_BINARY | _O_NOINHERIT) : -1;
    const bool can = fd >= 0 && _read(fd, &byte, 1) >= 0;
    const int system_error = errno;
    if (fd >= 0)
        (void)_close(fd);
    free(wide);
    errno = system_error;
    return can;
}

int system_create(const char *path, bool is_private)
{
    (void)is_private; /* the folder decides about permissions */
    wchar_t *wide = widen(path);
    const int fd = wide ? _wopen(wide, _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT,
                                 _S_IREAD | _S_IWRITE)
                        : -1;
    free(wide);
    return fd;
}

bool system_is_kept_private(const char *path)
{
    (void)path;
    return false;
}

void system_take_permissions(int fd, const char *path)
{
    (void)fd;
    (void)path;
}

bool system_replace(const char *from, const char *to)
{
    wchar_t *wide_from = widen(from), *wide_to = widen(to);
    bool done = false;
    if (wide_from && wide_to) {
        done = MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING);
        errno = GetLastError() == ERROR_ACCESS_DENIED ? EACCES : EIO;
    }
    free(wide_from);
    free(wide_to);
    return done;
}

void system_remove(const char *path)
{
    wchar_t *wide = widen(path);
    if (wide)
        (void)DeleteFileW(wide);
    free(wide);
}

FILE *system_open(const char *path)
{
    wchar_t *wide = widen(path);
    FILE *file = wide ? _wfopen(wide, L"rb") : NULL;
    free(wide);
    return file;
}

size_t system_folder_length(const char *path)
{
    size_t length = 0;
    for (size_t i = 0; path[i] != '\0'; i++)
        if (path[i] == '/' || path[i] == '\\' || (i == 1 && path[i] == ':'))
            length = i + 1;
    return length;
}
