/* SPDX-License-Identifier: MIT
 *
 * Triangle strip, upper half. A beam reaches from one y at which an edge starts or ends to the
 * next such y. The edges cut by it (sides) are kept in order from the left: by x on the upper row,
 * then on the lower. When the lower row's xs are in order too, nothing crosses and the beam is one
 * slab. Else every pair out of order (an insertion sort meets each once) crosses inside the beam;
 * the ys of the crossings become further rows. The order between two rows is that of the xs half
 * way. Sides that change places on a row share one x there, that of the steepest: its x is the
 * least affected by the row's y having been rounded to float, so crossings close up exactly.
 *
 * All xs are rounded to float before they are compared, so slabs are in order in the numbers that
 * are put out and touching edges touch exactly.
 *
 * Bounds. Work is counted: a side in a slab, a step of an insertion sort and a crossing each cost
 * about the same, some nanoseconds. BUDGET is 2^28 of them: about 30 for every point of the largest
 * payload (8 Mi points), 10^4 times what a real frame takes, about a second or two in all. At most
 * MOST_SIDES edges lie side by side; twice the pixels of the widest canvas would be 2^15.
 */
#include "core/raster/strip_sweep.h"

#include "core/base/mem.h"

#include <inttypes.h>
#include <stdbool.h>

#define BUDGET ((uint64_t)1 << 28)
#define MOST_SIDES ((size_t)1 << 20)
/* Rows in one beam. More than 2^20 different crossings take more than 2^10 sides, and so more than
 * the whole budget for the beam's slabs: this limit refuses nothing that would have passed. */
#define MOST_ROWS ((size_t)1 << 20)
#define SHORT_SORT 24

/* A side of the beam at hand while its order is worked out. */
typedef struct place {
    double x;   /* on the row at hand; on the upper row while crossings are looked for */
    double key; /* what is sorted by */
    double low; /* on the lower row, for crossings only */
    uint32_t from;
} place;

typedef struct sweep {
    as_ras_strip_side *sides, *moved; /* count in use; scratch of the same capacity */
    size_t count, sides_capacity, moved_capacity;
    place *places;
    size_t places_capacity;
    uint64_t *rows, *rows_scratch; /* keys of ys in the upper halves */
    size_t row_count, rows_capacity, rows_scratch_capacity;
    uint64_t work;
    as_ras_strip_chains *chains;
    as_error *error;
} sweep;

void as_ras_strip_sort(uint64_t *items, uint64_t *scratch, size_t count)
{
    if (count <= SHORT_SORT) {
        for (size_t i = 1; i < count; i++) {
            uint64_t item = items[i];
            size_t k = i;
            for (; k > 0 && items[k - 1] >> 32 > item >> 32; k--)
                items[k] = items[k - 1];
            items[k] = item;
        }
        return;
    }
    size_t tally[4][256] = {{0}};
    for (size_t i = 0; i < count; i++)
        for (int digit = 0; digit < 4; digit++)
            tally[digit][items[i] >> (32 + 8 * digit) & 255]++;
    uint64_t *from = items, *to = scratch;
    for (int digit = 0; digit < 4; digit++) {
        int shift = 32 + 8 * digit;
        if (tally[digit][items[0] >> shift & 255] == count)
            continue; /* all the same: small whole numbers leave one or two digits empty */
        size_t at = 0;
        for (int value = 0; value < 256; value++) {
            size_t n = tally[digit][value];
            tally[digit][value] = at;
            at += n;
        }
        for (size_t i = 0; i < count; i++)
            to[tally[digit][from[i] >> shift & 255]++] = from[i];
        uint64_t *other = from;
        from = to;
        to = other;
    }
    if (from != items)
        memcpy(items, from, count * sizeof(*items));
}

static as_result spend(sweep *s, size_t steps)
{
    s->work += steps;
    if (s->work <= BUDGET)
        return AS_OK;
    return as_err_set(s->error, AS_ERROR_LIMIT,
                      "too many intersections: this frame's triangle strip would take over %" PRIu64
                      " steps; draw the frame as pixels instead",
                      BUDGET);
}

