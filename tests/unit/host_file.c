/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/graph.h"
#include "core/seek.h"
#include "drivers/drivers.h"

#include <CUnit/Basic.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A file that is changed while it is open: nothing of it is believed any more, and that is said
 * once. What does not change its bytes is no change.
 */
#define SIZE (256u << 10)
#define FILE_NODE "{'driver':'file','filename':'disk'%s}"
#define PLAIN ""
#define SHARED ",'force-share':true"

static guint warnings;
static char *warning; /* the last one */

static GLogWriterOutput count_warning(GLogLevelFlags level, const GLogField *fields, gsize n,
                                      gpointer data)
{
    (void)level;
    (void)data;
    warnings++;
    for (gsize i = 0; i < n; i++)
        if (strcmp(fields[i].key, "MESSAGE") == 0) {
            g_free(warning);
            warning = g_strdup(fields[i].value);
        }
    return G_LOG_WRITER_HANDLED;
}

static void write_at(const char *name, off_t offset, char byte, size_t length)
{
    g_autofree char *bytes = g_malloc(length);
    int fd = open(name, O_WRONLY | O_CREAT, 0600);
    memset(bytes, byte, length);
    CU_ASSERT_EQUAL(pwrite(fd, bytes, length, offset), (ssize_t)length);
    close(fd);
}

/* Data, and from the middle on a hole. The time of the last write has to lie before what comes:
 * kernels count it in steps of some milliseconds. */
static void make_disk(const char *name)
{
    g_unlink(name);
    write_at(name, 0, 'a', SIZE / 2);
    CU_ASSERT_EQUAL(truncate(name, SIZE), 0);
    g_usleep(20000);
    warnings = 0;
}

static UcNode *open_disk(UcGraph *graph, const char *keys)
{
    g_autofree char *text = g_strdup_printf(FILE_NODE, keys);
    g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
    g_autoptr(UcSpec) spec = uc_spec_parse_json(json, -1, "the test", NULL);
    return uc_graph_open(graph, spec, NULL);
}

static bool reads(const UcNode *node, uint64_t offset, char byte)
{
    char bytes[512], expected[512];
    memset(expected, byte, sizeof expected);
    return uc_node_read(node, offset, bytes, sizeof bytes, NULL) &&
           memcmp(bytes, expected, sizeof bytes) == 0;
}

static void check_unbelieved(const UcNode *node, uint64_t offset)
{
    char bytes[512];
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(uc_node_read(node, offset, bytes, sizeof bytes, &error));
    CU_ASSERT_TRUE(g_error_matches(error, UC_ERROR, UC_ERROR_CHANGED));
    CU_ASSERT_EQUAL(uc_node_peek(node, offset, bytes, sizeof bytes), 0);
}

typedef void (*Change)(void);

static void check_change(Change change)
{
    make_disk("disk");
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    const UcNode *node = open_disk(graph, PLAIN), *other = open_disk(graph, PLAIN);
    CU_ASSERT_TRUE(reads(node, 0, 'a'));
    change();
    check_unbelieved(node, 0);
    check_unbelieved(other, SIZE / 4);
    check_unbelieved(node, SIZE - 512);
    CU_ASSERT_EQUAL(uc_seek_hole(node, 0, 512), SIZE); /* the hole was not asked for before */
    CU_ASSERT_EQUAL(warnings, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(warning, "'disk' has been changed"));
}

static void change_by_writing(void)
{
    write_at("disk", 4096, 'b', 1);
}

static void change_by_cutting(void)
{
    CU_ASSERT_EQUAL(truncate("disk", SIZE / 2), 0);
}

static void change_by_growing(void)
{
    CU_ASSERT_EQUAL(truncate("disk", SIZE + 1), 0);
}

/* As who writes a new file over it does: what it shows for a moment is zeroes. */
static void change_by_emptying(void)
{
    CU_ASSERT_EQUAL(truncate("disk", 0), 0);
    CU_ASSERT_EQUAL(truncate("disk", SIZE), 0);
}

static void change_by_punching(void)
{
    int fd = open("disk", O_WRONLY);
    CU_ASSERT_EQUAL(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), 0);
    close(fd);
}

static void test_changes(void)
{
    check_change(change_by_writing);
    check_change(change_by_cutting);
    check_change(change_by_growing);
    check_change(change_by_emptying);
    check_change(change_by_punching);
}

/* Its hole may have been told before; then it stands, as everything that was true at that time. */
static void test_what_is_known_stands(void)
{
    make_disk("disk");
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    const UcNode *node = open_disk(graph, PLAIN);
    CU_ASSERT_EQUAL(uc_seek_hole(node, 0, 512), SIZE / 2);
    change_by_writing();
    check_unbelieved(node, 0);
    CU_ASSERT_EQUAL(uc_seek_hole(node, 0, 512), SIZE / 2);
}

static void test_no_change(void)
{
    make_disk("disk");
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    const UcNode *node = open_disk(graph, PLAIN);
    CU_ASSERT_EQUAL(g_chmod("disk", 0400), 0);
    CU_ASSERT_EQUAL(link("disk", "link"), 0);
    CU_ASSERT_EQUAL(g_unlink("link"), 0);
    CU_ASSERT_EQUAL(g_rename("disk", "moved"), 0);
    CU_ASSERT_TRUE(reads(node, 0, 'a'));
    CU_ASSERT_TRUE(reads(node, SIZE - 512, 0));
    CU_ASSERT_EQUAL(warnings, 0);
    g_unlink("moved");
}

static void test_replaced(void)
{
    make_disk("disk");
    make_disk("new");
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    const UcNode *node = open_disk(graph, PLAIN), *other = open_disk(graph, PLAIN);
    write_at("new", 0, 'b', SIZE);
    CU_ASSERT_EQUAL(g_rename("new", "disk"), 0);
    CU_ASSERT_TRUE(reads(node, 0, 'a'));
    CU_ASSERT_TRUE(reads(other, 512, 'a'));
    CU_ASSERT_EQUAL(uc_seek_hole(node, 0, 512), SIZE / 2);
    CU_ASSERT_EQUAL(warnings, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(warning, "'disk' has been removed or replaced"));
}

/* Who says that others may write it reads what they have written, but no zeroes for what is gone.
 */
static void test_shared(void)
{
    make_disk("disk");
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    const UcNode *node = open_disk(graph, SHARED);
    char bytes[512];
    CU_ASSERT_TRUE(reads(node, 0, 'a'));
    write_at("disk", 0, 'b', 512);
    CU_ASSERT_TRUE(reads(node, 0, 'b'));
    change_by_cutting();
    CU_ASSERT_TRUE(reads(node, 512, 'a'));
    CU_ASSERT_FALSE(uc_node_read(node, SIZE - 512, bytes, sizeof bytes, NULL));
    CU_ASSERT_EQUAL(warnings, 0);
}

int main(void)
{
    g_autofree char *folder = g_dir_make_tmp("host_file-XXXXXX", NULL);
    if (!folder || chdir(folder) != 0)
        return 1;
    g_log_set_writer_func(count_warning, NULL, NULL);
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("files of the host", NULL, NULL);
    CU_add_test(suite, "changed", test_changes);
    CU_add_test(suite, "what is known stands", test_what_is_known_stands);
    CU_add_test(suite, "not changed", test_no_change);
    CU_add_test(suite, "replaced", test_replaced);
    CU_add_test(suite, "shared", test_shared);
    CU_basic_run_tests();
    const unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    g_unlink("disk");
    g_rmdir(folder);
    g_free(warning);
    return failures > 0;
}
