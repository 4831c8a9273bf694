/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drivers/format/qcow2/mapping.h"

#include <CUnit/Basic.h>
#include <string.h>

/* L2 entries as they stand on disk, and what they say. */

#define COPIED 0x8000000000000000ull
#define COMPRESSED 0x4000000000000000ull
#define K64 0x10000ull

static const Qcow2Geometry plain = {16, 16, 3, 13, true, false, 100 * K64};
static const Qcow2Geometry version2 = {16, 16, 3, 13, false, false, 100 * K64};
static const Qcow2Geometry external = {16, 16, 3, 13, true, true, UINT64_MAX};
static const Qcow2Geometry sub = {16, 11, 4, 12, true, false, 100 * K64};
static const Qcow2Geometry sub_external = {16, 11, 4, 12, true, true, UINT64_MAX};

typedef struct {
    const Qcow2Geometry *geometry;
    uint64_t offset; /* of the guest byte asked about */
    uint64_t entry;
    uint64_t bitmap;
    Qcow2Mapping mapping;
    Qcow2Fault fault;
    uint64_t host;
} Row;

static const Row rows[] = {
    /* standard clusters */
    {&plain, 0, 0, 0, QCOW2_UNALLOCATED, 0, 0},
    {&plain, 7, COPIED, 0, QCOW2_UNALLOCATED, 0, 0},
    {&plain, 5 * K64 + 7, COPIED | 9 * K64, 0, QCOW2_DATA, 0, 9 * K64 + 7},
    {&plain, 7, 9 * K64, 0, QCOW2_DATA, 0, 9 * K64 + 7},
    {&plain, 7, 0x3f000000000001feull | 9 * K64, 0, QCOW2_DATA, 0, 9 * K64 + 7},
    {&plain, 7, 1, 0, QCOW2_ZERO, 0, 0},
    {&plain, 7, COPIED | 9 * K64 | 1, 0, QCOW2_ZERO_KEPT, 0, 9 * K64 + 7},
    {&plain, 7, COMPRESSED | 12345, 0, QCOW2_COMPRESSED, 0, 12345},
    {&plain, 7, COPIED | COMPRESSED | 12345, 0, QCOW2_COMPRESSED, 0, 12345},
    {&plain, 7, COPIED | (9 * K64 + 512), 0, QCOW2_BROKEN, QCOW2_FAULT_UNALIGNED, 9 * K64 + 512},
    {&plain, 7, 9 * K64 + 513, 0, QCOW2_BROKEN, QCOW2_FAULT_UNALIGNED, 9 * K64 + 512},
    {&plain, 7, 99 * K64, 0, QCOW2_DATA, 0, 99 * K64 + 7},
    {&plain, 7, 100 * K64, 0, QCOW2_BROKEN, QCOW2_FAULT_BEYOND_END, 100 * K64},
    {&plain, 7, 100 * K64 | 1, 0, QCOW2_ZERO_KEPT, 0, 100 * K64 + 7},
    {&version2, 7, 9 * K64, 0, QCOW2_DATA, 0, 9 * K64 + 7},
    {&version2, 7, 1, 0, QCOW2_BROKEN, QCOW2_FAULT_ZERO_IN_VERSION_2, 0},
    {&version2, 7, 9 * K64 | 1, 0, QCOW2_BROKEN, QCOW2_FAULT_ZERO_IN_VERSION_2, 9 * K64},
    /* external data file */
    {&external, 7, 0, 0, QCOW2_UNALLOCATED, 0, 0},
    {&external, 7, COPIED, 0, QCOW2_DATA, 0, 7},
    {&external, 7, COPIED | 1, 0, QCOW2_ZERO_KEPT, 0, 7},
    {&external, 7, 1, 0, QCOW2_ZERO, 0, 0},
    {&external, 3 * K64 + 7, COPIED | 3 * K64, 0, QCOW2_DATA, 0, 3 * K64 + 7},
    {&external, 3 * K64 + 7, COPIED, 0, QCOW2_BROKEN, QCOW2_FAULT_EXTERNAL_MOVED, 0},
    {&external, 3 * K64 + 7, 4 * K64 | 1, 0, QCOW2_BROKEN, QCOW2_FAULT_EXTERNAL_MOVED, 4 * K64},
    {&external, 7, COMPRESSED | 12345, 0, QCOW2_BROKEN, QCOW2_FAULT_EXTERNAL_COMPRESSED, 0},
    /* subclusters of 2 KiB */
    {&sub, 0, 0, 0, QCOW2_UNALLOCATED, 0, 0},
    {&sub, 2048, 9 * K64, 1, QCOW2_UNALLOCATED_KEPT, 0, 9 * K64 + 2048},
    {&sub, 2047, 9 * K64, 1, QCOW2_DATA, 0, 9 * K64 + 2047},
    {&sub, 65535, 9 * K64, 0x80000000, QCOW2_DATA, 0, 9 * K64 + 65535},
    {&sub, 65535, 9 * K64, 0x8000000000000000, QCOW2_ZERO_KEPT, 0, 9 * K64 + 65535},
    {&sub, 0, 0, 1ull << 32, QCOW2_ZERO, 0, 0},
    {&sub, 2048, 0, 1ull << 32, QCOW2_UNALLOCATED, 0, 0},
    {&sub, 0, 9 * K64, 0, QCOW2_UNALLOCATED_KEPT, 0, 9 * K64},
    {&sub, 0, 9 * K64 | 1, 1, QCOW2_DATA, 0, 9 * K64},
    {&sub, 0, 1, 0, QCOW2_UNALLOCATED, 0, 0},
    {&sub, 0, COMPRESSED | 12345, UINT64_MAX, QCOW2_COMPRESSED, 0, 12345},
    {&sub, 9999, 9 * K64, 1ull << 32 | 1, QCOW2_BROKEN, QCOW2_FAULT_BITS_CONTRADICT, 9 * K64},
    {&sub, 9999, 0, 1, QCOW2_BROKEN, QCOW2_FAULT_BITS_WITHOUT_PLACE, 0},
    {&sub, 0, 9 * K64 + 512, 0, QCOW2_BROKEN, QCOW2_FAULT_UNALIGNED, 9 * K64 + 512},
    {&sub, 0, 100 * K64, 1, QCOW2_BROKEN, QCOW2_FAULT_BEYOND_END, 100 * K64},
    {&sub, 2048, 100 * K64, 1, QCOW2_UNALLOCATED_KEPT, 0, 100 * K64 + 2048},
    {&sub_external, 0, COPIED, 1, QCOW2_DATA, 0, 0},
    {&sub_external, 2048, COPIED, 1, QCOW2_UNALLOCATED_KEPT, 0, 2048},
    {&sub_external, 0, 0, 0, QCOW2_UNALLOCATED, 0, 0},
};

