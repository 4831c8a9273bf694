/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/extent.h"

#include "core/index.h"

void uc_extents_init(UcExtents *extents, const UcNode *node, uint64_t offset, uint64_t length,
                     UcReach reach)
{
    g_assert(offset <= node->size && length <= node->size - offset);
    *extents = (UcExtents){.node = node,
                           .next = offset,
                           .end = offset + length,
                           .patience = UINT64_MAX,
                           .question.reach = reach};
}

/* Looking into a window anew takes as much patience as so many pieces. */
#define WINDOW_COST 32

static UcPath find_at(UcExtents *extents, uint64_t offset)
{
    const UcQuestion *question = &extents->question;
    uint64_t length = extents->end - offset, cost = 1;
    bool begins = false;
    UcPath path;

    if (uc_index_covers(extents->node, question))
        path = uc_index_find(extents->node, offset, length, question, &begins);
    else
        path = uc_path_find(extents->node, offset, length, question);
    if (begins)
        cost = WINDOW_COST;
    extents->patience -= MIN(cost, extents->patience);
    return path;
}

bool uc_extents_next(UcExtents *extents, UcPath *extent)
{
    if (extents->next == extents->end || (extents->patience == 0 && !extents->has_ahead))
        return false;
    *extent = extents->has_ahead ? extents->ahead : find_at(extents, extents->next);
    extents->has_ahead = false;
    extents->next += extent->length;
    while (extents->next < extents->end && extents->patience > 0) {
        extents->ahead = find_at(extents, extents->next);
        if (!uc_path_continues(extent, &extents->ahead)) {
            extents->has_ahead = true;
            break;
        }
        extent->length += extents->ahead.length;
        extents->next += extents->ahead.length;
    }
    return true;
}
