/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/graph.h"

/* The nodes below `top` and their edges in Graphviz' language; the caller frees. */
char *uc_graph_to_dot(const UcNode *top);

/* Has Graphviz' program `dot` draw such a text as SVG, to standard output. */
bool uc_graph_print_svg(const char *dot, GError **error);
