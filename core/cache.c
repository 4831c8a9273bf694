/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/cache.h"

/*
 * A hash table for finding, a queue for forgetting: every entry carries its own queue link, so
 * that both a hit and a removal cost the same however full the cache is.
 */
struct UcCache {
    GMutex lock;         /* guards everything below */
    GHashTable *entries; /* of Entry, which is its own key; owns them */
    GQueue recent;       /* links inside the entries; head is the most recently used */
    uint64_t used;       /* bytes of all blocks and what it costs to keep them; <= limit */
    uint64_t limit;
};

typedef struct Entry {
    const void *owner;
    uint64_t key;
    GBytes *block;
    GList link; /* in recent; data points to the entry */
} Entry;

/* What an entry costs besides its bytes, roughly: itself, the GBytes, the table's slot. */
#define ENTRY_COST (sizeof(Entry) + 96)

static guint entry_hash(gconstpointer data)
{
    const Entry *entry = data;
    uint64_t mixed = (entry->key ^ (uintptr_t)entry->owner >> 4) * 0x9e3779b97f4a7c15u;

    return mixed >> 32;
}

static gboolean entry_equal(gconstpointer a, gconstpointer b)
{
    const Entry *one = a, *other = b;

    return one->owner == other->owner && one->key == other->key;
}

static uint64_t entry_cost(const Entry *entry)
{
    return g_bytes_get_size(entry->block) + ENTRY_COST;
}

static void entry_free(gpointer data)
{
    Entry *entry = data;

    g_bytes_unref(entry->block);
    g_free(entry);
}

UcCache *uc_cache_new(uint64_t limit)
{
    UcCache *cache = g_new0(UcCache, 1);

    g_mutex_init(&cache->lock);
    g_queue_init(&cache->recent);
    cache->entries = g_hash_table_new_full(entry_hash, entry_equal, entry_free, NULL);
    cache->limit = limit;
    return cache;
}

void uc_cache_free(UcCache *cache)
{
    if (!cache)
        return;
    g_hash_table_unref(cache->entries);
    g_mutex_clear(&cache->lock);
    g_free(cache);
}

GBytes *uc_cache_get(UcCache *cache, const void *owner, uint64_t key)
{
    const Entry wanted = {.owner = owner, .key = key};
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&cache->lock);
    Entry *entry = g_hash_table_lookup(cache->entries, &wanted);

    if (!entry)
        return NULL;
    g_queue_unlink(&cache->recent, &entry->link);
    g_queue_push_head_link(&cache->recent, &entry->link);
    return g_bytes_ref(entry->block);
}

static void forget(UcCache *cache, Entry *entry)
{
    g_queue_unlink(&cache->recent, &entry->link);
    cache->used -= entry_cost(entry);
    g_hash_table_remove(cache->entries, entry);
}

void uc_cache_put(UcCache *cache, const void *owner, uint64_t key, GBytes *block)
{
    g_autoptr(GMutexLocker) locker = NULL;
    Entry *entry, *old;

    if (g_bytes_get_size(block) + ENTRY_COST > cache->limit)
        return;
    entry = g_new0(Entry, 1);
    *entry = (Entry){.owner = owner, .key = key, .block = g_bytes_ref(block), .link.data = entry};

    locker = g_mutex_locker_new(&cache->lock);
    old = g_hash_table_lookup(cache->entries, entry);
    if (old)
        forget(cache, old);
    cache->used += entry_cost(entry);
    g_hash_table_add(cache->entries, entry);
    g_queue_push_head_link(&cache->recent, &entry->link);
    while (cache->used > cache->limit)
        forget(cache, g_queue_peek_tail(&cache->recent));
}
