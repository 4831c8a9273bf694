/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/table.h"
#include "core/graph.h"
#include "drivers/format/qcow2/qcow2.h"

#include <inttypes.h>
#include <string.h>

void qcow2_slice_clear(Qcow2Slice *slice)
{
    g_clear_pointer(&slice->page, g_bytes_unref);
}

/* Reads what there is of a page: less than a whole one at the end of the file. */
static GBytes *read_page(const UcNode *node, uint64_t start, GError **error)
{
    const UcNode *file = uc_node_child(node, QCOW2_PORT_FILE);
    const bool pad = node->graph->gate.truncated == UC_TRUNCATED_ZERO;
    const uint64_t there = start < file->size ? MIN(file->size - start, QCOW2_PAGE) : 0;
    g_autofree uint8_t *page = g_malloc(QCOW2_PAGE);
    if (there > 0 && !uc_node_read(file, start, page, there, error))
        return NULL;
    memset(page + there, 0, QCOW2_PAGE - there);
    return g_bytes_new_take(g_steal_pointer(&page), pad ? QCOW2_PAGE : there);
}

static GBytes *get_page(const UcNode *node, uint64_t start, GError **error)
{
    const UcCacheKey key = {.owner = node, .number = start};
    GBytes *page = uc_cache_get(node->graph->cache, &key);
    if (page)
        return page;
    page = read_page(node, start, error);
    if (page)
        uc_cache_put(node->graph->cache, &key, page);
    return page;
}

static uint64_t entry_offset(const Qcow2Table *table, uint64_t index)
{
    return table->offset + (index << table->entry_bits);
}

uint64_t qcow2_table_page_entries(const Qcow2Table *table, uint64_t index)
{
    const uint64_t in_page = entry_offset(table, index) % QCOW2_PAGE;
    return MIN((QCOW2_PAGE - in_page) >> table->entry_bits, table->entries - index);
}

bool qcow2_table_slice(const UcNode *node, const Qcow2Table *table, uint64_t index,
                       Qcow2Slice *slice, GError **error)
{
    const uint64_t at = entry_offset(table, index);
    const uint64_t in_page = at % QCOW2_PAGE;
    g_autoptr(GBytes) page = get_page(node, at - in_page, error);
    slice->unread = !page;
    if (!page)
        return false;
    size_t length;
    const uint8_t *bytes = g_bytes_get_data(page, &length);
    const uint64_t there = length > in_page ? (length - in_page) >> table->entry_bits : 0;
    if (there == 0)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "%s at %" PRIu64 ": its entry %" PRIu64 " at %" PRIu64
                            " lies beyond the end of the file at %" PRIu64
                            " (the image is truncated, see --truncated)",
                            table->name, table->offset, index, at,
                            uc_node_child(node, QCOW2_PORT_FILE)->size);
    *slice = (Qcow2Slice){
        .entries = bytes + in_page,
        .count = MIN(there, qcow2_table_page_entries(table, index)),
        .page = g_steal_pointer(&page),
    };
    return true;
}
