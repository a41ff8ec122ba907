/* SPDX-License-Identifier: MIT
 *
 * Scripts: what to do when, for tests and recordings (docs/viewer.md has the language).
 */
#ifndef VIEWER_SCRIPT_H
#define VIEWER_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct app app;

typedef struct script_line {
    double seconds; /* since the source was opened, or could not be */
    int verb;
    int x, y;   /* of press and move; a key's code or a frame in x */
    char *text; /* of screenshot, timeline, figures and open; NULL otherwise */
} script_line;

typedef struct script {
    script_line *lines;
    size_t count, next;
} script;

/* Reads all of a file. false: `why` is a sentence with the line's number. */
bool script_read(script *s, const char *path, char *why, size_t capacity);
void script_free(script *s);

/* Does what is due at `seconds`. */
void script_run(script *s, app *a, double seconds);
bool script_is_done(const script *s);

#endif
