/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/plan.h"

/*
 * A span is what is read of a plan in one go: a segment, or several of a leaf that have nothing but
 * short zeroes between them, and as many bytes in the leaf. To read across these and clear them
 * costs less than a read for every piece. Subclusters of 2 KiB lie about like that.
 */
#define UC_SPAN_GAPS 64

typedef struct UcGap {
    uint64_t start, end; /* bytes, counted from the start of the span */
} UcGap;

typedef struct UcSpan {
    UcSegment segment; /* from the first piece to the end of the last */
    uint64_t zeroes;   /* bytes behind it */
    guint n_gaps;
    UcGap gaps[UC_SPAN_GAPS]; /* zeroes inside it, in order */
} UcSpan;

/* The next span, or false at the end of the plan. */
bool uc_span_next(UcPlan *plan, UcSpan *span);

uint64_t uc_span_length(const UcSpan *span);

/* Reads it, but for the first `done` bytes of its segment, which are in `buffer` already. */
bool uc_span_read(const UcSpan *span, void *buffer, uint64_t done, GError **error);
