/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/path.h"
#include "tests/unit/answers.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

/*
 * Votes. The disk that is meant is "leaf", of four sectors and a bit; a child is written as
 *
 *     ok                  the leaf itself
 *     NAME:bad@FROM+LEN   the leaf with other bytes in that range
 *     NAME:zero@FROM+LEN  with zeroes there
 *     NAME:fail@FROM+LEN  that cannot be read there
 */
#define SIZE 2100

static char *altered(const char *name, const char *step, unsigned from, unsigned length)
{
    unsigned end = from + length;
    g_autofree char *before = from ? g_strdup_printf("child 1@0 +%u; ", from) : g_strdup("");
    g_autofree char *after =
        end < SIZE ? g_strdup_printf("; child 1@%u +%u", end, SIZE - end) : g_strdup("");

    return g_strdup_printf("{'driver':'format','node-name':'%s','size':%d,'data':'leaf',"
                           "'map':'%s%s +%u%s'}",
                           name, SIZE, before, step, length, after);
}

static char *child_of(const char *word)
{
    char name[16], kind[16];
    unsigned from, length;

    if (sscanf(word, "%15[a-z]:%15[a-z]@%u+%u", name, kind, &from, &length) != 4)
        return g_strdup("'leaf'");
    if (strcmp(kind, "fail") == 0)
        return g_strdup_printf("{'driver':'blkdebug','node-name':'%s','image':'leaf',"
                               "'inject-error':[{'offset':%u,'length':%u}]}",
                               name, from, length);
    return altered(name, strcmp(kind, "bad") == 0 ? "self(computed)" : "zero", from, length);
}

static char *children_of(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_auto(GStrv) children = g_new0(char *, g_strv_length(words) + 1);

    for (guint i = 0; words[i]; i++)
        children[i] = child_of(words[i]);
    return g_strjoinv(",", children);
}

/* The quorum is "q"; what holds it only sees to it that the leaf is opened first. */
static FakeGraph open_quorum(const char *options, const char *children)
{
    g_autofree char *nodes = children_of(children);
    g_autofree char *graph =
        g_strdup_printf("{'driver':'format','file':{'driver':'leaf','node-name':'leaf','size':%d},"
                        "'data':{'driver':'quorum','node-name':'q',%s,'children':[%s]}}",
                        SIZE, options, nodes);

    return answers_open(graph);
}

typedef struct Vote {
    const char *options;
    const char *children;
    uint64_t offset;
    size_t length;
    const char *expected; /* a node, whose bytes are read, or the message of the error */
} Vote;

#define THRESHOLD_1 "'vote-threshold':1"
#define THRESHOLD_2 "'vote-threshold':2"
#define THRESHOLD_3 "'vote-threshold':3"
#define FIFO "'vote-threshold':1,'read-pattern':'fifo'"

