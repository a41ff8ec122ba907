/* SPDX-License-Identifier: MIT */
#include "core/raster/dsp.h"

#include "core/base/thread.h"
#include "core/cpu/cpu.h"

as_ras_dsp as_ras_dsp_for(uint32_t features)
{
    as_ras_dsp dsp = as_ras_dsp_c;
    (void)features; /* no other versions yet */
    return dsp;
}

const as_ras_dsp *as_ras_dsp_select(void)
{
    static as_mutex lock = AS_MUTEX_INITIALIZER;
    static as_ras_dsp selected;
    as_mutex_lock(&lock);
    if (!selected.fill)
        selected = as_ras_dsp_for(as_cpu_features());
    as_mutex_unlock(&lock);
    return &selected;
}
