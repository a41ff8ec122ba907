/* SPDX-License-Identifier: MIT */
#include "play_report.h"

#include "json.h"
#include "message.h"

#include <inttypes.h>

static const double us = 1e3, mebibyte = 1048576;

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static uint64_t came(const play_counts *c)
{
    return c->on_time + c->late;
}

double play_hit_percent(uint64_t hits, uint64_t misses)
{
    return hits + misses ? 100.0 * (double)hits / (double)(hits + misses) : 100.0;
}

static double frames_per_second(const play_report *r)
{
    return ratio((double)came(&r->counts), r->seconds);
}

static double cpu_ms_per_frame(const play_report *r)
{
    return ratio(1e3 * r->cpu_seconds, (double)r->counts.due);
}

static double core_percent(const play_report *r)
{
    return ratio(100 * r->cpu_seconds, r->seconds);
}

typedef struct stage {
    const char *name;
    const as_stage_times *times;
} stage;

enum { STAGES = 3 };

static void list_stages(const play_report *r, stage stages[STAGES])
{
    stages[0] = (stage){"read", &r->stats.read};
    stages[1] = (stage){"decode", &r->stats.decode};
    stages[2] = (stage){"draw", &r->stats.draw};
}

static double per_picture(const play_report *r, uint64_t count)
{
    const uint64_t drawn = *r->vulkan_name ? r->vulkan.frames - r->vulkan.shown_already
                                           : r->gl.frames - r->gl.shown_already;
    return ratio((double)count, (double)drawn);
}

/* -------------------------------------------------------------------------------- table ---- */

static void print_count(const char *name, uint64_t count, uint64_t of)
{
    message_print("%-14s %" PRIu64, name, count);
    if (of)
        message_print(" (%.2f %%)", 100.0 * (double)count / (double)of);
    message_print("\n");
}

static void print_played(const play_report *r)
{
    const as_stream_metadata *m = &r->metadata;
    const play_options *play = &r->o->play;
    message_print("source         ");
    message_print_name(r->source);
    message_print("\n");
    message_print("masks          %" PRIu32 " x %" PRIu32 "\n", m->width, m->height);
    if (play->flat_out) {
        message_print("rate           flat out%s\n", play->speed < 0 ? ", backward" : "");
    } else {
        message_print("rate           %" PRIu32, m->fps_num);
        if (m->fps_den != 1)
            message_print("/%" PRIu32, m->fps_den);
        message_print(" frames per second, speed %g\n", play->speed);
    }
    message_print("played         %.3f s, %.1f frames per second\n", r->seconds,
                  frames_per_second(r));
    if (play->seek_every > 0)
        message_print("seeks          %" PRIu64 ", one every %g s, seed %" PRIu64 "\n",
                      r->counts.seeks, play->seek_every, play->seed);
    message_print("ended          %s\n", r->ended);
}

static void print_hits(const char *name, uint64_t hits, uint64_t misses)
{
    if (hits + misses == 0)
        message_print("%-14s none\n", name);
    else
        message_print("%-14s %.2f %% (%" PRIu64 " of %" PRIu64 ")\n", name,
                      play_hit_percent(hits, misses), hits, hits + misses);
}

static void print_gl(const play_report *r)
{
    message_print("GL             %s\n", r->gl_name);
    message_print("GL update      p50 %.1f us, p99 %.1f, max %.1f, %" PRIu64 " times\n",
                  (double)r->gl.update.p50_ns / us, (double)r->gl.update.p99_ns / us,
                  (double)r->gl.update.max_ns / us, r->gl.update.count);
    message_print("GL upload      %.0f bytes, %.2f draws and %.2f clears for a picture\n",
                  per_picture(r, r->gl.upload_bytes), per_picture(r, r->gl.draws),
                  per_picture(r, r->gl.clears));
}

static const char *write_of(const play_report *r)
{
    return r->vulkan.write == AS_VK_WRITE_STORE ? "store" : "copy";
}

