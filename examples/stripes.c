/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens a graph with a driver that unchain does not have, driver_stripes.c. Prints where the bytes
 * come from and, with a second argument, writes them to a file:
 *
 *     $ stripes driver=stripes,chunk=4k,first.filename=a.img,second.filename=b.img flat.raw
 */
#include "core/extent.h"
#include "core/graph.h"
#include "drivers/drivers.h"

#include <stdio.h>

extern const UcDriver stripes_driver;

static void print_map(const UcNode *node)
{
    UcExtents extents;
    UcPath extent;

    uc_extents_init(&extents, node, 0, node->size, UC_REACH_STATUS);
    while (uc_extents_next(&extents, &extent)) {
        g_autofree char *text = uc_path_to_string(&extent);
        puts(text);
    }
}

static bool write_contents(const UcNode *node, const char *name, GError **error)
{
    g_autofree char *bytes = g_malloc(node->size);

    return uc_node_read(node, 0, bytes, node->size, error) &&
           g_file_set_contents(name, bytes, node->size, error);
}

int main(int argc, char **argv)
{
    /* The table of drivers a graph may use: all of unchain's, and ours. */
    g_autoptr(GPtrArray) drivers = g_ptr_array_new();
    for (const UcDriver *const *driver = uc_drivers; *driver; driver++)
        g_ptr_array_add(drivers, (gpointer)*driver);
    g_ptr_array_add(drivers, (gpointer)&stripes_driver);
    g_ptr_array_add(drivers, NULL);

    g_autoptr(GError) error = NULL;
    g_autoptr(UcGraph) graph = uc_graph_new((const UcDriver *const *)drivers->pdata, NULL);
    g_autoptr(UcSpec) spec = uc_spec_parse_dotted(argc > 1 ? argv[1] : "", "argument 1", &error);
    const UcNode *node = spec ? uc_graph_open(graph, spec, &error) : NULL;
    if (node) {
        uc_graph_seal(graph);
        print_map(node);
    }
    if (!node || (argc > 2 && !write_contents(node, argv[2], &error))) {
        fprintf(stderr, "stripes: %s\n", error->message);
        return 1;
    }
    return 0;
}
