/* SPDX-License-Identifier: MIT
 *
 * The instruction sets that sources of this build may name, one function at a time: nothing is
 * compiled for more than the target's least machine but functions marked AS_TARGET, which must run
 * only where core/cpu/cpu.h finds what they name.
 */
#ifndef AS_BASE_ARCH_H
#define AS_BASE_ARCH_H

#if defined(__GNUC__) && defined(__x86_64__)
#define AS_ARCH_X86 1
#define AS_TARGET(features) __attribute__((target(features)))
#else
#define AS_ARCH_X86 0
#endif

#if defined(__GNUC__) && defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define AS_ARCH_ARM64 1
#else
#define AS_ARCH_ARM64 0
#endif

#endif
