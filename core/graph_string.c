/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/graph.h"

/*
 * The graph as a tree, for people:
 *
 *     part (raw, 15 MiB)
 *     `-- file (data): top.qcow2 (qcow2, 16 MiB)
 *         |-- file (metadata, data): top.qcow2 (file, 384 KiB)
 *         backing: base.qcow2 (qcow2, 16 MiB)
 *         `-- file (metadata, data): base.qcow2 (file, 448 KiB)
 *
 * A backing child stands below its parent at the same indentation, so that a long chain reads as
 * a list. What is met again is not drawn again. It is drawn with a stack of its own: a chain is as
 * deep as it has layers.
 */
typedef struct Line {
    const UcNode *node;
    const UcEdge *edge; /* the first that leads here; NULL for the top */
    char *roles;        /* of all edges that lead here from the same parent; owned */
    char *prefix;       /* what stands before it; owned */
    bool is_branch;     /* drawn as a branch of the line above ... */
    bool is_last;       /* ... and as its last one */
} Line;

static void line_clear(Line *line)
{
    g_free(line->roles);
    g_free(line->prefix);
}

static void append_line(GString *text, const Line *line, bool again)
{
    g_autofree char *node = uc_node_to_string(line->node);

    g_string_append(text, line->prefix);
    if (line->is_branch)
        g_string_append(text, line->is_last ? "`-- " : "|-- ");
    if (line->edge && uc_edge_role(line->edge) == UC_ROLE_BACKING)
        g_string_append_printf(text, "%s: ", line->edge->port->name);
    else if (line->edge)
        g_string_append_printf(text, "%s (%s): ", line->edge->port->name, line->roles);
    g_string_append_printf(text, "%s%s\n", node, again ? ", see above" : "");
}

static Line line_below(const Line *line, const UcEdge *edge, char *roles)
{
    const char *bar = !line->is_branch ? "" : line->is_last ? "    " : "|   ";

    return (Line){.node = edge->node,
                  .edge = edge,
                  .roles = roles,
                  .prefix = g_strconcat(line->prefix, bar, NULL)};
}

/* Pushes the children whose roles are (or are not) backing; the first ends on top. */
static bool push_children(GArray *stack, const Line *line, bool backing, bool is_last)
{
    for (uint32_t i = line->node->n_edges; i-- > 0;) {
        const UcEdge *edge = &line->node->edges[i];

        char *roles = (uc_edge_role(edge) == UC_ROLE_BACKING) == backing
                          ? uc_node_roles(line->node, i)
                          : NULL;

        if (!roles)
            continue;
        Line child = line_below(line, edge, roles);

        child.is_branch = !backing;
        child.is_last = is_last;
        is_last = false;
        g_array_append_val(stack, child);
    }
    return is_last;
}

char *uc_graph_to_string(const UcNode *node)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Line));
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    GString *text = g_string_new(NULL);
    Line line = {.node = node, .prefix = g_strdup("")};

    g_array_append_val(stack, line);
    while (stack->len > 0) {
        line = g_array_index(stack, Line, stack->len - 1);
        g_array_set_size(stack, stack->len - 1);
        bool again = !g_hash_table_add(seen, (gpointer)line.node);

        append_line(text, &line, again);
        if (!again)
            push_children(stack, &line, false, push_children(stack, &line, true, true));
        line_clear(&line);
    }
    return g_string_free(text, FALSE);
}
