/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/graph.h"

/* Without recursion: a chain is as deep as it has layers. */
static void push_children(GPtrArray *stack, const UcNode *node)
{
    for (uint32_t i = node->n_edges; i-- > 0;)
        if (node->edges[i].node)
            g_ptr_array_add(stack, node->edges[i].node);
}

GPtrArray *uc_graph_list(const UcNode *node)
{
    g_autoptr(GPtrArray) stack = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    GPtrArray *list = g_ptr_array_new();

    g_ptr_array_add(stack, (gpointer)node);
    while (stack->len > 0) {
        UcNode *next = g_ptr_array_steal_index(stack, stack->len - 1);

        if (!g_hash_table_add(seen, next))
            continue;
        g_ptr_array_add(list, next);
        push_children(stack, next);
    }
    return list;
}
