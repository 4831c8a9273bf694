/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/graph.h"
#include "drivers/drivers.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What opening refuses, and in which words. All in a directory of its own. */

static char *message_of(const char *json, const UcGate *gate)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, gate);
    g_autoptr(GError) error = NULL;
    g_autofree char *quoted = g_strdelimit(g_strdup(json), "'", '"');
    g_autoptr(UcSpec) spec = uc_spec_parse_json(quoted, -1, "spec", &error);

    if (spec && uc_graph_open(graph, spec, &error))
        return g_strdup("opened");
    return g_strdup(error->message);
}

static void check(const char *json, const char *expected)
{
    g_autofree char *message = message_of(json, NULL);

    CU_ASSERT_STRING_EQUAL(message, expected);
    if (strcmp(message, expected) != 0)
        g_printerr("got '%s', expected '%s'\n", message, expected);
}

static void test_descriptions(void)
{
    check("{'driver':'null-co'}", "opened");
    check("{'driver':'null-co','size':'1M','read-zeroes':'on','read-only':true}", "opened");
    check("{'driver':'nope'}", "there is no driver for format 'nope' (spec, line 1, column 2)");
    check("{'driver':7}", "\"driver\" must be a text (spec, line 1, column 2)");
    check("{'driver':'null-co','node-name':5}",
          "driver null-co: 'node-name' must be a text (spec, line 1, column 21)");
    check("{'driver':'raw','node-name':'n','file':'x'}",
          "node 'n': there is no node named 'x' (spec, line 1, column 33)");
    check("{'driver':'nope','node-name':'n'}",
          "node 'n': there is no driver for format 'nope' (spec, line 1, column 2)");
    check("{}", "a node without a \"driver\" (spec, line 1, column 1)");
    check("[]", "expected a node or a node's name (spec, line 1, column 1)");
    check("'x'", "there is no node named 'x' (spec, line 1, column 1)");
    check("{'driver':'null-co',\n'sise':1}",
          "driver null-co has no key 'sise' (spec, line 2, column 1)");
    check("{'driver':'null-co','size':'many'}",
          "driver null-co: option 'size' is 'many', expected a size such as 65536, 64k or 1.5G "
          "(spec, line 1, column 21)");
    check("{'driver':'null-co','size':-1}", "driver null-co: option 'size' is -1, expected a size "
                                            "such as 65536, 64k or 1.5G (spec, line 1, column 21)");
    check("{'driver':'null-co','size':{}}",
          "driver null-co: 'size' must be a single value (spec, line 1, column 21)");
    check("{'driver':'null-co','cache':{'direct':true,'no-flush':false},'discard':'unmap'}",
          "opened");
    check("{'driver':'null-co','discard':'maybe'}",
          "driver null-co: option 'discard' is 'maybe', expected ignore or off or unmap or on "
          "(spec, line 1, column 21)");
    check("{'driver':'null-co','cache':{'writeback':true}}",
          "driver null-co has no key 'writeback' (spec, line 1, column 30)");
    check("{'driver':'null-co','cache':1}",
          "driver null-co: 'cache' takes objects (spec, line 1, column 21)");
    check("{'driver':'file'}", "driver file needs 'filename' (spec, line 1, column 1)");
    check("{'driver':'raw'}", "driver raw needs a child 'file' (spec, line 1, column 1)");
    check("{'driver':'raw','file':null}",
          "driver raw needs a child 'file' (spec, line 1, column 17)");
    check("{'driver':'raw','offset':17,'file':{'driver':'null-co','size':16}}",
          "raw: offset 17 and size 0 do not fit into the 16 bytes below");
    check("{'driver':'null-co','size':18446744073709551615}",
          "a number that 64 bits do not hold (spec, line 1, column 21)");
    check("{'driver':'null-co','size':'0xffffffffffffffff'}",
          "null-co: its size is beyond 2^63-1 bytes");
}

/* valgrind of Debian 12 does not. */
static bool knows_openat2(void)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC};
    int fd = syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how);

    return fd < 0 ? errno != ENOSYS : close(fd) == 0;
}

