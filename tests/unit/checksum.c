/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/extent.h"
#include "core/graph.h"
#include "core/seek.h"
#include "drivers/drivers.h"
#include "drivers/filter/manifest.h"
#include "tests/unit/calls.h"

#include <CUnit/Basic.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* A disk of blocks of 4 KiB, half of them data, with a last one of 100 bytes. */
#define BLOCK 4096
#define BLOCKS 16
#define SIZE (BLOCKS * BLOCK + 100)

static uint8_t contents[SIZE];

/* Blocks 0, 1, 4, 5 ... have data, of which the second half of block 4 is zeroes. */
static bool is_data(unsigned block)
{
    return block % 4 < 2;
}

static void fill(void)
{
    for (unsigned i = 0; i < SIZE; i++)
        if (is_data(i / BLOCK) && !(i / BLOCK == 4 && i % BLOCK >= BLOCK / 2))
            contents[i] = 1 + i * 7 % 255;
}

static void write_manifest(const char *name, uint64_t size)
{
    FILE *file = fopen(name, "w");
    UcManifestWriter *writer = uc_manifest_writer_new(file, size, BLOCK, "test");
    UcSum digest = {0};

    for (uint64_t at = 0; at < MIN(size, SIZE); at += BLOCK) {
        UcSum sum = uc_sum_of(contents + at, MIN(BLOCK, SIZE - at));

        uc_manifest_writer_add(writer, at, &sum);
    }
    g_assert_true(uc_manifest_writer_end(writer, &digest, NULL));
    uc_manifest_writer_free(writer);
    fclose(file);
}

/* The contents as a sparse file. */
static void write_disk(void)
{
    int fd = open("disk", O_RDWR | O_CREAT | O_TRUNC, 0600);

    CU_ASSERT_TRUE(fd >= 0 && ftruncate(fd, SIZE) == 0);
    for (unsigned block = 0; block <= BLOCKS; block++)
        if (is_data(block))
            CU_ASSERT_TRUE(pwrite(fd, contents + block * BLOCK, MIN(BLOCK, SIZE - block * BLOCK),
                                  block * BLOCK) > 0);
    close(fd);
}

static void change_disk(uint64_t offset, uint8_t value)
{
    int fd = open("disk", O_RDWR);

    CU_ASSERT_EQUAL(pwrite(fd, &value, 1, offset), 1);
    close(fd);
}

static void punch_disk(uint64_t offset, uint64_t length)
{
    int fd = open("disk", O_RDWR);

    CU_ASSERT_EQUAL(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length), 0);
    close(fd);
}

static UcNode *open_json(UcGraph *graph, const char *json, GError **error)
{
    g_autoptr(UcSpec) spec = uc_spec_parse_json(json, -1, "spec", error);

    return spec ? uc_graph_open(graph, spec, error) : NULL;
}

#define DISK "{\"driver\":\"file\",\"filename\":\"disk\"}"
#define CHECKSUM(child) "{\"driver\":\"checksum\",\"manifest\":\"manifest\",\"file\":" child "}"

static void check_reads(const UcNode *node, uint64_t offset, uint64_t length, const char *failure)
{
    g_autofree uint8_t *buffer = g_malloc(length);
    g_autoptr(GError) error = NULL;
    bool done = uc_node_read(node, offset, buffer, length, &error);

    CU_ASSERT_EQUAL(done, failure == NULL);
    if (done)
        CU_ASSERT_TRUE(memcmp(buffer, contents + offset, length) == 0);
    if (failure && error)
        CU_ASSERT_PTR_NOT_NULL(strstr(error->message, failure));
}

static bool reads_right(const UcNode *node, uint64_t offset, uint64_t length)
{
    g_autofree uint8_t *buffer = g_malloc(length);

    return uc_node_read(node, offset, buffer, length, NULL) &&
           memcmp(buffer, contents + offset, length) == 0;
}

