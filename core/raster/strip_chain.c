/* SPDX-License-Identifier: MIT
 *
 * Triangle strip, lower half. The sweep (strip_sweep.c) hands over slabs: two rows and, in order
 * from the left, the edges that run from one to the other without crossing. Walking them while
 * toggling the parity of each edge's channel gives the slab's filled intervals. An interval between
 * the same two edges as in the slab above is the same trapezoid, still growing; any other interval
 * of the slab above ends on the row between, and its trapezoid is final.
 *
 * A trapezoid that starts on exactly the two corners where another one ended continues its chain:
 * rows L0 R0, L1 R1, L2 R2 ... read in this order are a triangle strip already. At the end the
 * chains are joined by degenerate triangles: the last vertex again, the next chain's first vertex
 * twice. Every chain has an even number of vertices and every joint adds two, so each chain starts
 * at an even index and all triangles turn the same way.
 */
#include "core/raster/strip_chain.h"

#include "core/base/buffer.h"
#include "core/base/mem.h"

#include <stdbool.h>
#include <string.h>

#define NO_CHAIN UINT32_MAX
#define NO_ROW UINT32_MAX
#define MOST_FLOATS ((size_t)16 << 20)

void *as_ras_strip_grow(void *array, size_t used, size_t *capacity, size_t needed, size_t item,
                        as_error *error)
{
    if (needed <= *capacity)
        return array;
    size_t bigger = *capacity < 64 ? 64 : 2 * *capacity;
    if (bigger < needed)
        bigger = needed;
    void *memory = as_mem_grow(array, used * item, bigger * item);
    if (!memory)
        as_err_no_memory(error, (uint64_t)bigger * item, "a triangle strip");
    else
        *capacity = bigger;
    return memory;
}

as_result as_ras_strip_chains_start(as_ras_strip_chains *c, size_t channels, as_error *error)
{
    c->error = error;
    c->parity = as_mem_calloc(channels, 1);
    if (!c->parity)
        return as_err_no_memory(error, channels, "a triangle strip");
    return AS_OK;
}

void as_ras_strip_chains_free(as_ras_strip_chains *c)
{
    as_mem_free(c->parity);
    as_mem_free(c->open);
    as_mem_free(c->next);
    as_mem_free(c->rows);
    as_mem_free(c->chains);
    *c = (as_ras_strip_chains){0};
}

static size_t floats_of(const as_ras_strip_chains *c)
{
    return c->chain_count == 0 ? 0 : 4 * c->row_count + 4 * (c->chain_count - 1);
}

static as_result add_row(as_ras_strip_chains *c, float y, float xl, float xr)
{
    as_ras_strip_row *rows = as_ras_strip_grow(c->rows, c->row_count, &c->row_capacity,
                                               c->row_count + 1, sizeof(*rows), c->error);
    if (!rows)
        return AS_ERROR_OUT_OF_MEMORY;
    c->rows = rows;
    rows[c->row_count++] = (as_ras_strip_row){.y = y, .xl = xl, .xr = xr, .next = NO_ROW};
    if (floats_of(c) > MOST_FLOATS)
        return as_err_set(c->error, AS_ERROR_LIMIT,
                          "the triangle strip of this frame would have more than %zu floats; draw "
                          "the frame as pixels instead",
                          MOST_FLOATS);
    return AS_OK;
}

static as_result start_chain(as_ras_strip_chains *c, as_ras_strip_trapezoid *t)
{
    as_ras_strip_chain *chains = as_ras_strip_grow(c->chains, c->chain_count, &c->chain_capacity,
                                                   c->chain_count + 1, sizeof(*chains), c->error);
    if (!chains)
        return AS_ERROR_OUT_OF_MEMORY;
    c->chains = chains;
    uint32_t row = (uint32_t)c->row_count;
    t->chain = (uint32_t)c->chain_count;
    chains[c->chain_count++] = (as_ras_strip_chain){.first = row, .before_last = row, .last = row};
    return add_row(c, t->y0, t->xl0, t->xr0);
}

/* Exact for coordinates of everyday size; elsewhere the worst outcome is a row too many, or one
 * left out that is off the straight line by a rounding error. */
static bool on_line(double x0, double x1, double x2, double upper, double lower)
{
    return (x1 - x0) * lower == (x2 - x1) * upper;
}

static bool is_straight(const as_ras_strip_row *row, const as_ras_strip_row *middle,
                        const as_ras_strip_trapezoid *t)
{
    double upper = (double)middle->y - row->y, lower = (double)t->y1 - middle->y;
    return on_line(row->xl, middle->xl, t->xl1, upper, lower) &&
           on_line(row->xr, middle->xr, t->xr1, upper, lower);
}

/* The trapezoid is final: its lower row goes to its chain. Where both sides only go straight on,
 * the row above is moved down instead. */
static as_result end_trapezoid(as_ras_strip_chains *c, as_ras_strip_trapezoid *t)
{
    if (t->chain == NO_CHAIN) {
        as_result result = start_chain(c, t);
        if (result != AS_OK)
            return result;
    }
    as_ras_strip_chain *chain = &c->chains[t->chain];
    as_ras_strip_row *last = &c->rows[chain->last];
    if (chain->before_last != chain->last && is_straight(&c->rows[chain->before_last], last, t)) {
        last->y = t->y1;
        last->xl = t->xl1;
        last->xr = t->xr1;
        return AS_OK;
    }
    last->next = (uint32_t)c->row_count;
    chain->before_last = chain->last;
    chain->last = last->next;
    return add_row(c, t->y1, t->xl1, t->xr1);
}

static bool same_place(const as_ras_strip_side *a, const as_ras_strip_side *b)
{
    return a->top == b->top && a->low == b->low;
}

