/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/seek.h"
#include "tests/unit/answers.h"

#include <CUnit/Basic.h>
#include <stdio.h>

/*
 * Seekers: exact as long as their patience lasts, and true when it does not. Pieces are steps to
 * places of a leaf that do not follow each other, so that no two are one extent.
 */
#define SIZE 512

static FakeGraph open_pieces(const char *steps)
{
    g_autofree char *graph =
        g_strdup_printf("{'driver':'format','size':%d,'map':'%s','data':"
                        "{'driver':'leaf','size':2000,'map':'self(stored) +1000; zero +1000'}}",
                        SIZE, steps);

    return answers_open(graph);
}

/* What is remembered of a piece takes no patience; here each is to count. */
static FakeGraph without_index(FakeGraph fake)
{
    g_clear_pointer(&fake.graph->index, uc_cache_free);
    return fake;
}

/* So many pieces of `length` bytes each, of data or of zeroes. */
static void append_pieces(GString *steps, unsigned count, unsigned length, bool zero)
{
    for (unsigned i = 0; i < count; i++)
        g_string_append_printf(steps, "%schild 1@%u +%u", steps->len > 0 ? "; " : "",
                               (zero ? 1000 : 0) + (i % 2 ? 300 : 100), length);
}

static UcSeeker *seeker_of(FakeGraph fake, uint64_t granularity, uint64_t patience)
{
    return uc_seeker_new(fake.node, granularity, patience);
}

/* What SEEK_DATA answers; UINT64_MAX: nothing but a hole follows. */
static uint64_t data(UcSeeker *seeker, uint64_t offset)
{
    uint64_t found;

    return uc_seeker_data(seeker, offset, &found) ? found : UINT64_MAX;
}

static void test_gives_up_on_zeroes(void)
{
    g_autoptr(GString) steps = g_string_new(NULL);

    append_pieces(steps, 128, 4, true);

    g_auto(FakeGraph) fake = without_index(open_pieces(steps->str));
    g_autoptr(UcSeeker) seeker = seeker_of(fake, 1, 3);

    CU_ASSERT_EQUAL(uc_seeker_hole(seeker, 0), 0);
    CU_ASSERT_EQUAL(data(seeker, 0), 12);
    CU_ASSERT_EQUAL(uc_seeker_hole(seeker, 12), 13);
    CU_ASSERT_EQUAL(data(seeker, 13), 24);
    /* what was called data stays data, whoever asks from wherever */
    CU_ASSERT_EQUAL(data(seeker, 0), 12);
    CU_ASSERT_EQUAL(data(seeker, 12), 12);
    CU_ASSERT_EQUAL(data(seeker, 10), 12);
    CU_ASSERT_EQUAL(data(seeker, 20), 24);
    CU_ASSERT_EQUAL(uc_seeker_hole(seeker, 24), 25);
    CU_ASSERT_EQUAL(uc_seeker_hole(seeker, 11), 11);
    /* the last pieces are seen to the end */
    CU_ASSERT_EQUAL(data(seeker, SIZE - 12), UINT64_MAX);
    CU_ASSERT_EQUAL(data(seeker, SIZE - 13), SIZE - 4);
    CU_ASSERT_EQUAL(data(seeker, SIZE - 12), SIZE - 4);
}

/* Nothing that was not looked at is a hole, nor what was looked at in part. */
static void test_gives_up_inside_a_block(void)
{
    g_autoptr(GString) steps = g_string_new(NULL);

    append_pieces(steps, 256, 2, true);

    g_auto(FakeGraph) fake = without_index(open_pieces(steps->str));
    g_autoptr(UcSeeker) seeker = seeker_of(fake, 8, 6);

    CU_ASSERT_EQUAL(data(seeker, 0), 8);
    CU_ASSERT_EQUAL(uc_seeker_hole(seeker, 8), 16);
    CU_ASSERT_EQUAL(data(seeker, 17), 24);
    CU_ASSERT_EQUAL(data(seeker, 25), 25);
    g_autoptr(UcSeeker) hasty = seeker_of(fake, 8, 3);
    CU_ASSERT_EQUAL(data(hasty, 0), 0);
    CU_ASSERT_EQUAL(data(hasty, 3), 3);
    CU_ASSERT_EQUAL(uc_seeker_hole(hasty, 0), 8);
}

