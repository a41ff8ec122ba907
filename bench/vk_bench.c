/* SPDX-License-Identifier: MIT
 *
 * Frames as Vulkan images, one after another, and what each takes:
 *
 *     alphastream-vk-bench STREAM... [--device N] [--size WxH] [--frames N] [--in-flight 1..4]
 *                                    [--write store|copy] [--combine union|parity] [--json FILE]
 *
 * For each stream at 2048 x 1024 (union and parity) and 6720 x 3360 (union), or at --size (union or
 * as --combine says), for each way to write pixels: the GPU's time by timestamps, bytes uploaded
 * and dispatches, frame by frame; then with 1 to 4 frames in flight the CPU time of the calling
 * thread in as_vk_get_frame, on frames that are decoded already, and what of it is vkQueueSubmit,
 * the driver's other functions, and the library (which the reading of clocks, 2 to 3 us, counts
 * to), and the same of frames that are got right after another, when the CPU's caches hold what
 * that takes; and the CPU time of drawing the same frames without a GPU. Masks are read back from
 * each run and compared with the CPU's: a difference ends the program with 1. Times leave out the
 * frames whose images are made first.
 */
#include "vk_bench.h"

#include "samples/common/vulkan_host.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MOST_STREAMS = 16,
    COMPARED = 8,
    L1_BYTES = 1 << 30,
    AHEAD = 120, /* that the stream may fetch behind the last one played */
    CANVAS_WIDTH = 2048,
    CANVAS_HEIGHT = 1024
};

typedef struct options {
    const char *streams[MOST_STREAMS];
    int stream_count;
    uint32_t width, height; /* 0: both sizes */
    unsigned frames;        /* 0: all, up to VK_MOST_FRAMES */
    unsigned in_flight;     /* 0: each */
    as_vk_write write;      /* AS_VK_WRITE_AUTO: both */
    int combine;            /* as_combine; -1: both, parity at the smaller size alone */
    int64_t device;         /* -1: the library's choice */
    const char *json;
} options;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "alphastream-vk-bench: %s: %s\n", what, why);
    exit(1);
}

