/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/answers.h"

#include <CUnit/Basic.h>
#include <string.h>

/*
 * Every filter in every place of every graph changes nothing: not where a range ends, not who
 * owns it, its depth or its storage, not what lies above any base, not one byte.
 */
typedef struct Filter {
    const char *before; /* the JSON around its child; %s: the child's name */
    const char *after;
} Filter;

static const Filter filters[] = {
    {"{'driver':'copy-on-read','node-name':'F','bottom':'base','file':", "}"},
    {"{'driver':'compress','node-name':'F','file':", "}"},
    {"{'driver':'preallocate','prealloc-align':'1M','prealloc-size':128,'node-name':'F','file':",
     "}"},
    {"{'driver':'snapshot-access','node-name':'F','file':", "}"},
    {"{'driver':'copy-before-write','bitmap':{'node':'x','name':'y'},'cbw-timeout':45,"
     "'on-cbw-error':'break-snapshot','min-cluster-size':'64k','node-name':'F','file':",
     ",'target':{'driver':'null-co','size':3}}"},
    {"{'driver':'snapshot-access','node-name':'F','file':{'driver':'copy-before-write','file':",
     ",'target':{'driver':'null-co'}}}"},
    {"{'driver':'throttle','throttle-group':'g','node-name':'F','file':", "}"},
    {"{'driver':'blkdebug','node-name':'F','image':", "}"},
    {"{'driver':'blkdebug','align':4,'node-name':'F','image':", "}"},
    {"{'driver':'blkdebug','align':7,'node-name':'F','image':", "}"},
    {"{'driver':'blkdebug','align':4096,'inject-error':[{'offset':99999}],'node-name':'F',"
     "'image':",
     "}"},
    {"{'driver':'blkverify','node-name':'F','test':", ",'raw':'%s'}"},
    {"{'driver':'compress','node-name':'F','file':{'driver':'blkdebug','align':3,'image':"
     "{'driver':'blkverify','test':",
     ",'raw':{'driver':'throttle','file':'%s'}}}}"},
};

/* <name:...> is a place for a filter around the node of that name. */
#define LEAF                                                                                       \
    "<leaf:{'driver':'leaf','node-name':'leaf','size':200,'map':'self(stored) +105; zero +95'}>"
#define BASE                                                                                       \
    "<base:{'driver':'format','node-name':'base','size':13,'map':'child 1@100 +8; "                \
    "zero kept 1@101 +2; self(compressed) +1','data':" LEAF "}>"
#define TOP(backing)                                                                               \
    "<top:{'driver':'format','node-name':'top','size':18,'map':'zero +1; child 2@1 +9; "           \
    "self(encrypted) +1','backing':" backing "}>"
#define MIDDLE(backing)                                                                            \
    "<middle:{'driver':'format','node-name':'middle','size':15,'map':'child 2@0 +5; zero +1; "     \
    "child 2@6 +8; zero +1','backing':" backing "}>"

static const char *const graphs[] = {
    LEAF,
    BASE,
    TOP("null"),
    TOP(BASE),
    TOP(MIDDLE(BASE)),
    "<raw:{'driver':'raw','node-name':'raw','offset':2,'size':14,'file':" TOP(BASE) "}>",
    TOP("<raw:{'driver':'raw','node-name':'raw','offset':1,'size':9,'file':" MIDDLE(BASE) "}>"),
    "<outer:{'driver':'format','node-name':'outer','map':'child 1@2 +16','data':" TOP(BASE) "}>",
    "<null:{'driver':'null-co','node-name':'null','size':9}>",
    "<null:{'driver':'null-aio','node-name':'null','size':9,'read-zeroes':true}>",
};

static void append_named(GString *json, const char *text, const char *name, gsize length)
{
    g_autofree char *child = g_strndup(name, length);
    g_auto(GStrv) parts = g_strsplit(text, "%s", 2);
    g_autofree char *whole = g_strjoinv(child, parts);

    g_string_append(json, whole);
}

/* The graph with the filter in place number `chosen`, if it is one; false after the last. */
static bool fill(const char *graph, const Filter *filter, unsigned chosen, GString *json)
{
    const char *name = NULL; /* of the child in the chosen place, until its end */
    unsigned places = 0, inside = 0;

    for (const char *at = graph; *at; at++) {
        if (*at == '<') {
            inside += name != NULL;
            if (places++ == chosen) {
                name = at + 1;
                g_string_append(json, filter->before);
            }
            at = strchr(at, ':');
        } else if (*at == '>') {
            if (name && inside == 0)
                append_named(json, filter->after, name, strcspn(name, ":"));
            name = inside == 0 ? NULL : name;
            inside -= inside > 0;
        } else {
            g_string_append_c(json, *at);
        }
    }
    return chosen < places;
}

