/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/node.h"

/*
 * Looks at all that a node shows (of a huge one, at its beginning, its end and a place between),
 * and holds the engine to what it promises of every graph:
 *
 *     statuses cover the disk, one behind the other, and nothing beyond it
 *     what one calls zero can be read, and is zeroes
 *     what one finds in a file are the bytes of that file
 *     the index changes no answer
 *     a part of a range gets the same answer as the whole of it
 *     blocks of 512 bytes are no holes but where all of their bytes are
 *     reading goes where a reader comes who follows one step after the other
 *
 * `salt` chooses the places.
 */
void survey_node(const UcNode *node, uint64_t salt);
