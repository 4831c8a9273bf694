/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/seek.h"

#include "core/status.h"

typedef enum {
    FOUND,
    NONE,    /* up to the end */
    GAVE_UP, /* where *found is: everything before it is something else */
} Result;

/* The first byte from `offset` on whose block is a hole, or is not. */
static Result seek(const UcNode *node, uint64_t offset, uint64_t end, const UcStatusQuery *query,
                   bool hole, uint64_t *found)
{
    UcStatuses statuses;
    UcStatus status;

    *found = offset;
    uc_statuses_init(&statuses, node, offset, end - offset, query);
    while (uc_statuses_next(&statuses, &status)) {
        *found = status.start;
        if (status.zero == hole)
            return FOUND;
        *found = status.start + status.length;
    }
    return *found < end ? GAVE_UP : NONE;
}

bool uc_seek_data(const UcNode *node, uint64_t offset, uint64_t granularity, uint64_t *found)
{
    const UcStatusQuery query = {.granularity = granularity};

    return seek(node, offset, node->size, &query, false, found) == FOUND;
}

uint64_t uc_seek_hole(const UcNode *node, uint64_t offset, uint64_t granularity)
{
    const UcStatusQuery query = {.granularity = granularity};
    uint64_t hole;

    seek(node, offset, node->size, &query, true, &hole);
    return hole;
}

/* ---- with patience ---- */

#define MOST_CALLED (1u << 16) /* blocks that are remembered */
#define MORE_FOR_HOLES 2

struct UcSeeker {
    const UcNode *node;
    UcStatusQuery query, hole_query;
    GMutex lock;    /* guards what follows */
    GArray *called; /* of Block, in order: those that were called data */
    uint64_t rest;  /* when that was full: from here on everything is */
};

typedef struct Block {
    uint64_t zero; /* between this and the start are only zeroes */
    uint64_t start, end;
} Block;

UcSeeker *uc_seeker_new(const UcNode *node, uint64_t granularity, uint64_t patience)
{
    UcSeeker *seeker = g_new0(UcSeeker, 1);

    seeker->node = node;
    seeker->query = seeker->hole_query =
        (UcStatusQuery){.granularity = granularity, .patience = patience};
    seeker->hole_query.patience *= MORE_FOR_HOLES;
    g_mutex_init(&seeker->lock);
    seeker->called = g_array_new(FALSE, FALSE, sizeof(Block));
    seeker->rest = node->size;
    return seeker;
}

void uc_seeker_free(UcSeeker *seeker)
{
    if (!seeker)
        return;
    g_array_unref(seeker->called);
    g_mutex_clear(&seeker->lock);
    g_free(seeker);
}

static uint64_t block_start(const UcSeeker *seeker, uint64_t offset)
{
    return offset - offset % seeker->query.granularity;
}

/* Which of the remembered blocks is the first that starts at `start` or later. The lock is held. */
static guint search(const UcSeeker *seeker, uint64_t start)
{
    guint low = 0, high = seeker->called->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(seeker->called, Block, middle).start < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The block that was called data and that `offset` lies in, or the first behind it; an empty one
 * at the end of the node if there is none. */
static Block find_called(UcSeeker *seeker, uint64_t offset)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&seeker->lock);
    const uint64_t size = seeker->node->size;
    guint index = search(seeker, block_start(seeker, offset));
    Block block = {size, size, size};

    if (index < seeker->called->len)
        block = g_array_index(seeker->called, Block, index);
    return block.start < seeker->rest ? block : (Block){seeker->rest, seeker->rest, size};
}

/* After only zeroes from `zero` on. */
static void call_data(UcSeeker *seeker, uint64_t zero, uint64_t offset)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&seeker->lock);
    const uint64_t start = block_start(seeker, offset), left = seeker->node->size - start;
    const Block block = {MIN(zero, start), start, start + MIN(seeker->query.granularity, left)};

    if (seeker->called->len < MOST_CALLED)
        g_array_insert_val(seeker->called, search(seeker, start), block);
    else
        seeker->rest = MIN(seeker->rest, start);
}

bool uc_seeker_data(UcSeeker *seeker, uint64_t offset, uint64_t *found)
{
    const Block called = find_called(seeker, offset);
    Result result = NONE;

    if (offset < called.zero)
        result = seek(seeker->node, offset, called.zero, &seeker->query, false, found);
    if (result == GAVE_UP)
        call_data(seeker, offset, *found);
    if (result == NONE)
        *found = MAX(offset, called.start);
    return *found < seeker->node->size;
}

static bool is_hole(const UcSeeker *seeker, uint64_t start)
{
    const uint64_t length = MIN(seeker->query.granularity, seeker->node->size - start);
    uint64_t found;

    return seek(seeker->node, start, start + length, &seeker->query, true, &found) == FOUND;
}

/* A block of zeroes behind `from`, by leaps that become longer, and shorter again towards the end;
 * else the end. */
static uint64_t leap(const UcSeeker *seeker, uint64_t from)
{
    const uint64_t size = seeker->node->size, shortest = seeker->query.granularity;
    uint64_t distance, start;

    for (distance = shortest; distance < size - from; distance *= 2) {
        start = block_start(seeker, from + distance);
        if (is_hole(seeker, start))
            return start;
    }
    while ((distance /= 2) >= shortest) {
        start = block_start(seeker, size - distance);
        if (start > from && is_hole(seeker, start))
            return start;
    }
    return size;
}

uint64_t uc_seeker_hole(UcSeeker *seeker, uint64_t offset)
{
    const uint64_t size = seeker->node->size;

    while (offset < size) {
        uint64_t hole;
        Result result = seek(seeker->node, offset, size, &seeker->hole_query, true, &hole);

        if (result == GAVE_UP)
            hole = leap(seeker, hole);

        const Block called = find_called(seeker, hole);

        if (hole < called.start || hole == size)
            return hole;
        offset = called.end;
    }
    return size;
}
