/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/graph.h"

/* The nodes below `top` and their edges in Graphviz' language; the caller frees. */
char *uc_graph_to_dot(const UcNode *top);

/*
 * Graphviz' program `dot`, which draws such a text as SVG, to standard output. In the sandbox no
 * program can be started, so it is there before an image is opened, waiting for the text.
 */
typedef struct UcPainter {
    GPid pid;
    int pipe; /* to it */
} UcPainter;

bool uc_painter_start(UcPainter *painter, GError **error);
/* Ends it in any case; if `dot` is NULL, without a picture. */
bool uc_painter_finish(UcPainter *painter, const char *dot, GError **error);
