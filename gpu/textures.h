/* SPDX-License-Identifier: MIT
 *
 * The list of a device's textures: finding one to draw into.
 */
#ifndef AS_GPU_TEXTURES_H
#define AS_GPU_TEXTURES_H

#include "gpu/gpu.h"

/* The one that shows the request's frame, or NULL. */
as_gpu_texture *as_textures_find(const as_gpu *gpu, const as_gpu_request *request);
/* One to draw the request into, made or remembered anew where need be; between begin and end. */
as_result as_textures_take(as_gpu *gpu, const as_gpu_request *request, as_gpu_texture **out_texture,
                           as_error *error);
/* Makes room for the canvas it is to show. */
as_result as_textures_fit(as_gpu_texture *texture, const as_canvas_view *canvas, as_error *error);
/* Counts it as given out; makes sure that it can take a fence back. */
as_result as_textures_hold(as_gpu *gpu, as_gpu_texture *texture, as_error *error);
/* Forgets it, freeing what is the pool's. `abandon`: without touching the device. */
void as_textures_drop(as_gpu *gpu, as_gpu_texture *texture, bool abandon);

#endif
