/* SPDX-License-Identifier: MIT
 *
 * verify: every frame read, inflated and parsed.
 */
#include "cmd.h"

#include "message.h"
#include "pool.h"
#include "source_open.h"

#include <inttypes.h>

static as_result check_frame(renderer *r, const void *user, uint64_t frame, byte_array *out,
                             as_error *error)
{
    (void)user;
    (void)out;
    return render_payload(r, frame, error); /* which checks it all */
}

static int verify(const options *o, const opened *in, const frames_list *frames)
{
    uint64_t bad = 0;
    const pool_params params = {.container = in->container,
                                .source = in->source,
                                .o = o,
                                .frames = frames,
                                .verb = "verify",
                                .work = check_frame};
    const int code = pool_run(&params, &bad);
    if (code == CLI_DONE || code == CLI_DATA) {
        message_print_name(o->shown[1]);
        message_print(": %" PRIu64 " frame%s checked, ", frames->total,
                      frames->total == 1 ? "" : "s");
    }
    if (code == CLI_DONE)
        message_print("all good\n");
    else if (code == CLI_DATA)
        message_print("%" PRIu64 " bad\n", bad);
    return code;
}

int cmd_verify(const options *o)
{
    opened in = {0};
    frames_list frames = {0};
    int code = source_open(o, o->operands[1], &in);
    if (code == CLI_DONE)
        code = source_frames(o, &in, &frames);
    if (code == CLI_DONE)
        code = verify(o, &in, &frames);
    frames_free(&frames);
    source_close(&in);
    return code;
}