/* To float; near 0, where floats are finer than any use, to 1/65536 first: an x that is whole in
 * exact arithmetic is then whole here. -0 becomes 0. */
static float round_to_float(double value)
{
    const double shift = 0x1.8p36; /* its last place is 2^-16 */
    if (value > -128 && value < 128)
        value = (value + shift) - shift;
    return (float)value + 0.0F;
}

static double x_at(const as_ras_strip_side *side, float y)
{
    if (y == side->y1)
        return side->x1;
    return side->x0 + ((double)y - side->y0) * side->slope;
}

static bool is_before(const as_ras_strip_side *a, const as_ras_strip_side *b)
{
    return a->top < b->top || (a->top == b->top && a->low < b->low);
}

static as_result sort_sides(sweep *s, as_ras_strip_side *sides, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (!is_before(&sides[i], &sides[i - 1]))
            continue;
        as_ras_strip_side side = sides[i];
        size_t k = i;
        for (; k > 0 && is_before(&side, &sides[k - 1]); k--)
            sides[k] = sides[k - 1];
        sides[k] = side;
        as_result result = spend(s, i - k);
        if (result != AS_OK)
            return result;
    }
    return AS_OK;
}

/* Sides 0 .. old - 1 go on from the beam above and are nearly in order; the others are new. */
static as_result order_sides(sweep *s, size_t old)
{
    as_ras_strip_side *sides = s->sides;
    size_t fresh = s->count - old;
    as_result result = sort_sides(s, sides, old);
    if (result == AS_OK)
        result = sort_sides(s, sides + old, fresh);
    if (result != AS_OK || fresh == 0 || old == 0 || !is_before(&sides[old], &sides[old - 1]))
        return result;
    memcpy(s->moved, sides + old, fresh * sizeof(*sides));
    size_t to = s->count;
    while (fresh != 0) {
        if (old != 0 && is_before(&s->moved[fresh - 1], &sides[old - 1]))
            sides[--to] = sides[--old];
        else
            sides[--to] = s->moved[--fresh];
    }
    return AS_OK;
}

/* -------------------------------------------------------------------------- beams with crossings
 */

/* Sorts the ys found so far and leaves each once. */
static void tidy_rows(sweep *s)
{
    as_ras_strip_sort(s->rows, s->rows_scratch, s->row_count);
    size_t n = 0;
    for (size_t i = 0; i < s->row_count; i++)
        if (n == 0 || s->rows[i] != s->rows[n - 1])
            s->rows[n++] = s->rows[i];
    s->row_count = n;
}

static as_result make_row_space(sweep *s)
{
    if (s->row_count < s->rows_capacity)
        return AS_OK;
    tidy_rows(s);
    size_t capacity = s->rows_capacity;
    if (capacity != 0 && s->row_count <= capacity / 2)
        return AS_OK;
    if (capacity >= MOST_ROWS)
        return spend(s, BUDGET);
    size_t wanted = capacity + 1;
    uint64_t *rows = as_ras_strip_grow(s->rows, s->row_count, &s->rows_capacity, wanted,
                                       sizeof(*rows), s->error);
    if (!rows)
        return AS_ERROR_OUT_OF_MEMORY;
    s->rows = rows;
    rows = as_ras_strip_grow(s->rows_scratch, 0, &s->rows_scratch_capacity, wanted, sizeof(*rows),
                             s->error);
    if (!rows)
        return AS_ERROR_OUT_OF_MEMORY;
    s->rows_scratch = rows;
    return AS_OK;
}

/* a is left of b on the row y0, right of it on y1. */
static as_result add_crossing(sweep *s, const place *a, const place *b, float y0, float y1)
{
    double above = b->x - a->x, below = a->low - b->low;
    float y = round_to_float(y0 + ((double)y1 - y0) * (above / (above + below)));
    if (!(y > y0 && y < y1)) /* also when all but parallel */
        return AS_OK;
    as_result result = make_row_space(s);
    if (result == AS_OK)
        s->rows[s->row_count++] = (uint64_t)as_ras_strip_key(y) << 32;
    return result;
}