static void put_entry(uint8_t *at, uint64_t entry, uint64_t bitmap, bool subclusters)
{
    const uint64_t words[] = {GUINT64_TO_BE(entry), GUINT64_TO_BE(bitmap)};
    memcpy(at, words, subclusters ? 16 : 8);
}

static void test_decode(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Row *row = &rows[i];
        const bool subclusters = qcow2_has_subclusters(row->geometry);
        g_autofree uint8_t *entry = g_malloc(subclusters ? 16 : 8);
        put_entry(entry, row->entry, row->bitmap, subclusters);
        const Qcow2Cell cell = qcow2_mapping_decode(row->geometry, entry, row->offset);
        const bool same =
            cell.mapping == row->mapping && cell.fault == row->fault && cell.host == row->host;
        CU_ASSERT_TRUE(same);
        if (!same)
            g_printerr("\nrow %zu: mapping %d, fault %d, host %#" G_GINT64_MODIFIER "x\n", i,
                       cell.mapping, cell.fault, cell.host);
    }
}

/* The run from `offset` on, over entries that follow each other from guest cluster 0 on. */
static void check_run(const uint64_t *entries, size_t count, uint64_t offset, uint64_t wanted,
                      Qcow2Mapping mapping, uint64_t host, uint64_t length)
{
    const size_t skip = offset / K64;
    g_autofree uint8_t *bytes = g_malloc((count - skip) * 8);
    for (size_t i = skip; i < count; i++)
        put_entry(bytes + (i - skip) * 8, entries[i], 0, false);
    const Qcow2Run run = qcow2_mapping_run(&plain, bytes, count - skip, offset, wanted);
    CU_ASSERT_EQUAL(run.first.mapping, mapping);
    CU_ASSERT_EQUAL(run.first.host, host);
    CU_ASSERT_EQUAL(run.length, length);
}

