/* SPDX-License-Identifier: MIT
 *
 * The commands. Each gets the parsed command line, with its operands checked for number, and
 * returns an exit code; whatever is wrong it has said by then.
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "options.h"

int cmd_info(const options *o);
int cmd_verify(const options *o);
int cmd_framehash(const options *o);
int cmd_decode(const options *o);
int cmd_convert(const options *o);
int cmd_play(const options *o);
int cmd_gpus(const options *o);
int cmd_doctor(const options *o);

#endif
