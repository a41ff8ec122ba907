/* SPDX-License-Identifier: MIT
 *
 * The even-odd fill of a polystream as one triangle strip.
 */
#ifndef AS_RASTER_STRIP_H
#define AS_RASTER_STRIP_H

#include "alphastream/raster.h"
#include "core/base/polystream.h"
#include "core/raster/scale.h"

/* Contract: as_triangle_strip in raster.h. *out is replaced; after an error its size is 0. */
as_result as_ras_strip(const as_polystream *stream, as_combine combine, const as_scale *scale,
                       as_buffer *out, as_error *error);

#endif
