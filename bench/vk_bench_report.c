/* SPDX-License-Identifier: MIT */
#include "vk_bench.h"

#include <inttypes.h>
#include <stdlib.h>

/* --------------------------------------------------------------------------------- numbers -- */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void vk_add(vk_numbers *n, double value)
{
    if (n->count < VK_MOST_FRAMES)
        n->v[n->count++] = value;
}

vk_spread vk_spread_of(vk_numbers *n)
{
    vk_spread s = {.count = n->count};
    if (n->count == 0)
        return s;
    qsort(n->v, n->count, sizeof(*n->v), compare);
    s.p50 = n->v[n->count / 2];
    s.p99 = n->v[n->count - 1 - n->count / 100];
    s.max = n->v[n->count - 1];
    return s;
}

/* ------------------------------------------------------------------------------------ goal -- */

static bool has_goal(const vk_report *r, const vk_case *c)
{
    return !r->machine->software && c->width == VK_GOAL_WIDTH && c->height == VK_GOAL_HEIGHT;
}

/* "met", "missed", or "-" where there is none. */
static const char *met(bool judged, const vk_spread *s, double goal)
{
    if (!judged || s->count == 0)
        return "-";
    return s->p50 < goal ? "met" : "missed";
}

/* How many times the CPU's time `s` is contained in it; 0: not known. */
static double ratio(const vk_case *c, const vk_spread *s)
{
    return s->count != 0 && s->p50 > 0 ? c->cpu_us.p50 / s->p50 : 0;
}

/* ----------------------------------------------------------------------------------- table -- */

static void print_pair(const vk_spread *s)
{
    if (s->count == 0)
        printf(" %17s", "-");
    else
        printf(" %8.1f %8.1f", s->p50, s->p99);
}

static void print_ratio(double value)
{
    if (value == 0)
        printf(" %7s", "-");
    else
        printf(" %7.3g", value);
}

static const char *combine_of(const vk_case *c)
{
    return c->combine == AS_COMBINE_PARITY ? "parity" : "union";
}

void vk_report_case(const vk_case *c)
{
    printf("\n%s at %" PRIu32 " x %" PRIu32 ", %s, %" PRIu64 " frames; the CPU backend draws one "
           "in %.1f us (p50; p99 %.1f)\n",
           c->stream, c->width, c->height, combine_of(c), c->frames, c->cpu_us.p50, c->cpu_us.p99);
}

void vk_report_counts(const vk_report *r, const vk_case *c, const vk_counts *counts)
{
    const vk_spread *gpu = &counts->gpu_us;
    printf("  %s%s: upload %.0f bytes (p50), at worst %.0f; at most %.3f of 4 x points + 32 x "
           "channels + 4 KiB, %" PRIu64 " frames over it; dispatches %.0f (p50), at most %.0f\n",
           counts->write, counts->automatic ? " (automatic)" : "", counts->upload.p50,
           counts->upload.max, counts->most_of_bound, counts->over_bound, counts->dispatches.p50,
           counts->dispatches.max);
    if (gpu->count != 0)
        printf("    GPU %.1f us (p50; p99 %.1f), %.3g of them in the CPU backend's time; goal %s\n",
               gpu->p50, gpu->p99, ratio(c, gpu), met(has_goal(r, c), gpu, VK_GOAL_GPU_US));
    printf("    %9s %17s %17s %17s %17s %9s %7s  %s\n", "in flight", "thread us p50/99",
           "submit p50/99", "driver p50/99", "library p50/99", "frames/s", "CPU/thr", "goal");
}

static void print_run(const vk_report *r, const vk_case *c, const vk_run *run)
{
    if (run->together)
        printf("    %9s", "in a row");
    else
        printf("    %9u", run->in_flight);
    print_pair(&run->thread_us);
    print_pair(&run->submit_us);
    print_pair(&run->driver_us);
    print_pair(&run->own_us);
    printf(" %9.0f", run->frames_per_second);
    print_ratio(ratio(c, &run->thread_us));
    printf("  %s\n", met(has_goal(r, c), &run->thread_us, VK_GOAL_CPU_US));
    if (run->not_decoded)
        printf("              %" PRIu64 " frames were not decoded in time\n", run->not_decoded);
    if (run->upload_waits)
        printf("              %" PRIu64 " waits for staging memory\n", run->upload_waits);
    fflush(stdout);
}

/* ------------------------------------------------------------------------------------ JSON -- */

static void write_text(FILE *f, const char *text)
{
    fputc('"', f);
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20)
            fprintf(f, "\\u%04x", (unsigned)*text);
        else
            fprintf(f, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    }
    fputc('"', f);
}

