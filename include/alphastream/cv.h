/* SPDX-License-Identifier: MIT
 *
 * The CV_* functions: binary compatible with the closed libalphastream.so, so that its callers work
 * unchanged, plus extensions. cdecl, UTF-8 strings. All are thread-safe, but for CV_destroy, which
 * needs that no other call on the handle is under way. Every function takes NULL.
 */
#ifndef ALPHASTREAM_CV_H
#define ALPHASTREAM_CV_H

#include "gl.h"
#include "vulkan.h"
#include "stream.h"

/* The type bool of C and of C++. */
#ifdef __cplusplus
#define AS_CV_BOOL bool
#else
#include <stdbool.h>
#define AS_CV_BOOL bool
#endif

AS_BEGIN_DECLS

/* What CV_create makes: settings, an open stream or none, and each thread's last error. */
typedef struct AlphaStreamHandle AlphaStreamHandle;

/* NULL: out of memory. */
AS_API AlphaStreamHandle *CV_create(void);
/* Ends everything the handle runs; pointers it gave out become invalid, frames of
 * CV_Frame_Acquire do not. */
AS_API void CV_destroy(AlphaStreamHandle *handle);

AS_API const char *CV_get_name(AlphaStreamHandle *handle);    /* static; also for NULL */
AS_API const char *CV_get_version(AlphaStreamHandle *handle); /* static; also for NULL */

/* Of the calling thread's last call on the handle; these two do not change it. Codes: 0 success;
 * 3 frame index out of range; -1 NULL or unusable handle or argument; -2 not initialized; -3 not
 * ready; -4 timeout; -5 decode (wrong key, malformed; also a limit); -6 transport (missing file,
 * unreachable, silent; once when the content was replaced: ask again); -7 unsupported; -8 out of
 * memory; -9 GPU. Every function gives -1 for a NULL handle; below that is not said again. */
AS_API int CV_get_last_error_code(AlphaStreamHandle *handle); /* -1 for NULL */
/* A sentence: what failed, where, what to do; "" after success. Valid until the next call on the
 * handle by this thread. */
AS_API const char *CV_get_last_error_text(AlphaStreamHandle *handle);

AS_API unsigned CV_get_total_frames(AlphaStreamHandle *handle); /* 0 for NULL or before CV_init */
AS_API unsigned CV_get_frame_size(AlphaStreamHandle *handle);   /* width * height; 0 likewise */

/* Opens `base_url` (path or URL, ASVP or ASVR) in place of whatever the handle had open. Zero means
 * the default: width x height 2048 x 1024 (both or neither), L0 4 buffers, L1 512 frames, init
 * length 0, timeouts 4000 ms; version NULL or "": "1.5.0". Lengths beyond their range (L0 64, L1 2
 * to 1048576, init length L1's) or over an hour are brought to it. Width x height 0 is the canvas's
 * size where CV_set_canvas_size was called. After false nothing is open. Returns once the index is
 * read and l1_buffer_init_length frames from start_frame are in L1, or at init_timeout_ms: then
 * true if the index was read, and frames keep arriving. Errors: -1: no base_url, or a value outside
 * its range; -4: the index was not read in time; -5 to -8. */
AS_API AS_CV_BOOL CV_init(AlphaStreamHandle *handle, const char *base_url, unsigned scene_id,
                          unsigned width, unsigned height, const char *version,
                          unsigned start_frame, unsigned l0_buffer_length,
                          unsigned l1_buffer_length, unsigned l1_buffer_init_length,
                          unsigned init_timeout_ms, unsigned data_timeout_ms);

/* width * height bytes, R8, read-only; valid until this thread's next CV_get_frame on the handle,
 * or CV_destroy or CV_init. Waits at most 12 ms (option timebox_ms), then NULL and -4. Errors: also
 * 3, -2, -3, -5, -6, -8. */
AS_API const void *CV_get_frame(AlphaStreamHandle *handle, unsigned long long frame_index);

/* One triangle strip, x and y in canvas pixels; *out_count counts floats. Valid until this thread's
 * next call of it on the handle, or CV_destroy or CV_init. Errors: those of CV_get_frame; -1: a
 * NULL result; -7: more vertices than the limit. */
AS_API AS_CV_BOOL CV_get_triangle_strip_vertices(AlphaStreamHandle *handle,
                                                 unsigned long long frame_index,
                                                 float **out_vertices, size_t *out_count);

/* ---------------------------------------------------------------------------- extensions ---- */

/* CV_get_last_error_code and _text of the calling thread give success again. */
AS_API void CV_clear_error(AlphaStreamHandle *handle);

/* These set what the next CV_init uses, and stay set. */
/* Any bytes, copied; wiped by CV_destroy. NULL with size 0: the environment's. Errors: -1, -8. */
AS_API AS_CV_BOOL CV_set_passphrase(AlphaStreamHandle *handle, const void *bytes, size_t size);
/* The file name in the key's salt; NULL: taken from base_url. Errors: -8. */
AS_API AS_CV_BOOL CV_set_file_name(AlphaStreamHandle *handle, const char *name);
/* The canvas that points live on, 1 to 16384 pixels each way; 2048 x 1024 where it is not called,
 * and after 0 x 0. Errors: -1. */
