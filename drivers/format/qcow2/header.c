/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/header.h"
#include "drivers/format/qcow2/geometry.h"
#include "drivers/format/qcow2/ondisk.h"

#include <inttypes.h>

bool qcow2_header_has_data_file(const Qcow2Header *header)
{
    return header->incompatible & QCOW2_INCOMPATIBLE_DATA_FILE;
}

bool qcow2_header_has_raw_data_file(const Qcow2Header *header)
{
    return header->autoclear & QCOW2_AUTOCLEAR_RAW_DATA_FILE;
}

bool qcow2_header_has_subclusters(const Qcow2Header *header)
{
    return header->incompatible & QCOW2_INCOMPATIBLE_EXTENDED_L2;
}

uint64_t qcow2_header_extensions_end(const Qcow2Header *header)
{
    return header->backing_offset ? header->backing_offset : 1ull << header->cluster_bits;
}

static void parse_common(const uint8_t *bytes, Qcow2Header *header)
{
    *header = (Qcow2Header){
        .version = qcow2_u32(bytes + QCOW2_AT_VERSION),
        .backing_offset = qcow2_u64(bytes + QCOW2_AT_BACKING_OFFSET),
        .backing_length = qcow2_u32(bytes + QCOW2_AT_BACKING_LENGTH),
        .cluster_bits = qcow2_u32(bytes + QCOW2_AT_CLUSTER_BITS),
        .disk = {.size = qcow2_u64(bytes + QCOW2_AT_SIZE),
                 .l1_offset = qcow2_u64(bytes + QCOW2_AT_L1_OFFSET),
                 .l1_entries = qcow2_u32(bytes + QCOW2_AT_L1_ENTRIES)},
        .crypt_method = qcow2_u32(bytes + QCOW2_AT_CRYPT_METHOD),
        .snapshot_count = qcow2_u32(bytes + QCOW2_AT_SNAPSHOT_COUNT),
        .snapshot_offset = qcow2_u64(bytes + QCOW2_AT_SNAPSHOT_OFFSET),
        .refcount_order = 4,
        .length = QCOW2_V2_HEADER_LENGTH,
        .compression = QCOW2_COMPRESSION_ZLIB,
    };
}

static bool parse_version3(const uint8_t *bytes, size_t length, Qcow2Header *header, GError **error)
{
    if (length < QCOW2_V3_HEADER_LENGTH)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the file has %zu bytes, the header of version 3 needs %d", length,
                            QCOW2_V3_HEADER_LENGTH);
    header->incompatible = qcow2_u64(bytes + QCOW2_AT_INCOMPATIBLE);
    header->compatible = qcow2_u64(bytes + QCOW2_AT_COMPATIBLE);
    header->autoclear = qcow2_u64(bytes + QCOW2_AT_AUTOCLEAR);
    header->refcount_order = qcow2_u32(bytes + QCOW2_AT_REFCOUNT_ORDER);
    header->length = qcow2_u32(bytes + QCOW2_AT_HEADER_LENGTH);
    if (header->length < QCOW2_V3_HEADER_LENGTH)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "header length is %" PRIu32 ", expected at least %d", header->length,
                            QCOW2_V3_HEADER_LENGTH);
    if (header->length > QCOW2_AT_COMPRESSION && length > QCOW2_AT_COMPRESSION)
        header->compression = bytes[QCOW2_AT_COMPRESSION];
    return true;
}

static bool check_clusters(const Qcow2Header *header, GError **error)
{
    if (header->cluster_bits < QCOW2_MIN_CLUSTER_BITS ||
        header->cluster_bits > QCOW2_MAX_CLUSTER_BITS)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "cluster_bits is %" PRIu32 ", expected %d to %d", header->cluster_bits,
                            QCOW2_MIN_CLUSTER_BITS, QCOW2_MAX_CLUSTER_BITS);
    if (header->length > 1u << header->cluster_bits)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "header length is %" PRIu32 ", more than the cluster of %u bytes",
                            header->length, 1u << header->cluster_bits);
    return true;
}

