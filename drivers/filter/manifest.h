/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/error.h"
#include "drivers/filter/digest.h"

#include <stdio.h>

/*
 * A manifest says what a disk contained: the sum of each of its blocks. It is a text, to be read
 * by a person, kept as evidence and compared with diff(1):
 *
 *     unchain manifest 1
 *     size 67108864
 *     block-size 65536
 *     date 2025-03-14T09:26:53Z
 *     source disk.qcow2
 *     block 0 8a2f...
 *     block 196608 41d0...
 *     digest 5c1e...
 *     end 2 77aa...
 *
 * Blocks that are all zeroes are not listed. "digest" is the digest of the whole disk
 * (drivers/filter/digest.h), the same for every block size. "end" counts the blocks and carries
 * the sum of all lines above it: a manifest that was cut, changed or continued is not believed.
 */
typedef struct UcManifestBlock {
    uint64_t offset;
    UcSum sum;
} UcManifestBlock;

typedef struct UcManifest {
    UcGrid grid;
    char *date;     /* when it was written, as it stands there */
    char *source;   /* what it was made of, as it stands there */
    GArray *blocks; /* of UcManifestBlock: those that are not zeroes, in order */
    UcSum digest;
} UcManifest;

/* Reads one from `fd`, from where that stands to its end. `name` is for messages, which are one
 * sentence and name the line. */
UcManifest *uc_manifest_read(int fd, const char *name, GError **error);
void uc_manifest_free(UcManifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcManifest, uc_manifest_free)

/* The index of the first listed block that starts at or after `offset`; blocks->len: none. */
guint uc_manifest_find(const UcManifest *manifest, uint64_t offset);
const UcManifestBlock *uc_manifest_block(const UcManifest *manifest, guint index);
/* What the sum of the block that starts at `offset` must be, listed or not. */
const UcSum *uc_manifest_sum(const UcManifest *manifest, uint64_t offset);

/* Writing one: blocks come in order; those of zeroes may be given or left out. What goes wrong
 * with `out`, which is borrowed, is told at the end. */
typedef struct UcManifestWriter UcManifestWriter;

UcManifestWriter *uc_manifest_writer_new(FILE *out, uint64_t size, uint64_t block_size,
                                         const char *source);
void uc_manifest_writer_free(UcManifestWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcManifestWriter, uc_manifest_writer_free)

void uc_manifest_writer_add(UcManifestWriter *writer, uint64_t offset, const UcSum *sum);
bool uc_manifest_writer_end(UcManifestWriter *writer, const UcSum *digest, GError **error);
