/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/disk.h"
#include "drivers/format/qcow2/geometry.h"
#include "drivers/format/qcow2/ondisk.h"

#include <inttypes.h>

static bool check_entries(const Qcow2Disk *disk, const Qcow2Geometry *geometry, GError **error)
{
    const uint64_t needed = disk->size ? ((disk->size - 1) >> qcow2_l1_bits(geometry)) + 1 : 0;
    if (disk->l1_entries > QCOW2_MAX_L1_ENTRIES)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "L1 table has %" PRIu32 " entries, expected at most %u",
                            disk->l1_entries, QCOW2_MAX_L1_ENTRIES);
    if (disk->l1_entries < needed)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "L1 table has %" PRIu32 " entries, a disk of %" PRIu64
                            " bytes needs %" PRIu64,
                            disk->l1_entries, disk->size, needed);
    return true;
}

static bool check_place(const Qcow2Disk *disk, const Qcow2Geometry *geometry, uint64_t file_size,
                        GError **error)
{
    const uint64_t cluster = qcow2_cluster_size(geometry);
    const uint64_t length = (uint64_t)disk->l1_entries * QCOW2_L1_ENTRY_SIZE;
    const uint64_t offset = disk->l1_offset;
    if (offset == 0)
        return uc_error_set(error, UC_ERROR_FAILED, "L1 table is at 0, where the header is");
    if (offset & (cluster - 1))
        return uc_error_set(error, UC_ERROR_FAILED,
                            "L1 table is at %" PRIu64
                            ", expected a multiple of the cluster size %" PRIu64,
                            offset, cluster);
    if (offset > file_size || length > file_size - offset)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "L1 table of %" PRIu64 " bytes at %" PRIu64
                            " reaches beyond the end of the file at %" PRIu64,
                            length, offset, file_size);
    return true;
}

bool qcow2_disk_check(const Qcow2Disk *disk, const Qcow2Geometry *geometry, uint64_t file_size,
                      GError **error)
{
    if (disk->size > QCOW2_MAX_SIZE)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "disk size is %" PRIu64 " bytes, expected at most %llu", disk->size,
                            QCOW2_MAX_SIZE);
    return check_entries(disk, geometry, error) &&
           (disk->l1_entries == 0 || check_place(disk, geometry, file_size, error));
}
