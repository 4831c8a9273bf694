/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/ahead.h"
#include "core/index.h"
#include "core/opening.h"
#include "core/text.h"

#include <string.h>

/* How deep reads may stand inside reads (a format in a format in a format ...). */
#define MAX_NESTING 64
/* How many children may have to agree, however votes are nested and children shared. */
#define MAX_VOTES 256

static bool register_name(UcGraph *graph, const UcFrame *frame, UcNode *node, GError **error)
{
    const UcSpec *stated = uc_spec_get(frame->spec, "node-name");
    const char *name = uc_spec_string(stated);

    if (!name)
        return true;
    if (!*name || g_hash_table_contains(graph->by_name, name)) {
        g_autofree char *where = uc_spec_where(stated);

        return *name ? uc_error_set(error, UC_ERROR_USAGE, "two nodes are named '%s'%s", node->name,
                                    where)
                     : uc_error_set(error, UC_ERROR_USAGE, "a node-name is empty%s", where);
    }
    g_hash_table_insert(graph->by_name, g_strdup(name), node);
    return true;
}

bool uc_frame_create(UcGraph *graph, UcFrame *frame, GError **error)
{
    UcNode *node = g_new0(UcNode, 1);

    frame->node = node;
    frame->stage = UC_STAGE_OPEN;
    node->driver = frame->driver;
    node->graph = graph;
    node->believed = frame->believed;
    node->name = uc_frame_name(frame);
    node->state = g_malloc0(frame->driver->state_size);
    uc_frame_create_edges(frame, node);
    g_ptr_array_add(graph->nodes, node);
    if (frame->file && uc_driver_port(frame->driver, "file"))
        node->edges[uc_driver_port(frame->driver, "file") - frame->driver->ports].node =
            frame->file;
    return uc_frame_push_given(graph, frame, false, error);
}

/* Whether the node is what people mean by its file's name: the file, or the image right on it. A
 * window over several children is neither. */
static bool owns_file(const UcNode *node)
{
    if (node->file)
        return true;
    if (uc_driver_is_filter(node->driver) || node->n_edges == 0 ||
        (node->n_edges > 1 && !uc_driver_is_format(node->driver)))
        return false;
    node = node->edges[0].node;
    while (node && uc_driver_is_filter(node->driver))
        node = node->edges[0].node;
    return node && node->file;
}

static void name_after_file(const UcFrame *frame)
{
    const UcHostFile *file;
    const char *slash;

    if (uc_spec_get(frame->spec, "node-name") || !owns_file(frame->node))
        return;
    file = uc_node_host_file(frame->node);
    slash = strrchr(file->name, '/');
    g_free(frame->node->name);
    frame->node->name = uc_text_escape(slash && slash[1] ? slash + 1 : file->name, -1);
}

/* Children that show the same bytes are as long as each other and as what shows them. */
static bool check_sizes(const UcNode *node, GError **error)
{
    for (uint32_t i = 0; i < node->n_edges; i++) {
        const UcEdge *edge = &node->edges[i];

        if (edge->port->arity == UC_ARITY_MANY && edge->node->size != node->size)
            return uc_error_set(error, UC_ERROR_FAILED,
                                "%s: child %s has %" G_GUINT64_FORMAT
                                " bytes, expected %" G_GUINT64_FORMAT,
                                node->name, edge->node->name, edge->node->size, node->size);
    }
    return true;
}

bool uc_frame_open(UcGraph *graph, UcFrame *frame, GError **error)
{
    g_autoptr(UcOptions) options = uc_frame_options(frame, error);
    UcNode *node = frame->node;

    if (!options || !uc_frame_check_children(frame, error))
        return false;
    name_after_file(frame);
    if (!node->driver->open(node, options, error))
        return !uc_driver_is_leaf(node->driver) && uc_error_name(error, node->name);
    name_after_file(frame);
    if (!check_sizes(node, error))
        return false;
    if (node->size > INT64_MAX)
        return uc_error_set(error, UC_ERROR_FAILED, "%s: its size is beyond 2^63-1 bytes",
                            node->name);
    frame->stage = UC_STAGE_FINISH;
    if (!uc_frame_push_given(graph, frame, true, error))
        return false;
    return uc_frame_push_implied(graph, frame, error) || uc_error_name(error, node->name);
}

/* A read that must go through this node before it reaches the child stands around it. */
static uint32_t nesting_through(const UcNode *node, const UcEdge *edge)
{
    bool stands_around =
        node->driver->reads_stop || edge->port->arity == UC_ARITY_MANY ||
        (uc_driver_is_format(node->driver) && uc_edge_role(edge) != UC_ROLE_BACKING);

    return edge->node->nesting + stands_around;
}

/* A question goes to all children of a vote, a read also to witnesses; else to one child. */
static uint32_t count_votes(const UcNode *node)
{
    uint32_t all = 0, most = 1;

    for (uint32_t i = 0; i < node->n_edges; i++) {
        const UcEdge *edge = &node->edges[i];
        UcRole role = uc_edge_role(edge);

        if (!edge->node)
            continue;
        if (role == UC_ROLE_FILTERED || role == UC_ROLE_WITNESS)
            all += edge->node->votes;
        most = MAX(most, edge->node->votes);
    }
    return MAX(all, most);
}

/* A path that has no table to look into is found as fast as it is remembered. */
static bool needs_index(const UcNode *node)
{
    if (uc_driver_is_format(node->driver))
        return true;
    for (uint32_t i = 0; i < node->n_edges; i++)
        if (node->edges[i].node && node->edges[i].node->window_bits)
            return true;
    return false;
}

static bool check_limits(const UcNode *node, GError **error)
{
    if (node->nesting > MAX_NESTING)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "%s: more than %d images stand inside each other", node->name,
                            MAX_NESTING);
    if (node->votes > MAX_VOTES)
        return uc_error_set(error, UC_ERROR_FAILED, "%s: more than %d children would have to agree",
                            node->name, MAX_VOTES);
    return true;
}

static bool reads_stop_below(const UcNode *node)
{
    for (uint32_t i = 0; i < node->n_edges; i++)
        if (node->edges[i].node && node->edges[i].node->stops)
            return true;
    return false;
}

bool uc_frame_finish(UcGraph *graph, UcFrame *frame, GError **error)
{
    UcNode *node = frame->node;

    for (uint32_t i = 0; i < node->n_edges; i++)
        if (node->edges[i].node)
            node->nesting = MAX(node->nesting, nesting_through(node, &node->edges[i]));
    node->votes = count_votes(node);
    node->stops = node->driver->reads_stop || reads_stop_below(node);
    if (node->grain)
        node->ahead = uc_ahead_new();
    if (needs_index(node)) {
        node->window_bits = g_new(int, 1);
        *node->window_bits = UC_INDEX_WINDOW_BITS;
    }
    if (!check_limits(node, error) || !register_name(graph, frame, node, error))
        return false;
    uc_opening_pop(graph, node);
    return true;
}
