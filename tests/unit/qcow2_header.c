/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drivers/format/qcow2/feature.h"
#include "drivers/format/qcow2/geometry.h"
#include "drivers/format/qcow2/ondisk.h"

#include <CUnit/Basic.h>
#include <string.h>

/*
 * A sound header, one number of it changed, and what must be said about it. The disk has 1 MiB,
 * clusters of 64 KiB, its L1 table at 0x30000 in a file of 1 MiB.
 */
#define FILE_SIZE (1u << 20)
#define SOUND NULL

static void put(uint8_t *at, unsigned width, uint64_t value)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> 8 * (width - 1 - i));
}

static void make_header(uint8_t *bytes)
{
    memset(bytes, 0, QCOW2_HEADER_BYTES);
    put(bytes + QCOW2_AT_MAGIC, 4, QCOW2_MAGIC);
    put(bytes + QCOW2_AT_VERSION, 4, 3);
    put(bytes + QCOW2_AT_CLUSTER_BITS, 4, 16);
    put(bytes + QCOW2_AT_SIZE, 8, 1 << 20);
    put(bytes + QCOW2_AT_L1_ENTRIES, 4, 1);
    put(bytes + QCOW2_AT_L1_OFFSET, 8, 0x30000);
    put(bytes + QCOW2_AT_REFCOUNT_ORDER, 4, 4);
    put(bytes + QCOW2_AT_HEADER_LENGTH, 4, QCOW2_HEADER_BYTES);
}

typedef struct {
    unsigned at;
    unsigned width;
    uint64_t value;
} Change;

typedef struct {
    Change changes[3];
    const char *message; /* SOUND: none */
} Row;

