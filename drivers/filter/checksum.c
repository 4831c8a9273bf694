/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/extent.h"
#include "core/graph.h"
#include "core/text.h"
#include "drivers/filter/manifest.h"

#include <string.h>

/*
 * Shows its child's bytes, but only those that are still what a manifest says they were: every
 * block is summed before anything of it is handed out, and one that has changed cannot be read.
 *
 * The status of the child passes, with one exception. A program that looks for holes does not
 * read them; so where the child calls a whole block zero and the manifest does not, that "zero"
 * is a lie which no read would ever meet. Such a block is called broken: it is then read, and
 * that fails.
 */
typedef enum {
    UNKNOWN,
    PLAUSIBLE, /* the child has something other than zeroes there */
    BROKEN,    /* it has not, though the manifest says so */
} Verdict;

typedef struct Checksum {
    char *name; /* of the manifest, as given */
    UcManifest *manifest;
    uint8_t *verdicts; /* of Verdict, atomic, one for each listed block */
} Checksum;

enum { CHECKSUM_FILE };

/* How many blocks one answer of map may join, or one look at the child may judge. */
#define MAX_JOINED 256

static bool check_size(const UcNode *node, GError **error)
{
    const Checksum *checksum = node->state;

    return checksum->manifest->grid.size == node->size ||
           uc_error_set(error, UC_ERROR_FAILED,
                        "manifest '%s' is of a disk of %" G_GUINT64_FORMAT
                        " bytes, this one has %" G_GUINT64_FORMAT,
                        checksum->name, checksum->manifest->grid.size, node->size);
}

static bool checksum_open(UcNode *node, const UcOptions *options, GError **error)
{
    const char *name = uc_options_string(options, "manifest", NULL);
    const UcHostFile *file = uc_gate_open_file(node, name, UC_LOCKING_OFF, error);
    Checksum *checksum = node->state;

    if (!file)
        return false;
    checksum->name = uc_text_escape(name, -1);
    checksum->manifest = uc_manifest_read(file->fd, name, error);
    if (!checksum->manifest)
        return false;
    checksum->verdicts = g_malloc0(checksum->manifest->blocks->len);
    node->size = uc_node_child(node, CHECKSUM_FILE)->size;
    return check_size(node, error);
}

static void checksum_close(UcNode *node)
{
    Checksum *checksum = node->state;

    g_free(checksum->name);
    g_free(checksum->verdicts);
    uc_manifest_free(checksum->manifest);
}

/* ---- status ---- */

static Verdict verdict(const Checksum *checksum, guint index)
{
    return __atomic_load_n(&checksum->verdicts[index], __ATOMIC_RELAXED);
}

static void judge(const Checksum *checksum, guint index, Verdict verdict)
{
    __atomic_store_n(&checksum->verdicts[index], verdict, __ATOMIC_RELAXED);
}

/* All listed blocks from `index` on that reach into the child's data before `end`. */
static void judge_plausible(const Checksum *checksum, guint index, uint64_t end)
{
    const UcManifest *manifest = checksum->manifest;

    for (; index < manifest->blocks->len && uc_manifest_block(manifest, index)->offset < end;
         index++)
        judge(checksum, index, PLAUSIBLE);
}

/* Asks the child about the listed block `index`, and judges those behind it on the way. UNKNOWN: an
 * error keeps the child from telling. */
static Verdict look(const UcNode *node, guint index)
{
    const Checksum *checksum = node->state;
    const UcGrid *grid = &checksum->manifest->grid;
    uint64_t start = uc_manifest_block(checksum->manifest, index)->offset;
    uint64_t end = uc_grid_end(grid, start);
    uint64_t length = MIN(node->size - start, MAX_JOINED * grid->block_size);
    UcExtents extents;
    UcPath extent = {0};

    uc_extents_init(&extents, uc_node_child(node, CHECKSUM_FILE), start, length, UC_REACH_STATUS);
    while (uc_extents_next(&extents, &extent) && extent.start < end) {
        if (extent.unsure)
            return UNKNOWN;
        if (!uc_path_is_zero(&extent)) {
            judge_plausible(checksum, index, extent.start + extent.length);
            return PLAUSIBLE;
        }
    }
    judge(checksum, index, BROKEN);
    return BROKEN;
}

/* Where the plausible blocks from `index` on end that follow each other without a gap. */
static uint64_t end_of_plausible(const Checksum *checksum, guint index)
{
    const UcManifest *manifest = checksum->manifest;
    uint64_t start = uc_manifest_block(manifest, index)->offset;
    uint64_t end = uc_grid_end(&manifest->grid, start);
    guint last = MIN(index + MAX_JOINED, manifest->blocks->len);

    while (++index < last && uc_manifest_block(manifest, index)->offset == end &&
           verdict(checksum, index) == PLAUSIBLE)
        end = uc_grid_end(&manifest->grid, end);
    return end;
}

static UcStep checksum_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    const Checksum *checksum = node->state;
    const UcManifest *manifest = checksum->manifest;
    guint index = uc_manifest_find(manifest, uc_grid_start(&manifest->grid, offset));
    bool listed = index < manifest->blocks->len;
    Verdict known;

    (void)length;
    if (!listed || uc_manifest_block(manifest, index)->offset > offset)
        return uc_step_child(CHECKSUM_FILE, offset,
                             (listed ? uc_manifest_block(manifest, index)->offset : node->size) -
                                 offset);
    known = verdict(checksum, index);
    if (known == UNKNOWN)
        known = look(node, index);
    if (known != PLAUSIBLE) {
        UcStep broken = uc_step_self(UC_WHY_BROKEN, uc_grid_end(&manifest->grid, offset) - offset);

        return known == UNKNOWN ? uc_step_unsure(broken) : broken;
    }
    return uc_step_child(CHECKSUM_FILE, offset, end_of_plausible(checksum, index) - offset);
}

