/* SPDX-License-Identifier: MIT
 *
 * What servers do wrong at random.
 */
#ifndef TEST_HTTP_CHAOS_H
#define TEST_HTTP_CHAOS_H

#include "tests/support/random.h"

/* The actions of a rule of the fault server: something that a server may do wrong without telling
 * lies that nobody could see through. Static. */
const char *http_chaos_fault(test_random *random);

#endif
