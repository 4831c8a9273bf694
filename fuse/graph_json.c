/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/graph_json.h"

#include "fuse/graph_nodes.h"
#include "fuse/info_output.h"
#include "fuse/json.h"

static JsonArray *edges_to_json(const UcNode *node, const UcGraphNodes *nodes)
{
    JsonArray *edges = json_array_new();
    for (uint32_t i = 0; i < node->n_edges; i++) {
        const UcEdge *edge = &node->edges[i];
        if (edge->node == NULL)
            continue;
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "port", edge->port->name);
        json_object_set_string_member(object, "role", uc_role_to_string(uc_edge_role(edge)));
        json_object_set_int_member(object, "child", uc_graph_nodes_number(nodes, edge->node));
        json_array_add_object_element(edges, object);
    }
    return edges;
}

static JsonObject *node_to_json(const UcNode *node, const UcGraphNodes *nodes)
{
    g_autoptr(GVariant) facts = uc_info_facts(node);
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "id", uc_graph_nodes_number(nodes, node));
    uc_json_add_text(object, "name", node->name);
    json_object_set_string_member(object, "driver", node->driver->name);
    json_object_set_int_member(object, "size", (gint64)node->size);
    if (node->file != NULL)
        uc_json_add_text(object, "file", node->file->name);
    if (g_variant_n_children(facts) > 0)
        json_object_set_member(object, "facts", json_gvariant_serialize(facts));
    json_object_set_array_member(object, "edges", edges_to_json(node, nodes));
    return object;
}

JsonArray *uc_graph_to_json(const UcNode *top)
{
    g_auto(UcGraphNodes) nodes;
    uc_graph_nodes_init(&nodes, top);
    JsonArray *list = json_array_new();
    for (guint i = 0; i < nodes.list->len; i++)
        json_array_add_object_element(list, node_to_json(uc_graph_nodes_get(&nodes, i), &nodes));
    return list;
}
