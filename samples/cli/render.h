/* SPDX-License-Identifier: MIT
 *
 * One frame to R8 pixels, as the options say. Each worker has a renderer of its own.
 */
#ifndef CLI_RENDER_H
#define CLI_RENDER_H

#include "backend.h"
#include "options.h"

/* Bytes that grow; start with {0}. */
typedef struct byte_array {
    uint8_t *data;
    size_t size, capacity;
} byte_array;

/* Makes size `size`; what was there may be lost. AS_ERROR_OUT_OF_MEMORY fills *error. */
as_result bytes_resize(byte_array *bytes, size_t size, as_error *error);
/* Adds to the end, keeping what is there. */
as_result bytes_append(byte_array *bytes, const void *data, size_t size, as_error *error);
void bytes_free(byte_array *bytes);

typedef struct renderer {
    as_container *container; /* borrowed */
    backend *gpu;            /* borrowed; NULL: the CPU draws */
    const options *o;        /* borrowed */
    as_buffer payload;
    as_canvas *canvas; /* made by the first frame drawn */
    byte_array pixels; /* scratch for whoever does not keep the pixels */
} renderer;

/* Reads and checks frame `frame`; its payload is then r->payload. */
as_result render_payload(renderer *r, uint64_t frame, as_error *error);

/* Draws it into `pixels`: o->width * o->height bytes. */
as_result render_frame(renderer *r, uint64_t frame, uint8_t *pixels, as_error *error);

/* Draws it into r->pixels. */
as_result render_scratch(renderer *r, uint64_t frame, as_error *error);

void render_free(renderer *r);

#endif
