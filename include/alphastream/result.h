/* SPDX-License-Identifier: MIT
 *
 * Results and error details.
 *
 * Every call that can fail returns an as_result. AS_OK is 0; numbers are fixed for good and are
 * never reused. Calls that have no object to keep an error in take an `as_error *`, which may be
 * NULL, and fill it on failure with what failed, where, and what to do about it.
 */
#ifndef ALPHASTREAM_RESULT_H
#define ALPHASTREAM_RESULT_H

#include "version.h"

AS_BEGIN_DECLS

/* What came of a call; docs/errors.md says cause and remedy of each. */
typedef int32_t as_result;
enum {
    AS_OK = 0,
    AS_ERROR_OUT_OF_RANGE = 3,     /* a frame index at or past the end of the stream */
    AS_ERROR_ARGUMENT = -1,        /* a NULL, unusable or contradictory argument */
    AS_ERROR_NOT_INITIALIZED = -2, /* the object was never opened */
    AS_NOT_READY = -3,             /* not here yet, and the caller asked not to wait */
    AS_TIMEOUT = -4,               /* not here within the time allowed; ask again */
    AS_ERROR_DECODE = -5,          /* malformed data, or a missing or wrong passphrase */
    AS_ERROR_TRANSPORT = -6,       /* a file, server or stream could not be read or written */
    AS_ERROR_UNSUPPORTED = -7,     /* not in this build or not on this machine */
    AS_ERROR_OUT_OF_MEMORY = -8,   /* an allocation failed; nothing was lost */
    AS_ERROR_GPU = -9,             /* the graphics driver refused or lost its device */
    AS_ERROR_LIMIT = -10,          /* a documented limit of the library would be passed */
    AS_ERROR_CANCELLED = -11,      /* given up because somebody asked for it */
    AS_ERROR_CHANGED = -12         /* the source is no longer what it was when opened */
};

/* The name of a result in words ("malformed data", ...), static; unknown numbers give "unknown
 * result". Thread-safe. */
AS_API const char *as_result_text(as_result result);

#define AS_NO_FRAME UINT64_MAX  /* as_error.frame: no frame is concerned */
#define AS_NO_OFFSET UINT64_MAX /* as_error.offset: no position is concerned */

/* What went wrong, copied out to the caller, who owns it. Fixed layout of 512 bytes. Filled only
 * on failure; a successful call leaves it alone. */
typedef struct as_error {
    as_result code;       /* what the call returned */
    int32_t system_error; /* errno behind it, 0 = none */
    uint64_t frame;       /* index of the frame concerned, or AS_NO_FRAME */
    uint64_t offset;      /* byte in the source, or AS_NO_OFFSET */
    char text[488];       /* one UTF-8 sentence, NUL-terminated: what, where, what to do */
} as_error;

AS_END_DECLS

#endif
