/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drivers/format/qcow2/inflate.h"

#include <CUnit/Basic.h>
#include <string.h>
#include <zlib.h>

/*
 * The judge's answer is the answer: thousands of streams, made in every way a writer makes them
 * and then damaged, are inflated by both, each into a block of exactly its size.
 */
#define CLUSTER 65536
#define DAMAGES 25 /* of each stream */
#define SEED 20260

static uint32_t below(GRand *random, uint32_t limit)
{
    return g_rand_int(random) % limit;
}

/* Between a cluster of few bytes and one that hardly shrinks. */
static void fill(GRand *random, uint8_t *bytes, uint32_t fullness)
{
    memset(bytes, 0, CLUSTER);
    for (uint32_t at = 0; fullness > 0 && at < CLUSTER; at += 1 + below(random, CLUSTER / fullness))
        bytes[at] = (uint8_t)(below(random, 2) ? g_rand_int(random) : bytes[at / 2]);
}

static GByteArray *pack(const uint8_t *data, size_t length, int level, int strategy, int flush)
{
    GByteArray *packed = g_byte_array_new();
    z_stream stream = {.next_in = (uint8_t *)data, .avail_in = (uInt)length};
    g_byte_array_set_size(packed, CLUSTER * 2);
    stream.next_out = packed->data;
    stream.avail_out = packed->len;
    deflateInit2(&stream, level, Z_DEFLATED, -12, 9, strategy);
    deflate(&stream, flush);
    g_byte_array_set_size(packed, (guint)stream.total_out);
    deflateEnd(&stream);
    return packed;
}

/* Whether it is accepted. */
static bool check(const GByteArray *packed)
{
    g_autoptr(GError) error = NULL, judges = NULL;
    g_autofree uint8_t *in = g_memdup2(packed->data, packed->len);
    g_autofree uint8_t *out = g_malloc(CLUSTER), *judged = g_malloc(CLUSTER);
    const bool ok = qcow2_inflate(in, packed->len, out, CLUSTER, &error);
    CU_ASSERT_EQUAL(ok, qcow2_inflate_judge(in, packed->len, judged, CLUSTER, &judges));
    CU_ASSERT_STRING_EQUAL(ok ? "" : error->message, judges ? judges->message : "");
    CU_ASSERT(!ok || memcmp(out, judged, CLUSTER) == 0);
    return ok;
}

static void damage(GRand *random, GByteArray *packed)
{
    const uint32_t at = below(random, packed->len);
    switch (below(random, 5)) {
    case 0: /* cut */
        g_byte_array_set_size(packed, at);
        return;
    case 1: /* one byte lost */
        g_byte_array_remove_index(packed, at);
        return;
    case 2: /* the first bytes, where the codes are */
        packed->data[at % MIN(packed->len, 80)] = (uint8_t)g_rand_int(random);
        return;
    case 3:
        packed->data[at] = (uint8_t)g_rand_int(random);
        return;
    default:
        packed->data[at] ^= (uint8_t)(1 << below(random, 8));
    }
}

static void check_damaged(GRand *random, const GByteArray *whole, unsigned *accepted)
{
    for (unsigned i = 0; i < DAMAGES; i++) {
        g_autoptr(GByteArray) packed = g_byte_array_new();
        g_byte_array_append(packed, whole->data, whole->len);
        damage(random, packed);
        *accepted += check(packed);
    }
}

static void test_every_way(int strategy)
{
    static const uint32_t fullness[] = {0, 20, 300, 3000, 30000, CLUSTER};
    g_autoptr(GRand) random = g_rand_new_with_seed(SEED);
    g_autofree uint8_t *data = g_malloc(CLUSTER * 2);
    unsigned streams = 0, accepted = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(fullness); i++) {
        for (int level = 0; level <= 9; level += 3) {
            fill(random, data, fullness[i]);
            fill(random, data + CLUSTER, fullness[i]);
            g_autoptr(GByteArray) exact = pack(data, CLUSTER, level, strategy, Z_FINISH);
            g_autoptr(GByteArray) open = pack(data, CLUSTER, level, strategy, Z_FULL_FLUSH);
            g_autoptr(GByteArray) longer = pack(data, CLUSTER + 1, level, strategy, Z_FINISH);
            g_autoptr(GByteArray) shorter = pack(data, CLUSTER - 1, level, strategy, Z_FINISH);
            CU_ASSERT_TRUE(check(exact) && check(open) && check(longer));
            CU_ASSERT_FALSE(check(shorter));
            check_damaged(random, exact, &accepted);
            check_damaged(random, open, &accepted);
            streams += 2 * DAMAGES;
        }
    }
    printf("seed %d: %u damaged streams, %u accepted ", SEED, streams, accepted);
}

static void test_default(void)
{
    test_every_way(Z_DEFAULT_STRATEGY);
}

static void test_fixed(void)
{
    test_every_way(Z_FIXED);
}

static void test_huffman_only(void)
{
    test_every_way(Z_HUFFMAN_ONLY);
}

/* A stream of one block in the fixed code: the byte 'a', then as many as the cluster takes at a
 * distance of 1, 258 at a time, in the symbol that says 258 or in one that is reserved. */
static GByteArray *repeat_in_fixed_code(uint32_t symbol)
{
    GByteArray *packed = g_byte_array_new();
    uint32_t bit = 0;
    const uint32_t times = (CLUSTER - 1) / 258, left = (CLUSTER - 1) % 258;
    g_byte_array_set_size(packed, 1 + (3 + 8 * (1 + left) + 13 * times + 7) / 8);
    memset(packed->data, 0, packed->len);
#define PUT(bits, n)                                                                               \
    for (uint32_t put_ = (n); put_-- > 0; bit++)                                                   \
    packed->data[bit / 8] |= (uint8_t)(((bits) >> put_ & 1) << bit % 8)
    PUT(6, 3); /* the last block; its type with the lowest bit first */
    for (uint32_t i = 0; i <= left; i++)
        PUT(0x30 + 'a', 8);
    for (uint32_t i = 0; i < times; i++)
        PUT((0xc0 + symbol - 280) << 5, 13);
    PUT(0, 7);
#undef PUT
    return packed;
}

static void test_reserved_symbols(void)
{
    g_autoptr(GByteArray) good = repeat_in_fixed_code(285);
    g_autoptr(GByteArray) reserved = repeat_in_fixed_code(286);
    g_autoptr(GByteArray) other = repeat_in_fixed_code(287);
    CU_ASSERT_TRUE(check(good));
    CU_ASSERT_FALSE(check(reserved));
    CU_ASSERT_FALSE(check(other));
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("qcow2, inflating as zlib does", NULL, NULL);
    CU_add_test(suite, "blocks as zlib chooses", test_default);
    CU_add_test(suite, "blocks in the fixed code", test_fixed);
    CU_add_test(suite, "blocks without distances", test_huffman_only);
    CU_add_test(suite, "reserved symbols", test_reserved_symbols);
    CU_basic_run_tests();
    const unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures != 0;
}
