/* SPDX-License-Identifier: MIT
 *
 * SOURCE as text.
 */
#ifndef CLI_LOCATION_H
#define CLI_LOCATION_H

#include <stdbool.h>

/* Is it an http or https URL? */
bool location_is_http(const char *location);

/* `location` for output and messages: of a URL without what may be secret, the user info, the query
 * and the fragment; anything else as it is. The caller frees it; NULL: out of memory. */
char *location_shown(const char *location);

#endif
