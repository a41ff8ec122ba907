/* SPDX-License-Identifier: MIT
 *
 * What gl.h and the textures of cv.h share.
 */
#ifndef AS_API_GL_H
#define AS_API_GL_H

#include "alphastream/gl.h"

/* An as_gl of no stream, or NULL, and the error says why. `params` was completed. */
as_gl *as_api_gl_create(const as_gl_params *params, as_error *error);
/* as_gl_get_frame, of any stream: `stream_number` (not 0) tells it from others of the as_gl. */
as_result as_api_gl_get(as_gl *gl, as_stream *stream, uint64_t stream_number, uint64_t index,
                        const as_gl_request *request, uint64_t timeout_ns,
                        as_gl_texture *out_texture, as_error *error);

#endif
