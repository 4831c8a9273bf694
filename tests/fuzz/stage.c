/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/stage.h"

#include "core/index.h"
#include "tests/fuzz/memory.h"
#include "tests/fuzz/promise.h"

#define CACHE_BYTES (4u << 20) /* so small that it has one lock, not sixteen */
#define INDEX_BYTES (512u << 10)

UcGraph *stage_graph(const UcDriver *const *drivers)
{
    static UcGraph *graph;
    if (!graph) {
        graph = uc_graph_new(drivers, NULL);
        uc_graph_set_limits(graph, CACHE_BYTES, INDEX_BYTES);
    }
    return graph;
}

void stage_forget(UcGraph *graph)
{
    uc_cache_free(graph->cache);
    graph->cache = uc_cache_new(CACHE_BYTES, UC_GRAPH_CACHE_LARGEST);
    g_ptr_array_set_size(graph->warnings, 0);
}

void stage_clear(UcGraph *graph)
{
    stage_forget(graph);
    uc_cache_free(graph->index);
    graph->index = uc_index_new(INDEX_BYTES);
    g_hash_table_remove_all(graph->by_name);
    g_hash_table_remove_all(graph->declared);
    g_ptr_array_set_size(graph->nodes, 0);
    g_ptr_array_set_size(graph->files, 0);
    graph->gate = UC_GATE_DEFAULT;
}

UcNode *stage_open_file(UcGraph *graph, const char *name)
{
    g_autoptr(UcSpec) spec = uc_spec_new(UC_SPEC_OBJECT);
    uc_spec_add(spec, "driver", uc_spec_new_string("file"));
    uc_spec_add(spec, "filename", uc_spec_new_string(name));
    UcNode *node = uc_graph_open(graph, spec, NULL);
    promise(node);
    return node;
}
