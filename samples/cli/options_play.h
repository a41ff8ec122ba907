/* SPDX-License-Identifier: MIT
 *
 * The options of play.
 */
#ifndef CLI_OPTIONS_PLAY_H
#define CLI_OPTIONS_PLAY_H

#include "options.h"

typedef enum play_option {
    PLAY_FPS,
    PLAY_SECONDS,
    PLAY_SPEED,
    PLAY_SEEK_EVERY,
    PLAY_SEED,
    PLAY_START,
    PLAY_LOOP,
    PLAY_FLAT_OUT,
    PLAY_L0,
    PLAY_L1
} play_option;

void options_play_defaults(options *o);

/* Takes one option with its value (NULL: it has none). Returns CLI_DONE, or CLI_USAGE after a
 * sentence. */
int options_take_play(options *o, play_option option, const char *text);

#endif
