/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/extent.h"

#include "core/index.h"

void uc_extents_init(UcExtents *extents, const UcNode *node, uint64_t offset, uint64_t length,
                     UcReach reach)
{
    g_assert(offset <= node->size && length <= node->size - offset);
    extents->node = node;
    extents->next = offset;
    extents->end = offset + length;
    extents->patience = UINT64_MAX;
    extents->question = (UcQuestion){.reach = reach};
    extents->n_found = extents->n_taken = 0;
}

/* Looking into the window behind, which may not be known yet, takes as much patience as so many
 * pieces; and a vote as much as all children that are asked. */
#define WINDOW_COST 32

static unsigned find(UcExtents *extents, UcPath *paths)
{
    const UcQuestion *question = &extents->question;
    const uint64_t length = extents->end - extents->next;
    unsigned found = 1;
    uint64_t cost;

    if (!uc_index_covers(extents->node, question)) {
        paths[0] = uc_path_find(extents->node, extents->next, length, question);
        cost = 1;
    } else {
        found = uc_index_find(extents->node, extents->next, length, question, paths,
                              UC_EXTENTS_AT_ONCE);
        cost = found < UC_EXTENTS_AT_ONCE ? WINDOW_COST : found;
    }
    cost *= extents->node->votes;
    extents->patience -= MIN(cost, extents->patience);
    return found;
}

/* The path that comes next, or NULL at the end of the range or of patience. */
static const UcPath *look(UcExtents *extents)
{
    const UcPath *last;

    if (extents->n_taken == extents->n_found) {
        if (extents->next == extents->end || extents->patience == 0)
            return NULL;
        extents->n_found = find(extents, extents->found);
        extents->n_taken = 0;
        last = &extents->found[extents->n_found - 1];
        extents->next = last->start + last->length;
    }
    return &extents->found[extents->n_taken];
}

bool uc_extents_next(UcExtents *extents, UcPath *extent)
{
    const UcPath *path = look(extents);

    if (!path)
        return false;
    *extent = *path;
    extents->n_taken++;
    while ((path = look(extents)) && uc_path_continues(extent, path)) {
        extent->length += path->length;
        extents->n_taken++;
    }
    return true;
}

UcPath uc_extent_find(const UcNode *node, uint64_t offset, uint64_t length, UcReach reach)
{
    const UcQuestion question = {.reach = reach};
    UcPath path;

    if (!uc_index_covers(node, &question))
        return uc_path_find(node, offset, length, &question);
    uc_index_find(node, offset, length, &question, &path, 1);
    return path;
}
