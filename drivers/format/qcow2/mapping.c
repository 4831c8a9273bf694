/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/mapping.h"
#include "drivers/format/qcow2/ondisk.h"

#include <inttypes.h>

static Qcow2Cell broken(Qcow2Fault fault, uint64_t host)
{
    return (Qcow2Cell){.mapping = QCOW2_BROKEN, .fault = fault, .host = host};
}

static Qcow2Cell decode_compressed(const Qcow2Geometry *geometry, uint64_t entry)
{
    const uint64_t descriptor = entry & QCOW2_ENTRY_DESCRIPTOR;
    if (geometry->external_data)
        return broken(QCOW2_FAULT_EXTERNAL_COMPRESSED, 0);
    return (Qcow2Cell){.mapping = QCOW2_COMPRESSED, .host = descriptor};
}

/* What the bitmap says about one subcluster. */
static Qcow2Mapping subcluster_mapping(uint64_t bitmap, unsigned index, bool has_place)
{
    const bool allocated = bitmap >> index & 1;
    const bool zero = bitmap >> (32 + index) & 1;
    if (allocated)
        return QCOW2_DATA;
    if (zero)
        return has_place ? QCOW2_ZERO_KEPT : QCOW2_ZERO;
    return has_place ? QCOW2_UNALLOCATED_KEPT : QCOW2_UNALLOCATED;
}

static Qcow2Mapping cluster_mapping(uint64_t entry, bool has_place)
{
    if (entry & QCOW2_ENTRY_ZERO)
        return has_place ? QCOW2_ZERO_KEPT : QCOW2_ZERO;
    return has_place ? QCOW2_DATA : QCOW2_UNALLOCATED;
}

static Qcow2Fault find_bitmap_fault(uint64_t bitmap, bool has_place)
{
    const uint32_t allocated = (uint32_t)bitmap;
    const uint32_t zero = (uint32_t)(bitmap >> 32);
    if (allocated & zero)
        return QCOW2_FAULT_BITS_CONTRADICT;
    if (allocated && !has_place)
        return QCOW2_FAULT_BITS_WITHOUT_PLACE;
    return QCOW2_FAULT_NONE;
}

static Qcow2Fault find_place_fault(const Qcow2Geometry *geometry, Qcow2Mapping mapping,
                                   uint64_t host, uint64_t offset)
{
    const uint64_t mask = qcow2_cluster_size(geometry) - 1;
    if (host & mask)
        return QCOW2_FAULT_UNALIGNED;
    if (geometry->external_data && host != (offset & ~mask))
        return QCOW2_FAULT_EXTERNAL_MOVED;
    if (mapping == QCOW2_DATA && host >= geometry->data_end)
        return QCOW2_FAULT_BEYOND_END;
    return QCOW2_FAULT_NONE;
}

/* Offset 0 is a place only in a data file, for guest cluster 0, and then said by COPIED. Said of
 * another cluster it is a mistake, unless that reads as zero and needs no place. */
static bool has_place_0(const Qcow2Geometry *geometry, uint64_t entry, bool needs_none)
{
    return geometry->external_data && entry & QCOW2_ENTRY_COPIED && !needs_none;
}

static Qcow2Cell decode_standard(const Qcow2Geometry *geometry, uint64_t entry, uint64_t bitmap,
                                 uint64_t offset)
{
    const uint64_t host = entry & QCOW2_ENTRY_OFFSET;
    const uint64_t in_cluster = offset & (qcow2_cluster_size(geometry) - 1);
    const bool subclusters = qcow2_has_subclusters(geometry);
    const bool zero = !subclusters && entry & QCOW2_ENTRY_ZERO;
    const bool has_place = host || has_place_0(geometry, entry, zero && offset != in_cluster);
    const unsigned index = (unsigned)(in_cluster >> geometry->cell_bits);
    const Qcow2Mapping mapping = subclusters ? subcluster_mapping(bitmap, index, has_place)
                                             : cluster_mapping(entry, has_place);
    Qcow2Fault fault = subclusters ? find_bitmap_fault(bitmap, has_place) : QCOW2_FAULT_NONE;
    if (zero && !geometry->zero_flag)
        fault = QCOW2_FAULT_ZERO_IN_VERSION_2;
    if (!fault && has_place)
        fault = find_place_fault(geometry, mapping, host, offset);
    if (fault)
        return broken(fault, host);
    return (Qcow2Cell){.mapping = mapping, .host = has_place ? host + in_cluster : 0};
}

