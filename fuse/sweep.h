/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/node.h"
#include "drivers/filter/manifest.h"

/*
 * A sweep goes once over the contents of a node, from the first byte to the last, and sums its
 * blocks. What is known to be zeroes is not read and comes as one piece, however long; the rest
 * is read and summed by several threads and comes in pieces of about a megabyte. Pieces are in
 * order, without gaps, and begin at a block of every size that was asked for.
 */
#define UC_SWEEP_SIZES 2

typedef struct UcPiece {
    uint64_t offset;
    uint64_t length;
    const uint8_t *bytes;        /* NULL: zeroes */
    UcSum *sums[UC_SWEEP_SIZES]; /* of the blocks, for each block size; not of zeroes */
    GError *error;               /* it cannot be read; no bytes and no sums mean anything */
} UcPiece;

typedef struct UcSweep UcSweep;

/* Up to `end`, which is the node's or a border of blocks. `sizes` are powers of two, ended by 0. */
UcSweep *uc_sweep_new(const UcNode *node, uint64_t end, const uint64_t *sizes);
void uc_sweep_free(UcSweep *sweep);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcSweep, uc_sweep_free)

/* The next piece, or NULL at the end. It stays until the next call. */
const UcPiece *uc_sweep_next(UcSweep *sweep);
