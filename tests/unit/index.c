/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/index.h"
#include "core/extent.h"
#include "core/plan.h"
#include "core/seek.h"
#include "tests/unit/fake.h"

#include <CUnit/Basic.h>
#include <string.h>

/*
 * Answers with the index and without it are equal: two graphs of the same description, one of
 * which remembers nothing, asked the same questions, over disks of many windows.
 */
#define DISK (UINT64_C(1) << 30)

static void append_steps(GString *json, GRand *random, unsigned steps, unsigned longest)
{
    uint64_t at = 0;

    g_string_append_printf(json, "{\"driver\":\"format\",\"size\":%lu,\"map\":\"", DISK);
    for (unsigned i = 0; i < steps; i++) {
        uint32_t length = g_rand_int_range(random, 1, longest);
        uint32_t offset = g_rand_int_range(random, 0, DISK);

        g_string_append(json, i ? ";" : "");
        switch (g_rand_int_range(random, 0, 7)) {
        case 0:
            g_string_append_printf(json, "zero kept 1@%u +%u", offset, length);
            break;
        case 1:
            g_string_append_printf(json, "self(compressed) +%u", length);
            break;
        case 2:
            g_string_append_printf(json, "child 1@%u +%u", offset, length);
            break;
        case 3:
        case 4:
            g_string_append_printf(json, "child 2@%lu kept 1@%u +%u", at, i << 18, length);
            break;
        default:
            g_string_append_printf(json, "child 2@%u +%u", offset, length);
            break;
        }
        at += length;
    }
    g_string_append_c(json, '"');
}

static char *random_chain(unsigned seed, unsigned layers, unsigned steps, unsigned longest)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    GString *json = g_string_new(NULL);

    for (unsigned i = 0; i < layers; i++) {
        append_steps(json, random, steps, longest);
        g_string_append_printf(
            json,
            ",\"data\":{\"driver\":\"leaf\",\"size\":%lu,\"map\":\"self(stored) +%u; zero +%u\"}",
            DISK, g_rand_int_range(random, 1, DISK), g_rand_int_range(random, 1, DISK));
        g_string_append(json, i + 1 < layers ? ",\"backing\":" : "");
    }
    for (unsigned i = 0; i < layers; i++)
        g_string_append_c(json, '}');
    return g_string_free(json, FALSE);
}

/* Nodes are other ones in the other graph, so paths are compared as what is printed of them. */
static void check_same(const UcPath *one, const UcPath *other)
{
    g_autofree char *text = uc_path_to_string(one);
    g_autofree char *expected = uc_path_to_string(other);

    CU_ASSERT_STRING_EQUAL_FATAL(text, expected);
    CU_ASSERT_EQUAL_FATAL(one->start, other->start);
    CU_ASSERT_EQUAL_FATAL(one->depth, other->depth);
    CU_ASSERT_EQUAL_FATAL(one->allocated, other->allocated);
    CU_ASSERT_EQUAL_FATAL(one->reserved, other->reserved);
}

static const UcNode *layer_below(const UcNode *node)
{
    return uc_node_child(node, 2);
}

static void check_range(const UcNode *with, const UcNode *without, uint64_t offset, uint64_t length,
                        UcReach reach, bool base)
{
    UcExtents one, other;
    UcPath path, expected;

    uc_extents_init(&one, with, offset, length, reach);
    uc_extents_init(&other, without, offset, length, reach);
    one.question.base = base ? layer_below(with) : NULL;
    other.question.base = base ? layer_below(without) : NULL;
    while (uc_extents_next(&other, &expected)) {
        CU_ASSERT_FATAL(uc_extents_next(&one, &path));
        check_same(&path, &expected);
    }
    CU_ASSERT_FALSE_FATAL(uc_extents_next(&one, &path));
}

