/* SPDX-License-Identifier: MIT
 *
 * What the CV_* files share.
 */
#ifndef AS_API_CV_H
#define AS_API_CV_H

#include "core/api/cv_handle.h"

/* The arguments of CV_init and CV_init_memory; 0 = default. */
typedef struct as_cv_args {
    const char *function; /* that was called, for messages */
    const char *version, *name;
    unsigned scene_id, width, height, start_frame;
    unsigned l0_frames, l1_frames, init_frames;
    unsigned init_timeout_ms, data_timeout_ms;
} as_cv_args;

/* Opens what `source` names (location or bytes) with the handle's settings, in place of what was
 * open; that is closed whatever comes of it. */
bool as_cv_init(AlphaStreamHandle *handle, const as_stream_params *source, const as_cv_args *args);

#endif
