/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/path.h"

/*
 * A plan is a read as a list of things to do: the extents of the range, reduced to who must be
 * asked for which bytes. Segments are in order, without gaps, and merged.
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

typedef struct UcPlan {
    GArray *segments; /* of UcSegment */
} UcPlan;

/* The range must lie inside the node. */
UcPlan *uc_plan_new(const UcNode *node, uint64_t offset, uint64_t length);
void uc_plan_free(UcPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcPlan, uc_plan_free)

/* Carries it out: `buffer` has room for the whole range. */
bool uc_plan_read(const UcPlan *plan, void *buffer, GError **error);

char *uc_plan_to_string(const UcPlan *plan); /* one segment per line; the caller frees */
