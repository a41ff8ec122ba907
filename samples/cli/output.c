/* SPDX-License-Identifier: MIT */
#include "output.h"

#include "message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_DIGITS = 20 };

bool output_has_extension(const char *path, const char *extension)
{
    const size_t length = strlen(path), want = strlen(extension);
    return length > want && strcasecmp(path + length - want, extension) == 0;
}

/* Reads "d" or "0Nd" behind a percent sign. Returns its length, 0 if it is neither. */
static size_t number_length(const char *text, unsigned *digits)
{
    size_t i = 0;
    *digits = 1;
    if (text[0] == '0' && text[1] >= '1' && text[1] <= '9') {
        *digits = (unsigned)(text[1] - '0');
        i = 2;
        if (text[i] >= '0' && text[i] <= '9')
            *digits = *digits * 10 + (unsigned)(text[i++] - '0');
    }
    return text[i] == 'd' && *digits <= MOST_DIGITS ? i + 1 : 0;
}

static int parse_pattern(const char *path, output_pattern *p)
{
    const size_t size = strlen(path) + 1;
    p->head = calloc(1, size);
    p->tail = calloc(1, size);
    if (!p->head || !p->tail)
        return message_usage("out of memory");
    char *to = p->head;
    for (const char *c = path; *c; c++) {
        if (*c == '%' && c[1] == '%') {
            c++;
        } else if (*c == '%') {
            const bool second = p->numbered;
            const size_t length = number_length(c + 1, &p->digits);
            if (length == 0 || second)
                return message_usage("-o \"%s\" may have one %%d or %%05d for the frame's number; "
                                     "write %%%% for a percent sign",
                                     path);
            p->numbered = true;
            to = p->tail;
            c += length;
            continue;
        }
        *to++ = *c;
    }
    return CLI_DONE;
}

static int choose_picture(const options *o, uint64_t frames, output *out)
{
    const int code = parse_pattern(o->output, &out->pattern);
    if (code != CLI_DONE || out->pattern.numbered || frames == 1)
        return code;
    return message_usage("-o \"%s\" names one picture for %" PRIu64 " frames; put %%05d in it for "
                         "their numbers, pick one with --frames, or make a --sheet",
                         o->output, frames);
}

/* A number in the name of one file would stay there as it is. */
static int check_stream(const char *path)
{
    unsigned digits;
    for (const char *c = path; *c; c++)
        if (*c == '%' && c[1] == '%')
            c++;
        else if (*c == '%' && number_length(c + 1, &digits) > 0)
            return message_usage("-o \"%s\" has a number in it, but all frames go into one file; "
                                 "leave out the number",
                                 path);
    return CLI_DONE;
}

int output_choose(const options *o, uint64_t frames, output *out)
{
    static const struct {
        const char *extension;
        const output_class *class;
    } forms[] = {{".png", &output_png},
                 {".pgm", &output_pgm},
                 {".y4m", &output_y4m},
                 {".gray", &output_gray}};
    *out = (output){.o = o};
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
        if (output_has_extension(o->output, forms[i].extension))
            out->class = forms[i].class;
    if (strcmp(o->output, "-") == 0)
        out->class = &output_gray;
    if (!out->class)
        return message_usage("-o \"%s\" does not end in .png, .pgm, .y4m or .gray; choose one, or "
                             "- for standard output",
                             o->output);
    if (out->class == &output_png && !output_has_png)
        return message_usage("this build writes no PNG, which -o \"%s\" asks for; use .pgm, or a "
                             "build with ALPHASTREAM_WITH_PNG=ON",
                             o->output);
    return out->class->one_stream ? check_stream(o->output) : choose_picture(o, frames, out);
}

int output_picture(output *out, uint64_t frame, const byte_array *data)
{
    const output_pattern *p = &out->pattern;
    const size_t size = strlen(p->head) + strlen(p->tail) + MOST_DIGITS + 1;
    char number[MOST_DIGITS + 1] = "";
    char *path = malloc(size);
    out_file file = {0};
    if (!path)
        return message_usage("out of memory");
    if (p->numbered)
        snprintf(number, sizeof(number), "%0*" PRIu64, (int)p->digits, frame);
    snprintf(path, size, "%s%s%s", p->head, number, p->tail);
    int code = out_file_create(&file, path);
    if (code == CLI_DONE)
        code = out_file_write(&file, data->data, data->size);
    if (code == CLI_DONE)
        code = out_file_commit(&file);
    out_file_discard(&file);
    free(path);
    return code;
}

void output_free(output *out)
{
    out_file_discard(&out->file);
    free(out->pattern.head);
    free(out->pattern.tail);
    *out = (output){0};
}
