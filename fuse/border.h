/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/* The first multiple of `unit`, a power of two, from `offset` on. Offsets in a node are below
 * 2^63, so that this cannot overflow. */
static inline uint64_t uc_border_from(uint64_t offset, uint64_t unit)
{
    return (offset + unit - 1) & ~(unit - 1);
}
