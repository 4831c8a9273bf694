/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/path.h"

/*
 * Resolving is finding all extents of a range at once, layer by layer. Bytes that come the same
 * way go on together, as the ranges of one strand, however many pieces the layers above have cut
 * them into:
 *
 *     top      |--------------------------------|   1 strand of 1 range
 *     base     |----|      |--|  |------|  |----|   what top shows through: still 1 strand
 *
 * So every layer is asked about each of its own runs once, where a walk for every extent would
 * ask every layer about every extent. The paths are those that uc_path_find() finds.
 */

/* The extents from `start` on, in order and merged, until one reaches `end` or beyond it: of
 * UcPath; the caller frees. NULL if they are more than `most`, or so many pieces before they are
 * merged. start < end <= node->size. */
GArray *uc_resolve(const UcNode *node, uint64_t start, uint64_t end, const UcQuestion *question,
                   guint most);
