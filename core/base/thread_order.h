/* SPDX-License-Identifier: MIT
 *
 * What the locks of every system share in checked builds (thread.h): which ones a thread holds, and
 * assertions that it takes them in order.
 */
#ifndef AS_BASE_THREAD_ORDER_H
#define AS_BASE_THREAD_ORDER_H

#include "core/base/thread.h"

#ifndef NDEBUG
/* The calling thread is about to lock it: asserts that it may. */
void as_thread_order_lock(const as_mutex *mutex);
/* It is about to unlock it, if it holds it at all. */
void as_thread_order_unlock(const as_mutex *mutex);
/* It is about to wait with it: asserts that it may. */
void as_thread_order_wait(const as_mutex *mutex);
#endif

#endif
