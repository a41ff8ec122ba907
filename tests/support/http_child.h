/* SPDX-License-Identifier: MIT
 *
 * Programs that tests start, and that do not outlive them.
 */
#ifndef TEST_HTTP_CHILD_H
#define TEST_HTTP_CHILD_H

#include "tests/support/check.h"

#include <stdbool.h>
#include <sys/types.h>

/* Starts the program, found in PATH and the folders of system programs, with `fd` (-1: none) as its
 * standard input and output. It is killed when the calling thread ends. Fails the test where it is
 * not installed: `package` is what to install. */
pid_t test_child_start(char *const arguments[], int fd, const char *package);
/* Has it ended by itself? Then its id is no longer to be used. */
bool test_child_ended(pid_t pid);
/* Sends the signal (0: none) and waits for its end; kills it when it takes too long. */
void test_child_stop(pid_t pid, int signal);

#endif