/* Lists the slab's intervals in c->next and gives their number. Intervals of no width vanish, and
 * two that touch along their whole height are one. */
static size_t find_intervals(as_ras_strip_chains *c, as_ras_strip_side *sides, size_t count)
{
    as_ras_strip_trapezoid *list = c->next;
    size_t found = 0, inside = 0;
    const as_ras_strip_side *right = NULL; /* of list[found - 1] */
    for (size_t i = 0; i < count; i++) {
        as_ras_strip_side *side = &sides[i];
        uint32_t slot = side->slot;
        side->slot = AS_RAS_STRIP_NO_SLOT;
        c->parity[side->channel] ^= 1;
        if (c->parity[side->channel]) {
            if (inside++ != 0)
                continue;
            if (found != 0 && same_place(right, side)) {
                found--;
            } else {
                list[found].left = (uint32_t)i;
                list[found].before = slot;
            }
        } else if (--inside == 0) {
            const as_ras_strip_side *left = &sides[list[found].left];
            if (same_place(left, side))
                continue;
            list[found].right_id = side->id;
            list[found].xl1 = left->low;
            list[found].xr1 = side->low;
            list[found].xl0 = left->top;
            list[found].xr0 = side->top;
            right = side;
            found++;
        }
    }
    return found;
}

/* Intervals that keep their two sides take over their trapezoid's upper row and chain. */
static void carry_on(as_ras_strip_chains *c, as_ras_strip_side *sides, size_t found, float y0,
                     float y1)
{
    for (size_t i = 0; i < found; i++) {
        as_ras_strip_trapezoid *t = &c->next[i];
        sides[t->left].slot = (uint32_t)i;
        t->y0 = y0;
        t->y1 = y1;
        t->chain = NO_CHAIN;
        t->goes_on = 0;
        if (t->before == AS_RAS_STRIP_NO_SLOT || c->open[t->before].right_id != t->right_id) {
            t->before = AS_RAS_STRIP_NO_SLOT;
            continue;
        }
        as_ras_strip_trapezoid *above = &c->open[t->before];
        above->goes_on = 1;
        t->y0 = above->y0;
        t->xl0 = above->xl0;
        t->xr0 = above->xr0;
        t->chain = above->chain;
    }
}

static bool is_left_of(const as_ras_strip_trapezoid *above, const as_ras_strip_trapezoid *t)
{
    return above->xl1 < t->xl0 || (above->xl1 == t->xl0 && above->xr1 < t->xr0);
}

/* New trapezoids continue the chain of one that ended on the same two corners. Both lists run from
 * the left, so one pass finds all. */
static void find_chains(as_ras_strip_chains *c, size_t found)
{
    size_t k = 0;
    for (size_t i = 0; i < found; i++) {
        as_ras_strip_trapezoid *t = &c->next[i];
        if (t->before != AS_RAS_STRIP_NO_SLOT)
            continue;
        while (k < c->open_count && (c->open[k].goes_on || is_left_of(&c->open[k], t)))
            k++;
        if (k < c->open_count && c->open[k].xl1 == t->xl0 && c->open[k].xr1 == t->xr0)
            t->chain = c->open[k++].chain;
    }
}

static as_result end_trapezoids(as_ras_strip_chains *c)
{
    for (size_t i = 0; i < c->open_count; i++) {
        if (c->open[i].goes_on)
            continue;
        as_result result = end_trapezoid(c, &c->open[i]);
        if (result != AS_OK)
            return result;
    }
    return AS_OK;
}

as_result as_ras_strip_slab(as_ras_strip_chains *c, as_ras_strip_side *sides, size_t count,
                            float y0, float y1)
{
    size_t most = count / 2 + 1;
    as_ras_strip_trapezoid *next =
        as_ras_strip_grow(c->next, 0, &c->next_capacity, most, sizeof(*next), c->error);
    if (!next)
        return AS_ERROR_OUT_OF_MEMORY;
    c->next = next;
    size_t found = find_intervals(c, sides, count);
    carry_on(c, sides, found, y0, y1);
    as_result result = end_trapezoids(c);
    if (result != AS_OK)
        return result;
    find_chains(c, found);

    size_t capacity = c->next_capacity;
    c->next = c->open;
    c->next_capacity = c->open_capacity;
    c->open = next;
    c->open_capacity = capacity;
    c->open_count = found;
    return AS_OK;
}

as_result as_ras_strip_flush(as_ras_strip_chains *c)
{
    as_result result = end_trapezoids(c);
    c->open_count = 0;
    return result;
}

static float *put(float *at, float x, float y)
{
    at[0] = x;
    at[1] = y;
    return at + 2;
}

as_result as_ras_strip_join(as_ras_strip_chains *c, as_buffer *out)
{
    size_t size = floats_of(c) * sizeof(float);
    if (size == 0)
        return AS_OK;
    if (as_buf_fit(out, size, MOST_FLOATS * sizeof(float)) != AS_OK)
        return as_err_no_memory(c->error, size, "a triangle strip");
    float *at = (float *)(void *)out->data;
    for (size_t i = 0; i < c->chain_count; i++) {
        const as_ras_strip_row *row = &c->rows[c->chains[i].first];
        if (i != 0) {
            const as_ras_strip_row *last = &c->rows[c->chains[i - 1].last];
            at = put(at, last->xr, last->y);
            at = put(at, row->xl, row->y);
        }
        for (;;) {
            at = put(at, row->xl, row->y);
            at = put(at, row->xr, row->y);
            if (row->next == NO_ROW)
                break;
            row = &c->rows[row->next];
        }
    }
    out->size = size;
    return AS_OK;
}
