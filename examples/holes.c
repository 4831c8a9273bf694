/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prints where an image holds data and where it is a hole, through all of its backing layers:
 *
 *     $ holes examples/sample/tuesday.qcow2
 *     data          0     188416
 *     hole     188416     143360
 *     ...
 */
#include "core/extent.h"
#include "core/graph.h"
#include "drivers/drivers.h"

#include <inttypes.h>
#include <stdio.h>

static void print_run(bool hole, uint64_t start, uint64_t end)
{
    if (end > start)
        printf("%s %10" PRIu64 " %10" PRIu64 "\n", hole ? "hole" : "data", start, end - start);
}

/* Extents differ by where their bytes come from; runs only by whether they are a hole. */
static void print_runs(const UcNode *node)
{
    uint64_t start = 0;
    bool hole = false;
    UcExtents extents;
    UcPath extent;

    uc_extents_init(&extents, node, 0, node->size, UC_REACH_STATUS);
    while (uc_extents_next(&extents, &extent)) {
        if (uc_path_is_zero(&extent) == hole)
            continue;
        print_run(hole, start, extent.start);
        start = extent.start;
        hole = !hole;
    }
    print_run(hole, start, node->size);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: holes IMAGE\n");
        return 2;
    }

    g_autoptr(GError) error = NULL;
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    g_autoptr(UcSpec) spec = uc_spec_for_image(argv[1], NULL);
    const UcNode *node = uc_graph_open(graph, spec, &error);
    if (!node) {
        fprintf(stderr, "holes: %s\n", error->message);
        return 1;
    }
    uc_graph_seal(graph);

    print_runs(node);
    return 0;
}