/* All offsets that matter, at many lengths. */
static bool reads_right_everywhere(const UcNode *node)
{
    for (uint64_t offset = 0; offset < SIZE; offset += 1021)
        for (uint64_t length = 1; length <= SIZE - offset; length = length * 3 + 1)
            if (!reads_right(node, offset, length))
                return false;
    return reads_right(node, 0, SIZE) && reads_right(node, BLOCK, 3 * BLOCK) &&
           reads_right(node, SIZE - 100, 100);
}

/* Data and holes of the node, as the seek walk sees them. */
static char *walk(const UcNode *node)
{
    GString *text = g_string_new(NULL);
    uint64_t at = 0, data;

    while (at < node->size && uc_seek_data(node, at, 512, &data)) {
        at = uc_seek_hole(node, data, 512);
        g_string_append_printf(text, "%lu-%lu ", data, at);
    }
    return g_string_free(text, FALSE);
}

static void test_what_agrees_passes(void)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    UcNode *disk, *node, *twice;

    write_disk();
    disk = open_json(graph, DISK, NULL);
    node = open_json(graph, CHECKSUM(DISK), NULL);
    twice = open_json(graph, CHECKSUM(CHECKSUM(DISK)), NULL);
    CU_ASSERT_TRUE_FATAL(disk && node && twice);
    uc_graph_seal(graph);
    CU_ASSERT_TRUE(reads_right_everywhere(node));
    CU_ASSERT_TRUE(reads_right_everywhere(twice));
    g_autofree char *expected = walk(disk), *found = walk(node), *again = walk(twice);
    CU_ASSERT_STRING_EQUAL(found, expected);
    CU_ASSERT_STRING_EQUAL(again, expected);
}

static void test_a_flipped_bit_fails_its_block(void)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    UcNode *node;

    write_disk();
    change_disk(5 * BLOCK + 17, contents[5 * BLOCK + 17] ^ 16);
    node = open_json(graph, CHECKSUM(DISK), NULL);
    uc_graph_seal(graph);
    check_reads(node, 5 * BLOCK, 1, "block 5 at 20480 (4096 bytes)");
    check_reads(node, 6 * BLOCK - 1, 2, "block 5 at 20480");
    check_reads(node, 0, SIZE, "checksum: block 5 at 20480");
    check_reads(node, 0, 5 * BLOCK, NULL);
    check_reads(node, 6 * BLOCK, SIZE - 6 * BLOCK, NULL);
}

static void test_data_where_zeroes_were_fails(void)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    UcNode *node;

    write_disk();
    change_disk(3 * BLOCK, 1);
    node = open_json(graph, CHECKSUM(DISK), NULL);
    uc_graph_seal(graph);
    check_reads(node, 4 * BLOCK - 1, 1, "block 3 at 12288");
    check_reads(node, 4 * BLOCK, 100, NULL);
}

/* Blocks that have become holes must not be taken for holes. */
static void test_lost_blocks_are_data(void)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    UcNode *node;

    write_disk();
    punch_disk(0, BLOCK);
    punch_disk(4 * BLOCK, 2 * BLOCK);
    punch_disk(16 * BLOCK, BLOCK);
    node = open_json(graph, CHECKSUM(DISK), NULL);
    uc_graph_seal(graph);
    g_autofree char *found = walk(node);
    CU_ASSERT_STRING_EQUAL(found, "0-8192 16384-24576 32768-40960 49152-57344 65536-65636 ");
    check_reads(node, 0, 1, "block 0 at 0");
    check_reads(node, BLOCK, BLOCK, NULL);
    check_reads(node, 4 * BLOCK + 5, 1, "block 4 at 16384");
    check_reads(node, SIZE - 1, 1, "block 16 at 65536 (100 bytes)");
}

/* The child cannot tell at first. That is no verdict on the block. */
static void test_errors_are_no_verdicts(void)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    const UcNode *node;

    write_disk();
    punch_disk(0, BLOCK);
    node = open_json(graph, CHECKSUM(DISK), NULL);
    uc_graph_seal(graph);
    calls_arrange(CALLS_FAIL, 1, G_MAXUINT);
    CU_ASSERT_EQUAL(uc_seek_hole(node, 0, 1), SIZE);
    CU_ASSERT(calls_settle() > 0);
    CU_ASSERT_EQUAL(uc_seek_hole(node, 0, 1), 2 * BLOCK);
    check_reads(node, 0, 100, "block 0 at 0");
}

