/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/lookup.h"
#include "drivers/format/qcow2/ondisk.h"
#include "drivers/format/qcow2/qcow2.h"

#include <inttypes.h>

/* From `offset` to the end of the `count`th unit of 2^bits bytes. */
static Qcow2Run run_of_units(Qcow2Mapping mapping, uint64_t offset, uint32_t bits, uint64_t count)
{
    const uint64_t end = qcow2_unit_end(offset, bits) + ((count - 1) << bits);
    return (Qcow2Run){.first = {.mapping = mapping}, .length = end - offset};
}

/* Without the entries that say where it is. */
static Qcow2Run lost_run(const Qcow2Slice *slice, uint64_t offset, uint32_t bits, uint64_t count)
{
    Qcow2Run run = run_of_units(QCOW2_BROKEN, offset, bits, count);
    run.first.fault = slice->unread ? QCOW2_FAULT_UNREADABLE : QCOW2_FAULT_NONE;
    return run;
}

/* The L1 entry is 0: so may be those behind it, which is how a huge empty disk is walked fast. */
static Qcow2Run run_without_l2(const Qcow2Geometry *geometry, const Qcow2Slice *l1, uint64_t offset)
{
    size_t count = 1;
    while (count < l1->count &&
           !(qcow2_u64(l1->entries + count * QCOW2_L1_ENTRY_SIZE) & QCOW2_ENTRY_OFFSET))
        count++;
    return run_of_units(QCOW2_UNALLOCATED, offset, qcow2_l1_bits(geometry), count);
}

static void set_fault(GError **error, const Qcow2Geometry *geometry, uint64_t at,
                      const Qcow2Slice *l2, const Qcow2Run *run, uint64_t offset)
{
    g_autofree char *fault = qcow2_fault_to_string(geometry, &run->first, offset);
    uc_error_set(error, UC_ERROR_FAILED,
                 "L2 entry at %" PRIu64 " is 0x%016" PRIx64 " for guest offset %" PRIu64 ": %s", at,
                 qcow2_u64(l2->entries), offset, fault);
}

static Qcow2Run lookup_l2(const UcNode *node, uint64_t table_offset, uint64_t offset,
                          uint64_t wanted, GError **error)
{
    const Qcow2 *qcow2 = node->state;
    const Qcow2Geometry *geometry = &qcow2->geometry;
    const Qcow2Table table = {"L2 table", table_offset, 1ull << geometry->l2_bits,
                              geometry->entry_bits};
    const uint64_t index = (offset >> geometry->cluster_bits) & (table.entries - 1);
    g_auto(Qcow2Slice) l2 = {0};
    if (!qcow2_table_slice(node, &table, index, &l2, error))
        return lost_run(&l2, offset, geometry->cluster_bits,
                        qcow2_table_page_entries(&table, index));
    const Qcow2Run run = qcow2_mapping_run(geometry, l2.entries, l2.count, offset, wanted);
    if (run.first.mapping == QCOW2_BROKEN && error)
        set_fault(error, geometry, table.offset + (index << table.entry_bits), &l2, &run, offset);
    return run;
}

Qcow2Run qcow2_lookup(const UcNode *node, uint64_t offset, uint64_t wanted, GError **error)
{
    const Qcow2 *qcow2 = node->state;
    const Qcow2Geometry *geometry = &qcow2->geometry;
    const uint32_t bits = qcow2_l1_bits(geometry);
    const uint64_t index = offset >> bits;
    g_auto(Qcow2Slice) l1 = {0};
    if (!qcow2_table_slice(node, &qcow2->l1, index, &l1, error))
        return lost_run(&l1, offset, bits, 1);
    const uint64_t l2_offset = qcow2_u64(l1.entries) & QCOW2_ENTRY_OFFSET;
    if (l2_offset == 0)
        return run_without_l2(geometry, &l1, offset);
    if (l2_offset & (qcow2_cluster_size(geometry) - 1)) {
        uc_error_set(error, UC_ERROR_FAILED,
                     "L1 entry %" PRIu64 " for guest offset %" PRIu64
                     " puts the L2 table at %" PRIu64
                     ", expected a multiple of the cluster size %" PRIu64,
                     index, offset, l2_offset, qcow2_cluster_size(geometry));
        return run_of_units(QCOW2_BROKEN, offset, bits, 1);
    }
    return lookup_l2(node, l2_offset, offset, wanted, error);
}
