/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/graph.h"

/*
 * Drivers whose map is a table, so that every rule of composition is a three-line test.
 *
 *   leaf      no ports
 *   format    ports "file" (metadata), "data" (data), "backing": edges 0, 1, 2
 *   filter    port "file" (filtered)
 *   stopping  the same, and reads stop at it
 *   vote      port "children": many, which must agree
 *   hanging   a filter whose filtered port is called "backing"
 *
 * Options: "size", and "map": steps as uc_step_to_string() writes them, separated by ";", the
 * last one standing for the rest: "child 1@0 +8; zero kept 1@8 +4; self(compressed) +4". Without
 * "map": a leaf is stored, a format shows its backing, a filter its child.
 *
 * A byte that a node stores or produces is fake_byte(name, offset) and never zero.
 */
extern const UcDriver *const fake_drivers[];

unsigned char fake_byte(const char *name, uint64_t offset);

/* A graph of fakes (and the real raw, null-co and filters) from JSON; ends the test if it fails. */
typedef struct FakeGraph {
    UcGraph *graph;
    UcNode *node;
} FakeGraph;

FakeGraph fake_graph(const char *json);
/* The node of that node-name in it. */
const UcNode *fake_find(FakeGraph fake, const char *name);
void fake_graph_clear(FakeGraph *fake);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FakeGraph, fake_graph_clear)