static const Row rows[] = {
    {{{0}}, SOUND},
    {{{QCOW2_AT_MAGIC, 4, 0x514649fa}},
     "the file starts with 0x514649fa, a qcow2 image with 0x514649fb"},
    {{{QCOW2_AT_VERSION, 4, 0}}, "qcow2 version 0, expected 2 or 3"},
    {{{QCOW2_AT_VERSION, 4, 1}}, "qcow2 version 1, expected 2 or 3"},
    {{{QCOW2_AT_VERSION, 4, 2}}, SOUND},
    {{{QCOW2_AT_VERSION, 4, 4}}, "qcow2 version 4, expected 2 or 3"},
    {{{QCOW2_AT_CLUSTER_BITS, 4, 8}}, "cluster_bits is 8, expected 9 to 21"},
    {{{QCOW2_AT_CLUSTER_BITS, 4, 9}, {QCOW2_AT_L1_ENTRIES, 4, 32}}, SOUND},
    {{{QCOW2_AT_CLUSTER_BITS, 4, 22}}, "cluster_bits is 22, expected 9 to 21"},
    {{{QCOW2_AT_CLUSTER_BITS, 4, UINT32_MAX}}, "cluster_bits is 4294967295, expected 9 to 21"},
    {{{QCOW2_AT_CLUSTER_BITS, 4, 13}, {QCOW2_AT_INCOMPATIBLE, 8, 16}},
     "clusters of 8192 bytes, extended L2 entries need at least 16384"},
    {{{QCOW2_AT_CLUSTER_BITS, 4, 14}, {QCOW2_AT_INCOMPATIBLE, 8, 16}}, SOUND},
    {{{QCOW2_AT_HEADER_LENGTH, 4, 103}}, "header length is 103, expected at least 104"},
    {{{QCOW2_AT_HEADER_LENGTH, 4, 105}}, SOUND},
    {{{QCOW2_AT_HEADER_LENGTH, 4, 65536}}, SOUND},
    {{{QCOW2_AT_HEADER_LENGTH, 4, 65537}},
     "header length is 65537, more than the cluster of 65536 bytes"},
    {{{QCOW2_AT_SIZE, 8, 0}}, SOUND},
    {{{QCOW2_AT_SIZE, 8, 0}, {QCOW2_AT_L1_ENTRIES, 4, 0}, {QCOW2_AT_L1_OFFSET, 8, 0}}, SOUND},
    {{{QCOW2_AT_SIZE, 8, 1000}}, SOUND},
    {{{QCOW2_AT_SIZE, 8, (1ull << 29) + 1}},
     "L1 table has 1 entries, a disk of 536870913 bytes needs 2"},
    {{{QCOW2_AT_SIZE, 8, QCOW2_MAX_SIZE}},
     "L1 table has 1 entries, a disk of 9223372035781033984 bytes needs 17179869182"},
    {{{QCOW2_AT_SIZE, 8, QCOW2_MAX_SIZE + 1}},
     "disk size is 9223372035781033985 bytes, expected at most 9223372035781033984"},
    {{{QCOW2_AT_SIZE, 8, UINT64_MAX}},
     "disk size is 18446744073709551615 bytes, expected at most 9223372035781033984"},
    {{{QCOW2_AT_L1_ENTRIES, 4, 0}}, "L1 table has 0 entries, a disk of 1048576 bytes needs 1"},
    {{{QCOW2_AT_L1_ENTRIES, 4, 0x1a000}}, SOUND},
    {{{QCOW2_AT_L1_ENTRIES, 4, 0x1a001}},
     "L1 table of 851976 bytes at 196608 reaches beyond the end of the file at 1048576"},
    {{{QCOW2_AT_L1_ENTRIES, 4, (1 << 22) + 1}},
     "L1 table has 4194305 entries, expected at most 4194304"},
    {{{QCOW2_AT_L1_OFFSET, 8, 0}}, "L1 table is at 0, where the header is"},
    {{{QCOW2_AT_L1_OFFSET, 8, 0x30200}},
     "L1 table is at 197120, expected a multiple of the cluster size 65536"},
    {{{QCOW2_AT_L1_OFFSET, 8, FILE_SIZE}},
     "L1 table of 8 bytes at 1048576 reaches beyond the end of the file at 1048576"},
    {{{QCOW2_AT_L1_OFFSET, 8, UINT64_MAX - 65535}},
     "L1 table of 8 bytes at 18446744073709486080 reaches beyond the end of the file at 1048576"},
    {{{QCOW2_AT_REFCOUNT_ORDER, 4, 7}}, SOUND},
    {{{QCOW2_AT_SNAPSHOT_COUNT, 4, UINT32_MAX}, {QCOW2_AT_SNAPSHOT_OFFSET, 8, 77}}, SOUND},
    {{{QCOW2_AT_INCOMPATIBLE, 8, 3}}, SOUND},
    {{{QCOW2_AT_COMPATIBLE, 8, UINT64_MAX}}, SOUND},
    {{{QCOW2_AT_INCOMPATIBLE, 8, 8}}, "compression type is 0, but the feature bit for it is set"},
    {{{QCOW2_AT_COMPRESSION, 1, 1}},
     "compression type is 1, but the feature bit for it is not set"},
    {{{QCOW2_AT_COMPRESSION, 1, 1}, {QCOW2_AT_INCOMPATIBLE, 8, 8}}, SOUND},
    {{{QCOW2_AT_COMPRESSION, 1, 1}, {QCOW2_AT_HEADER_LENGTH, 4, 104}}, SOUND},
    {{{QCOW2_AT_COMPRESSION, 1, 2}, {QCOW2_AT_INCOMPATIBLE, 8, 8}},
     "compression type is 2, expected 0 (zlib) or 1 (zstd)"},
    {{{QCOW2_AT_AUTOCLEAR, 8, 2}}, "the image says its external data file is raw, but has none"},
    {{{QCOW2_AT_AUTOCLEAR, 8, 2}, {QCOW2_AT_INCOMPATIBLE, 8, 4}}, SOUND},
    {{{QCOW2_AT_AUTOCLEAR, 8, 2}, {QCOW2_AT_VERSION, 4, 2}}, SOUND},
    {{{QCOW2_AT_CRYPT_METHOD, 4, 1}}, "the image is encrypted (AES), which cannot be read yet"},
    {{{QCOW2_AT_CRYPT_METHOD, 4, 2}}, "the image is encrypted (LUKS), which cannot be read yet"},
    {{{QCOW2_AT_CRYPT_METHOD, 4, UINT32_MAX}}, "unknown encryption method 4294967295"},
    {{{QCOW2_AT_BACKING_LENGTH, 4, UINT32_MAX}}, SOUND},
    {{{QCOW2_AT_BACKING_OFFSET, 8, 112}, {QCOW2_AT_BACKING_LENGTH, 4, 1023}}, SOUND},
    {{{QCOW2_AT_BACKING_OFFSET, 8, 112}, {QCOW2_AT_BACKING_LENGTH, 4, 1024}},
     "the backing file name has 1024 bytes, expected at most 1023"},
    {{{QCOW2_AT_BACKING_OFFSET, 8, 111}, {QCOW2_AT_BACKING_LENGTH, 4, 5}},
     "the backing file name is at 111, inside the header of 112 bytes"},
    {{{QCOW2_AT_BACKING_OFFSET, 8, 65536}}, SOUND},
    {{{QCOW2_AT_BACKING_OFFSET, 8, 65537}},
     "the backing file name is at 65537, beyond the first cluster of 65536 bytes"},
    {{{QCOW2_AT_BACKING_OFFSET, 8, UINT64_MAX}, {QCOW2_AT_BACKING_LENGTH, 4, 5}},
     "the backing file name is at 18446744073709551615, beyond the first cluster of 65536 bytes"},
    {{{QCOW2_AT_BACKING_OFFSET, 8, 65530}, {QCOW2_AT_BACKING_LENGTH, 4, 7}},
     "the backing file name at 65530 has 7 bytes, more than the 6 to the end of the first cluster"},
};

