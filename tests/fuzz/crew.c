/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/crew.h"

#include "tests/fuzz/fuzz.h"

#include <pthread.h>

typedef struct member {
    pthread_t thread;
    bool started, ends;
    void (*run)(void *job); /* NULL: idle */
    void *job;
} member;

static member members[FUZZ_CREW];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void *work(void *user)
{
    member *m = user;
    (void)pthread_mutex_lock(&lock);
    for (;;) {
        while (!m->run && !m->ends)
            (void)pthread_cond_wait(&changed, &lock);
        if (!m->run)
            break;
        (void)pthread_mutex_unlock(&lock);
        m->run(m->job);
        (void)pthread_mutex_lock(&lock);
        m->run = NULL;
        (void)pthread_cond_broadcast(&changed);
    }
    (void)pthread_mutex_unlock(&lock);
    return NULL;
}

void fuzz_crew_start(size_t index, void (*run)(void *job), void *job)
{
    member *m = &members[index];
    (void)pthread_mutex_lock(&lock);
    while (m->run)
        (void)pthread_cond_wait(&changed, &lock);
    m->run = run;
    m->job = job;
    if (!m->started)
        FUZZ_CHECK(pthread_create(&m->thread, NULL, work, m) == 0);
    m->started = true;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
}

void fuzz_crew_wait_for(size_t index)
{
    (void)pthread_mutex_lock(&lock);
    while (members[index].run)
        (void)pthread_cond_wait(&changed, &lock);
    (void)pthread_mutex_unlock(&lock);
}

void fuzz_crew_wait(void)
{
    for (size_t i = 0; i < FUZZ_CREW; i++)
        fuzz_crew_wait_for(i);
}

void fuzz_crew_run(size_t index, void (*run)(void *job), void *job)
{
    bool idle = true;
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < FUZZ_CREW; i++)
        idle = idle && !members[i].run;
    (void)pthread_mutex_unlock(&lock);
    if (idle && index == 0) {
        run(job);
        return;
    }
    fuzz_crew_start(index, run, job);
    fuzz_crew_wait();
}

void fuzz_crew_end(void)
{
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < FUZZ_CREW; i++)
        members[i].ends = true;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < FUZZ_CREW; i++) {
        if (members[i].started)
            (void)pthread_join(members[i].thread, NULL);
        members[i] = (member){.started = false};
    }
}