static double clock_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double thread_us(void)
{
    return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

/* ---------------------------------------------------------------------------------- device -- */

static as_vk_get_proc driver;

static int32_t choose(void *user, const as_vk_gpu *gpus, uint32_t count)
{
    const int64_t *wanted = user;
    (void)gpus;
    return *wanted < count ? (int32_t)*wanted : -1;
}

static as_vk_device *create_device(options *o, vk_machine *machine)
{
    as_vk_device *device;
    as_error error;
    char why[256];
    driver = vulkan_load(why, sizeof(why));
    if (!driver)
        die("Vulkan", why);
    const as_vk_create create = {.struct_size = sizeof(create),
                                 .get_instance_proc_addr = vk_driver_timed(driver),
                                 .choose = o->device >= 0 ? choose : NULL,
                                 .user = &o->device};
    if (as_vk_device_create(&create, &device, &error) != AS_OK)
        die(o->device >= 0 ? "--device" : "a device", error.text);
    machine->info.struct_size = sizeof(machine->info);
    if (as_vk_device_get_info(device, &machine->info) != AS_OK)
        die("the device", "tells nothing of itself");
    machine->software = machine->info.gpu.type == VK_PHYSICAL_DEVICE_TYPE_CPU;
    return device;
}

/* ---------------------------------------------------------------------------- the CPU's way -- */

typedef struct masks {
    as_source *source;
    as_container *container;
    as_buffer payload;
    as_canvas *canvas;
    uint8_t *pixels;
    uint8_t *read; /* from the GPU */
    size_t size;
} masks;

static void open_masks(masks *m, vk_case *c, unsigned most)
{
    as_container_info info;
    as_error error;
    *m = (masks){.size = (size_t)c->width * c->height};
    if (as_source_open(c->stream, NULL, &m->source, &error) != AS_OK ||
        as_container_open(m->source, NULL, &m->container, &error) != AS_OK ||
        as_container_get_info(m->container, &info, &error) != AS_OK ||
        as_canvas_create(CANVAS_WIDTH, CANVAS_HEIGHT, &m->canvas, &error) != AS_OK)
        die(c->stream, error.text);
    m->pixels = malloc(m->size);
    m->read = malloc(m->size);
    if (!m->pixels || !m->read)
        die(c->stream, "out of memory");
    c->frames = info.frame_count < VK_MOST_FRAMES ? info.frame_count : VK_MOST_FRAMES;
    if (most != 0 && most < c->frames)
        c->frames = most;
}

static void close_masks(masks *m)
{
    free(m->pixels);
    free(m->read);
    as_canvas_destroy(&m->canvas);
    as_buffer_free(&m->payload);
    as_container_close(&m->container);
    as_source_close(&m->source);
}

/* Frame `index` to m->pixels; returns us of the thread without reading the payload. */
static double draw(masks *m, const vk_case *c, uint64_t index)
{
    const as_raster_params params = {.struct_size = sizeof(params), .combine = c->combine};
    as_error error;
    if (as_container_read_payload(m->container, index, &m->payload, &error) != AS_OK)
        die(c->stream, error.text);
    const double start = thread_us();
    if (as_canvas_draw(m->canvas, m->payload.data, m->payload.size, &params, &error) != AS_OK ||
        as_canvas_to_r8(m->canvas, m->pixels, m->size, c->width, c->height, 0, &error) != AS_OK)
        die(c->stream, error.text);
    return thread_us() - start;
}

static void draw_all(masks *m, vk_case *c)
{
    static vk_numbers us;
    us.count = 0;
    (void)draw(m, c, 0); /* touches the memory */
    for (uint64_t i = 0; i < c->frames; i++)
        vk_add(&us, draw(m, c, i));
    c->cpu_us = vk_spread_of(&us);
}

/* ----------------------------------------------------------------------------------- images -- */

typedef struct player {
    const vk_case *c;
    masks *masks;
    as_vk_device *device;
    vulkan_reader *reader;
    as_stream *stream;
    as_vk *vk;
} player;

/* Returns with every frame that will be played decoded. */
static void open_stream(player *p)
{
    const uint32_t frames = (uint32_t)p->c->frames;
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .location = p->c->stream,
                                     .width = p->c->width,
                                     .height = p->c->height,
                                     .canvas_width = CANVAS_WIDTH,
                                     .canvas_height = CANVAS_HEIGHT,
                                     .combine = p->c->combine,
                                     .processing = AS_PROCESS_ON_DEMAND,
                                     .l1_frames = frames + AHEAD + 1,
                                     .l1_bytes = L1_BYTES,
                                     .prefetch_frames = AHEAD,
                                     .init_frames = frames,
                                     .init_timeout_ms = 60000};
    as_error error;
    if (as_stream_open(&params, &p->stream, &error) != AS_OK)
        die(p->c->stream, error.text);
}

static as_vk_stats stats_of(const player *p)
{
    as_vk_stats stats = {.struct_size = sizeof(stats)};
    if (as_vk_get_stats(p->vk, &stats) != AS_OK)
        die(p->c->stream, "no statistics");
    return stats;
}

static void attach(player *p, as_vk_write write, unsigned images, bool gpu_times)
{
    const as_vk_params params = {
        .struct_size = sizeof(params), .images = images, .write = write, .gpu_times = gpu_times};
    as_error error;
    if (as_vk_attach(p->stream, p->device, &params, &p->vk, &error) != AS_OK)
        die(p->c->stream, error.text);
}

static void get(player *p, uint64_t index, as_vk_image *image)
{
    const as_vk_request request = {.struct_size = sizeof(request),
                                   .layout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL};
    as_error error;
    if (as_vk_get_frame(p->vk, index, &request, AS_WAIT_FOREVER, image, &error) != AS_OK)
        die(p->c->stream, error.text);
}