static void expect(const GError *error, const char *message)
{
    const char *said = error ? error->message : NULL;
    CU_ASSERT_EQUAL(g_strcmp0(said, message), 0);
    if (g_strcmp0(said, message) != 0)
        g_printerr("\nexpected: %s\n     got: %s\n", message ? message : "(no error)",
                   said ? said : "(no error)");
}

static void test_rows(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        uint8_t bytes[QCOW2_HEADER_BYTES];
        Qcow2Header header;
        make_header(bytes);
        for (const Change *change = rows[i].changes; change->width; change++)
            put(bytes + change->at, change->width, change->value);
        const bool ok = qcow2_header_parse(bytes, sizeof bytes, &header, &error) &&
                        qcow2_header_check(&header, FILE_SIZE, &error);
        CU_ASSERT_EQUAL(ok, error == NULL);
        expect(error, rows[i].message);
    }
}

static void check_cut(size_t length, uint32_t version, const char *message)
{
    g_autoptr(GError) error = NULL;
    uint8_t bytes[QCOW2_HEADER_BYTES];
    Qcow2Header header;
    make_header(bytes);
    put(bytes + QCOW2_AT_VERSION, 4, version);
    /* on the heap, so that reading past the end is seen */
    g_autofree uint8_t *cut = g_memdup2(bytes, length);
    CU_ASSERT_EQUAL(qcow2_header_parse(cut, length, &header, &error), message == SOUND);
    expect(error, message);
}

static void test_cut(void)
{
    check_cut(0, 3, "the file has 0 bytes, a qcow2 header needs 72");
    check_cut(3, 3, "the file has 3 bytes, a qcow2 header needs 72");
    check_cut(71, 2, "the file has 71 bytes, a qcow2 header needs 72");
    check_cut(72, 2, SOUND);
    check_cut(103, 3, "the file has 103 bytes, the header of version 3 needs 104");
    check_cut(104, 3, SOUND);
}

/* Version 2 has none of the fields that came later, whatever stands there. */
static void test_version_2(void)
{
    uint8_t bytes[QCOW2_HEADER_BYTES];
    Qcow2Header header;
    make_header(bytes);
    memset(bytes + QCOW2_V2_HEADER_LENGTH, 0xff, sizeof bytes - QCOW2_V2_HEADER_LENGTH);
    put(bytes + QCOW2_AT_VERSION, 4, 2);
    CU_ASSERT_TRUE(qcow2_header_parse(bytes, sizeof bytes, &header, NULL));
    CU_ASSERT_EQUAL(header.incompatible, 0);
    CU_ASSERT_EQUAL(header.autoclear, 0);
    CU_ASSERT_EQUAL(header.length, 72);
    CU_ASSERT_EQUAL(header.refcount_order, 4);
    CU_ASSERT_EQUAL(header.compression, QCOW2_COMPRESSION_ZLIB);
}

static void test_geometry(void)
{
    Qcow2Header header = {.version = 3, .cluster_bits = 16};
    Qcow2Geometry geometry = qcow2_geometry(&header);
    CU_ASSERT_EQUAL(qcow2_l1_bits(&geometry), 29);
    CU_ASSERT_FALSE(qcow2_has_subclusters(&geometry));
    header.incompatible = QCOW2_INCOMPATIBLE_EXTENDED_L2;
    geometry = qcow2_geometry(&header);
    CU_ASSERT_EQUAL(qcow2_l1_bits(&geometry), 28);
    CU_ASSERT_EQUAL(geometry.cell_bits, 11);
    CU_ASSERT_TRUE(qcow2_has_subclusters(&geometry));
}

static void add(GByteArray *area, uint32_t type, uint32_t stated, const void *data, size_t length)
{
    uint8_t header[8];
    put(header, 4, type);
    put(header + 4, 4, stated);
    g_byte_array_append(area, header, sizeof header);
    g_byte_array_append(area, data, length);
    g_byte_array_set_size(area, (area->len + 7) & ~7u);
}

static Qcow2Extensions parse(const GByteArray *area, const char *message)
{
    g_autoptr(GError) error = NULL;
    Qcow2Extensions extensions;
    CU_ASSERT_EQUAL(qcow2_extensions_parse(area->data, area->len, &extensions, &error),
                    message == SOUND);
    expect(error, message);
    return extensions;
}

