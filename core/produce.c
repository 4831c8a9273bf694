/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/produce.h"

#include "core/ahead.h"
#include "core/graph.h"
#include "core/helpers.h"

#include <string.h>

static void begin_ahead(const UcSegment *segment, guint others, guint idle)
{
    const UcNode *node = segment->node;
    g_autoptr(UcShare) share =
        uc_ahead_note(node->ahead, node, segment->offset, segment->length, others == 0 && idle > 0);

    if (share)
        uc_helpers_call(node->graph->helpers, share, idle);
}

/* Copies what is there already of the segment's beginning, or will soon be. Returns how much. */
static uint64_t copy_ahead(const UcSegment *segment, char *buffer)
{
    uint64_t at = segment->offset, end = at + segment->length;

    while (at < end) {
        g_autoptr(UcShare) share = uc_ahead_find(segment->node->ahead, at);
        uint64_t part = share ? MIN(uc_share_end(share), end) - at : 0;
        const char *bytes = share ? uc_share_get(share, at, part) : NULL;

        if (!bytes)
            break;
        memcpy(buffer + (at - segment->offset), bytes, part);
        at += part;
    }
    return at - segment->offset;
}

/* The segment from `done` on. */
static bool produce_rest(const UcSegment *segment, uint64_t done, char *buffer, guint idle,
                         GError **error)
{
    const UcNode *node = segment->node;
    uint64_t offset = segment->offset + done, length = segment->length - done;
    guint pieces = length ? uc_share_count(node, offset, length) : 0;

    if (idle == 0 || pieces <= 1)
        return length == 0 || uc_node_produce(node, offset, buffer + done, length, error);
    g_autoptr(UcShare) share = uc_share_new(node, offset, length, buffer + done);

    uc_helpers_call(node->graph->helpers, share, MIN(idle, pieces - 1));
    return uc_share_finish(share, error);
}

bool uc_produce(const UcSegment *segment, void *buffer, GError **error)
{
    const UcNode *node = segment->node;
    UcHelpers *helpers = node->graph->helpers;
    guint others, idle;
    bool ok;

    if (!node->ahead || !node->graph->sealed)
        return uc_node_produce(node, segment->offset, buffer, segment->length, error);
    others = uc_helpers_enter(helpers);
    idle = uc_helpers_idle(helpers, others);
    begin_ahead(segment, others, idle);
    ok = produce_rest(segment, copy_ahead(segment, buffer), buffer, idle, error);
    uc_helpers_leave(helpers);
    return ok;
}
