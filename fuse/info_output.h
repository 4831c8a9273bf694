/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/graph.h"

/* Print what is known about a node and those below it: the whole tree, or (`chain`) one entry for
 * each layer of its backing chain, as `qemu-img info --backing-chain` does. */
void uc_info_print_human(const UcNode *node, bool chain);
void uc_info_print_json(const UcNode *node, bool chain);

/* The next layer of the chain, or NULL. */
const UcNode *uc_info_backing(const UcNode *node);
/* What the driver has to tell, an a{sv}; the caller owns it. */
GVariant *uc_info_facts(const UcNode *node);
