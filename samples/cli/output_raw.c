/* SPDX-License-Identifier: MIT
 *
 * Pixels one frame after another, bare or as YUV4MPEG2.
 */
#include "output.h"

#include "message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static as_result make(renderer *r, const void *user, uint64_t frame, byte_array *out,
                      as_error *error)
{
    (void)user;
    const as_result result = bytes_resize(out, (size_t)r->o->width * r->o->height, error);
    return result == AS_OK ? render_frame(r, frame, out->data, error) : result;
}

static int begin_gray(output *out)
{
    return out_file_create(&out->file, strcmp(out->o->output, "-") == 0 ? NULL : out->o->output);
}

static int begin_y4m(output *out)
{
    char header[96];
    const int code = begin_gray(out);
    if (code != CLI_DONE)
        return code;
    snprintf(header, sizeof(header), "YUV4MPEG2 W%" PRIu32 " H%" PRIu32 " F60:1 Ip A1:1 Cmono\n",
             out->o->width, out->o->height);
    return out_file_write(&out->file, header, strlen(header));
}

static int frame_gray(output *out, uint64_t frame, const byte_array *data)
{
    (void)frame;
    return out_file_write(&out->file, data->data, data->size);
}

static int frame_y4m(output *out, uint64_t frame, const byte_array *data)
{
    static const char mark[] = "FRAME\n";
    const int code = out_file_write(&out->file, mark, sizeof(mark) - 1);
    return code == CLI_DONE ? frame_gray(out, frame, data) : code;
}

static int finish(output *out)
{
    return out_file_commit(&out->file);
}

const output_class output_gray = {
    .one_stream = true, .make = make, .begin = begin_gray, .frame = frame_gray, .finish = finish};
const output_class output_y4m = {
    .one_stream = true, .make = make, .begin = begin_y4m, .frame = frame_y4m, .finish = finish};
