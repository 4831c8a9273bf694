/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"

/*
 * SEEK_DATA and SEEK_HOLE over a node. A hole is what reads as zero, whoever says so. Borders are
 * multiples of `granularity`, except at the end of the node (core/status.h): an answer is never a
 * hole where there is data.
 *
 * Both answer with the first matching offset >= `offset`; `offset` < node->size. A range that
 * cannot be read counts as data.
 */
#define UC_SEEK_GRANULARITY 512

/* False: only a hole follows. */
bool uc_seek_data(const UcNode *node, uint64_t offset, uint64_t granularity, uint64_t *found);

/* The end of the node counts as a hole, as it does for lseek(2). */
uint64_t uc_seek_hole(const UcNode *node, uint64_t offset, uint64_t granularity);

/*
 * These walk as far as it takes, which is nothing for a disk that somebody uses, and days for one
 * of petabytes that a stranger has cut into pieces which are all zero, or all data. A seeker asks
 * the same for those who wait for an answer. It looks at so many pieces in a row at most, its
 * patience, and then gives an answer that is not the best one but still true:
 *
 *     data   "here", where it has got to, though only zeroes were seen so far. It keeps to that:
 *            the block is data from then on, or a program that asks where the data ends would be
 *            told "where it begins", and might go round in circles.
 *     hole   some hole behind it, which is found by leaping ever further; what is leapt over may
 *            hold other holes, and is data for this answer. If there is none, the end. Because this
 *            says less of the disk than the other, it has twice the patience.
 *
 *     ....:....:....:....:....:....        pieces of zeroes, more than the seeker looks at
 *     asked          ^ gives up: this block is data
 *
 * Where patience suffices, answers are exact. Seekers may be used by many threads.
 */
#define UC_SEEK_PATIENCE (1u << 19)

typedef struct UcSeeker UcSeeker;

UcSeeker *uc_seeker_new(const UcNode *node, uint64_t granularity, uint64_t patience);
void uc_seeker_free(UcSeeker *seeker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcSeeker, uc_seeker_free)

bool uc_seeker_data(UcSeeker *seeker, uint64_t offset, uint64_t *found);
uint64_t uc_seeker_hole(UcSeeker *seeker, uint64_t offset);
