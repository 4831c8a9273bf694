/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

/*
 * What drivers have read or unpacked and may want again (a slice of a table, a decompressed
 * cluster): immutable blocks of bytes, found by a key, bounded in bytes altogether, the least
 * recently used forgotten first. There is one for each graph. Any thread may call; the lock inside
 * is never held across anything slow.
 */
typedef struct UcCache UcCache;

/* The pointers are only compared, never followed. */
typedef struct UcCacheKey {
    const void *owner; /* who put the block there */
    const void *about; /* the owner's to use */
    uint64_t number;   /* the owner's to use */
} UcCacheKey;

/* Both in bytes: what all blocks may take up, and what one may have. Blocks near the limit of the
 * whole are not kept. */
UcCache *uc_cache_new(uint64_t limit, uint64_t largest);
void uc_cache_free(UcCache *cache);

/* A new reference, or NULL. */
GBytes *uc_cache_get(UcCache *cache, const UcCacheKey *key);
/* Keeps a reference of its own. A block that stands there already is replaced. */
void uc_cache_put(UcCache *cache, const UcCacheKey *key, GBytes *block);
