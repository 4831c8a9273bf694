/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>
#include <string.h>

/*
 * What a qcow2 file looks like on disk: numbers only, nothing is done with them here. The source
 * is the specification that QEMU ships, docs/interop/qcow2 (".txt" in older releases, ".rst" in
 * newer ones). Limits that only QEMU sets are marked.
 *
 *     cluster 0                 the header, its extensions, the name of the backing file
 *     L1 table                  l1_entries x 8 bytes, contiguous: where each L2 table lies
 *     L2 tables                 one cluster each: where each guest cluster lies
 *     everything else           data, compressed data, and what a reader does not need: reference
 *                               counts, bitmaps, snapshots nobody asked for
 *
 * All numbers are big-endian.
 */

#define QCOW2_MAGIC 0x514649fbu /* "QFI\xfb" */

/* Offsets in the header. */
enum {
    QCOW2_AT_MAGIC = 0,
    QCOW2_AT_VERSION = 4,
    QCOW2_AT_BACKING_OFFSET = 8,
    QCOW2_AT_BACKING_LENGTH = 16,
    QCOW2_AT_CLUSTER_BITS = 20,
    QCOW2_AT_SIZE = 24,
    QCOW2_AT_CRYPT_METHOD = 32,
    QCOW2_AT_L1_ENTRIES = 36,
    QCOW2_AT_L1_OFFSET = 40,
    QCOW2_AT_SNAPSHOT_COUNT = 60,
    QCOW2_AT_SNAPSHOT_OFFSET = 64,
    /* From here on version 3 only. */
    QCOW2_AT_INCOMPATIBLE = 72,
    QCOW2_AT_COMPATIBLE = 80,
    QCOW2_AT_AUTOCLEAR = 88,
    QCOW2_AT_REFCOUNT_ORDER = 96,
    QCOW2_AT_HEADER_LENGTH = 100,
    QCOW2_AT_COMPRESSION = 104, /* if the header is long enough to have it */
};

#define QCOW2_V2_HEADER_LENGTH 72
#define QCOW2_V3_HEADER_LENGTH 104
#define QCOW2_HEADER_BYTES 112 /* everything this reader knows */

#define QCOW2_MIN_CLUSTER_BITS 9
#define QCOW2_MAX_CLUSTER_BITS 21 /* QEMU's limit */
#define QCOW2_MIN_SUBCLUSTER_CLUSTER_BITS 14
#define QCOW2_SUBCLUSTER_BITS 5                      /* 32 to a cluster */
#define QCOW2_MAX_L1_ENTRIES (1u << 22)              /* QEMU's limit */
#define QCOW2_MAX_SIZE ((1ull << 63) - (1ull << 30)) /* QEMU's limit */
#define QCOW2_MAX_BACKING_LENGTH 1023
#define QCOW2_MAX_FORMAT_LENGTH 15      /* QEMU's limit */
#define QCOW2_MAX_DATA_FILE_LENGTH 4095 /* the system opens nothing with a longer name */

/* Feature bits. */
#define QCOW2_INCOMPATIBLE_DIRTY (1ull << 0)
#define QCOW2_INCOMPATIBLE_CORRUPT (1ull << 1)
#define QCOW2_INCOMPATIBLE_DATA_FILE (1ull << 2)
#define QCOW2_INCOMPATIBLE_COMPRESSION (1ull << 3)
#define QCOW2_INCOMPATIBLE_EXTENDED_L2 (1ull << 4)
#define QCOW2_INCOMPATIBLE_KNOWN                                                                   \
    (QCOW2_INCOMPATIBLE_DIRTY | QCOW2_INCOMPATIBLE_CORRUPT | QCOW2_INCOMPATIBLE_DATA_FILE |        \
     QCOW2_INCOMPATIBLE_COMPRESSION | QCOW2_INCOMPATIBLE_EXTENDED_L2)
#define QCOW2_COMPATIBLE_LAZY_REFCOUNTS (1ull << 0)
#define QCOW2_AUTOCLEAR_BITMAPS (1ull << 0)
#define QCOW2_AUTOCLEAR_RAW_DATA_FILE (1ull << 1)

enum {
    QCOW2_COMPRESSION_ZLIB = 0, /* raw deflate, without zlib's own header */
    QCOW2_COMPRESSION_ZSTD = 1,
};

/* Header extensions: type, length, then the data padded to 8 bytes. */
#define QCOW2_EXTENSION_HEADER 8
#define QCOW2_EXTENSION_END 0x00000000u
#define QCOW2_EXTENSION_BACKING_FORMAT 0xe2792acau
#define QCOW2_EXTENSION_FEATURE_NAMES 0x6803f857u
#define QCOW2_EXTENSION_BITMAPS 0x23852875u
#define QCOW2_EXTENSION_CRYPTO 0x0537be77u
#define QCOW2_EXTENSION_DATA_FILE 0x44415441u /* "DATA" */

#define QCOW2_BITMAPS_LENGTH 24

/* An entry of the feature name table: bitmap, bit, name padded with zeroes. */
#define QCOW2_FEATURE_ENTRY 48
#define QCOW2_FEATURE_AT_NAME 2
#define QCOW2_FEATURE_INCOMPATIBLE 0

/* Entries of L1 and L2 tables. */
#define QCOW2_ENTRY_OFFSET 0x00fffffffffffe00ull
#define QCOW2_ENTRY_COPIED (1ull << 63)
#define QCOW2_ENTRY_COMPRESSED (1ull << 62)
#define QCOW2_ENTRY_DESCRIPTOR (QCOW2_ENTRY_COMPRESSED - 1)
#define QCOW2_ENTRY_ZERO (1ull << 0)
#define QCOW2_L1_ENTRY_SIZE 8

/* Compressed data is counted in sectors, whatever the cluster size. */
#define QCOW2_SECTOR 512

/* An entry of the snapshot table: these 40 bytes, extra data, id, name, padding to 8 bytes. */
enum {
    QCOW2_SNAPSHOT_AT_L1_OFFSET = 0,
    QCOW2_SNAPSHOT_AT_L1_ENTRIES = 8,
    QCOW2_SNAPSHOT_AT_ID_LENGTH = 12,
    QCOW2_SNAPSHOT_AT_NAME_LENGTH = 14,
    QCOW2_SNAPSHOT_AT_EXTRA_LENGTH = 36,
    QCOW2_SNAPSHOT_AT_EXTRA = 40,
    QCOW2_SNAPSHOT_AT_SIZE = 48, /* in the extra data, if it is long enough */
};
#define QCOW2_SNAPSHOT_WITH_SIZE 56
#define QCOW2_MAX_SNAPSHOTS 65536 /* QEMU's limit */

static inline uint16_t qcow2_u16(const uint8_t *bytes)
{
    uint16_t number;
    memcpy(&number, bytes, sizeof number);
    return GUINT16_FROM_BE(number);
}

static inline uint32_t qcow2_u32(const uint8_t *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return GUINT32_FROM_BE(number);
}

static inline uint64_t qcow2_u64(const uint8_t *bytes)
{
    uint64_t number;
    memcpy(&number, bytes, sizeof number);
    return GUINT64_FROM_BE(number);
}
