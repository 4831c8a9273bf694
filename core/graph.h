/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/cache.h"
#include "core/gate.h"
#include "core/spec.h"

/*
 * A graph is all nodes that were opened together. It is built, sealed, then immutable:
 *
 *     g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
 *     g_autoptr(UcSpec) spec = uc_spec_for_image("vm.qcow2", "qcow2");
 *     UcNode *node = uc_graph_open(graph, spec, &error);
 *     uc_graph_seal(graph);
 *
 * After sealing any number of threads may map, seek and read its nodes. It owns every node and
 * every host file.
 */
struct UcGraph {
    const UcDriver *const *drivers; /* NULL-terminated; borrowed */
    UcGate gate;
    GPtrArray *nodes;          /* of UcNode, in the order they were begun; owned */
    GPtrArray *files;          /* of UcHostFile; owned */
    GPtrArray *warnings;       /* of char *, in the order they were met */
    GHashTable *by_name;       /* node-name -> UcNode, the named ones */
    GHashTable *declared;      /* node-name -> UcSpec: may be opened when somebody refers to it */
    UcCache *cache;            /* of what drivers keep */
    UcCache *index;            /* of resolved extents (core/index.c); NULL: none */
    struct UcHelpers *helpers; /* take part in what nodes produce (core/produce.c) */
    struct UcOpening *opening; /* while uc_graph_open() runs (core/open.c) */
    bool is_unlocked;          /* a file could not be locked, which was said */
    bool sealed;
};

#define UC_GRAPH_CACHE_BYTES (32u << 20)
#define UC_GRAPH_CACHE_LARGEST (2u << 20) /* a cluster of qcow2 */
#define UC_GRAPH_INDEX_BYTES (32u << 20)

/* gate NULL: UC_GATE_DEFAULT. */
UcGraph *uc_graph_new(const UcDriver *const *drivers, const UcGate *gate);
/* What its cache and its index may take up, in bytes, if not what stands above; to be said before
 * anything is opened. An index of 0 bytes is none. */
void uc_graph_set_limits(UcGraph *graph, uint64_t cache, uint64_t index);
void uc_graph_free(UcGraph *graph);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcGraph, uc_graph_free)

/* Makes a named node known without opening it. The spec must have a "node-name". */
bool uc_graph_declare(UcGraph *graph, UcSpec *spec, GError **error);

/* Opens a node and everything below it. `spec` is an object, or a string: the name of a node that
 * is open or declared. The graph owns the result. */
UcNode *uc_graph_open(UcGraph *graph, UcSpec *spec, GError **error);

/* From here on nothing changes, and reads may start threads: who forks seals afterwards, and has
 * not sealed another graph before. */
void uc_graph_seal(UcGraph *graph);

/* The node of that node-name, or NULL. */
UcNode *uc_graph_find(const UcGraph *graph, const char *name);
const UcDriver *uc_graph_driver(const UcGraph *graph, const char *name);

/* `node` and all nodes below it, each once, a parent before the children it is met by first: of
 * const UcNode, borrowed. The caller frees the list. */
GPtrArray *uc_graph_list(const UcNode *node);

/* The tree below `node`, one node per line, for people; what stands below a shared node is shown
 * once. The caller frees. */
char *uc_graph_to_string(const UcNode *node);
