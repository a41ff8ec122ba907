/* SPDX-License-Identifier: MIT
 *
 * The command line, parsed.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "frames_list.h"

#include "alphastream/alphastream.h"

#include <stdbool.h>

enum { MOST_THREADS = 64, MOST_OPERANDS = 3, MOST_HEADERS = 64, MOST_DEVICE = 1000 };

typedef enum option_when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER } option_when;

/* What an encrypted container's key is made of; NULL = not given. */
typedef struct key_options {
    uint32_t scene;
    bool scene_given;
    const char *stream_version;
    const char *name;
    const char *passphrase_file;
} key_options;

/* How play plays. */
typedef struct play_options {
    uint32_t fps_num, fps_den;
    double seconds;    /* 0: to the end */
    double speed;      /* negative: backward */
    double seek_every; /* seconds; 0: never */
    uint64_t seed;     /* of the frames sought */
    uint32_t start;
    bool start_given, loop, flat_out;
    uint32_t l0, l1; /* 0: not given */
} play_options;

/* How http and https URLs are read; NULL = not given. */
typedef struct http_options {
    const char *headers[MOST_HEADERS];
    uint32_t header_count;
    char *files[MOST_HEADERS]; /* the text of header files; `headers` point into it */
    size_t file_count;
    const char *proxy, *ca_file, *cache_dir;
    bool insecure;
} http_options;

/* Bits of options.given: options that only some commands take. */
enum {
    OPTION_JSON = 1 << 0,
    OPTION_OUTPUT = 1 << 1,
    OPTION_QUIET = 1 << 2,
    OPTION_KEEP_GOING = 1 << 3,
    OPTION_SHEET = 1 << 4,
    OPTION_SHEET_FRAMES = 1 << 5,
    OPTION_TILE = 1 << 6,
    OPTION_TO = 1 << 7,
    OPTION_TO_KEY = 1 << 8,
    OPTION_SIZE = 1 << 9, /* taken by all, but --sheet has no use for it */
    OPTION_PLAY = 1 << 10,
    OPTION_HTTP = 1 << 11,
};

/* Strings point into argv but for those that say otherwise. */
typedef struct options {
    const char *operands[MOST_OPERANDS]; /* the command's name first */
    char *shown[MOST_OPERANDS];          /* the same for output and messages: location_shown */
    int operand_count;
    unsigned given;
    bool help, version;

    uint32_t canvas_width, canvas_height;
    uint32_t width, height; /* of the mask */
    bool vector;            /* --scale vector */
    as_combine combine;
    const char *backend;
    bool gl_es, gl_api_given; /* --gl-api */
    uint32_t device;
    bool device_given;
    bool frames_given;
    frames_list frames;
    unsigned threads;
    key_options key;
    http_options http;
    as_log_level log_level;
    bool log_level_given;
    option_when progress;

    const char *output;
    unsigned sheet_frames, tile_width;
    as_container_format to; /* 0: not given */
    key_options to_key;
    const char *to_key_option; /* the last --to-... given, for messages */
    play_options play;
    const char *play_option; /* the last of them given, for messages */
} options;

/* Fills *o (which options_free takes back whatever comes out). Returns CLI_DONE, or CLI_USAGE
 * after a sentence on standard error. */
int options_parse(int argc, char **argv, options *o);
void options_free(options *o);

/* The name of the first option in `given` that is not in `accepted`, and its bit; or NULL. */
const char *options_refused(const options *o, unsigned accepted, unsigned *out_bit);

/* A whole decimal number of `low` .. `high`, digits only. */
bool options_number(const char *text, uint64_t low, uint64_t high, uint64_t *out);

#endif
