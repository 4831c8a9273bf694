/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drivers/format/qcow2/disk.h"

/*
 * The header of a qcow2 file in the machine's own numbers. What version 2 does not have is filled
 * in with what it means there.
 */
typedef struct Qcow2Header {
    uint32_t version;
    uint32_t length; /* of the header itself; extensions follow */
    uint32_t cluster_bits;
    Qcow2Disk disk;          /* the active one */
    uint64_t backing_offset; /* 0: no backing file */
    uint32_t backing_length;
    uint32_t crypt_method;
    uint64_t snapshot_offset;
    uint32_t snapshot_count;
    uint64_t incompatible;
    uint64_t compatible;
    uint64_t autoclear;
    uint32_t refcount_order;
    uint8_t compression;
} Qcow2Header;

/*
 * In two halves, because between them stand the extensions, which know the names of features.
 *
 * qcow2_header_parse  takes the first bytes of the file, as many of QCOW2_HEADER_BYTES as there
 *                     are, and checks what is needed to find the extensions and the backing name.
 * qcow2_header_check  checks everything else, once it is known that no incompatible feature gives
 *                     the fields another meaning; `file_size` is the size of the file.
 */
bool qcow2_header_parse(const uint8_t *bytes, size_t length, Qcow2Header *header, GError **error);
bool qcow2_header_check(const Qcow2Header *header, uint64_t file_size, GError **error);

/* Where the area of the extensions ends: at the backing name, or with the cluster. */
uint64_t qcow2_header_extensions_end(const Qcow2Header *header);

bool qcow2_header_has_data_file(const Qcow2Header *header);
bool qcow2_header_has_raw_data_file(const Qcow2Header *header);
bool qcow2_header_has_subclusters(const Qcow2Header *header);
