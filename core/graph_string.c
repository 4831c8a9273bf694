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
    const UcNode *parent; /* NULL for the first */
    uint32_t edge;        /* of the parent, the first that leads here */
    char *prefix;         /* what stands before it; owned */
    bool is_branch;       /* drawn as a branch of the line above ... */
    bool is_last;         /* ... and as its last one */
} Line;

static void line_clear(Line *line)
{
    g_free(line->prefix);
}

/* "file (metadata, data): " */
static void append_edges(GString *text, const Line *line)
{
    const UcEdge *first = &line->parent->edges[line->edge];
    UcRole role = uc_edge_role(first);

    g_string_append(text, first->port->name);
    if (role != UC_ROLE_BACKING) {
        g_string_append_printf(text, " (%s", uc_role_to_string(role));
        for (uint32_t i = line->edge + 1; i < line->parent->n_edges; i++)
            if (line->parent->edges[i].node == line->node)
                g_string_append_printf(text, ", %s",
                                       uc_role_to_string(uc_edge_role(&line->parent->edges[i])));
        g_string_append_c(text, ')');
    }
    g_string_append(text, ": ");
}

static void append_line(GString *text, const Line *line, bool again)
{
    g_autofree char *node = uc_node_to_string(line->node);

    g_string_append(text, line->prefix);
    if (line->is_branch)
        g_string_append(text, line->is_last ? "`-- " : "|-- ");
    if (line->parent)
        append_edges(text, line);
    g_string_append_printf(text, "%s%s\n", node, again ? ", see above" : "");
}

static bool is_first_edge(const UcNode *node, uint32_t edge)
{
    for (uint32_t i = 0; i < edge; i++)
        if (node->edges[i].node == node->edges[edge].node)
            return false;
    return true;
}

static Line line_below(const Line *line, uint32_t edge)
{
    const char *bar = !line->is_branch ? "" : line->is_last ? "    " : "|   ";

    return (Line){.node = line->node->edges[edge].node,
                  .parent = line->node,
                  .edge = edge,
                  .prefix = g_strconcat(line->prefix, bar, NULL)};
}

/* Pushes the children whose roles are (or are not) backing; the first ends on top. */
static bool push_children(GArray *stack, const Line *line, bool backing, bool is_last)
{
    for (uint32_t i = line->node->n_edges; i-- > 0;) {
        const UcEdge *edge = &line->node->edges[i];

        if (!edge->node || (uc_edge_role(edge) == UC_ROLE_BACKING) != backing ||
            !is_first_edge(line->node, i))
            continue;
        Line child = line_below(line, i);

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
