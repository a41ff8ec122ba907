/* SPDX-License-Identifier: MIT */
#include "script.h"

#include "app.h"
#include "hud.h"
#include "input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY,
    SEEK,
    PRESS,
    MOVE,
    RELEASE,
    RESIZE,
    SCALE,
    SCREENSHOT,
    TIMELINE,
    FIGURES,
    OPEN,
    QUIT,
    VERBS
};
enum { MOST_LINES = 1000000 };

/* n: a number, k: a key's name, t: text to the end of the line. */
static const struct {
    const char *name, *arguments;
} verbs[VERBS] = {{"key", "k"},      {"seek", "n"},    {"press", "nn"}, {"move", "nn"},
                  {"release", ""},   {"resize", "nn"}, {"scale", "n"},  {"screenshot", "t"},
                  {"timeline", "t"}, {"figures", "t"}, {"open", "t"},   {"quit", ""}};

static const char *skip(const char *at)
{
    return at + strspn(at, " \r\n");
}

static bool read_int(const char **at, int *out)
{
    char *end = NULL;
    const char *from = skip(*at);
    const long value = strtol(from, &end, 10);
    if (end == from || value < -1000000 || value > 100000000)
        return false;
    *at = end;
    *out = (int)value;
    return true;
}

static bool read_key(const char **at, int *out)
{
    char name[16];
    const char *from = skip(*at);
    const size_t length = strcspn(from, " \r\n");
    if (length == 0 || length >= sizeof(name))
        return false;
    memcpy(name, from, length);
    name[length] = '\0';
    *at = from + length;
    *out = input_code(name);
    return *out >= 0;
}

static bool read_text(const char **at, char **out)
{
    const char *from = skip(*at);
    size_t length = strcspn(from, "\r\n");
    *at = from + length;
    if (length == 0)
        return false;
    *out = malloc(length + 1);
    if (!*out)
        return false;
    memcpy(*out, from, length);
    (*out)[length] = '\0';
    return true;
}

static bool read_verb(const char **at, int *out)
{
    const char *from = skip(*at);
    const size_t length = strcspn(from, " \r\n");
    *at = from + length;
    for (int i = 0; i < VERBS; i++)
        if (strlen(verbs[i].name) == length && strncmp(verbs[i].name, from, length) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static bool read_line(const char *text, script_line *line)
{
    char *end = NULL;
    *line = (script_line){0};
    line->seconds = strtod(text, &end);
    const char *at = end;
    if (end == text || !(line->seconds >= 0.0 && line->seconds < 1e6) ||
        !read_verb(&at, &line->verb))
        return false;
    int *number = &line->x;
    for (const char *a = verbs[line->verb].arguments; *a; a++) {
        const bool good = *a == 'n'   ? read_int(&at, number)
                          : *a == 'k' ? read_key(&at, number)
                                      : read_text(&at, &line->text);
        if (!good)
            return false;
        number = &line->y;
    }
    return *skip(at) == '\0' && (line->verb != SEEK || line->x >= 0);
}

static bool append(script *s, const script_line *line)
{
    if ((s->count & (s->count - 1)) == 0) { /* full, at a power of two */
        const size_t room = s->count ? 2 * s->count : 1;
        script_line *grown = realloc(s->lines, room * sizeof(*grown));
        if (!grown)
            return false;
        s->lines = grown;
    }
    s->lines[s->count++] = *line;
    return true;
}

bool script_read(script *s, const char *path, char *why, size_t capacity)
{
    char text[4200];
    double before = 0.0;
    bool good = true;
    FILE *file = fopen(path, "r");
    *s = (script){0};
    if (!file) {
        snprintf(why, capacity, "the script %s cannot be read", path);
        return false;
    }
    for (int number = 1; good && fgets(text, sizeof(text), file); number++) {
        const char *from = skip(text);
        script_line line;
        if (*from == '#' || *from == '\0')
            continue;
        good = read_line(from, &line) && line.seconds >= before && number < MOST_LINES &&
               append(s, &line);
        before = line.seconds;
        if (!good) {
            free(line.text);
            snprintf(why, capacity,
                     "line %d of %s is not \"SECONDS VERB ...\" as docs/viewer.md has it, in "
                     "ascending order",
                     number, path);
        }
    }
    if (good && ferror(file)) { /* as a directory */
        snprintf(why, capacity, "the script %s cannot be read", path);
        good = false;
    }
    fclose(file);
    return good;
}

void script_free(script *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->lines[i].text);
    free(s->lines);
    *s = (script){0};
}

static void run_line(const script_line *line, app *a)
{
    switch (line->verb) {
    case KEY: input_press(a, line->x); break;
    case SEEK: app_seek(a, (uint64_t)line->x); break;
    case PRESS: app_press(a, line->x, line->y); break;
    case MOVE: app_move(a, line->x, line->y); break;
    case RELEASE: app_release(a); break;
    case RESIZE: app_resize(a, line->x, line->y); break;
    case SCALE: (void)app_scale(a, (float)line->x); break;
    case SCREENSHOT: app_screenshot(a, line->text); break;
    case TIMELINE: timeline_write(a, line->text); break;
    case FIGURES: hud_write_figures(a, line->text); break;
    case OPEN: app_open(a, line->text); break;
    default: a->quit = true; break;
    }
}

void script_run(script *s, app *a, double seconds)
{
    while (s->next < s->count && s->lines[s->next].seconds <= seconds && !a->quit)
        run_line(&s->lines[s->next++], a);
}

bool script_is_done(const script *s)
{
    return s->next == s->count;
}
