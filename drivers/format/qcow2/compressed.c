/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/compressed.h"
#include "core/graph.h"
#include "drivers/format/qcow2/codec.h"
#include "drivers/format/qcow2/ondisk.h"
#include "drivers/format/qcow2/qcow2.h"

#include <inttypes.h>

Qcow2Compressed qcow2_compressed_place(const Qcow2Geometry *geometry, uint64_t descriptor)
{
    const uint32_t shift = 62 - (geometry->cluster_bits - 8);
    const uint64_t offset = descriptor & ((1ull << shift) - 1);
    const uint64_t sectors = (descriptor >> shift) + 1;
    return (Qcow2Compressed){offset, sectors * QCOW2_SECTOR - offset % QCOW2_SECTOR};
}

/*
 * The bytes at `place`, which is cut to what there is of them: writers do not fill up the last
 * sector. A stream that goes on behind the end of the file is then one that ends too early.
 * Zeroes in place of what is lost would be unpacked as something, too, and nothing would tell that
 * from data; only who has asked for zeroes gets them.
 */
static uint8_t *read_packed(const UcNode *node, Qcow2Compressed *place, GError **error)
{
    const UcNode *file = uc_node_child(node, QCOW2_PORT_FILE);
    const bool pad = node->graph->gate.truncated == UC_TRUNCATED_ZERO;
    if (place->offset >= file->size) {
        uc_error_set(error, UC_ERROR_FAILED,
                     "it lies beyond the end of the file at %" PRIu64 " (the image is truncated)",
                     file->size);
        return NULL;
    }
    const uint64_t there = MIN(place->length, file->size - place->offset);
    g_autofree uint8_t *packed = g_try_malloc(place->length);
    if (!packed) {
        uc_error_set(error, UC_ERROR_MEMORY, "not enough memory for %" PRIu64 " bytes",
                     place->length);
        return NULL;
    }
    if (!uc_node_read(file, place->offset, packed, there, error))
        return NULL;
    if (pad)
        memset(packed + there, 0, place->length - there);
    else
        place->length = there;
    return g_steal_pointer(&packed);
}

static bool unpack(const UcNode *node, uint64_t descriptor, uint8_t *cluster, GError **error)
{
    const Qcow2 *qcow2 = node->state;
    Qcow2Compressed place = qcow2_compressed_place(&qcow2->geometry, descriptor);
    g_autofree uint8_t *packed = read_packed(node, &place, error);
    if (packed && qcow2_codec_unpack(qcow2->header.compression, packed, place.length, cluster,
                                     qcow2_cluster_size(&qcow2->geometry), error))
        return true;
    g_prefix_error(error, "compressed data at %" PRIu64 " +%" PRIu64 ": ", place.offset,
                   place.length);
    return false;
}

static GBytes *unpack_block(const UcNode *node, uint64_t descriptor, GError **error)
{
    const Qcow2 *qcow2 = node->state;
    const size_t size = qcow2_cluster_size(&qcow2->geometry);
    g_autofree uint8_t *cluster = g_try_malloc(size);
    if (!cluster) {
        uc_error_set(error, UC_ERROR_MEMORY, "not enough memory for a cluster of %zu bytes", size);
        return NULL;
    }
    if (!unpack(node, descriptor, cluster, error))
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&cluster), size);
}

bool qcow2_compressed_read(const UcNode *node, uint64_t descriptor, size_t skip, void *buffer,
                           size_t length, GError **error)
{
    const Qcow2 *qcow2 = node->state;
    UcCache *cache = node->graph->cache;
    /* Pages of tables are kept under the node itself, so the state stands for clusters. */
    const UcCacheKey key = {.owner = qcow2, .number = descriptor};
    g_autoptr(GBytes) block = uc_cache_get(cache, &key);
    if (!block && length == qcow2_cluster_size(&qcow2->geometry))
        return unpack(node, descriptor, buffer, error);
    if (!block) {
        block = unpack_block(node, descriptor, error);
        if (!block)
            return false;
        uc_cache_put(cache, &key, block);
    }
    memcpy(buffer, (const uint8_t *)g_bytes_get_data(block, NULL) + skip, length);
    return true;
}
