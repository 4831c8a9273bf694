/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/extent.h"
#include "core/plan.h"
#include "core/seek.h"
#include "tests/unit/fake.h"

#include <CUnit/Basic.h>
#include <string.h>

/*
 * The truth table of docs/block-status.md, one row after the other: a graph, an offset, and what
 * must be read off the path there.
 */
#define LEAF(name) "{'driver':'leaf','node-name':'" name "'}"
#define BASE                                                                                       \
    "{'driver':'format','node-name':'base','map':'child 1@100 +16','data':"                        \
    "{'driver':'leaf','node-name':'leaf','size':200}}"
#define FILTER(child) "{'driver':'filter','node-name':'filter','file':" child "}"
#define VOTE(a, b) "{'driver':'vote','node-name':'vote','children':[" a "," b "]}"
#define OVER(top_map, backing)                                                                     \
    "{'driver':'format','node-name':'top','map':'" top_map "','backing':" backing "}"

typedef struct Row {
    const char *graph; /* JSON, with ' for " */
    const char *path;  /* from offset 0 */
    bool allocated;
    unsigned depth;
    bool hole;
    bool present;
    const char *above; /* base node for "allocated above", or NULL */
    bool is_above;
} Row;

static const Row rows[] = {
    {LEAF("leaf"), "leaf@0 +16", true, 0, false, true},
    {"{'driver':'leaf','node-name':'leaf','map':'zero +4'}", "leaf ZERO +4", true, 0, true, true},
    {"{'driver':'format','node-name':'top','map':'child 1@100 +16','data':"
     "{'driver':'leaf','node-name':'leaf','size':200}}",
     "top >data> leaf@100 +16", true, 0, false, true},
    {"{'driver':'format','node-name':'top','map':'child 1@100 +16','data':"
     "{'driver':'leaf','node-name':'leaf','size':50}}",
     "top >data> leaf SHORT +16", true, 0, true, true},
    {"{'driver':'format','node-name':'top','map':'zero +16'}", "top ZERO +16", true, 0, true, true},
    {"{'driver':'format','node-name':'top','map':'zero kept 1@8 +16','data':"
     "{'driver':'leaf','node-name':'leaf','size':200}}",
     "top ZERO, reserved +16", true, 0, true, true},
    {"{'driver':'format','node-name':'top','map':'zero kept 1@8 +16','data':"
     "{'driver':'leaf','node-name':'leaf','size':200,'map':'zero +200'}}",
     "top ZERO +16", true, 0, true, true},
    {"{'driver':'format','node-name':'top','map':'self(compressed) +16'}",
     "top@0 SELF(compressed) +16", true, 0, false, true},
    {"{'driver':'format','node-name':'top','map':'self(encrypted) +16'}",
     "top@0 SELF(encrypted) +16", true, 0, false, true},
    {"{'driver':'format','node-name':'top','map':'self(broken) +16'}", "top@0 SELF(broken) +16",
     true, 0, false, true},
    {OVER("child 2@0 +16", BASE), "top >backing> base >data> leaf@100 +16", false, 1, false, true,
     "base", false},
    {OVER("child 2@0 kept 1@0 +16", "{'driver':'format','map':'zero +16','node-name':'base'}"),
     "top >backing> base ZERO +16", false, 1, true, true, "base", false},
    {OVER("child 2@0 +16", "null"), "top >backing> (nothing) +16", false, 0, true, false},
    {OVER("child 2@20 +16", BASE), "top >backing> base SHORT +16", false, 1, true, false, "base",
     false},
    {OVER("child 2@20 +16", BASE), "top >backing> base SHORT +16", false, 1, true, false, "leaf",
     true},
    {OVER("child 2@0 +16", "{'driver':'format','node-name':'base'}"),
     "top >backing> base >backing> (nothing) +16", false, 1, true, false},
    /* a filter above, between, below; and one that calls its child \"backing\" */
    {FILTER(OVER("child 2@0 +16", BASE)),
     "filter >filtered> top >backing> base >data> leaf@100 +16", false, 1, false, true, "base",
     false},
    {OVER("child 2@0 +16", FILTER(BASE)),
     "top >backing> filter >filtered> base >data> leaf@100 +16", false, 1, false, true, "base",
     false},
    {OVER("child 2@20 +16", FILTER(BASE)), "top >backing> filter >filtered> base SHORT +16", false,
     1, true, false, "base", false},
    {"{'driver':'hanging','node-name':'filter','backing':" LEAF("leaf") "}",
     "filter >filtered> leaf@0 +16", true, 0, false, true},
    {"{'driver':'hanging','node-name':'filter','backing':" OVER("child 2@0 +16", "null") "}",
     "filter >filtered> top >backing> (nothing) +16", false, 0, true, false},
    {"{'driver':'stopping','node-name':'filter','file':" LEAF("leaf") "}",
     "filter >filtered> leaf@0 +16", true, 0, false, true},
    /* the case that other tools lose data on */
    {"{'driver':'raw','node-name':'raw','offset':4,'file':" OVER("child 2@0 +16", BASE) "}",
     "raw >data> top >backing> base >data> leaf@104 +12", true, 1, false, true, "base", false},
    {"{'driver':'raw','node-name':'raw','file':" OVER("child 2@0 +16", "null") "}",
     "raw >data> top >backing> (nothing) +16", true, 0, true, false},
    {OVER("child 2@0 +16", "{'driver':'raw','node-name':'raw','offset':2,'file':" BASE "}"),
     "top >backing> raw >data> base >data> leaf@102 +14", false, 1, false, true, "base", false},
    /* an external data file that is a chain itself */
    {"{'driver':'format','node-name':'outer','map':'child 1@0 +16','data':" OVER("child 2@0 +16",
                                                                                 BASE) "}",
     "outer >data> top >backing> base >data> leaf@100 +16", true, 0, false, true, "base", false},
    {"{'driver':'format','node-name':'outer','map':'child 1@0 +16','data':" OVER("child 2@0 +16",
                                                                                 "null") "}",
     "outer >data> top >backing> (nothing) +16", true, 0, true, true},
    /* children that must agree: a zero is one for all of them, and so is a base */
    {VOTE("{'driver':'leaf','map':'zero +8'}", "{'driver':'leaf','map':'zero +16'}"),
     "vote ZERO +8", true, 0, true, true},
    {VOTE("{'driver':'leaf','map':'zero +16'}", LEAF("leaf")), "vote@0 SELF(computed) +16", true, 0,
     false, true},
    {VOTE(OVER("child 2@0 +16", BASE), "{'driver':'format','backing':'base'}"),
     "vote@0 SELF(computed) +16", false, 0, false, true, "base", false},
    {VOTE(OVER("child 2@0 +16", BASE), LEAF("other")), "vote@0 SELF(computed) +16", true, 0, false,
     true, "base", true},
    {"{'driver':'null-co','node-name':'null','size':16}", "null UNDEFINED +16", true, 0, false,
     true},
    {"{'driver':'null-co','node-name':'null','size':16,'read-zeroes':true}", "null ZERO +16", true,
     0, true, true},
};

