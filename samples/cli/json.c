/* SPDX-License-Identifier: MIT */
#include "json.h"

#include "message.h"

#include <stddef.h>
#include <stdint.h>

/* The length of the UTF-8 character at `c`, 0 if there is none: no overlong forms, surrogates or
 * numbers past U+10FFFF. */
static size_t utf8_length(const unsigned char *c)
{
    const size_t length = c[0] < 0x80                   ? 1
                          : c[0] >= 0xc2 && c[0] < 0xe0 ? 2
                          : c[0] >= 0xe0 && c[0] < 0xf0 ? 3
                          : c[0] >= 0xf0 && c[0] < 0xf5 ? 4
                                                        : 0;
    for (size_t i = 1; i < length; i++)
        if ((c[i] & 0xc0) != 0x80) /* the terminator included */
            return 0;
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
        return 0;
    return length;
}

void json_print_string(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    message_print("\"");
    while (*c) {
        const size_t length = utf8_length(c);
        if (length == 0)
            message_print("\\ufffd");
        else if (*c == '"' || *c == '\\')
            message_print("\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            message_print("\\u%04x", *c);
        else
            message_print("%.*s", (int)length, (const char *)c);
        c += length ? length : 1;
    }
    message_print("\"");
}
