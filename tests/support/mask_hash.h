/* SPDX-License-Identifier: MIT
 *
 * Hashes of what a container's frames must show, computed without a stream when they are first
 * needed: for tests of so many frames that the masks themselves would be too much to keep.
 */
#ifndef TEST_MASK_HASH_H
#define TEST_MASK_HASH_H

#include "alphastream/alphastream.h"

#include <stdatomic.h>

typedef enum mask_form {
    MASK_R8,       /* the content's size */
    MASK_R8_OTHER, /* its other size */
    MASK_CANVAS,
    MASK_STRIP,
    MASK_FORMS
} mask_form;

/* A container and its hashes. Everything is thread-safe but opening and closing. */
typedef struct mask_content {
    const char *path;
    const as_key_params *key; /* NULL: a plain one */
    uint32_t canvas_width, canvas_height;
    uint32_t width, height;
    uint32_t other_width, other_height;
    /* Set by mask_content_open: */
    uint8_t *bytes; /* the whole container */
    size_t size;
    as_container *container;
    uint64_t frames;
    atomic_uint_fast64_t *hashes[MASK_FORMS]; /* 0: not computed yet */
} mask_content;

/* What one thread needs to compute hashes; zeroed to begin with. */
typedef struct mask_hasher {
    as_canvas *canvas;
    uint32_t width, height; /* of the canvas */
    as_buffer payload, vertices;
    uint8_t *pixels;
    size_t room;
} mask_hasher;

/* Fails the test when the file is not there or not a container. */
void mask_content_open(mask_content *content);
void mask_content_close(mask_content *content);
uint64_t mask_content_hash(mask_content *content, mask_hasher *hasher, mask_form form,
                           uint64_t index);
void mask_hasher_free(mask_hasher *hasher);

uint64_t mask_hash_r8(const uint8_t *pixels, uint32_t width, uint32_t height, size_t stride);
/* Of what the frame shows, whatever its kind. */
uint64_t mask_hash_frame(const as_frame *frame);

#endif