static char *json_of(const char *text)
{
    return g_strdelimit(g_strdup(text), "'", '"');
}

static void check_above(const Row *row, FakeGraph fake)
{
    const UcQuestion question = {.reach = UC_REACH_STATUS,
                                 .base = row->above ? fake_find(fake, row->above) : NULL};
    UcPath path = uc_path_find(fake.node, 0, fake.node->size, &question);

    CU_ASSERT_EQUAL(path.end != UC_END_BASE, row->above == NULL || row->is_above);
}

static void check_row(const Row *row)
{
    g_autofree char *json = json_of(row->graph);
    g_auto(FakeGraph) fake = fake_graph(json);
    const UcQuestion question = {.reach = UC_REACH_STORAGE};
    UcPath path = uc_path_find(fake.node, 0, fake.node->size, &question);
    g_autofree char *text = uc_path_to_string(&path);

    CU_ASSERT_STRING_EQUAL(text, row->path);
    if (strcmp(text, row->path) != 0)
        g_printerr("got '%s', expected '%s'\n", text, row->path);
    CU_ASSERT_EQUAL(path.allocated, row->allocated);
    CU_ASSERT_EQUAL(path.depth, row->depth);
    CU_ASSERT_EQUAL(uc_path_is_zero(&path), row->hole);
    CU_ASSERT_EQUAL(uc_path_is_present(&path), row->present);
    check_above(row, fake);
}

