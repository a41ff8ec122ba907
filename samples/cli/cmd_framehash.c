/* SPDX-License-Identifier: MIT
 *
 * framehash: the SHA-256 of each mask.
 */
#include "cmd.h"

#include "hash.h"
#include "message.h"
#include "pool.h"
#include "source_open.h"

#include <inttypes.h>

static as_result hash_frame(renderer *r, const void *user, uint64_t frame, byte_array *out,
                            as_error *error)
{
    (void)user;
    as_result result = bytes_resize(out, HASH_SIZE, error);
    if (result == AS_OK)
        result = render_scratch(r, frame, error);
    if (result != AS_OK)
        return result;
    return hash_bytes(r->pixels.data, r->pixels.size, out->data, error);
}

static int print_hash(void *user, const pool_result *result)
{
    (void)user;
    char text[HASH_TEXT];
    if (result->result != AS_OK)
        return CLI_DONE;
    hash_text(result->data.data, text);
    return message_print("%" PRIu64 " %s\n", result->frame, text) ? CLI_DONE : CLI_USAGE;
}

int cmd_framehash(const options *o)
{
    opened in = {0};
    frames_list frames = {0};
    uint64_t bad = 0;
    int code = source_open_drawing(o, o->operands[1], &in);
    if (code == CLI_DONE)
        code = source_frames(o, in.info.frame_count, &frames);
    if (code == CLI_DONE) {
        const pool_params params = {.container = in.container,
                                    .gpu = in.gpu,
                                    .source = in.source,
                                    .o = o,
                                    .frames = &frames,
                                    .verb = "framehash",
                                    .work = hash_frame,
                                    .consume = print_hash};
        code = pool_run(&params, &bad);
    }
    frames_free(&frames);
    source_close(&in);
    return code;
}
