/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"

/*
 * SEEK_DATA and SEEK_HOLE over a node. A hole is what reads as zero, whoever says so. Borders are
 * multiples of `granularity`, except at the end of the node (core/status.h): an answer is never a
 * hole where there is data.
 *
 * Both answer with the first matching offset >= `offset`; `offset` < node->size. A range that
 * cannot be read counts as data.
 */
#define UC_SEEK_GRANULARITY 512

/* False: only a hole follows. */
bool uc_seek_data(const UcNode *node, uint64_t offset, uint64_t granularity, uint64_t *found);

/* The end of the node counts as a hole, as it does for lseek(2). */
uint64_t uc_seek_hole(const UcNode *node, uint64_t offset, uint64_t granularity);
