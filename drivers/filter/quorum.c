/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/filter/ballot.h"

#include <string.h>

/*
 * Several children that hold the same disk, and a vote on what it is:
 *
 *     quorum >children> a: ....XX....    >children> b: ..........    >children> c: ..........
 *                              ^^ b and c say otherwise: read as b and c say
 *
 * Status is concluded by the engine: a zero is one if all children say so. Reads come here, and
 * what enough children agree on (`vote-threshold`) is the answer. A child that fails has no
 * vote. In QEMU the vote is on a whole request, so that its outcome depends on how one reads;
 * here it is on every sector, and asking in larger pieces is a shortcut that cannot change it.
 * Nor can the order of the children: a tie is nobody's.
 *
 * With the read pattern "fifo" nothing is compared: the first child that can be read is believed.
 */
typedef struct Quorum {
    uint32_t threshold; /* equal votes that decide, from 1 to the number of children */
    bool fifo;
} Quorum;

#define SECTOR 512

/* Of more than one sector only a majority of all children decides: each of its parts is then
 * decided in the same way, whatever those say who now differ or cannot be read as a whole. */
static bool is_won(const UcBallot *ballot)
{
    const Quorum *quorum = ballot->node->state;
    uint32_t most = uc_ballot_most(ballot);

    if (most < quorum->threshold)
        return false;
    return ballot->length <= SECTOR ? !ballot->tie : 2 * most > ballot->node->n_edges;
}

static bool set_lost(const UcBallot *ballot, GError **error)
{
    const Quorum *quorum = ballot->node->state;
    g_autofree char *votes = uc_ballot_to_string(ballot);

    return uc_error_set(error, UC_ERROR_FAILED,
                        "no decision on the %zu bytes at %" G_GUINT64_FORMAT
                        ", vote-threshold is %u: %s",
                        ballot->length, ballot->offset, quorum->threshold, votes);
}

static bool decide(const UcNode *node, uint64_t offset, uint8_t *buffer, size_t length,
                   GError **error);

static bool decide_halves(const UcNode *node, uint64_t offset, uint64_t middle, uint8_t *buffer,
                          size_t length, GError **error)
{
    size_t first = middle - offset;

    return decide(node, offset, buffer, first, error) &&
           decide(node, middle, buffer + first, length - first, error);
}

/* Votes on the sectors that the range lies in: on all at once, and if that decides nothing, on
 * the two halves of them. */
static bool decide(const UcNode *node, uint64_t offset, uint8_t *buffer, size_t length,
                   GError **error)
{
    uint64_t start = offset / SECTOR * SECTOR, last = (offset + length - 1) / SECTOR * SECTOR;
    uint64_t sectors = (last - start) / SECTOR + 1;
    g_auto(UcBallot) ballot = {0};

    if (!uc_ballot_hold(&ballot, node, start, MIN(sectors * SECTOR, node->size - start), error))
        return false;
    if (is_won(&ballot)) {
        memcpy(buffer, uc_ballot_said(&ballot, ballot.leader) + (offset - start), length);
        return true;
    }
    if (sectors == 1)
        return set_lost(&ballot, error);
    return decide_halves(node, offset, start + sectors / 2 * SECTOR, buffer, length, error);
}

static bool read_first(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                       GError **error)
{
    g_autoptr(GString) failures = g_string_new(NULL);

    for (uint32_t i = 0; i < node->n_edges; i++) {
        g_autoptr(GError) failure = NULL;

        if (uc_node_read(uc_node_child(node, i), offset, buffer, length, &failure))
            return true;
        g_string_append_printf(failures, "%s%s", i > 0 ? "; " : "", failure->message);
    }
    return uc_error_set(error, UC_ERROR_FAILED, "no child can be read: %s", failures->str);
}

static bool quorum_read(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                        GError **error)
{
    const Quorum *quorum = node->state;

    return quorum->fifo ? read_first(node, offset, buffer, length, error)
                        : decide(node, offset, buffer, length, error);
}

/* The engine asks all children, of which the first stands for all. */
static UcStep quorum_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    (void)node;
    return uc_step_child(0, offset, length);
}

static bool check_blkverify(const UcNode *node, const UcOptions *options, GError **error)
{
    const Quorum *quorum = node->state;

    if (!uc_options_bool(options, "blkverify", false) || quorum->fifo)
        return true;
    if (node->n_edges != 2 || quorum->threshold != 2)
        return uc_error_set(error, UC_ERROR_USAGE,
                            "blkverify needs 2 children and a vote-threshold of 2");
    return !uc_options_bool(options, "rewrite-corrupted", false) ||
           uc_error_set(error, UC_ERROR_USAGE,
                        "blkverify and rewrite-corrupted exclude each other");
}

static bool quorum_open(UcNode *node, const UcOptions *options, GError **error)
{
    Quorum *quorum = node->state;
    uint64_t threshold = uc_options_number(options, "vote-threshold", 0);

    if (threshold < 1 || threshold > node->n_edges)
        return uc_error_set(error, UC_ERROR_USAGE,
                            "vote-threshold is %" G_GUINT64_FORMAT
                            ", expected 1 to %u, the number of children",
                            threshold, node->n_edges);
    quorum->threshold = threshold;
    quorum->fifo = g_str_equal(uc_options_string(options, "read-pattern", "quorum"), "fifo");
    node->size = uc_node_child(node, 0)->size;
    return check_blkverify(node, options, error);
}

static void quorum_describe(const UcNode *node, GVariantBuilder *facts)
{
    const Quorum *quorum = node->state;

    g_variant_builder_add(facts, "{sv}", "vote-threshold", g_variant_new_uint64(quorum->threshold));
    g_variant_builder_add(facts, "{sv}", "read-pattern",
                          g_variant_new_string(quorum->fifo ? "fifo" : "quorum"));
}

static const UcPort quorum_ports[] = {
    {.name = "children", .role = UC_ROLE_FILTERED, .arity = UC_ARITY_MANY},
    {0},
};

static const char *const pattern_values[] = {"quorum", "fifo", NULL};

static const UcOption quorum_options[] = {
    {.name = "vote-threshold",
     .type = UC_OPTION_NUMBER,
     .required = true,
     .help = "how many children must say the same"},
    {.name = "read-pattern", .values = pattern_values, .help = "vote, or believe the first"},
    {.name = "blkverify", .type = UC_OPTION_BOOL, .help = "two children that must be equal"},
    {.name = "rewrite-corrupted",
     .type = UC_OPTION_BOOL,
     .help = "mend those that lose a vote; nothing is written"},
    {0},
};

const UcDriver uc_driver_quorum = {
    .name = "quorum",
    .ports = quorum_ports,
    .options = quorum_options,
    .state_size = sizeof(Quorum),
    .reads_stop = true,
    .open = quorum_open,
    .map = quorum_map,
    .read = quorum_read,
    .describe = quorum_describe,
};
