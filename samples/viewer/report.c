/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

static void write_meter(FILE *file, const char *name, const meter *m)
{
    fprintf(file, "  \"%s\": {\"mean\": %.4f, \"p50\": %.4f, \"p99\": %.4f},\n", name,
            (double)meter_mean(m), (double)meter_part(m, 0.5), (double)meter_part(m, 0.99));
}

/* A driver's name: quotes and the like are left out. */
static void write_text(FILE *file, const char *name, const char *text)
{
    fprintf(file, "  \"%s\": \"", name);
    for (; *text; text++)
        if (*text != '"' && *text != '\\' && (unsigned char)*text >= ' ')
            fputc(*text, file);
    fputs("\",\n", file);
}

bool report_write(const app *a, const char *path)
{
    const renderer_ops *ops = a->options.renderer;
    const renderer_times t = ops->times(a->renderer);
    const double mean = (double)meter_mean(&a->picture_ms);
    FILE *file = fopen(path, "w");
    bool good = file != NULL;
    if (file) {
        fputs("{\n", file);
        write_text(file, "renderer", ops->name);
        write_text(file, "driver", ops->description(a->renderer));
        fprintf(file, "  \"width\": %d,\n  \"height\": %d,\n", a->scene.width, a->scene.height);
        fprintf(file, "  \"pictures\": %" PRIu64 ",\n", a->pictures);
        fprintf(file, "  \"pictures_per_second\": %.2f,\n", mean > 0.0 ? 1e3 / mean : 0.0);
        write_meter(file, "picture_ms", &a->picture_ms);
        write_meter(file, "thread_ms", &a->cpu_ms);
        write_meter(file, "library_cpu_ms", &a->library_ms);
        write_meter(file, "get_ms", &a->get_ms);
        fprintf(file, "  \"gpu_ms\": %.4f,\n", t.gpu_ms);
        fprintf(file, "  \"upload_bytes\": %" PRIu64 "\n}\n", t.upload_bytes);
        good = !ferror(file);
        good = fclose(file) == 0 && good;
    }
    if (!good)
        fprintf(stderr, "alphastream-viewer: %s cannot be written\n", path);
    return good;
}
