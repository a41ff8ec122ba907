/* SPDX-License-Identifier: MIT
 *
 * Locks. Thin over pthreads: own names, so that another system's can stand beside it.
 */
#ifndef AS_BASE_THREAD_H
#define AS_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

typedef struct as_mutex {
    pthread_mutex_t handle;
} as_mutex;

/* false: the system has no resources for it. */
bool as_mutex_init(as_mutex *mutex);
void as_mutex_destroy(as_mutex *mutex);
void as_mutex_lock(as_mutex *mutex);
void as_mutex_unlock(as_mutex *mutex);

#endif
