/* SPDX-License-Identifier: MIT */
#include "core/base/mem.h"
#include "core/io/io_internal.h"

#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool begins_with(const char *text, const char *lower_prefix)
{
    while (*lower_prefix && lower(*text) == *lower_prefix) {
        text++;
        lower_prefix++;
    }
    return *lower_prefix == '\0';
}

bool as_io_has_scheme(const char *location, const char *scheme)
{
    return begins_with(location, scheme) && location[strlen(scheme)] == ':';
}

bool as_io_is_url(const char *location)
{
    if (as_io_has_scheme(location, "file"))
        return true;
    if (!is_letter(location[0]))
        return false;
    size_t n = 1;
    while (is_letter(location[n]) || (location[n] >= '0' && location[n] <= '9') ||
           (location[n] != '\0' && strchr("+-.", location[n])))
        n++;
    return n > 1 && strncmp(location + n, "://", 3) == 0;
}

const char *as_io_path_name(const char *path)
{
    const char *name = path;
    for (const char *p = path; *p; p++)
        if (*p == '/' || *p == '\\')
            name = p + 1;
    return name;
}

const char *as_io_salt_name(const char *location, size_t *out_length)
{
    const char *name = location;
    if (as_io_has_scheme(location, "file"))
        name += strlen("file:");
    else if (!begins_with(location, "http://") && !begins_with(location, "https://")) {
        name = as_io_path_name(location);
        *out_length = strlen(name);
        return name;
    }
    const char *end = location + strcspn(location, "?#");
    for (const char *p = name; p < end; p++)
        if (*p == '/')
            name = p + 1;
    *out_length = name < end ? (size_t)(end - name) : 0;
    return name;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes `length` characters into `out`, which has room for as many and a NUL. */
static as_result decode(const char *text, size_t length, char *out, as_error *error)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '%') {
            out[n++] = text[i];
            continue;
        }
        bool whole = length - i > 2;
        int high = whole ? hex_digit(text[i + 1]) : -1;
        int low = whole ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0 || high + low == 0) {
            char shown[AS_IO_SHOWN];
            return as_err_set(error, AS_ERROR_ARGUMENT,
                              "the file URL with the path \"%s\" has a %% that is not followed by "
                              "two hexadecimal digits of a byte other than 00; write a literal %% "
                              "as %%25, or give a plain path",
                              as_io_shown(shown, text, length));
        }
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    out[n] = '\0';
    return AS_OK;
}

as_result as_io_file_url_path(const char *url, char **out_path, as_error *error)
{
    char shown[AS_IO_SHOWN];
    *out_path = NULL;
    const char *path = url + strlen("file:");
    const char *end = path + strcspn(path, "?#");
    if (strncmp(path, "//", 2) == 0) {
        const char *host = path + 2;
        path = host + strcspn(host, "/?#");
        size_t length = (size_t)(path - host);
        if (length != 0 && !(length == strlen("localhost") && begins_with(host, "localhost"))) {
            for (const char *p = host; p < path; p++)
                if (*p == '@')
                    host = p + 1; /* what is before may be a password */
            return as_err_set(error, AS_ERROR_UNSUPPORTED,
                              "a file URL names the host \"%s\", but only files of this machine "
                              "can be opened; write file:///path",
                              as_io_shown(shown, host, (size_t)(path - host)));
        }
    }
    if (*path != '/')
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "the file URL \"%s\" has no absolute path; write file:///path, or give "
                          "a plain path",
                          as_io_shown(shown, url, (size_t)(end - url)));
    size_t length = (size_t)(end - path);
    char *decoded = as_mem_alloc(length + 1);
    if (!decoded)
        return as_err_no_memory(error, length + 1, "the path of a file URL");
    as_result result = decode(path, length, decoded, error);
    if (result != AS_OK) {
        as_mem_free(decoded);
        return result;
    }
    *out_path = decoded;
    return AS_OK;
}

const char *as_io_shown_path(char out[AS_IO_SHOWN], const char *path)
{
    const char *slashes = strstr(path, "://");
    const char *scheme = path + strspn(path, " \t\r\n\"'`<([{");
    size_t start = slashes ? (size_t)(slashes - path) + strlen("://")
                   : as_io_has_scheme(scheme, "http") || as_io_has_scheme(scheme, "https")
                       ? strcspn(path, ":") + 1
                       : 0;
    if (start == 0)
        return as_io_shown(out, path, strlen(path));
    if (start > AS_IO_SHOWN - sizeof("..."))
        start = 0;
    memcpy(out, path, start);
    memcpy(out + start, "...", sizeof("..."));
    return out;
}

const char *as_io_shown(char out[AS_IO_SHOWN], const char *text, size_t length)
{
    const size_t room = AS_IO_SHOWN - 1;
    size_t dots = 0;
    if (length > room) {
        dots = strlen("...");
        memcpy(out, "...", dots);
        text += length - (room - dots);
        length = room - dots;
        while (length != 0 && ((unsigned char)*text & 0xC0) == 0x80) { /* whole UTF-8 characters */
            text++;
            length--;
        }
    }
    memcpy(out + dots, text, length);
    out[dots + length] = '\0';
    return out;
}
