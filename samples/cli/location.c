/* SPDX-License-Identifier: MIT */
#include "location.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool location_is_http(const char *location)
{
    return strncasecmp(location, "http://", strlen("http://")) == 0 ||
           strncasecmp(location, "https://", strlen("https://")) == 0;
}

/* Where the host, with any user info before it, begins: behind "scheme://"; NULL: not a URL. */
static const char *authority_of(const char *location)
{
    const size_t length = strcspn(location, ":");
    const bool scheme = strspn(location, letters) > 0 && strcspn(location, "/?#") > length;
    return scheme && strncmp(location + length, "://", 3) == 0 ? location + length + 3 : NULL;
}

char *location_shown(const char *location)
{
    char *shown = malloc(strlen(location) + 1);
    const char *host = authority_of(location);
    if (!shown || !host)
        return shown ? strcpy(shown, location) : NULL;
    const size_t head = (size_t)(host - location);
    const char *const end = host + strcspn(host, "/?#");
    for (const char *c = host; c < end; c++)
        if (*c == '@')
            host = c + 1;
    const size_t tail = strcspn(host, "?#");
    memcpy(shown, location, head);
    memcpy(shown + head, host, tail);
    shown[head + tail] = '\0';
    return shown;
}