static void wait_for(player *p, const as_vk_image *image)
{
    as_error error;
    if (as_vk_wait(p->vk, image, AS_WAIT_FOREVER, &error) != AS_OK)
        die(p->c->stream, error.text);
}

static void compare(player *p, const as_vk_image *image)
{
    char text[64];
    as_vk_device_lock_queue(p->device);
    const bool read = vulkan_reader_read(p->reader, image, p->masks->read);
    as_vk_device_unlock_queue(p->device);
    if (!read)
        die(p->c->stream, "the driver does not copy an image");
    (void)draw(p->masks, p->c, image->index);
    snprintf(text, sizeof(text), "frame %llu at %u x %u", (unsigned long long)image->index,
             (unsigned)image->width, (unsigned)image->height);
    if (memcmp(p->masks->read, p->masks->pixels, p->masks->size) != 0)
        die(text, "the GPU's mask is not the CPU's; there are no figures of wrong masks");
}

/* ------------------------------------------------------------------------------------- runs -- */

static vk_spread gpu_times(const as_stage_times *t)
{
    return (vk_spread){.count = t->count,
                       .p50 = (double)t->p50_ns / 1e3,
                       .p99 = (double)t->p99_ns / 1e3,
                       .max = (double)t->max_ns / 1e3};
}

/* One frame after the other, with a look at the statistics, and COMPARED masks compared. */
static void count(player *p, as_vk_write write, vk_counts *counts)
{
    static vk_numbers upload, dispatches;
    const uint64_t step = (p->c->frames + COMPARED - 1) / COMPARED;
    as_vk_stats before, after = {0};
    upload.count = dispatches.count = 0;
    attach(p, write, 1, true);
    for (uint64_t i = 0; i < p->c->frames; i++) {
        as_vk_image image;
        before = after;
        get(p, i, &image);
        wait_for(p, &image);
        after = stats_of(p);
        const double bytes = (double)after.last_upload_bytes;
        const double part = bytes / (4.0 * (double)(after.points - before.points) +
                                     32.0 * (double)(after.channels - before.channels) + 4096);
        vk_add(&upload, bytes);
        vk_add(&dispatches, (double)after.last_dispatches);
        counts->most_of_bound = part > counts->most_of_bound ? part : counts->most_of_bound;
        counts->over_bound += part > 1;
        if (i % step == 0)
            compare(p, &image);
        as_vk_release(p->vk, &image, NULL, NULL);
    }
    counts->gpu_us = gpu_times(&after.gpu);
    as_vk_detach(&p->vk);
    counts->upload = vk_spread_of(&upload);
    counts->dispatches = vk_spread_of(&dispatches);
}

static uint64_t misses(const player *p)
{
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    if (as_stream_get_stats(p->stream, &stats) != AS_OK)
        die(p->c->stream, "no statistics");
    return stats.l1_misses;
}

typedef struct times {
    vk_numbers thread, submit, driver, own;
} times;

/* Each image is waited for when its turn comes again, or all of them when that of the first does.
 */
static void play(player *p, const vk_run *r, as_vk_image *images, times *t)
{
    for (uint64_t i = 0; i < p->c->frames; i++) {
        const bool is_first = i % r->in_flight == 0;
        as_vk_image *image = &images[i % r->in_flight];
        for (unsigned k = 0; i >= r->in_flight && r->together && is_first && k < r->in_flight; k++)
            wait_for(p, &images[k]);
        if (i >= r->in_flight) {
            wait_for(p, image);
            as_vk_release(p->vk, image, NULL, NULL);
        }
        double parts[VK_DRIVER_PARTS];
        vk_driver_take(parts);
        const double start = thread_us();
        get(p, i, image);
        const double us = thread_us() - start;
        if (i < r->in_flight || (r->together && is_first))
            continue;
        vk_driver_take(parts);
        vk_add(&t->thread, us);
        vk_add(&t->submit, parts[VK_DRIVER_SUBMIT]);
        vk_add(&t->driver, parts[VK_DRIVER_REST]);
        vk_add(&t->own, us - parts[VK_DRIVER_SUBMIT] - parts[VK_DRIVER_REST]);
    }
    for (unsigned i = 0; i < r->in_flight && i < p->c->frames; i++)
        wait_for(p, &images[i]);
}

