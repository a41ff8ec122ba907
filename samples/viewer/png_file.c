/* SPDX-License-Identifier: MIT */
#include "png_file.h"

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Room for a folder's path and the name of a new file in it. */
#define NEW_NAME ".alphastream-%ld-%d.png"
enum { NEW_ROOM = 64, MOST_TRIES = 100 };

/* A new file, of a name that nothing has, beside `path`; NULL: none can be made there. */
static FILE *create_beside(const char *path, char *name, size_t capacity)
{
    const char *slash = strrchr(path, '/');
    const int folder = slash ? (int)(slash + 1 - path) : 0;
    for (int i = 0; i < MOST_TRIES; i++) {
        snprintf(name, capacity, "%.*s" NEW_NAME, folder, path, (long)getpid(), i);
        const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (fd < 0 && errno == EEXIST)
            continue;
        FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
        if (fd >= 0 && !file) {
            (void)close(fd);
            (void)remove(name);
        }
        return file;
    }
    return NULL;
}

/* A device or pipe is written to, and stays. */
static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

/* Into `file`, which was made as `temporary` and is renamed to `path`; NULL: it is `path`. */
static bool write_to(FILE *file, const char *path, const char *temporary, png_image *image,
                     const uint8_t *rgb, char *why, size_t capacity)
{
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
    const size_t room = strlen(path) + NEW_ROOM;
    char *name = malloc(room);
    if (!name) {
        snprintf(why, capacity, "out of memory for %s", path);
        return false;
    }
    FILE *file = is_special(path) ? NULL : create_beside(path, name, room);
    const bool beside = file != NULL;
    if (!file) /* as in a folder that one may not write to, with a file that one may */
        file = fopen(path, "wb");
    const bool written = write_to(file, path, beside ? name : NULL, &image, rgb, why, capacity);
    free(name);
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