/* The ys of all crossings between y0 and y1 into s->rows, in order. */
static as_result find_crossings(sweep *s, float y0, float y1)
{
    place *places = s->places;
    s->row_count = 0;
    for (size_t i = 0; i < s->count; i++) {
        const as_ras_strip_side *side = &s->sides[i];
        place p = {.x = x_at(side, y0), .low = x_at(side, y1), .key = side->low};
        size_t k = i;
        for (; k > 0 && places[k - 1].key > p.key; k--) {
            as_result result = add_crossing(s, &places[k - 1], &p, y0, y1);
            if (result != AS_OK)
                return result;
            places[k] = places[k - 1];
        }
        places[k] = p;
        as_result result = spend(s, 2 * (i - k));
        if (result != AS_OK)
            return result;
    }
    if (s->row_count > 1)
        tidy_rows(s);
    return spend(s, s->row_count);
}

/* The order below the row y into s->places, given that above it in s->sides: by the xs half way to
 * the next row; below the last row of the beam, by the xs on it. */
static as_result find_order(sweep *s, float y, float next, bool is_last)
{
    place *places = s->places;
    for (size_t i = 0; i < s->count; i++) {
        double x = x_at(&s->sides[i], y);
        double key = is_last ? round_to_float(x) : x + x_at(&s->sides[i], next);
        place p = {.x = x, .key = key, .from = (uint32_t)i};
        size_t k = i;
        for (; k > 0 && places[k - 1].key > key; k--)
            places[k] = places[k - 1];
        places[k] = p;
        as_result result = spend(s, i - k);
        if (result != AS_OK)
            return result;
    }
    return spend(s, 2 * s->count);
}

/* Gives sides first .. end - 1, which change places with one another on the row, their common x. */
static void share_x(sweep *s, size_t first, size_t end)
{
    double x = 0, least = 0;
    for (size_t i = first; i < end; i++) {
        double slope = s->sides[s->places[i].from].slope;
        slope = slope < 0 ? -slope : slope;
        if (i == first || slope < least) {
            least = slope;
            x = s->places[i].x;
        }
    }
    for (size_t i = first; i < end; i++)
        s->sides[i].low = round_to_float(x);
}

/* Every side's x on the row, as `low`. A run of sides that the two orders permute among themselves
 * shares one. Returns whether there was such a run. */
static bool find_xs(sweep *s)
{
    bool crossed = false;
    size_t first = 0, most = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->places[i].from > most)
            most = s->places[i].from;
        if (most != i)
            continue;
        if (first == i)
            s->sides[i].low = round_to_float(s->places[i].x);
        else
            share_x(s, first, i + 1), crossed = true;
        first = most = i + 1;
    }
    /* Only errors of the arithmetic itself are left to be out of order. */
    for (size_t i = 1; i < s->count; i++)
        if (s->sides[i].low < s->sides[i - 1].low)
            s->sides[i].low = s->sides[i - 1].low;
    return crossed;
}

static void take_order(sweep *s, bool crossed)
{
    if (crossed) {
        for (size_t i = 0; i < s->count; i++)
            s->moved[i] = s->sides[s->places[i].from];
        as_ras_strip_side *other = s->sides;
        size_t capacity = s->sides_capacity;
        s->sides = s->moved;
        s->sides_capacity = s->moved_capacity;
        s->moved = other;
        s->moved_capacity = capacity;
    }
    for (size_t i = 0; i < s->count; i++)
        s->sides[i].top = s->sides[i].low;
}

static as_result cross_beam(sweep *s, float y0, float y1)
{
    place *places =
        as_ras_strip_grow(s->places, 0, &s->places_capacity, s->count, sizeof(*places), s->error);
    if (!places)
        return AS_ERROR_OUT_OF_MEMORY;
    s->places = places;
    as_result result = find_crossings(s, y0, y1);
    if (result != AS_OK)
        return result;
    float above = y0, y = y0;
    for (size_t row = 0; row < s->row_count + 2; row++) {
        float next = row < s->row_count ? as_ras_strip_unkey((uint32_t)(s->rows[row] >> 32)) : y1;
        result = find_order(s, y, next, row > s->row_count);
        if (result != AS_OK)
            return result;
        bool crossed = find_xs(s);
        if (row > 0)
            result = as_ras_strip_slab(s->chains, s->sides, s->count, above, y);
        if (result != AS_OK)
            return result;
        take_order(s, crossed);
        above = y;
        y = next;
    }
    return AS_OK;
}

