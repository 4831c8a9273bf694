/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/source.h"

/*
 * A graph file names nodes and says which of them are shown, in the words of QEMU's -blockdev:
 *
 *     { "blockdevs": [ { "node-name": "vm", "driver": "qcow2", ... }, ... ],
 *       "exports": [ { "name": "vm.raw", "node-name": "vm" }, ... ] }
 *
 * The file names in it are relative to the graph file. An export without a name is called after
 * its node.
 */
bool uc_graph_file_read(UcSources *sources, const char *filename, GError **error);

/* The same for what was read already; `filename` is where from. */
bool uc_graph_file_parse(UcSources *sources, const char *text, gsize length, const char *filename,
                         GError **error);

/* One member of "exports". `what` names it in messages. */
bool uc_graph_file_add_export(UcSources *sources, const UcSpec *spec, const char *what,
                              GError **error);
