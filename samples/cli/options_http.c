/* SPDX-License-Identifier: MIT */
#include "options_http.h"

#include "message.h"
#include "system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FILE = 64 * 1024 };

static int add_header(http_options *http, const char *line)
{
    /* What goes into a header's name, RFC 9110's "token". */
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const size_t name = strspn(line, token);
    if (name == 0 || line[name] != ':')
        return message_usage("a --header does not begin with a name and a colon; write it as "
                             "\"Name: value\", or @FILE for a file with one on each line");
    if (http->header_count == MOST_HEADERS)
        return message_usage("more than %d headers; leave some away", MOST_HEADERS);
    http->headers[http->header_count++] = line;
    return CLI_DONE;
}

/* Each line of `text`, which it cuts into them, is a header; empty ones are not. */
static int add_lines(http_options *http, char *text)
{
    int code = CLI_DONE;
    while (*text && code == CLI_DONE) {
        const size_t length = strcspn(text, "\r\n");
        char *next = text + length + strspn(text + length, "\r\n");
        text[length] = '\0';
        if (length > 0)
            code = add_header(http, text);
        text = next;
    }
    return code;
}

static char *read_file(FILE *file)
{
    char *text = malloc(MOST_FILE + 1);
    if (!text)
        return NULL;
    const size_t length = fread(text, 1, MOST_FILE + 1, file);
    if (ferror(file) || length > MOST_FILE || memchr(text, '\0', length)) {
        errno = ferror(file) ? errno : EINVAL;
        free(text);
        return NULL;
    }
    text[length] = '\0';
    return text;
}

static int add_file(http_options *http, const char *path)
{
    FILE *file = system_open(path);
    char *text = file ? read_file(file) : NULL;
    const int system_error = errno;
    if (file)
        fclose(file);
    if (!text)
        return message_usage("--header @%s cannot be used: %s; name a text file of at most %d KiB "
                             "with a header on each line",
                             path, strerror(system_error), MOST_FILE / 1024);
    if (http->file_count == MOST_HEADERS) {
        free(text);
        return message_usage("more than %d files of headers; leave some away", MOST_HEADERS);
    }
    http->files[http->file_count++] = text;
    return add_lines(http, text);
}

int options_take_http(options *o, http_option option, const char *text)
{
    http_options *http = &o->http;
    switch (option) {
    case HTTP_HEADER: return *text == '@' ? add_file(http, text + 1) : add_header(http, text);
    case HTTP_PROXY: http->proxy = text; return CLI_DONE;
    case HTTP_CACERT: http->ca_file = text; return CLI_DONE;
    case HTTP_INSECURE: http->insecure = true; return CLI_DONE;
    case HTTP_CACHE_DIR: http->cache_dir = text; return CLI_DONE;
    }
    return CLI_DONE;
}

void options_free_http(options *o)
{
    for (size_t i = 0; i < o->http.file_count; i++)
        free(o->http.files[i]);
}
