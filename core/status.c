/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/status.h"

/* ---- blocks ---- */

static uint64_t block_start(const UcStatuses *statuses, uint64_t offset)
{
    return offset - offset % statuses->query.granularity;
}

/* The end of the block that `offset` lies in; the end of the node ends the last one. */
static uint64_t block_end(const UcStatuses *statuses, uint64_t offset)
{
    uint64_t start = block_start(statuses, offset);
    uint64_t left = statuses->extents.node->size - start;

    return start + MIN(left, statuses->query.granularity);
}

void uc_statuses_init(UcStatuses *statuses, const UcNode *node, uint64_t offset, uint64_t length,
                      const UcStatusQuery *query)
{
    UcReach reach = query->storage ? UC_REACH_STORAGE : UC_REACH_STATUS;
    uint64_t first, last;

    g_assert(query->granularity > 0 && offset <= node->size && length <= node->size - offset);
    *statuses = (UcStatuses){
        .query = *query, .extents = {.node = node}, .offset = offset, .end = offset + length};
    first = block_start(statuses, offset);
    last = length == 0 ? first : block_end(statuses, statuses->end - 1);
    uc_extents_init(&statuses->extents, node, first, last - first, reach);
    uc_extents_init(&statuses->above, node, first, last - first, reach);
    statuses->above.question.base = query->base;
    if (query->patience > 0)
        statuses->extents.patience = statuses->above.patience = query->patience;
}

/* ---- exact statuses ---- */

static UcStatus status_of(const UcPath *path)
{
    bool on_host = uc_path_is_on_host(path);

    return (UcStatus){
        .start = path->start,
        .length = path->length,
        .zero = uc_path_is_zero(path),
        .present = uc_path_is_present(path),
        .compressed = uc_path_is_compressed(path),
        .allocated = path->allocated,
        .reserved = path->reserved,
        .unsure = path->unsure,
        .depth = path->depth,
        .file = on_host ? path->node->file : NULL,
        .offset = on_host ? path->offset : 0,
    };
}

static void add_base(UcStatus *status, const UcPath *entry)
{
    status->in_base = entry->end == UC_END_BASE;
    status->base_offset = status->in_base ? entry->offset : 0;
    status->unsure = status->unsure || entry->unsure;
    status->length = MIN(status->length, entry->length);
}

static bool fill(UcPath *path, UcExtents *extents)
{
    return path->length > 0 || uc_extents_next(extents, path);
}

static void drop_from_path(UcPath *path, uint64_t length)
{
    path->start += length;
    path->offset += length;
    path->length -= length;
}

static bool next_exact(UcStatuses *statuses, UcStatus *status)
{
    if (!fill(&statuses->path, &statuses->extents))
        return false;
    *status = status_of(&statuses->path);
    if (statuses->query.base) {
        if (!fill(&statuses->entry, &statuses->above))
            return false;
        add_base(status, &statuses->entry);
        drop_from_path(&statuses->entry, status->length);
    }
    drop_from_path(&statuses->path, status->length);
    return true;
}

/* ---- at a granularity ---- */

static void drop(UcStatus *status, uint64_t length)
{
    status->start += length;
    status->length -= length;
    status->base_offset += status->in_base ? length : 0;
    status->offset += status->file ? length : 0;
}

static UcStatus take(UcStatus *status, uint64_t length)
{
    UcStatus taken = *status;

    taken.length = MIN(length, status->length);
    drop(status, taken.length);
    return taken;
}

static bool base_goes_on(const UcStatus *status, const UcStatus *next)
{
    return status->in_base && next->in_base &&
           status->base_offset + status->length == next->base_offset;
}

static bool file_goes_on(const UcStatus *status, const UcStatus *next)
{
    return status->file && status->file == next->file &&
           status->offset + status->length == next->offset;
}

/* Both are of one block, which says what holds for all of it. */
static void merge(UcStatus *status, const UcStatus *next)
{
    status->in_base = base_goes_on(status, next);
    status->file = file_goes_on(status, next) ? status->file : NULL;
    status->base_offset = status->in_base ? status->base_offset : 0;
    status->offset = status->file ? status->offset : 0;
    status->zero = status->zero && next->zero;
    status->present = status->present || next->present;
    status->compressed = status->compressed || next->compressed;
    status->allocated = status->allocated || next->allocated;
    status->reserved = status->reserved || next->reserved;
    status->unsure = status->unsure || next->unsure;
    status->depth = MIN(status->depth, next->depth);
    status->length += next->length;
}

/* Whole blocks of one exact status, or one block of several. What is known of a part of a block
 * says nothing about the block. */
static bool next_blocks(UcStatuses *statuses, UcStatus *status)
{
    UcStatus *ahead = &statuses->ahead;
    uint64_t start, end, whole;

    if (ahead->length == 0 && !next_exact(statuses, ahead))
        return false;
    start = ahead->start;
    end = start + ahead->length;
    whole = end == statuses->extents.end ? end : block_start(statuses, end);
    *status = take(ahead, (whole > start ? whole : block_end(statuses, start)) - start);
    end = block_end(statuses, status->start + status->length - 1);
    while (status->start + status->length < end && next_exact(statuses, ahead)) {
        UcStatus part = take(ahead, end - ahead->start);

        merge(status, &part);
    }
    return status->start + status->length >= end;
}

bool uc_statuses_next(UcStatuses *statuses, UcStatus *status)
{
    if (!next_blocks(statuses, status) || status->start >= statuses->end)
        return false;
    if (status->start < statuses->offset)
        drop(status, statuses->offset - status->start);
    status->length = MIN(status->length, statuses->end - status->start);
    return true;
}

/* ---- what is read off ---- */

bool uc_status_join(UcStatus *status, const UcStatus *next)
{
    bool same = status->start + status->length == next->start && status->zero == next->zero &&
                status->present == next->present && status->compressed == next->compressed &&
                status->allocated == next->allocated && status->reserved == next->reserved &&
                status->depth == next->depth && status->in_base == next->in_base &&
                (!status->in_base || base_goes_on(status, next)) && status->file == next->file &&
                (!status->file || file_goes_on(status, next));

    if (same) {
        status->length += next->length;
        status->unsure = status->unsure || next->unsure;
    }
    return same;
}

bool uc_status_is_hole(const UcStatus *status)
{
    return status->zero && !status->reserved;
}

bool uc_status_is_same_place(const UcStatus *status, uint64_t shift)
{
    return status->in_base && status->base_offset == status->start + shift;
}
