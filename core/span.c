/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/span.h"

#include "core/produce.h"

#include <string.h>

#define SHORT_GAP 8192 /* bytes: copied in about the time that a read takes besides copying */

/* ---- finding it ---- */

/* Whether `next` lies behind `span` and its zeroes in the leaf, too. */
static bool goes_on(const UcSpan *span, const UcSegment *next)
{
    return next->length > 0 && next->kind == UC_SEGMENT_LEAF && next->node == span->segment.node &&
           next->offset - span->segment.offset == span->segment.length + span->zeroes;
}

static void add_piece(UcSpan *span, const UcSegment *piece)
{
    const uint64_t start = span->segment.length;

    span->gaps[span->n_gaps++] = (UcGap){start, start + span->zeroes};
    span->segment.length += span->zeroes + piece->length;
    span->zeroes = 0;
}

static bool take_zeroes(UcPlan *plan, UcSpan *span)
{
    UcSegment zeroes;

    if (plan->ahead.length == 0 || plan->ahead.kind != UC_SEGMENT_ZERO)
        return false;
    uc_plan_next(plan, &zeroes);
    span->zeroes = zeroes.length;
    return true;
}

bool uc_span_next(UcPlan *plan, UcSpan *span)
{
    UcSegment piece;

    span->zeroes = span->n_gaps = 0;
    if (!uc_plan_next(plan, &span->segment))
        return false;
    if (span->segment.kind != UC_SEGMENT_LEAF)
        return true;
    while (take_zeroes(plan, span) && span->zeroes <= SHORT_GAP && span->n_gaps < UC_SPAN_GAPS &&
           goes_on(span, &plan->ahead)) {
        uc_plan_next(plan, &piece);
        add_piece(span, &piece);
    }
    return true;
}

uint64_t uc_span_length(const UcSpan *span)
{
    return span->segment.length + span->zeroes;
}

/* ---- reading it ---- */

static bool read_leaf(const UcSpan *span, uint64_t start, uint64_t end, char *buffer,
                      GError **error)
{
    const UcSegment *segment = &span->segment;

    return start == end || uc_node_produce(segment->node, segment->offset + start, buffer + start,
                                           end - start, error);
}

static bool read_pieces(const UcSpan *span, char *buffer, GError **error)
{
    uint64_t start = 0;

    for (guint i = 0; i < span->n_gaps; i++) {
        if (!read_leaf(span, start, span->gaps[i].start, buffer, error))
            return false;
        start = span->gaps[i].end;
    }
    return read_leaf(span, start, span->segment.length, buffer, error);
}

/* A place that cannot be read may lie in a gap, which nobody has asked for. */
static bool read_across(const UcSpan *span, uint64_t done, char *buffer, GError **error)
{
    const uint64_t end = span->segment.length;

    if (span->n_gaps == 0)
        return read_leaf(span, done, end, buffer, error);
    if (!read_leaf(span, done, end, buffer, NULL) && !read_pieces(span, buffer, error))
        return false;
    for (guint i = 0; i < span->n_gaps; i++)
        memset(buffer + span->gaps[i].start, 0, span->gaps[i].end - span->gaps[i].start);
    return true;
}

static bool read_segment(const UcSpan *span, uint64_t done, char *buffer, GError **error)
{
    const UcSegment *segment = &span->segment;

    switch (segment->kind) {
    case UC_SEGMENT_ZERO:
        memset(buffer, 0, segment->length);
        return true;
    case UC_SEGMENT_PRODUCE:
        return uc_produce(segment, buffer, error);
    case UC_SEGMENT_LEAF:
        return read_across(span, done, buffer, error);
    case UC_SEGMENT_INVALID:
        break;
    }
    return uc_error_set(error, UC_ERROR_FAILED,
                        "driver %s gave an invalid answer at %" G_GUINT64_FORMAT,
                        segment->node->driver->name, segment->offset);
}

bool uc_span_read(const UcSpan *span, void *buffer, uint64_t done, GError **error)
{
    memset((char *)buffer + span->segment.length, 0, span->zeroes);
    return read_segment(span, done, buffer, error) ||
           uc_error_name(error, span->segment.node->name);
}
