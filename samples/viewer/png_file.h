/* SPDX-License-Identifier: MIT
 *
 * PNG files by libpng's simplified interface.
 */
#ifndef VIEWER_PNG_FILE_H
#define VIEWER_PNG_FILE_H

#include "scene.h"

#include <stddef.h>

/* Reads a picture of up to 16384 pixels each way; the caller frees out->pixels. false: `why` is a
 * sentence of less than `capacity` bytes. */
bool png_file_read(const char *path, picture *out, char *why, size_t capacity);

/* Writes RGB, 3 bytes a pixel, top row first; the file appears whole or not at all, where one can
 * be made beside it. What is no file, as a device, stays and is written to. */
bool png_file_write(const char *path, int width, int height, const uint8_t *rgb, char *why,
                    size_t capacity);
/* The same of a picture, as it is without its alpha. */
bool png_file_write_picture(const char *path, const picture *p, char *why, size_t capacity);

#endif
