/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the contents of an image to standard output. The format is guessed, or stated first:
 *
 *     $ contents qcow2 examples/sample/tuesday.qcow2 | sha256sum
 */
#include "core/graph.h"
#include "drivers/drivers.h"

#include <errno.h>
#include <stdio.h>

#define CHUNK (1u << 20)

static bool write_all(const UcNode *node, GError **error)
{
    g_autofree char *buffer = g_malloc(CHUNK);

    for (uint64_t offset = 0; offset < node->size; offset += CHUNK) {
        size_t length = MIN(CHUNK, node->size - offset);
        if (!uc_node_read(node, offset, buffer, length, error))
            return false;
        if (fwrite(buffer, 1, length, stdout) != length)
            return uc_error_set(error, UC_ERROR_FAILED, "cannot write: %s", g_strerror(errno));
    }
    return fflush(stdout) == 0 ||
           uc_error_set(error, UC_ERROR_FAILED, "cannot write: %s", g_strerror(errno));
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: contents [FORMAT] IMAGE\n");
        return 2;
    }

    g_autoptr(GError) error = NULL;
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    g_autoptr(UcSpec) spec = uc_spec_for_image(argv[argc - 1], argc == 3 ? argv[1] : NULL);
    const UcNode *node = uc_graph_open(graph, spec, &error);
    if (node)
        uc_graph_seal(graph);
    if (!node || !write_all(node, &error)) {
        fprintf(stderr, "contents: %s\n", error->message);
        return 1;
    }
    return 0;
}
