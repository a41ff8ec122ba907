/* SPDX-License-Identifier: MIT
 *
 * A descriptor that the host's event loop can wait for. It holds at most one byte: readable or not
 * is all it says. One thread at a time.
 */
#ifndef AS_BASE_WAKE_H
#define AS_BASE_WAKE_H

#include <stdbool.h>

typedef struct as_wake {
    int readable, writable; /* -1: not open */
} as_wake;

#define AS_WAKE_CLOSED ((as_wake){-1, -1})

/* false, and closed as before: none can be had; on Windows there are no such descriptors. */
bool as_wake_open(as_wake *wake);
void as_wake_close(as_wake *wake); /* one that is closed is ignored */
/* Both do nothing to one that is closed. */
void as_wake_set(const as_wake *wake);
void as_wake_clear(const as_wake *wake);

#endif
