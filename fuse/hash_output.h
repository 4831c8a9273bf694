/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "drivers/filter/manifest.h"
#include "fuse/source.h"

/* "DIGEST  SOURCE" as every sum program prints it, and "SHA256 (SOURCE) = ..." if there is one; or
 * an object. */
void uc_hash_print(const UcSource *source, const UcSum *digest, const char *sha256, bool json);