/* Behind a long row of data a hole is leapt to. */
static void test_leaps_to_a_hole(void)
{
    g_autoptr(GString) steps = g_string_new(NULL);

    append_pieces(steps, 60, 4, false);
    append_pieces(steps, 68, 4, true);

    g_auto(FakeGraph) fake = without_index(open_pieces(steps->str));
    g_autoptr(UcSeeker) seeker = seeker_of(fake, 1, 3);

    CU_ASSERT_EQUAL(uc_seeker_hole(seeker, 0), 24 + 256);
    CU_ASSERT_EQUAL(uc_seeker_hole(seeker, 232), 240);
    CU_ASSERT_EQUAL(data(seeker, 5), 5);
    /* near the end leaps are short again */
    steps = g_string_truncate(steps, 0);
    append_pieces(steps, 127, 4, false);
    append_pieces(steps, 1, 4, true);

    g_auto(FakeGraph) nearly = without_index(open_pieces(steps->str));
    g_autoptr(UcSeeker) third = seeker_of(nearly, 1, 3);

    CU_ASSERT_EQUAL(uc_seeker_hole(third, 0), SIZE - 4);
    steps = g_string_truncate(steps, 0);
    append_pieces(steps, 128, 4, false);

    g_auto(FakeGraph) full = without_index(open_pieces(steps->str));
    g_autoptr(UcSeeker) other = seeker_of(full, 1, 3);

    CU_ASSERT_EQUAL(uc_seeker_hole(other, 0), SIZE);
    CU_ASSERT_EQUAL(uc_seeker_hole(other, SIZE - 1), SIZE);
}

/* ---- any pieces ---- */

static void append_random(GString *steps, GRand *rand)
{
    bool zero = g_rand_boolean(rand);

    for (unsigned length = 0; length < SIZE;) {
        unsigned count = g_rand_int_range(rand, 1, 20), each = g_rand_int_range(rand, 1, 6);

        append_pieces(steps, count, each, zero);
        length += count * each;
        zero = !zero;
    }
}

/* Whether [start, end) is zeroes as far as is known to who looks at everything. */
static bool is_zero(const UcNode *node, uint64_t start, uint64_t end)
{
    uint64_t found;

    return start == end || !uc_seek_data(node, start, 1, &found) || found >= end;
}

/* A walk as programs make it: it goes on, it ends, its holes are holes. */
static bool walks_well(const UcNode *node, UcSeeker *seeker)
{
    for (uint64_t at = 0; at < SIZE;) {
        uint64_t found = data(seeker, at), end = MIN(found, SIZE);

        if (end < at || !is_zero(node, at, end))
            return false;
        if (end == SIZE)
            return true;
        at = uc_seeker_hole(seeker, found);
        if (at <= found || at > SIZE || !is_zero(node, at, MIN(at + 1, SIZE)))
            return false;
    }
    return true;
}

static void check_exact(const UcNode *node, UcSeeker *seeker, uint64_t granularity)
{
    for (uint64_t at = 0; at < SIZE; at += 3) {
        uint64_t found = UINT64_MAX;

        if (!uc_seek_data(node, at, granularity, &found))
            found = UINT64_MAX;
        CU_ASSERT_EQUAL_FATAL(data(seeker, at), found);
        CU_ASSERT_EQUAL_FATAL(uc_seeker_hole(seeker, at), uc_seek_hole(node, at, granularity));
    }
}

static void test_random_pieces(void)
{
    for (unsigned seed = 0; seed < 40; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        g_autoptr(GString) steps = g_string_new(NULL);
        uint64_t granularity = 1 << g_rand_int_range(rand, 0, 5);

        append_random(steps, rand);

        g_auto(FakeGraph) fake = open_pieces(steps->str);
        if (seed % 2)
            fake = without_index(fake);
        g_autoptr(UcSeeker) patient = seeker_of(fake, granularity, 2 * SIZE);
        g_autoptr(UcSeeker) hasty = seeker_of(fake, granularity, g_rand_int_range(rand, 1, 40));

        check_exact(fake.node, patient, granularity);
        for (int i = 0; i < 20; i++)
            data(hasty, g_rand_int_range(rand, 0, SIZE));
        CU_ASSERT_TRUE_FATAL(walks_well(fake.node, hasty));
        CU_ASSERT_TRUE_FATAL(walks_well(fake.node, hasty));
    }
}

typedef struct Walker {
    const UcNode *node;
    UcSeeker *seeker;
} Walker;

static gpointer walk_often(gpointer data)
{
    const Walker *walker = data;
    bool well = true;

    for (int i = 0; i < 20 && well; i++)
        well = walks_well(walker->node, walker->seeker);
    return GINT_TO_POINTER(well);
}

static void test_many_walk_at_once(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    g_autoptr(GString) steps = g_string_new(NULL);

    append_random(steps, rand);

    g_auto(FakeGraph) fake = open_pieces(steps->str);
    g_autoptr(UcSeeker) seeker = seeker_of(fake, 1, 3);
    Walker walker = {fake.node, seeker};
    GThread *threads[4];

    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new("walk", walk_often, &walker);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_TRUE(GPOINTER_TO_INT(g_thread_join(threads[i])));
}

/* ---- a disk that is zeroes, told byte by byte ---- */

#define CRUMBS 200000

