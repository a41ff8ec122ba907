/* SPDX-License-Identifier: MIT
 *
 * Frames as OpenGL textures: GL_R8, drawn on the GPU from the mask's runs, equal to the CPU's masks
 * bit for bit. Texel row 0 (t = 0) is the mask's top row; a texel is 0.0 or 1.0.
 *
 *     as_gl *gl = NULL;
 *     as_gl_texture texture;
 *     const as_gl_params params = {.struct_size = sizeof params, .get_proc_address = load};
 *     if (as_gl_attach(stream, &params, &gl, &error) != AS_OK) ... error.text says why ...
 *     for each picture:
 *         if (as_gl_get_frame(gl, n, NULL, AS_TIMEBOX, &texture, &error) == AS_OK) {
 *             ... bind texture.name, draw ...
 *             as_gl_release(gl, &texture, NULL);
 *         }
 *     as_gl_detach(&gl);
 *     as_stream_close(&stream);
 *
 * Contexts. OpenGL 3.3 or newer, of the core or the compatibility profile, or OpenGL ES 3.0 or
 * newer. An as_gl belongs to the context that was current when it was attached: as_gl_get_frame and
 * as_gl_detach need that context current in the calling thread, the others need none. A stream may
 * have several as_gl. No windowing system is involved: what the library calls comes from
 * get_proc_address.
 *
 * Threads. One thread at a time for each as_gl; which one may change. Decoding goes on in the
 * stream's workers; the calling thread uploads some KB and draws.
 *
 * The caller's GL state. What as_gl_attach, as_gl_get_frame and as_gl_detach change they restore:
 * framebuffer, vertex array, program, buffer and texture bindings, viewport, scissor, masks, and
 * whatever else would act on the drawing. Not kept: errors that glGetError has not reported yet are
 * dropped, and subroutine uniforms (OpenGL 4.0) lose their values. Not allowed during a call:
 * active transform feedback, conditional rendering, a current program that was deleted already, and
 * a display list being compiled.
 * Active queries count what the library does. GL_DEBUG_OUTPUT is off while it examines a texture or
 * framebuffer of the caller's: some of that shows only by trying.
 * Where vendors' extensions have them, conservative rasterization, window rectangles, exclusive
 * scissors, depth bounds and, in OpenGL ES, polygon modes must be off or as they are at first.
 *
 * Other contexts. A texture may be used in every context of the share group, once that has waited
 * for its fence (glWaitSync, then bind the texture): call glFlush in the context of the as_gl after
 * as_gl_get_frame, or the fence may never be reached. as_gl_release takes a fence for the way back.
 */
#ifndef ALPHASTREAM_GL_H
#define ALPHASTREAM_GL_H

#include "stream.h"

AS_BEGIN_DECLS

/* An OpenGL context that shows frames of a stream. */
typedef struct as_gl as_gl;

/* A GL function, whatever its arguments. */
typedef void (*as_gl_proc)(void);

/* How runs reach the GPU. */
typedef int32_t as_gl_upload;
enum {
    AS_GL_UPLOAD_AUTO = 0,       /* persistent where the context can, else orphaned */
    AS_GL_UPLOAD_PERSISTENT = 1, /* one buffer, mapped for good (ARB_ or EXT_buffer_storage) */
    AS_GL_UPLOAD_ORPHANED = 2    /* a buffer that is mapped anew for each draw */
};

/* Zero = default everywhere. */
typedef struct as_gl_params {
    uint32_t struct_size; /* sizeof(as_gl_params) */
    uint32_t textures; /* the pool makes at most so many, all sizes together, each when it is first
                          needed; 1 .. 64; default 4 */
    /* Required: the address of a GL function of the current context, NULL if there is none, as
     * eglGetProcAddress or glfwGetProcAddress give it. Only called by as_gl_attach. */
    as_gl_proc (*get_proc_address)(void *user, const char *name);
    void *user;               /* handed to get_proc_address */
    as_gl_upload upload;      /* default AS_GL_UPLOAD_AUTO */
    uint32_t keep_processing; /* 1: the stream goes on preparing what its `processing` says; default
                                 0: it prepares for textures and makes pixels only when asked */
} as_gl_params;

/* Takes the current context into use for frames of `stream`. Nothing is drawn yet.
 * Errors: AS_ERROR_ARGUMENT; AS_ERROR_UNSUPPORTED: the library was built without OpenGL;
 * AS_ERROR_GPU: no context is current, it is too old, or it refused something (the text says
 * which); AS_ERROR_OUT_OF_MEMORY. */
AS_API AS_NODISCARD as_result as_gl_attach(as_stream *stream, const as_gl_params *params,
                                           as_gl **out_gl, as_error *error);

/* Deletes the GL objects, frees the as_gl and writes NULL; textures that are held become invalid.
 * Call it before as_stream_close: the as_gl uses the stream, and nothing checks that it is there.
 * When the context of the as_gl is not current (none, another one, a lost or destroyed one) the GL
 * objects are abandoned to the context that owns them, and the rest is freed. NULL and NULL handles
 * are ignored. */
AS_API void as_gl_detach(as_gl **gl);

/* As as_gl_detach with the context gone, without any GL call: for when the functions of
 * get_proc_address may not be there any more, or from another thread than the context's. */
