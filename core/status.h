/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/extent.h"

/*
 * A status is everything that is said of a run of bytes at once: the answers to the questions
 * that people and programs have asked of block layers, each under its own name, so that no two of
 * them are taken for each other.
 *
 *     copy what a disk shows           skip where zero
 *     copy what lies above a base      skip where uc_status_is_same_place()
 *     list an image's extents          depth, present, zero, file and offset
 *     answer an NBD client             zero and uc_status_is_hole()
 *
 * All of them are read off paths, and may be asked for at a granularity: what a block of that size
 * says is what holds for all of its bytes. Zeroes, holes and the base shrink inwards to blocks;
 * data, storage and what is allocated grow outwards.
 */
typedef struct UcStatus {
    uint64_t start;         /* in the node that was asked */
    uint64_t length;        /* bytes, > 0 */
    bool zero;              /* reads as zero: a hole for a sparse copy */
    bool present;           /* data, or a zero that somebody states */
    bool compressed;        /* where it lies */
    bool allocated;         /* in the node that was asked, not below it ("local") */
    bool reserved;          /* the host has space for it; false unless storage was asked for */
    bool in_base;           /* its path enters the base that was asked about ... */
    uint64_t base_offset;   /* ... here */
    bool unsure;            /* an error kept something from being known: it may say more later */
    uint32_t depth;         /* how many backing edges lead to the layer that decides it */
    const UcHostFile *file; /* where the bytes lie as they are read ... */
    uint64_t offset;        /* ... and at which offset; NULL: nowhere */
} UcStatus;

/* What to ask besides the range. */
typedef struct UcStatusQuery {
    uint64_t granularity; /* bytes; blocks are counted from the start of the node */
    const UcNode *base;   /* NULL: none, everything lies above it */
    bool storage;         /* whether it is reserved as well */
    uint64_t patience;    /* how many pieces to look at before giving up; 0: all of them */
} UcStatusQuery;

/* The statuses of a range, one after the other; owns nothing and may be abandoned. */
typedef struct UcStatuses {
    UcStatusQuery query;
    UcExtents extents, above; /* the same range; `above` ends its paths at the base */
    UcPath path, entry;       /* what is left of the extents at hand; empty: nothing */
    UcStatus ahead;           /* exact, not yet handed out; empty: nothing */
    uint64_t offset, end;     /* of the range; the extents begin and end at whole blocks */
} UcStatuses;

/* The range must lie inside the node. */
void uc_statuses_init(UcStatuses *statuses, const UcNode *node, uint64_t offset, uint64_t length,
                      const UcStatusQuery *query);

/* The next status, or false at the end of the range. Neighbours may say the same. With patience,
 * also false when that is used up: what was not said by then is not known. */
bool uc_statuses_next(UcStatuses *statuses, UcStatus *status);

/* Makes `next`, which follows `status`, a part of it if they say the same. */
bool uc_status_join(UcStatus *status, const UcStatus *next);

/* NBD's HOLE: reads as zero and nothing is reserved for it. Needs storage to be asked for. */
bool uc_status_is_hole(const UcStatus *status);

/* Whether a copy that will lie over the base, `shift` bytes into it, shows these bytes anyway. */
bool uc_status_is_same_place(const UcStatus *status, uint64_t shift);
