/* SPDX-License-Identifier: MIT
 *
 * info: what a container is.
 */
#include "cmd.h"

#include "json.h"
#include "location.h"
#include "message.h"
#include "source_open.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FRAMES_PER_SECOND = 60 }; /* containers do not say */

typedef struct summary {
    as_container_info info;
    uint64_t smallest, largest; /* of the blocks */
    uint64_t median;            /* rounded down */
    bool median_half;           /* add .5 */
    uint64_t past_end;          /* frames that reach past the end of the source */
} summary;

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int summarize(const opened *in, summary *s)
{
    const size_t count = (size_t)in->info.frame_count;
    s->info = in->info;
    if (count == 0)
        return CLI_DONE;
    uint64_t *sizes = malloc(count * sizeof(*sizes));
    if (!sizes)
        return message_usage("out of memory: the sizes of %zu frames", count);
    for (size_t i = 0; i < count; i++) {
        as_byte_range range = {0};
        as_error error = {0};
        if (as_container_frame_range(in->container, i, &range, &error) != AS_OK) {
            free(sizes);
            return message_fail(&error);
        }
        sizes[i] = range.length;
        s->past_end += s->info.source_bytes != AS_SIZE_UNKNOWN &&
                       range.offset + range.length > s->info.source_bytes;
    }
    qsort(sizes, count, sizeof(*sizes), compare);
    s->smallest = sizes[0];
    s->largest = sizes[count - 1];
    /* Of an odd number both are the one in the middle. */
    const uint64_t low = sizes[(count - 1) / 2], high = sizes[count / 2];
    s->median = low + (high - low) / 2;
    s->median_half = (high - low) % 2 != 0;
    free(sizes);
    return CLI_DONE;
}

static void print_median(const summary *s)
{
    message_print("%" PRIu64 "%s", s->median, s->median_half ? ".5" : "");
}

static bool stated_differs(const as_container_info *info)
{
    return info->stated_count != 0 && info->stated_count != info->frame_count;
}

static void print_text(const char *source, const summary *s)
{
    const as_container_info *info = &s->info;
    message_print("source         ");
    message_print_name(source);
    message_print("\n");
    message_print("format         %s\n", info->encrypted ? "ASVR" : "ASVP");
    message_print("encrypted      %s\n", info->encrypted ? "yes" : "no");
    message_print("frames         %" PRIu64 "\n", info->frame_count);
    message_print("duration       %.3f s at %d frames per second\n",
                  (double)info->frame_count / FRAMES_PER_SECOND, FRAMES_PER_SECOND);
    message_print("table          %" PRIu64 " bytes\n", info->table_bytes);
    message_print("blocks         %" PRIu64 " bytes\n", info->blocks_bytes);
    if (info->source_bytes == AS_SIZE_UNKNOWN)
        message_print("source size    unknown\n");
    else
        message_print("source size    %" PRIu64 " bytes\n", info->source_bytes);
    if (info->frame_count > 0) {
        message_print("block size     %" PRIu64 " to %" PRIu64 " bytes, median ", s->smallest,
                      s->largest);
        print_median(s);
        message_print("\n");
    }
    message_print("past the end   %" PRIu64 " frames\n", s->past_end);
    if (stated_differs(info))
        message_print("stated count   %" PRIu32 " frames\n", info->stated_count);
}

static void print_json(const char *source, const summary *s, bool exchanges_follow)
{
    const as_container_info *info = &s->info;
    message_print("{\n  \"source\": ");
    json_print_string(source);
    message_print(",\n  \"format\": \"%s\",\n", info->encrypted ? "ASVR" : "ASVP");
    message_print("  \"encrypted\": %s,\n", info->encrypted ? "true" : "false");
    message_print("  \"frames\": %" PRIu64 ",\n", info->frame_count);
    message_print("  \"fps\": %d,\n", FRAMES_PER_SECOND);
    message_print("  \"duration_seconds\": %.6f,\n", (double)info->frame_count / FRAMES_PER_SECOND);
    message_print("  \"table_bytes\": %" PRIu64 ",\n", info->table_bytes);
    message_print("  \"blocks_bytes\": %" PRIu64 ",\n", info->blocks_bytes);
    if (info->source_bytes == AS_SIZE_UNKNOWN)
        message_print("  \"source_bytes\": null,\n");
    else
        message_print("  \"source_bytes\": %" PRIu64 ",\n", info->source_bytes);
    if (info->frame_count > 0) {
        message_print("  \"block_size\": {\"min\": %" PRIu64 ", \"median\": ", s->smallest);
        print_median(s);
        message_print(", \"max\": %" PRIu64 "},\n", s->largest);
    } else {
        message_print("  \"block_size\": null,\n");
    }
    message_print("  \"frames_past_end\": %" PRIu64 ",\n", s->past_end);
    if (stated_differs(info))
        message_print("  \"stated_frames\": %" PRIu32, info->stated_count);
    else
        message_print("  \"stated_frames\": null");
    if (!exchanges_follow)
        message_print("\n}\n");
}

/* What --http adds: also of a source that could not be read, which is when it is looked at. */
static void print_exchanges(const options *o, const exchanges *e, bool alone)
{
    if (!(o->given & OPTION_JSON)) {
        exchanges_print_table(e);
        return;
    }
    if (alone) {
        message_print("{\n  \"source\": ");
        json_print_string(o->shown[1]);
    }
    message_print(",\n  \"http\": ");
    exchanges_print_json(e);
    message_print("\n}\n");
}

static int info(const options *o, opened *in)
{
    summary s = {0};
    int code = source_open(o, o->operands[1], in);
    if (code == CLI_DONE)
        code = summarize(in, &s);
    if (code == CLI_DONE) {
        if (o->given & OPTION_JSON)
            print_json(o->shown[1], &s, o->given & OPTION_HTTP);
        else
            print_text(o->shown[1], &s);
    }
    return code;
}

static int info_with_exchanges(const options *o)
{
    exchanges recorded;
    opened in = {.exchanges = &recorded};
    as_error error = {0};
    int code = exchanges_init(&recorded) ? info(o, &in) : message_usage("out of memory");
    const as_result settled =
        in.source ? exchanges_settle(&recorded, in.source, &error) : AS_ERROR_NOT_INITIALIZED;
    source_close(&in); /* nothing is added any more */
    if (settled == AS_OK)
        print_exchanges(o, &recorded, code != CLI_DONE);
    else if (code == CLI_DONE)
        code = message_fail(&error);
    exchanges_free(&recorded);
    return code;
}

int cmd_info(const options *o)
{
    if (o->given & OPTION_HTTP) {
        if (location_is_http(o->operands[1]))
            return info_with_exchanges(o);
        return message_usage("--http tells about an http or https URL, and \"%s\" is none; leave "
                             "it away",
                             o->shown[1]);
    }
    opened in = {0};
    const int code = info(o, &in);
    source_close(&in);
    return code;
}
