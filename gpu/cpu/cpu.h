/* SPDX-License-Identifier: MIT
 *
 * The backend without a device: textures are bytes in memory, rectangles are filled in the plainest
 * way. It shows what the others must.
 */
#ifndef AS_GPU_CPU_H
#define AS_GPU_CPU_H

#include "gpu/gpu.h"

typedef struct as_gpu_cpu_params {
    uint32_t textures;   /* of the pool, at least 1 */
    uint32_t room;       /* rectangles drawn at once, at least 1 */
    uint32_t max_width;  /* of a texture */
    uint32_t max_height; /* likewise */
} as_gpu_cpu_params;

as_result as_gpu_cpu_create(const as_gpu_cpu_params *params, as_gpu **out_gpu, as_error *error);
/* width * height bytes, top row first. */
const uint8_t *as_gpu_cpu_pixels(const as_gpu_texture *texture);

#endif
