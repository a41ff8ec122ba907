/* SPDX-License-Identifier: MIT */
#include "core/raster/dsp.h"

const as_ras_dsp *as_ras_dsp_select(void)
{
    return &as_ras_dsp_c;
}
