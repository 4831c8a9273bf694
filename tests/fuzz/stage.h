/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/graph.h"

/*
 * A graph that serves for one input after the other: making one takes longer than what most inputs
 * do with it. It is never sealed, so that reads start no threads and the same input does the same
 * twice.
 */
UcGraph *stage_graph(const UcDriver *const *drivers);

/* Forgets all nodes and everything that was learnt from them. */
void stage_clear(UcGraph *graph);

/* A file of memory_use(), to be kept and used again until the stage is cleared. */
UcNode *stage_open_file(UcGraph *graph, const char *name);
/* Forgets what was cached of such files, and what was warned of. */
void stage_forget(UcGraph *graph);
