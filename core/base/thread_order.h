/* SPDX-License-Identifier: MIT
 *
 * What the locks of every system share in checked builds (thread.h): which ones a thread holds, and
 * assertions that it takes them in order. Before <assert.h>.
 */
#ifndef AS_BASE_THREAD_ORDER_H
#define AS_BASE_THREAD_ORDER_H

#include "core/base/thread.h"

/* Optimized builds under AddressSanitizer are not for use either: they check as debug builds do. */
#if defined(__SANITIZE_ADDRESS__)
#undef NDEBUG
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#undef NDEBUG
#endif
#endif

#ifndef NDEBUG
/* The calling thread is about to lock it: asserts that it may. */
void as_thread_order_lock(const as_mutex *mutex);
/* It is about to unlock it, if it holds it at all. */
void as_thread_order_unlock(const as_mutex *mutex);
/* It is about to wait with it: asserts that it may. */
void as_thread_order_wait(const as_mutex *mutex);
#endif

#endif