static bool crumbs_open(UcNode *node, const UcOptions *options, GError **error)
{
    (void)options;
    (void)error;
    node->size = CRUMBS;
    return true;
}

static unsigned asked; /* how often map was */

static UcStep crumbs_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    (void)node;
    (void)offset;
    (void)length;
    asked++;
    return uc_step_zero(1);
}

static const UcDriver crumbs = {.name = "crumbs", .open = crumbs_open, .map = crumbs_map};

static UcGraph *new_graph(void)
{
    static const UcDriver *drivers[3] = {&crumbs};

    for (guint i = 0; fake_drivers[i]; i++)
        if (g_str_equal(fake_drivers[i]->name, "vote"))
            drivers[1] = fake_drivers[i];
    return uc_graph_new(drivers, NULL);
}

#define ONE "{\"driver\":\"crumbs\"}"

static UcNode *open_json(UcGraph *graph, const char *json)
{
    g_autoptr(UcSpec) spec = uc_spec_parse_json(json, -1, "crumbs", NULL);

    return uc_graph_open(graph, spec, NULL);
}

/* Patience is what it says, and who asks again is answered from memory. */
static void test_asks_no_more_than_that(void)
{
    g_autoptr(UcGraph) graph = new_graph();
    g_autoptr(UcSeeker) seeker = uc_seeker_new(open_json(graph, ONE), 512, 5000);

    asked = 0;
    CU_ASSERT_EQUAL(data(seeker, 100), 4608);
    CU_ASSERT_EQUAL(asked, 5000);
    asked = 0;
    CU_ASSERT_EQUAL(data(seeker, 100), 4608);
    CU_ASSERT_EQUAL(data(seeker, 3000), 4608);
    CU_ASSERT_EQUAL(data(seeker, 4609), 4609);
    CU_ASSERT_EQUAL(asked, 0);
    CU_ASSERT_EQUAL(data(seeker, 90), 4608);
    CU_ASSERT_TRUE(asked <= 512);
    CU_ASSERT_EQUAL(uc_seeker_hole(seeker, 4700), 5120);
}

static void test_children_of_a_vote_count(void)
{
    g_autoptr(UcGraph) graph = new_graph();
    UcNode *vote = open_json(graph, "{\"driver\":\"vote\",\"size\":" G_STRINGIFY(
                                        CRUMBS) ",\"children\":[" ONE "," ONE "," ONE "]}");
    g_autoptr(UcSeeker) seeker = uc_seeker_new(vote, 1, 3000);

    asked = 0;
    CU_ASSERT_EQUAL(data(seeker, 0), 1000);
    CU_ASSERT_EQUAL(asked, 3000);
}

/* More blocks than are remembered: what follows is data, and whoever walks still arrives. */
static void test_has_a_bounded_memory(void)
{
    g_autoptr(UcGraph) graph = new_graph();
    g_autoptr(UcSeeker) seeker = uc_seeker_new(open_json(graph, ONE), 1, 1);
    const uint64_t most = 1 << 16;

    bool as_expected = true;

    for (uint64_t at = 0; at < most; at++)
        as_expected = as_expected && data(seeker, 2 * at) == 2 * at + 1;
    CU_ASSERT_TRUE(as_expected);
    CU_ASSERT_EQUAL(uc_seeker_hole(seeker, 2 * most + 7), 2 * most + 7);
    CU_ASSERT_EQUAL(data(seeker, 2 * most + 6), 2 * most + 7);
    CU_ASSERT_EQUAL(uc_seeker_hole(seeker, 2 * most + 6), 2 * most + 6);
    CU_ASSERT_EQUAL(uc_seeker_hole(seeker, 2 * most + 7), CRUMBS);
    CU_ASSERT_EQUAL(uc_seeker_hole(seeker, CRUMBS - 1), CRUMBS);
    CU_ASSERT_EQUAL(data(seeker, CRUMBS - 1), CRUMBS - 1);
    CU_ASSERT_EQUAL(data(seeker, 2), 3);
}

int main(void)
{
    CU_pSuite suite;
    unsigned failures;

    CU_initialize_registry();
    suite = CU_add_suite("seek", NULL, NULL);
    CU_add_test(suite, "gives up on zeroes", test_gives_up_on_zeroes);
    CU_add_test(suite, "gives up inside a block", test_gives_up_inside_a_block);
    CU_add_test(suite, "leaps to a hole", test_leaps_to_a_hole);
    CU_add_test(suite, "random pieces", test_random_pieces);
    CU_add_test(suite, "many walk at once", test_many_walk_at_once);
    CU_add_test(suite, "asks no more than that", test_asks_no_more_than_that);
    CU_add_test(suite, "children of a vote count", test_children_of_a_vote_count);
    CU_add_test(suite, "has a bounded memory", test_has_a_bounded_memory);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
