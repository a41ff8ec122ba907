/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <ft2build.h>
#include <freetype/freetype.h>

#include <stdio.h>
#include <stdlib.h>

enum { ASCII = 128 };

typedef struct glyph {
    uint8_t *bits; /* coverage, width bytes a row; NULL: blank */
    int width, rows, left, top, advance;
    bool known;
} glyph;

struct text_font {
    FT_Library library;
    FT_Face face;
    glyph ascii[ASCII];
    glyph other; /* the latest beyond ASCII */
    int ascent, line;
};

text_font *text_open(const char *path, unsigned pixels, char *why, size_t capacity)
{
    text_font *font = calloc(1, sizeof(*font));
    if (!font || FT_Init_FreeType(&font->library) != 0) {
        snprintf(why, capacity, "FreeType cannot be started; check memory");
        free(font);
        return NULL;
    }
    if (FT_New_Face(font->library, path, 0, &font->face) != 0 ||
        FT_Set_Pixel_Sizes(font->face, 0, pixels) != 0) {
        snprintf(why, capacity,
                 "the font %s cannot be used; install it (Debian: apt-get install "
                 "fonts-dejavu-core) or name another one with --font",
                 path);
        text_close(font);
        return NULL;
    }
    font->ascent = (int)((font->face->size->metrics.ascender + 63) >> 6);
    font->line = (int)((font->face->size->metrics.height + 63) >> 6);
    return font;
}

void text_close(text_font *font)
{
    if (!font)
        return;
    for (int i = 0; i < ASCII; i++)
        free(font->ascii[i].bits);
    free(font->other.bits);
    FT_Done_FreeType(font->library); /* and its faces */
    free(font);
}

int text_line_height(const text_font *font)
{
    return font->line;
}

static void load(text_font *font, uint32_t code, glyph *g)
{
    free(g->bits);
    *g = (glyph){.known = true};
    if (FT_Load_Char(font->face, code, FT_LOAD_RENDER) != 0)
        return;
    const FT_GlyphSlot slot = font->face->glyph;
    const FT_Bitmap *b = &slot->bitmap;
    g->advance = (int)(slot->advance.x >> 6);
    g->left = slot->bitmap_left;
    g->top = slot->bitmap_top;
    if (b->pixel_mode != FT_PIXEL_MODE_GRAY || b->width == 0 || b->rows == 0)
        return;
    g->bits = malloc((size_t)b->width * b->rows);
    if (!g->bits)
        return;
    g->width = (int)b->width;
    g->rows = (int)b->rows;
    for (int y = 0; y < g->rows; y++)
        for (int x = 0; x < g->width; x++)
            g->bits[y * g->width + x] = b->buffer[(ptrdiff_t)y * b->pitch + x];
}

static const glyph *find(text_font *font, uint32_t code)
{
    glyph *g = code < ASCII ? &font->ascii[code] : &font->other;
    if (code >= ASCII || !g->known)
        load(font, code, g);
    return g;
}

/* The next character of UTF-8; a byte that does not belong there becomes U+FFFD. */
static uint32_t next_code(const char **at)
{
    const uint8_t *p = (const uint8_t *)*at;
    const int more = p[0] < 0x80 ? 0 : p[0] >= 0xF0 ? 3 : p[0] >= 0xE0 ? 2 : p[0] >= 0xC0 ? 1 : -1;
    uint32_t code = more == 0 ? p[0] : more < 0 ? 0xFFFD : p[0] & (0x3FU >> more);
    int used = 1;
    while (used <= more && (p[used] & 0xC0) == 0x80)
        code = code << 6 | (p[used++] & 0x3FU);
    *at += used;
    return used > more ? code : 0xFFFD;
}

int text_width(text_font *font, const char *utf8)
{
    int width = 0;
    while (*utf8 && *utf8 != '\n')
        width += find(font, next_code(&utf8))->advance;
    return width;
}

/* -------------------------------------------------------------------------------- shapes ---- */

bool paint_resize(picture *p, int width, int height)
{
    static uint64_t serial;
    if (width < 1 || height < 1)
        return false;
    uint8_t *pixels = calloc((size_t)width * (size_t)height, 4);
    if (!pixels)
        return false;
    free(p->pixels);
    *p = (picture){
        .pixels = pixels, .width = (uint32_t)width, .height = (uint32_t)height, .serial = ++serial};
    return true;
}

void paint_free(picture *p)
{
    free(p->pixels);
    *p = (picture){0};
}

static void blend(uint8_t *to, ink colour, unsigned coverage)
{
    const unsigned alpha = colour.alpha * coverage / 255;
    const unsigned from[4] = {colour.red, colour.green, colour.blue, 255};
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)((from[i] * alpha + to[i] * (255 - alpha)) / 255);
}

void paint_fill(picture *p, box b, ink colour)
{
    for (int y = b.y; y < b.y + b.height; y++)
        for (int x = b.x; x < b.x + b.width; x++)
            if (x >= 0 && y >= 0 && x < (int)p->width && y < (int)p->height)
                blend(p->pixels + 4 * ((size_t)y * p->width + (size_t)x), colour, 255);
}

static void paint_glyph(picture *p, const glyph *g, int left, int top, ink colour)
{
    for (int row = 0; row < g->rows; row++) {
        const int y = top + row;
        for (int column = 0; column < g->width; column++) {
            const int x = left + column;
            if (x >= 0 && y >= 0 && x < (int)p->width && y < (int)p->height)
                blend(p->pixels + 4 * ((size_t)y * p->width + (size_t)x), colour,
                      g->bits[row * g->width + column]);
        }
    }
}

int paint_text(picture *p, text_font *font, int x, int y, ink colour, const char *utf8)
{
    while (*utf8 && *utf8 != '\n') {
        const glyph *g = find(font, next_code(&utf8));
        if (g->bits)
            paint_glyph(p, g, x + g->left, y + font->ascent - g->top, colour);
        x += g->advance;
    }
    return x;
}
