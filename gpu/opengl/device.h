/* SPDX-License-Identifier: MIT
 *
 * What the files of the OpenGL backend share.
 */
#ifndef AS_GPU_OPENGL_DEVICE_H
#define AS_GPU_OPENGL_DEVICE_H

#include "gpu/opengl/functions.h"

#define AS_GL_SEGMENTS 4
#define AS_GL_SEGMENT_RECTS 16384                /* 128 KiB */
#define AS_GL_MOST_WAIT_NS UINT64_C(10000000000) /* a GPU that takes longer has stopped */
#define AS_GL_STATE_CAPS 24
#define AS_GL_MARK 15 /* the last vertex attribute that every context has; errors.c */

/* The caller's state, between begin and end. */
typedef struct as_gl_state {
    GLint framebuffer, vertex_array, program, array_buffer;
    GLint unpack_buffer, texture;
    GLfloat viewport[4], scissor[4];
    GLint clip_origin, clip_depth;
    GLint polygon_mode[2];
    GLboolean color_mask[4];
    bool enabled[AS_GL_STATE_CAPS];
} as_gl_state;

/* Rectangles on their way to the GPU: a ring of segments in one buffer. A segment is used again
 * when the GPU is behind the fence that was set when it was left. */
typedef struct as_gl_ring {
    GLuint buffer;
    uint8_t *map; /* the whole buffer, persistently, or NULL: mapped for each room */
    size_t segment_bytes;
    uint32_t segment;
    size_t used; /* bytes of the segment */
    GLsync fences[AS_GL_SEGMENTS];
    uint64_t stalled_since; /* the next one was waited for in vain; 0: it was not */
} as_gl_ring;

typedef struct as_gl_device {
    as_gpu base;
    as_gl_functions f;
    bool lost;          /* the context; for good */
    bool reports_reset; /* worth asking */
    as_gl_state state;
    GLuint program;
    GLint sizes; /* the uniform's location */
    GLint sizes_value[4];
    GLuint vertex_array;
    uintptr_t mark;     /* of the vertex array: the time at which it was made, no other's */
    GLuint framebuffer; /* for textures of the caller's, one at a time */
    bool attached;      /* there is one */
    as_gl_ring ring;
    uint64_t most_wait_ns; /* AS_GL_MOST_WAIT_NS, but for tests */
} as_gl_device;

typedef struct as_gl_target {
    as_gpu_texture base; /* base.name: the GL texture, also the pool's */
    GLuint framebuffer;  /* the pool's */
} as_gl_target;

/* shaders.c of the build folder */
extern const char as_gl_runs_vert[];
extern const char as_gl_runs_frag[];

/* errors.c */
/* Forgets errors from before. */
void as_gl_drain(as_gl_device *device);
/* AS_ERROR_GPU when the context has an error; `doing` says of what. */
as_result as_gl_check(as_gl_device *device, const char *doing, as_error *error);
/* AS_OK: the device's context is current in this thread and not lost. */
as_result as_gl_check_context(as_gl_device *device, as_error *error);

/* state.c */
void as_gl_state_save(as_gl_device *device);
void as_gl_state_restore(as_gl_device *device);
/* The state that drawing needs, from any. */
void as_gl_state_set(as_gl_device *device);

/* program.c: makes program and vertex array. */
as_result as_gl_program_create(as_gl_device *device, as_error *error);

/* ring.c */
as_result as_gl_ring_create(as_gl_device *device, size_t segment_bytes, as_error *error);
/* The device's buffer and fences. */
void as_gl_ring_destroy(as_gl_device *device);
/* AS_ERROR_GPU: the GPU has stopped, and has not gone on yet. Does not wait. */
as_result as_gl_ring_check(as_gl_device *device, as_error *error);
as_result as_gl_ring_room(as_gl_device *device, uint64_t wanted, as_rect **out_rects,
                          size_t *out_count, as_error *error);
/* The room is given back with `bytes` of it to be drawn, which begin at *out_offset of the buffer.
 * AS_ERROR_GPU: they are lost. */
as_result as_gl_ring_commit(as_gl_device *device, size_t bytes, size_t *out_offset,
                            as_error *error);

/* target.c */
as_result as_gl_target_create(as_gpu *gpu, as_gpu_texture *texture, as_error *error);
void as_gl_target_remove(as_gpu *gpu, as_gpu_texture *texture, bool abandon);
as_result as_gl_target_bind(as_gpu *gpu, as_gpu_texture *texture, bool clear, as_error *error);

/* adopt.c: the target is bound where it can be drawn into. */
as_result as_gl_target_adopt(as_gpu *gpu, as_gpu_texture *texture, as_error *error);

#endif
