/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drivers/format/qcow2/extension.h"
#include "drivers/format/qcow2/header.h"

/*
 * Incompatible features: a reader that does not know one must not open the image. The image may
 * bring a table of names along, so that the refusal can say what is missing.
 */
bool qcow2_features_check(const Qcow2Header *header, const Qcow2Extensions *extensions,
                          GError **error);