static void test_extensions(void)
{
    g_autoptr(GByteArray) area = g_byte_array_new();
    add(area, 0x12345678, 3, "abc", 3);
    add(area, QCOW2_EXTENSION_BACKING_FORMAT, 3, "raw", 3);
    add(area, QCOW2_EXTENSION_BACKING_FORMAT, 5, "qcow2", 5);
    add(area, QCOW2_EXTENSION_DATA_FILE, 8, "disk.raw", 8);
    add(area, QCOW2_EXTENSION_BITMAPS, 24, "\0\0\0\2XXXXXXXXXXXXXXXXXXXX", 24);
    add(area, QCOW2_EXTENSION_END, 0, NULL, 0);
    add(area, QCOW2_EXTENSION_CRYPTO, 0, NULL, 0);
    const Qcow2Extensions found = parse(area, SOUND);
    CU_ASSERT_EQUAL(found.backing_format.length, 5);
    CU_ASSERT_EQUAL(memcmp(found.backing_format.bytes, "qcow2", 5), 0);
    CU_ASSERT_EQUAL(found.data_file.length, 8);
    CU_ASSERT_EQUAL(qcow2_extensions_bitmaps(&found), 2);
    CU_ASSERT_FALSE(found.crypto); /* behind the end */
}

static void check_extension(uint32_t type, uint32_t stated, const char *data, size_t length,
                            const char *message)
{
    g_autoptr(GByteArray) area = g_byte_array_new();
    add(area, type, stated, data, length);
    parse(area, message);
}

static void test_broken_extensions(void)
{
    check_extension(0x99, UINT32_MAX, "abc", 3,
                    "header extension 0x00000099 has 4294967295 bytes, but only 8 follow");
    check_extension(0x99, 8, "abc", 3, SOUND);
    check_extension(0x99, 9, "abc", 3,
                    "header extension 0x00000099 has 9 bytes, but only 8 follow");
    check_extension(QCOW2_EXTENSION_BACKING_FORMAT, 15, "123456789012345", 15, SOUND);
    check_extension(QCOW2_EXTENSION_BACKING_FORMAT, 16, "1234567890123456", 16,
                    "the name of the backing format has 16 bytes, expected at most 15");
    check_extension(QCOW2_EXTENSION_DATA_FILE, 3, "a\0b", 3,
                    "the name of the external data file has a NUL byte in it");
    check_extension(QCOW2_EXTENSION_BITMAPS, 3, "abc", 3, SOUND);
}

static void check_features(uint64_t incompatible, const GByteArray *table, const char *message)
{
    g_autoptr(GError) error = NULL;
    const Qcow2Header header = {.incompatible = incompatible};
    const Qcow2Extensions extensions = {.feature_names = {table->data, table->len}};
    CU_ASSERT_EQUAL(qcow2_features_check(&header, &extensions, &error), message == SOUND);
    expect(error, message);
}

static void test_features(void)
{
    g_autoptr(GByteArray) none = g_byte_array_new();
    g_autoptr(GByteArray) names = g_byte_array_new();
    const char compatible[48] = "\1\7not this bitmap";
    const char escape[48] = "\0\7time \033[31mtravel";
    const char full[48] = "\0\76"
                          "1234567890123456789012345678901234567890123456";
    g_byte_array_append(names, (const uint8_t *)compatible, 48);
    g_byte_array_append(names, (const uint8_t *)escape, 48);
    g_byte_array_append(names, (const uint8_t *)full, 48);
    g_byte_array_append(names, (const uint8_t *)"\0\5half an entry", 15);
    check_features(0x1f, none, SOUND);
    check_features(0x20, none, "the image needs qcow2 features that are not known here: \"bit 5\"");
    check_features(0xa0, names,
                   "the image needs qcow2 features that are not known here: \"bit 5\", "
                   "\"time \\x1b[31mtravel\"");
    check_features(1ull << 62, names,
                   "the image needs qcow2 features that are not known here: "
                   "\"1234567890123456789012345678901234567890123456\"");
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("qcow2 header", NULL, NULL);
    CU_add_test(suite, "one number changed", test_rows);
    CU_add_test(suite, "cut short", test_cut);
    CU_add_test(suite, "version 2", test_version_2);
    CU_add_test(suite, "geometry", test_geometry);
    CU_add_test(suite, "extensions", test_extensions);
    CU_add_test(suite, "broken extensions", test_broken_extensions);
    CU_add_test(suite, "features", test_features);
    CU_basic_run_tests();
    const unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