static void print_vulkan(const play_report *r)
{
    const as_vk_stats *v = &r->vulkan;
    message_print("Vulkan         %s\n", r->vulkan_name);
    message_print("Vulkan update  p50 %.1f us, p99 %.1f, max %.1f, %" PRIu64 " times\n",
                  (double)v->update.p50_ns / us, (double)v->update.p99_ns / us,
                  (double)v->update.max_ns / us, v->update.count);
    message_print("Vulkan GPU     p50 %.1f us, p99 %.1f, max %.1f, %" PRIu64 " times\n",
                  (double)v->gpu.p50_ns / us, (double)v->gpu.p99_ns / us,
                  (double)v->gpu.max_ns / us, v->gpu.count);
    message_print("Vulkan upload  %.0f bytes, %.2f dispatches for a picture; pixels by %s\n",
                  per_picture(r, v->upload_bytes), per_picture(r, v->dispatches), write_of(r));
}

void play_print_table(const play_report *r)
{
    const play_counts *c = &r->counts;
    const latency *get = &r->get;
    stage stages[STAGES];
    print_played(r);
    message_print("due            %" PRIu64 "\n", c->due);
    print_count(r->o->play.flat_out ? "came" : "on time", c->on_time, c->due);
    print_count("late", c->late, c->due);
    if (c->late)
        message_print("last late      %" PRIu64 " of %" PRIu64 "\n", c->last_late, c->due);
    print_count("missing", c->due - came(c), c->due);
    if (c->bad)
        message_print("bad            %" PRIu64 " of the missing\n", c->bad);
    message_print("get_frame      p50 %.1f us, p99 %.1f, p99.9 %.1f, max %.1f\n",
                  latency_at(get, 0.5) / us, latency_at(get, 0.99) / us,
                  latency_at(get, 0.999) / us, (double)get->max_ns / us);
    print_hits("L0 hits", r->stats.l0_hits, r->stats.l0_misses);
    print_hits("L1 hits", r->stats.l1_hits, r->stats.l1_misses);
    list_stages(r, stages);
    for (int i = 0; i < STAGES; i++)
        message_print("%-14s p50 %.1f us, p99 %.1f, max %.1f, %" PRIu64 " times\n", stages[i].name,
                      (double)stages[i].times->p50_ns / us, (double)stages[i].times->p99_ns / us,
                      (double)stages[i].times->max_ns / us, stages[i].times->count);
    if (*r->gl_name)
        print_gl(r);
    if (*r->vulkan_name)
        print_vulkan(r);
    if (r->over_http)
        exchanges_print_totals(&r->http);
    message_print("CPU            %.3f ms a frame, %.1f %% of one core\n", cpu_ms_per_frame(r),
                  core_percent(r));
    message_print("peak memory    %.1f MiB\n", (double)r->peak_bytes / mebibyte);
}

/* --------------------------------------------------------------------------------- json ---- */

static void print_json_counts(const play_counts *c)
{
    message_print("  \"due\": %" PRIu64 ",\n", c->due);
    message_print("  \"on_time\": %" PRIu64 ",\n", c->on_time);
    message_print("  \"late\": %" PRIu64 ",\n", c->late);
    message_print("  \"last_late\": %" PRIu64 ",\n", c->last_late);
    message_print("  \"missing\": %" PRIu64 ",\n", c->due - came(c));
    message_print("  \"bad\": %" PRIu64 ",\n", c->bad);
    message_print("  \"seeks\": %" PRIu64 ",\n", c->seeks);
}

static void print_json_played(const play_report *r)
{
    const as_stream_metadata *m = &r->metadata;
    const play_options *play = &r->o->play;
    message_print("{\n  \"source\": ");
    json_print_string(r->source);
    message_print(",\n  \"width\": %" PRIu32 ",\n  \"height\": %" PRIu32 ",\n", m->width,
                  m->height);
    message_print("  \"fps\": [%" PRIu32 ", %" PRIu32 "],\n", m->fps_num, m->fps_den);
    message_print("  \"speed\": %.9g,\n", play->speed);
    message_print("  \"flat_out\": %s,\n", play->flat_out ? "true" : "false");
    message_print("  \"seed\": %" PRIu64 ",\n", play->seed);
    message_print("  \"seconds\": %.6f,\n", r->seconds);
    message_print("  \"frames_per_second\": %.3f,\n", frames_per_second(r));
    message_print("  \"ended\": \"%s\",\n", r->ended);
}

