/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/answers.h"

#include <CUnit/Basic.h>

/* Which reads fail, how, and what the others still give. */

#define LEAF "{'driver':'leaf','node-name':'leaf','size':%u}"

static FakeGraph open_debug(const char *options, unsigned size)
{
    g_autofree char *graph = g_strdup_printf(
        "{'driver':'blkdebug','node-name':'dbg',%s,'image':" LEAF "}", options, size);

    return answers_open(graph);
}

/* The read is what the leaf has, or fails with this message. */
static void check(const char *options, uint64_t offset, size_t length, const char *message)
{
    g_auto(FakeGraph) fake = open_debug(options, 2000);
    g_autofree char *expected = answers_read(fake_find(fake, "leaf"), offset, length);

    answers_check(answers_read(fake.node, offset, length), message ? message : expected, options);
}

static void test_ranges(void)
{
    static const char rule[] = "'inject-error':[{'offset':100,'length':50}]";

    check(rule, 0, 100, NULL);
    check(rule, 150, 1850, NULL);
    check(rule, 99, 2, "dbg: injected into the read of 2 bytes at 99: Input/output error");
    check(rule, 149, 1, "dbg: injected into the read of 1 bytes at 149: Input/output error");
    check(rule, 0, 2000, "dbg: injected into the read of 2000 bytes at 0: Input/output error");
    check("'inject-error':[{'offset':100}]", 0, 100, NULL);
    check("'inject-error':[{'offset':100}]", 1999, 1,
          "dbg: injected into the read of 1 bytes at 1999: Input/output error");
    check("'inject-error':[{'length':1}]", 1, 9, NULL);
    check("'inject-error':[{'length':1}]", 0, 9,
          "dbg: injected into the read of 9 bytes at 0: Input/output error");
    check("'inject-error':[{}]", 7, 1,
          "dbg: injected into the read of 1 bytes at 7: Input/output error");
    check("'inject-error':[{'length':0}]", 0, 2000, NULL);
    check("'inject-error':[]", 0, 2000, NULL);
}

/* Rules as QEMU writes them. */
static void test_qemu_rules(void)
{
    check("'inject-error':[{'event':'read_aio','sector':1,'immediately':true}]", 0, 512, NULL);
    check("'inject-error':[{'event':'none','sector':1,'errno':28}]", 1023, 1,
          "dbg: injected into the read of 1 bytes at 1023: No space left on device");
    check("'inject-error':[{'event':'read_aio','sector':1}]", 1024, 1, NULL);
    check("'inject-error':[{'iotype':'write'},{'iotype':'flush'}]", 0, 2000, NULL);
    check("'inject-error':[{'sector':0,'errno':13},{'errno':11}]", 0, 600,
          "dbg: injected into the read of 600 bytes at 0: Permission denied");
    check("'inject-error':[{'sector':0,'errno':13},{'errno':11}]", 512, 600,
          "dbg: injected into the read of 600 bytes at 512: Resource temporarily unavailable");
    check("'max-transfer':512,'opt-discard':512,'max-discard':512,'opt-write-zero':512,"
          "'max-write-zero':512",
          0, 2000, NULL);
}

static void test_once(void)
{
    g_auto(FakeGraph) fake = open_debug("'inject-error':[{'offset':8,'length':8,'once':true}]", 16);
    g_autofree char *expected = answers_bytes(fake_find(fake, "leaf"));

    g_free(answers_read(fake.node, 0, 8));
    answers_check(answers_bytes(fake.node),
                  "dbg: injected into the read of 16 bytes at 0: Input/output error", "once");
    answers_check(answers_bytes(fake.node), expected, "once");
}

static void *read_a_byte(void *node)
{
    char byte;

    return GUINT_TO_POINTER(!uc_node_read(node, 9, &byte, 1, NULL));
}

/* Of many threads that meet it at the same time, one gets the error. */
static void test_once_for_all_threads(void)
{
    g_auto(FakeGraph) fake = open_debug("'inject-error':[{'once':true}]", 16);
    GThread *threads[16];
    unsigned failed = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("read", read_a_byte, fake.node);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        failed += GPOINTER_TO_UINT(g_thread_join(threads[i]));
    CU_ASSERT_EQUAL(failed, 1);
}

static void test_memory(void)
{
    g_auto(FakeGraph) fake = open_debug("'inject-error':[{'errno':12}]", 16);
    g_autoptr(GError) error = NULL;
    char byte;

    CU_ASSERT_FALSE(uc_node_read(fake.node, 0, &byte, 1, &error));
    CU_ASSERT_TRUE(g_error_matches(error, UC_ERROR, UC_ERROR_MEMORY));
}

