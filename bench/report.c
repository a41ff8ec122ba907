/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void bench_message(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "alphastream-bench: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
}

void bench_print_head(void)
{
    printf("%-40s %10s %10s %10s %10s %9s %7s\n", "microseconds a frame", "min", "median", "p99",
           "CPU", "differs", "area");
}

void bench_print_result(const bench_case *c, const bench_result *r)
{
    printf("%-40s", c->name);
    if (r->failure) {
        printf(" %s\n", r->failure);
    } else {
        printf(" %10.2f %10.2f %10.2f", r->min, r->median, r->p99);
        if (r->cpu > 0)
            printf(" %10.2f", r->cpu);
        else if (r->differs >= 0)
            printf(" %10s %8.3f%% %7.4f", "", 100 * r->differs, r->area);
        if (r->scaling.times > 0)
            printf("  two workers %.2f times one, two processes %.2f", r->scaling.times,
                   r->scaling.apart);
        printf("\n");
    }
    fflush(stdout);
}

/* ------------------------------------------------------------------------------------ JSON -----
 */

static void put_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            fprintf(file, "\\%c", *text);
        else if ((unsigned char)*text >= ' ')
            fputc(*text, file);
    fputc('"', file);
}

static void processor(char *name, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(name, size, "unknown");
    while (file && fgets(line, sizeof(line), file)) {
        const char *colon = strchr(line, ':');
        if (colon && strncmp(line, "model name", strlen("model name")) == 0) {
            snprintf(name, size, "%s", colon + 2);
            name[strcspn(name, "\n")] = 0;
            break;
        }
    }
    if (file)
        fclose(file);
}

static void put_machine(FILE *file, int argc, char **argv)
{
    char name[128];
    processor(name, sizeof(name));
    fprintf(file, "{\"library\": ");
    put_string(file, as_version_string());
    fprintf(file, ", \"processor\": ");
    put_string(file, name);
    fprintf(file, ", \"cores\": %ld, \"compiler\": ", sysconf(_SC_NPROCESSORS_ONLN));
    put_string(file, __VERSION__);
    fprintf(file, ", \"unit\": \"us\", \"command\": [");
    for (int i = 0; i < argc; i++) {
        fprintf(file, i ? ", " : "");
        put_string(file, argv[i]);
    }
    fprintf(file, "],\n \"streams\": [");
}

static void put_scaling(FILE *file, const bench_scaling *s)
{
    fprintf(file,
            ", \"one\": %.1f, \"two\": %.1f, \"times\": %.4f, \"apart\": %.4f, "
            "\"cpu_one\": %.3f, \"cpu_apart\": %.3f",
            s->one, s->two, s->times, s->apart, s->cpu_one, s->cpu_apart);
}

static void put_case(FILE *file, const bench_case *c, const bench_result *r)
{
    fprintf(file, "{\"name\": ");
    put_string(file, c->name);
    fprintf(file, ", \"stream\": ");
    put_string(file, c->stream ? c->stream->name : "");
    fprintf(file, ", \"width\": %u, \"height\": %u", c->size.width, c->size.height);
    if (r->failure) {
        fprintf(file, ", \"failure\": ");
        put_string(file, r->failure);
    } else {
        fprintf(file,
                ", \"min\": %.3f, \"median\": %.3f, \"p99\": %.3f, \"passes\": %zu, "
                "\"samples\": %zu",
                r->min, r->median, r->p99, r->passes, r->samples);
        if (r->cpu > 0)
            fprintf(file, ", \"cpu\": %.3f", r->cpu);
        if (r->differs >= 0)
            fprintf(file, ", \"differs\": %.6f, \"area\": %.6f", r->differs, r->area);
        if (r->scaling.times > 0)
            put_scaling(file, &r->scaling);
    }
    fprintf(file, "}");
}

bool bench_write_json(const char *path, const bench *b, const bench_case *const *cases,
                      const bench_result *results, size_t count, int argc, char **argv)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        bench_message("cannot write %s", path);
        return false;
    }
    put_machine(file, argc, argv);
    for (size_t i = 0; i < b->stream_count; i++)
        fprintf(file, "%s\n  {\"name\": \"%s\", \"frames\": %zu, \"points\": %.1f}", i ? "," : "",
                b->streams[i].name, b->streams[i].frames, b->streams[i].points);
    fprintf(file, "],\n \"cases\": [");
    for (size_t i = 0; i < count; i++) {
        fprintf(file, i ? ",\n  " : "\n  ");
        put_case(file, cases[i], &results[i]);
    }
    fprintf(file, "]}\n");
    if (fclose(file) == 0)
        return true;
    bench_message("cannot write %s", path);
    return false;
}
