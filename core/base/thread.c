/* SPDX-License-Identifier: MIT */
#include "core/base/thread.h"

bool as_mutex_init(as_mutex *mutex)
{
    return pthread_mutex_init(&mutex->handle, NULL) == 0;
}

void as_mutex_destroy(as_mutex *mutex)
{
    (void)pthread_mutex_destroy(&mutex->handle);
}

void as_mutex_lock(as_mutex *mutex)
{
    (void)pthread_mutex_lock(&mutex->handle);
}

void as_mutex_unlock(as_mutex *mutex)
{
    (void)pthread_mutex_unlock(&mutex->handle);
}
