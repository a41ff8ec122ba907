/* SPDX-License-Identifier: MIT
 *
 * The one place that names a 128-bit integer: gcc and clang have it on every 64-bit target.
 * Products of scaled coordinates (vector mode) reach 2^91.
 */
#ifndef AS_BASE_INT128_H
#define AS_BASE_INT128_H

__extension__ typedef __int128 as_int128;

#endif
