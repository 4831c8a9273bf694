/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"
#include "drivers/format/qcow2/mapping.h"

/*
 * From a guest offset through L1 and L2 to what is said there. Never fails: where a table cannot
 * be read or makes no sense the run is BROKEN, for as far as that reaches, and `error` is set to
 * the sentence that `read` hands on.
 */
Qcow2Run qcow2_lookup(const UcNode *node, uint64_t offset, uint64_t wanted, GError **error);