static void test_files(void)
{
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    CU_ASSERT_TRUE(mkfifo("fifo", 0600) == 0 && mkdir("directory", 0700) == 0 && listener >= 0);
    CU_ASSERT_TRUE(symlink("/proc/self/fd/0", "magic") == 0);
    close(listener);
    check("{'driver':'file','filename':'missing'}",
          "cannot open 'missing': No such file or directory");
    check("{'driver':'file','filename':''}", "cannot open '': No such file or directory");
    check("{'driver':'file','filename':'fifo'}",
          "'fifo' is a FIFO, expected a regular file or a block device");
    check("{'driver':'file','filename':'directory'}",
          "'directory' is a directory, expected a regular file or a block device");
    check("{'driver':'file','filename':'/dev/zero'}",
          "'/dev/zero' is a character device, expected a regular file or a block device");
    if (knows_openat2())
        check("{'driver':'file','filename':'magic'}",
              "cannot open 'magic': it leads through a link that is not a plain link to a file");
    check("{'driver':'file','filename':'\x1b[2J'}",
          "cannot open '\\x1b[2J': No such file or directory");
}

static void test_nesting(void)
{
    GString *json = g_string_new(NULL);
    g_autofree char *message = NULL;

    for (int i = 0; i < 60; i++)
        g_string_append(json, "{'driver':'throttle','file':");
    g_string_append(json, "{'driver':'null-co'}");
    for (int i = 0; i < 60; i++)
        g_string_append_c(json, '}');
    message = message_of(json->str, NULL);
    CU_ASSERT_STRING_EQUAL(message, "opened");
    g_string_free(json, TRUE);
}

static void declare(UcGraph *graph, const char *json)
{
    g_autofree char *quoted = g_strdelimit(g_strdup(json), "'", '"');
    g_autoptr(UcSpec) spec = uc_spec_parse_json(quoted, -1, "graph", NULL);

    CU_ASSERT_TRUE_FATAL(spec && uc_graph_declare(graph, spec, NULL));
}

/* Names may be used before they are declared, are shared, and must not be circular. */
static void test_references(void)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    g_autoptr(UcSpec) top = uc_spec_new_string("top"), other = uc_spec_new_string("other");
    g_autoptr(UcSpec) circle = uc_spec_new_string("circle");
    g_autoptr(GError) error = NULL;
    UcNode *one, *two;

    declare(graph, "{'node-name':'top','driver':'raw','file':'base'}");
    declare(graph, "{'node-name':'other','driver':'raw','offset':4,'file':'base'}");
    declare(graph, "{'node-name':'base','driver':'null-co','size':16}");
    declare(graph, "{'node-name':'circle','driver':'raw','file':'square'}");
    declare(graph, "{'node-name':'square','driver':'raw','file':'circle'}");
    one = uc_graph_open(graph, top, NULL);
    two = uc_graph_open(graph, other, NULL);
    CU_ASSERT_TRUE_FATAL(one && two);
    CU_ASSERT_PTR_EQUAL(uc_node_child(one, 0), uc_node_child(two, 0));
    CU_ASSERT_EQUAL(two->size, 12);
    CU_ASSERT_PTR_NULL(uc_graph_open(graph, circle, &error));
    CU_ASSERT_STRING_EQUAL(error->message,
                           "node 'circle' stands on itself (graph, line 1, column 38)");
}

int main(void)
{
    g_autofree char *directory = g_dir_make_tmp("unchain-open-XXXXXX", NULL);
    g_autofree char *clean = g_strdup_printf("rm -rf '%s'", directory);
    CU_pSuite suite;
    unsigned failures;

    g_chdir(directory);
    CU_initialize_registry();
    suite = CU_add_suite("opening", NULL, NULL);
    CU_add_test(suite, "descriptions", test_descriptions);
    CU_add_test(suite, "files", test_files);
    CU_add_test(suite, "nesting", test_nesting);
    CU_add_test(suite, "references", test_references);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    g_spawn_command_line_sync(clean, NULL, NULL, NULL, NULL);
    return failures > 0;
}
