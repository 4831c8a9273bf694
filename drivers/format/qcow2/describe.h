/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"

/* What a person wants to know about the image. */
void qcow2_describe(const UcNode *node, GVariantBuilder *facts);
