/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drivers/format/qcow2/codec.h"
#include "drivers/format/qcow2/compressed.h"
#include "drivers/format/qcow2/ondisk.h"

#include <CUnit/Basic.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

/* Clusters packed in every way that somebody may have packed them, and in some that nobody may. */
#define CLUSTER 65536

/* Does not repeat itself, so that distances and lengths are all there. */
static void fill(uint8_t *bytes, size_t length)
{
    uint32_t state = 1;
    for (size_t i = 0; i < length; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = i % 1024 < 200 ? state >> 24 : bytes[i / 2];
    }
}

static GByteArray *deflated(const uint8_t *data, size_t length, int window)
{
    GByteArray *packed = g_byte_array_new();
    z_stream stream = {.next_in = (uint8_t *)data, .avail_in = length};
    g_byte_array_set_size(packed, length + 1000);
    stream.next_out = packed->data;
    stream.avail_out = packed->len;
    deflateInit2(&stream, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY);
    deflate(&stream, Z_FINISH);
    g_byte_array_set_size(packed, stream.total_out);
    deflateEnd(&stream);
    return packed;
}

static void append_frame(GByteArray *packed, const uint8_t *data, size_t length, bool checksum)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    const size_t room = ZSTD_compressBound(length), used = packed->len;
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum);
    g_byte_array_set_size(packed, used + room);
    g_byte_array_set_size(packed,
                          used + ZSTD_compress2(context, packed->data + used, room, data, length));
    ZSTD_freeCCtx(context);
}

/* Unpacks from a block of exactly that size, so that reading past its end is seen. */
static void check(int compression, const GByteArray *packed, const uint8_t *expected,
                  const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *in = g_memdup2(packed->data, packed->len);
    g_autofree uint8_t *out = g_malloc(CLUSTER);
    const bool ok = qcow2_codec_unpack(compression, in, packed->len, out, CLUSTER, &error);
    CU_ASSERT_EQUAL(ok, message == NULL);
    CU_ASSERT_EQUAL(g_strcmp0(error ? error->message : NULL, message), 0);
    if (g_strcmp0(error ? error->message : NULL, message) != 0)
        g_printerr("\ngot: %s\n", error ? error->message : "(no error)");
    if (ok)
        CU_ASSERT_EQUAL(memcmp(out, expected, CLUSTER), 0);
}

static void check_deflated(size_t length, int window, size_t garbage, const char *message)
{
    g_autofree uint8_t *data = g_malloc(CLUSTER * 2);
    fill(data, CLUSTER * 2);
    g_autoptr(GByteArray) packed = deflated(data, length, window);
    const size_t end = packed->len;
    g_byte_array_set_size(packed, end + garbage);
    memset(packed->data + end, 0xa5, garbage);
    check(QCOW2_COMPRESSION_ZLIB, packed, data, message);
}

static void test_zlib(void)
{
    check_deflated(CLUSTER, -12, 0, NULL);
    check_deflated(CLUSTER, -12, 511, NULL);
    check_deflated(CLUSTER, -15, 0, NULL);
    check_deflated(CLUSTER + 1, -12, 0, NULL);
    check_deflated(CLUSTER * 2, -12, 0, NULL);
    check_deflated(CLUSTER - 1, -12, 0, "the zlib stream gives 65535 bytes, the cluster has 65536");
    check_deflated(0, -12, 0, "the zlib stream gives 0 bytes, the cluster has 65536");
    check_deflated(CLUSTER, 15, 0, "zlib: invalid stored block lengths");
}

static void test_zlib_cut(void)
{
    g_autofree uint8_t *data = g_malloc(CLUSTER);
    fill(data, CLUSTER);
    g_autoptr(GByteArray) packed = deflated(data, CLUSTER, -12);
    g_byte_array_set_size(packed, 0);
    check(QCOW2_COMPRESSION_ZLIB, packed, data,
          "the zlib stream gives 0 bytes, the cluster has 65536");
}

static void test_zlib_damage_behind_the_cluster(void)
{
    g_autofree uint8_t *data = g_malloc(CLUSTER);
    fill(data, CLUSTER);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    z_stream stream = {.next_in = data, .avail_in = CLUSTER};
    g_byte_array_set_size(packed, CLUSTER * 2);
    stream.next_out = packed->data;
    stream.avail_out = packed->len;
    deflateInit2(&stream, 9, Z_DEFLATED, -12, 9, Z_DEFAULT_STRATEGY);
    deflate(&stream, Z_FULL_FLUSH);
    g_byte_array_set_size(packed, stream.total_out);
    deflateEnd(&stream);
    check(QCOW2_COMPRESSION_ZLIB, packed, data, NULL);
    g_byte_array_append(packed, (const uint8_t *)"\7\xff", 2);
    check(QCOW2_COMPRESSION_ZLIB, packed, data, "zlib: invalid block type");
}