Qcow2Cell qcow2_mapping_decode(const Qcow2Geometry *geometry, const uint8_t *entry, uint64_t offset)
{
    const uint64_t descriptor = qcow2_u64(entry);
    const uint64_t bitmap = qcow2_has_subclusters(geometry) ? qcow2_u64(entry + 8) : 0;
    return descriptor & QCOW2_ENTRY_COMPRESSED
               ? decode_compressed(geometry, descriptor)
               : decode_standard(geometry, descriptor, bitmap, offset);
}

/* Whether `next` goes on where `first` is after `distance` bytes. */
static bool continues(const Qcow2Cell *first, const Qcow2Cell *next, uint64_t distance)
{
    if (next->mapping != first->mapping)
        return false;
    switch (first->mapping) {
    case QCOW2_UNALLOCATED_KEPT:
    case QCOW2_ZERO_KEPT:
    case QCOW2_DATA:
        return next->host - first->host == distance;
    case QCOW2_UNALLOCATED:
    case QCOW2_ZERO:
    case QCOW2_COMPRESSED:
    case QCOW2_BROKEN:
        break;
    }
    return true;
}

/* Most entries of an overlay are blank: all of the cluster is unallocated. They need no decoding;
 * returns how many there are from `entries` on. */
static size_t count_blank(const Qcow2Geometry *geometry, const uint8_t *entries, size_t count)
{
    const size_t words = count << geometry->entry_bits >> 3;
    size_t blank = 0;
    while (blank < words && qcow2_u64(entries + 8 * blank) == 0)
        blank++;
    return blank << 3 >> geometry->entry_bits;
}

Qcow2Run qcow2_mapping_run(const Qcow2Geometry *geometry, const uint8_t *entries, size_t count,
                           uint64_t offset, uint64_t wanted)
{
    const uint64_t start = offset >> geometry->cluster_bits << geometry->cluster_bits;
    const uint64_t limit = start + ((uint64_t)count << geometry->cluster_bits);
    const Qcow2Cell first = qcow2_mapping_decode(geometry, entries, offset);
    uint64_t end = qcow2_unit_end(offset, geometry->cell_bits);
    while (end < limit && end - offset < wanted) {
        const uint64_t index = (end - start) >> geometry->cluster_bits;
        const uint8_t *entry = entries + (index << geometry->entry_bits);
        const size_t blank =
            first.mapping == QCOW2_UNALLOCATED ? count_blank(geometry, entry, count - index) : 0;
        if (blank > 0) {
            end = start + ((index + blank) << geometry->cluster_bits);
            continue;
        }
        const Qcow2Cell next = qcow2_mapping_decode(geometry, entry, end);
        if (!continues(&first, &next, end - offset))
            break;
        end += 1ull << geometry->cell_bits;
    }
    return (Qcow2Run){first, end - offset};
}

char *qcow2_fault_to_string(const Qcow2Geometry *geometry, const Qcow2Cell *cell, uint64_t offset)
{
    const uint64_t cluster = qcow2_cluster_size(geometry);
    switch (cell->fault) {
    case QCOW2_FAULT_NONE:
        break;
    case QCOW2_FAULT_UNALIGNED:
        return g_strdup_printf("the cluster is at %" PRIu64
                               ", expected a multiple of the cluster size %" PRIu64,
                               cell->host, cluster);
    case QCOW2_FAULT_BEYOND_END:
        return g_strdup_printf("the cluster is at %" PRIu64 ", but the file ends at %" PRIu64
                               " (the image is truncated, see --truncated)",
                               cell->host, geometry->data_end);
    case QCOW2_FAULT_ZERO_IN_VERSION_2:
        return g_strdup("the zero flag is set, which version 2 does not have");
    case QCOW2_FAULT_EXTERNAL_COMPRESSED:
        return g_strdup("the cluster is compressed, which an external data file does not allow");
    case QCOW2_FAULT_EXTERNAL_MOVED:
        return g_strdup_printf("the cluster is at %" PRIu64
                               " of the external data file, expected %" PRIu64,
                               cell->host, offset & ~(cluster - 1));
    case QCOW2_FAULT_BITS_CONTRADICT:
        return g_strdup("a subcluster is marked both allocated and zero");
    case QCOW2_FAULT_BITS_WITHOUT_PLACE:
        return g_strdup("subclusters are marked allocated, but the cluster has no place");
    case QCOW2_FAULT_UNREADABLE:
        return g_strdup("the table cannot be read");
    }
    return g_strdup("nothing is wrong");
}