AS_API AS_CV_BOOL CV_set_canvas_size(AlphaStreamHandle *handle, unsigned width, unsigned height);
/* Everything else by name, with its value as text; docs/streams.md lists names, defaults and
 * ranges. Some (timebox_ms) also act on an open stream. Errors: -1: an unknown name, or a value
 * outside its range; -8. */
AS_API AS_CV_BOOL CV_set_option(AlphaStreamHandle *handle, const char *name, const char *value);

/* As CV_init, from a whole container in memory: borrowed until the next CV_init or CV_destroy.
 * `name` is the file name of the key's salt; may be NULL. Errors: those of CV_init. */
AS_API AS_CV_BOOL CV_init_memory(AlphaStreamHandle *handle, const void *bytes, size_t size,
                                 const char *name, unsigned scene_id, unsigned width,
                                 unsigned height, const char *version, unsigned start_frame,
                                 unsigned l0_buffer_length, unsigned l1_buffer_length,
                                 unsigned l1_buffer_init_length, unsigned init_timeout_ms,
                                 unsigned data_timeout_ms);

/* Pictures per second as a fraction (stream.h). Errors: -1, -2. */
AS_API AS_CV_BOOL CV_set_rate(AlphaStreamHandle *handle, unsigned fps_num, unsigned fps_den);
AS_API AS_CV_BOOL CV_get_rate(AlphaStreamHandle *handle, unsigned *out_fps_num,
                              unsigned *out_fps_den);
/* The host's media clock, in nanoseconds. Errors: -2. */
AS_API AS_CV_BOOL CV_sync(AlphaStreamHandle *handle, long long media_ns);
/* The frame due at a media time; AS_NO_FRAME (all ones) after an error: -2. */
AS_API unsigned long long CV_frame_at(AlphaStreamHandle *handle, long long media_ns);

/* A counted frame: lives past CV_destroy, until CV_Frame_Release. The struct is read-only. */
typedef struct CV_Frame {
    const void *data;         /* R8, top row first */
    unsigned width, height;   /* pixels, rows */
    unsigned stride;          /* bytes from one row to the next */
    unsigned reserved;        /* 0 */
    unsigned long long index; /* of the frame */
} CV_Frame;
/* Waits as CV_get_frame does. NULL after an error, of which it has the same. */
AS_API const CV_Frame *CV_Frame_Acquire(AlphaStreamHandle *handle, unsigned long long frame_index);
/* Drops the frame; any thread. NULL is ignored. */
AS_API void CV_Frame_Release(const CV_Frame *frame);

/* Frames as OpenGL textures; gl.h tells what holds for contexts, threads and the caller's state.
 * CV_gl_attach takes the context into use that is current in the calling thread, before or after
 * CV_init, and in place of the one before; get_proc_address is that of eglGetProcAddress and
 * glfwGetProcAddress. The attachment outlives CV_init. Errors: as as_gl_attach: -1, -7, -8, -9. */
AS_API AS_CV_BOOL CV_gl_attach(AlphaStreamHandle *handle,
                               as_gl_proc (*get_proc_address)(const char *name));
/* The name of a GL_R8 texture of the size given to CV_init; 0 after an error. It, and the GLsync
 * behind its drawing in *out_fence (may be NULL), are valid until the next call of it on the handle
 * or CV_gl_detach. Waits as CV_get_frame does. Errors: also -2: not attached; -9. */
AS_API unsigned CV_gl_get_frame_texture(AlphaStreamHandle *handle, unsigned long long frame_index,
                                        void **out_fence);
/* With the context current the GL objects are deleted; else, and by CV_destroy, they are abandoned
 * to their context. */
AS_API void CV_gl_detach(AlphaStreamHandle *handle);

/* Frames as Vulkan images; vulkan.h tells what holds for devices, threads, layouts and semaphores.
 * CV_vk_attach takes the renderer's device into use, before or after CV_init, and in place of the
 * one before, which is detached even if this fails; the attachment outlives CV_init. Errors: as
 * as_vk_device_import: -1, -7, -8, -9. */
AS_API AS_CV_BOOL CV_vk_attach(AlphaStreamHandle *handle, const as_vk_import *import);
/* Frame `frame_index` as an image of the size given to CV_init, ready to be sampled once
 * out_image->semaphore has reached out_image->value. Up to 4 may be held at once; each is given
 * back by CV_vk_release_frame_image. Waits as CV_get_frame does. Errors: also -1: a NULL result;
 * -2: not attached; -9. */
AS_API AS_CV_BOOL CV_vk_get_frame_image(AlphaStreamHandle *handle, unsigned long long frame_index,
                                        as_vk_image *out_image);
/* `done` (may be NULL) tells when the caller's use ends. Errors: as as_vk_release, -1. */
AS_API AS_CV_BOOL CV_vk_release_frame_image(AlphaStreamHandle *handle, as_vk_image *image,
                                            const as_vk_done *done);
/* The caller's use of the images must be over. CV_destroy does the same. */
AS_API void CV_vk_detach(AlphaStreamHandle *handle);

/* struct_size of *out_stats must be set (stream.h). Errors: -1, -2. */
AS_API AS_CV_BOOL CV_get_stats(AlphaStreamHandle *handle, as_stream_stats *out_stats);

AS_END_DECLS

#endif
