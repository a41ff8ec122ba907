/* SPDX-License-Identifier: MIT
 *
 * decode: masks to pictures, a video, bare bytes or a contact sheet.
 */
#include "cmd.h"

#include "message.h"
#include "output.h"
#include "progress.h"
#include "sheet.h"
#include "source_open.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct decoding {
    output out;
    byte_array empty; /* a mask for a bad frame, made by the first */
    uint64_t written;
} decoding;

static as_result make(renderer *r, const void *user, uint64_t frame, byte_array *out,
                      as_error *error)
{
    const decoding *d = user;
    return d->out.class->make(r, &d->out, frame, out, error);
}

/* A bad frame: pictures go on without it, a stream ends unless an empty mask may stand for it. */
static int write_hole(decoding *d, uint64_t frame)
{
    const options *o = d->out.o;
    as_error error = {0};
    if (!d->out.class->one_stream)
        return CLI_DONE;
    if (!(o->given & OPTION_KEEP_GOING))
        return CLI_DATA;
    if (!d->empty.data) {
        if (bytes_resize(&d->empty, (size_t)o->width * o->height, &error) != AS_OK)
            return message_fail(&error);
        memset(d->empty.data, 0, d->empty.size);
    }
    return d->out.class->frame(&d->out, frame, &d->empty);
}

static int consume(void *user, const pool_result *result)
{
    decoding *d = user;
    if (result->result != AS_OK)
        return write_hole(d, result->frame);
    d->written++;
    return d->out.class->frame(&d->out, result->frame, &result->data);
}

static void summarize(const options *o, uint64_t frames, uint64_t bad, uint32_t width,
                      uint32_t height, double seconds)
{
    char bad_text[48] = "";
    const double each = frames ? seconds / (double)frames : 0;
    if (o->given & OPTION_QUIET)
        return;
    if (bad)
        snprintf(bad_text, sizeof(bad_text), " and %" PRIu64 " bad", bad);
    message_note("%" PRIu64 " frame%s%s, %" PRIu32 " x %" PRIu32
                 ", %.3f ms per frame, %.0f frames per second, to %s",
                 frames, frames == 1 ? "" : "s", bad_text, width, height, each * 1e3,
                 each > 0 ? 1 / each : 0,
                 strcmp(o->output, "-") == 0 ? "standard output" : o->output);
}

static int decode_frames(const options *o, const opened *in, const frames_list *frames)
{
    decoding d = {0};
    uint64_t bad = 0;
    const double start = progress_now();
    int code = output_choose(o, frames->total, &d.out);
    if (code == CLI_DONE && d.out.class->begin)
        code = d.out.class->begin(&d.out);
    if (code == CLI_DONE) {
        const pool_params params = {.container = in->container,
                                    .gpu = in->gpu,
                                    .source = in->source,
                                    .o = o,
                                    .frames = frames,
                                    .verb = "decode",
                                    .bytes_per_result = (size_t)o->width * o->height,
                                    .work = make,
                                    .consume = consume,
                                    .user = &d};
        code = pool_run(&params, &bad);
        const bool ended = d.out.class->one_stream && !(o->given & OPTION_KEEP_GOING);
        const bool whole = code == CLI_DONE || (code == CLI_DATA && !ended);
        if (whole && d.out.class->finish) {
            const int finished = d.out.class->finish(&d.out);
            code = finished == CLI_DONE ? code : finished;
        }
        if (whole && code != CLI_USAGE)
            summarize(o, d.written, bad, o->width, o->height, progress_now() - start);
    }
    output_free(&d.out);
    bytes_free(&d.empty);
    return code;
}

static int decode_sheet(const options *o, const opened *in, const frames_list *frames)
{
    output out;
    sheet made = {0};
    byte_array png = {0};
    const double start = progress_now();
    int code = output_choose(o, 1, &out);
    if (code == CLI_DONE && out.pattern.numbered)
        code = message_usage("a sheet is one picture: leave the frame's number out of -o \"%s\"",
                             o->output);
    if (code == CLI_DONE)
        code = sheet_make(in, o, frames, &made, &png);
    if (png.size > 0 && (code == CLI_DONE || code == CLI_DATA)) {
        const int written = output_picture(&out, 0, &png);
        code = written == CLI_DONE ? code : written;
        if (written == CLI_DONE)
            summarize(o, made.frames - made.bad, made.bad, made.width, made.height,
                      progress_now() - start);
    }
    output_free(&out);
    bytes_free(&png);
    return code;
}

/* What is wrong with the options can be said before the source is opened. */
static int check_options(const options *o)
{
    if (!o->output)
        return message_usage("decode needs -o OUT; see alphastream decode --help");
    if (strcmp(o->output, "-") == 0 && isatty(STDOUT_FILENO))
        return message_usage("standard output is a terminal; redirect it, or name a file with -o");
    if (!(o->given & OPTION_SHEET)) {
        if (o->given & OPTION_SHEET_FRAMES)
            return message_usage("--sheet-frames needs --sheet");
        if (o->given & OPTION_TILE)
            return message_usage("--tile needs --sheet");
        return CLI_DONE;
    }
    if (o->given & OPTION_SIZE)
        return message_usage("--sheet draws tiles of --tile pixels; leave --size away");
    if (!output_has_extension(o->output, ".png"))
        return message_usage("a sheet is a PNG picture; use -o NAME.png instead of \"%s\"",
                             o->output);
    return CLI_DONE;
}

int cmd_decode(const options *o)
{
    opened in = {0};
    frames_list frames = {0};
    int code = check_options(o);
    if (code == CLI_DONE)
        code = source_open_drawing(o, o->operands[1], &in);
    if (code == CLI_DONE)
        code = source_frames(o, in.info.frame_count, &frames);
    if (code == CLI_DONE)
        code = o->given & OPTION_SHEET ? decode_sheet(o, &in, &frames)
                                       : decode_frames(o, &in, &frames);
    frames_free(&frames);
    source_close(&in);
    return code;
}
