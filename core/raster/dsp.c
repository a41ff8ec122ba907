/* SPDX-License-Identifier: MIT */
#include "core/raster/dsp.h"

#include "core/base/thread.h"
#include "core/cpu/cpu.h"

typedef struct version {
    uint32_t feature;
    void (*put)(as_ras_dsp *dsp);
} version;

/* The better ones last. */
static const version versions[] = {
#if AS_ARCH_X86
    {AS_CPU_SSE41, as_ras_dsp_sse41},
    {AS_CPU_PCLMUL, as_ras_dsp_pclmul},
    {AS_CPU_AVX2, as_ras_dsp_avx2},
    {AS_CPU_AVX512, as_ras_dsp_avx512},
#elif AS_ARCH_ARM64
    {AS_CPU_NEON, as_ras_dsp_neon},
    {AS_CPU_PMULL, as_ras_dsp_pmull},
#endif
    {0, NULL}};

as_ras_dsp as_ras_dsp_for(uint32_t features)
{
    as_ras_dsp dsp = as_ras_dsp_c;
    for (const version *v = versions; v->put; v++)
        if (features & v->feature)
            v->put(&dsp);
    return dsp;
}

const as_ras_dsp *as_ras_dsp_select(void)
{
    static as_mutex lock = AS_MUTEX_INITIALIZER(AS_LOCK_TABLES);
    static as_ras_dsp selected;
    as_mutex_lock(&lock);
    if (!selected.fill)
        selected = as_ras_dsp_for(as_cpu_features());
    as_mutex_unlock(&lock);
    return &selected;
}
