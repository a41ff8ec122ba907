/* SPDX-License-Identifier: MIT
 *
 * Opening SOURCE: a path, a URL or standard input.
 */
#ifndef CLI_SOURCE_OPEN_H
#define CLI_SOURCE_OPEN_H

#include "backend.h"
#include "exchanges.h"
#include "options.h"

/* Start with {0}. */
typedef struct opened {
    exchanges *exchanges; /* where a URL's are recorded; NULL: nowhere */
    as_source *source;
    as_container *container;
    as_container_info info;
    backend *gpu; /* of source_open_drawing; NULL: the CPU draws */
} opened;

/* Opens `location` ("-": standard input, read to its end) with the key of o->key. Returns CLI_DONE,
 * or an exit code after a sentence on standard error. source_close in every case. */
int source_open(const options *o, const char *location, opened *out);

/* The same for a command that draws: with another backend than the CPU's, also out->gpu. */
int source_open_drawing(const options *o, const char *location, opened *out);

/* Opens the bytes alone: `location` as above, into *source. `recorder` may be NULL. Returns as
 * source_open. */
int source_open_bytes(const options *o, const char *location, exchanges *recorder,
                      as_source **source);

/* Behind the sentence of an error that source_lacks_passphrase is true of. */
#define SOURCE_PASSPHRASE_HINT "; here: --passphrase-file"

/* Whether an error is about a passphrase, and none was given in any way. */
bool source_lacks_passphrase(const options *o, const as_error *error);

/* Says why a container could not be opened, which one, and what this tool's option for it is.
 * Returns an exit code. */
int source_say_not_opened(const options *o, const as_error *error);

/* The frames of --frames, all of which must be there, or all `count` of the container; *list must
 * be freed. Returns an exit code. */
int source_frames(const options *o, uint64_t count, frames_list *list);

void source_close(opened *in);

/* Fills *params from *key; `fallback` (may be NULL) gives what `key` leaves open, but for the
 * name. */
void source_key_params(const key_options *key, const key_options *fallback, as_key_params *params);

#endif
