/* SPDX-License-Identifier: MIT
 *
 * The forms in which decode writes masks.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "out_file.h"
#include "pool.h"

/* A file name with one frame number in it: head, the number of at least `digits` digits, tail. */
typedef struct output_pattern {
    char *head, *tail;
    unsigned digits;
    bool numbered; /* false: head is all of it */
} output_pattern;

typedef struct output output;

/* One form. */
typedef struct output_class {
    bool one_stream;    /* all frames in one file, so that a bad one leaves a hole */
    pool_work_fn *make; /* the bytes of one frame; `user` is the output */
    /* In the calling thread; they return exit codes. begin and finish may be NULL. */
    int (*begin)(output *out);
    int (*frame)(output *out, uint64_t frame, const byte_array *data);
    int (*finish)(output *out);
} output_class;

struct output {
    const output_class *class;
    const options *o;
    output_pattern pattern; /* of pictures */
    out_file file;          /* of one stream */
};

extern const output_class output_png, output_pgm, output_y4m, output_gray;

/* Decides the form from o->output, for `frames` frames. Returns CLI_DONE, or CLI_USAGE after a
 * sentence. output_free in every case; it discards a file that was not finished. */
int output_choose(const options *o, uint64_t frames, output *out);
void output_free(output *out);

/* The frame function of pictures: a file for each frame. */
int output_picture(output *out, uint64_t frame, const byte_array *data);

/* Whether `path` ends in `extension` (with its dot), in any case. */
bool output_has_extension(const char *path, const char *extension);

/* Whether this build can write PNG; output_choose refuses it otherwise. */
extern const bool output_has_png;

/* Encodes 8-bit pixels, `channels` 1 (gray) or 3 (RGB) bytes each, as a PNG file into *out. */
as_result output_encode_png(uint32_t width, uint32_t height, unsigned channels,
                            const uint8_t *pixels, byte_array *out, as_error *error);

#endif
