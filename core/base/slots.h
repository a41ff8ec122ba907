/* SPDX-License-Identifier: MIT
 *
 * What an object keeps for each thread that uses it: a list of slots keyed by thread. A slot of a
 * thread that has ended is found and given up when the list would grow, so that hosts with
 * short-lived threads do not pile them up.
 */
#ifndef AS_BASE_SLOTS_H
#define AS_BASE_SLOTS_H

#include "core/base/thread.h"

#include <stddef.h>

typedef struct as_slots as_slots;

/* Each slot has `size` zeroed bytes, aligned for any type; `release` (may be NULL) is called once,
 * on whatever thread, before a slot is freed, under no lock of the list. NULL: out of memory. */
as_slots *as_slots_create(size_t size, void (*release)(void *slot));
/* From any thread, when no other one uses the list or a slot of it any more (threads that did may
 * live on). Nothing of it stays behind in those. NULL is ignored. */
void as_slots_destroy(as_slots *slots);

/* The calling thread's slot, made if need be; NULL: out of memory. Only the calling thread uses it:
 * valid until the list is destroyed or the thread ends. Thread-safe, and quick for a thread that
 * has one. */
void *as_slots_mine(as_slots *slots);
/* The calling thread's slot or NULL. */
void *as_slots_find(as_slots *slots);
/* How many slots there are. */
size_t as_slots_count(as_slots *slots);

#endif
