/* SPDX-License-Identifier: MIT
 *
 * Files by the wide calls of Windows. Whoever has a file open here lets others rename and delete
 * it, as on other systems.
 */
#include "core/base/file.h"

#include "core/base/mem.h"

#include <windows.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static HANDLE handle_of(as_file file)
{
    return (HANDLE)file;
}

static int number_of(DWORD error)
{
    static const struct {
        DWORD error;
        int number;
    } known[] = {
        {ERROR_FILE_NOT_FOUND, ENOENT},      {ERROR_PATH_NOT_FOUND, ENOENT},
        {ERROR_INVALID_NAME, ENOENT},        {ERROR_BAD_PATHNAME, ENOENT},
        {ERROR_BAD_NETPATH, ENOENT},         {ERROR_BAD_NET_NAME, ENOENT},
        {ERROR_INVALID_DRIVE, ENOENT},       {ERROR_DIRECTORY, ENOTDIR},
        {ERROR_ACCESS_DENIED, EACCES},       {ERROR_SHARING_VIOLATION, EACCES},
        {ERROR_LOCK_VIOLATION, EACCES},      {ERROR_WRITE_PROTECT, EROFS},
        {ERROR_ALREADY_EXISTS, EEXIST},      {ERROR_FILE_EXISTS, EEXIST},
        {ERROR_TOO_MANY_OPEN_FILES, EMFILE}, {ERROR_DISK_FULL, ENOSPC},
        {ERROR_HANDLE_DISK_FULL, ENOSPC},    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
        {ERROR_OUTOFMEMORY, ENOMEM},         {ERROR_NO_UNICODE_TRANSLATION, EILSEQ},
        {ERROR_INVALID_HANDLE, EBADF},       {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (known[i].error == error)
            return known[i].number;
    return EIO;
}

static int last_number(void)
{
    return number_of(GetLastError());
}

/* ------------------------------------------------------------------------------- paths ---- */

static wchar_t *widen(const char *path)
{
    const int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
    if (length <= 0)
        return NULL;
    wchar_t *wide = as_mem_alloc((size_t)length * sizeof(*wide));
    if (wide)
        (void)MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, length);
    else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return wide;
}

/* A long path as it must be for Windows not to cut it: from the drive on, behind a prefix. Frees
 * what it is given. */
static wchar_t *lengthen(wchar_t *wide)
{
    static const wchar_t prefix[] = L"\\\\?\\", share[] = L"\\\\?\\UNC";
    const DWORD room = GetFullPathNameW(wide, 0, NULL, NULL);
    wchar_t *whole = room ? as_mem_alloc((room + 8) * sizeof(*whole)) : NULL;
    if (whole) {
        wchar_t *at = whole + 8;
        (void)GetFullPathNameW(wide, room, at, NULL);
        const bool of_share = at[0] == L'\\' && at[1] == L'\\';
        const wchar_t *front = of_share ? share : prefix;
        const size_t length = wcslen(front);
        at += of_share; /* "\\server" goes on as "UNC\server" */
        at -= length;
        memcpy(at, front, length * sizeof(*at));
        memmove(whole, at, (wcslen(at) + 1) * sizeof(*at));
    } else {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    }
    as_mem_free(wide);
    return whole;
}

/* NULL: the path is no UTF-8, or out of memory; GetLastError() says which. */
static wchar_t *wide_path(const char *path)
{
    enum { SHORT = MAX_PATH - 12 };
    const bool of_url = path[0] == '/' && path[1] != '\0' && path[2] == ':'; /* file:///C:/name */
    wchar_t *wide = widen(path + of_url);
    if (!wide || wcslen(wide) < SHORT || wcsncmp(wide, L"\\\\?\\", 4) == 0)
        return wide;
    return lengthen(wide);
}

size_t as_file_folder_length(const char *path)
{
    size_t length = 0;
    for (size_t i = 0; path[i] != '\0'; i++)
        if (path[i] == '/' || path[i] == '\\' || (i == 1 && path[i] == ':'))
            length = i + 1;
    return length;
}

/* ----------------------------------------------------------------------------- opening ---- */

static int open_with(const char *path, DWORD access, DWORD how, DWORD flags, as_file *out_file)
{
    *out_file = AS_FILE_NONE;
    wchar_t *wide = wide_path(path);
    if (!wide)
        return last_number();
    const HANDLE handle =
        CreateFileW(wide, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, how,
                    flags, NULL);
    const DWORD error = GetLastError();
    as_mem_free(wide);
    if (handle == INVALID_HANDLE_VALUE)
        return number_of(error);
    *out_file = (as_file)handle;
    return 0;
}

int as_file_open(const char *path, as_file *out_file)
{
    /* The flag lets folders be opened, so that they can be told from what is not there. */
    return open_with(path, GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, out_file);
}

int as_file_open_waiting(const char *path, as_file *out_file)
{
    return open_with(path, GENERIC_READ, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, out_file);
}

int as_file_create(const char *path, bool of_owner, as_file *out_file)
{
    (void)of_owner; /* the folder decides about rights */
    return open_with(path, GENERIC_READ | GENERIC_WRITE | DELETE, CREATE_NEW, FILE_ATTRIBUTE_NORMAL,
                     out_file);
}

int as_file_create_nameless(const char *path, as_file *out_file)
{
    return open_with(path, GENERIC_READ | GENERIC_WRITE | DELETE, CREATE_NEW,
                     FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, out_file);
}

int as_file_close(as_file file)
{
    return CloseHandle(handle_of(file)) ? 0 : last_number();
}

/* --------------------------------------------------------------------------- questions ---- */

int as_file_get_info(as_file file, as_file_info *out_info)
{
    BY_HANDLE_FILE_INFORMATION info;
    const DWORD type = GetFileType(handle_of(file));
    *out_info = (as_file_info){.kind = AS_FILE_OTHER};
    if (type == FILE_TYPE_PIPE || type == FILE_TYPE_CHAR) {
        out_info->kind = type == FILE_TYPE_PIPE ? AS_FILE_PIPE : AS_FILE_DEVICE;
        return 0;
    }
    if (type != FILE_TYPE_DISK)
        return 0;
    if (!GetFileInformationByHandle(handle_of(file), &info))
        return last_number();
    const bool folder = info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
    out_info->kind = folder ? AS_FILE_FOLDER : AS_FILE_REGULAR;
    out_info->size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
    return 0;
}

int as_file_look(const char *path, as_file_info *out_info)
{
    as_file file;
    int number =
        open_with(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, &file);
    if (number != 0)
        return number;
    number = as_file_get_info(file, out_info);
    (void)as_file_close(file);
    return number;
}

/* ---------------------------------------------------------------------- reading, writing -- */

static OVERLAPPED place(uint64_t offset)
{
    return (OVERLAPPED){.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
}

/* At most so much in one call, whose lengths have 32 bits. */
static DWORD part_of(size_t length)
{
    enum { MOST = 1 << 30 };
    return length < MOST ? (DWORD)length : MOST;
}

static int read_with(as_file file, void *to, size_t length, OVERLAPPED *place, size_t *out_read)
{
    DWORD n = 0;
    *out_read = 0;
    if (!ReadFile(handle_of(file), to, part_of(length), &n, place)) {
        const DWORD error = GetLastError();
        return error == ERROR_HANDLE_EOF || error == ERROR_BROKEN_PIPE ? 0 : number_of(error);
    }
    *out_read = n;
    return 0;
}

int as_file_read_at(as_file file, uint64_t offset, void *to, size_t length, size_t *out_read)
{
    OVERLAPPED from = place(offset);
    return read_with(file, to, length, &from, out_read);
}

int as_file_read_on(as_file file, void *to, size_t length, size_t *out_read)
{
    return read_with(file, to, length, NULL, out_read);
}

int as_file_write_at(as_file file, uint64_t offset, const void *from, size_t length,
                     size_t *out_written)
{
    OVERLAPPED to = place(offset);
    DWORD n = 0;
    *out_written = 0;
    if (!WriteFile(handle_of(file), from, part_of(length), &n, &to))
        return last_number();
    *out_written = n;
    return n != 0 ? 0 : EIO;
}

int as_file_sync(as_file file)
{
    return FlushFileBuffers(handle_of(file)) ? 0 : last_number();
}

int as_file_map(as_file file, size_t size, const void **out_memory)
{
    const HANDLE mapping = CreateFileMappingW(handle_of(file), NULL, PAGE_READONLY, 0, 0, NULL);
    if (!mapping)
        return last_number();
    const void *memory = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, size);
    const DWORD error = GetLastError();
    (void)CloseHandle(mapping); /* the view keeps it */
    if (!memory)
        return number_of(error);
    *out_memory = memory;
    return 0;
}

void as_file_unmap(const void *memory, size_t size)
{
    (void)size;
    (void)UnmapViewOfFile(memory);
}

/* ----------------------------------------------------------------------- names, reasons --- */

bool as_file_is_kept_private(const char *path)
{
    (void)path;
    return false;
}

void as_file_take_rights(as_file file, const char *path)
{
    (void)file; /* the folder decides about rights */
    (void)path;
}

int as_file_replace(const char *from, const char *to)
{
    int number = 0;
    wchar_t *wide_from = wide_path(from);
    if (!wide_from)
        return last_number();
    wchar_t *wide_to = wide_path(to);
    if (!wide_to ||
        !MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        number = last_number();
    as_mem_free(wide_from);
    as_mem_free(wide_to);
    return number;
}

void as_file_remove(const char *path)
{
    wchar_t *wide = wide_path(path);
    if (wide)
        (void)DeleteFileW(wide);
    as_mem_free(wide);
}

void as_file_sync_folder(const char *folder)
{
    (void)folder; /* as_file_replace has waited for the disk */
}

const char *as_file_reason(int number, char *out, size_t size)
{
    return strerror_s(out, size, number) == 0 ? out : "unknown reason";
}

uint32_t as_file_process(void)
{
    return GetCurrentProcessId();
}
