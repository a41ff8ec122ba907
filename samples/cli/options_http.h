/* SPDX-License-Identifier: MIT
 *
 * The options of http and https URLs.
 */
#ifndef CLI_OPTIONS_HTTP_H
#define CLI_OPTIONS_HTTP_H

#include "options.h"

typedef enum http_option {
    HTTP_HEADER,
    HTTP_PROXY,
    HTTP_CACERT,
    HTTP_INSECURE,
    HTTP_CACHE_DIR
} http_option;

/* Takes one option with its value (NULL: it has none). Returns CLI_DONE, or CLI_USAGE after a
 * sentence, in which no header's value is. */
int options_take_http(options *o, http_option option, const char *text);

void options_free_http(options *o);

#endif
