/* SPDX-License-Identifier: MIT
 *
 * In the place of PNG output in a build with ALPHASTREAM_WITH_PNG=OFF.
 */
#include "output.h"

#include <stdio.h>

const bool output_has_png = false;

as_result output_encode_png(uint32_t width, uint32_t height, unsigned channels,
                            const uint8_t *pixels, byte_array *out, as_error *error)
{
    (void)width;
    (void)height;
    (void)channels;
    (void)pixels;
    (void)out;
    *error = (as_error){.code = AS_ERROR_UNSUPPORTED, .frame = AS_NO_FRAME, .offset = AS_NO_OFFSET};
    snprintf(error->text, sizeof(error->text), "this build writes no PNG");
    return error->code;
}

static as_result make(renderer *r, const void *user, uint64_t frame, byte_array *out,
                      as_error *error)
{
    (void)user;
    (void)frame;
    return output_encode_png(r->o->width, r->o->height, 1, NULL, out, error);
}

const output_class output_png = {.make = make, .frame = output_picture};
