/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pieces of a leaf with short zeroes between them are read in one go, and nothing of what lies
 * between is ever seen: neither its bytes nor its mistakes.
 */
#include "core/span.h"
#include "tests/unit/fake.h"

#include <CUnit/Basic.h>
#include <string.h>

#define SIZE 65536

/* A disk over the leaf "below", with these maps. */
static FakeGraph disk_of(const char *map, const char *below)
{
    g_autofree char *json =
        g_strdup_printf("{\"driver\":\"format\",\"size\":%d,\"map\":\"%s\",\"data\":"
                        "{\"driver\":\"leaf\",\"node-name\":\"below\",\"size\":%d,\"map\":\"%s\"}}",
                        SIZE, map, SIZE, below);

    return fake_graph(json);
}

/* ---- what is a span ---- */

static char *spans_of(const char *map, const char *below)
{
    g_auto(FakeGraph) disk = disk_of(map, below);
    GString *text = g_string_new(NULL);
    UcPlan plan;
    UcSpan span;

    uc_plan_init(&plan, disk.node, 0, SIZE);
    while (uc_span_next(&plan, &span)) {
        g_string_append_printf(text, "%s+%" G_GUINT64_FORMAT, text->len > 0 ? " " : "",
                               span.segment.length);
        for (guint i = 0; i < span.n_gaps; i++)
            g_string_append_printf(text, "[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ")",
                                   span.gaps[i].start, span.gaps[i].end);
        g_string_append_printf(text, "+%" G_GUINT64_FORMAT, span.zeroes);
    }
    return g_string_free(text, FALSE);
}

static void test_spans(void)
{
    static const struct {
        const char *map, *spans;
    } cases[] = {
        {"child 1@0 +65536", "+65536+0"},
        {"child 1@0 +9; zero +5; child 1@14 +6; zero +65536", "+20[9,14)+65516"},
        {"zero +9; child 1@9 +1; zero +2; child 1@12 +65536", "+9+0 +65527[1,3)+0"},
        /* further on or less far in the leaf than in the disk */
        {"child 1@0 +9; zero +5; child 1@15 +65536", "+9+5 +65521+1"},
        {"child 1@0 +9; zero +5; child 1@13 +65536", "+9+5 +65522+0"},
        {"child 1@50000 +9; zero +5; child 1@14 +65536", "+9+5 +65522+0"},
        /* too long */
        {"child 1@0 +9; zero +8192; child 1@8201 +65536", "+65536[9,8201)+0"},
        {"child 1@0 +9; zero +8193; child 1@8202 +65536", "+9+8193 +57334+0"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *spans = spans_of(cases[i].map, "self(stored) +65536");

        CU_ASSERT_STRING_EQUAL(spans, cases[i].spans);
    }
}

/* ---- what is read ---- */

static char *comb(guint teeth)
{
    GString *map = g_string_new(NULL);

    for (guint i = 0; i < teeth; i++)
        g_string_append_printf(map, "child 1@%u +3; zero +4; ", 7 * i);
    g_string_append_printf(map, "child 1@%u +65536", 7 * teeth);
    return g_string_free(map, FALSE);
}

/* Byte by byte, as the maps have it. */
static bool is_right(const unsigned char *bytes, guint teeth)
{
    for (guint i = 0; i < SIZE; i++) {
        bool zero = i < 7 * teeth && i % 7 >= 3;

        if (bytes[i] != (zero ? 0 : fake_byte("below", i)))
            return false;
    }
    return true;
}

static void test_more_gaps_than_a_span_holds(void)
{
    static const guint teeth[] = {1, UC_SPAN_GAPS - 1, UC_SPAN_GAPS, UC_SPAN_GAPS + 1, 300};

    for (gsize i = 0; i < G_N_ELEMENTS(teeth); i++) {
        g_autofree char *map = comb(teeth[i]);
        g_auto(FakeGraph) disk = disk_of(map, "self(stored) +65536");
        unsigned char bytes[SIZE];

        memset(bytes, 0xaa, sizeof bytes);
        CU_ASSERT(uc_node_read(disk.node, 0, bytes, SIZE, NULL));
        CU_ASSERT(is_right(bytes, teeth[i]));
    }
}

/* What the leaf cannot read lies in a gap, or in a piece. */
static void test_mistakes(void)
{
    static const struct {
        const char *below;
        bool fine;
    } cases[] = {
        {"self(stored) +3; self(broken) +4; self(stored) +65536", true},
        {"self(stored) +6; self(broken) +1; self(stored) +65536", true},
        {"self(stored) +12; self(broken) +1; self(stored) +65536", true},
        {"self(stored) +2; self(broken) +1; self(stored) +65536", false},
        {"self(stored) +7; self(broken) +1; self(stored) +65536", false},
        {"self(stored) +14; self(broken) +1; self(stored) +65536", false},
        {"self(stored) +65535; self(broken) +65536", false},
    };
    g_autofree char *map = comb(2);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(FakeGraph) disk = disk_of(map, cases[i].below);
        g_autoptr(GError) error = NULL;
        unsigned char bytes[SIZE];

        memset(bytes, 0xaa, sizeof bytes);
        CU_ASSERT_EQUAL(uc_node_read(disk.node, 0, bytes, SIZE, &error), cases[i].fine);
        CU_ASSERT_EQUAL(error == NULL, cases[i].fine);
        CU_ASSERT(!cases[i].fine || is_right(bytes, 2));
    }
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("span", NULL, NULL);
    CU_add_test(suite, "what is a span", test_spans);
    CU_add_test(suite, "more gaps than a span holds", test_more_gaps_than_a_span_holds);
    CU_add_test(suite, "mistakes", test_mistakes);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures != 0;
}