static const Vote votes[] = {
    {THRESHOLD_1, "ok", 0, SIZE, "leaf"},
    {THRESHOLD_2, "ok ok", 0, SIZE, "leaf"},
    {THRESHOLD_3, "ok ok ok", 0, SIZE, "leaf"},
    /* one is wrong, wherever it stands */
    {THRESHOLD_2, "a:bad@600+1 ok ok", 0, SIZE, "leaf"},
    {THRESHOLD_2, "ok a:bad@600+1 ok", 0, SIZE, "leaf"},
    {THRESHOLD_2, "ok ok a:bad@0+2100", 1, 2000, "leaf"},
    {THRESHOLD_2, "ok ok a:zero@0+2100", 1, 2000, "leaf"},
    {THRESHOLD_2, "ok ok a:fail@0+2100", 0, SIZE, "leaf"},
    {THRESHOLD_2, "a:fail@600+1 ok ok", 0, SIZE, "leaf"},
    {THRESHOLD_3, "ok ok a:bad@600+1 ok", 0, SIZE, "leaf"},
    {THRESHOLD_3, "ok ok a:bad@600+1", 0, SIZE,
     "q: no decision on the 512 bytes at 512, vote-threshold is 3: 2 for leaf, leaf; 1 for a "
     "(differing at 600)"},
    {THRESHOLD_3, "ok ok a:bad@600+1", 0, 512, "leaf"},
    {THRESHOLD_3, "ok ok a:bad@600+1", 1024, 1000, "leaf"},
    /* a sector is believed or not as a whole */
    {THRESHOLD_3, "ok ok a:bad@600+1", 1000, 3,
     "q: no decision on the 512 bytes at 512, vote-threshold is 3: 2 for leaf, leaf; 1 for a "
     "(differing at 600)"},
    {THRESHOLD_3, "ok ok a:bad@2099+1", 2048, 4,
     "q: no decision on the 52 bytes at 2048, vote-threshold is 3: 2 for leaf, leaf; 1 for a "
     "(differing at 2099)"},
    /* two are wrong, in different sectors: each is outvoted in its own */
    {THRESHOLD_2, "a:bad@10+5 b:bad@600+1 ok", 0, SIZE, "leaf"},
    {THRESHOLD_2, "a:bad@10+5 b:fail@600+1 ok", 0, SIZE, "leaf"},
    {THRESHOLD_2, "a:fail@10+5 b:fail@600+1 c:bad@1100+1", 0, SIZE, "leaf"},
    {THRESHOLD_2, "ok a:bad@1500+600 b:bad@0+1024", 3, 2000, "leaf"},
    /* and in the same */
    {THRESHOLD_2, "a:bad@10+5 b:zero@100+1 ok", 0, SIZE,
     "q: no decision on the 512 bytes at 0, vote-threshold is 2: 1 for a; 1 for b (differing at "
     "10); 1 for leaf (differing at 10)"},
    {THRESHOLD_2, "a:fail@10+5 b:fail@600+1 c:bad@601+1", 0, SIZE,
     "q: no decision on the 512 bytes at 512, vote-threshold is 2: 1 for a; b: injected into the "
     "read of 512 bytes at 512: Input/output error; 1 for c (differing at 601)"},
    {THRESHOLD_2, "a:fail@0+1 b:fail@0+1 c:fail@0+1", 0, SIZE,
     "q: no decision on the 512 bytes at 0, vote-threshold is 2: a: injected into the read of 512 "
     "bytes at 0: Input/output error; b: injected into the read of 512 bytes at 0: Input/output "
     "error; c: injected into the read of 512 bytes at 0: Input/output error"},
    /* two that agree on what is wrong are a majority of three, but not of what counts as one */
    {THRESHOLD_2, "a:zero@600+10 b:zero@600+10 ok", 512, 1000, "a"},
    {THRESHOLD_2, "a:zero@600+10 b:zero@600+10 ok ok c:bad@700+1", 512, 512,
     "q: no decision on the 512 bytes at 512, vote-threshold is 2: 2 for a, b; 2 for leaf, leaf "
     "(differing at 600); 1 for c (differing at 600)"},
    {THRESHOLD_2, "a:zero@600+10 b:zero@600+10 ok ok ok c:bad@700+1 d:zero@700+1", 1, 2048, "leaf"},
    /* one vote is enough, but not against another one */
    {THRESHOLD_1, "a:fail@0+2100 ok", 0, SIZE, "leaf"},
    {THRESHOLD_1, "ok a:bad@600+1", 0, SIZE,
     "q: no decision on the 512 bytes at 512, vote-threshold is 1: 1 for leaf; 1 for a (differing "
     "at 600)"},
    {THRESHOLD_2 ",'blkverify':true", "ok a:bad@600+1", 0, SIZE,
     "q: no decision on the 512 bytes at 512, vote-threshold is 2: 1 for leaf; 1 for a (differing "
     "at 600)"},
    {THRESHOLD_2 ",'rewrite-corrupted':true", "ok a:bad@600+1 ok", 0, SIZE, "leaf"},
    /* no vote at all */
    {FIFO, "a:bad@600+1 ok ok", 0, SIZE, "a"},
    {FIFO, "a:fail@600+1 ok", 0, SIZE, "leaf"},
    {FIFO, "a:fail@600+1 b:bad@600+1 ok", 0, SIZE, "b"},
    {FIFO, "a:fail@600+1 b:fail@700+1", 600, 200,
     "q: no child can be read: a: injected into the read of 200 bytes at 600: Input/output error; "
     "b: injected into the read of 200 bytes at 600: Input/output error"},
};

static void test_votes(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(votes); i++) {
        const Vote *vote = &votes[i];
        g_auto(FakeGraph) fake = open_quorum(vote->options, vote->children);
        const UcNode *node = uc_graph_find(fake.graph, vote->expected);
        g_autofree char *bytes = node ? answers_read(node, vote->offset, vote->length) : NULL;

        answers_check(answers_read(fake_find(fake, "q"), vote->offset, vote->length),
                      bytes ? bytes : vote->expected, vote->children);
    }
}

