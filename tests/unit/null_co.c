/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/answers.h"

#include <CUnit/Basic.h>

static void check(const char *driver)
{
    g_autofree char *plain = g_strdup_printf("{'driver':'%s','node-name':'null'}", driver);
    g_autofree char *zero = g_strdup_printf(
        "{'driver':'%s','node-name':'null','size':'1.5k','read-zeroes':true}", driver);
    g_auto(FakeGraph) undefined = answers_open(plain);
    g_auto(FakeGraph) zeroes = answers_open(zero);

    answers_check(answers_paths(undefined.node), "null UNDEFINED +1073741824", driver);
    answers_check(answers_read(undefined.node, 7, 4), "00000000", driver);
    answers_check(answers_paths(zeroes.node), "null ZERO +1536", driver);
    answers_check(answers_read(zeroes.node, 1532, 4), "00000000", driver);
}

static void test_both_names(void)
{
    check("null-co");
    check("null-aio");
}

static gint64 time_of_read(const char *graph)
{
    g_auto(FakeGraph) fake = answers_open(graph);
    gint64 start = g_get_monotonic_time();

    answers_check(answers_read(fake.node, 0, 2), "0000", graph);
    return g_get_monotonic_time() - start;
}

static void test_latency(void)
{
    CU_ASSERT_TRUE(time_of_read("{'driver':'null-co','latency-ns':30000000}") >= 30000);
    CU_ASSERT_TRUE(time_of_read("{'driver':'null-co','read-zeroes':true,'latency-ns':30000000}") >=
                   30000);
}

static void test_refused(void)
{
    answers_check(answers_refusal("{'driver':'null-co','latency-ns':-1}"),
                  "driver null-co: option 'latency-ns' is -1, expected a number that is not "
                  "negative (test, line 1, column 21)",
                  "negative");
}

int main(void)
{
    CU_pSuite suite;
    unsigned failures;

    CU_initialize_registry();
    suite = CU_add_suite("null-co", NULL, NULL);
    CU_add_test(suite, "both names", test_both_names);
    CU_add_test(suite, "latency", test_latency);
    CU_add_test(suite, "refused", test_refused);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
