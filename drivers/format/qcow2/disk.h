/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/error.h"

#include <stdint.h>

typedef struct Qcow2Geometry Qcow2Geometry;

/* A disk that an image can show: the active one or a snapshot. Each has a size and an L1 table. */
typedef struct Qcow2Disk {
    uint64_t size; /* bytes */
    uint64_t l1_offset;
    uint32_t l1_entries;
} Qcow2Disk;

/* Whether its L1 table lies where one can lie, all inside the file, and reaches the disk's end. */
bool qcow2_disk_check(const Qcow2Disk *disk, const Qcow2Geometry *geometry, uint64_t file_size,
                      GError **error);
