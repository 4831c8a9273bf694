/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drivers/filter/manifest.h"

#include <CUnit/Basic.h>
#include <string.h>
#include <unistd.h>

/* A disk of four blocks: zeroes, 'a', zeroes, 1000 bytes 'b'. The digests here were worked out
 * with xxh128sum(1). */
#define SIZE (3 * 65536 + 1000)
#define SUM_A "12e3e99967666ce3a961765b4ecbfa5f"
#define SUM_B "df6b37d152ae6f3bafc6add26f7c16a2"
#define DIGEST "82d7984d61d3d85ad234f96e76ab1379"
#define DIGEST_OF_NOTHING "25a1a88fa9fefe33fdca18f4b35caba9"
#define SUM_OF_NOTHING "99aa06d3014798d86001c324468d497f"
#define SUM_OF_64K_ZEROES "fd5ee061c8433a0f33b202d302b65caa"

static void check_sum(UcSum sum, const char *expected)
{
    char text[UC_SUM_TEXT];

    uc_sum_print(&sum, text);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

static void test_sums(void)
{
    g_autofree char *a = g_strnfill(65536, 'a');
    UcSum sum;

    check_sum(uc_sum_of("", 0), SUM_OF_NOTHING);
    check_sum(uc_sum_of_zeroes(0), SUM_OF_NOTHING);
    check_sum(uc_sum_of_zeroes(65536), SUM_OF_64K_ZEROES);
    check_sum(uc_sum_of(a, 65536), SUM_A);
    CU_ASSERT_TRUE(uc_sum_parse(SUM_A, &sum));
    check_sum(sum, SUM_A);
    CU_ASSERT_FALSE(uc_sum_parse(SUM_A "0", &sum));
    CU_ASSERT_FALSE(uc_sum_parse("12E3e99967666ce3a961765b4ecbfa5f", &sum));
    CU_ASSERT_FALSE(uc_sum_parse("12e3", &sum));
    CU_ASSERT_FALSE(uc_sum_parse("", &sum));
}

static UcSum sum_from(const char *text)
{
    UcSum sum = {0};

    CU_ASSERT_TRUE(uc_sum_parse(text, &sum));
    return sum;
}

static void test_digest(void)
{
    UcDigest *digest = uc_digest_new(SIZE);
    UcSum a = sum_from(SUM_A), b = sum_from(SUM_B);
    UcSum zero = uc_sum_of_zeroes(65536);

    uc_digest_add(digest, 0, &zero); /* may be given or left out */
    uc_digest_add(digest, 65536, &a);
    uc_digest_add(digest, 196608, &b);
    check_sum(uc_digest_result(digest), DIGEST);
    uc_digest_free(digest);
    digest = uc_digest_new(0);
    check_sum(uc_digest_result(digest), DIGEST_OF_NOTHING);
    uc_digest_free(digest);
}

static void test_grid(void)
{
    UcGrid grid;

    uc_grid_init(&grid, SIZE, 65536);
    CU_ASSERT_EQUAL(uc_grid_count(&grid), 4);
    CU_ASSERT_EQUAL(uc_grid_start(&grid, 65537), 65536);
    CU_ASSERT_EQUAL(uc_grid_end(&grid, 65537), 131072);
    CU_ASSERT_EQUAL(uc_grid_end(&grid, SIZE - 1), SIZE);
    CU_ASSERT_PTR_EQUAL(uc_grid_zero(&grid, 196608), &grid.zero_tail);
    CU_ASSERT_PTR_EQUAL(uc_grid_zero(&grid, 131072), &grid.zero);
    uc_grid_init(&grid, 131072, 65536);
    CU_ASSERT_PTR_EQUAL(uc_grid_zero(&grid, 65536), &grid.zero);
    uc_grid_init(&grid, INT64_MAX, 65536);
    CU_ASSERT_EQUAL(uc_grid_end(&grid, INT64_MAX - 1), INT64_MAX);
    CU_ASSERT_FALSE(uc_grid_is_block_size(0));
    CU_ASSERT_FALSE(uc_grid_is_block_size(65537));
    CU_ASSERT_TRUE(uc_grid_is_block_size(512));
    CU_ASSERT_FALSE(uc_grid_is_block_size(UINT64_C(1) << 32));
}

/* ---- the file ---- */

#define HEAD                                                                                       \
    "unchain manifest 1\nsize 197608\nblock-size 65536\ndate 2025-03-14T09:26:53Z\n"               \
    "source disk.qcow2\n"
#define BLOCKS "block 65536 " SUM_A "\nblock 196608 " SUM_B "\n"
#define TEXT HEAD BLOCKS "digest " DIGEST "\n"

/* A manifest with the right last line. */
static char *ended(const char *text, int count)
{
    UcSum sum = uc_sum_of(text, strlen(text));
    char digits[UC_SUM_TEXT];

    uc_sum_print(&sum, digits);
    return g_strdup_printf("%send %d %s\n", text, count, digits);
}

static UcManifest *read_text(const char *text, size_t length, GError **error)
{
    FILE *file = tmpfile();
    UcManifest *manifest;

    CU_ASSERT_EQUAL(fwrite(text, 1, length, file), length);
    rewind(file);
    manifest = uc_manifest_read(fileno(file), "m\33.txt", error);
    fclose(file);
    return manifest;
}

static void check_refused(const char *text, size_t length, const char *expected)
{
    g_autofree char *message = g_strconcat("manifest 'm\\x1b.txt'", expected, NULL);
    g_autoptr(GError) error = NULL;

    CU_ASSERT_PTR_NULL(read_text(text, length, &error));
    CU_ASSERT_TRUE_FATAL(error != NULL);
    CU_ASSERT_STRING_EQUAL(error->message, message);
    if (strcmp(error->message, message) != 0)
        g_printerr("\ngot: %s\nnot: %s\n", error->message, message);
}

/* The same with the right last line. */
static void check_bad(const char *text, int count, const char *expected)
{
    g_autofree char *whole = ended(text, count);

    check_refused(whole, strlen(whole), expected);
}

static void test_read(void)
{
    g_autofree char *text = ended(TEXT, 2);
    g_autoptr(GError) error = NULL;
    g_autoptr(UcManifest) manifest = read_text(text, strlen(text), &error);
    UcSum zero = uc_sum_of_zeroes(65536);

    if (error)
        g_printerr("%s\n", error->message);
    CU_ASSERT_TRUE_FATAL(manifest != NULL);
    CU_ASSERT_EQUAL(manifest->grid.size, SIZE);
    CU_ASSERT_EQUAL(manifest->grid.block_size, 65536);
    CU_ASSERT_EQUAL(manifest->blocks->len, 2);
    CU_ASSERT_STRING_EQUAL(manifest->source, "disk.qcow2");
    check_sum(manifest->digest, DIGEST);
    check_sum(*uc_manifest_sum(manifest, 65536), SUM_A);
    check_sum(*uc_manifest_sum(manifest, 196608), SUM_B);
    CU_ASSERT_TRUE(uc_sum_equal(uc_manifest_sum(manifest, 131072), &zero));
    CU_ASSERT_EQUAL(uc_manifest_find(manifest, 0), 0);
    CU_ASSERT_EQUAL(uc_manifest_find(manifest, 65536), 0);
    CU_ASSERT_EQUAL(uc_manifest_find(manifest, 65537), 1);
    CU_ASSERT_EQUAL(uc_manifest_find(manifest, 196609), 2);
}

static void test_written_is_read(void)
{
    FILE *file = tmpfile();
    UcManifestWriter *writer = uc_manifest_writer_new(file, SIZE, 65536, "a\nb \xff");
    UcSum a = sum_from(SUM_A), b = sum_from(SUM_B), digest = sum_from(DIGEST);
    UcSum zero = uc_sum_of_zeroes(65536);
    g_autoptr(UcManifest) manifest = NULL;

    uc_manifest_writer_add(writer, 0, &zero);
    uc_manifest_writer_add(writer, 65536, &a);
    uc_manifest_writer_add(writer, 196608, &b);
    CU_ASSERT_TRUE(uc_manifest_writer_end(writer, &digest, NULL));
    uc_manifest_writer_free(writer);
    rewind(file);
    manifest = uc_manifest_read(fileno(file), "m", NULL);
    fclose(file);
    CU_ASSERT_TRUE_FATAL(manifest != NULL);
    CU_ASSERT_EQUAL(manifest->blocks->len, 2);
    CU_ASSERT_STRING_EQUAL(manifest->source, "a\\x0ab \\xff");
}

static void test_a_full_disk_is_told(void)
{
    FILE *file = fopen("/dev/full", "w");
    UcManifestWriter *writer = uc_manifest_writer_new(file, SIZE, 65536, "disk");
    UcSum digest = sum_from(DIGEST);
    g_autoptr(GError) error = NULL;

    CU_ASSERT_FALSE(uc_manifest_writer_end(writer, &digest, &error));
    CU_ASSERT_STRING_EQUAL(error->message, "cannot write the manifest: No space left on device");
    uc_manifest_writer_free(writer);
    fclose(file);
}

/* However it is cut, it is noticed. */
static void test_every_cut_is_noticed(void)
{
    g_autofree char *text = ended(TEXT, 2);

    for (size_t length = 0; length < strlen(text); length++) {
        g_autoptr(GError) error = NULL;

        CU_ASSERT_PTR_NULL(read_text(text, length, &error));
    }
    check_refused(text, 0, ", line 1: the file ends here: it has been cut short");
    check_refused(text, strlen(HEAD) + 20, ", line 6: the file ends in it: it has been cut short");
    check_refused(text, strlen(TEXT), ", line 9: the file ends here: it has been cut short");
}

static void test_every_flipped_bit_is_noticed(void)
{
    g_autofree char *text = ended(TEXT, 2);
    size_t length = strlen(text);

    for (size_t bit = 0; bit < 8 * length; bit++) {
        g_autoptr(GError) error = NULL;

        text[bit / 8] ^= 1 << bit % 8;
        CU_ASSERT_PTR_NULL(read_text(text, length, &error));
        text[bit / 8] ^= 1 << bit % 8;
    }
}

static void test_bad_manifests(void)
{
    static const char nul[] = "unchain manifest 1\nsi\0ze 5\n";
    g_autofree char *text = ended(TEXT, 2);
    g_autofree char *longer = g_strconcat(text, "x", NULL);
    g_autofree char *endless = g_strnfill(100000, 'x');

    check_refused("root:x:0:0\n", 11,
                  ", line 1: this is not a manifest, which starts with 'unchain manifest 1'");
    check_refused("unchain manifest 2\n", 19,
                  ", line 1: expected 'unchain manifest 1', found 'unchain manifest 2'");
    check_refused("\x7f\0ELF\n\0\n", 8,
                  ", line 1: this is not a manifest, which starts with 'unchain manifest 1'");
    check_refused(endless, 100000,
                  ", line 1: this is not a manifest, which starts with 'unchain manifest 1'");
    check_refused(nul, sizeof nul - 1, ", line 2: it is not a line of text");
    check_refused(longer, strlen(longer), ", line 10: something follows the end");
    check_bad("unchain manifest 1\nsize -1\n", 0,
              ", line 2: expected 'size' and a number of bytes, found 'size -1'");
    check_bad("unchain manifest 1\nsize 9223372036854775808\n", 0,
              ", line 2: expected 'size' and a number of bytes, found 'size 9223372036854775808'");
    check_bad("unchain manifest 1\nsize 5\nblock-size 65537\n", 0,
              ", line 3: a block has 65537 bytes, expected a power of two from 512 to 16777216");
    check_bad("unchain manifest 1\nsize 5\nblock-size 512\nsource x\n", 0,
              ", line 4: expected 'date', found 'source x'");
    check_bad(HEAD "block 1 " SUM_A "\n", 1, ", line 6: no block starts at 1");
    check_bad(HEAD "block 262144 " SUM_A "\n", 1,
              ", line 6: the block lies beyond the end of the disk");
    check_bad(HEAD "block 65536 " SUM_A "\nblock 0 " SUM_A "\n", 2,
              ", line 7: the blocks are not in order");
    check_bad(HEAD "block 65536 " SUM_A "\nblock 65536 " SUM_A "\n", 2,
              ", line 7: the blocks are not in order");
    check_bad(HEAD "block 0 " SUM_OF_64K_ZEROES "\n", 1, ", line 6: a block of zeroes is listed");
    check_bad(HEAD "block 0\n", 1,
              ", line 6: expected 'block', an offset and a sum, found 'block 0'");
    check_bad(HEAD BLOCKS "block\33\n", 2,
              ", line 8: expected 'block' or 'digest' and a sum, found 'block\\x1b'");
    check_bad(TEXT, 3, ", line 9: there are 2 blocks, expected 3");
    check_bad(HEAD BLOCKS "digest " SUM_A "\n", 2, ": its digest is not that of its blocks");
    check_refused(TEXT "end 2 " SUM_A "\n", strlen(TEXT "end 2 " SUM_A "\n"),
                  ", line 9: its sum is not that of the lines above: they were changed");
}

int main(void)
{
    CU_pSuite suite;
    unsigned failures;

    CU_initialize_registry();
    suite = CU_add_suite("manifest", NULL, NULL);
    CU_add_test(suite, "sums", test_sums);
    CU_add_test(suite, "digest", test_digest);
    CU_add_test(suite, "grid", test_grid);
    CU_add_test(suite, "read", test_read);
    CU_add_test(suite, "written is read", test_written_is_read);
    CU_add_test(suite, "a full disk is told", test_a_full_disk_is_told);
    CU_add_test(suite, "every cut is noticed", test_every_cut_is_noticed);
    CU_add_test(suite, "every flipped bit is noticed", test_every_flipped_bit_is_noticed);
    CU_add_test(suite, "bad manifests", test_bad_manifests);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
