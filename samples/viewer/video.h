/* SPDX-License-Identifier: MIT
 *
 * The colour video beside the masks: which of its pictures is due, as RGBA. A thread of its own
 * opens, reads and decodes, a few pictures ahead, so that no call here waits for a file or a server
 * unless it is asked to. All calls come from one thread.
 *
 * Paths that end in .y4m, and standard input, are read here; others by FFmpeg's libraries, where
 * the viewer was built with them.
 */
#ifndef VIEWER_VIDEO_H
#define VIEWER_VIDEO_H

#include "scene.h"

#include <stddef.h>

typedef struct video video;

enum { VIDEO_TEXT = 384 };

/* Asked while bytes are waited for, of which none came for `seconds`: whether to wait no longer. */
typedef struct video_watch {
    bool (*is_over)(void *user, double seconds);
    void *user;
} video_watch;

/* VIDEO_CUT: bytes that should be there do not come, or the wait for them is over; then the reader
 * is good for nothing but to be closed. VIDEO_NO_KEY: of step after a seek, the end; there was
 * none that can be read without what lies before. */
typedef enum video_result { VIDEO_GOOD, VIDEO_END, VIDEO_CUT, VIDEO_NO_KEY } video_result;

/* What reads one kind of file, on the thread that decodes. It holds two pictures: the current one,
 * and the one that comes next (pending). At first there is none; step gets the first pending one.
 * `why` takes a sentence of less than `capacity` bytes where something fails. */
typedef struct video_reader {
    /* NULL: why. `watch` stays valid until close. */
    void *(*open)(const char *path, const video_watch *watch, char *why, size_t capacity);
    /* The pending picture becomes the current one, and another one pending: VIDEO_GOOD, and
     * *out_pts_ns is when it is due, counted from the start of the video. */
    video_result (*step)(void *user, int64_t *out_pts_ns, char *why, size_t capacity);
    /* Goes to a place from which pictures can be read, at or before `pts_ns` where the file says
     * so; nothing is pending then. 0: to the start. VIDEO_END: this source cannot go there, and is
     * where it was. */
    video_result (*seek)(void *user, int64_t pts_ns, char *why, size_t capacity);
    /* The current picture as RGBA into out->pixels, which it makes as large as it needs. */
    bool (*convert)(void *user, picture *out);
    /* Nanoseconds; 0: not known. */
    int64_t (*duration)(void *user);
    void (*close)(void *user);
} video_reader;

extern const video_reader video_y4m;
extern const video_reader video_ffmpeg;

/* Begins to open a file or URL, or "-": YUV4MPEG2 on standard input. NULL: `why` is a sentence. */
video *video_open(const char *path, char *why, size_t capacity);
/* Returns at once, whatever the other thread waits for. NULL is ignored. */
void video_close(video *v);
/* Whether the video could not be opened, which `why` says then; known at the latest after
 * video_wait_open, which waits for it. */
bool video_is_refused(video *v, char *why, size_t capacity);
void video_wait_open(video *v);

/* Makes the latest picture that is due at media_ns the current one, the first one before that, as
 * far as they have been decoded, and waits up to timeout_ns for them. A source that cannot go back
 * keeps the current one. What is shown stays. Where the file is damaged there may be no current
 * picture until media_ns is elsewhere; video_pts stays then. */
void video_go(video *v, int64_t media_ns, uint64_t timeout_ns);
/* Of the latest video_go. Settled: the current picture is the one that was asked for, or there is
 * none to be had there. Late: it is so far behind that the clock should stand still until it comes.
 */
bool video_is_settled(const video *v);
bool video_is_late(const video *v);
/* Whether it was settled at least once, since it is open. */
bool video_is_ready(const video *v);
/* Why the current picture is not that of the latest video_go: a sentence; "": it is, or will be. */
const char *video_problem(const video *v);
/* Shows the current picture, when its mask is there. */
void video_show(video *v);

/* What is shown: pixels that video_show replaces (NULL: none yet), and the picture's time. */
const picture *video_picture(const video *v);
int64_t video_shown_pts(const video *v);

/* false: none that could be read so far. */
bool video_has_picture(const video *v);
/* When the current picture is due; the one after it, -1: there is none. */
int64_t video_pts(const video *v);
int64_t video_next_pts(const video *v);
/* 0: not known, or not yet. */
int64_t video_duration(const video *v);

#endif
