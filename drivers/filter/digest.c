/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/filter/digest.h"

#include <glib.h>
#include <stdio.h>

struct UcDigest {
    UcGrid grid;
    UcSumming *summing;
};

int uc_block_line_print(char line[UC_BLOCK_LINE], uint64_t offset, const UcSum *sum)
{
    char text[UC_SUM_TEXT];

    uc_sum_print(sum, text);
    return snprintf(line, UC_BLOCK_LINE, "block %" G_GUINT64_FORMAT " %s\n", offset, text);
}

UcDigest *uc_digest_new(uint64_t size)
{
    UcDigest *digest = g_new0(UcDigest, 1);
    char line[UC_BLOCK_LINE];
    int length = snprintf(line, sizeof line, "size %" G_GUINT64_FORMAT "\n", size);

    uc_grid_init(&digest->grid, size, UC_DIGEST_BLOCK_SIZE);
    digest->summing = uc_summing_new();
    uc_summing_add(digest->summing, line, length);
    return digest;
}

void uc_digest_free(UcDigest *digest)
{
    uc_summing_free(digest->summing);
    g_free(digest);
}

void uc_digest_add(UcDigest *digest, uint64_t offset, const UcSum *sum)
{
    char line[UC_BLOCK_LINE];

    if (uc_sum_equal(sum, uc_grid_zero(&digest->grid, offset)))
        return;
    uc_summing_add(digest->summing, line, uc_block_line_print(line, offset, sum));
}

UcSum uc_digest_result(const UcDigest *digest)
{
    return uc_summing_result(digest->summing);
}
