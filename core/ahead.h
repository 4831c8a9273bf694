/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/share.h"

/*
 * What a node has produced before it was asked for. A reader that has gone on where it stopped a
 * few times will go on; what follows is then produced by helpers while the reader is busy with what
 * it has got:
 *
 *     read          read          read
 *     |-------------|-------------|-------------|-------------|
 *                                  being read    share, by helpers
 *
 * That is for readers that ask for one thing after the other. Who asks for several at once, as the
 * kernel does to fill its page cache, has somebody who reads ahead for him, and keeps the cores
 * busy with it.
 *
 * A node remembers one place where somebody reads and two shares, of at most 1 MiB each: a
 * reader that jumps gets nothing ahead, and of two that read in turn neither does. A share that
 * fails gives nothing: who reads there will find out for himself.
 */
typedef struct UcAhead UcAhead;

UcAhead *uc_ahead_new(void);
void uc_ahead_free(UcAhead *ahead);

/* Takes note of a read and returns the share that helpers should begin because of it, or NULL.
 * The caller has a reference. `alone`: nobody else reads at this time, and there is somebody to
 * help. */
UcShare *uc_ahead_note(UcAhead *ahead, const UcNode *node, uint64_t offset, uint64_t length,
                       bool alone);

/* The share that `offset` lies in, or NULL. The caller has a reference. */
UcShare *uc_ahead_find(UcAhead *ahead, uint64_t offset);