static void test_zstd(void)
{
    g_autofree uint8_t *data = g_malloc(CLUSTER * 2);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    const uint8_t skippable[] = {0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 'h', 'e', 'l', 'l', 'o'};
    fill(data, CLUSTER * 2);
    append_frame(packed, data, 0, true);
    append_frame(packed, data, 1000, false);
    g_byte_array_append(packed, skippable, sizeof skippable);
    append_frame(packed, data + 1000, CLUSTER - 1000, true);
    check(QCOW2_COMPRESSION_ZSTD, packed, data, NULL);
    packed->data[packed->len - 1] ^= 1; /* the checksum */
    check(QCOW2_COMPRESSION_ZSTD, packed, data,
          "zstd, after 1000 of 65536 bytes: Restored data doesn't match checksum");
    packed->data[packed->len - 1] ^= 1;
    g_byte_array_append(packed, skippable, 3); /* garbage */
    check(QCOW2_COMPRESSION_ZSTD, packed, data, NULL);
}

static void check_frame(size_t length, size_t cut, const char *message)
{
    g_autofree uint8_t *data = g_malloc0(1 << 24);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    append_frame(packed, data, length, false);
    g_byte_array_set_size(packed, packed->len - cut);
    check(QCOW2_COMPRESSION_ZSTD, packed, data, message);
}

static void test_zstd_lengths(void)
{
    check_frame(CLUSTER, 0, NULL);
    check_frame(CLUSTER - 1, 0, "zstd, after 65535 of 65536 bytes: Src size is incorrect");
    check_frame(CLUSTER + 1, 0, "zstd, after 0 of 65536 bytes: Destination buffer is too small");
    check_frame(1 << 24, 0, "zstd, after 0 of 65536 bytes: Destination buffer is too small");
    check_frame(CLUSTER, 1, "zstd, after 0 of 65536 bytes: Src size is incorrect");
}

/* A frame asks for a window of up to 2 GiB: the cluster is the window, nothing is allocated. */
static void test_zstd_window(void)
{
    for (uint8_t log = 17; log <= 31; log++) {
        g_autofree uint8_t *data = g_malloc(CLUSTER);
        const uint8_t header[] = {0x28, 0xb5, 0x2f, 0xfd, 0, (uint8_t)((log - 10) << 3),
                                  1,    0,    8}; /* the last block, raw, 65536 bytes */
        g_autoptr(GByteArray) packed = g_byte_array_new();
        fill(data, CLUSTER);
        g_byte_array_append(packed, header, sizeof header);
        g_byte_array_append(packed, data, CLUSTER);
        check(QCOW2_COMPRESSION_ZSTD, packed, data, NULL);
    }
}

static void check_place(uint32_t cluster_bits, uint64_t descriptor, uint64_t offset,
                        uint64_t length)
{
    const Qcow2Geometry geometry = {.cluster_bits = cluster_bits};
    const Qcow2Compressed place = qcow2_compressed_place(&geometry, descriptor);
    CU_ASSERT_EQUAL(place.offset, offset);
    CU_ASSERT_EQUAL(place.length, length);
}

static void test_place(void)
{
    check_place(16, 0, 0, 512);
    check_place(16, 1000, 1000, 24);
    check_place(16, 3ull << 54 | 1024, 1024, 2048);
    check_place(9, 1ull << 61 | 1, 1, 1023);
    check_place(21, 0x1fffull << 49 | 511, 511, (4u << 20) - 511);
    check_place(16, (1ull << 62) - 1, (1ull << 54) - 1, 255 * 512 + 1);
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("qcow2 compressed clusters", NULL, NULL);
    CU_add_test(suite, "zlib", test_zlib);
    CU_add_test(suite, "zlib, nothing there", test_zlib_cut);
    CU_add_test(suite, "zlib, damage behind the cluster", test_zlib_damage_behind_the_cluster);
    CU_add_test(suite, "zstd", test_zstd);
    CU_add_test(suite, "zstd, lengths", test_zstd_lengths);
    CU_add_test(suite, "zstd, windows", test_zstd_window);
    CU_add_test(suite, "place in the file", test_place);
    CU_basic_run_tests();
    const unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
