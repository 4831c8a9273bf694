/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/seek.h"

#include "core/status.h"

/* The first byte from `offset` on whose block is a hole, or is not. */
static bool seek(const UcNode *node, uint64_t offset, uint64_t granularity, bool hole,
                 uint64_t *found)
{
    const UcStatusQuery query = {.granularity = granularity};
    UcStatuses statuses;
    UcStatus status;

    uc_statuses_init(&statuses, node, offset, node->size - offset, &query);
    while (uc_statuses_next(&statuses, &status)) {
        if (status.zero == hole) {
            *found = status.start;
            return true;
        }
    }
    return false;
}

bool uc_seek_data(const UcNode *node, uint64_t offset, uint64_t granularity, uint64_t *found)
{
    return seek(node, offset, granularity, false, found);
}

uint64_t uc_seek_hole(const UcNode *node, uint64_t offset, uint64_t granularity)
{
    uint64_t hole;

    return seek(node, offset, granularity, true, &hole) ? hole : node->size;
}
