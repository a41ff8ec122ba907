/* SPDX-License-Identifier: MIT
 *
 * The tool's main, under another name.
 */
#include "tests/fuzz/cli_main.h"

#define main fuzz_cli_main
#include "samples/cli/main.c" /* NOLINT(bugprone-suspicious-include) */
