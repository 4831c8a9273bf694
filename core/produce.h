/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/plan.h"

/*
 * Reads a segment that a node must produce itself. Where the node says that this can be cut into
 * grains (it is computing, as for compressed clusters), cores that would stand by take part: of
 * long segments each does a share, and what a sequential reader will ask for next is begun.
 */
bool uc_produce(const UcSegment *segment, void *buffer, GError **error);