static void write_spread(FILE *f, const char *name, const vk_spread *s)
{
    if (s->count == 0)
        fprintf(f, ",\n     \"%s\": null", name);
    else
        fprintf(f, ",\n     \"%s\": {\"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f}", name, s->p50,
                s->p99, s->max);
}

static void write_ratio(FILE *f, const char *name, double value)
{
    if (value == 0)
        fprintf(f, ", \"%s\": null", name);
    else
        fprintf(f, ", \"%s\": %.4f", name, value);
}

static void write_run(vk_report *r, const vk_case *c, const vk_counts *counts, const vk_run *run)
{
    const bool judged = has_goal(r, c);
    FILE *f = r->json;
    fprintf(f, "%s\n    {\"stream\": ", r->began ? "," : "");
    r->began = true;
    write_text(f, c->stream);
    fprintf(f,
            ", \"width\": %" PRIu32 ", \"height\": %" PRIu32
            ", \"combine\": \"%s\", \"frames\": %" PRIu64,
            c->width, c->height, combine_of(c), c->frames);
    fprintf(f, ",\n     \"write\": \"%s\", \"automatic\": %s, \"in_flight\": %u, \"in_a_row\": %s",
            counts->write, counts->automatic ? "true" : "false", run->in_flight,
            run->together ? "true" : "false");
    fprintf(f,
            ",\n     \"compared\": %" PRIu64 ", \"not_decoded\": %" PRIu64
            ", \"upload_waits\": %" PRIu64,
            run->compared, run->not_decoded, run->upload_waits);
    write_spread(f, "upload_bytes", &counts->upload);
    fprintf(f, ",\n     \"upload_most_of_bound\": %.4f, \"upload_over_bound\": %" PRIu64,
            counts->most_of_bound, counts->over_bound);
    write_spread(f, "dispatches", &counts->dispatches);
    write_spread(f, "thread_us", &run->thread_us);
    write_spread(f, "submit_us", &run->submit_us);
    write_spread(f, "driver_us", &run->driver_us);
    write_spread(f, "own_us", &run->own_us);
    write_spread(f, "gpu_us", &counts->gpu_us);
    write_spread(f, "cpu_backend_us", &c->cpu_us);
    fprintf(f, ",\n     \"frames_per_second\": %.1f", run->frames_per_second);
    write_ratio(f, "cpu_backend_by_thread", ratio(c, &run->thread_us));
    write_ratio(f, "cpu_backend_by_gpu", ratio(c, &counts->gpu_us));
    fprintf(f, ",\n     \"goal_thread\": \"%s\", \"goal_gpu\": \"%s\"}",
            met(judged, &run->thread_us, VK_GOAL_CPU_US),
            met(judged, &counts->gpu_us, VK_GOAL_GPU_US));
}

/* ------------------------------------------------------------------------------------- all -- */

void vk_report_begin(vk_report *r)
{
    const as_vk_gpu *gpu = &r->machine->info.gpu;
    const unsigned major = gpu->api_version >> 22 & 127, minor = gpu->api_version >> 12 & 1023;
    printf("%s, Vulkan %u.%u%s\n", gpu->name, major, minor,
           r->machine->software ? ": a software driver, whose GPU times are those of CPU threads; "
                                  "no goal is judged by them"
                                : "");
    printf(
        "goal at %d x %d on a GPU of the H200's class: p50 of the thread under %d us, of the GPU "
        "under %d us\n",
        VK_GOAL_WIDTH, VK_GOAL_HEIGHT, VK_GOAL_CPU_US, VK_GOAL_GPU_US);
    if (!r->json)
        return;
    fprintf(r->json, "{\n  \"device\": ");
    write_text(r->json, gpu->name);
    fprintf(r->json,
            ",\n  \"vulkan\": \"%u.%u\", \"driver_version\": %" PRIu32 ", \"abilities\": %" PRIu32
            ", \"software\": %s,\n  \"goal\": {\"width\": %d, \"height\": %d, \"thread_us\": %d, "
            "\"gpu_us\": %d},\n  \"runs\": [",
            major, minor, gpu->driver_version, r->machine->info.abilities,
            r->machine->software ? "true" : "false", VK_GOAL_WIDTH, VK_GOAL_HEIGHT, VK_GOAL_CPU_US,
            VK_GOAL_GPU_US);
}

void vk_report_run(vk_report *r, const vk_case *c, const vk_counts *counts, const vk_run *run)
{
    print_run(r, c, run);
    if (r->json)
        write_run(r, c, counts, run);
}

bool vk_report_end(vk_report *r)
{
    if (!r->json)
        return true;
    fprintf(r->json, "\n  ]\n}\n");
    const bool failed = ferror(r->json) != 0;
    return fclose(r->json) == 0 && !failed;
}
