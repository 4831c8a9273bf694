/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/cache.h"

/*
 * A hash table for finding, a queue for forgetting: every entry carries its own queue link, so
 * that both a hit and a removal cost the same however full the cache is. The whole is cut into
 * shards by the hash of the key, so that readers seldom wait for each other.
 */
typedef struct Shard {
    GMutex lock;         /* guards everything below */
    GHashTable *entries; /* of Entry, which is its own key; owns them */
    GQueue recent;       /* links inside the entries; head is the most recently used */
    uint64_t used;       /* bytes of all blocks and what it costs to keep them; <= limit */
    uint64_t limit;
} Shard;

#define MOST_SHARDS 16
#define FEWEST_BLOCKS 3 /* of the largest that fit into a shard; else there are fewer shards */

struct UcCache {
    guint n_shards; /* a power of two */
    Shard shards[MOST_SHARDS];
};

typedef struct Entry {
    UcCacheKey key;
    GBytes *block;
    GList link; /* in recent; data points to the entry */
} Entry;

/* What an entry costs besides its bytes, roughly: itself, the GBytes, the table's slot. */
#define ENTRY_COST (sizeof(Entry) + 96)

static guint entry_hash(gconstpointer data)
{
    const Entry *entry = data;
    const UcCacheKey *key = &entry->key;
    uint64_t pointers = (uintptr_t)key->owner >> 4 ^ (uint64_t)(uintptr_t)key->about << 8;

    return (key->number ^ pointers) * 0x9e3779b97f4a7c15u >> 32;
}

static gboolean entry_equal(gconstpointer a, gconstpointer b)
{
    const UcCacheKey *one = &((const Entry *)a)->key, *other = &((const Entry *)b)->key;

    return one->number == other->number && one->owner == other->owner && one->about == other->about;
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

static void shard_init(Shard *shard, uint64_t limit)
{
    g_mutex_init(&shard->lock);
    g_queue_init(&shard->recent);
    shard->entries = g_hash_table_new_full(entry_hash, entry_equal, entry_free, NULL);
    shard->limit = limit;
}

UcCache *uc_cache_new(uint64_t limit, uint64_t largest)
{
    UcCache *cache = g_new0(UcCache, 1);

    cache->n_shards = 1;
    while (cache->n_shards < MOST_SHARDS &&
           limit / cache->n_shards / 2 >= FEWEST_BLOCKS * (largest + ENTRY_COST))
        cache->n_shards *= 2;
    for (guint i = 0; i < cache->n_shards; i++)
        shard_init(&cache->shards[i], limit / cache->n_shards);
    return cache;
}

void uc_cache_free(UcCache *cache)
{
    for (guint i = 0; cache && i < cache->n_shards; i++) {
        g_hash_table_unref(cache->shards[i].entries);
        g_mutex_clear(&cache->shards[i].lock);
    }
    g_free(cache);
}

/* The table takes the hash's low bits, the shards its high ones. */
static Shard *shard_of(UcCache *cache, const Entry *entry)
{
    return &cache->shards[entry_hash(entry) >> 16 & (cache->n_shards - 1)];
}

GBytes *uc_cache_get(UcCache *cache, const UcCacheKey *key)
{
    const Entry wanted = {.key = *key};
    Shard *shard = shard_of(cache, &wanted);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&shard->lock);
    Entry *entry = g_hash_table_lookup(shard->entries, &wanted);

    if (!entry)
        return NULL;
    g_queue_unlink(&shard->recent, &entry->link);
    g_queue_push_head_link(&shard->recent, &entry->link);
    return g_bytes_ref(entry->block);
}

static void forget(Shard *shard, Entry *entry)
{
    g_queue_unlink(&shard->recent, &entry->link);
    shard->used -= entry_cost(entry);
    g_hash_table_remove(shard->entries, entry);
}

static void keep(Shard *shard, Entry *entry)
{
    Entry *old = g_hash_table_lookup(shard->entries, entry);

    if (old)
        forget(shard, old);
    shard->used += entry_cost(entry);
    g_hash_table_add(shard->entries, entry);
    g_queue_push_head_link(&shard->recent, &entry->link);
    while (shard->used > shard->limit)
        forget(shard, g_queue_peek_tail(&shard->recent));
}

void uc_cache_put(UcCache *cache, const UcCacheKey *key, GBytes *block)
{
    Entry *entry = g_new0(Entry, 1);
    Shard *shard;

    *entry = (Entry){.key = *key, .block = g_bytes_ref(block), .link.data = entry};
    shard = shard_of(cache, entry);
    if (entry_cost(entry) > shard->limit) {
        entry_free(entry);
        return;
    }
    g_mutex_lock(&shard->lock);
    keep(shard, entry);
    g_mutex_unlock(&shard->lock);
}
