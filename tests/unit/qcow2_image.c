/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/graph.h"
#include "drivers/drivers.h"
#include "tests/unit/image.h"

#include <CUnit/Basic.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Whole images (tests/unit/image.h), in a directory of their own. */
#define L1 IMAGE_L1
#define L2 IMAGE_L2
#define COPIED QCOW2_ENTRY_COPIED

/* Opens test.qcow2, with further keys of the description if there are any. */
static UcNode *open_with(UcGraph *graph, const char *keys, GError **error)
{
    g_autofree char *json = g_strdup_printf("{'driver':'qcow2','file':{'driver':'file',"
                                            "'filename':'test.qcow2'}%s%s}",
                                            *keys ? "," : "", keys);
    g_autoptr(UcSpec) spec =
        uc_spec_parse_json(g_strdelimit(json, "'", '"'), -1, "the test", error);
    UcNode *node = spec ? uc_graph_open(graph, spec, error) : NULL;
    uc_graph_seal(graph);
    return node;
}

static void check_text(const char *got, const char *expected)
{
    CU_ASSERT_EQUAL(g_strcmp0(got, expected), 0);
    if (g_strcmp0(got, expected) != 0)
        g_printerr("\nexpected: %s\n     got: %s\n", expected, got);
}

static void check_refused(const char *keys, const char *message)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(open_with(graph, keys, &error));
    check_text(error ? error->message : "opened", message);
}

static void check_step(const UcNode *node, uint64_t offset, const char *expected)
{
    const UcStep step = uc_node_map(node, offset, node->size - offset);
    g_autofree char *text = uc_step_to_string(&step);
    check_text(text, expected);
}

/* Every byte of the range is `byte`. */
static void check_bytes(const UcNode *node, uint64_t offset, size_t length, uint8_t byte)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *buffer = g_malloc(length);
    memset(buffer, ~byte, length);
    CU_ASSERT_TRUE(uc_node_read(node, offset, buffer, length, &error));
    check_text(error ? error->message : "read", "read");
    for (size_t i = 0; i < length; i++)
        if (buffer[i] != byte) {
            CU_FAIL("wrong byte");
            return;
        }
}

static void check_unreadable(const UcNode *node, uint64_t offset, size_t length,
                             const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *buffer = g_malloc(length);
    CU_ASSERT_FALSE(uc_node_read(node, offset, buffer, length, &error));
    check_text(error ? error->message : "read", message);
}

static void test_every_mapping(void)
{
    g_auto(UnitImage) image = image_new(9 * K4);
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    const uint64_t entries[] = {0,          COPIED | 4 * K4,     COPIED | 5 * K4,
                                1,          COPIED | 6 * K4 | 1, COPIED | (7 * K4 + 512),
                                1ull << 62, COPIED | 5 * K4,     COPIED | 99 * K4};
    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++)
        image_put(&image, L2 + 8 * i, 8, entries[i]);
    image_fill(&image, 4, 4);
    image_fill(&image, 5, 5);
    image_fill(&image, 6, 6);
    image_write(&image, "test.qcow2");
    UcNode *node = open_with(graph, "", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
    check_step(node, 0, "child 2@0 +4096");
    check_step(node, 1 * K4 + 1, "child 1@16385 +8191");
    check_step(node, 3 * K4, "zero +4096");
    check_step(node, 4 * K4, "zero kept 1@24576 +4096");
    check_step(node, 5 * K4, "self(broken) +4096");
    check_step(node, 6 * K4, "self(compressed) +4096");
    check_step(node, 7 * K4, "child 1@20480 +4096");
    check_step(node, 8 * K4, "self(broken) +4096");
    check_bytes(node, 0, K4, 0);
    check_bytes(node, 1 * K4, K4, 4);
    check_bytes(node, 2 * K4 + 1, K4 - 1, 5);
    check_bytes(node, 3 * K4, 2 * K4, 0);
    check_unreadable(node, 2 * K4, 4 * K4,
                     "test.qcow2: L2 entry at 8232 is 0x8000000000007200 for guest offset 20480: "
                     "the cluster is at 29184, expected a multiple of the cluster size 4096");
    check_unreadable(node, 6 * K4, 10,
                     "test.qcow2: compressed data at 0 +512: zlib: invalid stored block lengths");
    check_bytes(node, 7 * K4, K4, 5);
    check_unreadable(node, 8 * K4, 1,
                     "test.qcow2: L2 entry at 8256 is 0x8000000000063000 for guest offset 32768: "
                     "the cluster is at 405504, but the file ends at 28672 (the image is "
                     "truncated, see --truncated)");
}

