/* SPDX-License-Identifier: MIT
 *
 * What alphastream-vk-bench measures, and how it is told (vk_bench_report.c).
 */
#ifndef BENCH_VK_BENCH_H
#define BENCH_VK_BENCH_H

#include "alphastream/alphastream.h"
#include "alphastream/vulkan.h"

#include <stdbool.h>
#include <stdio.h>

enum {
    VK_MOST_FRAMES = 4096,
    VK_MOST_IN_FLIGHT = 4,
    /* Of a frame of 6720 x 3360 on a GPU of the H200's class. */
    VK_GOAL_WIDTH = 6720,
    VK_GOAL_HEIGHT = 3360,
    VK_GOAL_CPU_US = 30,
    VK_GOAL_GPU_US = 40
};

typedef struct vk_numbers {
    size_t count;
    double v[VK_MOST_FRAMES];
} vk_numbers;

typedef struct vk_spread {
    size_t count; /* 0: nothing was measured, and the others mean nothing */
    double p50, p99, max;
} vk_spread;

/* Past VK_MOST_FRAMES nothing is added. */
void vk_add(vk_numbers *n, double value);
/* Sorts them. */
vk_spread vk_spread_of(vk_numbers *n);

/* Parts of the time that a frame spends in the driver: vkQueueSubmit, and all else. */
enum { VK_DRIVER_SUBMIT, VK_DRIVER_REST, VK_DRIVER_PARTS };

/* The driver with clocks in it, for one device and one thread. */
as_vk_get_proc vk_driver_timed(as_vk_get_proc driver);
/* The times since the last call. */
void vk_driver_take(double us[VK_DRIVER_PARTS]);

typedef struct vk_machine {
    as_vk_device_info info;
    bool software; /* the driver draws on the CPU */
} vk_machine;

/* A stream at a size, drawn by the CPU. */
typedef struct vk_case {
    const char *stream;
    uint32_t width, height;
    as_combine combine;
    uint64_t frames;
    vk_spread cpu_us; /* as_canvas_draw and as_canvas_to_r8 */
} vk_case;

/* What a way of writing takes of a frame, whatever is in flight. */
typedef struct vk_counts {
    const char *write; /* "store" or "copy" */
    bool automatic;    /* it is what AS_VK_WRITE_AUTO takes */
    vk_spread upload;  /* bytes */
    vk_spread dispatches;
    double most_of_bound; /* largest upload, as a part of 4 x points + 32 x channels + 4 KiB */
    uint64_t over_bound;  /* frames with more than that */
    vk_spread gpu_us;     /* by timestamps, each frame alone */
} vk_counts;

typedef struct vk_run {
    unsigned in_flight;
    bool together;         /* got one right after the other; measured are those after the first */
    uint64_t compared;     /* masks read back; all were equal to the CPU's */
    uint64_t not_decoded;  /* frames that had to be waited for */
    uint64_t upload_waits; /* as in as_vk_stats */
    vk_spread thread_us;   /* as_vk_get_frame, CPU of the thread */
    vk_spread submit_us;   /* of that, in vkQueueSubmit */
    vk_spread driver_us;   /* of that, in the driver's other functions */
    vk_spread own_us;      /* of that, in the library */
    double frames_per_second;
} vk_run;

typedef struct vk_report {
    const vk_machine *machine;
    FILE *json; /* NULL: the table alone */
    bool began; /* a run has been written to json */
} vk_report;

void vk_report_begin(vk_report *r);
void vk_report_case(const vk_case *c);
void vk_report_counts(const vk_report *r, const vk_case *c, const vk_counts *counts);
void vk_report_run(vk_report *r, const vk_case *c, const vk_counts *counts, const vk_run *run);
/* Closes r->json. false: it could not be written. */
bool vk_report_end(vk_report *r);

#endif
