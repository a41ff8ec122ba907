/* SPDX-License-Identifier: MIT
 *
 * What differs from system to system. Paths and arguments are UTF-8.
 */
#ifndef CLI_SYSTEM_H
#define CLI_SYSTEM_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Before anything else: standard input and output carry bytes, and a reader of ours that goes away
 * makes writing fail. Arguments that are not UTF-8 yet become so; they live as long as the program.
 */
void system_start(int *argc, char ***argv);

/* Sleeps until the monotonic clock says `ns`, or *interrupted is set. */
void system_sleep_until(uint64_t ns, const volatile sig_atomic_t *interrupted);
/* Logical cores of this machine that are on; at least 1. */
unsigned system_cores(void);
/* The most memory this process has had at once; 0: unknown. */
uint64_t system_peak_bytes(void);

/* The first time somebody wants to interrupt the program (or, `any_end`: to end it in any way that
 * a program is told of), `handler` gets the signal instead; then it ends, as by a signal raised in
 * the handler. Where signals are ignored they stay so. */
void system_catch(void (*handler)(int number), bool any_end);

typedef enum system_kind { SYSTEM_NONE, SYSTEM_FILE, SYSTEM_OTHER } system_kind;
system_kind system_look(const char *path);
/* Does the file there let itself be read? Never waits. false: errno says why. */
bool system_can_read(const char *path);

/* A file descriptor of a file that did not exist, `is_private`: for its owner alone; -1: errno says
 * why. */
int system_create(const char *path, bool is_private);
/* Has a file that takes the place of what is at `path` to be created for its owner alone? Yes where
 * system_take_permissions has some to give, or where not everybody can read what is there. */
bool system_is_kept_private(const char *path);
/* Gives the file the permissions of the one at `path`, as far as that is possible: if that is a
 * regular file of this user, no link; without set-id bits, and a group's only along with it. */
void system_take_permissions(int fd, const char *path);
/* `from` becomes `to`, in place of a file that may be there; false: errno says why. */
bool system_replace(const char *from, const char *to);
void system_remove(const char *path); /* also in a signal handler */
FILE *system_open(const char *path);  /* for reading; NULL: errno says why */
/* Where the folder in `path` ends: behind its last separator, 0 if it has none. */
size_t system_folder_length(const char *path);

#endif
