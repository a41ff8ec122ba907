/* SPDX-License-Identifier: MIT
 *
 * Binary PGM: a line of text, then the pixels.
 */
#include "output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static as_result make(renderer *r, const void *user, uint64_t frame, byte_array *out,
                      as_error *error)
{
    char header[64];
    (void)user;
    const int length = snprintf(header, sizeof(header), "P5\n%" PRIu32 " %" PRIu32 "\n255\n",
                                r->o->width, r->o->height);
    const as_result result =
        bytes_resize(out, (size_t)length + (size_t)r->o->width * r->o->height, error);
    if (result != AS_OK)
        return result;
    memcpy(out->data, header, (size_t)length);
    return render_frame(r, frame, out->data + length, error);
}

const output_class output_pgm = {.make = make, .frame = output_picture};
