/* SPDX-License-Identifier: MIT */
#include "video.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Further ahead than this it is quicker to seek than to decode what lies between. */
#define FAR_NS INT64_C(1000000000)

struct video {
    const video_reader *reader;
    void *user;
    picture picture;
    bool has_current, has_pending;
    bool is_shown; /* the current one */
    int64_t pts, pending_pts, shown_pts;
    int64_t since;  /* from when on the current picture is the one that is due */
    int64_t sought; /* where the latest seek led */
    char problem[VIDEO_TEXT];
};

static const video_reader *reader_of(const char *path)
{
    const size_t length = strlen(path);
    if (strcmp(path, "-") == 0 || (length > 4 && strcmp(path + length - 4, ".y4m") == 0))
        return &video_y4m;
#ifdef VIEWER_WITH_FFMPEG
    return &video_ffmpeg;
#else
    return NULL;
#endif
}

video *video_open(const char *path, char *why, size_t capacity)
{
    const video_reader *reader = reader_of(path);
    video *v = NULL;
    if (!reader) {
        snprintf(why, capacity,
                 "%s needs FFmpeg, without which this viewer was built; pipe the video in: ffmpeg "
                 "-i FILE -f yuv4mpegpipe - | alphastream-viewer --video - ...",
                 path);
        return NULL;
    }
    v = calloc(1, sizeof(*v));
    if (!v) {
        snprintf(why, capacity, "out of memory for %s", path);
        return NULL;
    }
    v->reader = reader;
    v->user = reader->open(path, why, capacity);
    if (v->user)
        v->has_pending = reader->step(v->user, &v->pending_pts);
    if (v->user) {
        video_go(v, 0);
        video_show(v);
    }
    if (v->user && !v->picture.pixels) {
        snprintf(why, capacity, "%s has no picture that can be read", path);
        video_close(v);
        return NULL;
    }
    if (!v->user) {
        free(v);
        return NULL;
    }
    return v;
}

void video_close(video *v)
{
    if (!v)
        return;
    v->reader->close(v->user);
    free(v->picture.pixels);
    free(v);
}

static void seek(video *v, int64_t media_ns)
{
    v->sought = media_ns;
    if (!v->reader->seek(v->user, media_ns))
        return;
    v->has_current = false;
    v->has_pending = v->reader->step(v->user, &v->pending_pts);
}

/* Where a seek gave no picture, all there is from there on was read in vain: it is tried again
 * before that place, and only now and then behind it. */
static bool is_lost(const video *v, int64_t media_ns)
{
    return !v->has_current && (media_ns < v->sought || media_ns - v->sought >= FAR_NS);
}

void video_go(video *v, int64_t media_ns)
{
    const bool is_back = v->has_current && media_ns < v->since && v->since > 0;
    const bool is_far = v->has_current && v->has_pending && v->pending_pts + FAR_NS < media_ns;
    if (is_back || is_far || is_lost(v, media_ns))
        seek(v, media_ns);
    while (v->has_pending && (!v->has_current || v->pending_pts <= media_ns)) {
        v->pts = v->pending_pts;
        v->since = v->has_current || v->pts < media_ns ? v->pts : media_ns;
        v->has_pending = v->reader->step(v->user, &v->pending_pts);
        v->has_current = true;
        v->is_shown = false;
    }
    if (v->has_current)
        v->problem[0] = '\0';
    else
        snprintf(
            v->problem, sizeof(v->problem),
            "the video is damaged: it has no picture that can be read from %.3f s on; go back, "
            "or get the file anew",
            (double)v->sought / 1e9);
}

const char *video_problem(const video *v)
{
    return v->problem;
}

void video_show(video *v)
{
    if (!v->has_current || v->is_shown || !v->reader->convert(v->user, &v->picture))
        return;
    v->picture.serial++;
    v->shown_pts = v->pts;
    v->is_shown = true;
}

int64_t video_shown_pts(const video *v)
{
    return v->shown_pts;
}

const picture *video_picture(const video *v)
{
    return &v->picture;
}

int64_t video_pts(const video *v)
{
    return v->pts;
}

int64_t video_next_pts(const video *v)
{
    return v->has_pending ? v->pending_pts : -1;
}

int64_t video_duration(const video *v)
{
    return v->reader->duration(v->user);
}
