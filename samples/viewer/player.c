/* SPDX-License-Identifier: MIT */
#include "player.h"

#include <stdio.h>

static void fail(player *p, as_result result)
{
    p->state = result;
    p->error.code = result;
}

/* A source of its own, so that it can be asked what it has without the network. */
static bool open_source(player *p, const options *o, const char *location)
{
    const as_http_params http = {.struct_size = sizeof(http),
                                 .headers = o->headers,
                                 .header_count = o->header_count,
                                 .cache_dir = o->cache_dir};
    const as_source_params params = {.struct_size = sizeof(params), .http = &http};
    const as_result result = as_source_open(location, &params, &p->source, &p->error);
    if (result != AS_OK)
        fail(p, result);
    return result == AS_OK;
}

void player_open(player *p, const options *o, const char *location, as_processing prepare)
{
    player_close(p);
    p->playing = !o->paused;
    p->loop = o->loop;
    p->speed = o->speed;
    p->due = o->start;
    if (!open_source(p, o, location))
        return;
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .source = p->source,
                                     .width = o->mask_width,
                                     .height = o->mask_height,
                                     .canvas_width = o->canvas_width,
                                     .canvas_height = o->canvas_height,
                                     .scale = o->scale,
                                     .combine = o->combine,
                                     .processing = prepare,
                                     .key = &o->key,
                                     .fps_num = o->fps_num,
                                     .fps_den = o->fps_den,
                                     .start_frame = (uint32_t)o->start};
    const as_result result = as_stream_open_async(&params, &p->stream, &p->error);
    if (result != AS_OK)
        fail(p, result);
}

void player_close(player *p)
{
    as_stream_close(&p->stream);
    as_source_close(&p->source);
    *p = (player){.state = AS_NOT_READY};
}

bool player_poll(player *p)
{
    as_stream_metadata about = {.struct_size = sizeof(about)};
    if (!p->stream)
        return false;
    const as_result before = p->state;
    const as_result result = as_stream_get_metadata(p->stream, &about);
    if (result == AS_OK) {
        p->about = about;
        p->state = about.frame_count ? AS_OK : AS_ERROR_OUT_OF_RANGE;
        if (!about.frame_count)
            snprintf(p->error.text, sizeof(p->error.text), "the source has no frames");
    } else {
        p->state = result;
        if (result != AS_NOT_READY)
            as_stream_last_error(p->stream, &p->error);
    }
    if (p->state != AS_OK || before == AS_OK)
        return false;
    player_seek(p, p->due);
    return true;
}

uint64_t player_frame_at(player *p, int64_t media_ns)
{
    uint64_t index = 0;
    if (as_stream_frame_at(p->stream, media_ns, &index) != AS_OK)
        return p->due;
    return index < p->about.frame_count ? index : p->about.frame_count - 1;
}

static bool is_video_shorter(const player *p)
{
    return p->video_ns > 0 && p->video_ns < p->about.duration_ns;
}

static bool is_past_end(player *p)
{
    uint64_t index = 0;
    if (is_video_shorter(p))
        return p->media_ns >= p->video_ns;
    return as_stream_frame_at(p->stream, p->media_ns, &index) == AS_OK &&
           index >= p->about.frame_count;
}

void player_advance(player *p, int64_t elapsed_ns)
{
    if (p->state != AS_OK || !p->playing)
        return;
    if (p->loop && is_past_end(p))
        p->media_ns = 0; /* it was sent there */
    p->media_ns += (int64_t)((double)elapsed_ns * p->speed);
    if (!p->loop && is_past_end(p)) {
        p->playing = false;
        if (is_video_shorter(p))
            p->media_ns = p->video_ns;
        else
            player_seek(p, p->about.frame_count - 1);
    }
    const int64_t length = is_video_shorter(p) ? p->video_ns : p->about.duration_ns;
    if (p->loop && length > 0 && p->media_ns >= length)
        p->media_ns %= length;
    if (p->loop && is_past_end(p)) /* the last mask ends half a mask before */
        p->media_ns -= length;
}

void player_toggle(player *p, bool at_last_picture)
{
    p->playing = !p->playing;
    if (p->playing && !p->loop && p->state == AS_OK &&
        (at_last_picture || is_past_end(p) || p->due + 1 >= p->about.frame_count))
        player_seek(p, 0);
}

void player_follow(player *p, int64_t media_ns)
{
    if (p->state != AS_OK)
        return;
    p->due = player_frame_at(p, media_ns);
    /* It steers what is prepared; a failure shows with the frame. */
    if (as_stream_sync(p->stream, media_ns) != AS_OK)
        as_stream_clear_error(p->stream);
}

void player_seek(player *p, uint64_t index)
{
    if (p->state != AS_OK) {
        p->due = index;
        return;
    }
    if (index >= p->about.frame_count)
        index = p->about.frame_count - 1;
    p->due = index;
    if (as_stream_time_of(p->stream, index, &p->media_ns) != AS_OK)
        as_stream_clear_error(p->stream);
}

void player_step(player *p, int64_t count)
{
    p->playing = false;
    if (p->state != AS_OK)
        return;
    const int64_t all = (int64_t)p->about.frame_count;
    int64_t to = (int64_t)p->due + count;
    if (p->loop)
        to = (to % all + all) % all;
    else
        to = to < 0 ? 0 : to;
    player_seek(p, (uint64_t)to);
}

void player_change_speed(player *p, int direction)
{
    static const double speeds[] = {0.25, 0.5, 1.0, 2.0, 4.0};
    enum { COUNT = sizeof(speeds) / sizeof(speeds[0]) };
    if (direction > 0) {
        for (int i = 0; i < COUNT; i++)
            if (speeds[i] > p->speed) {
                p->speed = speeds[i];
                return;
            }
    } else {
        for (int i = COUNT - 1; i >= 0; i--)
            if (speeds[i] < p->speed) {
                p->speed = speeds[i];
                return;
            }
    }
}

double player_seconds(int64_t media_ns)
{
    return (double)media_ns / 1e9;
}