static void test_rows(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        check_row(&rows[i]);
}

/* A nearer reach says the same as a further one about what it does say. */
static void test_reaches_agree(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *json = json_of(rows[i].graph);
        g_auto(FakeGraph) fake = fake_graph(json);

        for (UcReach reach = UC_REACH_ALLOCATED; reach <= UC_REACH_STORAGE; reach++) {
            const UcQuestion question = {.reach = reach};
            UcPath path = uc_path_find(fake.node, 0, fake.node->size, &question);

            CU_ASSERT_EQUAL(path.allocated, rows[i].allocated);
            if (reach >= UC_REACH_OWNER)
                CU_ASSERT_EQUAL(path.depth, rows[i].depth);
        }
    }
}

/* The owner is a layer, never a filter or a window. */
static void test_owner(void)
{
    static const struct {
        const char *graph, *owner;
    } cases[] = {
        {OVER("child 2@0 +16", BASE), "base"},
        {OVER("child 2@0 +16", FILTER(BASE)), "base"},
        {"{'driver':'raw','file':" OVER("child 2@0 +16", BASE) "}", "base"},
        {OVER("zero +16", BASE), "top"},
        {OVER("child 2@20 +16", BASE), "base"},
        {OVER("child 2@0 +16", "null"), NULL},
        {"{'driver':'format','node-name':'outer','map':'child 1@0 +16','data':" OVER(
             "child 2@0 +16", BASE) "}",
         "outer"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *json = json_of(cases[i].graph);
        g_auto(FakeGraph) fake = fake_graph(json);
        const UcQuestion question = {.reach = UC_REACH_STATUS};
        UcPath path = uc_path_find(fake.node, 0, fake.node->size, &question);

        CU_ASSERT_PTR_EQUAL(path.owner, cases[i].owner ? fake_find(fake, cases[i].owner) : NULL);
    }
}

/* Reads stop where status passes. */
static void test_reads_stop(void)
{
    g_autofree char *json = json_of(
        "{'driver':'raw','file':{'driver':'stopping','node-name':'stop','file':" LEAF("l") "}}");
    g_auto(FakeGraph) fake = fake_graph(json);
    g_autofree char *text = NULL;
    UcPlan plan;

    uc_plan_init(&plan, fake.node, 4, 8);
    text = uc_plan_to_string(&plan);
    CU_ASSERT_STRING_EQUAL(text, "produce stop@4 +8\n");
}

/* An answer that breaks the contract is never believed, and never fatal. */
static void test_contract(void)
{
    static const char *const maps[] = {
        "child 7@0 +16",    /* no such edge */
        "child 0@0 +16",    /* metadata is never guest bytes */
        "zero +0",          /* no progress */
        "self(stored) +16", /* not a leaf */
        "child 2@18446744073709551615 +16",
        "zero kept 9@0 +16",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(maps); i++) {
        g_autofree char *json = g_strdup_printf(
            "{\"driver\":\"format\",\"map\":\"%s\",\"file\":{\"driver\":\"leaf\"}}", maps[i]);
        g_auto(FakeGraph) fake = fake_graph(json);
        const UcQuestion question = {.reach = UC_REACH_STATUS};
        g_autoptr(GError) error = NULL;
        char buffer[16];
        UcPath path = uc_path_find(fake.node, 0, 16, &question);

        CU_ASSERT_EQUAL(path.end, UC_END_INVALID);
        CU_ASSERT_EQUAL(path.length, 16);
        CU_ASSERT_FALSE(uc_path_is_zero(&path));
        CU_ASSERT_FALSE(uc_node_read(fake.node, 0, buffer, 16, &error));
        CU_ASSERT_PTR_NOT_NULL(error);
    }
}

static void test_seek_granularity(void)
{
    /* data [0,3) hole [3,9) data [9,10) hole [10,16) */
    g_autofree char *json = json_of("{'driver':'leaf','map':'self(stored) +3; zero +6; "
                                    "self(stored) +1; zero +6'}");
    g_auto(FakeGraph) fake = fake_graph(json);
    uint64_t found;

    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 0, 1), 3);
    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 0, 4), 4);
    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 0, 8), 16);
    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 5, 4), 5);
    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 8, 4), 12);
    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 10, 1), 10);
    CU_ASSERT_TRUE(uc_seek_data(fake.node, 3, 4, &found) && found == 3);
    CU_ASSERT_TRUE(uc_seek_data(fake.node, 4, 4, &found) && found == 8);
    CU_ASSERT_TRUE(uc_seek_data(fake.node, 9, 4, &found) && found == 9);
    CU_ASSERT_FALSE(uc_seek_data(fake.node, 12, 4, &found));
    CU_ASSERT_FALSE(uc_seek_data(fake.node, 15, 1, &found));
}

