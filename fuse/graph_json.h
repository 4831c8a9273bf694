/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/graph.h"

#include <json-glib/json-glib.h>

/* All nodes below `top`, each once, as objects with an "id" that the edges of others refer to. */
JsonArray *uc_graph_to_json(const UcNode *top);