/* However a range is asked for, each of its bytes is the same. */
static void test_independent_of_the_request(void)
{
    g_auto(FakeGraph) fake =
        open_quorum(THRESHOLD_2, "a:bad@500+30 b:zero@1030+40 ok c:fail@1500+200 ok");
    const UcNode *quorum = fake_find(fake, "q"), *leaf = fake_find(fake, "leaf");

    for (unsigned offset = 0; offset < SIZE; offset += 37) {
        for (unsigned length = 1; length <= SIZE - offset; length += 61) {
            g_autofree char *expected = answers_read(leaf, offset, length);

            answers_check(answers_read(quorum, offset, length), expected, "request");
        }
    }
}

static void check_paths(const char *graph, const char *paths)
{
    g_auto(FakeGraph) fake = answers_open(graph);

    answers_check(answers_paths(fake.node), paths, graph);
}

#define Q "'driver':'quorum','node-name':'q','vote-threshold':"
#define HALF_ZERO(name) "{'driver':'leaf','node-name':'" name "','map':'zero +8; self(stored) +8'}"

static void test_status(void)
{
    check_paths("{" Q "1,'children':[{'driver':'leaf','map':'zero +16'}]}", "q ZERO +16");
    check_paths("{" Q "2,'children':[" HALF_ZERO("a") "," HALF_ZERO("b") "]}",
                "q ZERO +8\nq@8 SELF(computed) +8");
    check_paths("{" Q "1,'children':[" HALF_ZERO("a") ",{'driver':'leaf'}]}",
                "q@0 SELF(computed) +16");
    check_paths("{" Q "1,'read-pattern':'fifo','children':[" HALF_ZERO("a") ",{'driver':'leaf'}]}",
                "q@0 SELF(computed) +16");
    /* zeroes that are found in different ways: short, void, stated */
    check_paths("{" Q "3,'children':[{'driver':'format'},{'driver':'format','backing':"
                "{'driver':'leaf','size':4,'map':'zero +4'}},{'driver':'null-co','size':16,"
                "'read-zeroes':true}]}",
                "q ZERO +16");
    check_paths("{" Q "2,'children':[{'driver':'format'},{'driver':'null-co','size':16}]}",
                "q@0 SELF(computed) +16");
}

/* Votes on votes, and the same node below several of them. */
static void test_nested(void)
{
    static const char graph[] =
        "{" Q "2,'children':[{'driver':'quorum','node-name':'one','vote-threshold':2,'children':["
        "{'driver':'leaf','node-name':'leaf','map':'zero +4; self(stored) +12'},"
        "{'driver':'format','node-name':'bad','map':'child 1@0 +9; self(computed) +1; "
        "child 1@10 +6','data':'leaf'},'leaf']},"
        "{'driver':'quorum','node-name':'two','vote-threshold':1,'children':['bad']},'one',"
        "{'driver':'compress','file':'leaf'}]}";
    g_auto(FakeGraph) fake = answers_open(graph);
    g_autofree char *expected = answers_bytes(fake_find(fake, "leaf"));

    answers_check(answers_paths(fake.node), "q ZERO +4\nq@4 SELF(computed) +12", graph);
    answers_check(answers_bytes(fake.node), expected, graph);
}

/* raw over a chain: nobody may take "not allocated in the top" for a hole. */
#define RAW_OVER_CHAIN(name)                                                                       \
    "{'driver':'raw','node-name':'" name "','offset':2,'file':{'driver':'format','map':"           \
    "'zero +4; child 2@4 +12','backing':'base'}}"

static void test_raw_over_chains(void)
{
    g_auto(FakeGraph) fake =
        answers_open("{'driver':'format','size':14,'file':{'driver':'format','node-name':'base',"
                     "'map':'child 1@0 +16','data':{'driver':'leaf','node-name':'leaf'}},'data':{" Q
                     "2,'children':[" RAW_OVER_CHAIN("r") "," RAW_OVER_CHAIN("s") "]}}");
    const UcNode *quorum = fake_find(fake, "q");
    g_autofree char *shown = answers_read(fake_find(fake, "leaf"), 4, 12);
    g_autofree char *expected = g_strconcat("0000", shown, NULL);

    answers_check(answers_paths(quorum), "q ZERO +2\nq@2 SELF(computed) +12", "raw over chain");
    answers_check(answers_bytes(quorum), expected, "raw over chain");
    answers_check(answers_facts(quorum, fake_find(fake, "base")),
                  "0+2 zero allocated zero present depth 0 owner q at q@0\n"
                  "2+12 base allocated at base@4\n",
                  "above base");
}

