/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/graph_nodes.h"

void uc_graph_nodes_init(UcGraphNodes *nodes, const UcNode *top)
{
    nodes->list = uc_graph_list(top);
    nodes->numbers = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < nodes->list->len; i++)
        g_hash_table_insert(nodes->numbers, g_ptr_array_index(nodes->list, i), GUINT_TO_POINTER(i));
}

void uc_graph_nodes_clear(UcGraphNodes *nodes)
{
    g_ptr_array_unref(nodes->list);
    g_hash_table_unref(nodes->numbers);
}

const UcNode *uc_graph_nodes_get(const UcGraphNodes *nodes, guint number)
{
    return g_ptr_array_index(nodes->list, number);
}

guint uc_graph_nodes_number(const UcGraphNodes *nodes, const UcNode *node)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(nodes->numbers, node));
}
