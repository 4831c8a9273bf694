/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/cache.h"

#include <CUnit/Basic.h>
#include <stdbool.h>
#include <string.h>

static void put(UcCache *cache, const void *owner, uint64_t key, gsize size, char fill)
{
    char *bytes = g_malloc(size);
    GBytes *block;

    memset(bytes, fill, size);
    block = g_bytes_new_take(bytes, size);
    uc_cache_put(cache, &(UcCacheKey){.owner = owner, .number = key}, block);
    g_bytes_unref(block);
}

static bool holds(UcCache *cache, const void *owner, uint64_t key)
{
    g_autoptr(GBytes) block = uc_cache_get(cache, &(UcCacheKey){.owner = owner, .number = key});

    return block != NULL;
}

static void test_found_by_owner_and_key(void)
{
    UcCache *cache = uc_cache_new(1 << 20, 1000);
    int a, b;

    put(cache, &a, 1, 10, 'x');
    CU_ASSERT_TRUE(holds(cache, &a, 1));
    CU_ASSERT_FALSE(holds(cache, &a, 2));
    CU_ASSERT_FALSE(holds(cache, &b, 1));
    put(cache, &a, 1, 10, 'y');
    g_autoptr(GBytes) block = uc_cache_get(cache, &(UcCacheKey){.owner = &a, .number = 1});
    CU_ASSERT_EQUAL(((const char *)g_bytes_get_data(block, NULL))[0], 'y');
    uc_cache_free(cache);
    /* a reference outlives the cache */
    CU_ASSERT_EQUAL(((const char *)g_bytes_get_data(block, NULL))[9], 'y');
}

static void test_forgets_the_least_recent(void)
{
    UcCache *cache = uc_cache_new(10 * 1024, 10 * 1024);

    for (int i = 0; i < 8; i++)
        put(cache, cache, i, 1000, 'x');
    CU_ASSERT_TRUE(holds(cache, cache, 0)); /* and is recent again */
    for (int i = 8; i < 14; i++)
        put(cache, cache, i, 1000, 'x');
    CU_ASSERT_TRUE(holds(cache, cache, 0));
    CU_ASSERT_FALSE(holds(cache, cache, 1));
    CU_ASSERT_TRUE(holds(cache, cache, 13));
    uc_cache_free(cache);
}

static void test_too_large_is_not_kept(void)
{
    UcCache *cache = uc_cache_new(1000, 1000);

    put(cache, cache, 1, 100, 'x');
    put(cache, cache, 2, 1000, 'x');
    CU_ASSERT_TRUE(holds(cache, cache, 1));
    CU_ASSERT_FALSE(holds(cache, cache, 2));
    uc_cache_free(cache);
}

/* However many parts a cache has, each holds some of the largest blocks. */
static void test_large_blocks_are_kept(void)
{
    UcCache *cache = uc_cache_new(32 << 20, 2 << 20);

    for (int i = 0; i < 100; i++) {
        put(cache, cache, i, 2 << 20, 'x');
        CU_ASSERT_TRUE(holds(cache, cache, i));
    }
    uc_cache_free(cache);
}

static gpointer hammer(gpointer data)
{
    UcCache *cache = data;

    for (int i = 0; i < 20000; i++) {
        put(cache, cache, i % 64, 500, 'a' + i % 64 % 26);
        g_autoptr(GBytes) block =
            uc_cache_get(cache, &(UcCacheKey){.owner = cache, .number = (i * 7) % 64});

        if (block && ((const char *)g_bytes_get_data(block, NULL))[499] != 'a' + (i * 7) % 64 % 26)
            return GINT_TO_POINTER(1);
    }
    return NULL;
}

static void test_threads(void)
{
    UcCache *cache = uc_cache_new(20000, 1000);
    GThread *threads[4];

    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new("hammer", hammer, cache);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_PTR_NULL(g_thread_join(threads[i]));
    uc_cache_free(cache);
}

int main(void)
{
    CU_pSuite suite;
    unsigned failures;

    CU_initialize_registry();
    suite = CU_add_suite("cache", NULL, NULL);
    CU_add_test(suite, "found by owner and key", test_found_by_owner_and_key);
    CU_add_test(suite, "forgets the least recent", test_forgets_the_least_recent);
    CU_add_test(suite, "large blocks are kept", test_large_blocks_are_kept);
    CU_add_test(suite, "too large is not kept", test_too_large_is_not_kept);
    CU_add_test(suite, "threads", test_threads);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
