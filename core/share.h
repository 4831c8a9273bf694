/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"

/*
 * A share is a run of bytes that a node must produce, cut into pieces of one or more of the
 * node's grains, which any number of threads produce at once:
 *
 *     one thread  |0|   |2|3|   |5|        takes the next piece, again and again
 *     another       |1|     |4|            the same
 *
 * Nobody waits for a piece that nobody has taken, and while somebody produces one he only waits
 * for nodes further down. So nobody waits for ever, in whatever order threads come, or if none
 * comes at all.
 */
typedef struct UcShare UcShare;

/* The bytes go to `buffer`; NULL: to memory of its own. NULL if there is not enough of that. */
UcShare *uc_share_new(const UcNode *node, uint64_t offset, uint64_t length, void *buffer);
UcShare *uc_share_ref(UcShare *share);
void uc_share_unref(UcShare *share);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcShare, uc_share_unref)

/* How many pieces a run has. */
guint uc_share_count(const UcNode *node, uint64_t offset, uint64_t length);

bool uc_share_has(const UcShare *share, uint64_t offset);
uint64_t uc_share_end(const UcShare *share);

/* Produces pieces until all are taken. */
void uc_share_work(UcShare *share);

/* The bytes from `offset` on, of which the share has `length`: produced by now, or NULL. */
const char *uc_share_get(UcShare *share, uint64_t offset, uint64_t length);

/* Works until all are produced. The error is that of the first piece that failed, as if one thread
 * had read them in order. */
bool uc_share_finish(UcShare *share, GError **error);
