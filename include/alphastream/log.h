/* SPDX-License-Identifier: MIT
 *
 * Log messages. The library never prints; what it has to say beside results goes to a callback
 * that the caller passes in the params of an object.
 */
#ifndef ALPHASTREAM_LOG_H
#define ALPHASTREAM_LOG_H

#include "version.h"

AS_BEGIN_DECLS

/* How much a message matters. */
typedef int32_t as_log_level;
enum {
    AS_LOG_NONE = 0,  /* nothing */
    AS_LOG_ERROR = 1, /* a call failed in the background */
    AS_LOG_WARN = 2,  /* works, but something is odd: the caller may want to know */
    AS_LOG_INFO = 3,  /* what was opened and how */
    AS_LOG_DEBUG = 4  /* for whoever works on the library */
};

/* One message, without a newline, valid during the call. May be called from any thread of the
 * library, several at once; it must not call back into the object that logs. Neither passphrases
 * nor keys nor query strings of URLs are ever passed to it. */
typedef void (*as_log_fn)(void *user, as_log_level level, const char *message);

/* Zero = silence. */
typedef struct as_log {
    as_log_fn fn;       /* default NULL: silence */
    void *user;         /* handed to fn */
    as_log_level level; /* messages up to this level; default AS_LOG_NONE = nothing */
    uint32_t reserved;  /* 0 */
} as_log;

AS_END_DECLS

#endif