/* Each level asks the one below about every block: that must not double the work each time. */
static void test_many_on_top_of_each_other(void)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    GString *json = g_string_new(DISK);
    UcNode *node;

    write_disk();
    for (int i = 0; i < 50; i++) {
        g_string_prepend(json, "{\"driver\":\"checksum\",\"manifest\":\"manifest\",\"file\":");
        g_string_append_c(json, '}');
    }
    node = open_json(graph, json->str, NULL);
    g_string_free(json, TRUE);
    CU_ASSERT_TRUE_FATAL(node != NULL);
    uc_graph_seal(graph);
    g_autofree char *found = walk(node);
    CU_ASSERT_STRING_EQUAL(found, "0-8192 16384-24576 32768-40960 49152-57344 65536-65636 ");
    check_reads(node, 0, SIZE, NULL);
}

static void check_refused(const char *json, const char *expected)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    g_autoptr(GError) error = NULL;

    CU_ASSERT_PTR_NULL(open_json(graph, json, &error));
    CU_ASSERT_STRING_EQUAL(error ? error->message : "", expected);
    if (g_strcmp0(error ? error->message : "", expected) != 0)
        g_printerr("\ngot: %s\n", error ? error->message : "");
}

static void test_what_opening_refuses(void)
{
    write_disk();
    write_manifest("longer", SIZE + 1);
    check_refused("{\"driver\":\"checksum\",\"manifest\":\"longer\",\"file\":" DISK "}",
                  "checksum: manifest 'longer' is of a disk of 65637 bytes, this one has 65636");
    check_refused("{\"driver\":\"checksum\",\"manifest\":\"disk\",\"file\":" DISK "}",
                  "checksum: manifest 'disk', line 1: this is not a manifest, which starts with "
                  "'unchain manifest 1'");
    check_refused("{\"driver\":\"checksum\",\"manifest\":\"none\",\"file\":" DISK "}",
                  "checksum: cannot open 'none': No such file or directory");
    check_refused("{\"driver\":\"checksum\",\"file\":" DISK "}",
                  "driver checksum needs 'manifest' (spec, line 1, column 1)");
}

/* CUnit's assertions belong to one thread. */
static gpointer read_and_walk(gpointer data)
{
    return reads_right_everywhere(data) ? walk(data) : NULL;
}

static void test_threads(void)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    GThread *threads[4];
    UcNode *node;

    write_disk();
    node = open_json(graph, CHECKSUM(DISK), NULL);
    uc_graph_seal(graph);
    for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("reader", read_and_walk, node);
    for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_autofree char *found = g_thread_join(threads[i]);

        CU_ASSERT_STRING_EQUAL(found ? found : "wrong bytes",
                               "0-8192 16384-24576 32768-40960 49152-57344 65536-65636 ");
    }
}

int main(void)
{
    g_autofree char *directory = g_dir_make_tmp("unchain-checksum-XXXXXX", NULL);
    g_autofree char *clean = g_strdup_printf("rm -rf '%s'", directory);
    CU_pSuite suite;
    unsigned failures;

    g_chdir(directory);
    fill();
    CU_initialize_registry();
    suite = CU_add_suite("checksum", NULL, NULL);
    write_manifest("manifest", SIZE);
    CU_add_test(suite, "what agrees passes", test_what_agrees_passes);
    CU_add_test(suite, "a flipped bit fails its block", test_a_flipped_bit_fails_its_block);
    CU_add_test(suite, "data where zeroes were fails", test_data_where_zeroes_were_fails);
    CU_add_test(suite, "lost blocks are data", test_lost_blocks_are_data);
    CU_add_test(suite, "errors are no verdicts", test_errors_are_no_verdicts);
    CU_add_test(suite, "many on top of each other", test_many_on_top_of_each_other);
    CU_add_test(suite, "what opening refuses", test_what_opening_refuses);
    CU_add_test(suite, "threads", test_threads);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    g_spawn_command_line_sync(clean, NULL, NULL, NULL, NULL);
    return failures > 0;
}
