/* SPDX-License-Identifier: MIT
 *
 *     alphastream-bench [OPTION...] [CASE...]
 *
 * Times the library and, where they were there to build with, what else could fill the same
 * polylines, on the recorded and on generated streams; see usage() and docs/performance.md. CASE is
 * a pattern of the shell's kind over names of cases.
 */
#include "bench.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STREAMS = 16, MOST_REPEATS = 1000, MOST_FRAMES = 100000 };

typedef struct options {
    bench_settings settings;
    size_t frames;
    const char *json;
    bool list;
    const char *files[MOST_STREAMS];
    size_t file_count;
    char **patterns;
    size_t pattern_count;
} options;

static int usage(FILE *to)
{
    fprintf(to,
            "usage: alphastream-bench [OPTION...] [CASE...]\n"
            "\n"
            "  CASE             cases by name; * stands for anything ('r8/*', '*/6720x3360'); all\n"
            "  --list           their names, and nothing is run\n"
            "  --stream FILE    measure with this container, too (canvas %d x %d); the first one\n"
            "                   replaces walkers and closeup of the source tree\n"
            "  --frames N       frames of a stream, evenly spread; whole frames take all (60)\n"
            "  --warmup N       passes over the frames before those that count (1)\n"
            "  --repeats N      passes (9)\n"
            "  --seconds S      after which no pass is begun but the first three (2)\n"
            "  --json FILE      writes the figures there, too\n",
            BENCH_CANVAS_WIDTH, BENCH_CANVAS_HEIGHT);
    return to == stdout ? 0 : 2;
}

static bool number(const char *text, double least, double most, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return *text && !*end && *out >= least && *out <= most;
}

/* The value of an option; false if it is not one or its value is not. */
static bool take_value(options *o, const char *name, const char *value)
{
    double v = 0;
    if (strcmp(name, "--json") == 0)
        o->json = value;
    else if (strcmp(name, "--stream") == 0 && o->file_count < MOST_STREAMS / 2)
        o->files[o->file_count++] = value;
    else if (strcmp(name, "--frames") == 0 && number(value, 1, MOST_FRAMES, &v))
        o->frames = (size_t)v;
    else if (strcmp(name, "--warmup") == 0 && number(value, 0, MOST_REPEATS, &v))
        o->settings.warmup = (size_t)v;
    else if (strcmp(name, "--repeats") == 0 && number(value, 1, MOST_REPEATS, &v))
        o->settings.repeats = (size_t)v;
    else if (strcmp(name, "--seconds") == 0 && number(value, 0, 3600, &v))
        o->settings.seconds = v;
    else
        return false;
    return true;
}

static bool parse(int argc, char **argv, options *o)
{
    *o = (options){.settings = {1, 9, 2}, .frames = 60};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0) {
            o->list = true;
        } else if (strncmp(argv[i], "--", 2) != 0) {
            o->patterns = argv + i;
            o->pattern_count = (size_t)(argc - i);
            return true;
        } else if (i + 1 >= argc || !take_value(o, argv[i], argv[i + 1])) {
            return false;
        } else {
            i++;
        }
    }
    return true;
}

static bool wanted(const options *o, const char *name)
{
    for (size_t i = 0; i < o->pattern_count; i++)
        if (fnmatch(o->patterns[i], name, 0) == 0)
            return true;
    return o->pattern_count == 0;
}

/* ------------------------------------------------------------------------------------------------
 */

void bench_add(bench *b, const char *family, bench_case c)
{
    if (b->count == b->capacity) {
        b->capacity = 2 * b->capacity + 64;
        b->cases = realloc(b->cases, b->capacity * sizeof(*b->cases));
        if (!b->cases) {
            bench_message("out of memory");
            exit(1);
        }
    }
    const size_t size = sizeof(c.name);
    size_t at = (size_t)snprintf(c.name, size, "%s", family);
    if (c.stream)
        at += (size_t)snprintf(c.name + at, size - at, "/%s", c.stream->name);
    if (c.size.width)
        snprintf(c.name + at, size - at, "/%ux%u", c.size.width, c.size.height);
    b->cases[b->count++] = c;
}

static bool open_file(bench *b, const char *path, size_t frames)
{
    const char *slash = strrchr(path, '/');
    char name[32];
    snprintf(name, sizeof(name), "%s", slash ? slash + 1 : path);
    name[strcspn(name, ".")] = 0;
    return bench_stream_open(&b->streams[b->stream_count++], name, path, frames);
}

static bool open_streams(bench *b, const options *o)
{
    bool ok = true;
    for (size_t i = 0; i < o->file_count && ok; i++)
        ok = open_file(b, o->files[i], o->frames);
    if (o->file_count == 0)
        ok = open_file(b, "samples/data/walkers.asvp", o->frames) &&
             open_file(b, "tests/data/closeup.asvp", o->frames);
    for (size_t i = 0; bench_generated_names[i] && ok; i++) {
        const char *kind = bench_generated_names[i];
        /* All frames of the short ones: few of them a branch predictor learns by heart. */
        const size_t frames = strncmp(kind, "walk", 4) == 0 ? MOST_FRAMES : o->frames;
        ok = bench_stream_generate(&b->streams[b->stream_count++], kind, frames);
    }
    return ok;
}

static bool run(const bench *b, const options *o, int argc, char **argv)
{
    const bench_case **cases = calloc(b->count, sizeof(*cases));
    bench_result *results = calloc(b->count, sizeof(*results));
    size_t count = 0;
    bool ok = cases && results;
    if (!o->list)
        bench_print_head();
    for (size_t i = 0; i < b->count && ok; i++) {
        if (!wanted(o, b->cases[i].name))
            continue;
        if (o->list) {
            printf("%s\n", b->cases[i].name);
            count++;
            continue;
        }
        bench_measure(&o->settings, &b->cases[i], &results[count]);
        bench_print_result(&b->cases[i], &results[count]);
        cases[count++] = &b->cases[i];
    }
    if (count == 0) {
        bench_message("no case has such a name; see --list");
        ok = false;
    }
    if (ok && o->json && !o->list)
        ok = bench_write_json(o->json, b, cases, results, count, argc, argv);
    free(cases);
    free(results);
    return ok;
}

int main(int argc, char **argv)
{
    bench_stream streams[MOST_STREAMS] = {0};
    bench b = {.streams = streams};
    options o;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(stdout);
    if (!parse(argc, argv, &o))
        return usage(stderr);
    bool ok = open_streams(&b, &o);
    if (ok) {
        bench_add_stages(&b);
        bench_add_turns(&b);
        bench_add_compared(&b);
        bench_add_whole(&b);
        bench_add_pool(&b);
        ok = run(&b, &o, argc, argv);
    }
    for (size_t i = 0; i < b.stream_count; i++)
        bench_stream_close(&streams[i]);
    free(b.cases);
    return !ok;
}
