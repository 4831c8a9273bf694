/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/path.h"

/*
 * A walk is a path in the making: it stands at a node and takes one step after the other until
 * the path ends. What it knows while it goes is in the path itself: node and offset are where it
 * stands, length is what is left of the question after every clamp. Counting layers ends
 * (`settled`) at the first data edge out of a format: from there on it is the format's own
 * storage that is walked through, however many chains lie inside it.
 *
 * This is the only code that goes through a graph for its bytes. uc_path_find() takes one walk to
 * its end, core/resolve.c many side by side. It is the engine's own and is not installed.
 */
typedef struct UcWalk {
    UcPath path;
    const UcQuestion *question; /* borrowed */
    bool asked_settled;         /* whether the asked node holds the range is known */
    bool owner_settled;
    const UcNode *kept; /* the first storage kept on the way: the node it lies in, or NULL */
    uint64_t kept_offset;
} UcWalk;

/* Stands at the node that is asked. The range is as for uc_path_find(). */
UcWalk uc_walk_begin(const UcNode *node, uint64_t offset, uint64_t length,
                     const UcQuestion *question);
/* Takes a step, which may shorten what the walk is about; false at the end of the path. */
bool uc_walk_step(UcWalk *walk);
/* The path, when the last step was taken. What storage is kept may shorten it once more. */
UcPath uc_walk_end(UcWalk *walk);

/* The same walk for other bytes that came the same way: those at `start` of the asked node. */
void uc_walk_move(UcWalk *walk, uint64_t start, uint64_t length);
/* Whether both came the same way, so that they will go on the same way. */
bool uc_walk_is_beside(const UcWalk *walk, const UcWalk *other);
