/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "drivers/format/qcow2/ondisk.h"

#include <stdbool.h>

/*
 * A qcow2 image, made byte by byte: clusters of 4 KiB (unless something else is put), the header,
 * the L1 table in cluster 1, the L2 table in cluster 2, data from cluster 4 on.
 */
#define K4 4096ull
#define IMAGE_L1 (1 * K4)
#define IMAGE_L2 (2 * K4)

typedef struct UnitImage {
    GByteArray *bytes;
} UnitImage;

UnitImage image_new(uint64_t size);
void image_clear(UnitImage *image);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UnitImage, image_clear)

void image_put(UnitImage *image, uint64_t at, unsigned width, uint64_t value); /* big-endian */
void image_put_text(UnitImage *image, uint64_t at, const char *text);
void image_put_bytes(UnitImage *image, uint64_t at, const uint8_t *bytes, uint64_t length);
void image_fill(UnitImage *image, uint64_t cluster, uint8_t byte); /* 4 KiB of it */
/* A cluster, packed, and the number that stands in its L2 entry for that. */
uint64_t image_put_packed(UnitImage *image, uint64_t at, unsigned cluster_bits, bool zstd,
                          const uint8_t *cluster);

void image_write(const UnitImage *image, const char *name);
