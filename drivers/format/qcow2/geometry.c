/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/geometry.h"
#include "drivers/format/qcow2/ondisk.h"

Qcow2Geometry qcow2_geometry(const Qcow2Header *header)
{
    const bool subclusters = qcow2_header_has_subclusters(header);
    const uint32_t entry_bits = subclusters ? 4 : 3;
    return (Qcow2Geometry){
        .cluster_bits = header->cluster_bits,
        .cell_bits = header->cluster_bits - (subclusters ? QCOW2_SUBCLUSTER_BITS : 0),
        .entry_bits = entry_bits,
        .l2_bits = header->cluster_bits - entry_bits,
        .zero_flag = header->version >= 3,
        .external_data = qcow2_header_has_data_file(header),
        .data_end = UINT64_MAX,
    };
}
