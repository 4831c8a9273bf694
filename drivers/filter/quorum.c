/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/node.h"

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

/* What the children say about one range of whole sectors. */
typedef struct Ballot {
    const UcNode *node;
    uint64_t offset;
    size_t length;
    uint8_t *bytes;  /* what each child says, one after the other; owned */
    GError **errors; /* of each child; NULL: it could be read */
    uint32_t *votes; /* for what each child says, counted at the first that says it */
    uint32_t leader; /* the first child with the most votes, if there are any */
    bool tie;        /* something else has as many */
} Ballot;

static bool ballot_init(Ballot *ballot, const UcNode *node, uint64_t offset, size_t length)
{
    *ballot = (Ballot){.node = node, .offset = offset, .length = length};
    ballot->bytes = g_try_malloc_n(node->n_edges, length);
    ballot->errors = g_new0(GError *, node->n_edges);
    ballot->votes = g_new0(uint32_t, node->n_edges);
    return ballot->bytes != NULL;
}

static void ballot_clear(Ballot *ballot)
{
    for (uint32_t i = 0; i < ballot->node->n_edges; i++)
        g_clear_error(&ballot->errors[i]);
    g_free(ballot->errors);
    g_free(ballot->votes);
    g_free(ballot->bytes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ballot, ballot_clear)

static uint8_t *said_by(const Ballot *ballot, uint32_t child)
{
    return ballot->bytes + child * ballot->length;
}

/* The first child that says the same as this one. */
static uint32_t first_to_say(const Ballot *ballot, uint32_t child)
{
    uint32_t i = 0;

    while (ballot->errors[i] ||
           memcmp(said_by(ballot, i), said_by(ballot, child), ballot->length) != 0)
        i++;
    return i;
}

static void count(Ballot *ballot)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < ballot->node->n_edges; i++)
        if (!ballot->errors[i])
            ballot->votes[first_to_say(ballot, i)]++;
    for (uint32_t i = 0; i < ballot->node->n_edges; i++) {
        if (ballot->votes[i] > most) {
            most = ballot->votes[ballot->leader = i];
            ballot->tie = false;
        } else if (most > 0 && ballot->votes[i] == most) {
            ballot->tie = true;
        }
    }
}

static void hold(Ballot *ballot)
{
    for (uint32_t i = 0; i < ballot->node->n_edges; i++)
        uc_node_read(uc_node_child(ballot->node, i), ballot->offset, said_by(ballot, i),
                     ballot->length, &ballot->errors[i]);
    count(ballot);
}

/* Of more than one sector only a majority of all children decides: each of its parts is then
 * decided in the same way, whatever those say who now differ or cannot be read as a whole. */
static bool is_won(const Ballot *ballot)
{
    const Quorum *quorum = ballot->node->state;
    uint32_t votes = ballot->votes[ballot->leader];

    if (votes < quorum->threshold)
        return false;
    return ballot->length <= SECTOR ? !ballot->tie : 2 * votes > ballot->node->n_edges;
}

static uint64_t first_difference(const Ballot *ballot, uint32_t one, uint32_t other)
{
    size_t i = 0;

    while (said_by(ballot, one)[i] == said_by(ballot, other)[i])
        i++;
    return ballot->offset + i;
}

/* "a, c" */
static char *names_of_voters(const Ballot *ballot, uint32_t leader)
{
    GString *names = g_string_new(NULL);

    for (uint32_t i = leader; i < ballot->node->n_edges; i++)
        if (!ballot->errors[i] && first_to_say(ballot, i) == leader)
            g_string_append_printf(names, "%s%s", names->len ? ", " : "",
                                   uc_node_child(ballot->node, i)->name);
    return g_string_free(names, FALSE);
}

/* "2 for a, c; 1 for b (0x42 at 65540); d cannot be read (...)" */
static char *result_to_string(const Ballot *ballot)
{
    GString *text = g_string_new(NULL);

    for (uint32_t i = 0; i < ballot->node->n_edges; i++) {
        g_autofree char *names = NULL;

        if (ballot->errors[i]) {
            g_string_append_printf(text, "; %s", ballot->errors[i]->message);
            continue;
        }
        if (ballot->votes[i] == 0)
            continue;
        names = names_of_voters(ballot, i);
        g_string_append_printf(text, "; %u for %s", ballot->votes[i], names);
        if (i != ballot->leader)
            g_string_append_printf(text, " (differing at %" G_GUINT64_FORMAT ")",
                                   first_difference(ballot, ballot->leader, i));
    }
    g_string_erase(text, 0, strlen("; "));
    return g_string_free(text, FALSE);
}

static bool set_lost(const Ballot *ballot, GError **error)
{
    const Quorum *quorum = ballot->node->state;
    g_autofree char *result = result_to_string(ballot);

    return uc_error_set(error, UC_ERROR_FAILED,
                        "no decision on the %zu bytes at %" G_GUINT64_FORMAT
                        ", %u equal votes are needed: %s",
                        ballot->length, ballot->offset, quorum->threshold, result);
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
    g_auto(Ballot) ballot = {0};

    if (!ballot_init(&ballot, node, start, MIN(sectors * SECTOR, node->size - start)))
        return uc_error_set(error, UC_ERROR_MEMORY, "no memory to vote on %zu bytes", length);
    hold(&ballot);
    if (is_won(&ballot)) {
        memcpy(buffer, said_by(&ballot, ballot.leader) + (offset - start), length);
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
