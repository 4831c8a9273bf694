/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/extent.h"

#include "core/index.h"

void uc_extents_init(UcExtents *extents, const UcNode *node, uint64_t offset, uint64_t length,
                     UcReach reach)
{
    g_assert(offset <= node->size && length <= node->size - offset);
    *extents =
        (UcExtents){.node = node, .next = offset, .end = offset + length, .question.reach = reach};
}

static UcPath find_at(const UcExtents *extents, uint64_t offset)
{
    const UcQuestion *question = &extents->question;
    uint64_t length = extents->end - offset;

    if (uc_index_covers(extents->node, question))
        return uc_index_find(extents->node, offset, length, question);
    return uc_path_find(extents->node, offset, length, question);
}

bool uc_extents_next(UcExtents *extents, UcPath *extent)
{
    if (extents->next == extents->end)
        return false;
    *extent = extents->has_ahead ? extents->ahead : find_at(extents, extents->next);
    extents->has_ahead = false;
    extents->next += extent->length;
    while (extents->next < extents->end) {
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
