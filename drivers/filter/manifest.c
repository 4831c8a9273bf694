/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/filter/manifest.h"

void uc_manifest_free(UcManifest *manifest)
{
    if (!manifest)
        return;
    g_array_unref(manifest->blocks);
    g_free(manifest->date);
    g_free(manifest->source);
    g_free(manifest);
}

const UcManifestBlock *uc_manifest_block(const UcManifest *manifest, guint index)
{
    return &g_array_index(manifest->blocks, UcManifestBlock, index);
}

guint uc_manifest_find(const UcManifest *manifest, uint64_t offset)
{
    guint first = 0, end = manifest->blocks->len;

    while (first < end) {
        guint middle = first + (end - first) / 2;

        if (uc_manifest_block(manifest, middle)->offset < offset)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

const UcSum *uc_manifest_sum(const UcManifest *manifest, uint64_t offset)
{
    guint index = uc_manifest_find(manifest, offset);

    if (index < manifest->blocks->len && uc_manifest_block(manifest, index)->offset == offset)
        return &uc_manifest_block(manifest, index)->sum;
    return uc_grid_zero(&manifest->grid, offset);
}
