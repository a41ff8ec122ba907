/* SPDX-License-Identifier: MIT
 *
 * Keys, and what each does.
 */
#ifndef VIEWER_INPUT_H
#define VIEWER_INPUT_H

#include <stddef.h>

typedef struct app app;

typedef struct input_key {
    int code;         /* GLFW_KEY_... */
    const char *name; /* in scripts and in the help */
    const char *help; /* NULL: not shown */
    void (*act)(app *a);
} input_key;

/* All keys in the order of the help; *out_count of them. */
const input_key *input_keys(size_t *out_count);

/* Does what the key with that code does; others are ignored. Digits begin and continue the number
 * of a frame to go to. */
void input_press(app *a, int code);
/* GLFW_KEY_... of a name ("space", "right", "h", "5"), -1: there is none. */
int input_code(const char *name);

#endif
