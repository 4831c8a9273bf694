/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/answers.h"

#include <CUnit/Basic.h>

/* The witness is compared with, never shown, and says nothing about status. */

/* A node that differs from "leaf" in bytes 6 and 9. */
#define OTHER                                                                                      \
    "{'driver':'format','node-name':'other','map':'child 1@0 +6; self(computed) +1; "              \
    "child 1@7 +2; zero +1; child 1@10 +6','data':{'driver':'leaf','node-name':'leaf'}}"

static void test_differences(void)
{
    g_auto(FakeGraph) fake =
        answers_open("{'driver':'blkverify','node-name':'verify','test':" OTHER ",'raw':'leaf'}");
    g_autofree char *six =
        g_strdup_printf("verify: the byte at 6 is 0x%02x in other (test) and 0x%02x in leaf (raw)",
                        fake_byte("other", 6), fake_byte("leaf", 6));
    g_autofree char *nine =
        g_strdup_printf("verify: the byte at 9 is 0x00 in other (test) and 0x%02x in leaf (raw)",
                        fake_byte("leaf", 9));
    g_autofree char *before = answers_read(fake_find(fake, "leaf"), 0, 6);
    g_autofree char *after = answers_read(fake_find(fake, "leaf"), 10, 6);

    answers_check(answers_read(fake.node, 0, 6), before, "before");
    answers_check(answers_read(fake.node, 0, 16), six, "both");
    answers_check(answers_read(fake.node, 6, 1), six, "the first");
    answers_check(answers_read(fake.node, 7, 9), nine, "the second");
    answers_check(answers_read(fake.node, 10, 6), after, "after");
}

static void test_status(void)
{
    g_auto(FakeGraph) fake =
        answers_open("{'driver':'blkverify','node-name':'verify','test':{'driver':'leaf',"
                     "'node-name':'test','map':'zero +4; self(stored) +12'},"
                     "'raw':{'driver':'null-co','size':16}}");

    answers_check(answers_paths(fake.node),
                  "verify >filtered> test ZERO +4\nverify >filtered> test@4 +12", "status");
    answers_check(answers_read(fake.node, 0, 4), "00000000", "a hole that both have");
}

/* The witness may be anything that has the same bytes. */
static void test_unlike_witness(void)
{
    g_auto(FakeGraph) fake = answers_open(
        "{'driver':'raw','offset':3,'file':{'driver':'blkverify','test':{'driver':'format',"
        "'map':'child 2@0 +4; zero +4; child 2@8 "
        "+8','backing':{'driver':'leaf','node-name':'leaf'}},"
        "'raw':{'driver':'format','map':'child 1@0 +4; child 2@4 +4; child 1@8 +8','data':'leaf',"
        "'backing':{'driver':'leaf','size':1,'map':'zero +1'}}}}");
    g_autofree char *part = answers_read(fake_find(fake, "leaf"), 8, 8);
    g_autofree char *expected = g_strdup_printf("%02x00000000%s", fake_byte("leaf", 3), part);

    answers_check(answers_bytes(fake.node), expected, "witness");
}

static void test_refused(void)
{
    answers_check(answers_refusal("{'driver':'blkverify','test':{'driver':'leaf','size':16},"
                                  "'raw':{'driver':'leaf','node-name':'w','size':17}}"),
                  "blkverify: leaf (test) has 16 bytes, w (raw) has 17", "sizes");
    answers_check(answers_refusal("{'driver':'blkverify','test':{'driver':'leaf'}}"),
                  "driver blkverify needs a child 'raw' (test, line 1, column 1)", "no witness");
    answers_check(answers_refusal("{'driver':'blkverify','raw':{'driver':'leaf'}}"),
                  "driver blkverify needs a child 'test' (test, line 1, column 1)",
                  "nothing to test");
}

int main(void)
{
    CU_pSuite suite;
    unsigned failures;

    CU_initialize_registry();
    suite = CU_add_suite("blkverify", NULL, NULL);
    CU_add_test(suite, "differences", test_differences);
    CU_add_test(suite, "status", test_status);
    CU_add_test(suite, "a witness of another kind", test_unlike_witness);
    CU_add_test(suite, "refused", test_refused);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