AS_API void as_gl_abandon(as_gl **gl);

/* ----------------------------------------------------------------------------- textures ---- */

/* Zero = default everywhere. */
typedef struct as_gl_request {
    uint32_t struct_size; /* sizeof(as_gl_request) */
    uint32_t width;       /* 1 .. 16384 and within the driver's limits; default 0: the stream's */
    uint32_t height;      /* likewise; both or neither */
    /* Where to draw; at most one of the two. Default: into a texture of the pool. The mask takes
     * columns 0 .. width - 1 and rows 0 .. height - 1, the rest is left alone. */
    uint32_t texture;     /* a GL_TEXTURE_2D of the caller's, level 0 GL_R8 and large enough;
                             GL_TEXTURE_BASE_LEVEL 0, for drivers that draw into no lower level */
    uint32_t framebuffer; /* a complete framebuffer object of the caller's. Its first draw buffer is
                             GL_R8 and large enough: a renderbuffer, or one image of a 2D, 2D
                             array, 3D or cube map texture; not layered, not for several views. The
                             other draw buffers are GL_NONE, and no attachment is smaller than the
                             mask (OpenGL ES 3.0 does not tell the size of all of them) */
    uint32_t unchanged;   /* 1: since the library last drew into that texture or framebuffer nothing
                             else did, and it is the same object: only what differs is drawn.
                             Default 0: all of it is drawn. The library remembers eight */
} as_gl_request;

/* A texture that shows a frame. Give it back with as_gl_release, also if it is the caller's. */
typedef struct as_gl_texture {
    uint64_t index;    /* of the frame */
    uint32_t name;     /* of the GL_TEXTURE_2D; 0 for a framebuffer */
    uint32_t width;    /* pixels */
    uint32_t height;   /* rows */
    uint32_t reserved; /* 0 */
    void *fence;  /* a GLsync behind the drawing, for other contexts. The library's: valid until the
                     texture is released; do not delete it */
    void *handle; /* the library's */
} as_gl_texture;

/* Frame `index` as a texture, waiting at most timeout_ns (as as_stream_get_frame) for it to be
 * decoded. `request` may be NULL. The drawing is queued in the context, as are the caller's later
 * commands, which need not wait. Textures of the pool are to be read only; they are made with
 * GL_NEAREST, GL_CLAMP_TO_EDGE and one level, and keep sampling parameters that the caller sets.
 * Where one of them shows the frame already, also one that is held, that one is returned.
 * After an error *out_texture is zeroed and nothing is held.
 * Errors: those of as_stream_get_frame; AS_ERROR_ARGUMENT: also a target that is not as described;
 * AS_ERROR_LIMIT: also when all textures of the pool are held; AS_ERROR_GPU: no context is current,
 * another one is, the context is lost, its memory is exhausted, the size is over its limits, or the
 * GPU has stopped: a call waits 10 seconds for it at most, and those after that not at all, until
 * it has gone on; AS_ERROR_OUT_OF_MEMORY. The as_gl stays usable, but for a lost context. */
AS_API AS_NODISCARD as_result as_gl_get_frame(as_gl *gl, uint64_t index,
                                              const as_gl_request *request, uint64_t timeout_ns,
                                              as_gl_texture *out_texture, as_error *error);

/* Gives a texture back and zeroes *texture; its name stays valid as an object, but will show other
 * frames. No GL call is made: commands that the same context was given before are safe. `fence`:
 * NULL, or a GLsync made after the last use in another context and flushed there; it becomes the
 * library's, which lets the GPU wait for it before it draws into the texture again. NULL gl, NULL
 * texture and zeroed textures are ignored; a fence given with them stays the caller's. */
AS_API void as_gl_release(as_gl *gl, as_gl_texture *texture, void *fence);

/* ------------------------------------------------------------------------------ knowing ---- */

/* What an as_gl holds and did so far. */
typedef struct as_gl_stats {
    uint32_t struct_size;   /* set by the caller: sizeof(as_gl_stats) */
    uint32_t persistent;    /* 1: runs are written to a persistently mapped buffer */
    uint64_t textures;      /* of the pool, now */
    uint64_t texture_bytes; /* their pixels */
    uint64_t held;          /* textures in the caller's hands, its own included */
    uint64_t memory_bytes;  /* host memory that remembers what textures show */
    uint64_t frames;        /* gets that succeeded */
    uint64_t shown_already; /* of these: nothing had to be drawn */
    uint64_t drawn_in_full; /* of these: cleared, then drawn, which was less than the difference */
    uint64_t rectangles;    /* runs, merged over rows, that were uploaded; 8 bytes each */
    uint64_t upload_bytes;  /* all that was uploaded */
    uint64_t draws, clears; /* GL draw calls and clears */
    uint64_t upload_waits;  /* times the thread waited for the GPU to give upload memory back */
    uint64_t last_upload_bytes, last_draws, last_clears; /* of the latest get that drew */
    as_stage_times
        update; /* as_gl_get_frame in the calling thread, but for the wait for the frame */
} as_gl_stats;

/* Errors: AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_gl_get_stats(const as_gl *gl, as_gl_stats *out_stats);

AS_END_DECLS

#endif
