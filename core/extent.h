/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/path.h"

#define UC_EXTENTS_AT_ONCE 8 /* paths that one look into the index gives, at most */

/*
 * An extent is a run of bytes with one path: neighbours whose paths continue each other are one.
 * The iterator walks a range extent by extent; it owns nothing and may be abandoned at any point.
 */
typedef struct UcExtents {
    const UcNode *node;
    uint64_t next; /* the first byte that no path has been found for yet */
    uint64_t end;
    uint64_t patience; /* how many pieces may still be looked at; an extent is one or more */
    UcQuestion question;
    unsigned n_found, n_taken;
    UcPath found[UC_EXTENTS_AT_ONCE]; /* in order; those that are not taken yet come next */
} UcExtents;

/* The range must lie inside the node. */
void uc_extents_init(UcExtents *extents, const UcNode *node, uint64_t offset, uint64_t length,
                     UcReach reach);

/* The next extent, or false at the end of the range. Whoever lowers the patience may get an extent
 * in two halves, and false before the end. */
bool uc_extents_next(UcExtents *extents, UcPath *extent);

/* The extent at `offset`, or a part of it: `length` bytes or fewer. As uc_path_find(), but what was
 * resolved before is not walked again. */
UcPath uc_extent_find(const UcNode *node, uint64_t offset, uint64_t length, UcReach reach);
