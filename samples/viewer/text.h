/* SPDX-License-Identifier: MIT
 *
 * Text by FreeType and simple shapes, into the pictures of overlays (premultiplied RGBA).
 */
#ifndef VIEWER_TEXT_H
#define VIEWER_TEXT_H

#include "scene.h"

#include <stddef.h>

typedef struct text_font text_font;

/* Red, green, blue, alpha; not premultiplied. */
typedef struct ink {
    uint8_t red, green, blue, alpha;
} ink;

/* A font file at `pixels` high. NULL: `why` is a sentence of less than `capacity` bytes. */
text_font *text_open(const char *path, unsigned pixels, char *why, size_t capacity);
void text_close(text_font *font); /* NULL is ignored */

int text_line_height(const text_font *font);
/* Pixels that `utf8` takes up to its end or newline. */
int text_width(text_font *font, const char *utf8);

/* Gives a picture another size, blank, and a new serial. false: out of memory, and it is as before.
 */
bool paint_resize(picture *p, int width, int height);
void paint_free(picture *p);

/* What lies outside of the picture is left out. */
void paint_fill(picture *p, box b, ink colour);
/* (x, y): left end and top of the line. Returns x at the end. */
int paint_text(picture *p, text_font *font, int x, int y, ink colour, const char *utf8);

#endif
