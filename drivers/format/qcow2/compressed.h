/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"
#include "drivers/format/qcow2/geometry.h"

/*
 * A compressed cluster: `length` bytes at `offset` of the file, neither aligned to anything. The
 * stream in them may end earlier, and so may the file, but not before the stream.
 */
typedef struct Qcow2Compressed {
    uint64_t offset;
    uint64_t length; /* up to the end of the last sector, at most 4 MiB */
} Qcow2Compressed;

Qcow2Compressed qcow2_compressed_place(const Qcow2Geometry *geometry, uint64_t descriptor);

/* Reads `length` bytes from `skip` on of the cluster that the descriptor (Qcow2Cell.host) stands
 * for. Clusters that are read in pieces are kept, unpacked, in the graph's cache. */
bool qcow2_compressed_read(const UcNode *node, uint64_t descriptor, size_t skip, void *buffer,
                           size_t length, GError **error);