/* Paths to be read may be known further than was asked: what is to be read stays the same. */
static void check_plan(const UcNode *with, const UcNode *without, uint64_t offset, uint64_t length)
{
    UcPlan one, other;
    UcSegment segment, expected;

    uc_plan_init(&one, with, offset, length);
    uc_plan_init(&other, without, offset, length);
    while (uc_plan_next(&other, &expected)) {
        CU_ASSERT_FATAL(uc_plan_next(&one, &segment));
        CU_ASSERT_EQUAL_FATAL(segment.kind, expected.kind);
        CU_ASSERT_EQUAL_FATAL(segment.length, expected.length);
        if (segment.kind == UC_SEGMENT_ZERO)
            continue;
        CU_ASSERT_STRING_EQUAL_FATAL(segment.node->name, expected.node->name);
        CU_ASSERT_EQUAL_FATAL(segment.offset, expected.offset);
    }
    CU_ASSERT_FALSE_FATAL(uc_plan_next(&one, &segment));
}

static void check_chain(unsigned seed, const char *json, uint64_t limit)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_auto(FakeGraph) with = fake_graph(json);
    g_auto(FakeGraph) without = fake_graph(json);

    g_clear_pointer(&without.graph->index, uc_cache_free);
    uc_cache_free(with.graph->index);
    with.graph->index = uc_index_new(limit);
    for (int i = 0; i < 300; i++) {
        uint64_t offset = g_rand_int_range(random, 0, DISK);
        uint64_t length = MIN(DISK - offset, (uint64_t)g_rand_int_range(random, 1, 1 << 20));

        if (i % 3 == 0)
            check_plan(with.node, without.node, offset, length);
        else
            check_range(with.node, without.node, offset, length, UC_REACH_READ + i % 3, i % 2);
    }
    check_plan(with.node, without.node, 0, DISK);
    for (UcReach reach = UC_REACH_ALLOCATED; reach <= UC_REACH_STORAGE; reach++) {
        if (reach == UC_REACH_READ)
            continue;
        check_range(with.node, without.node, 0, DISK, reach, false);
        check_range(with.node, without.node, 0, DISK, reach, true);
    }
}

static void test_long_extents(void)
{
    for (unsigned seed = 1; seed <= 8; seed++) {
        g_autofree char *json = random_chain(seed, 4, 40, 60 << 20);

        check_chain(seed, json, 32 << 20);
    }
}

/* More extents than a block may have: the windows shrink. */
static void test_short_extents(void)
{
    for (unsigned seed = 1; seed <= 3; seed++) {
        g_autofree char *json = random_chain(seed, 2, 4000, 8000);

        check_chain(seed, json, 32 << 20);
    }
}

/* A small index forgets all the time, and is never wrong. */
static void test_small_limit(void)
{
    for (unsigned seed = 1; seed <= 3; seed++) {
        g_autofree char *json = random_chain(seed, 4, 40, 60 << 20);

        check_chain(seed, json, 4000);
    }
}

static void test_huge_and_empty(void)
{
    g_auto(FakeGraph) fake =
        fake_graph("{\"driver\":\"format\",\"size\":\"4E\",\"map\":\"zero +4611686018427387904\"}");
    uint64_t found;

    CU_ASSERT_FALSE(uc_seek_data(fake.node, 12345, 512, &found));
    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 12345, 512), 12345);
}

static gpointer ask_everywhere(gpointer data)
{
    const UcNode *node = data;
    uint64_t found = 0, sum = 0;

    for (uint64_t at = 0; at < DISK && uc_seek_data(node, at, 512, &found);) {
        at = uc_seek_hole(node, found, 512);
        sum = sum * 31 + found + at;
    }
    return (gpointer)sum;
}

static void test_threads(void)
{
    g_autofree char *json = random_chain(7, 4, 400, 6 << 20);
    g_auto(FakeGraph) fake = fake_graph(json);
    gpointer expected = ask_everywhere(fake.node);
    GThread *threads[4];

    uc_cache_free(fake.graph->index);
    fake.graph->index = uc_index_new(100000);
    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new("ask", ask_everywhere, fake.node);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_PTR_EQUAL(g_thread_join(threads[i]), expected);
}

int main(void)
{
    CU_pSuite suite;
    unsigned failures;

    CU_initialize_registry();
    suite = CU_add_suite("index", NULL, NULL);
    CU_add_test(suite, "long extents", test_long_extents);
    CU_add_test(suite, "short extents", test_short_extents);
    CU_add_test(suite, "small limit", test_small_limit);
    CU_add_test(suite, "huge and empty", test_huge_and_empty);
    CU_add_test(suite, "threads", test_threads);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
