/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_CLI_MAIN_H
#define FUZZ_CLI_MAIN_H

int fuzz_cli_main(int argc, char **argv);

#endif
