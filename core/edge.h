/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/driver.h"

/*
 * An edge is a port filled with a node. A node has one edge per port, in the order of its
 * driver's table, so the index of a port is the index of its edge; a port that takes many
 * children comes last and adds further edges.
 */
typedef struct UcEdge {
    const UcPort *port;
    UcNode *node; /* borrowed from the graph; NULL: nothing plugged in */
} UcEdge;

UcRole uc_edge_role(const UcEdge *edge);
