/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/extent.h"

/*
 * A plan is a read as a list of things to do: the extents of the range, reduced to who must be
 * asked for which bytes. Segments are in order, without gaps, and merged. The list is made while
 * it is worked through, so that the common read, of one segment, costs no memory.
 */
typedef enum {
    UC_SEGMENT_ZERO,    /* zeroes: no I/O */
    UC_SEGMENT_LEAF,    /* read a leaf at an offset */
    UC_SEGMENT_PRODUCE, /* only this node's `read` can do it */
    UC_SEGMENT_INVALID, /* cannot be read: a driver broke its contract */
} UcSegmentKind;

typedef struct UcSegment {
    UcSegmentKind kind;
    const UcNode *node; /* who is read; for ZERO and INVALID who said so */
    uint64_t offset;    /* in that node */
    uint64_t length;    /* bytes, > 0 */
} UcSegment;

/* Owns nothing and may be abandoned. */
typedef struct UcPlan {
    UcExtents extents;
    UcSegment ahead; /* met while looking for the end of the last segment; length 0: none */
} UcPlan;

/* The range must lie inside the node. */
void uc_plan_init(UcPlan *plan, const UcNode *node, uint64_t offset, uint64_t length);
/* The next segment, or false at the end of the range. */
bool uc_plan_next(UcPlan *plan, UcSegment *segment);

/* Carries out what is left of it: `buffer` has room for all of that. */
bool uc_plan_read(UcPlan *plan, void *buffer, GError **error);

/* What is left of it, one segment per line; the caller frees. */
char *uc_plan_to_string(UcPlan *plan);