static void print_json_hits(const char *name, uint64_t hits, uint64_t misses)
{
    message_print("  \"%s\": {\"hits\": %" PRIu64 ", \"misses\": %" PRIu64 "},\n", name, hits,
                  misses);
}

static void print_json_gl(const play_report *r)
{
    message_print("  \"gl\": {\"name\": ");
    json_print_string(r->gl_name);
    message_print(", \"pictures\": %" PRIu64 ", \"upload_bytes\": %" PRIu64 ", \"draws\": %" PRIu64
                  ", \"clears\": %" PRIu64 ", \"update_p50_us\": %.3f, \"update_p99_us\": %.3f},\n",
                  r->gl.frames - r->gl.shown_already, r->gl.upload_bytes, r->gl.draws, r->gl.clears,
                  (double)r->gl.update.p50_ns / us, (double)r->gl.update.p99_ns / us);
}

static void print_json_vulkan(const play_report *r)
{
    const as_vk_stats *v = &r->vulkan;
    message_print("  \"vulkan\": {\"name\": ");
    json_print_string(r->vulkan_name);
    message_print(", \"pictures\": %" PRIu64 ", \"upload_bytes\": %" PRIu64
                  ", \"dispatches\": %" PRIu64 ", \"write\": \"%s\", \"update_p50_us\": %.3f, "
                  "\"update_p99_us\": %.3f, \"gpu_p50_us\": %.3f, \"gpu_p99_us\": %.3f},\n",
                  v->frames - v->shown_already, v->upload_bytes, v->dispatches, write_of(r),
                  (double)v->update.p50_ns / us, (double)v->update.p99_ns / us,
                  (double)v->gpu.p50_ns / us, (double)v->gpu.p99_ns / us);
}

void play_print_json(const play_report *r)
{
    const latency *get = &r->get;
    stage stages[STAGES];
    print_json_played(r);
    print_json_counts(&r->counts);
    message_print("  \"get_us\": {\"count\": %" PRIu64 ", \"p50\": %.3f, \"p99\": %.3f, "
                  "\"p999\": %.3f, \"max\": %.3f},\n",
                  get->count, latency_at(get, 0.5) / us, latency_at(get, 0.99) / us,
                  latency_at(get, 0.999) / us, (double)get->max_ns / us);
    print_json_hits("l0", r->stats.l0_hits, r->stats.l0_misses);
    print_json_hits("l1", r->stats.l1_hits, r->stats.l1_misses);
    list_stages(r, stages);
    for (int i = 0; i < STAGES; i++)
        message_print("  \"%s_us\": {\"count\": %" PRIu64 ", \"p50\": %.3f, \"p99\": %.3f, "
                      "\"max\": %.3f},\n",
                      stages[i].name, stages[i].times->count, (double)stages[i].times->p50_ns / us,
                      (double)stages[i].times->p99_ns / us, (double)stages[i].times->max_ns / us);
    if (*r->gl_name)
        print_json_gl(r);
    if (*r->vulkan_name)
        print_json_vulkan(r);
    if (r->over_http) {
        message_print("  \"http\": {\n");
        exchanges_print_json_totals(&r->http, "    ");
        message_print("\n  },\n");
    } else {
        message_print("  \"http\": null,\n");
    }
    message_print("  \"cpu_ms_per_frame\": %.6f,\n", cpu_ms_per_frame(r));
    message_print("  \"core_percent\": %.3f,\n", core_percent(r));
    message_print("  \"peak_bytes\": %" PRIu64 "\n}\n", r->peak_bytes);
}
