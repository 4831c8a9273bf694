/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/node.h"

#include <stdatomic.h>

/*
 * st_blocks decides whether cp and tar look for holes at all: cp asks only if it is smaller than
 * the size says, and tar -S takes 0 for "one hole". It is the bytes that are not holes, from the
 * same answers that lseek gives, in units of 512, rounded up. Counting them means walking the
 * image once, which can take longer than anybody wants to wait for a mount; so a thread counts,
 * and until it is done a guess stands in: never 0, and always fewer than the size says, so that
 * those programs ask for holes and find out. An image in more pieces than can be counted in some
 * seconds keeps its guess, and so does one that cannot be looked at in full because of an error.
 */
typedef struct UcBlocks {
    const UcNode *node;
    uint64_t guess;
    _Atomic uint64_t count; /* valid once known */
    atomic_bool known;
} UcBlocks;

/* `host_blocks`: what the files below the node occupy; the start of the guess. */
void uc_blocks_init(UcBlocks *blocks, const UcNode *node, uint64_t host_blocks);

/* The count if it is known by now, else the guess and false. */
bool uc_blocks_get(const UcBlocks *blocks, uint64_t *count);

/* The thread that counts, one image after the other. */
typedef struct UcCounter UcCounter;

/* `list` is of UcBlocks, and all of it stays until the counter is stopped. Waits for the thread,
 * but no longer than `patience` microseconds. */
UcCounter *uc_counter_start(GPtrArray *list, gint64 patience);

/* Asks the thread to stop and frees the counter. False if the thread is still inside an image
 * (a hung disk): then nothing it uses may be freed, and the process should just end. */
bool uc_counter_stop(UcCounter *counter);