/* -------------------------------------------------------------------------------------- sweeping
 */

static as_result add_side(sweep *s, const as_ras_strip_edge *edge, uint32_t id)
{
    if (s->count == MOST_SIDES)
        return as_err_set(s->error, AS_ERROR_LIMIT,
                          "too many intersections: over %zu edges of this frame cross one row; "
                          "draw the frame as pixels instead",
                          MOST_SIDES);
    as_ras_strip_side *sides = as_ras_strip_grow(s->sides, s->count, &s->sides_capacity,
                                                 s->count + 1, sizeof(*sides), s->error);
    if (!sides)
        return AS_ERROR_OUT_OF_MEMORY;
    s->sides = sides;
    sides[s->count++] = (as_ras_strip_side){
        .slope = ((double)edge->x1 - edge->x0) / ((double)edge->y1 - edge->y0),
        .x0 = edge->x0,
        .y0 = edge->y0,
        .x1 = edge->x1,
        .y1 = edge->y1,
        .channel = edge->channel,
        .id = id,
        .slot = AS_RAS_STRIP_NO_SLOT,
        .top = edge->x0,
    };
    return AS_OK;
}

static as_result sweep_beam(sweep *s, size_t old, float y0, float y1)
{
    as_ras_strip_side *moved =
        as_ras_strip_grow(s->moved, 0, &s->moved_capacity, s->count, sizeof(*moved), s->error);
    if (!moved)
        return AS_ERROR_OUT_OF_MEMORY;
    s->moved = moved;
    for (size_t i = 0; i < s->count; i++)
        s->sides[i].low = round_to_float(x_at(&s->sides[i], y1));
    as_result result = spend(s, s->count);
    if (result == AS_OK)
        result = order_sides(s, old);
    if (result != AS_OK)
        return result;
    for (size_t i = 1; i < s->count; i++)
        if (s->sides[i].low < s->sides[i - 1].low)
            return cross_beam(s, y0, y1);
    return as_ras_strip_slab(s->chains, s->sides, s->count, y0, y1);
}

/* Takes out the sides that end on y; the others go on from where they are. */
static void end_sides(sweep *s, float y)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->sides[i].y1 == y)
            continue;
        if (kept != i)
            s->sides[kept] = s->sides[i];
        s->sides[kept].top = s->sides[kept].low;
        kept++;
    }
    s->count = kept;
}

static as_result sweep_edges(sweep *s, const as_ras_strip_edge *edges, const uint64_t *order,
                             size_t count)
{
    float y = 0;
    for (size_t next = 0; next < count || s->count != 0;) {
        as_result result = AS_OK;
        if (s->count == 0) {
            result = as_ras_strip_flush(s->chains);
            y = edges[(uint32_t)order[next]].y0;
        }
        size_t old = s->count;
        while (result == AS_OK && next < count && edges[(uint32_t)order[next]].y0 == y) {
            uint32_t id = (uint32_t)order[next++];
            result = add_side(s, &edges[id], id);
        }
        if (result != AS_OK)
            return result;
        float end = next < count ? edges[(uint32_t)order[next]].y0 : s->sides[0].y1;
        for (size_t i = 0; i < s->count; i++)
            if (s->sides[i].y1 < end)
                end = s->sides[i].y1;
        result = sweep_beam(s, old, y, end);
        if (result != AS_OK)
            return result;
        end_sides(s, end);
        y = end;
    }
    return as_ras_strip_flush(s->chains);
}

as_result as_ras_strip_sweep(const as_ras_strip_edge *edges, const uint64_t *order, size_t count,
                             as_ras_strip_chains *chains, as_error *error)
{
    sweep s = {.chains = chains, .error = error};
    as_result result = sweep_edges(&s, edges, order, count);
    as_mem_free(s.sides);
    as_mem_free(s.moved);
    as_mem_free(s.places);
    as_mem_free(s.rows);
    as_mem_free(s.rows_scratch);
    return result;
}
