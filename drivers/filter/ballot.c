/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/filter/ballot.h"

#include <string.h>

static bool init(UcBallot *ballot, const UcNode *node, uint64_t offset, size_t length,
                 GError **error)
{
    *ballot = (UcBallot){.node = node, .offset = offset, .length = length};
    ballot->errors = g_new0(GError *, node->n_edges);
    ballot->votes = g_new0(uint32_t, node->n_edges);
    ballot->bytes = g_try_malloc_n(node->n_edges, length);
    return ballot->bytes || uc_error_set(error, UC_ERROR_MEMORY,
                                         "not enough memory to vote on %zu bytes with %u children",
                                         length, node->n_edges);
}

void uc_ballot_clear(UcBallot *ballot)
{
    for (uint32_t i = 0; ballot->errors && i < ballot->node->n_edges; i++)
        g_clear_error(&ballot->errors[i]);
    g_clear_pointer(&ballot->errors, g_free);
    g_clear_pointer(&ballot->votes, g_free);
    g_clear_pointer(&ballot->bytes, g_free);
}

const uint8_t *uc_ballot_said(const UcBallot *ballot, uint32_t child)
{
    return ballot->bytes + child * ballot->length;
}

uint32_t uc_ballot_most(const UcBallot *ballot)
{
    return ballot->votes[ballot->leader];
}

static bool say_the_same(const UcBallot *ballot, uint32_t one, uint32_t other)
{
    return memcmp(uc_ballot_said(ballot, one), uc_ballot_said(ballot, other), ballot->length) == 0;
}

static uint32_t first_to_say(const UcBallot *ballot, uint32_t child)
{
    uint32_t i = 0;

    while (ballot->errors[i] || !say_the_same(ballot, i, child))
        i++;
    return i;
}

static void find_leader(UcBallot *ballot)
{
    for (uint32_t i = 1; i < ballot->node->n_edges; i++) {
        if (ballot->votes[i] > uc_ballot_most(ballot)) {
            ballot->leader = i;
            ballot->tie = false;
        } else if (ballot->votes[i] == uc_ballot_most(ballot)) {
            ballot->tie = true;
        }
    }
}

static void count(UcBallot *ballot)
{
    for (uint32_t i = 0; i < ballot->node->n_edges; i++)
        if (!ballot->errors[i])
            ballot->votes[first_to_say(ballot, i)]++;
    find_leader(ballot);
}

bool uc_ballot_hold(UcBallot *ballot, const UcNode *node, uint64_t offset, size_t length,
                    GError **error)
{
    if (!init(ballot, node, offset, length, error))
        return false;
    for (uint32_t i = 0; i < node->n_edges; i++)
        uc_node_read(uc_node_child(node, i), offset, ballot->bytes + i * length, length,
                     &ballot->errors[i]);
    count(ballot);
    return true;
}

/* " a, c" */
static void append_voters(GString *text, const UcBallot *ballot, uint32_t first)
{
    const char *before = " ";

    for (uint32_t i = first; i < ballot->node->n_edges; i++) {
        if (ballot->errors[i] || !say_the_same(ballot, first, i))
            continue;
        g_string_append_printf(text, "%s%s", before, uc_node_child(ballot->node, i)->name);
        before = ", ";
    }
}

static uint64_t first_difference(const UcBallot *ballot, uint32_t one, uint32_t other)
{
    const uint8_t *mine = uc_ballot_said(ballot, one), *theirs = uc_ballot_said(ballot, other);
    size_t i = 0;

    while (mine[i] == theirs[i])
        i++;
    return ballot->offset + i;
}

char *uc_ballot_to_string(const UcBallot *ballot)
{
    GString *text = g_string_new(NULL);

    for (uint32_t i = 0; i < ballot->node->n_edges; i++) {
        const char *before = text->len ? "; " : "";

        if (ballot->errors[i]) {
            g_string_append_printf(text, "%s%s", before, ballot->errors[i]->message);
        } else if (ballot->votes[i] > 0) {
            g_string_append_printf(text, "%s%u for", before, ballot->votes[i]);
            append_voters(text, ballot, i);
            if (i != ballot->leader)
                g_string_append_printf(text, " (differing at %" G_GUINT64_FORMAT ")",
                                       first_difference(ballot, i, ballot->leader));
        }
    }
    return g_string_free(text, FALSE);
}