static void test_runs(void)
{
    const uint64_t entries[] = {9 * K64,
                                10 * K64,
                                COPIED | 11 * K64,
                                13 * K64,
                                13 * K64,
                                14 * K64 | 1,
                                15 * K64 | 1,
                                1,
                                1,
                                0,
                                0,
                                COMPRESSED | 700,
                                COMPRESSED | 900,
                                200 * K64,
                                9 * K64 + 512,
                                300 * K64};
    const size_t n = G_N_ELEMENTS(entries);
    check_run(entries, n, 0, UINT64_MAX, QCOW2_DATA, 9 * K64, 3 * K64);
    check_run(entries, n, 100, UINT64_MAX, QCOW2_DATA, 9 * K64 + 100, 3 * K64 - 100);
    check_run(entries, n, 100, 1, QCOW2_DATA, 9 * K64 + 100, K64 - 100);
    check_run(entries, n, 100, K64, QCOW2_DATA, 9 * K64 + 100, 2 * K64 - 100);
    check_run(entries, n, 3 * K64, UINT64_MAX, QCOW2_DATA, 13 * K64, K64);
    check_run(entries, n, 4 * K64, UINT64_MAX, QCOW2_DATA, 13 * K64, K64);
    check_run(entries, n, 5 * K64, UINT64_MAX, QCOW2_ZERO_KEPT, 14 * K64, 2 * K64);
    check_run(entries, n, 7 * K64, UINT64_MAX, QCOW2_ZERO, 0, 2 * K64);
    check_run(entries, n, 9 * K64, UINT64_MAX, QCOW2_UNALLOCATED, 0, 2 * K64);
    check_run(entries, n, 11 * K64, UINT64_MAX, QCOW2_COMPRESSED, 700, 2 * K64);
    check_run(entries, n, 13 * K64, UINT64_MAX, QCOW2_BROKEN, 200 * K64, 3 * K64);
}

static void test_subcluster_runs(void)
{
    uint8_t bytes[48];
    /* data in the upper half, goes on into the lower half of the next; a hole at 40960 of that */
    put_entry(bytes, 9 * K64, 0xffff0000, true);
    put_entry(bytes + 16, 10 * K64, 0xffefffff, true);
    put_entry(bytes + 32, 10 * K64, 0xffffffff, true);
    Qcow2Run run = qcow2_mapping_run(&sub, bytes, 3, 0, UINT64_MAX);
    CU_ASSERT_EQUAL(run.first.mapping, QCOW2_UNALLOCATED_KEPT);
    CU_ASSERT_EQUAL(run.length, 32768);
    run = qcow2_mapping_run(&sub, bytes, 3, 32768 + 5, UINT64_MAX);
    CU_ASSERT_EQUAL(run.first.mapping, QCOW2_DATA);
    CU_ASSERT_EQUAL(run.first.host, 9 * K64 + 32768 + 5);
    CU_ASSERT_EQUAL(run.length, 32768 - 5 + 40960);
    run = qcow2_mapping_run(&sub, bytes + 16, 2, K64 + 43008, UINT64_MAX);
    CU_ASSERT_EQUAL(run.first.mapping, QCOW2_DATA);
    CU_ASSERT_EQUAL(run.length, K64 - 43008); /* the next cluster lies elsewhere */
}

static void test_faults(void)
{
    for (Qcow2Fault fault = QCOW2_FAULT_UNALIGNED; fault <= QCOW2_FAULT_BITS_WITHOUT_PLACE;
         fault++) {
        const Qcow2Cell cell = {QCOW2_BROKEN, fault, 9 * K64 + 512};
        g_autofree char *text = qcow2_fault_to_string(&plain, &cell, 70000);
        CU_ASSERT_STRING_NOT_EQUAL(text, "nothing is wrong");
    }
    const Qcow2Cell cell = {QCOW2_BROKEN, QCOW2_FAULT_EXTERNAL_MOVED, 0};
    g_autofree char *text = qcow2_fault_to_string(&external, &cell, 70000);
    CU_ASSERT_STRING_EQUAL(text, "the cluster is at 0 of the external data file, expected 65536");
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("qcow2 mapping", NULL, NULL);
    CU_add_test(suite, "what an entry says", test_decode);
    CU_add_test(suite, "runs", test_runs);
    CU_add_test(suite, "runs of subclusters", test_subcluster_runs);
    CU_add_test(suite, "faults are named", test_faults);
    CU_basic_run_tests();
    const unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
