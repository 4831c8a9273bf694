/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/plan.h"

#include "core/span.h"

static UcSegmentKind segment_kind(const UcPath *extent)
{
    switch (extent->end) {
    case UC_END_DATA:
        return UC_SEGMENT_LEAF;
    case UC_END_ZERO: /* a hole of a file is read all the same: that is what the file holds now */
        return uc_driver_is_leaf(extent->node->driver) ? UC_SEGMENT_LEAF : UC_SEGMENT_ZERO;
    case UC_END_SHORT:
    case UC_END_VOID:
        return UC_SEGMENT_ZERO;
    case UC_END_SELF:
    case UC_END_UNDEFINED:
        return UC_SEGMENT_PRODUCE;
    default:
        return UC_SEGMENT_INVALID;
    }
}

/* Zeroes are zeroes, whoever says so; bytes must go on at the same place. */
static bool segment_continues(const UcSegment *last, const UcSegment *next)
{
    if (last->kind != next->kind)
        return false;
    return last->kind == UC_SEGMENT_ZERO ||
           (last->node == next->node && last->offset + last->length == next->offset);
}

static UcSegment segment_of(const UcPath *extent)
{
    return (UcSegment){.kind = segment_kind(extent),
                       .node = extent->node,
                       .offset = extent->offset,
                       .length = extent->length};
}

void uc_plan_init(UcPlan *plan, const UcNode *node, uint64_t offset, uint64_t length)
{
    uc_extents_init(&plan->extents, node, offset, length, UC_REACH_READ);
    plan->ahead = (UcSegment){0};
}

bool uc_plan_next(UcPlan *plan, UcSegment *segment)
{
    UcPath extent;

    if (plan->ahead.length == 0 && uc_extents_next(&plan->extents, &extent))
        plan->ahead = segment_of(&extent);
    *segment = plan->ahead;
    plan->ahead.length = 0;
    while (uc_extents_next(&plan->extents, &extent)) {
        plan->ahead = segment_of(&extent);
        if (!segment_continues(segment, &plan->ahead))
            break;
        segment->length += plan->ahead.length;
        plan->ahead.length = 0;
    }
    return segment->length > 0;
}

/* Pieces that lie apart are fetched together, or each would be waited for in its turn. */
static void fetch_rest(UcPlan rest)
{
    UcSpan span;

    while (uc_span_next(&rest, &span))
        if (span.segment.kind == UC_SEGMENT_LEAF)
            uc_node_fetch(span.segment.node, span.segment.offset, span.segment.length);
}

/* How much of it is at hand, and now in `buffer`. */
static uint64_t peek(const UcSegment *segment, void *buffer)
{
    return uc_node_peek(segment->node, segment->offset, buffer, segment->length);
}

bool uc_plan_read(UcPlan *plan, void *buffer, GError **error)
{
    bool fetched = false;
    char *next = buffer;
    UcSpan span;

    for (; uc_span_next(plan, &span); next += uc_span_length(&span)) {
        uint64_t done = 0;

        if (span.segment.kind == UC_SEGMENT_LEAF && plan->ahead.length > 0 && !fetched) {
            done = peek(&span.segment, next);
            fetched = done < span.segment.length;
            if (fetched)
                fetch_rest(*plan);
        }
        if (!uc_span_read(&span, next, done, error))
            return false;
    }
    return true;
}

char *uc_plan_to_string(UcPlan *plan)
{
    static const char *const kinds[] = {"zero", "leaf", "produce", "invalid"};
    GString *text = g_string_new(NULL);
    UcSegment segment;

    while (uc_plan_next(plan, &segment)) {
        g_string_append(text, kinds[segment.kind]);
        if (segment.kind != UC_SEGMENT_ZERO)
            g_string_append_printf(text, " %s@%" G_GUINT64_FORMAT, segment.node->name,
                                   segment.offset);
        g_string_append_printf(text, " +%" G_GUINT64_FORMAT "\n", segment.length);
    }
    return g_string_free(text, FALSE);
}