/* The name of the backing file lies in the first cluster, behind the header. */
static bool check_backing(const Qcow2Header *header, GError **error)
{
    const uint64_t cluster = 1ull << header->cluster_bits;
    const uint64_t offset = header->backing_offset;
    if (offset == 0)
        return true;
    if (offset < header->length)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the backing file name is at %" PRIu64 ", inside the header of %" PRIu32
                            " bytes",
                            offset, header->length);
    if (offset > cluster)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the backing file name is at %" PRIu64
                            ", beyond the first cluster of %" PRIu64 " bytes",
                            offset, cluster);
    if (header->backing_length > QCOW2_MAX_BACKING_LENGTH)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the backing file name has %" PRIu32 " bytes, expected at most %d",
                            header->backing_length, QCOW2_MAX_BACKING_LENGTH);
    if (header->backing_length > cluster - offset)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the backing file name at %" PRIu64 " has %" PRIu32
                            " bytes, more than the %" PRIu64 " to the end of the first cluster",
                            offset, header->backing_length, cluster - offset);
    return true;
}

bool qcow2_header_parse(const uint8_t *bytes, size_t length, Qcow2Header *header, GError **error)
{
    if (length < QCOW2_V2_HEADER_LENGTH)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the file has %zu bytes, a qcow2 header needs %d", length,
                            QCOW2_V2_HEADER_LENGTH);
    if (qcow2_u32(bytes + QCOW2_AT_MAGIC) != QCOW2_MAGIC)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the file starts with 0x%08" PRIx32 ", a qcow2 image with 0x%08x",
                            qcow2_u32(bytes + QCOW2_AT_MAGIC), QCOW2_MAGIC);
    parse_common(bytes, header);
    if (header->version != 2 && header->version != 3)
        return uc_error_set(error, UC_ERROR_FAILED, "qcow2 version %" PRIu32 ", expected 2 or 3",
                            header->version);
    if (header->version == 3 && !parse_version3(bytes, length, header, error))
        return false;
    return check_clusters(header, error) && check_backing(header, error);
}

static bool check_crypt(const Qcow2Header *header, GError **error)
{
    static const char *const names[] = {"none", "AES", "LUKS"};
    if (header->crypt_method == 0)
        return true;
    if (header->crypt_method >= G_N_ELEMENTS(names))
        return uc_error_set(error, UC_ERROR_FAILED, "unknown encryption method %" PRIu32,
                            header->crypt_method);
    return uc_error_set(error, UC_ERROR_FAILED,
                        "the image is encrypted (%s), which cannot be read yet",
                        names[header->crypt_method]);
}

static bool check_compression(const Qcow2Header *header, GError **error)
{
    const bool stated = header->incompatible & QCOW2_INCOMPATIBLE_COMPRESSION;
    if (header->compression > QCOW2_COMPRESSION_ZSTD)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "compression type is %u, expected 0 (zlib) or 1 (zstd)",
                            header->compression);
    if (stated != (header->compression != QCOW2_COMPRESSION_ZLIB))
        return uc_error_set(error, UC_ERROR_FAILED,
                            "compression type is %u, but the feature bit for it is %s",
                            header->compression, stated ? "set" : "not set");
    return true;
}

static bool check_features(const Qcow2Header *header, GError **error)
{
    if (qcow2_header_has_subclusters(header) &&
        header->cluster_bits < QCOW2_MIN_SUBCLUSTER_CLUSTER_BITS)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "clusters of %u bytes, extended L2 entries need at least %u",
                            1u << header->cluster_bits, 1u << QCOW2_MIN_SUBCLUSTER_CLUSTER_BITS);
    if (qcow2_header_has_raw_data_file(header) && !qcow2_header_has_data_file(header))
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the image says its external data file is raw, but has none");
    return true;
}

bool qcow2_header_check(const Qcow2Header *header, uint64_t file_size, GError **error)
{
    const Qcow2Geometry geometry = qcow2_geometry(header);
    return check_crypt(header, error) && check_compression(header, error) &&
           check_features(header, error) &&
           qcow2_disk_check(&header->disk, &geometry, file_size, error);
}
