/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/graph.h"

/*
 * The format of the image in `file`, found by its first bytes; "raw" if they say nothing.
 * *believed tells whether the name of the file agrees: a raw disk whose guest has written the
 * first bytes of another format into it must not become that format with all its powers.
 * Private to core.
 */
const UcDriver *uc_probe(const UcNode *file, bool *believed, GError **error);
