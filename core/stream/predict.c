/* SPDX-License-Identifier: MIT */
#include "core/stream/predict.h"

enum {
    SMALL_STEP = 16, /* frames: anything further is a jump */
    MOST_CONFIDENCE = 16
};

void as_predict_start(as_predictor *p, uint64_t start)
{
    *p = (as_predictor){.head = start, .stride = 1, .confidence = MOST_CONFIDENCE};
}

static int64_t step_to(const as_predictor *p, uint64_t index)
{
    const uint64_t far = UINT64_C(1) << 62;
    if (index >= p->head)
        return index - p->head > far ? INT64_MAX : (int64_t)(index - p->head);
    return p->head - index > far ? INT64_MIN + 1 : -(int64_t)(p->head - index);
}

static bool is_small(int64_t step)
{
    return step >= -SMALL_STEP && step <= SMALL_STEP;
}

static void set_stride(as_predictor *p, int64_t stride)
{
    p->stride = stride;
    p->confidence = 2;
}

bool as_predict_note(as_predictor *p, uint64_t index)
{
    const int64_t step = step_to(p, index), before = p->last_step;
    const bool first = !p->moved;
    p->head = index;
    p->moved = true;
    if (step == 0)
        return false;
    if (first && step == p->stride)
        return false;
    p->last_step = step;
    if (step == p->stride) {
        if (p->confidence < MOST_CONFIDENCE)
            p->confidence++;
        return false;
    }
    if (is_small(step) && (step == before || step == -p->stride)) {
        set_stride(p, step);
        return false;
    }
    if (is_small(step) && p->confidence > 0) {
        p->confidence--; /* wild small steps end up as no confidence at all */
        return false;
    }
    if (step == before) { /* large but steady steps: every k-th frame of a long stream */
        set_stride(p, step);
        return true;
    }
    p->confidence = 0;
    if (p->stride > SMALL_STEP || p->stride < -SMALL_STEP)
        p->stride = 1;
    return true;
}

bool as_predict_ahead(const as_predictor *p, uint64_t i, uint64_t count, uint64_t *out_index)
{
    const uint64_t size = p->stride < 0 ? (uint64_t)-p->stride : (uint64_t)p->stride;
    if (p->head >= count || (i != 0 && size > UINT64_MAX / i))
        return false;
    const uint64_t way = i * size;
    if (p->stride < 0 ? way > p->head : way >= count - p->head)
        return false;
    *out_index = p->stride < 0 ? p->head - way : p->head + way;
    return true;
}

uint64_t as_predict_reach(const as_predictor *p, uint64_t most)
{
    const uint64_t reach = UINT64_C(1) << p->confidence; /* 1, 2, 4 .. 65536 */
    return reach < most ? reach : most;
}

uint64_t as_predict_distance(const as_predictor *p, uint64_t index)
{
    const bool backward = p->stride < 0;
    const uint64_t size = backward ? (uint64_t)-p->stride : (uint64_t)p->stride;
    if (backward ? index > p->head : index < p->head)
        return UINT64_MAX;
    const uint64_t way = backward ? p->head - index : index - p->head;
    return way % size == 0 ? way / size : UINT64_MAX;
}