/* The file ends in data cluster 4; cluster 5 and the L2 table of the second L1 entry are gone. */
static void test_truncated(void)
{
    const UcGate lenient = {.depth_limit = 10, .truncated = UC_TRUNCATED_ZERO};
    g_auto(UnitImage) image = image_new(513 * K4);
    image_put(&image, QCOW2_AT_L1_ENTRIES, 4, 2);
    image_put(&image, L1 + 8, 8, COPIED | 50 * K4);
    image_put(&image, L2, 8, COPIED | 4 * K4);
    image_put(&image, L2 + 8, 8, COPIED | 5 * K4);
    image_fill(&image, 4, 4);
    g_byte_array_set_size(image.bytes, 4 * K4 + 1000);
    image_write(&image, "test.qcow2");
    g_autoptr(UcGraph) strict = uc_graph_new(uc_drivers, NULL);
    UcNode *node = open_with(strict, "", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
    check_bytes(node, 0, 1000, 4);
    check_bytes(node, 1000, K4 - 1000, 0);
    check_unreadable(node, K4, 1,
                     "test.qcow2: L2 entry at 8200 is 0x8000000000005000 for guest offset 4096: "
                     "the cluster is at 20480, but the file ends at 17384 (the image is truncated, "
                     "see --truncated)");
    check_bytes(node, 2 * K4, 510 * K4, 0);
    check_unreadable(node, 512 * K4, 1,
                     "test.qcow2: L2 table at 204800: its entry 0 at 204800 lies beyond the end of "
                     "the file at 17384 (the image is truncated, see --truncated)");
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, &lenient);
    node = open_with(graph, "", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
    check_bytes(node, 0, 1000, 4);
    check_bytes(node, 1000, 513 * K4 - 1000, 0);
}

/* 2^61 bytes, 2 MiB clusters, nothing in it: as many steps as its L1 table has pages. */
static void test_huge_and_empty(void)
{
    g_auto(UnitImage) image = image_new(1ull << 61);
    image_put(&image, QCOW2_AT_CLUSTER_BITS, 4, 21);
    image_put(&image, QCOW2_AT_L1_ENTRIES, 4, 1u << 22);
    image_put(&image, QCOW2_AT_L1_OFFSET, 8, 1u << 21);
    image_write(&image, "test.qcow2");
    CU_ASSERT_EQUAL(truncate("test.qcow2", 36 << 20), 0);
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    UcNode *node = open_with(graph, "", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
    unsigned steps = 0;
    for (uint64_t at = 0; at < node->size; steps++)
        at += uc_node_map(node, at, node->size - at).length;
    CU_ASSERT_EQUAL(steps, 8192);
    check_bytes(node, (1ull << 61) - 5, 5, 0);
}

/* Every L1 entry names the same table, which says data, nothing, data, nothing ... */
static void test_one_l2_for_all(void)
{
    g_auto(UnitImage) image = image_new(512 * 512 * K4);
    image_put(&image, QCOW2_AT_L1_ENTRIES, 4, 512);
    for (unsigned i = 0; i < 512; i++)
        image_put(&image, L1 + 8 * i, 8, COPIED | L2);
    for (unsigned i = 0; i < 512; i += 2)
        image_put(&image, L2 + 8 * i, 8, COPIED | 4 * K4);
    image_fill(&image, 4, 4);
    image_write(&image, "test.qcow2");
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    UcNode *node = open_with(graph, "", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
    check_step(node, 100 * K4, "child 1@16384 +4096");
    check_step(node, 100 * 512 * K4 + 11 * K4, "child 2@209760256 +4096");
    check_bytes(node, 511 * 512 * K4, K4, 4);
}

static void put_snapshot(UnitImage *image, uint64_t *at, uint64_t l1, const char *id,
                         const char *name)
{
    image_put(image, *at + QCOW2_SNAPSHOT_AT_L1_OFFSET, 8, l1);
    image_put(image, *at + QCOW2_SNAPSHOT_AT_L1_ENTRIES, 4, 1);
    image_put(image, *at + QCOW2_SNAPSHOT_AT_ID_LENGTH, 2, strlen(id));
    image_put(image, *at + QCOW2_SNAPSHOT_AT_NAME_LENGTH, 2, strlen(name));
    image_put(image, *at + QCOW2_SNAPSHOT_AT_EXTRA_LENGTH, 4, 16);
    image_put(image, *at + QCOW2_SNAPSHOT_AT_SIZE, 8, 2 * K4);
    image_put_text(image, *at + QCOW2_SNAPSHOT_WITH_SIZE, id);
    image_put_text(image, *at + QCOW2_SNAPSHOT_WITH_SIZE + strlen(id), name);
    *at += (QCOW2_SNAPSHOT_WITH_SIZE + strlen(id) + strlen(name) + 7) & ~7ull;
    image_put(image, *at, 8, 0);
}

static void check_snapshot(const char *keys, uint64_t size, uint8_t byte, guint warnings)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    UcNode *node = open_with(graph, keys, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
    CU_ASSERT_EQUAL(node->size, size);
    CU_ASSERT_EQUAL(graph->warnings->len, warnings);
    check_bytes(node, 0, K4, byte);
}

static void test_snapshots(void)
{
    g_auto(UnitImage) image = image_new(3 * K4);
    uint64_t at = 3 * K4;
    image_put(&image, L2, 8, COPIED | 4 * K4);
    image_fill(&image, 4, 4);
    image_fill(&image, 5, 5);
    image_put(&image, 6 * K4, 8, 7 * K4); /* the snapshot's L1 and L2 tables */
    image_put(&image, 7 * K4, 8, 5 * K4);
    image_put(&image, 8 * K4, 1, 0);
    image_put(&image, QCOW2_AT_SNAPSHOT_COUNT, 4, 4);
    image_put(&image, QCOW2_AT_SNAPSHOT_OFFSET, 8, 3 * K4);
    put_snapshot(&image, &at, 6 * K4, "1", "2");
    put_snapshot(&image, &at, 123, "3", "broken");
    put_snapshot(&image, &at, L1, "2", "twice");
    put_snapshot(&image, &at, 6 * K4, "4", "twice");
    image_write(&image, "test.qcow2");
    check_snapshot("", 3 * K4, 4, 0);
    check_snapshot("'snapshot':'1'", 2 * K4, 5, 0);
    check_snapshot("'snapshot':'2'", 2 * K4, 4, 0); /* an id wins over a name */
    check_snapshot("'snapshot':'twice'", 2 * K4, 4, 1);
    check_snapshot("'snapshot':'4'", 2 * K4, 5, 0);
    check_refused("'snapshot':'5'", "test.qcow2: the image has no snapshot \"5\"");
    check_refused("'snapshot':'broken'", "test.qcow2: snapshot 3 (broken): L1 table is at 123, "
                                         "expected a multiple of the cluster size 4096");
    image_put(&image, QCOW2_AT_SNAPSHOT_COUNT, 4, UINT32_MAX);
    image_write(&image, "test.qcow2");
    check_snapshot("", 3 * K4, 4, 0);
    check_snapshot("'snapshot':'1'", 2 * K4, 5, 0);
}

static void test_data_file(void)
{
    g_auto(UnitImage) image = image_new(2 * K4);
    image_put(&image, L2, 8, COPIED);
    image_put(&image, QCOW2_AT_INCOMPATIBLE, 8, QCOW2_INCOMPATIBLE_DATA_FILE);
    image_write(&image, "test.qcow2");
    CU_ASSERT_TRUE(g_file_set_contents("data.raw", "\7\7\7\7\7\7\7", 7, NULL));
    check_refused("", "test.qcow2: the image has its data in an external file, but does not say in "
                      "which; name it as \"data-file\"");
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    UcNode *node = open_with(graph, "'data-file':{'driver':'file','filename':'data.raw'}", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
    check_bytes(node, 0, 7, 7);
    check_bytes(node, 7, 2 * K4 - 7, 0);
    image_put(&image, QCOW2_AT_INCOMPATIBLE, 8, 0);
    image_put(&image, L2, 8, COPIED | 4 * K4);
    image_fill(&image, 4, 4);
    image_write(&image, "test.qcow2");
    check_refused("'data-file':{'driver':'file','filename':'data.raw'}",
                  "test.qcow2: a data-file is given, but the image keeps its data itself");
    g_autoptr(UcGraph) cut = uc_graph_new(uc_drivers, NULL);
    node = open_with(cut, "'data-file':null", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
    check_bytes(node, 0, K4, 4);
}

int main(void)
{
    g_autofree char *folder = g_dir_make_tmp("qcow2-XXXXXX", NULL);
    if (!folder || chdir(folder) != 0)
        return 1;
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("qcow2 images", NULL, NULL);
    CU_add_test(suite, "every mapping", test_every_mapping);
    CU_add_test(suite, "truncated", test_truncated);
    CU_add_test(suite, "huge and empty", test_huge_and_empty);
    CU_add_test(suite, "one L2 table for all", test_one_l2_for_all);
    CU_add_test(suite, "snapshots", test_snapshots);
    CU_add_test(suite, "data files", test_data_file);
    CU_basic_run_tests();
    const unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    g_unlink("test.qcow2");
    g_unlink("data.raw");
    g_rmdir(folder);
    return failures > 0;
}
