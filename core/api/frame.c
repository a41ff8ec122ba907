/* SPDX-License-Identifier: MIT
 *
 * frame.h: arguments are checked here, the work is in core/cache.
 */
#include "alphastream/frame.h"

#include "core/cache/outputs.h"

as_result as_frame_get_info(const as_frame *frame, as_frame_info *out_info)
{
    if (!frame || !out_info)
        return AS_ERROR_ARGUMENT;
    as_output_frame_info(frame, out_info);
    return AS_OK;
}

as_result as_frame_get_canvas(const as_frame *frame, as_canvas_view *out_view)
{
    const bool is_canvas = frame && out_view && as_output_frame_canvas(frame, out_view);
    return is_canvas ? AS_OK : AS_ERROR_ARGUMENT;
}

as_frame *as_frame_ref(as_frame *frame)
{
    return frame ? as_output_frame_ref(frame) : NULL;
}

void as_frame_unref(as_frame **frame)
{
    if (!frame || !*frame)
        return;
    as_output_frame_unref(*frame);
    *frame = NULL;
}
