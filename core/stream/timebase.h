/* SPDX-License-Identifier: MIT
 *
 * Frames and media time (exact, in integers), and the play head that follows a host's media clock.
 * Pure: the time now is an argument. Not thread-safe.
 */
#ifndef AS_STREAM_TIMEBASE_H
#define AS_STREAM_TIMEBASE_H

#include <stdbool.h>
#include <stdint.h>

/* Every number but the offset is at least 1. */
typedef struct as_timebase {
    uint32_t fps_num, fps_den; /* pictures per second */
    int64_t offset_ns;         /* media time of picture 0 */
    uint32_t frames_per_picture;
} as_timebase;

/* floor((media_ns - offset) * fps + 1/2) * frames_per_picture; 0 before the first; UINT64_MAX when
 * it does not fit. Exact for every input. */
uint64_t as_timebase_frame_at(const as_timebase *timebase, int64_t media_ns);
/* offset + (index / frames_per_picture) / fps, to the nearest nanosecond, ties away from zero;
 * false: does not fit. as_timebase_frame_at of it is index - index % frames_per_picture for every
 * rate up to 10^8 pictures per second. */
bool as_timebase_time_of(const as_timebase *timebase, uint64_t index, int64_t *out_media_ns);

/* A media time, media + fraction ns (0 <= fraction < 1), at a moment of the monotonic clock. Whole
 * nanoseconds are kept in integers, so that days lose no precision. */
typedef struct as_media_point {
    uint64_t at_ns;
    int64_t media;
    double fraction;
} as_media_point;

/* The play head: a media time that moves with the monotonic clock, corrected by what the host says.
 * The host's clock may run fast or slow and jitter; the head follows its straight line. How:
 * playhead.c. */
typedef struct as_playhead as_playhead;
struct as_playhead {
    bool playing; /* it moves; false: paused, not started yet, or the host's clock stands still */
    bool paused;  /* by as_playhead_pause; only as_playhead_play ends it */
    bool trusted; /* the host's clock can be expected to run at `speed` */
    double speed; /* what as_playhead_play asked for last; 0: never */

    as_media_point head;
    double direction; /* 1 forward, -1 backward: where it may move */
    double slew;      /* how much faster or slower than `rate` it may go, to meet the line */

    /* The estimate: the host's clock shows line.media at line.at_ns (the last sync) and gains
     * `rate` nanoseconds in one. p..: covariance of the two, in ns^2, ns^2/s and 1/s^2 * ns^2. */
    as_media_point line;
    double rate;
    double p00, p01, p11;
    uint32_t syncs;       /* in the estimate */
    double noise, noise4; /* mean square and fourth power of what they are off it, in ns */
    int32_t streak;       /* consecutive syncs well above (> 0) or below (< 0) the line */

    bool heard;             /* the next two are valid */
    int64_t heard_media;    /* what the last sync said */
    uint64_t heard_from_ns; /* since when all syncs have said so */
    bool jumped;            /* the next one is valid */
    uint64_t jumped_ns;     /* last jump because of a sync */
};

/* At media time 0, not playing. */
void as_playhead_init(as_playhead *head);
/* Media time now; while playing forward it never goes back between calls, except through seek, a
 * sync over 100 ms away, or because the host's clock has stood still for 100 ms (and the other way
 * round when playing backward). A now_ns before that of an earlier call counts as that one. */
int64_t as_playhead_position(as_playhead *head, uint64_t now_ns);
/* From where the head is. Playing at that speed already: nothing happens. Speeds beyond -16 .. 16
 * count as these; 0 pauses; NaN is ignored. */
void as_playhead_play(as_playhead *head, uint64_t now_ns, double speed);
void as_playhead_pause(as_playhead *head, uint64_t now_ns);
/* Playing or not stays as it is. */
void as_playhead_seek(as_playhead *head, uint64_t now_ns, int64_t media_ns);
/* The host's clock says media_ns now. true: it was over 100 ms away and the head jumped. While the
 * head is not playing and was not paused by as_playhead_pause, syncs that advance also start it
 * (the third at the earliest): a host that only syncs need not call play. While the head stands, a
 * sync under 10 ms away leaves it where it is, any other moves it there. */
bool as_playhead_sync(as_playhead *head, uint64_t now_ns, int64_t media_ns);

#endif