/* Above, between, below and under a window, a quorum of one node shows what that node shows. Only
 * that a zero that nobody stated is one that the quorum states. */
static void check_place(const char *before, const char *after)
{
    static const char child[] = "{'driver':'format','node-name':'inner','map':'child 1@0 +8; "
                                "zero +4','data':{'driver':'leaf','node-name':'leaf'}}";
    g_autofree char *plain = g_strconcat(before, child, after, NULL);
    g_autofree char *voting =
        g_strconcat(before, "{" Q "2,'children':[", child, ",'inner']}", after, NULL);
    g_auto(FakeGraph) one = answers_open(plain), two = answers_open(voting);
    g_autofree char *bytes = answers_bytes(one.node);
    const UcQuestion question = {.reach = UC_REACH_STATUS};

    answers_check(answers_bytes(two.node), bytes, voting);
    for (uint64_t offset = 0; offset < one.node->size; offset++) {
        UcPath expected = uc_path_find(one.node, offset, 1, &question);
        UcPath got = uc_path_find(two.node, offset, 1, &question);

        CU_ASSERT_EQUAL(uc_path_is_zero(&got), uc_path_is_zero(&expected));
        CU_ASSERT_EQUAL(got.allocated, expected.allocated);
        CU_ASSERT_EQUAL(got.depth, expected.depth);
    }
}

static void test_places(void)
{
    check_place("", "");
    check_place("{'driver':'format','size':20,'map':'zero +2; child 2@2 +18','backing':", "}");
    check_place("{'driver':'format','map':'child 1@4 +16','data':", "}");
    check_place("{'driver':'raw','offset':3,'size':7,'file':", "}");
    check_place("{'driver':'throttle','file':{'driver':'copy-on-read','file':", "}}");
    check_place("{'driver':'format','map':'child 2@0 +16','backing':{'driver':'blkdebug','align':4,"
                "'image':{'driver':'raw','offset':5,'file':",
                "}}}");
}

static void check_refused(const char *options, const char *children, const char *message)
{
    g_autofree char *graph =
        g_strdup_printf("{'driver':'quorum','node-name':'q',%s,'children':%s}", options, children);

    answers_check(answers_refusal(graph), message, graph);
}

#define ONE "{'driver':'leaf'}"

static void test_refused(void)
{
    check_refused("'vote-threshold':0", "[" ONE "]",
                  "q: vote-threshold is 0, expected 1 to 1, the number of children");
    check_refused("'vote-threshold':3", "[" ONE "," ONE "]",
                  "q: vote-threshold is 3, expected 1 to 2, the number of children");
    check_refused("'vote-threshold':1", "[]",
                  "node 'q': driver quorum needs a list of children 'children' (test, line 1, column 1)");
    check_refused("'read-pattern':'fifo'", "[" ONE "]",
                  "node 'q': driver quorum needs 'vote-threshold' (test, line 1, column 1)");
    check_refused("'vote-threshold':1,'read-pattern':'any'", "[" ONE "]",
                  "node 'q': driver quorum: option 'read-pattern' is 'any', expected quorum or "
                  "fifo (test, line 1, column 55)");
    check_refused("'vote-threshold':1", "[" ONE ",{'driver':'leaf','size':15,'node-name':'odd'}]",
                  "q: child odd has 15 bytes, expected 16");
    check_refused("'vote-threshold':2,'blkverify':true", "[" ONE "," ONE "," ONE "]",
                  "q: blkverify needs 2 children and a vote-threshold of 2");
    check_refused("'vote-threshold':1,'blkverify':true", "[" ONE "," ONE "]",
                  "q: blkverify needs 2 children and a vote-threshold of 2");
    check_refused("'vote-threshold':2,'blkverify':true,'rewrite-corrupted':true",
                  "[" ONE "," ONE "]", "q: blkverify and rewrite-corrupted exclude each other");
    check_refused("'vote-threshold':1,'read-pattern':'fifo','blkverify':true",
                  "[" ONE "," ONE "," ONE "]", "opened");
}

int main(void)
{
    CU_pSuite suite;
    unsigned failures;

    CU_initialize_registry();
    suite = CU_add_suite("quorum", NULL, NULL);
    CU_add_test(suite, "votes", test_votes);
    CU_add_test(suite, "independent of the request", test_independent_of_the_request);
    CU_add_test(suite, "status", test_status);
    CU_add_test(suite, "nested", test_nested);
    CU_add_test(suite, "raw over chains", test_raw_over_chains);
    CU_add_test(suite, "places", test_places);
    CU_add_test(suite, "refused", test_refused);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