/* ---- bytes ---- */

static bool verify(const UcNode *node, uint64_t start, const uint8_t *bytes, GError **error)
{
    const Checksum *checksum = node->state;
    const UcManifest *manifest = checksum->manifest;
    uint64_t length = uc_grid_end(&manifest->grid, start) - start;
    const UcSum *expected = uc_manifest_sum(manifest, start);
    UcSum found = uc_sum_of(bytes, length);
    char found_text[UC_SUM_TEXT], expected_text[UC_SUM_TEXT];

    if (uc_sum_equal(&found, expected))
        return true;
    uc_sum_print(&found, found_text);
    uc_sum_print(expected, expected_text);
    return uc_error_set(error, UC_ERROR_FAILED,
                        "block %" G_GUINT64_FORMAT " at %" G_GUINT64_FORMAT " (%" G_GUINT64_FORMAT
                        " bytes) is not what manifest '%s' says: its sum is %s, expected %s",
                        start / manifest->grid.block_size, start, length, checksum->name,
                        found_text, expected_text);
}

/* A block, verified. Only blocks that are read in parts come here, and are kept. */
static GBytes *get_block(const UcNode *node, uint64_t start, uint64_t length, GError **error)
{
    const UcCacheKey key = {.owner = node, .number = start};
    GBytes *block = uc_cache_get(node->graph->cache, &key);
    g_autofree uint8_t *bytes = NULL;

    if (block)
        return block;
    bytes = g_try_malloc(length);
    if (!bytes) {
        uc_error_set(error, UC_ERROR_MEMORY,
                     "not enough memory for a block of %" G_GUINT64_FORMAT " bytes", length);
        return NULL;
    }
    if (!uc_node_read(uc_node_child(node, CHECKSUM_FILE), start, bytes, length, error) ||
        !verify(node, start, bytes, error))
        return NULL;
    block = g_bytes_new_take(g_steal_pointer(&bytes), length);
    uc_cache_put(node->graph->cache, &key, block);
    return block;
}

static bool read_part(const UcNode *node, uint64_t start, uint64_t skip, void *buffer,
                      size_t length, GError **error)
{
    const UcGrid *grid = &((const Checksum *)node->state)->manifest->grid;
    g_autoptr(GBytes) block = get_block(node, start, uc_grid_end(grid, start) - start, error);

    if (!block)
        return false;
    memcpy(buffer, (const uint8_t *)g_bytes_get_data(block, NULL) + skip, length);
    return true;
}

static bool read_whole(const UcNode *node, uint64_t start, uint8_t *buffer, size_t length,
                       GError **error)
{
    const UcGrid *grid = &((const Checksum *)node->state)->manifest->grid;
    uint64_t end = start + length;

    if (!uc_node_read(uc_node_child(node, CHECKSUM_FILE), start, buffer, length, error))
        return false;
    for (uint64_t at = start; at < end; at = uc_grid_end(grid, at))
        if (!verify(node, at, buffer + (at - start), error))
            return false;
    return true;
}

/* How many bytes of [offset, offset + length) are whole blocks that start at `offset`. */
static uint64_t whole_blocks(const UcGrid *grid, uint64_t offset, uint64_t length)
{
    uint64_t end = offset + length;

    if (offset != uc_grid_start(grid, offset))
        return 0;
    return (end == grid->size ? end : uc_grid_start(grid, end)) - offset;
}

static bool checksum_read(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                          GError **error)
{
    const UcGrid *grid = &((const Checksum *)node->state)->manifest->grid;
    uint8_t *next = buffer;

    while (length > 0) {
        uint64_t start = uc_grid_start(grid, offset), whole = whole_blocks(grid, offset, length);
        uint64_t n = whole ? whole : MIN(length, uc_grid_end(grid, offset) - offset);

        if (!(whole ? read_whole(node, offset, next, n, error)
                    : read_part(node, start, offset - start, next, n, error)))
            return false;
        offset += n;
        next += n;
        length -= n;
    }
    return true;
}

static void checksum_describe(const UcNode *node, GVariantBuilder *facts)
{
    const Checksum *checksum = node->state;
    const UcManifest *manifest = checksum->manifest;

    g_variant_builder_add(facts, "{sv}", "manifest", g_variant_new_string(checksum->name));
    g_variant_builder_add(facts, "{sv}", "block-size",
                          g_variant_new_uint64(manifest->grid.block_size));
}

static const UcPort checksum_ports[] = {
    [CHECKSUM_FILE] = {.name = "file", .role = UC_ROLE_FILTERED},
    {0},
};

static const UcOption checksum_options[] = {
    {.name = "manifest",
     .type = UC_OPTION_STRING,
     .required = true,
     .help = "a file that `unchain hash --manifest` wrote"},
    {0},
};

const UcDriver uc_driver_checksum = {
    .name = "checksum",
    .ports = checksum_ports,
    .options = checksum_options,
    .state_size = sizeof(Checksum),
    .reads_stop = true,
    .open = checksum_open,
    .close = checksum_close,
    .map = checksum_map,
    .read = checksum_read,
    .describe = checksum_describe,
};