static void check_ranges(const UcNode *plain, const UcNode *filtered, const char *json)
{
    for (uint64_t offset = 0; offset < plain->size; offset++) {
        size_t length = MIN(5, plain->size - offset);
        g_autofree char *expected = answers_read(plain, offset, length);

        answers_check(answers_read(filtered, offset, length), expected, json);
    }
}

static void check_same(FakeGraph plain, FakeGraph filtered, const char *json)
{
    g_autofree char *facts = answers_facts(plain.node, NULL);
    g_autofree char *bytes = answers_bytes(plain.node);
    GHashTableIter iterator;
    gpointer name, base;

    answers_check(answers_facts(filtered.node, NULL), facts, json);
    answers_check(answers_bytes(filtered.node), bytes, json);
    check_ranges(plain.node, filtered.node, json);
    g_hash_table_iter_init(&iterator, plain.graph->by_name);
    while (g_hash_table_iter_next(&iterator, &name, &base)) {
        g_autofree char *above = answers_facts(plain.node, base);

        answers_check(answers_facts(filtered.node, fake_find(filtered, name)), above, json);
    }
}

static void check_places(const char *graph, const Filter *filter)
{
    g_autoptr(GString) unfiltered = g_string_new(NULL);

    fill(graph, filter, UINT_MAX, unfiltered);
    g_auto(FakeGraph) plain = answers_open(unfiltered->str);
    for (unsigned place = 0;; place++) {
        g_autoptr(GString) json = g_string_new(NULL);

        if (!fill(graph, filter, place, json))
            break;
        g_auto(FakeGraph) filtered = answers_open(json->str);
        check_same(plain, filtered, json->str);
    }
}

static void test_transparent(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(graphs); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(filters); j++)
            check_places(graphs[i], &filters[j]);
}

/* They show in the path, and reads go straight through those that have nothing to do. */
static void test_paths(void)
{
    g_auto(FakeGraph) fake = answers_open(
        "{'driver':'snapshot-access','node-name':'access','file':{'driver':'copy-before-write',"
        "'node-name':'cbw','target':{'driver':'leaf','node-name':'target','size':1},'file':"
        "{'driver':'format','node-name':'top','map':'child 2@0 +16','backing':"
        "{'driver':'leaf','node-name':'leaf'}}}}");

    answers_check(answers_paths(fake.node),
                  "access >filtered> cbw >filtered> top >backing> leaf@0 +16", "fleecing");
}

static void check_refused(const char *graph, const char *message)
{
    answers_check(answers_refusal(graph), message, graph);
}

static void test_refused(void)
{
    check_refused("{'driver':'copy-before-write','file':{'driver':'leaf'}}",
                  "driver copy-before-write needs a child 'target' (test, line 1, column 1)");
    check_refused("{'driver':'copy-before-write','file':{'driver':'leaf'},"
                  "'target':{'driver':'leaf'},'on-cbw-error':'ignore'}",
                  "driver copy-before-write: option 'on-cbw-error' is 'ignore', expected "
                  "break-guest-write or break-snapshot (test, line 1, column 83)");
    check_refused("{'driver':'copy-before-write','file':{'driver':'leaf'},"
                  "'target':{'driver':'leaf'},'bitmap':{'node':'x'}}",
                  "driver copy-before-write needs 'name' (test, line 1, column 83)");
    check_refused("{'driver':'snapshot-access'}",
                  "driver snapshot-access needs a child 'file' (test, line 1, column 1)");
    check_refused("{'driver':'compress','bottom':'x','file':{'driver':'leaf'}}",
                  "driver compress has no key 'bottom' (test, line 1, column 22)");
}

int main(void)
{
    CU_pSuite suite;
    unsigned failures;

    CU_initialize_registry();
    suite = CU_add_suite("filters", NULL, NULL);
    CU_add_test(suite, "transparent everywhere", test_transparent);
    CU_add_test(suite, "shown in the path", test_paths);
    CU_add_test(suite, "refused", test_refused);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
