/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"

/*
 * A trail remembers, for each node along the last walk, the step it answered and how far that
 * step reaches. A walk that starts where the last one ended meets mostly the same nodes, and asks
 * only those whose answers have run out: every layer of a chain looks into each of its tables
 * once, however many extents the layers above cut it into.
 *
 * It belongs to one thread. Answers never change while a graph is open, so a trail is never wrong,
 * only sometimes of no help.
 */
typedef struct UcTrail UcTrail;

UcTrail *uc_trail_new(void);
void uc_trail_free(UcTrail *trail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcTrail, uc_trail_free)

/* The step of the `level`th node of a walk, remembered or asked for. As uc_node_map(), but the
 * step may reach further than any question so far. */
UcStep uc_trail_step(UcTrail *trail, guint level, const UcNode *node, uint64_t offset);
