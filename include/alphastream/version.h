/* SPDX-License-Identifier: MIT
 *
 * Version of the headers and of the library, and the macros every other header uses.
 */
#ifndef ALPHASTREAM_VERSION_H
#define ALPHASTREAM_VERSION_H

#include <stddef.h>
#include <stdint.h>

/* Version of these headers, part by part. */
#define AS_VERSION_MAJOR 0
#define AS_VERSION_MINOR 1
#define AS_VERSION_PATCH 0

/* `x`, expanded, as a string. */
#define AS_VERSION_TEXT_(x) #x
#define AS_VERSION_TEXT(x) AS_VERSION_TEXT_(x)
/* "MAJOR.MINOR.PATCH" of these headers. */
#define AS_VERSION_STRING                                                                          \
    AS_VERSION_TEXT(AS_VERSION_MAJOR)                                                              \
    "." AS_VERSION_TEXT(AS_VERSION_MINOR) "." AS_VERSION_TEXT(AS_VERSION_PATCH)
/* One number that grows with every release: MAJOR * 1000000 + MINOR * 1000 + PATCH. */
#define AS_VERSION_NUMBER (AS_VERSION_MAJOR * 1000000 + AS_VERSION_MINOR * 1000 + AS_VERSION_PATCH)

/* AS_API marks what the library exports. Define AS_STATIC when linking the static library on
 * Windows. */
#if defined(_WIN32) && !defined(AS_STATIC)
#ifdef AS_BUILDING
#define AS_API __declspec(dllexport)
#else
#define AS_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define AS_API __attribute__((visibility("default")))
#else
#define AS_API
#endif

/* AS_NODISCARD warns when a result is thrown away. */
#if defined(__GNUC__)
#define AS_NODISCARD __attribute__((warn_unused_result))
#else
#define AS_NODISCARD
#endif

/* Around the declarations of each header, so that C++ finds the functions of C. */
#ifdef __cplusplus
#define AS_BEGIN_DECLS extern "C" {
#define AS_END_DECLS }
#else
#define AS_BEGIN_DECLS
#define AS_END_DECLS
#endif

AS_BEGIN_DECLS

/* The version of the library in use, as AS_VERSION_NUMBER and AS_VERSION_STRING give that of the
 * headers. The string is static. Thread-safe. */
AS_API uint32_t as_version_number(void);
AS_API const char *as_version_string(void);

AS_END_DECLS

#endif
