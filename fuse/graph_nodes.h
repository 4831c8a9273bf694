/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/graph.h"

/* The nodes below a node, each once, and a number for each: names may be the same, places in this
 * list are not. */
typedef struct UcGraphNodes {
    GPtrArray *list;     /* of const UcNode, borrowed; uc_graph_list() */
    GHashTable *numbers; /* const UcNode -> its place in the list */
} UcGraphNodes;

void uc_graph_nodes_init(UcGraphNodes *nodes, const UcNode *top);
void uc_graph_nodes_clear(UcGraphNodes *nodes);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UcGraphNodes, uc_graph_nodes_clear)

const UcNode *uc_graph_nodes_get(const UcGraphNodes *nodes, guint number);
guint uc_graph_nodes_number(const UcGraphNodes *nodes, const UcNode *node);
