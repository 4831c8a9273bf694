/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"

/*
 * What all children of a node say about one range, and how many say the same. A child that cannot
 * be read has no vote.
 */
typedef struct UcBallot {
    const UcNode *node;
    uint64_t offset;
    size_t length;
    uint8_t *bytes;  /* what each child says, one after the other; owned */
    GError **errors; /* of each child, NULL: it could be read; owned */
    uint32_t *votes; /* for what each child says, counted at the first that says it; owned */
    uint32_t leader; /* the first child whose saying has the most votes */
    bool tie;        /* something else has as many */
} UcBallot;

/* Asks the children and counts. Fails only for want of memory. */
bool uc_ballot_hold(UcBallot *ballot, const UcNode *node, uint64_t offset, size_t length,
                    GError **error);
void uc_ballot_clear(UcBallot *ballot);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UcBallot, uc_ballot_clear)

/* `length` bytes. */
const uint8_t *uc_ballot_said(const UcBallot *ballot, uint32_t child);
/* Of the leader; 0 if no child could be read. */
uint32_t uc_ballot_most(const UcBallot *ballot);

/* "2 for a, c; 1 for b (differing at 65540); d: cannot read ..."; the caller frees */
char *uc_ballot_to_string(const UcBallot *ballot);
