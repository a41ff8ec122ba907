/* SPDX-License-Identifier: MIT */
#include "png_file.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_PIXELS = 16384 };

bool png_file_read(const char *path, picture *out, char *why, size_t capacity)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(&image, path)) {
        snprintf(why, capacity, "%s cannot be read as PNG: %s", path, image.message);
        return false;
    }
    if (image.width > MOST_PIXELS || image.height > MOST_PIXELS) {
        snprintf(why, capacity, "%s has %u x %u pixels; at most %d each way are shown", path,
                 image.width, image.height, MOST_PIXELS);
        png_image_free(&image);
        return false;
    }
    image.format = PNG_FORMAT_RGBA;
    uint8_t *pixels = malloc(PNG_IMAGE_SIZE(image));
    if (!pixels) {
        snprintf(why, capacity, "out of memory for %s", path);
        png_image_free(&image);
        return false;
    }
    if (!png_image_finish_read(&image, NULL, pixels, 0, NULL)) {
        snprintf(why, capacity, "%s cannot be read as PNG: %s", path, image.message);
        free(pixels);
        return false;
    }
    *out = (picture){.pixels = pixels, .width = image.width, .height = image.height, .serial = 1};
    return true;
}

/* Into a new file of that name; what was there, a link as well, goes. */
static FILE *create(const char *path)
{
    (void)remove(path);
    return fopen(path, "wbx");
}

/* A device or pipe is written to, and stays. */
static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

/* `temporary` is renamed to `path`; NULL: `path` itself is written. */
static bool write_to(const char *path, const char *temporary, png_image *image, const uint8_t *rgb,
                     char *why, size_t capacity)
{
    FILE *file = temporary ? create(temporary) : fopen(path, "wb");
    if (!file) {
        snprintf(why, capacity, "%s cannot be written: %s", path, strerror(errno));
        return false;
    }
    const bool done = png_image_write_to_stdio(image, file, 0, rgb, 0, NULL) != 0;
    const bool closed = fclose(file) == 0;
    const bool named = done && closed && (!temporary || rename(temporary, path) == 0);
    if (!done)
        snprintf(why, capacity, "%s cannot be written: %s", path, image->message);
    else if (!named)
        snprintf(why, capacity, "%s cannot be written: %s", path, strerror(errno));
    if (!named && temporary)
        (void)remove(temporary);
    return named;
}

bool png_file_write(const char *path, int width, int height, const uint8_t *rgb, char *why,
                    size_t capacity)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = PNG_FORMAT_RGB};
    if (is_special(path))
        return write_to(path, NULL, &image, rgb, why, capacity);
    const size_t length = strlen(path);
    char *part = malloc(length + sizeof(".part"));
    if (!part) {
        snprintf(why, capacity, "out of memory for %s", path);
        return false;
    }
    memcpy(part, path, length);
    memcpy(part + length, ".part", sizeof(".part"));
    const bool written = write_to(path, part, &image, rgb, why, capacity);
    free(part);
    return written;
}

bool png_file_write_picture(const char *path, const picture *p, char *why, size_t capacity)
{
    const size_t count = (size_t)p->width * p->height;
    uint8_t *rgb = malloc(3 * count + 1);
    if (!rgb || !p->pixels) {
        snprintf(why, capacity, "out of memory for %s", path);
        free(rgb);
        return false;
    }
    for (size_t i = 0; i < 3 * count; i++)
        rgb[i] = p->pixels[i / 3 * 4 + i % 3];
    const bool done = png_file_write(path, (int)p->width, (int)p->height, rgb, why, capacity);
    free(rgb);
    return done;
}
