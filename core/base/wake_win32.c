/* SPDX-License-Identifier: MIT */
#include "core/base/wake.h"

bool as_wake_open(as_wake *wake)
{
    (void)wake;
    return false;
}

void as_wake_close(as_wake *wake)
{
    (void)wake;
}

void as_wake_set(const as_wake *wake)
{
    (void)wake;
}

void as_wake_clear(const as_wake *wake)
{
    (void)wake;
}
