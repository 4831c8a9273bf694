/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/status.h"
#include "core/seek.h"
#include "tests/unit/answers.h"

#include <CUnit/Basic.h>
#include <stdio.h>

/*
 * What is said of a range, exactly and at a granularity. The exact answers stand in the table; the
 * coarse ones are compared with what follows from asking about every byte alone.
 */
#define LEAF(map) "{'driver':'leaf','node-name':'leaf','size':200,'map':'" map "'}"
#define BASE(map, data)                                                                            \
    "{'driver':'format','node-name':'base','map':'" map "','data':" LEAF(data) "}"
#define OVER(map, base) "{'driver':'format','node-name':'top','map':'" map "','backing':" base "}"
#define WINDOW(rest, child) "{'driver':'raw','node-name':'window'," rest ",'file':" child "}"

static void append_status(GString *text, const UcStatus *status)
{
    g_string_append_printf(
        text, "%s%lu+%lu %s%s%s%s%s%s", text->len > 0 ? "; " : "", status->start, status->length,
        status->zero ? "zero" : "data", status->present ? "" : " absent",
        status->compressed ? " compressed" : "", status->allocated ? " local" : "",
        status->reserved ? " reserved" : "", uc_status_is_hole(status) ? " hole" : "");
    if (status->in_base)
        g_string_append_printf(text, " base@%lu", status->base_offset);
}

static char *list(const UcNode *node, uint64_t offset, uint64_t length, const UcStatusQuery *query)
{
    GString *text = g_string_new(NULL);
    UcStatus status, last = {0};
    UcStatuses statuses;

    uc_statuses_init(&statuses, node, offset, length, query);
    while (uc_statuses_next(&statuses, &status)) {
        if (last.length > 0 && uc_status_join(&last, &status))
            continue;
        if (last.length > 0)
            append_status(text, &last);
        last = status;
    }
    if (last.length > 0)
        append_status(text, &last);
    return g_string_free(text, FALSE);
}

/* ---- the table ---- */

static const struct {
    const char *graph, *base;
    unsigned granularity;
    const char *expected;
} rows[] = {
    {LEAF("zero +8; self(stored) +192"), NULL, 1, "0+8 zero local hole; 8+192 data local reserved"},
    {OVER("zero kept 1@0 +4; child 2@4 +12", "null"), NULL, 1,
     "0+4 zero local hole; 4+12 zero absent hole"},
    {"{'driver':'format','map':'zero kept 1@0 +16','data':" LEAF("zero +8; self(stored) +192") "}",
     NULL, 1, "0+8 zero local hole; 8+8 zero local reserved"},
    {OVER("self(compressed) +4; child 2@4 +12", BASE("child 1@0 +8; zero +8", "")), NULL, 1,
     "0+4 data compressed local reserved; 4+4 data reserved; 8+8 zero hole"},
    /* above base: a zero said by the base is the base's */
    {OVER("self(computed) +4; child 2@4 +12", BASE("child 1@0 +8; zero +8", "")), "base", 1,
     "0+4 data local reserved; 4+4 data reserved base@4; 8+8 zero hole base@8"},
    {OVER("self(computed) +4; child 2@4 +12", BASE("child 1@0 +8; zero +8", "")), "top", 1,
     "0+4 data local reserved base@0; 4+4 data reserved base@4; 8+8 zero hole base@8"},
    /* past the end of the base the base has made the zeroes */
    {OVER("child 2@10 +16", BASE("child 1@0 +16", "")), "base", 1,
     "0+6 data reserved base@10; 6+10 zero absent hole base@16"},
    /* in the window everything is local, and the base is entered elsewhere */
    {WINDOW("'offset':6", OVER("self(computed) +8; child 2@8 +8", BASE("child 1@0 +16", ""))),
     "base", 1, "0+2 data local reserved; 2+8 data local reserved base@8"},
    /* a base below a data edge */
    {BASE("child 1@100 +8; zero +8", ""), "leaf", 1,
     "0+8 data local reserved base@100; 8+8 zero local hole"},
    /* undefined is data, and nothing is stored for it: yet it is no hole */
    {"{'driver':'null-co','size':16}", NULL, 1, "0+16 data local"},
    {"{'driver':'null-co','size':16,'read-zeroes':true}", NULL, 1, "0+16 zero local hole"},
    /* blocks: what is not whole is data, allocated, reserved and above */
    {LEAF("self(stored) +3; zero +6; self(stored) +1; zero +190"), NULL, 4,
     "0+4 data local reserved; 4+4 zero local hole; 8+4 data local reserved; 12+188 zero local "
     "hole"},
    {LEAF("zero +3; self(stored) +1; zero +195; self(stored) +1"), NULL, 64,
     "0+64 data local reserved; 64+128 zero local hole; 192+8 data local reserved"},
    {OVER("child 2@0 +7; zero +1; child 2@8 +8", BASE("child 1@0 +16", "")), "base", 4,
     "0+4 data reserved base@0; 4+4 data local reserved; 8+8 data reserved base@8"},
    {OVER("child 2@0 +4; child 2@5 +4; child 2@8 +8", BASE("child 1@0 +16", "")), "base", 8,
     "0+8 data reserved; 8+8 data reserved base@8"},
    {OVER("zero +4; child 2@0 +12", "null"), NULL, 16, "0+16 zero local hole"},
    {LEAF("zero +200"), NULL, 1000, "0+200 zero local hole"},
};

static void test_rows(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(FakeGraph) fake = answers_open(rows[i].graph);
        const UcStatusQuery query = {.granularity = rows[i].granularity,
                                     .base = rows[i].base ? fake_find(fake, rows[i].base) : NULL,
                                     .storage = true};

        answers_check(list(fake.node, 0, fake.node->size, &query), rows[i].expected, rows[i].graph);
    }
}

