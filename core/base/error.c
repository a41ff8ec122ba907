/* SPDX-License-Identifier: MIT */
#include "core/base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *as_result_text(as_result result)
{
    switch (result) {
    case AS_OK: return "success";
    case AS_ERROR_OUT_OF_RANGE: return "frame index out of range";
    case AS_ERROR_ARGUMENT: return "unusable argument";
    case AS_ERROR_NOT_INITIALIZED: return "not initialized";
    case AS_NOT_READY: return "not ready";
    case AS_TIMEOUT: return "timeout";
    case AS_ERROR_DECODE: return "malformed data or wrong passphrase";
    case AS_ERROR_TRANSPORT: return "source or destination failed";
    case AS_ERROR_UNSUPPORTED: return "unsupported";
    case AS_ERROR_OUT_OF_MEMORY: return "out of memory";
    case AS_ERROR_GPU: return "graphics driver failed";
    case AS_ERROR_LIMIT: return "limit passed";
    case AS_ERROR_CANCELLED: return "cancelled";
    case AS_ERROR_CHANGED: return "source changed";
    default: return "unknown result";
    }
}

/* Bytes of the UTF-8 character that `text` begins with; 0: it is a control character or none. */
static size_t character_at(const char *text)
{
    const unsigned char *t = (const unsigned char *)text;
    if (t[0] < 0x80)
        return t[0] >= 0x20 && t[0] != 0x7F;
    if (t[0] < 0xC2 || t[0] > 0xF4)
        return 0;
    const size_t length = t[0] >= 0xF0 ? 4 : t[0] >= 0xE0 ? 3 : 2;
    for (size_t i = 1; i < length; i++) /* ends with the text */
        if ((t[i] & 0xC0) != 0x80)
            return 0;
    /* More bytes than it takes, a surrogate, past the last one; or a control character, too. */
    const unsigned char least = t[0] == 0xC2 || t[0] == 0xE0 ? 0xA0 : t[0] == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = t[0] == 0xED ? 0x9F : t[0] == 0xF4 ? 0x8F : 0xBF;
    return t[1] >= least && t[1] <= most ? length : 0;
}

/* A text that vsnprintf cut may end inside a UTF-8 character: take the broken one off. */
static void trim_broken_utf8(char *text)
{
    size_t n = strlen(text);
    size_t start = n;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0 || (unsigned char)text[start - 1] < 0xC0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (n - (start - 1) < want)
        text[start - 1] = '\0';
}

void as_err_format(char *text, size_t size, const char *format, va_list args)
{
    const int length = vsnprintf(text, size, format, args);
    if (length < 0)
        text[0] = '\0';
    else if ((size_t)length >= size)
        trim_broken_utf8(text);
    while (*text) {
        const size_t bytes = character_at(text);
        if (bytes == 0)
            *text = '?';
        text += bytes ? bytes : 1;
    }
}

static void fill(as_error *error, as_result code, int system_error, const char *format,
                 va_list args)
{
    error->code = code;
    error->system_error = system_error;
    error->frame = AS_NO_FRAME;
    error->offset = AS_NO_OFFSET;
    as_err_format(error->text, sizeof(error->text), format, args);
}

as_result as_err_set(as_error *error, as_result code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(error, code, 0, format, args);
    va_end(args);
    return code;
}

as_result as_err_errno(as_error *error, as_result code, int system_error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(error, code, system_error, format, args);
    va_end(args);
    return code;
}

as_result as_err_no_memory(as_error *error, uint64_t size, const char *what)
{
    return as_err_set(error, AS_ERROR_OUT_OF_MEMORY,
                      "out of memory: %" PRIu64 " bytes for %s could not be had", size, what);
}

as_result as_err_at_frame(as_error *error, uint64_t frame)
{
    char text[sizeof(error->text)];
    memcpy(text, error->text, sizeof(text));
    error->frame = frame;
    int length = snprintf(error->text, sizeof(error->text), "frame %" PRIu64 ": ", frame);
    size_t room = sizeof(error->text) - (size_t)length;
    size_t n = strlen(text);
    if (n >= room)
        n = room - 1;
    memcpy(error->text + length, text, n);
    error->text[(size_t)length + n] = '\0';
    trim_broken_utf8(error->text);
    return error->code;
}
