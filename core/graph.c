/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/graph.h"

#include "core/ahead.h"
#include "core/helpers.h"
#include "core/index.h"
#include "core/text.h"

#include <string.h>

static void node_free(gpointer data)
{
    UcNode *node = data;

    if (node->driver->close)
        node->driver->close(node);
    g_clear_pointer(&node->implied, g_ptr_array_unref);
    g_free(node->state);
    g_free(node->edges);
    uc_ahead_free(node->ahead);
    g_free(node->window_bits);
    g_free(node->name);
    g_free(node);
}

UcGraph *uc_graph_new(const UcDriver *const *drivers, const UcGate *gate)
{
    UcGraph *graph = g_new0(UcGraph, 1);

    graph->drivers = drivers;
    graph->gate = gate ? *gate : UC_GATE_DEFAULT;
    graph->helpers = uc_helpers_new();
    graph->nodes = g_ptr_array_new_with_free_func(node_free);
    graph->files = g_ptr_array_new_with_free_func((GDestroyNotify)uc_host_file_free);
    graph->warnings = g_ptr_array_new_with_free_func(g_free);
    graph->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    graph->declared =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)uc_spec_unref);
    uc_graph_set_limits(graph, UC_GRAPH_CACHE_BYTES, UC_GRAPH_INDEX_BYTES);
    return graph;
}

void uc_graph_set_limits(UcGraph *graph, uint64_t cache, uint64_t index)
{
    g_assert(graph->nodes->len == 0);
    uc_cache_free(graph->cache);
    uc_cache_free(graph->index);
    graph->cache = uc_cache_new(cache, UC_GRAPH_CACHE_LARGEST);
    graph->index = index > 0 ? uc_index_new(index) : NULL;
}

void uc_graph_free(UcGraph *graph)
{
    if (!graph)
        return;
    uc_helpers_free(graph->helpers);
    g_ptr_array_unref(graph->nodes);
    g_ptr_array_unref(graph->files);
    g_ptr_array_unref(graph->warnings);
    g_hash_table_unref(graph->by_name);
    g_hash_table_unref(graph->declared);
    uc_cache_free(graph->cache);
    uc_cache_free(graph->index);
    g_free(graph);
}

bool uc_graph_declare(UcGraph *graph, UcSpec *spec, GError **error)
{
    const char *name = uc_spec_string(uc_spec_get(spec, "node-name"));
    g_autofree char *where = uc_spec_where(spec);
    g_autofree char *shown = name ? uc_text_escape(name, -1) : NULL;

    if (!name || !*name)
        return uc_error_set(error, UC_ERROR_USAGE, "a block device without a \"node-name\"%s",
                            where);
    if (g_hash_table_contains(graph->declared, name))
        return uc_error_set(error, UC_ERROR_USAGE, "two nodes are named '%s'%s", shown, where);
    g_hash_table_insert(graph->declared, g_strdup(name), uc_spec_ref(spec));
    return true;
}

void uc_graph_seal(UcGraph *graph)
{
    graph->sealed = true;
}

UcNode *uc_graph_find(const UcGraph *graph, const char *name)
{
    return g_hash_table_lookup(graph->by_name, name);
}

const UcDriver *uc_graph_driver(const UcGraph *graph, const char *name)
{
    for (const UcDriver *const *driver = graph->drivers; *driver; driver++)
        if (strcmp((*driver)->name, name) == 0)
            return *driver;
    return NULL;
}
