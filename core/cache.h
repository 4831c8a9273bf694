/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

/*
 * What drivers have read or unpacked and may want again (a slice of a table, a decompressed
 * cluster): immutable blocks of bytes, found by owner and key, bounded in bytes altogether, the
 * least recently used forgotten first. There is one for each graph. Any thread may call; the
 * lock inside is never held across anything slow.
 */
typedef struct UcCache UcCache;

UcCache *uc_cache_new(uint64_t limit); /* bytes */
void uc_cache_free(UcCache *cache);

/* A new reference, or NULL. `owner` is only compared, never followed. */
GBytes *uc_cache_get(UcCache *cache, const void *owner, uint64_t key);
/* Keeps a reference of its own. A block that stands there already is replaced. */
void uc_cache_put(UcCache *cache, const void *owner, uint64_t key, GBytes *block);