/* ---- blocks, byte by byte ---- */

static UcStatus byte_at(const UcNode *node, uint64_t offset, const UcStatusQuery *query)
{
    const UcStatusQuery exact = {.granularity = 1, .base = query->base, .storage = query->storage};
    UcStatuses statuses;
    UcStatus status;

    uc_statuses_init(&statuses, node, offset, 1, &exact);
    CU_ASSERT_FATAL(uc_statuses_next(&statuses, &status) && status.length == 1);
    return status;
}

/* `status` is of whole blocks; each must say what its bytes say together. */
static void check_block(const UcNode *node, uint64_t offset, const UcStatus *status,
                        const UcStatusQuery *query)
{
    uint64_t start = offset - offset % query->granularity;
    uint64_t end = MIN(start + query->granularity, node->size);
    bool zero = true, present = false, allocated = false, reserved = false, in_base = true;
    uint64_t first_entry = byte_at(node, start, query).base_offset;

    for (uint64_t at = start; at < end; at++) {
        UcStatus byte = byte_at(node, at, query);

        zero = zero && byte.zero;
        present = present || byte.present;
        allocated = allocated || byte.allocated;
        reserved = reserved || byte.reserved;
        in_base = in_base && byte.in_base && byte.base_offset == first_entry + (at - start);
    }
    CU_ASSERT_EQUAL_FATAL(status->zero, zero);
    CU_ASSERT_EQUAL_FATAL(status->present, present);
    CU_ASSERT_EQUAL_FATAL(status->allocated, allocated);
    CU_ASSERT_EQUAL_FATAL(status->reserved, reserved);
    CU_ASSERT_EQUAL_FATAL(status->in_base, in_base);
    CU_ASSERT_FATAL(!in_base || status->base_offset ==
                                    first_entry + (offset - start) - (offset - status->start));
}

static void check_range(const UcNode *node, uint64_t offset, uint64_t length,
                        const UcStatusQuery *query)
{
    UcStatuses statuses;
    UcStatus status;
    uint64_t next = offset;

    uc_statuses_init(&statuses, node, offset, length, query);
    while (uc_statuses_next(&statuses, &status)) {
        CU_ASSERT_FATAL(status.start == next && status.length > 0);
        for (uint64_t i = 0; i < status.length; i++)
            check_block(node, next + i, &status, query);
        next += status.length;
    }
    CU_ASSERT_EQUAL_FATAL(next, offset + length);
}

static void test_every_range_and_granularity(void)
{
    static const unsigned granularities[] = {1, 2, 3, 4, 5, 8, 16, 64};
    g_auto(FakeGraph) fake = answers_open(
        WINDOW("'offset':1", OVER("child 2@0 +3; zero +2; child 2@7 +3; child 2@8 +4; zero kept "
                                  "1@0 +3; self(compressed) +1",
                                  BASE("child 1@50 +6; child 2@6 +3; child 1@9 +5; zero +2",
                                       "zero +52; self(stored) +10; zero +20"))));

    for (gsize i = 0; i < G_N_ELEMENTS(granularities); i++) {
        const UcStatusQuery query = {
            .granularity = granularities[i], .base = fake_find(fake, "base"), .storage = true};

        for (uint64_t offset = 0; offset <= fake.node->size; offset++)
            for (uint64_t length = 0; length <= fake.node->size - offset; length++)
                check_range(fake.node, offset, length, &query);
    }
}

static void test_granularity_beyond_everything(void)
{
    g_auto(FakeGraph) fake = answers_open(LEAF("zero +100; self(stored) +1; zero +99"));
    const UcStatusQuery query = {.granularity = UINT64_MAX};
    uint64_t found;

    answers_check(list(fake.node, 10, 50, &query), "10+50 data local", "all of it is one block");
    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 5, UINT64_MAX), 200);
    CU_ASSERT_TRUE(uc_seek_data(fake.node, 5, UINT64_MAX, &found) && found == 5);
    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 5, 3), 5);
    CU_ASSERT_TRUE(uc_seek_data(fake.node, 5, 3, &found) && found == 99);
    CU_ASSERT_EQUAL(uc_seek_hole(fake.node, 99, 3), 102);
}

/* A copy over the base, `shift` bytes into it, may skip only what it would show there anyway. */
static void test_same_place(void)
{
    g_auto(FakeGraph) fake = answers_open(
        WINDOW("'offset':4", OVER("child 2@0 +10; child 2@12 +6", BASE("child 1@0 +16", ""))));
    const UcStatusQuery query = {.granularity = 1, .base = fake_find(fake, "base")};
    UcStatus first = byte_at(fake.node, 0, &query), moved = byte_at(fake.node, 6, &query);

    CU_ASSERT_FALSE(uc_status_is_same_place(&first, 0));
    CU_ASSERT_TRUE(uc_status_is_same_place(&first, 4));
    CU_ASSERT_FALSE(uc_status_is_same_place(&moved, 4));
    CU_ASSERT_TRUE(uc_status_is_same_place(&moved, 6));
}

int main(void)
{
    CU_pSuite suite;
    unsigned failures;

    CU_initialize_registry();
    suite = CU_add_suite("status", NULL, NULL);
    CU_add_test(suite, "every row", test_rows);
    CU_add_test(suite, "every range and granularity", test_every_range_and_granularity);
    CU_add_test(suite, "a granularity beyond everything", test_granularity_beyond_everything);
    CU_add_test(suite, "the same place", test_same_place);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
