/* SPDX-License-Identifier: MIT
 *
 * Which frames come next: learns from the indices asked for. Pure; not thread-safe.
 *
 * The head is the last index asked for. While steps repeat, the next frames are head + stride,
 * head + 2 * stride, ..; a step the other way turns the stride round; a step that repeats is a new
 * stride (every k-th frame); a single odd small step (a frame skipped by a late host) moves the
 * head and changes nothing else; anything further is a jump. Confidence grows with every right
 * guess and says how far ahead it pays to prepare.
 */
#ifndef AS_STREAM_PREDICT_H
#define AS_STREAM_PREDICT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct as_predictor {
    uint64_t head;
    int64_t stride;      /* never 0 */
    int64_t last_step;   /* 0: none yet */
    uint32_t confidence; /* right guesses since the last jump, up to 16 */
    bool moved;          /* head was asked for, not only set */
} as_predictor;

/* Expects forward play from `start`. */
void as_predict_start(as_predictor *p, uint64_t start);
/* A caller asked for `index`. true: it was a jump, what was prepared is off the mark. */
bool as_predict_note(as_predictor *p, uint64_t index);
/* The i-th frame from the head on (0: the head itself); false: before the first, or at or past
 * `count`. */
bool as_predict_ahead(const as_predictor *p, uint64_t i, uint64_t count, uint64_t *out_index);
/* How many of at most `most` frames to prepare ahead, by confidence. */
uint64_t as_predict_reach(const as_predictor *p, uint64_t most);
/* How far ahead of the head `index` lies on the path; UINT64_MAX: not on it. */
uint64_t as_predict_distance(const as_predictor *p, uint64_t index);

#endif