/* The masks that are held at the end are compared. */
static void run(player *p, as_vk_write write, vk_run *r)
{
    static times t;
    as_vk_image images[VK_MOST_IN_FLIGHT] = {{0}};
    t.thread.count = t.submit.count = t.driver.count = t.own.count = 0;
    attach(p, write, r->in_flight, false);
    const uint64_t missed = misses(p);
    const double start = clock_us(CLOCK_MONOTONIC);
    play(p, r, images, &t);
    r->frames_per_second = (double)p->c->frames * 1e6 / (clock_us(CLOCK_MONOTONIC) - start);
    r->not_decoded = misses(p) - missed;
    const as_vk_stats stats = stats_of(p);
    r->upload_waits = stats.upload_waits;
    for (unsigned i = 0; i < r->in_flight && i < p->c->frames; i++, r->compared++)
        compare(p, &images[i]);
    as_vk_detach(&p->vk);
    r->thread_us = vk_spread_of(&t.thread);
    r->submit_us = vk_spread_of(&t.submit);
    r->driver_us = vk_spread_of(&t.driver);
    r->own_us = vk_spread_of(&t.own);
}

static void measure_write(const options *o, player *p, vk_report *report, as_vk_write write,
                          bool automatic)
{
    const bool store = write == AS_VK_WRITE_STORE;
    vk_counts counts = {.write = store ? "store" : "copy", .automatic = automatic};
    if (o->write != AS_VK_WRITE_AUTO && o->write != write)
        return;
    if (store && !(report->machine->info.abilities & AS_VK_STORAGE_IMAGE)) {
        printf("  store: this device has no stores to R8 images\n");
        return;
    }
    count(p, write, &counts);
    vk_report_counts(report, p->c, &counts);
    for (unsigned n = 1; n <= VK_MOST_IN_FLIGHT; n++) {
        vk_run r = {.in_flight = n};
        if (o->in_flight != 0 && o->in_flight != n)
            continue;
        run(p, write, &r);
        vk_report_run(report, p->c, &counts, &r);
    }
    vk_run together = {.in_flight = VK_MOST_IN_FLIGHT, .together = true};
    run(p, write, &together);
    vk_report_run(report, p->c, &counts, &together);
}

static void measure(const options *o, as_vk_device *device, vk_report *report, const vk_case *what)
{
    const as_vk_device_info *info = &report->machine->info;
    const vulkan_queue queue = {driver,       info->instance, info->physical_device,
                                info->device, info->queue,    info->queue_family};
    vk_case c = *what;
    masks m;
    player p = {.c = &c, .masks = &m, .device = device};
    open_masks(&m, &c, o->frames);
    if (c.frames == 0)
        die(c.stream, "no frames");
    p.reader = vulkan_reader_create(&queue, m.size);
    if (!p.reader)
        die(c.stream, "the driver has no memory to read masks back");
    draw_all(&m, &c);
    vk_report_case(&c);
    open_stream(&p);
    attach(&p, AS_VK_WRITE_AUTO, 1, false);
    const as_vk_write automatic = stats_of(&p).write;
    as_vk_detach(&p.vk);
    measure_write(o, &p, report, AS_VK_WRITE_STORE, automatic == AS_VK_WRITE_STORE);
    measure_write(o, &p, report, AS_VK_WRITE_COPY, automatic == AS_VK_WRITE_COPY);
    as_stream_close(&p.stream);
    vulkan_reader_destroy(p.reader);
    close_masks(&m);
}

