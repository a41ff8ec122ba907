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

/* What is there and no file, as a device, is written to; a file is replaced when it is whole. */
static bool is_replaceable(const char *path)
{
    struct stat about;
    return stat(path, &about) != 0 || S_ISREG(about.st_mode);
}

/* libpng would remove what it cannot write. */
static bool write_whole(const char *path, png_image *image, const uint8_t *rgb)
{
    FILE *file = fopen(path, "wb");
    if (!file) {
        snprintf(image->message, sizeof(image->message), "%s", strerror(errno));
        return false;
    }
    const bool done = png_image_write_to_stdio(image, file, 0, rgb, 0, NULL) != 0;
    const bool closed = fclose(file) == 0;
    if (done && !closed)
        snprintf(image->message, sizeof(image->message), "%s", strerror(errno));
    return done && closed;
}

bool png_file_write(const char *path, int width, int height, const uint8_t *rgb, char *why,
                    size_t capacity)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = PNG_FORMAT_RGB};
    const bool replaceable = is_replaceable(path);
    const size_t length = strlen(path);
    char *part = malloc(length + sizeof(".part"));
    if (!part) {
        snprintf(why, capacity, "out of memory for %s", path);
        return false;
    }
    memcpy(part, path, length);
    memcpy(part + length, replaceable ? ".part" : "", replaceable ? sizeof(".part") : 1);
    const bool done = write_whole(part, &image, rgb);
    if (!done)
        snprintf(why, capacity, "%s cannot be written: %s", path, image.message);
    const bool named = done && (!replaceable || rename(part, path) == 0);
    if (done && !named)
        snprintf(why, capacity, "%s cannot be written: it cannot be given its name", path);
    if (!named && replaceable)
        remove(part);
    free(part);
    return named;
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
