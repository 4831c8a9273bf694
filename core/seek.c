/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/seek.h"

#include "core/extent.h"

/*
 * Both searches start at the block of the granularity that `offset` lies in, so that no hole has
 * to be measured backwards: a block is hole if it reads as zero from its first byte to its last.
 */

static uint64_t round_down(uint64_t offset, uint64_t granularity)
{
    return offset & ~(granularity - 1);
}

bool uc_seek_data(const UcNode *node, uint64_t offset, uint64_t granularity, uint64_t *found)
{
    uint64_t first = round_down(offset, granularity);
    UcExtents extents;
    UcPath extent;

    uc_extents_init(&extents, node, first, node->size - first, UC_REACH_STATUS);
    while (uc_extents_next(&extents, &extent)) {
        if (!uc_path_is_zero(&extent)) {
            *found = MAX(offset, round_down(extent.start, granularity));
            return true;
        }
    }
    return false;
}

/* Where the first whole block at or after `offset` begins; the end of the node makes one whole. */
static uint64_t round_up(const UcNode *node, uint64_t offset, uint64_t granularity)
{
    uint64_t down = round_down(offset, granularity);

    if (down == offset)
        return offset;
    return node->size - down > granularity ? down + granularity : node->size;
}

uint64_t uc_seek_hole(const UcNode *node, uint64_t offset, uint64_t granularity)
{
    uint64_t first = round_down(offset, granularity);
    uint64_t zeroes = first; /* everything from here to the extent at hand reads as zero */
    UcExtents extents;
    UcPath extent;

    uc_extents_init(&extents, node, first, node->size - first, UC_REACH_STATUS);
    while (uc_extents_next(&extents, &extent)) {
        uint64_t end = extent.start + extent.length;
        uint64_t block = round_up(node, zeroes, granularity);

        if (!uc_path_is_zero(&extent))
            zeroes = end;
        else if (end == node->size || (end > block && end - block >= granularity))
            return MAX(offset, block);
    }
    return node->size;
}
