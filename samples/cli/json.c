/* SPDX-License-Identifier: MIT */
#include "json.h"

#include "message.h"
#include "text.h"

#include <stddef.h>

void json_print_string(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    message_print("\"");
    while (*c) {
        const size_t length = text_character((const char *)c);
        if (length == 0)
            message_print("\\ufffd");
        else if (*c == '"' || *c == '\\')
            message_print("\\%c", *c);
        else if (text_is_control((const char *)c))
            message_print("\\u%04x", c[length - 1]); /* up to U+009F: the last byte is the number */
        else
            message_print("%.*s", (int)length, (const char *)c);
        c += length ? length : 1;
    }
    message_print("\"");
}
