/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drivers/filter/grid.h"

/*
 * A digest stands for everything a disk shows: its size, and the sums of its blocks of 64 KiB.
 * It is the XXH3-128 of a text,
 *
 *     size 67108864
 *     block 0 8a2f...
 *     block 196608 41d0...
 *
 * with one line for every block that is not all zeroes, in order. So zeroes cost nothing, blocks
 * can be summed in any order by any number of threads, and it can be worked out again with
 * dd(1) and xxh128sum(1). Equal contents of equal size have equal digests, whatever
 * they are stored in.
 */
#define UC_DIGEST_BLOCK_SIZE 65536u

typedef struct UcDigest UcDigest;

UcDigest *uc_digest_new(uint64_t size);
void uc_digest_free(UcDigest *digest);

/* The sum of the block that starts at `offset`: blocks come in order, those of zeroes may be
 * given or left out. */
void uc_digest_add(UcDigest *digest, uint64_t offset, const UcSum *sum);
UcSum uc_digest_result(const UcDigest *digest);

/* How a block is written, here and in manifests: a line with its newline. Returns its length. */
#define UC_BLOCK_LINE 64
int uc_block_line_print(char line[UC_BLOCK_LINE], uint64_t offset, const UcSum *sum);
