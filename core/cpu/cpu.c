/* SPDX-License-Identifier: MIT */
#include "core/cpu/cpu.h"

#include "core/base/arch.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if AS_ARCH_X86
#include <cpuid.h>
#elif AS_ARCH_ARM64 && defined(__linux__)
#include <sys/auxv.h>
#endif

static const char *const names[AS_CPU_FEATURES] = {"sse41",  "pclmul", "avx2",
                                                   "avx512", "neon",   "pmull"};

const char *as_cpu_name(uint32_t index)
{
    return names[index];
}

#if AS_ARCH_X86

static bool has(uint32_t value, uint32_t bits)
{
    return (value & bits) == bits;
}

/* XCR0: the register states that the operating system saves. */
static uint32_t saved_states(void)
{
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

uint32_t as_cpu_detect(void)
{
    enum { XMM_YMM = 0x06, ZMM = 0xE6 };
    uint32_t a, b, c, d, found = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return 0;
    if (has(c, bit_SSSE3 | bit_SSE4_1))
        found |= AS_CPU_SSE41;
    if (found && has(c, bit_PCLMUL))
        found |= AS_CPU_PCLMUL;
    if (!(found & AS_CPU_PCLMUL) || !has(c, bit_OSXSAVE | bit_AVX))
        return found;
    const uint32_t saved = saved_states();
    if (!has(saved, XMM_YMM) || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return found;
    if (has(b, bit_AVX2))
        found |= AS_CPU_AVX2;
    if ((found & AS_CPU_AVX2) && has(saved, ZMM) &&
        has(b, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL) &&
        has(c, bit_AVX512VBMI | bit_GFNI))
        found |= AS_CPU_AVX512;
    return found;
}

#elif AS_ARCH_ARM64

uint32_t as_cpu_detect(void)
{
#if defined(__linux__)
    enum { PMULL = 1 << 4 }; /* HWCAP_PMULL of asm/hwcap.h */
    if (getauxval(AT_HWCAP) & PMULL)
        return AS_CPU_NEON | AS_CPU_PMULL;
#elif defined(__ARM_FEATURE_AES)
    return AS_CPU_NEON | AS_CPU_PMULL;
#endif
    return AS_CPU_NEON;
}

#else

uint32_t as_cpu_detect(void)
{
    return 0;
}

#endif

static uint32_t feature_named(const char *name, size_t length)
{
    for (uint32_t i = 0; i < AS_CPU_FEATURES; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return UINT32_C(1) << i;
    return 0;
}

uint32_t as_cpu_choose(const char *wish, uint32_t have)
{
    uint32_t kept = 0, dropped = 0;
    bool only = false; /* the named ones alone */
    for (const char *at = wish; at && *at; at += *at == ',') {
        const bool drop = *at == '-';
        at += drop;
        const size_t length = strcspn(at, ",");
        const uint32_t feature = feature_named(at, length);
        const bool none = length == 1 && *at == 'c';
        if (drop)
            dropped |= feature;
        else
            kept |= feature;
        only = only || (!drop && (feature != 0 || none));
        at += length;
    }
    return (only ? have & kept : have) & ~dropped;
}

uint32_t as_cpu_features(void)
{
    enum { KNOWN = 1 << AS_CPU_FEATURES };
    static _Atomic uint32_t chosen; /* 0, or KNOWN and the features: the same whoever stores it */
    uint32_t features = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (features == 0) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): races with hosts that change their environment */
        features = as_cpu_choose(getenv("ALPHASTREAM_CPU"), as_cpu_detect()) | KNOWN;
        atomic_store_explicit(&chosen, features, memory_order_relaxed);
    }
    return features & ~(uint32_t)KNOWN;
}
