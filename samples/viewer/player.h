/* SPDX-License-Identifier: MIT
 *
 * A stream and the clock that says which of its frames is due. One thread.
 */
#ifndef VIEWER_PLAYER_H
#define VIEWER_PLAYER_H

#include "options.h"

#include <alphastream/stream.h>

typedef struct player {
    as_source *source;
    as_stream *stream; /* NULL: none */
    /* AS_OK: frames can be had; AS_NOT_READY: the index is being read; else why not, error has the
     * sentence. */
    as_result state;
    as_error error;
    as_stream_metadata about; /* once state is AS_OK */
    bool playing, loop;
    double speed;
    int64_t media_ns; /* what the clock shows */
    int64_t video_ns; /* how long the video is that is played with it; 0: none, or not known */
    uint64_t due;     /* the frame of that time */
} player;

/* Begins to open `location` and returns at once; what went wrong is in p->state. `prepare` is what
 * the renderer wants made ahead. Clears what was there. */
void player_open(player *p, const options *o, const char *location, as_processing prepare);
/* Cancels what is under way, and frees. */
void player_close(player *p);

/* Looks whether the index has been read. true: frames can be had since this call. */
bool player_poll(player *p);

/* Lets the clock go on by elapsed_ns times the speed, if it plays. At the end of the masks or of
 * the video it begins again, or pauses on the last frame. */
void player_advance(player *p, int64_t elapsed_ns);
/* The picture on screen belongs to media_ns: its frame is the one that is due. */
void player_follow(player *p, int64_t media_ns);

/* Plays, or pauses. On the last mask, or picture of the video, it plays from the start, unless it
 * begins again by itself. */
void player_toggle(player *p, bool at_last_picture);
/* Puts the clock on frame `index`, or on the last one. */
void player_seek(player *p, uint64_t index);
/* Pauses and goes `count` frames on (negative: back), round the ends where it loops. */
void player_step(player *p, int64_t count);
/* The next speed of 0.25, 0.5, 1, 2, 4, up or down. */
void player_change_speed(player *p, int direction);

/* The frame that the stream's rule gives for media_ns; past the end the last one. */
uint64_t player_frame_at(player *p, int64_t media_ns);
/* Seconds from the first frame to media_ns. */
double player_seconds(int64_t media_ns);

#endif
