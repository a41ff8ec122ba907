/* SPDX-License-Identifier: MIT
 *
 * The colour video beside the masks: which of its pictures is due, as RGBA. One thread.
 *
 * Files that end in .y4m, and standard input, are read here; others by FFmpeg's libraries, where
 * the viewer was built with them.
 */
#ifndef VIEWER_VIDEO_H
#define VIEWER_VIDEO_H

#include "scene.h"

#include <stddef.h>

typedef struct video video;

enum { VIDEO_TEXT = 256 };

/* What reads one kind of file. It holds two pictures: the current one, and the one that comes next
 * (pending). At first there is none; step gets the first pending one. */
typedef struct video_reader {
    /* NULL: `why` is a sentence of less than `capacity` bytes. */
    void *(*open)(const char *path, char *why, size_t capacity);
    /* The pending picture becomes the current one, and another one pending. Returns whether there
     * is one; then *out_pts_ns is when it is due, counted from the start of the video. */
    bool (*step)(void *user, int64_t *out_pts_ns);
    /* Goes to a place from which pictures can be read at or before `pts_ns`; nothing is pending
     * then. false: this source cannot go back. */
    bool (*seek)(void *user, int64_t pts_ns);
    /* The current picture as RGBA into out->pixels, which it makes as large as it needs. */
    bool (*convert)(void *user, picture *out);
    /* Nanoseconds; 0: not known. */
    int64_t (*duration)(void *user);
    void (*close)(void *user);
} video_reader;

extern const video_reader video_y4m;
extern const video_reader video_ffmpeg;

/* `path` may be "-": YUV4MPEG2 on standard input. NULL: `why` is a sentence. */
video *video_open(const char *path, char *why, size_t capacity);
void video_close(video *v); /* NULL is ignored */

/* Makes the latest picture that is due at media_ns the current one, the first one before that. A
 * source that cannot go back keeps the current one. What is shown stays. Where the file is damaged
 * there may be no current picture until media_ns is elsewhere; video_pts stays then. */
void video_go(video *v, int64_t media_ns);
/* Why there is no current picture: a sentence; "": there is one. */
const char *video_problem(const video *v);
/* Shows the current picture, when its mask is there. */
void video_show(video *v);

/* What is shown: pixels that video_show replaces, and the picture's time. */
const picture *video_picture(const video *v);
int64_t video_shown_pts(const video *v);

/* When the current picture is due; the one after it, -1: there is none. */
int64_t video_pts(const video *v);
int64_t video_next_pts(const video *v);
int64_t video_duration(const video *v);

#endif
