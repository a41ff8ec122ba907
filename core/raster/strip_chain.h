/* SPDX-License-Identifier: MIT
 *
 * Triangle strip, lower half: sides of a slab in, trapezoids, chains of trapezoids, one strip out.
 */
#ifndef AS_RASTER_STRIP_CHAIN_H
#define AS_RASTER_STRIP_CHAIN_H

#include "alphastream/container.h"
#include "core/base/error.h"

#include <stddef.h>
#include <stdint.h>

/* An edge that the sweep line cuts, with its x on the two rows of the slab at hand. */
typedef struct as_ras_strip_side {
    double slope;         /* dx / dy */
    float x0, y0, x1, y1; /* y0 < y1 */
    uint32_t channel;
    uint32_t id;    /* tells edges apart */
    uint32_t slot;  /* the open trapezoid whose left side this is; kept by as_ras_strip_slab */
    float top, low; /* x on the upper and on the lower row */
} as_ras_strip_side;

#define AS_RAS_STRIP_NO_SLOT UINT32_MAX

/* A trapezoid still growing downward: its sides go on. */
typedef struct as_ras_strip_trapezoid {
    float y0, xl0, xr0; /* upper row */
    float y1, xl1, xr1; /* lower row, so far */
    uint32_t left;      /* index of the left side in the slab at hand */
    uint32_t before;    /* what that side's slot was */
    uint32_t right_id;
    uint32_t chain;
    uint32_t goes_on;
} as_ras_strip_trapezoid;

/* One row of a chain: two vertices of the strip. */
typedef struct as_ras_strip_row {
    float y, xl, xr;
    uint32_t next;
} as_ras_strip_row;

typedef struct as_ras_strip_chain {
    uint32_t first, before_last, last; /* rows */
} as_ras_strip_chain;

/* All 0 (as_ras_strip_chains_free undoes whatever came since), then as_ras_strip_chains_start. */
typedef struct as_ras_strip_chains {
    uint8_t *parity;              /* one byte per channel, 0 between slabs */
    as_ras_strip_trapezoid *open; /* those of the slab above, from the left */
    as_ras_strip_trapezoid *next; /* those of this slab */
    size_t open_count, open_capacity, next_capacity;
    as_ras_strip_row *rows;
    size_t row_count, row_capacity;
    as_ras_strip_chain *chains;
    size_t chain_count, chain_capacity;
    as_error *error;
} as_ras_strip_chains;

as_result as_ras_strip_chains_start(as_ras_strip_chains *c, size_t channels, as_error *error);

/* Takes the slab between rows y0 < y1, right below the one before; `sides` are in order from the
 * left on both rows. */
as_result as_ras_strip_slab(as_ras_strip_chains *c, as_ras_strip_side *sides, size_t count,
                            float y0, float y1);

/* Ends every open trapezoid: the fill has a gap below, or ends. */
as_result as_ras_strip_flush(as_ras_strip_chains *c);

/* Writes the strip into `out`. */
as_result as_ras_strip_join(as_ras_strip_chains *c, as_buffer *out);

void as_ras_strip_chains_free(as_ras_strip_chains *c);

/* `array` of *capacity items made at least `needed` long, the first `used` items kept; NULL when
 * out of memory, which fills *error and leaves array and *capacity. */
void *as_ras_strip_grow(void *array, size_t used, size_t *capacity, size_t needed, size_t item,
                        as_error *error);

#endif
