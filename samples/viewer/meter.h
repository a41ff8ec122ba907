/* SPDX-License-Identifier: MIT
 *
 * The latest values of a measurement, for graphs and figures.
 */
#ifndef VIEWER_METER_H
#define VIEWER_METER_H

enum { METER_VALUES = 240 };

typedef struct meter {
    float values[METER_VALUES]; /* a ring; next is where the next one goes */
    unsigned next, count;
} meter;

static inline void meter_add(meter *m, double value)
{
    m->values[m->next] = (float)value;
    m->next = (m->next + 1) % METER_VALUES;
    m->count += m->count < METER_VALUES;
}

/* The i-th latest; 0 where there are fewer. */
static inline float meter_latest(const meter *m, unsigned i)
{
    return i < m->count ? m->values[(m->next + METER_VALUES - 1 - i) % METER_VALUES] : 0.0F;
}

static inline float meter_mean(const meter *m)
{
    float sum = 0.0F;
    for (unsigned i = 0; i < m->count; i++)
        sum += m->values[i];
    return m->count ? sum / (float)m->count : 0.0F;
}

/* The value that `part` (0 .. 1) of them are not above; 0.5: the median. 0 where there are none. */
static inline float meter_part(const meter *m, double part)
{
    float sorted[METER_VALUES];
    for (unsigned i = 0; i < m->count; i++) {
        unsigned at = i;
        for (; at > 0 && sorted[at - 1] > m->values[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = m->values[i];
    }
    return m->count ? sorted[(unsigned)((double)(m->count - 1) * part + 0.5)] : 0.0F;
}

#endif