/* Whole blocks go below: a bad byte spoils its block, and the last block ends with the disk. */
static void check_align(unsigned align, unsigned size, unsigned bad)
{
    g_autofree char *graph = g_strdup_printf(
        "{'driver':'blkdebug','align':%u,'node-name':'outer','image':{'driver':'blkdebug',"
        "'node-name':'inner','inject-error':[{'offset':%u,'length':1}],'image':" LEAF "}}",
        align, bad, size);
    g_auto(FakeGraph) fake = answers_open(graph);
    const UcNode *leaf = fake_find(fake, "leaf");

    for (unsigned offset = 0; offset < size; offset++) {
        for (unsigned length = 1; length <= size - offset; length++) {
            unsigned first = offset / align, last = (offset + length - 1) / align;
            uint64_t start = first * align, end = MIN((last + 1) * align, size);
            bool fails = first <= bad / align && bad / align <= last;
            g_autofree char *expected =
                fails ? g_strdup_printf("outer: inner: injected into the read of %lu bytes at %lu: "
                                        "Input/output error",
                                        end - start, start)
                      : answers_read(leaf, offset, length);

            answers_check(answers_read(fake.node, offset, length), expected, graph);
        }
    }
}

static void test_align(void)
{
    check_align(1, 13, 5);
    check_align(4, 13, 5);
    check_align(4, 13, 12);
    check_align(5, 16, 0);
    check_align(64, 13, 3);
    check("'align':512,'inject-error':[{'offset':512,'length':1}]", 1000, 24,
          "dbg: injected into the read of 512 bytes at 512: Input/output error");
    check("'align':512,'inject-error':[{'offset':512,'length':1}]", 1024, 976, NULL);
    check("'align':0", 3, 5, NULL);
    check("'align':2147483647", 3, 5, NULL);
}

/* A bad block is no hole and hides none, and hurts only those whose bytes it has. */
static void test_in_a_chain(void)
{
    g_auto(FakeGraph) fake = answers_open(
        "{'driver':'format','node-name':'top','map':'child 1@0 +4; child 2@4 +4; zero +4; "
        "child 2@12 +4','data':{'driver':'leaf','node-name':'data'},'backing':"
        "{'driver':'blkdebug','node-name':'dbg','inject-error':[{'offset':0,'length':5}],'image':"
        "{'driver':'leaf','node-name':'leaf','map':'self(stored) +12; zero +4'}}}");

    answers_check(answers_paths(fake.node),
                  "top >data> data@0 +4\ntop >backing> dbg >filtered> leaf@4 +4\ntop ZERO +4\n"
                  "top >backing> dbg >filtered> leaf ZERO +4",
                  "chain");
    g_autofree char *own = answers_read(fake_find(fake, "data"), 0, 4);
    g_autofree char *shown = answers_read(fake_find(fake, "leaf"), 5, 3);

    answers_check(answers_read(fake.node, 0, 4), own, "chain");
    answers_check(answers_read(fake.node, 5, 3), shown, "chain");
    answers_check(answers_read(fake.node, 8, 8), "0000000000000000", "chain");
    answers_check(answers_read(fake.node, 0, 16),
                  "dbg: injected into the read of 4 bytes at 4: Input/output error", "chain");
}

static void check_refused(const char *options, const char *message)
{
    g_autofree char *graph =
        g_strdup_printf("{'driver':'blkdebug',%s,'image':{'driver':'leaf'}}", options);

    answers_check(answers_refusal(graph), message, options);
}

static void test_refused(void)
{
    check_refused("'config':'rules'", "driver blkdebug: 'config' cannot be used: give the rules as "
                                      "'inject-error' (test, line 1, column 22)");
    check_refused("'set-state':[{'event':'none','new_state':2}]",
                  "driver blkdebug: 'set-state' cannot be used: rules here do not wait for events "
                  "and have no states (test, line 1, column 22)");
    check_refused("'inject-error':[{'state':1}]",
                  "driver blkdebug: 'state' cannot be used: rules here do not wait for events and "
                  "have no states (test, line 1, column 39)");
    check_refused("'take-child-perms':['write']",
                  "driver blkdebug: 'take-child-perms' cannot be used: nodes that are only read "
                  "need no permissions (test, line 1, column 22)");
    check_refused("'inject-error':[{'event':'l2_load'}]",
                  "driver blkdebug: option 'event' is 'l2_load', expected read_aio or none (test, "
                  "line 1, column 39)");
    check_refused("'inject-error':[{'sector':1,'length':9}]",
                  "blkdebug: a rule has a 'sector', or 'offset' and 'length', not both");
    check_refused("'inject-error':[{'sector':'36028797018963968'}]",
                  "blkdebug: sector 36028797018963968 is beyond any disk");
    check_refused("'inject-error':[{'errno':0}]", "blkdebug: errno is 0, expected 1 to 4095");
    check_refused("'inject-error':[{'errno':4096}]", "blkdebug: errno is 4096, expected 1 to 4095");
    check_refused("'align':'2G'", "blkdebug: align is 2147483648, expected at most 2147483647");
}

int main(void)
{
    CU_pSuite suite;
    unsigned failures;

    CU_initialize_registry();
    suite = CU_add_suite("blkdebug", NULL, NULL);
    CU_add_test(suite, "ranges", test_ranges);
    CU_add_test(suite, "rules of QEMU", test_qemu_rules);
    CU_add_test(suite, "once", test_once);
    CU_add_test(suite, "once for all threads", test_once_for_all_threads);
    CU_add_test(suite, "no memory", test_memory);
    CU_add_test(suite, "align", test_align);
    CU_add_test(suite, "in a chain", test_in_a_chain);
    CU_add_test(suite, "refused", test_refused);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