/* The last block of an odd size is whole for its purposes. */
static void test_seek_odd_end(void)
{
    g_autofree char *json =
        json_of("{'driver':'leaf','size':15,'map':'self(stored) +3; zero +12'}");
    g_auto(FakeGraph) fake = fake_graph(json);
    uint64_t found;

    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 0, 4), 4);
    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 14, 4), 14);
    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 0, 16), 15);
    CU_ASSERT_FALSE(uc_seek_data(fake.node, 13, 4, &found));
}

/* Neighbours with one path are one extent; a change of the path alone makes another. */
static void test_extents_are_minimal(void)
{
    g_autofree char *json = json_of(
        "{'driver':'format','node-name':'top','map':'child 1@0 +4; child 1@4 +4; child 1@4 +2; "
        "zero +3; zero +3','data':" LEAF("leaf") "}");
    g_auto(FakeGraph) fake = fake_graph(json);
    UcExtents extents;
    UcPath extent;
    GString *all = g_string_new(NULL);

    uc_extents_init(&extents, fake.node, 0, 16, UC_REACH_STATUS);
    while (uc_extents_next(&extents, &extent)) {
        g_autofree char *text = uc_path_to_string(&extent);

        g_string_append_printf(all, "%s\n", text);
    }
    CU_ASSERT_STRING_EQUAL(all->str, "top >data> leaf@0 +8\ntop >data> leaf@4 +2\ntop ZERO +6\n");
    g_string_free(all, TRUE);
}

int main(void)
{
    CU_pSuite suite;
    unsigned failures;

    CU_initialize_registry();
    suite = CU_add_suite("truth table", NULL, NULL);
    CU_add_test(suite, "every row", test_rows);
    CU_add_test(suite, "reaches agree", test_reaches_agree);
    CU_add_test(suite, "owner", test_owner);
    CU_add_test(suite, "reads stop at a node", test_reads_stop);
    CU_add_test(suite, "broken contracts", test_contract);
    CU_add_test(suite, "seek at a granularity", test_seek_granularity);
    CU_add_test(suite, "seek with an odd end", test_seek_odd_end);
    CU_add_test(suite, "extents are minimal", test_extents_are_minimal);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
