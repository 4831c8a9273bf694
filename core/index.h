/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/cache.h"
#include "core/path.h"

/*
 * The index remembers what was resolved. A node is cut into windows; the first question about one
 * resolves all of it (core/resolve.h) and keeps its extents as one block of the graph's index
 * cache. From then on a path costs a search in that block, however deep the chain is below it.
 *
 *     window 0              window 1              window 2
 *     |--a--|--b--|----c----|----------------------d-----------
 *     block: a b c           block: d              not asked yet
 *
 * Windows shrink for nodes that are cut into small pieces, so that a block stays small; the last
 * extent of a block may reach past its window, so that an empty disk is one step long.
 *
 * It lies below the extent iterator: answers are the same with it and without it. What was answered
 * because of an error (UcPath's `unsure`) is not remembered: it is asked for again.
 */

#define UC_INDEX_WINDOW_BITS 28 /* 256 MiB: what a node's windows begin with */

/* What a graph's index is kept in. */
UcCache *uc_index_new(uint64_t limit); /* bytes */

/* Whether paths of this node are worth remembering (there is a format below it), and those that
 * answer this question are: all but the shortest. */
bool uc_index_covers(const UcNode *node, const UcQuestion *question);

/* As uc_path_find(), for a question that is covered; and the paths that follow, as far as they are
 * at hand and lie in the range. At most `most` > 0; returns how many. */
unsigned uc_index_find(const UcNode *node, uint64_t offset, uint64_t length,
                       const UcQuestion *question, UcPath *paths, unsigned most);
