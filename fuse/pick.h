/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/graph.h"

/*
 * The node below `top` that the user calls `word`: its node-name, or the name it is printed by (of
 * an image its file's), or the path of its file; among an image and the file that stores it the
 * image is meant. An error lists the candidates.
 */
const UcNode *uc_pick_node(const UcNode *top, const char *word, GError **error);
