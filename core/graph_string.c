/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/graph.h"

/*
 * The tree is printed with a stack of its own: a chain is as deep as it has layers. A backing
 * child stands below its parent at the same indentation, so that a long chain reads as a list.
 */
typedef struct Line {
    const UcNode *node;
    const UcEdge *edge; /* that leads to it; NULL for the first */
    unsigned indent;
} Line;

static void append_line(GString *text, const Line *line)
{
    g_autofree char *node = uc_node_to_string(line->node);

    g_string_append_printf(text, "%*s", (int)(2 * line->indent), "");
    if (line->edge)
        g_string_append_printf(text, "%s: ", line->edge->port->name);
    g_string_append_printf(text, "%s\n", node);
}

static void push_children(GArray *stack, const Line *line)
{
    for (uint32_t i = line->node->n_edges; i-- > 0;) {
        const UcEdge *edge = &line->node->edges[i];
        bool is_shared = i > 0 && edge->node == line->node->edges[0].node;
        unsigned indent = line->indent + (uc_edge_role(edge) == UC_ROLE_BACKING ? 0 : 1);
        Line child = {.node = edge->node, .edge = edge, .indent = indent};

        if (edge->node && !is_shared)
            g_array_append_val(stack, child);
    }
}

char *uc_graph_to_string(const UcNode *node)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Line));
    GString *text = g_string_new(NULL);
    Line line = {.node = node};

    g_array_append_val(stack, line);
    while (stack->len > 0) {
        line = g_array_index(stack, Line, stack->len - 1);
        g_array_set_size(stack, stack->len - 1);
        append_line(text, &line);
        push_children(stack, &line);
    }
    return g_string_free(text, FALSE);
}
