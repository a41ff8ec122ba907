/* SPDX-License-Identifier: MIT
 *
 * The OpenGL backend: desktop 3.3 and newer and ES 3.0 and newer with the same code, on a context
 * of the caller's. Without ALPHASTREAM_WITH_GL stub.c stands in its place.
 */
#ifndef AS_GPU_OPENGL_H
#define AS_GPU_OPENGL_H

#include "alphastream/gl.h"
#include "gpu/gpu.h"

typedef struct as_gpu_opengl_params {
    as_gl_proc (*get_proc_address)(void *user, const char *name);
    void *user;
    uint32_t textures; /* of the pool, at least 1 */
    as_gl_upload upload;
    uint32_t segment_rects; /* rectangles drawn at once at most; 0: 16384 */
} as_gpu_opengl_params;

/* On the context that is current. AS_ERROR_GPU, AS_ERROR_OUT_OF_MEMORY; AS_ERROR_UNSUPPORTED: not
 * in this build. */
as_result as_gpu_opengl_create(const as_gpu_opengl_params *params, as_gpu **out_gpu,
                               as_error *error);
/* Is it in this build? */
bool as_gpu_opengl_is_there(void);

#endif
