/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/node.h"

/*
 * The first difference between what two nodes show; the shorter one counts as if zeroes
 * followed it. Their status is asked first: zeroes against zeroes, and one place of one host file
 * against itself, are not read. The rest is read and compared on several threads.
 */
typedef struct UcDifference {
    bool found;
    uint64_t offset;
    uint8_t bytes[2]; /* what the two have there */
} UcDifference;

/* False: before any difference was found, something could not be read. */
bool uc_difference_find(const UcNode *const nodes[2], UcDifference *difference, GError **error);
