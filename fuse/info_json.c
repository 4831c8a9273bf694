/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/text.h"
#include "fuse/graph_json.h"
#include "fuse/info_output.h"
#include "fuse/json.h"
#include "fuse/sandbox/sandbox.h"

/*
 * The shape is that of `qemu-img info --output=json`, so scripts find filename, format,
 * virtual-size and actual-size where they look for them. A child that is not a backing file
 * stands below its parent, as newer versions have it; backing files follow in the list with
 * --backing-chain, and elsewhere are named. A node's own children stand where it is met first. The
 * whole graph, as it is, follows as a list of "nodes".
 */
static JsonNode *node_to_json(const UcNode *node, GHashTable *seen);

static void add_file(JsonObject *object, const UcNode *node)
{
    const UcHostFile *file = uc_node_host_file(node);
    if (file == NULL)
        return;
    uc_json_add_text(object, "filename", file->name);
    json_object_set_int_member(object, "actual-size", (gint64)file->stat.st_blocks * 512);
}

static void add_backing(JsonObject *object, const UcNode *node)
{
    const UcNode *backing = uc_info_backing(node);
    const UcHostFile *file = backing != NULL ? uc_node_host_file(backing) : NULL;
    if (file == NULL)
        return;
    uc_json_add_text(object, "full-backing-filename", file->name);
    json_object_set_string_member(object, "backing-filename-format", backing->driver->name);
}

static void add_facts(JsonObject *object, const UcNode *node)
{
    g_autoptr(GVariant) facts = uc_info_facts(node);
    if (g_variant_n_children(facts) == 0)
        return;
    JsonObject *specific = json_object_new();
    json_object_set_string_member(specific, "type", node->driver->name);
    json_object_set_member(specific, "data", json_gvariant_serialize(facts));
    json_object_set_object_member(object, "format-specific", specific);
}

/* A node reached twice (metadata and data in one file) is listed once. */
static bool is_repeated(const UcNode *node, uint32_t edge)
{
    for (uint32_t i = 0; i < edge; i++)
        if (node->edges[i].node == node->edges[edge].node)
            return true;
    return false;
}

static void add_children(JsonObject *object, const UcNode *node, GHashTable *seen)
{
    JsonArray *children = json_array_new();
    for (uint32_t i = 0; i < node->n_edges; i++) {
        const UcEdge *edge = &node->edges[i];
        if (edge->node == NULL || uc_edge_role(edge) == UC_ROLE_BACKING || is_repeated(node, i))
            continue;
        JsonObject *child = json_object_new();
        json_object_set_string_member(child, "name", edge->port->name);
        json_object_set_member(child, "info", node_to_json(edge->node, seen));
        json_array_add_object_element(children, child);
    }
    if (json_array_get_length(children) > 0)
        json_object_set_array_member(object, "children", children);
    else
        json_array_unref(children);
}

static JsonNode *node_to_json(const UcNode *node, GHashTable *seen)
{
    JsonObject *object = json_object_new();
    uc_json_add_text(object, "node-name", node->name);
    json_object_set_string_member(object, "format", node->driver->name);
    json_object_set_int_member(object, "virtual-size", (gint64)node->size);
    add_file(object, node);
    add_backing(object, node);
    add_facts(object, node);
    if (g_hash_table_add(seen, (gpointer)node))
        add_children(object, node, seen);
    JsonNode *value = json_node_init_object(json_node_alloc(), object);
    json_object_unref(object);
    return value;
}

static void add_warnings(JsonObject *object, const UcGraph *graph)
{
    if (graph->warnings->len == 0)
        return;
    JsonArray *list = json_array_new();
    for (guint i = 0; i < graph->warnings->len; i++)
        json_array_add_string_element(list, g_ptr_array_index(graph->warnings, i));
    json_object_set_array_member(object, "warnings", list);
}

static void add_sandbox(JsonObject *object)
{
    const GPtrArray *walls = uc_sandbox_walls();
    JsonArray *list = json_array_new();
    for (guint i = 0; i < walls->len; i++)
        json_array_add_string_element(list, g_ptr_array_index(walls, i));
    json_object_set_array_member(object, "sandbox", list);
}

void uc_info_print_json(const UcNode *node, bool chain)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    JsonNode *top = node_to_json(node, seen);
    add_warnings(json_node_get_object(top), node->graph);
    add_sandbox(json_node_get_object(top));
    if (!chain) {
        json_object_set_array_member(json_node_get_object(top), "nodes", uc_graph_to_json(node));
        uc_json_print(top);
        return;
    }
    JsonArray *layers = json_array_new();
    json_array_add_element(layers, top);
    while ((node = uc_info_backing(node)) != NULL)
        json_array_add_element(layers, node_to_json(node, seen));
    uc_json_print(json_node_init_array(json_node_alloc(), layers));
    json_array_unref(layers);
}