static void measure_stream(const options *o, as_vk_device *device, vk_report *report,
                           const char *stream)
{
    const vk_case all[] = {
        {.stream = stream, .width = 2048, .height = 1024, .combine = AS_COMBINE_UNION},
        {.stream = stream, .width = 2048, .height = 1024, .combine = AS_COMBINE_PARITY},
        {.stream = stream,
         .width = VK_GOAL_WIDTH,
         .height = VK_GOAL_HEIGHT,
         .combine = AS_COMBINE_UNION}};
    const as_combine combine = o->combine < 0 ? AS_COMBINE_UNION : (as_combine)o->combine;
    const vk_case wished = {
        .stream = stream, .width = o->width, .height = o->height, .combine = combine};
    if (o->width)
        measure(o, device, report, &wished);
    for (size_t i = 0; !o->width && i < sizeof(all) / sizeof(*all); i++)
        if (o->combine < 0 || o->combine == all[i].combine)
            measure(o, device, report, &all[i]);
}

/* ------------------------------------------------------------------------------------- main -- */

/* Digits from *text on, behind which it points then. */
static bool take_number(const char **text, uint32_t most, uint32_t *out)
{
    const size_t digits = strspn(*text, "0123456789");
    if (digits == 0 || digits > 9)
        return false;
    *out = (uint32_t)strtoul(*text, NULL, 10);
    *text += digits;
    return *out <= most;
}

static bool take_size(options *o, const char *value)
{
    return take_number(&value, AS_SIZE_MAX_PIXELS, &o->width) && *value++ == 'x' &&
           take_number(&value, AS_SIZE_MAX_PIXELS, &o->height) && *value == '\0' && o->width > 0 &&
           o->height > 0;
}

static bool take_option(options *o, const char *name, const char *value)
{
    uint32_t number;
    if (strcmp(name, "--json") == 0) {
        o->json = value;
        return true;
    }
    if (strcmp(name, "--size") == 0)
        return take_size(o, value);
    if (strcmp(name, "--write") == 0) {
        o->write = strcmp(value, "store") == 0 ? AS_VK_WRITE_STORE : AS_VK_WRITE_COPY;
        return o->write == AS_VK_WRITE_STORE || strcmp(value, "copy") == 0;
    }
    if (strcmp(name, "--combine") == 0) {
        o->combine = strcmp(value, "parity") == 0 ? AS_COMBINE_PARITY : AS_COMBINE_UNION;
        return o->combine == AS_COMBINE_PARITY || strcmp(value, "union") == 0;
    }
    if (!take_number(&value, INT32_MAX, &number) || *value != '\0')
        return false;
    if (strcmp(name, "--device") == 0)
        o->device = number;
    else if (strcmp(name, "--frames") == 0)
        o->frames = number;
    else if (strcmp(name, "--in-flight") == 0)
        o->in_flight = number;
    else
        return false;
    return o->in_flight <= VK_MOST_IN_FLIGHT;
}

static bool take_arguments(options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-' && o->stream_count < MOST_STREAMS)
            o->streams[o->stream_count++] = argv[i];
        else if (i + 1 == argc || !take_option(o, argv[i], argv[i + 1]))
            return false;
        else
            i++;
    }
    return o->stream_count > 0;
}

int main(int argc, char **argv)
{
    options o = {.device = -1, .combine = -1};
    vk_machine machine = {0};
    vk_report report = {.machine = &machine};
    if (!take_arguments(&o, argc, argv)) {
        fprintf(stderr,
                "usage: alphastream-vk-bench STREAM... [--device N] [--size WxH] [--frames N] "
                "[--in-flight 1..%d] [--write store|copy] [--combine union|parity] [--json FILE]\n",
                VK_MOST_IN_FLIGHT);
        return 2;
    }
    as_vk_device *device = create_device(&o, &machine);
    if (o.json && !(report.json = fopen(o.json, "w")))
        die(o.json, "cannot be written");
    vk_report_begin(&report);
    for (int i = 0; i < o.stream_count; i++)
        measure_stream(&o, device, &report, o.streams[i]);
    as_vk_device_unref(&device);
    if (!vk_report_end(&report))
        die(o.json, "cannot be written");
    return 0;
}
