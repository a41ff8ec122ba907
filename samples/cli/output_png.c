/* SPDX-License-Identifier: MIT
 *
 * PNG by libpng, into memory: workers compress, the calling thread writes.
 */
#include "output.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>

const bool output_has_png = true;

/* Masks are long runs of two values: a filter and a higher level cost time and gain little. */
enum { LEVEL = 3 };

typedef struct encoder {
    byte_array *out;
    as_error *error;
} encoder;

static void on_error(png_structp png, png_const_charp text)
{
    encoder *e = png_get_error_ptr(png);
    if (e->error->code == AS_OK) {
        e->error->code = AS_ERROR_OUT_OF_MEMORY; /* nothing else can fail when writing to memory */
        snprintf(e->error->text, sizeof(e->error->text),
                 "making a PNG file failed (%s); use a smaller picture", text);
    }
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void on_write(png_structp png, png_bytep data, size_t size)
{
    encoder *e = png_get_io_ptr(png);
    if (bytes_append(e->out, data, size, e->error) != AS_OK)
        png_error(png, "out of memory");
}

static void on_flush(png_structp png)
{
    (void)png;
}

/* The part that libpng jumps out of. */
static void write_png(png_structp png, png_infop info, uint32_t width, uint32_t height,
                      unsigned channels, const uint8_t *pixels)
{
    if (setjmp(png_jmpbuf(png)))
        return;
    png_set_IHDR(png, info, width, height, 8,
                 channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, LEVEL);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_write_info(png, info);
    for (uint32_t y = 0; y < height; y++)
        png_write_row(png, pixels + (size_t)y * width * channels);
    png_write_end(png, NULL);
}

as_result output_encode_png(uint32_t width, uint32_t height, unsigned channels,
                            const uint8_t *pixels, byte_array *out, as_error *error)
{
    encoder e = {.out = out, .error = error};
    *error = (as_error){.frame = AS_NO_FRAME, .offset = AS_NO_OFFSET};
    out->size = 0;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &e, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (info) {
        png_set_write_fn(png, &e, on_write, on_flush);
        write_png(png, info, width, height, channels, pixels);
    } else {
        error->code = AS_ERROR_OUT_OF_MEMORY;
        snprintf(error->text, sizeof(error->text), "libpng could not be started; check memory");
    }
    png_destroy_write_struct(&png, &info);
    return error->code;
}

static as_result make(renderer *r, const void *user, uint64_t frame, byte_array *out,
                      as_error *error)
{
    (void)user;
    const as_result result = render_scratch(r, frame, error);
    return result == AS_OK
               ? output_encode_png(r->o->width, r->o->height, 1, r->pixels.data, out, error)
               : result;
}

const output_class output_png = {.make = make, .frame = output_picture};
