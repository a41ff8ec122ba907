/* SPDX-License-Identifier: MIT */
#include "location.h"

#include <stdio.h>
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

/* Where the host itself begins; NULL: what should be its port is no number, so that a password with
 * a '/', '?' or '#' in it may be what looks like the host. */
static const char *host_of(const char *authority, const char *end)
{
    const char *host = authority, *port = NULL;
    for (const char *c = authority; c < end; c++)
        host = *c == '@' ? c + 1 : host;
    for (const char *c = host; c < end; c++)
        port = *c == ':' ? c + 1 : *c == ']' ? NULL : port;
    return !port || port + strspn(port, "0123456789") >= end ? host : NULL;
}

char *location_shown(const char *location)
{
    const size_t size = strlen(location) + sizeof("...");
    char *shown = malloc(size);
    const char *authority = authority_of(location);
    if (!shown || !authority) {
        if (shown)
            snprintf(shown, size, "%s", location);
        return shown;
    }
    const char *host = host_of(authority, authority + strcspn(authority, "/?#"));
    snprintf(shown, size, "%.*s%.*s", (int)(authority - location), location,
             (int)strcspn(host ? host : "...", "?#"), host ? host : "...");
    return shown;
}
