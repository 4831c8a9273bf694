/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"
#include "core/option.h"

bool qcow2_open(UcNode *node, const UcOptions *options, GError **error);
void qcow2_close(UcNode *node);
