/* SPDX-License-Identifier: MIT
 *
 * What servers do wrong at random.
 */
#ifndef TEST_HTTP_CHAOS_H
#define TEST_HTTP_CHAOS_H

#include "tests/support/random.h"

enum { HTTP_CHAOS_FAULT = 160 };

/* The actions of a rule of the fault server: something that a server may do wrong with a content of
 * `size` bytes without telling lies that nobody could see through. Writes and returns `out`. */
const char *http_chaos_fault(test_random *random, uint64_t size, char out[HTTP_CHAOS_FAULT]);

#endif
