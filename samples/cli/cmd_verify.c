/* SPDX-License-Identifier: MIT
 *
 * verify: every frame read, inflated and parsed.
 */
#include "cmd.h"

#include "json.h"
#include "message.h"
#include "pool.h"
#include "source_open.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static as_result check_frame(renderer *r, const void *user, uint64_t frame, byte_array *out,
                             as_error *error)
{
    (void)user;
    (void)out;
    return render_payload(r, frame, error); /* which checks it all */
}

/* What --json prints of bad frames. */
typedef struct findings {
    bool kept; /* asked for */
    size_t count;
    struct finding {
        uint64_t frame;
        char text[sizeof(((as_error *)0)->text)];
    } named[POOL_MOST_NAMED];
} findings;

static int note_frame(void *user, const pool_result *result)
{
    findings *f = user;
    if (f->kept && result->result != AS_OK && f->count < POOL_MOST_NAMED) {
        struct finding *new = &f->named[f->count++];
        new->frame = result->frame;
        snprintf(new->text, sizeof(new->text), "%s", result->error.text);
    }
    return CLI_DONE;
}

static void print_text(const char *source, uint64_t total, uint64_t bad)
{
    message_print_name(source);
    message_print(": %" PRIu64 " frame%s checked, ", total, total == 1 ? "" : "s");
    if (bad == 0) {
        message_print_coloured(COLOUR_GOOD, "all good");
    } else {
        message_print("%" PRIu64 " ", bad);
        message_print_coloured(COLOUR_BAD, "bad");
    }
    message_print("\n");
}

static void print_json(const char *source, uint64_t total, uint64_t bad, const findings *f)
{
    message_print("{\n  \"source\": ");
    json_print_string(source);
    message_print(",\n  \"frames\": %" PRIu64 ",\n  \"bad\": %" PRIu64 ",\n  \"good\": %s,\n",
                  total, bad, bad == 0 ? "true" : "false");
    message_print("  \"errors\": [");
    for (size_t i = 0; i < f->count; i++) {
        message_print("%s\n    {\"frame\": %" PRIu64 ", \"error\": ", i ? "," : "",
                      f->named[i].frame);
        json_print_string(f->named[i].text);
        message_print("}");
    }
    message_print("%s]\n}\n", f->count ? "\n  " : "");
}

static int verify(const options *o, const opened *in, const frames_list *frames)
{
    uint64_t bad = 0;
    findings *found = calloc(1, sizeof(*found));
    if (!found)
        return message_usage("out of memory");
    found->kept = (o->given & OPTION_JSON) != 0;
    const pool_params params = {.container = in->container,
                                .source = in->source,
                                .o = o,
                                .frames = frames,
                                .verb = "verify",
                                .work = check_frame,
                                .consume = note_frame,
                                .user = found};
    const int code = pool_run(&params, &bad);
    if (code == CLI_DONE || code == CLI_DATA) {
        if (found->kept)
            print_json(o->shown[1], frames->total, bad, found);
        else
            print_text(o->shown[1], frames->total, bad);
    }
    free(found);
    return code;
}

int cmd_verify(const options *o)
{
    opened in = {0};
    frames_list frames = {0};
    int code = source_open(o, o->operands[1], &in);
    if (code == CLI_DONE)
        code = source_frames(o, in.info.frame_count, &frames);
    if (code == CLI_DONE)
        code = verify(o, &in, &frames);
    frames_free(&frames);
    source_close(&in);
    return code;
}
